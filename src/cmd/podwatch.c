// SPDX-License-Identifier: Apache-2.0
#include "podwatch.h"

static void on_difference(void *arg, const char *text)
{
	struct hn_podwatch *c = arg;
	struct hn_notice notice = {.type = HN_NOTICE_POD_DIFFERS, .time = hn_wall_now(), .text = text};

	hn_outlets_notice(c->outlets, &notice);
}

int hn_podwatch_open(struct hn_podwatch *c, const struct hn_settings *s, struct event_base *base,
		     struct hn_vitals *vitals, struct hn_outlets *outlets, uint64_t seed, struct hn_reason *reason)
{
	struct hn_podcheck_settings settings = {
		.node = s->node_name,
		.kubelet = vitals->kubelet,
		.interval_ns = s->compare_interval,
		.seed = seed,
		.differs = on_difference,
		.arg = c,
	};
	int result;

	*c = (struct hn_podwatch){.outlets = outlets};
	if (!s->compare_apiserver)
		return 0;
	hn_settings_apiserver(s, &settings.apiserver);
	result = hn_podcheck_new(&settings, base, &c->check, reason);
	if (result < 0)
		return hn_reason_wrap(reason, result, "--compare-apiserver");
	vitals->podcheck = c->check;
	return 0;
}

void hn_podwatch_answered(struct hn_podwatch *c)
{
	if (c->check)
		hn_podcheck_answered(c->check);
}

void hn_podwatch_close(struct hn_podwatch *c)
{
	hn_podcheck_free(c->check);
	c->check = NULL;
}

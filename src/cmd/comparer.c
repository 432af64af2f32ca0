// SPDX-License-Identifier: Apache-2.0
#include "comparer.h"

#include <string.h>

#include "hostnetd/log.h"
#include "hostnetd/str.h"

static void on_difference(void *arg, const char *text)
{
	struct hn_comparer *c = arg;
	struct hn_notice notice = {.type = HN_NOTICE_POD_DIFFERS, .time = hn_wall_now(), .text = text};

	hn_outlets_notice(c->outlets, &notice);
}

int hn_comparer_open(struct hn_comparer *c, const struct hn_settings *s, struct event_base *base,
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

	*c = (struct hn_comparer){.outlets = outlets};
	if (!s->compare_apiserver)
		return 0;
	hn_settings_apiserver(s, &settings.apiserver);
	result = hn_podcheck_new(&settings, base, &c->check, reason);
	if (result < 0)
		return hn_reason_wrap(reason, result, "--compare-apiserver");
	if (hn_podcheck_warning(c->check))
		hn_warning("%s", hn_podcheck_warning(c->check));
	vitals->podcheck = c->check;
	return 0;
}

void hn_comparer_answered(struct hn_comparer *c)
{
	if (c->check)
		hn_podcheck_answered(c->check);
}

void hn_comparer_look(struct hn_comparer *c)
{
	struct hn_podcheck_stats stats;

	if (!c->check)
		return;
	hn_podcheck_stats(c->check, &stats);
	if (strcmp(stats.problem, c->said) == 0)
		return;
	if (stats.problem[0])
		hn_warning("%s; it is tried again", stats.problem);
	else
		hn_info("the API server lists this node's pods again");
	hn_strcpy(c->said, sizeof(c->said), stats.problem);
}

void hn_comparer_close(struct hn_comparer *c)
{
	hn_podcheck_free(c->check);
	c->check = NULL;
}

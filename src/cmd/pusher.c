// SPDX-License-Identifier: Apache-2.0
#include "pusher.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/log.h"
#include "hostnetd/str.h"
#include "hostnetd/url.h"

#define LOOK_NS HN_NSEC_PER_SEC
#define CONTROL_NS (60 * HN_NSEC_PER_SEC)  /* between two words on the control */
#define SILENCE_NS (900 * HN_NSEC_PER_SEC) /* after which it is said again as it is */
#define FIRST_NS (10 * HN_NSEC_PER_SEC)    /* the kubelet's first answer is waited for so long */
#define AGAIN_NS (60 * HN_NSEC_PER_SEC)    /* between two bad words on one sink */

static const struct hn_finding *next_finding(void *self, size_t *cursor)
{
	const struct hn_pusher *p = self;
	const struct hn_entry *e = p->vitals->agent ? hn_agent_next(p->vitals->agent, cursor) : NULL;

	return e ? &e->finding : NULL;
}

static void health(void *self, struct hn_health *ret)
{
	hn_vitals_take(((const struct hn_pusher *)self)->vitals, ret);
}

static void warn_of_plain(const char *flag, const char *url)
{
	struct hn_reason unused;
	struct hn_url parsed;
	char base[512];

	/* Its query may hold a secret. */
	hn_strncpy(base, sizeof(base), url ? url : "", url ? strcspn(url, "?") : 0);
	if (base[0] && hn_url_parse(base, &parsed, &unused) == 0 && !parsed.tls && !parsed.is_loopback)
		hn_warning(
			"%s: plain HTTP to another machine: whoever is on the path can read and change what is sent",
			flag);
}

int hn_pusher_open(struct hn_pusher *p, const struct hn_settings *s, struct event_base *base,
		   struct hn_vitals *vitals, struct hn_printout *printout, struct hn_outlets *outlets,
		   struct hn_reason *reason)
{
	struct hn_sink_parts parts;
	int r;

	*p = (struct hn_pusher){.vitals = vitals, .printout = printout};
	hn_settings_sinks(s, &p->settings);
	parts = (struct hn_sink_parts){
		.settings = &p->settings,
		.base = base,
		.who = vitals->who,
		.source = {next_finding, health, p},
		.seed = (uint64_t)hn_wall_now().ns ^ (uint64_t)getpid() << 32,
	};
	r = hn_sinks_open(&parts, &p->sinks, reason);
	if (r < 0)
		return r;
	vitals->sinks = p->sinks;
	warn_of_plain("--webhook-url", p->settings.webhook_url);
	warn_of_plain("--otlp-url", p->settings.otlp_url);
	if (p->settings.webhook_url && !p->settings.webhook_secret_file)
		hn_warning("--webhook-url without --webhook-secret-file: who receives it cannot tell who sent it");
	if (hn_sinks_count(p->sinks) > 0)
		hn_outlets_add(outlets, hn_sinks_take, p->sinks);
	return 0;
}

/* --- what is said -------------------------------------------------------------------------------------------------- */

static void say_one(struct hn_pusher *p, size_t i, const struct hn_sink_health *h)
{
	struct hn_sink_said *said = &p->said[i];
	struct hn_mono now = hn_mono_now();
	uint64_t dropped = h->dropped - said->dropped;
	bool failing = h->problem[0] != '\0';

	if (!failing && said->failing) {
		hn_info("%s: it takes what is sent again; %llu wait", h->name, (unsigned long long)h->queued);
		said->failing = false;
	}
	/* One that fails every other time is not worth two lines a second. */
	if (said->at.ns && now.ns - said->at.ns < AGAIN_NS)
		return;
	if (dropped > 0)
		hn_warning("%s: %llu were dropped%s%s", h->name, (unsigned long long)dropped, failing ? ": " : "",
			   h->problem);
	else if (failing && !said->failing)
		hn_warning("%s: %s; what it should get waits", h->name, h->problem);
	else
		return;
	*said = (struct hn_sink_said){.failing = failing, .dropped = h->dropped, .at = now};
}

static void say(struct hn_pusher *p)
{
	struct hn_sink_health all[HN_HEALTH_SINKS];
	size_t n = hn_sinks_health(p->sinks, all);

	for (size_t i = 0; i < n; i++)
		say_one(p, i, &all[i]);
}

/* --- how the control stands ---------------------------------------------------------------------------------------- */

static void join_incomplete(const struct hn_health *h, char *ret, size_t size)
{
	size_t used = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < h->n_incomplete && used < size; i++)
		used += (size_t)snprintf(ret + used, size - used, "%s\n", h->incomplete[i]);
}

static bool is_told(const struct hn_pusher *p, const struct hn_health *h, const char *incomplete)
{
	return p->ever_told && p->passed == h->passed && p->complete == h->complete && p->open == h->open &&
	       strcmp(p->incomplete, incomplete) == 0;
}

static void tell_control(struct hn_pusher *p, struct hn_mono now)
{
	char incomplete[sizeof(p->incomplete)];
	struct hn_health health;
	int64_t silent = now.ns - p->told.ns;

	if (p->ever_told && silent < CONTROL_NS)
		return;
	hn_vitals_take(p->vitals, &health);
	/* Before the kubelet has said anything there is nothing to tell of. */
	if (!p->ever_told && hn_kubelet_state(p->vitals->kubelet) == HN_KUBELET_UNASKED &&
	    health.time.ns - health.started.ns < FIRST_NS)
		return;
	join_incomplete(&health, incomplete, sizeof(incomplete));
	if (is_told(p, &health, incomplete) && silent < SILENCE_NS)
		return;
	hn_sinks_control(p->sinks, &health);
	hn_printout_control(p->printout, &health);
	p->ever_told = true;
	p->told = now;
	p->passed = health.passed;
	p->complete = health.complete;
	p->open = health.open;
	memcpy(p->incomplete, incomplete, sizeof(incomplete));
}

void hn_pusher_look(struct hn_pusher *p)
{
	struct hn_mono now = hn_mono_now();

	if (!p->sinks || (hn_sinks_count(p->sinks) == 0 && !p->printout->ops->on_control) ||
	    now.ns < p->look_due.ns)
		return;
	p->look_due.ns = now.ns + LOOK_NS;
	tell_control(p, now);
	say(p);
}

/* --- the end ------------------------------------------------------------------------------------------------------- */

void hn_pusher_stop(struct hn_pusher *p)
{
	struct hn_sink_health all[HN_HEALTH_SINKS];
	size_t n;

	if (!p->sinks)
		return;
	hn_sinks_stop(p->sinks);
	say(p);
	n = hn_sinks_health(p->sinks, all);
	for (size_t i = 0; i < n; i++)
		if (all[i].queued > 0)
			hn_warning("%s: %llu were not sent: %s", all[i].name, (unsigned long long)all[i].queued,
				   all[i].problem[0] ? all[i].problem : "there was no more time");
}

void hn_pusher_close(struct hn_pusher *p)
{
	if (p->vitals)
		p->vitals->sinks = NULL;
	hn_sinks_free(p->sinks);
	p->sinks = NULL;
}

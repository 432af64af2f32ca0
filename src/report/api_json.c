// SPDX-License-Identifier: Apache-2.0
/* What the API serves: findings, the inventory, events, the agent's state. */
#include <string.h>

#include "finding_json.h"
#include "hostnetd/health.h"
#include "hostnetd/str.h"

static void put_time(struct hn_json *j, const char *key, struct hn_wall t)
{
	char buf[HN_TIME_TEXT];

	if (hn_wall_known(t))
		hn_json_kv_string(j, key, hn_wall_format(t, buf));
}

void hn_report_sharing_json(const struct hn_finding *f, const struct hn_finding_container *c, struct hn_str *out)
{
	struct hn_json j;

	hn_json_init(&j, out);
	hn_json_object(&j);
	hn_sharing_json_members(&j, f, c);
	if (f->state == HN_STATE_OPEN || f->state == HN_STATE_EXCEPTED)
		hn_json_kv_string(&j, "finding", f->id);
	put_time(&j, "firstSeen", f->first_seen);
	put_time(&j, "lastSeen", f->last_seen);
	hn_json_object_end(&j);
}

/* --- the agent's state ------------------------------------------------------------------------------------------- */

static void put_identity(struct hn_json *j, const struct hn_health *h)
{
	const struct hn_identity *who = &h->identity;

	hn_json_kv_string(j, "schema", "hostnetd.status/v1");
	put_time(j, "time", h->time);
	hn_json_kv_opt(j, "node", who->node);
	hn_json_kv_opt(j, "cluster", who->cluster);
	hn_json_kv_opt(j, "agentVersion", who->agent_version);
	hn_json_kv_opt(j, "bootId", who->boot_id);
	if (who->host_netns != 0)
		hn_json_kv_uint(j, "hostNetns", who->host_netns);
	put_time(j, "startedAt", h->started);
}

static void put_control(struct hn_json *j, const struct hn_health *h)
{
	hn_json_key(j, "control");
	hn_json_object(j);
	hn_json_kv_string(j, "id", HN_CONTROL_ID);
	hn_json_kv_bool(j, "passed", h->passed);
	hn_json_kv_uint(j, "open", h->open);
	hn_json_key(j, "bySeverity");
	hn_json_object(j);
	for (unsigned s = 0; s < HN_SEVERITY_MAX; s++)
		if (h->open_by_severity[s])
			hn_json_kv_uint(j, hn_severity_name((enum hn_severity)s), h->open_by_severity[s]);
	hn_json_object_end(j);
	hn_json_object_end(j);
	hn_json_kv_bool(j, "complete", h->complete);
	hn_json_key(j, "incomplete");
	hn_json_array(j);
	for (size_t i = 0; i < h->n_incomplete; i++)
		hn_json_string(j, h->incomplete[i]);
	hn_json_array_end(j);
}

void hn_report_control_json(const struct hn_health *health, struct hn_str *out)
{
	struct hn_json j;

	hn_json_init(&j, out);
	hn_json_object(&j);
	put_time(&j, "time", health->time);
	hn_json_kv_string(&j, "type", "control.state");
	put_control(&j, health);
	hn_json_object_end(&j);
}

static void put_hooks(struct hn_json *j, const struct hn_health *h)
{
	hn_json_kv_string(j, "tier", h->tier);
	hn_json_key(j, "hooks");
	hn_json_array(j);
	for (size_t i = 0; i < h->n_hooks; i++) {
		const struct hn_probe_hook *hook = &h->hooks[i];

		hn_json_object(j);
		hn_json_kv_string(j, "name", hook->purpose);
		hn_json_kv_string(j, "state", hook->name ? "on" : "off");
		hn_json_kv_opt(j, "hook", hook->name);
		hn_json_kv_opt(j, "text", hook->name ? hook->cost : hook->missing);
		hn_json_object_end(j);
	}
	hn_json_array_end(j);
}

static void put_store(struct hn_json *j, const struct hn_health *h)
{
	if (!h->store[0])
		return;
	hn_json_key(j, "store");
	hn_json_object(j);
	hn_json_kv_string(j, "path", h->store);
	hn_json_kv_bool(j, "ok", h->store_works);
	hn_json_kv_opt(j, "error", h->store_problem);
	hn_json_kv_uint(j, "bytes", h->store_bytes);
	hn_json_kv_uint(j, "stored", h->store_stored);
	hn_json_kv_uint(j, "notStored", h->store_not_stored);
	hn_json_object_end(j);
}

static void put_exceptions(struct hn_json *j, const struct hn_health *h)
{
	if (!h->excepts)
		return;
	hn_json_key(j, "exceptions");
	hn_json_object(j);
	hn_json_kv_uint(j, "rules", h->exceptions);
	hn_json_kv_bool(j, "ok", h->exceptions_problem[0] == '\0');
	hn_json_kv_opt(j, "error", h->exceptions_problem);
	put_time(j, "readAt", h->exceptions_read);
	hn_json_object_end(j);
}

/* Numbers of pods that were not the same in two looks. */
static void put_compared(struct hn_json *j, const struct hn_podcheck_stats *c)
{
	hn_json_key(j, "apiServer");
	hn_json_object(j);
	hn_json_kv_opt(j, "error", c->problem);
	put_time(j, "comparedAt", c->compared);
	hn_json_kv_uint(j, "answers", c->answers);
	hn_json_kv_uint(j, "failures", c->failures);
	hn_json_key(j, "differ");
	hn_json_object(j);
	for (unsigned d = 0; d < HN_POD_DIFFERENCE_MAX; d++)
		hn_json_kv_uint(j, hn_pod_difference_name((enum hn_pod_difference)d), c->differ[d]);
	hn_json_object_end(j);
	hn_json_object_end(j);
}

static void put_sinks(struct hn_json *j, const struct hn_health *h)
{
	if (h->n_sinks == 0)
		return;
	hn_json_key(j, "sinks");
	hn_json_array(j);
	for (size_t i = 0; i < h->n_sinks; i++) {
		const struct hn_sink_health *s = &h->sinks[i];

		hn_json_object(j);
		hn_json_kv_string(j, "name", s->name);
		hn_json_kv_bool(j, "ok", s->problem[0] == '\0');
		hn_json_kv_opt(j, "error", s->problem);
		hn_json_kv_uint(j, "sent", s->sent);
		hn_json_kv_uint(j, "dropped", s->dropped);
		hn_json_kv_uint(j, "failed", s->failed);
		hn_json_kv_uint(j, "queued", s->queued);
		put_time(j, "lastSentAt", s->last_sent);
		hn_json_object_end(j);
	}
	hn_json_array_end(j);
}

void hn_report_status_json(const struct hn_health *h, struct hn_str *out)
{
	struct hn_json j;

	hn_json_init(&j, out);
	hn_json_object(&j);
	put_identity(&j, h);
	put_control(&j, h);
	put_hooks(&j, h);
	hn_json_key(&j, "losses");
	hn_json_object(&j);
	hn_json_kv_uint(&j, "events", h->probe.lost);
	hn_json_kv_uint(&j, "malformed", h->probe.malformed);
	hn_json_kv_uint(&j, "unmarked", h->probe.unmarked);
	hn_json_kv_uint(&j, "notKept", h->dropped);
	hn_json_object_end(&j);
	hn_json_key(&j, "kubelet");
	hn_json_object(&j);
	hn_json_kv_string(&j, "state", h->kubelet);
	hn_json_kv_opt(&j, "error", h->kubelet_problem);
	hn_json_kv_uint(&j, "pods", h->pods);
	hn_json_kv_uint(&j, "answers", h->kubelet_answers);
	hn_json_kv_uint(&j, "failures", h->kubelet_failures);
	hn_json_object_end(&j);
	if (h->compares)
		put_compared(&j, &h->compared);
	hn_json_key(&j, "sweeps");
	hn_json_object(&j);
	hn_json_kv_uint(&j, "done", h->sweeps);
	hn_json_kv_uint(&j, "failed", h->sweeps_failed);
	put_time(&j, "lastAt", h->swept);
	hn_json_kv_fraction(&j, "lastMs", (double)h->sweep_last_ns / 1e6);
	hn_json_kv_uint(&j, "threads", h->probe.swept);
	hn_json_object_end(&j);
	put_exceptions(&j, h);
	put_store(&j, h);
	put_sinks(&j, h);
	hn_json_object_end(&j);
	hn_str_putc(out, '\n');
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The lines hostnetd.event/v1: changes of findings, and what else `run` has to say. */
#include <string.h>

#include "finding_json.h"
#include "hostnetd/str.h"

static const char *const change_types[] = {
	[HN_CHANGE_NONE] = "",
	[HN_CHANGE_OPENED] = "finding.opened",
	[HN_CHANGE_UPDATED] = "finding.updated",
	[HN_CHANGE_RESOLVED] = "finding.resolved",
};
_Static_assert(HN_ARRAY_SIZE(change_types) == HN_CHANGE_TYPE_MAX, "a name for each type of change");

static const char *const notice_types[] = {
	[HN_NOTICE_AGENT_STARTED] = "agent.started",
	[HN_NOTICE_AGENT_STOPPED] = "agent.stopped",
	[HN_NOTICE_AGENT_GAP] = "agent.gap",
	[HN_NOTICE_AGENT_LOST] = "agent.lost",
	[HN_NOTICE_CONTAINER_JOINED] = "container.joined",
	[HN_NOTICE_CONTAINER_LEFT] = "container.left",
	[HN_NOTICE_ATTEMPT_REFUSED] = "attempt.refused",
	[HN_NOTICE_EXCEPTION_EXPIRED] = "exception.expired",
	[HN_NOTICE_EXCEPTION_UNUSED] = "exception.unused",
	[HN_NOTICE_POD_DIFFERS] = "pod.differs",
};
_Static_assert(HN_ARRAY_SIZE(notice_types) == HN_NOTICE_TYPE_MAX, "a name for each type of notice");

const char *hn_notice_type_name(enum hn_notice_type t)
{
	return (unsigned)t < HN_NOTICE_TYPE_MAX ? notice_types[t] : "";
}

const char *hn_change_type_name(enum hn_change_type t)
{
	return (unsigned)t < HN_CHANGE_TYPE_MAX ? change_types[t] : "";
}

static void put_head(struct hn_json *j, const char *type, struct hn_wall when, const struct hn_identity *who)
{
	char time[HN_TIME_TEXT];

	hn_json_kv_string(j, "schema", "hostnetd.event/v1");
	hn_json_kv_string(j, "type", type);
	hn_json_kv_string(j, "time", hn_wall_format(when, time));
	hn_json_kv_opt(j, "cluster", who->cluster);
}

void hn_report_change_json(const struct hn_identity *who, const struct hn_change *change, struct hn_str *out)
{
	struct hn_json j;

	if (change->type <= HN_CHANGE_NONE || change->type >= HN_CHANGE_TYPE_MAX)
		return;
	hn_json_init(&j, out);
	hn_json_object(&j);
	put_head(&j, change_types[change->type], change->time, who);
	hn_json_key(&j, "changed");
	hn_json_array(&j);
	for (unsigned f = 0; f < HN_CHANGED_MAX; f++)
		if (change->changed & (1U << f))
			hn_json_string(&j, hn_change_field_name((enum hn_change_field)f));
	hn_json_array_end(&j);
	hn_json_key(&j, "finding");
	hn_finding_json(&j, who, change->finding);
	hn_json_object_end(&j);
	hn_str_putc(out, '\n');
}

void hn_rule_json(struct hn_json *j, const struct hn_exception *e)
{
	char expires[HN_TIME_TEXT];

	hn_json_key(j, "exception");
	hn_json_object(j);
	hn_json_kv_string(j, "name", e->name);
	hn_json_kv_string(j, "reason", e->reason);
	hn_json_kv_string(j, "expires", hn_wall_format(e->expires, expires));
	hn_json_kv_opt(j, "approvedBy", e->approved_by);
	hn_json_kv_opt(j, "ticket", e->ticket);
	hn_json_object_end(j);
}

void hn_gap_json(struct hn_json *j, const struct hn_notice *notice)
{
	char time[HN_TIME_TEXT];

	if (hn_wall_known(notice->since))
		hn_json_kv_string(j, "since", hn_wall_format(notice->since, time));
	if (hn_wall_known(notice->until))
		hn_json_kv_string(j, "until", hn_wall_format(notice->until, time));
}

static bool is_agents(enum hn_notice_type t)
{
	return t <= HN_NOTICE_AGENT_LOST;
}

void hn_attempt_json(struct hn_json *j, const struct hn_notice *notice)
{
	const struct hn_sighting *s = notice->attempt;
	const char *name = strerrorname_np(s->error);

	hn_json_key(j, "attempt");
	hn_json_object(j);
	hn_json_kv_string(j, "call", "setns");
	if (name)
		hn_json_kv_string(j, "errno", name);
	hn_json_key(j, "process");
	hn_json_object(j);
	hn_json_kv_int(j, "pid", s->pid);
	hn_json_kv_opt(j, "comm", s->comm);
	hn_json_kv_opt(j, "exe", s->exe);
	hn_json_kv_uint(j, "uid", s->uid);
	hn_json_object_end(j);
	hn_finding_json_short(j, notice->finding, notice->container);
	hn_json_object_end(j);
}

void hn_report_notice_json(const struct hn_identity *who, const struct hn_notice *notice, struct hn_str *out)
{
	struct hn_json j;

	hn_json_init(&j, out);
	hn_json_object(&j);
	put_head(&j, hn_notice_type_name(notice->type), notice->time, who);
	hn_json_kv_opt(&j, "node", who->node);
	if (is_agents(notice->type)) {
		hn_json_kv_opt(&j, "agentVersion", who->agent_version);
		hn_json_kv_opt(&j, "bootId", who->boot_id);
		if (who->host_netns != 0)
			hn_json_kv_uint(&j, "hostNetns", who->host_netns);
	}
	hn_json_kv_opt(&j, "message", notice->text);
	if (notice->type == HN_NOTICE_AGENT_LOST)
		hn_json_kv_uint(&j, "count", notice->count);
	hn_gap_json(&j, notice);
	if (notice->exception)
		hn_rule_json(&j, notice->exception);
	if (notice->attempt)
		hn_attempt_json(&j, notice);
	else if (notice->finding)
		hn_finding_json_short(&j, notice->finding, notice->container);
	hn_json_object_end(&j);
	hn_str_putc(out, '\n');
}

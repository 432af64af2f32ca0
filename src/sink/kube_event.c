// SPDX-License-Identifier: Apache-2.0
#include "kube_event.h"

#include <stdio.h>
#include <string.h>

#include "hostnetd/json.h"
#include "hostnetd/macro.h"
#include "report_object.h"

#define NOTE_MAX 1024 /* bytes; the API server refuses more */
#define INSTANCE_MAX 128
#define NAMELESS "default" /* the API server wants Events about what has no namespace there */
#define CONTROLLER "hostnetd.io/agent"

static const struct {
	const char *word, *type, *reason, *action;
} kinds[] = {
	[HN_KUBE_EVENT_OPENED] = {"opened", "Warning", "HostNetworkShared", "Detected"},
	[HN_KUBE_EVENT_RESOLVED] = {"resolved", "Normal", "HostNetworkLeft", "Resolved"},
};
_Static_assert(HN_ARRAY_SIZE(kinds) == HN_KUBE_EVENT_KIND_MAX, "words for each kind");

void hn_kube_event_name(enum hn_kube_event_kind kind, const char *finding,
			char ret[static HN_KUBE_EVENT_NAME_SIZE])
{
	snprintf(ret, HN_KUBE_EVENT_NAME_SIZE, "hostnetd-%.32s.%s", finding, kinds[kind].word);
}

const char *hn_kube_event_namespace(const struct hn_finding *f)
{
	const char *place = hn_report_place(f);

	return place[0] ? place : NAMELESS;
}

static void put_reference(struct hn_json *j, const char *key, const char *kind, const char *ns, const char *name,
			  const char *uid)
{
	hn_json_key(j, key);
	hn_json_object(j);
	hn_json_kv_string(j, "apiVersion", "v1");
	hn_json_kv_string(j, "kind", kind);
	hn_json_kv_opt(j, "namespace", ns);
	hn_json_kv_opt(j, "name", name);
	hn_json_kv_opt(j, "uid", uid);
	hn_json_object_end(j);
}

static void put_note(struct hn_json *j, const struct hn_kube_event *e)
{
	_cleanup_(hn_str_done) struct hn_str title = {0}, note = {0};
	const struct hn_finding *f = e->finding;

	hn_finding_title(f, &title);
	if (e->kind == HN_KUBE_EVENT_RESOLVED)
		hn_str_puts(&note, "It is over: ");
	hn_str_visible(&note, hn_str_get(&title), title.len);
	hn_str_printf(&note, "; severity %s, node ", hn_severity_name(f->severity));
	hn_str_visible(&note, e->who->node, strlen(e->who->node));
	if (f->n_containers && f->containers[0].image[0]) {
		hn_str_puts(&note, ", image ");
		hn_str_visible(&note, f->containers[0].image, strlen(f->containers[0].image));
	}
	hn_str_printf(&note, ". Finding %s.", f->id);
	if (e->kind == HN_KUBE_EVENT_OPENED)
		hn_str_printf(&note, " %s", hn_remediation[0]);
	hn_json_key(j, "note");
	hn_json_string_n(j, hn_str_get(&note), hn_cut(hn_str_get(&note), NOTE_MAX));
}

static void put_regarding(struct hn_json *j, const struct hn_kube_event *e)
{
	const struct hn_finding *f = e->finding;

	if (!hn_report_place(f)[0]) {
		put_reference(j, "regarding", "Node", "", e->who->node, e->node_uid);
		return;
	}
	put_reference(j, "regarding", "Pod", f->pod_namespace, f->pod_name, f->pod_uid);
	put_reference(j, "related", "Node", "", e->who->node, e->node_uid);
}

void hn_kube_event_json(const struct hn_kube_event *e, struct hn_str *out)
{
	char name[HN_KUBE_EVENT_NAME_SIZE], time[HN_TIME_TEXT];
	struct hn_json j;

	hn_kube_event_name(e->kind, e->finding->id, name);
	hn_json_init(&j, out);
	hn_json_object(&j);
	hn_json_kv_string(&j, "apiVersion", "events.k8s.io/v1");
	hn_json_kv_string(&j, "kind", "Event");
	hn_json_key(&j, "metadata");
	hn_json_object(&j);
	hn_json_kv_string(&j, "name", name);
	hn_json_kv_string(&j, "namespace", hn_kube_event_namespace(e->finding));
	hn_json_object_end(&j);
	hn_json_kv_string(&j, "eventTime", hn_wall_format(e->time, time));
	hn_json_kv_string(&j, "type", kinds[e->kind].type);
	hn_json_kv_string(&j, "reason", kinds[e->kind].reason);
	hn_json_kv_string(&j, "action", kinds[e->kind].action);
	hn_json_kv_string(&j, "reportingController", CONTROLLER);
	hn_json_key(&j, "reportingInstance");
	hn_json_string_n(&j, e->who->node, hn_cut(e->who->node, INSTANCE_MAX));
	put_note(&j, e);
	put_regarding(&j, e);
	hn_json_object_end(&j);
}

void hn_kube_event_again_json(const struct hn_kube_event *e, struct hn_str *out)
{
	char time[HN_TIME_TEXT];
	struct hn_json j;

	hn_json_init(&j, out);
	hn_json_object(&j);
	hn_json_key(&j, "series");
	hn_json_object(&j);
	hn_json_kv_uint(&j, "count", e->finding->occurrences > 2 ? e->finding->occurrences : 2);
	hn_json_kv_string(&j, "lastObservedTime", hn_wall_format(e->time, time));
	hn_json_object_end(&j);
	hn_json_object_end(&j);
}

// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/otlp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hostnetd/str.h"
#include "otlp_attributes.h"

/* Numbers of the protocol. */
enum otlp_severity { INFO = 9, WARN = 13, ERROR = 17, ERROR2 = 18 };

static const char *severity_text(enum otlp_severity s)
{
	return s >= ERROR ? "ERROR" : s >= WARN ? "WARN" : "INFO";
}

static enum otlp_severity of_finding(const struct hn_finding *f)
{
	if (f->state != HN_STATE_OPEN)
		return INFO;
	return f->severity == HN_SEVERITY_CRITICAL ? ERROR2 : f->severity == HN_SEVERITY_HIGH ? ERROR : WARN;
}

/* Of these somebody should know. */
static const bool notices[HN_NOTICE_TYPE_MAX] = {
	[HN_NOTICE_AGENT_GAP] = true,
	[HN_NOTICE_AGENT_LOST] = true,
	[HN_NOTICE_ATTEMPT_REFUSED] = true,
	[HN_NOTICE_EXCEPTION_EXPIRED] = true,
};

static enum otlp_severity of_event(const struct hn_event *e)
{
	if (e->change)
		return e->change->type == HN_CHANGE_RESOLVED ? INFO : of_finding(e->change->finding);
	if (e->happening)
		return e->happening->type == HN_HAPPENING_CONTACT ? WARN : INFO;
	return notices[e->notice->type] ? WARN : INFO;
}

static void put_nanoseconds(struct hn_json *j, const char *key, struct hn_wall t)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, t.ns);
	hn_json_kv_string(j, key, text);
}

/* Opens the record and its attributes. */
static void begin(struct hn_json *j, const char *type, struct hn_wall time, enum otlp_severity severity,
		  const struct hn_str *body)
{
	_cleanup_(hn_str_done) struct hn_str name = {0};

	hn_str_printf(&name, "hostnetd.%s", type);
	hn_json_object(j);
	put_nanoseconds(j, "timeUnixNano", time);
	put_nanoseconds(j, "observedTimeUnixNano", time);
	hn_json_kv_int(j, "severityNumber", severity);
	hn_json_kv_string(j, "severityText", severity_text(severity));
	hn_json_kv_string(j, "eventName", hn_str_get(&name));
	hn_json_key(j, "body");
	hn_json_object(j);
	hn_json_kv_string(j, "stringValue", hn_str_get(body));
	hn_json_object_end(j);
	hn_json_key(j, "attributes");
	hn_json_array(j);
}

static void end(struct hn_json *j)
{
	hn_json_array_end(j);
	hn_json_object_end(j);
}

/* --- events -------------------------------------------------------------------------------------------------------- */

static void put_whose_words(struct hn_str *body, const struct hn_finding *f)
{
	if (f->pod_name[0])
		hn_str_printf(body, " in pod %s/%s", f->pod_namespace, f->pod_name);
	else if (f->pod_uid[0])
		hn_str_printf(body, " in pod %s", f->pod_uid);
}

static void put_body(struct hn_str *body, const struct hn_event *e)
{
	const struct hn_finding *f = hn_event_finding(e);

	hn_str_puts(body, hn_event_type_name(e));
	if (e->change) {
		hn_str_puts(body, ": ");
		hn_finding_title(f, body);
		return;
	}
	if (e->happening && e->happening->process)
		hn_str_printf(body, ": %s (pid %d)", e->happening->process->comm, (int)e->happening->process->pid);
	if (f)
		put_whose_words(body, f);
	if (e->notice && e->notice->exception)
		hn_str_printf(body, ": rule %s", e->notice->exception->name);
	if (e->notice && e->notice->text && e->notice->text[0])
		hn_str_printf(body, ": %s", e->notice->text);
	if (e->happening && e->happening->text && e->happening->text[0])
		hn_str_printf(body, ": %s", e->happening->text);
}

static void put_changed(struct hn_json *j, unsigned changed)
{
	if (!changed)
		return;
	hn_otlp_list(j, "hostnetd.changed");
	for (unsigned f = 0; f < HN_CHANGED_MAX; f++) {
		const char *name = hn_change_field_name((enum hn_change_field)f);

		if (changed & (1U << f))
			hn_otlp_item(j, name, strlen(name));
	}
	hn_otlp_list_end(j);
}

/* A record has one process: of a change the first, which is why it was told. */
static void put_change(struct hn_json *j, const struct hn_change *c)
{
	const struct hn_finding *f = c->finding;

	if (f->n_processes > 0)
		hn_otlp_process(j, &f->processes[0]);
	if (f->n_containers > 0)
		hn_otlp_container(
			j, &f->containers[f->n_processes > 0 && f->processes[0].container < f->n_containers ?
						  f->processes[0].container :
						  0]);
	put_changed(j, c->changed);
}

static void put_attempt(struct hn_json *j, const struct hn_sighting *s)
{
	hn_otlp_int(j, "process.pid", s->pid);
	hn_otlp_text(j, "process.executable.name", s->comm);
	hn_otlp_text(j, "process.executable.path", s->exe);
	hn_otlp_text(j, "error.type", strerrorname_np(s->error));
}

static void put_notice(struct hn_json *j, const struct hn_notice *n)
{
	if (n->container)
		hn_otlp_container(j, n->container);
	if (n->attempt)
		put_attempt(j, n->attempt);
	if (n->exception)
		hn_otlp_text(j, "hostnetd.exception.name", n->exception->name);
	if (n->type == HN_NOTICE_AGENT_LOST)
		hn_otlp_int(j, "hostnetd.count", (int64_t)n->count);
}

static void put_happening(struct hn_json *j, const struct hn_happening *h)
{
	if (h->process)
		hn_otlp_process(j, h->process);
	if (h->container)
		hn_otlp_container(j, h->container);
	if (h->endpoint.protocol)
		hn_otlp_endpoint(j, h->type == HN_HAPPENING_LISTENING ? "local" : "peer", &h->endpoint);
	if (h->type == HN_HAPPENING_OMITTED)
		hn_otlp_int(j, "hostnetd.count", (int64_t)h->count);
}

void hn_report_otlp_event(const struct hn_event *e, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str body = {0};
	const struct hn_finding *f = hn_event_finding(e);
	struct hn_json j;

	put_body(&body, e);
	hn_json_init(&j, out);
	begin(&j, hn_event_type_name(e), e->time, of_event(e), &body);
	hn_otlp_int(&j, "hostnetd.seq", (int64_t)e->seq);
	if (f)
		hn_otlp_finding(&j, f);
	if (e->change)
		put_change(&j, e->change);
	else if (e->notice)
		put_notice(&j, e->notice);
	else
		put_happening(&j, e->happening);
	end(&j);
}

void hn_report_otlp_control(const struct hn_health *h, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str body = {0};
	struct hn_json j;

	hn_str_printf(&body, "control.state: %s",
		      h->open > 0 ? "failed" :
		      h->passed   ? "passed" :
				    "not everything is seen");
	for (size_t i = 0; i < h->n_incomplete; i++)
		hn_str_printf(&body, "; %s", h->incomplete[i]);
	hn_json_init(&j, out);
	begin(&j, "control.state", h->time, h->open > 0 ? ERROR : h->passed ? INFO : WARN, &body);
	hn_otlp_text(&j, "hostnetd.control.id", HN_CONTROL_ID);
	hn_otlp_bool(&j, "hostnetd.control.passed", h->passed);
	hn_otlp_bool(&j, "hostnetd.control.complete", h->complete);
	hn_otlp_int(&j, "hostnetd.control.open", (int64_t)h->open);
	end(&j);
}

/* --- around them --------------------------------------------------------------------------------------------------- */

void hn_report_otlp_begin(const struct hn_identity *who, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str resource = {0}, scope = {0};
	struct hn_json j;

	hn_json_init(&j, &resource);
	hn_json_object(&j);
	hn_json_key(&j, "attributes");
	hn_json_array(&j);
	hn_otlp_text(&j, "service.name", "hostnetd");
	hn_otlp_text(&j, "service.version", who->agent_version);
	hn_otlp_text(&j, "service.instance.id", who->node);
	hn_otlp_text(&j, "k8s.cluster.name", who->cluster);
	hn_otlp_text(&j, "k8s.node.name", who->node);
	hn_otlp_text(&j, "host.name", who->node);
	hn_otlp_text(&j, "hostnetd.boot_id", who->boot_id);
	hn_json_array_end(&j);
	hn_json_object_end(&j);
	hn_json_init(&j, &scope);
	hn_json_object(&j);
	hn_json_kv_string(&j, "name", "hostnetd");
	hn_json_kv_opt(&j, "version", who->agent_version);
	hn_json_object_end(&j);
	hn_str_puts(out, "{\"resourceLogs\":[{\"resource\":");
	hn_str_append(out, hn_str_get(&resource), resource.len);
	hn_str_puts(out, ",\"scopeLogs\":[{\"scope\":");
	hn_str_append(out, hn_str_get(&scope), scope.len);
	hn_str_puts(out, ",\"logRecords\":[");
	out->failed |= resource.failed || scope.failed;
}

void hn_report_otlp_end(struct hn_str *out)
{
	hn_str_puts(out, "]}]}]}");
}

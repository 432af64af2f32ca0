// SPDX-License-Identifier: Apache-2.0
#include "otlp_attributes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hostnetd/str.h"
#include "ports.h"

static void begin(struct hn_json *j, const char *key)
{
	hn_json_object(j);
	hn_json_kv_string(j, "key", key);
	hn_json_key(j, "value");
	hn_json_object(j);
}

static void end(struct hn_json *j)
{
	hn_json_object_end(j);
	hn_json_object_end(j);
}

void hn_otlp_text(struct hn_json *j, const char *key, const char *value)
{
	if (!value || !value[0])
		return;
	begin(j, key);
	hn_json_kv_string(j, "stringValue", value);
	end(j);
}

/* 64 bits are a text: a reader of JSON may have doubles only. */
void hn_otlp_int(struct hn_json *j, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	begin(j, key);
	hn_json_kv_string(j, "intValue", text);
	end(j);
}

void hn_otlp_bool(struct hn_json *j, const char *key, bool value)
{
	begin(j, key);
	hn_json_kv_bool(j, "boolValue", value);
	end(j);
}

void hn_otlp_double(struct hn_json *j, const char *key, double value)
{
	begin(j, key);
	hn_json_kv_fraction(j, "doubleValue", value);
	end(j);
}

void hn_otlp_list(struct hn_json *j, const char *key)
{
	begin(j, key);
	hn_json_key(j, "arrayValue");
	hn_json_object(j);
	hn_json_key(j, "values");
	hn_json_array(j);
}

void hn_otlp_item(struct hn_json *j, const char *text, size_t n)
{
	hn_json_object(j);
	hn_json_key(j, "stringValue");
	hn_json_string_n(j, text, n);
	hn_json_object_end(j);
}

void hn_otlp_list_end(struct hn_json *j)
{
	hn_json_array_end(j);
	hn_json_object_end(j);
	end(j);
}

/* --- the domain ---------------------------------------------------------------------------------------------------- */

/* Those kinds that the conventions have a name for. */
static const struct {
	const char *kind, *key;
} workload_keys[] = {
	{"Deployment", "k8s.deployment.name"},
	{"StatefulSet", "k8s.statefulset.name"},
	{"DaemonSet", "k8s.daemonset.name"},
	{"ReplicaSet", "k8s.replicaset.name"},
	{"Job", "k8s.job.name"},
	{"CronJob", "k8s.cronjob.name"},
};

static void put_listening(struct hn_json *j, const struct hn_finding *f)
{
	struct hn_endpoint endpoints[HN_FINDING_LISTENING];
	size_t n = hn_ports_collect(f, endpoints);
	_cleanup_(hn_str_done) struct hn_str text = {0};

	if (n == 0)
		return;
	hn_otlp_list(j, "hostnetd.listening");
	for (size_t i = 0; i < n; i++) {
		char address[INET6_ADDRSTRLEN];

		hn_str_clear(&text);
		hn_ports_address(&endpoints[i], address);
		hn_str_printf(&text, strchr(address, ':') ? "%s [%s]:%u" : "%s %s:%u",
			      hn_ports_protocol(&endpoints[i]), address, endpoints[i].port);
		hn_otlp_item(j, hn_str_get(&text), text.len);
	}
	hn_otlp_list_end(j);
}

void hn_otlp_finding(struct hn_json *j, const struct hn_finding *f)
{
	hn_otlp_text(j, "k8s.namespace.name", f->pod_namespace);
	hn_otlp_text(j, "k8s.pod.name", f->pod_name);
	hn_otlp_text(j, "k8s.pod.uid", f->pod_uid);
	for (size_t i = 0; i < HN_ARRAY_SIZE(workload_keys); i++)
		if (hn_streq(f->workload_kind, workload_keys[i].kind))
			hn_otlp_text(j, workload_keys[i].key, f->workload_name);
	hn_otlp_text(j, "hostnetd.workload.kind", f->workload_kind);
	hn_otlp_text(j, "hostnetd.workload.name", f->workload_name);
	hn_otlp_text(j, "hostnetd.finding.id", f->id);
	hn_otlp_text(j, "hostnetd.finding.state", hn_state_name(f->state));
	hn_otlp_text(j, "hostnetd.finding.severity", hn_severity_name(f->severity));
	hn_otlp_text(j, "hostnetd.finding.cause", hn_cause_name(f->cause));
	hn_otlp_text(j, "hostnetd.finding.way", hn_way_name(f->way));
	hn_otlp_int(j, "hostnetd.finding.occurrences", f->occurrences);
	hn_otlp_text(j, "hostnetd.finding.exception", f->exception.name);
	hn_otlp_text(j, "hostnetd.ai.verdict", hn_verdict_name(f->ai.verdict));
	hn_otlp_text(j, "hostnetd.ai.category", f->ai.category);
	hn_otlp_text(j, "hostnetd.ai.product", f->ai.product);
	hn_otlp_double(j, "hostnetd.ai.score", f->ai.score);
	put_listening(j, f);
}

void hn_otlp_container(struct hn_json *j, const struct hn_finding_container *c)
{
	hn_otlp_text(j, "k8s.container.name", c->name);
	hn_otlp_text(j, "container.id", c->id);
	hn_otlp_text(j, "container.image.name", c->image);
	hn_otlp_text(j, "container.image.id", c->image_id);
	hn_otlp_text(j, "container.runtime.name", c->runtime);
}

void hn_otlp_process(struct hn_json *j, const struct hn_finding_process *p)
{
	const char *argv = p->argv;
	size_t left = p->argv_len;
	char uid[16], started[HN_TIME_TEXT];

	hn_otlp_int(j, "process.pid", p->pid);
	if (p->parent > 0)
		hn_otlp_int(j, "process.parent_pid", p->parent);
	hn_otlp_text(j, "process.executable.name", p->comm);
	hn_otlp_text(j, "process.executable.path", p->exe);
	if (hn_wall_known(p->started))
		hn_otlp_text(j, "process.creation.time", hn_wall_format(p->started, started));
	snprintf(uid, sizeof(uid), "%u", p->uid);
	hn_otlp_text(j, "process.user.id", uid);
	if (left == 0)
		return;
	hn_otlp_list(j, "process.command_args");
	while (left > 0) {
		size_t n = strnlen(argv, left), step = n < left ? n + 1 : n;

		hn_otlp_item(j, argv, n);
		argv += step;
		left -= step;
	}
	hn_otlp_list_end(j);
}

void hn_otlp_endpoint(struct hn_json *j, const char *side, const struct hn_endpoint *e)
{
	char key[40], address[INET6_ADDRSTRLEN];

	hn_otlp_text(j, "network.transport", hn_ports_protocol(e));
	snprintf(key, sizeof(key), "network.%s.address", side);
	hn_otlp_text(j, key, hn_ports_address(e, address));
	snprintf(key, sizeof(key), "network.%s.port", side);
	if (e->port)
		hn_otlp_int(j, key, e->port);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Objects in a few words, and the audit that reads them. */
#ifndef TEST_FINDING_AUDIT_RIG_H
#define TEST_FINDING_AUDIT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "hostnetd/audit.h"
#include "hostnetd/str.h"

#define HOST "\"hostNetwork\":true,"
#define CONTAINERS(image) "\"containers\":[{\"name\":\"c\",\"image\":\"" image "\"}]"
#define VLLM "{" HOST CONTAINERS("vllm/vllm-openai:v0.6.3") "}"
#define OLLAMA "{" HOST CONTAINERS("docker.io/ollama/ollama:0.3.12") "}"
#define VLLM_APART "{" CONTAINERS("vllm/vllm-openai:v0.6.3") "}"
#define NGINX "{" HOST CONTAINERS("nginx:1.27") "}"
#define LIKELY                                                                                                \
	"{" HOST "\"containers\":[{\"name\":\"c\",\"image\":\"python:3.12\",\"env\":[{\"name\":\"HF_TOKEN\"," \
	"\"value\":\"x\"}],\"resources\":{\"limits\":{\"nvidia.com/gpu\":\"1\"}}}]}"
#define META(ns, name, more) "\"metadata\":{\"namespace\":\"" ns "\",\"name\":\"" name "\"" more "}"
#define OBJECT(api, kind, meta, spec) \
	"{\"apiVersion\":\"" api "\",\"kind\":\"" kind "\"," meta ",\"spec\":" spec "}\n"
#define TEMPLATE(spec) "{\"template\":{\"spec\":" spec "}}"
#define JOB_TEMPLATE(spec) "{\"jobTemplate\":{\"spec\":" TEMPLATE(spec) "}}"
#define OWNER(api, kind, name)                                                                     \
	",\"ownerReferences\":[{\"apiVersion\":\"" api "\",\"kind\":\"" kind "\",\"name\":\"" name \
	"\",\"uid\":\"o\",\"controller\":true}]"
#define POD(name, more, spec) OBJECT("v1", "Pod", META("ml", name, more), spec)
#define APPS(kind, name, spec) OBJECT("apps/v1", kind, META("ml", name, ""), TEMPLATE(spec))
#define OWNED(api, kind, name, more) OBJECT(api, kind, META("ml", name, more), TEMPLATE(VLLM))
#define REPLICA_SET(more) OBJECT("apps/v1", "ReplicaSet", META("ml", "tgi-89df5769b", more), TEMPLATE(VLLM))
#define JOB(name, more) OBJECT("batch/v1", "Job", META("ml", name, more), TEMPLATE(VLLM))
#define APART(ns) OBJECT("batch/v1", "CronJob", META(ns, "nightly", ""), JOB_TEMPLATE(VLLM_APART))
#define FINISHED                                                                                                     \
	OBJECT("batch/v1", "Job", META("ml", "nightly-1", OWNER("batch/v1", "CronJob", "nightly")),                  \
	       TEMPLATE(                                                                                             \
		       VLLM) ",\"status\":{\"conditions\":[{\"type\":\"SuspendedX\",\"status\":\"True\"},{\"type\":" \
			     "\"Complete\",\"status\":\"True\"}]}")

static const char rules[] =
	"exceptions:\n"
	"- {name: image, reason: known, expires: 2099-01-01, match: {namespaces: [ml], images: ['*ollama*']}}\n"
	"- {name: ok, reason: NCCL, expires: 2099-01-01, match: {namespaces: [excepted]}}\n"
	"- {name: lws, reason: known, expires: 2099-01-01, match: {namespaces: [ml], workloads: [{kind: LeaderWorkerSet, "
	"name: waived}]}}\n"
	"- {name: cron, reason: known, expires: 2099-01-01, match: {namespaces: [ml], workloads: [{kind: CronJob, name: "
	"waived}]}}\n"
	"- {name: middle, reason: known, expires: 2099-01-01, match: {namespaces: [ml], workloads: [{kind: StatefulSet, "
	"name: half-0}]}}\n"
	"- {name: lone, reason: known, expires: 2099-01-01, match: {namespaces: [ml], workloads: [{kind: Pod, name: "
	"'lone*'}]}}\n"
	"- {name: old, reason: gone by, expires: 2020-01-01, match: {namespaces: [expired]}}\n";

struct world {
	struct hn_catalogue *catalogue;
	struct hn_workload_kinds *kinds;
	struct hn_exceptions *exceptions;
	struct hn_audit audit;
	struct hn_reason reason;
};

static inline int on_asset(void *arg, const struct hn_asset *asset, struct hn_reason *reason)
{
	return hn_audit_add(arg, "objects", asset, reason);
}

static inline int setup(void **state)
{
	static struct world w;

	memset(&w, 0, sizeof(w));
	if (hn_catalogue_new(NULL, 0, &w.catalogue, &w.reason) < 0 ||
	    hn_workload_kinds_new(NULL, 0, &w.kinds, &w.reason) < 0 ||
	    hn_exceptions_parse("rules", rules, strlen(rules), &w.exceptions, &w.reason) < 0)
		fail_msg("%s", w.reason.text);
	*state = &w;
	return 0;
}

static inline int teardown(void **state)
{
	struct world *w = *state;

	hn_exceptions_free(w->exceptions);
	hn_workload_kinds_free(w->kinds);
	hn_catalogue_free(w->catalogue);
	return 0;
}

static inline void begin(struct world *w, const char *ns)
{
	w->audit = (struct hn_audit){
		.catalogue = w->catalogue, .exceptions = w->exceptions, .now = hn_wall_now(), .ns = ns};
}

static inline void read_objects(struct world *w, const char *objects)
{
	const struct hn_asset_source source = {
		.name = "objects", .kinds = w->kinds, .found = on_asset, .arg = &w->audit};
	struct hn_asset_reader *reader = hn_asset_reader_new(&source);

	assert_non_null(reader);
	if (hn_asset_reader_feed(reader, objects, strlen(objects), &w->reason) < 0 ||
	    hn_asset_reader_finish(reader, &w->reason) < 0)
		fail_msg("%s", w->reason.text);
	hn_asset_reader_free(reader);
}

#endif

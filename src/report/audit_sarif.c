// SPDX-License-Identifier: Apache-2.0
/* SARIF 2.1.0. A result is an asset: where it stands in a file, and its name in the cluster. */
#include <string.h>

#include "audit_drift.h"
#include "hostnetd/json.h"
#include "hostnetd/report.h"
#include "hostnetd/str.h"
#include "words.h"

#define SARIF_SCHEMA "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

static void put_text(struct hn_json *j, const char *key, const char *text)
{
	hn_json_key(j, key);
	hn_json_object(j);
	hn_json_kv_string(j, "text", text);
	hn_json_object_end(j);
}

static void put_driver(struct hn_json *j, const struct hn_audit_page *page)
{
	_cleanup_(hn_str_done) struct hn_str help = {0};

	for (size_t i = 0; hn_remediation[i]; i++)
		hn_str_printf(&help, "%s%s", i ? " " : "", hn_remediation[i]);
	hn_json_key(j, "tool");
	hn_json_object(j);
	hn_json_key(j, "driver");
	hn_json_object(j);
	hn_json_kv_string(j, "name", "hostnetd");
	hn_json_kv_opt(j, "version", page->version);
	hn_json_key(j, "rules");
	hn_json_array(j);
	hn_json_object(j);
	hn_json_kv_string(j, "id", HN_CONTROL_ID);
	put_text(j, "shortDescription", "AI workloads do not share the host network");
	put_text(j, "help", hn_str_get(&help));
	hn_json_key(j, "properties");
	hn_json_object(j);
	hn_json_kv_string(j, "security-severity", "8.0");
	hn_json_object_end(j);
	hn_json_object_end(j);
	hn_json_array_end(j);
	hn_json_object_end(j);
	hn_json_object_end(j);
}

/* Only what a URI may hold stands for itself. */
static void put_uri(struct hn_json *j, const char *path)
{
	_cleanup_(hn_str_done) struct hn_str uri = {0};

	if (path[0] == '/')
		hn_str_puts(&uri, "file://");
	for (; *path; path++) {
		unsigned char byte = (unsigned char)*path;

		if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
		    strchr("-._~/", byte))
			hn_str_putc(&uri, (char)byte);
		else
			hn_str_printf(&uri, "%%%02X", byte);
	}
	hn_json_kv_string(j, "uri", hn_str_get(&uri));
}

static void put_location(struct hn_json *j, const struct hn_audit_entry *e, const char *name)
{
	hn_json_key(j, "locations");
	hn_json_array(j);
	hn_json_object(j);
	if (e->source[0]) {
		hn_json_key(j, "physicalLocation");
		hn_json_object(j);
		hn_json_key(j, "artifactLocation");
		hn_json_object(j);
		put_uri(j, e->source);
		hn_json_object_end(j);
		if (e->line > 0) {
			hn_json_key(j, "region");
			hn_json_object(j);
			hn_json_kv_uint(j, "startLine", e->line);
			hn_json_object_end(j);
		}
		hn_json_object_end(j);
	}
	hn_json_key(j, "logicalLocations");
	hn_json_array(j);
	hn_json_object(j);
	hn_json_kv_string(j, "fullyQualifiedName", name);
	hn_json_kv_string(j, "kind", "resource");
	hn_json_object_end(j);
	hn_json_array_end(j);
	hn_json_object_end(j);
	hn_json_array_end(j);
}

static void put_result(struct hn_json *j, const struct hn_audit_entry *e, bool likely_fails)
{
	_cleanup_(hn_str_done) struct hn_str text = {0}, name = {0};

	hn_str_printf(&name, "%s%s", e->ns, e->ns[0] ? "/" : "");
	hn_words_kind(&name, e->api_version, e->kind);
	hn_str_printf(&name, "/%s", e->name);
	hn_str_puts(&text, hn_str_get(&name));
	hn_str_puts(&text, " declares hostNetwork: true; ");
	hn_words_product(&text, e->ai);
	hn_str_puts(&text, ": ");
	hn_words_evidence(&text, e->ai);
	hn_json_object(j);
	hn_json_kv_string(j, "ruleId", HN_CONTROL_ID);
	hn_json_kv_uint(j, "ruleIndex", 0);
	hn_json_kv_string(j, "level", e->ai->verdict == HN_AI || likely_fails ? "error" : "warning");
	put_text(j, "message", hn_str_get(&text));
	put_location(j, e, hn_str_get(&name));
	if (e->exception) {
		hn_json_key(j, "suppressions");
		hn_json_array(j);
		hn_json_object(j);
		hn_json_kv_string(j, "kind", "external");
		hn_json_kv_string(j, "justification", e->exception->reason);
		hn_json_object_end(j);
		hn_json_array_end(j);
	}
	hn_json_key(j, "partialFingerprints");
	hn_json_object(j);
	hn_json_kv_string(j, "asset/v1", hn_str_get(&name));
	hn_json_object_end(j);
	hn_json_object_end(j);
}

/* Seen on a node, so there is no place in a file. */
static void put_stray(struct hn_json *j, const struct hn_drift_stray *s, bool likely_fails)
{
	static const struct hn_audit_entry nowhere = {.source = ""};
	_cleanup_(hn_str_done) struct hn_str text = {0}, name = {0};

	hn_drift_name(s->observed, &name);
	hn_str_printf(&text, "%s ", hn_str_get(&name));
	hn_drift_words(s, &text);
	hn_json_object(j);
	hn_json_kv_string(j, "ruleId", HN_CONTROL_ID);
	hn_json_kv_uint(j, "ruleIndex", 0);
	hn_json_kv_string(j, "level", s->verdict == HN_AI || likely_fails ? "error" : "warning");
	put_text(j, "message", hn_str_get(&text));
	put_location(j, &nowhere, hn_str_get(&name));
	if (s->exception) {
		hn_json_key(j, "suppressions");
		hn_json_array(j);
		hn_json_object(j);
		hn_json_kv_string(j, "kind", "external");
		hn_json_kv_string(j, "justification", s->exception);
		hn_json_object_end(j);
		hn_json_array_end(j);
	}
	hn_json_key(j, "partialFingerprints");
	hn_json_object(j);
	hn_json_kv_string(j, "drift/v1", s->observed->finding[0] ? s->observed->finding : hn_str_get(&name));
	hn_json_object_end(j);
	hn_json_object_end(j);
}

static void put_invocation(struct hn_json *j, const struct hn_audit *a)
{
	hn_json_key(j, "invocations");
	hn_json_array(j);
	hn_json_object(j);
	hn_json_kv_bool(j, "executionSuccessful", a->n_gaps == 0);
	hn_json_key(j, "toolExecutionNotifications");
	hn_json_array(j);
	for (size_t i = 0; i < a->n_gaps; i++) {
		_cleanup_(hn_str_done) struct hn_str text = {0};

		hn_str_printf(&text, "not covered: %s: %s", a->gaps[i].what, a->gaps[i].why);
		hn_json_object(j);
		hn_json_kv_string(j, "level", "error");
		put_text(j, "message", hn_str_get(&text));
		hn_json_object_end(j);
	}
	hn_json_array_end(j);
	hn_json_object_end(j);
	hn_json_array_end(j);
}

void hn_report_audit_sarif(const struct hn_audit *a, const struct hn_audit_page *page, struct hn_str *out)
{
	struct hn_json j;

	hn_json_init(&j, out);
	hn_json_object(&j);
	hn_json_kv_string(&j, "$schema", SARIF_SCHEMA);
	hn_json_kv_string(&j, "version", "2.1.0");
	hn_json_key(&j, "runs");
	hn_json_array(&j);
	hn_json_object(&j);
	put_driver(&j, page);
	put_invocation(&j, a);
	hn_json_key(&j, "results");
	hn_json_array(&j);
	for (size_t i = 0; i < a->n; i++)
		put_result(&j, &a->entries[i], page->likely_fails);
	for (size_t i = 0; a->drift && i < a->drift->n_strays; i++) {
		if (a->drift->strays[i].verdict != HN_NOT_AI)
			put_stray(&j, &a->drift->strays[i], page->likely_fails);
	}
	hn_json_array_end(&j);
	hn_json_object_end(&j);
	hn_json_array_end(&j);
	hn_json_object_end(&j);
	hn_str_putc(out, '\n');
}

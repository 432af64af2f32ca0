// SPDX-License-Identifier: Apache-2.0
/* SARIF 2.1.0. A result is an asset: where it stands in a file, and its name in the cluster. GitHub refuses the whole upload for one
 * result without a file and a line: what stands in none gets a path that no repository has. */
#include <inttypes.h>
#include <string.h>

#include "audit_drift.h"
#include "hostnetd/json.h"
#include "hostnetd/report.h"
#include "hostnetd/siphash.h"
#include "hostnetd/str.h"
#include "words.h"

#define NO_FILE "kubernetes/"
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
static void append_path(struct hn_str *uri, const char *path)
{
	for (; *path; path++) {
		unsigned char byte = (unsigned char)*path;

		if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
		    strchr("-._~/", byte))
			hn_str_putc(uri, (char)byte);
		else
			hn_str_printf(uri, "%%%02X", byte);
	}
}

/* GitHub looks for it in the repository, as a path without ./ from its top. */
static const char *below(const char *path, const char *folder)
{
	size_t n = folder ? strlen(folder) : 0;

	if (n > 1 && strncmp(path, folder, n) == 0 && path[n] == '/')
		path += n;
	else if (path[0] == '/')
		return path;
	for (;;) {
		if (path[0] == '/')
			path++;
		else if (path[0] == '.' && path[1] == '/')
			path += 2;
		else
			return path;
	}
}

static bool is_in_file(const struct hn_audit_entry *e)
{
	return e->source[0] && strcmp(e->source, HN_AUDIT_STANDARD_INPUT) != 0;
}

/* `e` NULL: seen on a node. */
static void put_uri(struct hn_json *j, const struct hn_audit_entry *e, const char *name,
		    const struct hn_audit_page *page)
{
	_cleanup_(hn_str_done) struct hn_str uri = {0};
	const char *path;

	if (e && is_in_file(e)) {
		path = below(e->source, page->folder);
		hn_str_puts(&uri, path[0] == '/' ? "file://" : "");
		append_path(&uri, path);
	} else {
		hn_str_puts(&uri, NO_FILE);
		append_path(&uri, name);
	}
	hn_json_kv_string(j, "uri", hn_str_get(&uri));
}

static void put_location(struct hn_json *j, const struct hn_audit_entry *e, const char *name,
			 const struct hn_audit_page *page)
{
	hn_json_key(j, "locations");
	hn_json_array(j);
	hn_json_object(j);
	hn_json_key(j, "physicalLocation");
	hn_json_object(j);
	hn_json_key(j, "artifactLocation");
	hn_json_object(j);
	put_uri(j, e, name, page);
	hn_json_object_end(j);
	hn_json_key(j, "region");
	hn_json_object(j);
	hn_json_kv_uint(j, "startLine", e && is_in_file(e) && e->line > 0 ? e->line : 1);
	hn_json_object_end(j);
	hn_json_object_end(j);
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

/* What GitHub knows an alert by, from run to run: whose it is, not the line, which moves. `nth` of those with one name (generateName). */
static void put_fingerprints(struct hn_json *j, const char *key, const char *value, const char *way, unsigned nth)
{
	static const uint64_t everywhere_the_same[2] = {0, 0};
	_cleanup_(hn_str_done) struct hn_str whole = {0}, hash = {0};

	hn_str_printf(&whole, "%s\n%s\n%s", key, way, value);
	hn_str_printf(&hash, "%016" PRIx64 ":%u", hn_siphash(hn_str_get(&whole), whole.len, everywhere_the_same),
		      nth);
	hn_json_key(j, "partialFingerprints");
	hn_json_object(j);
	hn_json_kv_string(j, key, value);
	hn_json_kv_string(j, "primaryLocationLineHash", hn_str_get(&hash));
	hn_json_object_end(j);
}

static void put_suppression(struct hn_json *j, const char *why)
{
	hn_json_key(j, "suppressions");
	hn_json_array(j);
	hn_json_object(j);
	hn_json_kv_string(j, "kind", "external");
	hn_json_kv_string(j, "justification", why);
	hn_json_object_end(j);
	hn_json_array_end(j);
}

static void begin_result(struct hn_json *j, enum hn_verdict verdict, bool likely_fails, const char *text)
{
	hn_json_object(j);
	hn_json_kv_string(j, "ruleId", HN_CONTROL_ID);
	hn_json_kv_uint(j, "ruleIndex", 0);
	hn_json_kv_string(j, "level", verdict == HN_AI || likely_fails ? "error" : "warning");
	put_text(j, "message", text);
}

static void put_name(struct hn_str *out, const struct hn_audit_entry *e)
{
	hn_str_printf(out, "%s%s", e->ns, e->ns[0] ? "/" : "");
	hn_words_kind(out, e->api_version, e->kind);
	hn_str_printf(out, "/%s", e->name);
}

static void put_result(struct hn_json *j, const struct hn_audit_entry *e, unsigned nth,
		       const struct hn_audit_page *page)
{
	_cleanup_(hn_str_done) struct hn_str text = {0}, name = {0};

	put_name(&name, e);
	hn_str_puts(&text, hn_str_get(&name));
	hn_str_puts(&text, " declares hostNetwork: true; ");
	hn_words_product(&text, e->ai);
	hn_str_puts(&text, ": ");
	hn_words_evidence(&text, e->ai);
	begin_result(j, e->ai->verdict, page->likely_fails, hn_str_get(&text));
	put_location(j, e, hn_str_get(&name), page);
	if (e->exception)
		put_suppression(j, e->exception->reason);
	put_fingerprints(j, "asset/v1", hn_str_get(&name), "", nth);
	hn_json_object_end(j);
}

static void put_stray(struct hn_json *j, const struct hn_drift_stray *s, const struct hn_audit_page *page)
{
	_cleanup_(hn_str_done) struct hn_str text = {0}, name = {0};

	hn_drift_name(s->observed, &name);
	hn_str_printf(&text, "%s ", hn_str_get(&name));
	hn_drift_words(s, &text);
	begin_result(j, s->verdict, page->likely_fails, hn_str_get(&text));
	put_location(j, NULL, hn_str_get(&name), page);
	if (s->exception)
		put_suppression(j, s->exception);
	put_fingerprints(j, "drift/v1", s->observed->finding[0] ? s->observed->finding : hn_str_get(&name),
			 s->observed->way, 1);
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
	unsigned nth = 1;

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
	for (size_t i = 0; i < a->n; i++) {
		nth = i > 0 && hn_audit_entry_alike(&a->entries[i], &a->entries[i - 1]) ? nth + 1 : 1;
		put_result(&j, &a->entries[i], nth, page);
	}
	for (size_t i = 0; a->drift && i < a->drift->n_strays; i++) {
		if (a->drift->strays[i].verdict != HN_NOT_AI)
			put_stray(&j, &a->drift->strays[i], page);
	}
	hn_json_array_end(&j);
	hn_json_object_end(&j);
	hn_json_array_end(&j);
	hn_json_object_end(&j);
	hn_str_putc(out, '\n');
}

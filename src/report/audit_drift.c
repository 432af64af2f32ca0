// SPDX-License-Identifier: Apache-2.0
#include "audit_drift.h"

#include <string.h>

#include "hostnetd/utf8.h"
#include "words.h"

static const struct {
	const char *cause, *words;
} causes[] = {
	{"joined", "joined the host network behind its spec"},
	{"socket", "uses a socket of the host network"},
	{"unmanaged", "is unknown to Kubernetes"},
	{"declared", "declares the host network, but is AI only as it runs, or is not among the objects"},
	{"", "shares the host network; its pod was not known yet"},
};

void hn_drift_name(const struct hn_observed *o, struct hn_str *out)
{
	if (o->workload_kind[0]) {
		hn_str_printf(out, "%s%s", o->ns, o->ns[0] ? "/" : "");
		hn_words_kind(out, o->workload_api_version, o->workload_kind);
		hn_str_printf(out, "/%s", o->workload_name);
	} else if (o->pod[0]) {
		hn_str_printf(out, "%s/Pod/%s", o->ns, o->pod);
	} else {
		hn_str_printf(out, "%s %s", o->uid[0] ? "pod" : "container", o->uid[0] ? o->uid : o->container_id);
	}
}

static void put_admission_words(struct hn_str *out, enum hn_admission admission, const char *done)
{
	if (hn_admission_known(admission))
		hn_str_printf(out, "an admission policy would%s %s: %s",
			      admission == HN_ADMISSION_DENIES ? "" : " not", done, hn_admission_text(admission));
	else
		hn_str_printf(out, "would an admission policy %s? Not known: %s", done,
			      hn_admission_text(admission));
}

void hn_drift_words(const struct hn_drift_stray *s, struct hn_str *out)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(causes); i++) {
		if (strcmp(causes[i].cause, s->observed->cause) == 0)
			hn_str_puts(out, causes[i].words);
	}
	hn_str_puts(out, "; ");
	put_admission_words(out, s->admission, "have stopped it");
}

/* --- JSON -------------------------------------------------------------------------------------------------------- */

static void put_admission(struct hn_json *j, enum hn_admission admission)
{
	hn_json_key(j, "admission");
	hn_json_object(j);
	hn_json_kv_bool(j, "denies", admission == HN_ADMISSION_DENIES);
	hn_json_kv_string(j, "why", hn_admission_text(admission));
	hn_json_object_end(j);
}

static void put_workload(struct hn_json *j, const struct hn_audit *a, size_t i)
{
	const struct hn_audit_workload *w = &a->workloads[i];
	const struct hn_drift_workload *d = &a->drift->workloads[i];

	hn_json_object(j);
	hn_json_kv_opt(j, "namespace", w->ns);
	hn_json_kv_opt(j, "apiVersion", w->api_version);
	hn_json_kv_string(j, "kind", w->kind);
	hn_json_kv_string(j, "name", w->name);
	hn_json_kv_string(j, "verdict", hn_verdict_name(w->best->ai->verdict));
	if (d->seen) {
		hn_json_kv_uint(j, "running", d->n_observed);
		hn_json_kv_opt(j, "finding", d->seen->finding);
		hn_json_kv_opt(j, "node", d->seen->node);
		hn_json_kv_opt(j, "seenBy", d->seen->source);
	}
	hn_json_kv_opt(j, "why", d->why_not);
	put_admission(j, d->admission);
	hn_json_object_end(j);
}

static void put_workloads(struct hn_json *j, const struct hn_audit *a, const char *key, bool running)
{
	hn_json_key(j, key);
	hn_json_array(j);
	for (size_t i = 0; i < a->drift->n_workloads; i++) {
		if (running == !!a->drift->workloads[i].seen)
			put_workload(j, a, i);
	}
	hn_json_array_end(j);
}

static void put_pod(struct hn_json *j, const struct hn_observed *o)
{
	if (!o->uid[0] && !o->pod[0])
		return;
	hn_json_key(j, "pod");
	hn_json_object(j);
	hn_json_kv_opt(j, "namespace", o->ns);
	hn_json_kv_opt(j, "name", o->pod);
	hn_json_kv_opt(j, "uid", o->uid);
	hn_json_object_end(j);
}

static void put_stray(struct hn_json *j, const struct hn_drift_stray *s, bool likely_fails)
{
	const struct hn_observed *o = s->observed;

	hn_json_object(j);
	hn_json_kv_opt(j, "finding", o->finding);
	hn_json_kv_opt(j, "severity", o->severity);
	hn_json_kv_opt(j, "cause", o->cause);
	hn_json_kv_opt(j, "way", o->way);
	put_pod(j, o);
	if (o->workload_kind[0]) {
		hn_json_key(j, "workload");
		hn_json_object(j);
		hn_json_kv_opt(j, "apiVersion", o->workload_api_version);
		hn_json_kv_string(j, "kind", o->workload_kind);
		hn_json_kv_opt(j, "name", o->workload_name);
		hn_json_object_end(j);
	}
	hn_json_kv_opt(j, "container", o->container[0] ? o->container : o->container_id);
	hn_json_kv_opt(j, "image", o->image);
	hn_json_kv_string(j, "verdict", hn_verdict_name(s->verdict));
	hn_json_kv_opt(j, "product", o->product);
	hn_json_kv_opt(j, "node", o->node);
	hn_json_kv_opt(j, "firstSeen", o->first_seen);
	hn_json_kv_string(j, "seenBy", o->source);
	hn_json_kv_opt(j, "exception", s->exception);
	hn_json_kv_bool(j, "fails", hn_drift_stray_fails(s, likely_fails));
	put_admission(j, s->admission);
	hn_json_object_end(j);
}

void hn_drift_json(struct hn_json *j, const struct hn_audit *a, bool likely_fails)
{
	if (!a->drift)
		return;
	hn_json_key(j, "runtime");
	hn_json_object(j);
	put_workloads(j, a, "declaredAndRunning", true);
	put_workloads(j, a, "declaredNotRunning", false);
	hn_json_key(j, "runningNotDeclared");
	hn_json_array(j);
	for (size_t i = 0; i < a->drift->n_strays; i++)
		put_stray(j, &a->drift->strays[i], likely_fails);
	hn_json_array_end(j);
	hn_json_object_end(j);
}

/* --- for people -------------------------------------------------------------------------------------------------- */

static void put_line(struct hn_str *out, const struct hn_str *text, unsigned width)
{
	_cleanup_(hn_str_done) struct hn_str line = {0};

	hn_words_name(&line, hn_str_get(text));
	hn_str_puts(out, "  ");
	hn_str_wrap(out, hn_str_get(&line), 2, 4, width);
	hn_str_putc(out, '\n');
}

static void table_workloads(const struct hn_audit *a, bool running, const char *head, unsigned width,
			    struct hn_str *out)
{
	for (size_t i = 0; i < a->drift->n_workloads; i++) {
		const struct hn_audit_workload *w = &a->workloads[i];
		const struct hn_drift_workload *d = &a->drift->workloads[i];
		_cleanup_(hn_str_done) struct hn_str text = {0};

		if (running != !!d->seen)
			continue;
		hn_str_puts(out, head);
		head = "";
		hn_str_printf(&text, "%s%s", w->ns, w->ns[0] ? "/" : "");
		hn_words_kind(&text, w->api_version, w->kind);
		hn_str_printf(&text, "/%s: ", w->name);
		if (d->seen)
			hn_str_printf(&text, "%zu seen", d->n_observed);
		else
			hn_str_puts(&text, d->why_not);
		hn_str_puts(&text, "; ");
		put_admission_words(&text, d->admission, "stop it");
		put_line(out, &text, width);
	}
}

/* What is no AI is in the JSON only. */
static void table_strays(const struct hn_audit *a, unsigned width, struct hn_str *out)
{
	const char *head = "\nRunning and not declared\n";

	for (size_t i = 0; i < a->drift->n_strays; i++) {
		const struct hn_drift_stray *s = &a->drift->strays[i];
		_cleanup_(hn_str_done) struct hn_str text = {0};

		if (s->verdict == HN_NOT_AI)
			continue;
		hn_str_puts(out, head);
		head = "";
		hn_drift_name(s->observed, &text);
		hn_str_printf(&text, " (%s%s%s): ", s->verdict == HN_LIKELY_AI ? "likely " : "",
			      s->observed->product[0] ? s->observed->product : "AI",
			      s->exception ? ", excepted" : "");
		hn_drift_words(s, &text);
		put_line(out, &text, width);
	}
}

void hn_drift_table(const struct hn_audit *a, unsigned width, struct hn_str *out)
{
	if (!a->drift)
		return;
	table_strays(a, width, out);
	table_workloads(a, true, "\nDeclared and running\n", width, out);
	table_workloads(a, false, "\nDeclared and not running\n", width, out);
}

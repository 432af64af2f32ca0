// SPDX-License-Identifier: Apache-2.0
/* JUnit: a suite a query; a case an asset that declares the host network. What could not be looked at is an error. GitLab takes
 * cases of one class and name for one, in whatever suite they are: no two may have one. */
#include <string.h>

#include "audit_drift.h"
#include "hostnetd/report.h"
#include "hostnetd/str.h"
#include "hostnetd/utf8.h"
#include "words.h"

/* XML 1.0 has no other controls than tab and newline, and these are not kept in attributes. */
static void put_xml(struct hn_str *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t rune;
		size_t length = hn_utf8_decode(text + i, n - i, &rune);

		if (length == 0 || rune < 0x20 || rune == 0x7f || rune == 0xfffe || rune == 0xffff)
			hn_str_puts(out, "\xef\xbf\xbd");
		else if (rune == '<')
			hn_str_puts(out, "&lt;");
		else if (rune == '>')
			hn_str_puts(out, "&gt;");
		else if (rune == '&')
			hn_str_puts(out, "&amp;");
		else if (rune == '"')
			hn_str_puts(out, "&quot;");
		else
			hn_str_append(out, text + i, length);
		i += length ? length : 1;
	}
}

static void put_attribute(struct hn_str *out, const char *name, const char *text)
{
	hn_str_printf(out, " %s=\"", name);
	put_xml(out, text, strlen(text));
	hn_str_putc(out, '"');
}

static void put_head(struct hn_str *out, const char *suite, size_t tests, size_t failures, size_t errors,
		     size_t skipped, const char *time)
{
	hn_str_puts(out, "  <testsuite");
	put_attribute(out, "name", suite);
	hn_str_printf(
		out,
		" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"0\" timestamp=\"%s\">\n",
		tests, failures, errors, skipped, time);
}

/* `nth` of those that have the name, from 1. */
static void put_case_name(struct hn_str *out, const char *name, unsigned nth)
{
	hn_str_puts(out, "    <testcase");
	put_attribute(out, "classname", HN_CONTROL_ID);
	hn_str_puts(out, " name=\"");
	put_xml(out, name, strlen(name));
	if (nth > 1)
		hn_str_printf(out, " (%u)", nth);
	hn_str_puts(out, "\" time=\"0\"");
}

static bool fails(const struct hn_audit_entry *e, const struct hn_audit_page *page)
{
	return !e->exception && (e->ai->verdict == HN_AI || page->likely_fails);
}

static void put_case(struct hn_str *out, const struct hn_audit_entry *e, unsigned nth, bool failure)
{
	_cleanup_(hn_str_done) struct hn_str name = {0}, why = {0};

	hn_words_kind(&name, e->api_version, e->kind);
	hn_str_printf(&name, " %s%s%s", e->ns, e->ns[0] ? "/" : "", e->name);
	hn_words_product(&why, e->ai);
	hn_str_puts(&why, ": ");
	hn_words_evidence(&why, e->ai);
	if (e->exception)
		hn_str_printf(&why, "; excepted by %s: %s", e->exception->name, e->exception->reason);
	put_case_name(out, hn_str_get(&name), nth);
	hn_str_puts(out, failure ? "><failure" : "><skipped");
	put_attribute(out, "message", hn_str_get(&why));
	if (!failure) {
		hn_str_puts(out, "/></testcase>\n");
		return;
	}
	put_attribute(out, "type", HN_CONTROL_ID);
	hn_str_puts(out, ">hostNetwork: true at ");
	put_xml(out, e->template_path, strlen(e->template_path));
	hn_str_puts(out, e->template_path[0] ? " of " : "");
	put_xml(out, e->source, strlen(e->source));
	hn_str_putc(out, '\n');
	for (size_t i = 0; hn_remediation[i]; i++) {
		put_xml(out, hn_remediation[i], strlen(hn_remediation[i]));
		hn_str_putc(out, '\n');
	}
	hn_str_puts(out, "</failure></testcase>\n");
}

static void put_suite(const struct hn_audit *a, enum hn_query query, const struct hn_audit_page *page,
		      const char *time, struct hn_str *out)
{
	size_t failures = 0, skipped = 0;
	unsigned nth = 1;
	bool empty;

	for (size_t i = 0; i < a->n; i++) {
		const struct hn_audit_entry *e = &a->entries[i];

		if (e->query != query)
			continue;
		if (fails(e, page))
			failures++;
		else
			skipped++;
	}
	empty = failures + skipped == 0;
	put_head(out, hn_query_name(query), empty ? 1 : failures + skipped, failures, 0,
		 skipped + (empty && a->n_gaps), time);
	for (size_t i = 0; i < a->n; i++) {
		if (a->entries[i].query != query)
			continue;
		nth = i > 0 && hn_audit_entry_alike(&a->entries[i], &a->entries[i - 1]) ? nth + 1 : 1;
		put_case(out, &a->entries[i], nth, fails(&a->entries[i], page));
	}
	if (empty) { /* a suite without cases is an error to some readers */
		_cleanup_(hn_str_done) struct hn_str name = {0};

		hn_str_printf(&name, "%s: no AI workload declares hostNetwork: true", hn_query_name(query));
		put_case_name(out, hn_str_get(&name), 1);
		hn_str_puts(
			out,
			a->n_gaps ?
				"><skipped message=\"not everything could be looked at: the suite notCovered has it\"/></testcase>\n" :
				"/>\n");
	}
	hn_str_puts(out, "  </testsuite>\n");
}

/* A workload may have many pods on many nodes, and a pod two ways. */
static void put_stray_name(struct hn_str *out, const struct hn_observed *o)
{
	hn_drift_name(o, out);
	if (o->workload_kind[0] && strcmp(o->workload_kind, "Pod") != 0)
		hn_str_printf(out, " %s %s", o->uid[0] ? "pod" : "container",
			      o->pod[0] ? o->pod :
			      o->uid[0] ? o->uid :
					  o->container_id);
	if (strcmp(o->way, "socket") == 0)
		hn_str_puts(out, " by a socket");
}

/* A case a stray that is AI: what is no AI neither fails nor is skipped. */
static void put_stray(struct hn_str *out, const struct hn_drift_stray *s, const struct hn_audit_page *page)
{
	_cleanup_(hn_str_done) struct hn_str name = {0}, text = {0};
	bool failure = hn_drift_stray_fails(s, page->likely_fails);

	put_stray_name(&name, s->observed);
	hn_drift_words(s, &text);
	put_case_name(out, hn_str_get(&name), 1);
	hn_str_puts(out, failure ? "><failure" : "><skipped");
	put_attribute(out, "message", hn_str_get(&text));
	if (failure)
		put_attribute(out, "type", HN_CONTROL_ID);
	hn_str_puts(out, "/></testcase>\n");
}

static void put_drift(const struct hn_audit *a, const struct hn_audit_page *page, const char *time,
		      struct hn_str *out)
{
	size_t failures = 0, skipped = 0;

	for (size_t i = 0; a->drift && i < a->drift->n_strays; i++) {
		if (hn_drift_stray_fails(&a->drift->strays[i], page->likely_fails))
			failures++;
		else
			skipped += a->drift->strays[i].verdict != HN_NOT_AI;
	}
	if (failures + skipped == 0)
		return;
	put_head(out, "runtime", failures + skipped, failures, 0, skipped, time);
	for (size_t i = 0; i < a->drift->n_strays; i++) {
		if (a->drift->strays[i].verdict != HN_NOT_AI)
			put_stray(out, &a->drift->strays[i], page);
	}
	hn_str_puts(out, "  </testsuite>\n");
}

static void put_gaps(const struct hn_audit *a, const char *time, struct hn_str *out)
{
	if (a->n_gaps == 0)
		return;
	put_head(out, "notCovered", a->n_gaps, 0, a->n_gaps, 0, time);
	for (size_t i = 0; i < a->n_gaps; i++) {
		unsigned nth = 1;

		for (size_t k = 0; k < i; k++)
			nth += strcmp(a->gaps[k].what, a->gaps[i].what) == 0;
		put_case_name(out, a->gaps[i].what, nth);
		hn_str_puts(out, "><error");
		put_attribute(out, "message", a->gaps[i].why);
		put_attribute(out, "type", "notCovered");
		hn_str_puts(out, "/></testcase>\n");
	}
	hn_str_puts(out, "  </testsuite>\n");
}

void hn_report_audit_junit(const struct hn_audit *a, const struct hn_audit_page *page, struct hn_str *out)
{
	char time[HN_TIME_TEXT];

	hn_wall_format(page->time, time);
	time[19] = '\0'; /* without fraction and zone, as readers want it */
	hn_str_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	for (int q = 0; q < HN_QUERY_MAX; q++)
		put_suite(a, (enum hn_query)q, page, time, out);
	put_drift(a, page, time, out);
	put_gaps(a, time, out);
	hn_str_puts(out, "</testsuites>\n");
}

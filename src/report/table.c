/* SPDX-License-Identifier: Apache-2.0 */
/* A scan for people: the answer in the first line, then a block a finding, then the remedy once. Long values wrap
 * and are never cut; nothing here is wider than the terminal. */
#include <stdlib.h>
#include <string.h>

#include "audit_drift.h"
#include "hostnetd/report.h"
#include "hostnetd/str.h"
#include "hostnetd/utf8.h"
#include "order.h"
#include "paragraph.h"
#include "words.h"

struct page {
	const struct hn_scan *scan;
	const struct hn_finding **sorted;
	struct hn_paragraph_page to;
};

static void free_findings(const struct hn_finding ***findings)
{
	free(*findings);
}

/* A coloured word, two spaces, and the text behind it, wrapped. */
struct counts {
	size_t findings, workloads, likely, excepted;
	size_t by_severity[HN_SEVERITY_MAX];
	size_t others; /* containers that share the host network and are no finding */
};

static bool is_same_workload(const struct hn_finding *a, const struct hn_finding *b)
{
	if (a->workload_kind[0] == '\0' || b->workload_kind[0] == '\0')
		return a->pod_uid[0] != '\0' && hn_streq(a->pod_uid, b->pod_uid);
	return hn_streq(a->workload_kind, b->workload_kind) && hn_streq(a->workload_name, b->workload_name) &&
	       hn_streq(a->pod_namespace, b->pod_namespace);
}

static size_t count_present(const struct hn_finding *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_containers; i++)
		n += f->containers[i].present;
	return f->n_containers == 0 ? 1 : n;
}

static struct counts count(const struct page *page)
{
	struct counts c = {0};

	for (size_t i = 0; i < page->scan->n_findings; i++) {
		const struct hn_finding *f = page->sorted[i];
		bool known = false;

		if (f->state == HN_STATE_SHARING)
			c.others += count_present(f);
		c.excepted += f->state == HN_STATE_EXCEPTED;
		if (f->state != HN_STATE_OPEN)
			continue;
		c.findings++;
		c.by_severity[f->severity]++;
		c.likely += f->ai.verdict == HN_LIKELY_AI;
		for (size_t k = 0; k < i && !known; k++)
			known = page->sorted[k]->state == HN_STATE_OPEN && is_same_workload(page->sorted[k], f);
		c.workloads += !known;
	}
	return c;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* "2 AI workloads on node n1 share the host network (1 critical, 1 high)." */
static void put_count(struct hn_str *text, const struct counts *c, const char *node)
{
	const char *comma = "";

	hn_str_printf(text, "%zu%s AI workload%s on %s share%s the host network", c->workloads,
		      c->likely == c->findings ? " likely" : "", plural(c->workloads), node,
		      c->workloads == 1 ? "s" : "");
	if (c->workloads != c->findings)
		hn_str_printf(text, ": %zu findings", c->findings);
	hn_str_puts(text, " (");
	for (int s = HN_SEVERITY_MAX - 1; s >= 0; s--) {
		if (c->by_severity[s] == 0)
			continue;
		hn_str_printf(text, "%s%zu %s", comma, c->by_severity[s], hn_severity_name((enum hn_severity)s));
		comma = ", ";
	}
	if (c->likely > 0 && c->likely < c->findings)
		hn_str_printf(text, "; %zu only likely", c->likely);
	hn_str_puts(text, ").");
}

static void put_others(struct hn_str *text, const struct counts *c)
{
	hn_str_printf(text, "%zu other container%s do%s", c->others, plural(c->others),
		      c->others == 1 ? "es" : "");
}

static void put_answer(const struct page *page, const struct counts *c)
{
	_cleanup_(hn_str_done) struct hn_str node = {0}, text = {0};
	const char *name = page->scan->identity.node;

	hn_str_puts(&node, name && name[0] != '\0' ? "node " : "this node");
	hn_words_name(&node, name ? name : "");
	if (c->findings > 0) {
		put_count(&text, c, hn_str_get(&node));
		if (page->scan->passed)
			hn_paragraph_headline(&page->to, HN_PAINT_GOOD, "passed", hn_str_get(&text));
		else if (c->likely == c->findings && !page->scan->complete)
			hn_paragraph_headline(&page->to, HN_PAINT_DOUBTFUL, "INCOMPLETE", hn_str_get(&text));
		else
			hn_paragraph_headline(&page->to, HN_PAINT_WORSE, "FAILED", hn_str_get(&text));
		return;
	}
	if (page->scan->passed) {
		hn_str_printf(&text, "No %sAI workload on %s shares the host network",
			      c->excepted > 0 ? "other " : "", hn_str_get(&node));
		if (c->others > 0) {
			hn_str_puts(&text, " (");
			put_others(&text, c);
			hn_str_putc(&text, ')');
		}
		hn_str_putc(&text, '.');
		hn_paragraph_headline(&page->to, HN_PAINT_GOOD, "passed", hn_str_get(&text));
		return;
	}
	hn_str_printf(&text, "No AI workload on %s was seen sharing the host network, but not all could be seen:",
		      hn_str_get(&node));
	hn_paragraph_headline(&page->to, HN_PAINT_DOUBTFUL, "INCOMPLETE", hn_str_get(&text));
}

/* Why the answer may not be the whole one. */
static void put_incomplete(const struct page *page, const struct counts *c)
{
	if (page->scan->complete)
		return;
	if (c->findings > 0) {
		hn_str_wrap(page->to.out, "Not everything could be seen, there may be more:", 0, 0,
			    page->to.width);
		hn_str_putc(page->to.out, '\n');
	}
	for (size_t i = 0; i < page->scan->n_incomplete; i++)
		hn_paragraph_bullet(&page->to, page->scan->incomplete[i]);
}

/* The containers that share now; if none does any more, those that did. */
static void put_containers(const struct page *page, const struct hn_finding *f)
{
	bool any_present = f->n_containers > 0 && count_present(f) > 0;

	for (size_t i = 0; i < f->n_containers; i++) {
		_cleanup_(hn_str_done) struct hn_str text = {0};

		if (any_present && !f->containers[i].present)
			continue;
		hn_words_container(&text, &f->containers[i]);
		hn_paragraph_labelled(&page->to, "container", hn_str_get(&text));
	}
}

static void put_what(const struct page *page, const struct hn_finding *f)
{
	_cleanup_(hn_str_done) struct hn_str text = {0}, evidence = {0};

	hn_words_product(&text, &f->ai);
	hn_words_evidence(&evidence, &f->ai);
	if (evidence.len > 0)
		hn_str_printf(&text, ": by its %s", hn_str_get(&evidence));
	hn_paragraph_labelled(&page->to, "what", hn_str_get(&text));
}

static void put_since(const struct page *page, const struct hn_finding *f)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};
	char age[HN_TIME_TEXT], time[HN_TIME_TEXT];

	if (!hn_wall_known(f->first_seen))
		return;
	hn_wall_format(f->first_seen, time);
	hn_str_printf(&text, "%s (%.10s %.8s UTC)", hn_age_format(page->scan->time.ns - f->first_seen.ns, age),
		      time, time + 11);
	if (f->occurrences > 1)
		hn_str_printf(&text, ", came back: occurrence %u", f->occurrences);
	hn_paragraph_labelled(&page->to, "since", hn_str_get(&text));
}

typedef void words_function(struct hn_str *out, const struct hn_finding *f);

static void put_words(const struct page *page, const char *label, words_function *words,
		      const struct hn_finding *f, const char *otherwise)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};

	words(&text, f);
	hn_paragraph_labelled(&page->to, label, text.len > 0 ? hn_str_get(&text) : otherwise);
}

static void put_finding(const struct page *page, const struct hn_finding *f)
{
	static const char *const words[] = {
		[HN_SEVERITY_MEDIUM] = "MEDIUM", [HN_SEVERITY_HIGH] = "HIGH", [HN_SEVERITY_CRITICAL] = "CRITICAL"};
	_cleanup_(hn_str_done) struct hn_str workload = {0};

	_Static_assert(HN_ARRAY_SIZE(words) == HN_SEVERITY_MAX, "a word for each severity");
	hn_words_workload(&workload, f);
	hn_str_putc(page->to.out, '\n');
	hn_paragraph_headline(&page->to, hn_words_severity_paint(f->severity), words[f->severity],
			      hn_str_get(&workload));
	put_words(page, "pod", hn_words_pod, f, "");
	put_containers(page, f);
	put_words(page, "why", hn_words_cause, f, "");
	put_what(page, f);
	put_words(page, "listens on", hn_words_ports, f, "no port seen");
	put_words(page, "called", hn_words_contacts, f, "");
	put_words(page, "processes", hn_words_processes, f, "");
	put_words(page, "also", hn_words_facts, f, "");
	put_since(page, f);
}

/* "2 findings are excepted by rules:", and which, by which, until when. */
static void put_excepted(const struct page *page, const struct counts *c)
{
	_cleanup_(hn_str_done) struct hn_str head = {0};

	if (c->excepted == 0)
		return;
	hn_str_printf(&head, "%zu excepted by rules:", c->excepted);
	hn_str_wrap(page->to.out, hn_str_get(&head), 0, 0, page->to.width);
	hn_str_putc(page->to.out, '\n');
	for (size_t i = 0; i < page->scan->n_findings; i++) {
		_cleanup_(hn_str_done) struct hn_str text = {0};
		const struct hn_finding *f = page->sorted[i];

		if (f->state != HN_STATE_EXCEPTED)
			continue;
		hn_words_workload(&text, f);
		hn_str_printf(&text, " (%s): ", hn_cause_name(f->cause));
		hn_words_exception(&text, f);
		hn_str_puts(page->to.out, "  - ");
		hn_str_wrap(page->to.out, hn_str_get(&text), 4, 4, page->to.width);
		hn_str_putc(page->to.out, '\n');
	}
}

static void put_end(const struct page *page, const struct counts *c)
{
	hn_str_puts(page->to.out, "\nRemedy\n");
	for (size_t i = 0; hn_remediation[i]; i++)
		hn_paragraph_bullet(&page->to, hn_remediation[i]);
	if (c->others > 0) {
		_cleanup_(hn_str_done) struct hn_str text = {0};

		hn_str_printf(
			&text,
			"%zu other container%s share%s the host network (no sign of AI): --output json lists all.",
			c->others, plural(c->others), c->others == 1 ? "s" : "");
		hn_str_putc(page->to.out, '\n');
		hn_str_wrap(page->to.out, hn_str_get(&text), 0, 0, page->to.width);
		hn_str_putc(page->to.out, '\n');
	}
}

void hn_report_scan_table(const struct hn_scan *scan, unsigned width, bool colour, struct hn_str *out)
{
	_cleanup_(free_findings) const struct hn_finding **sorted = hn_order_findings(scan);
	struct page page = {.scan = scan, .sorted = sorted, .to = {out, width, colour}};
	struct counts c;

	if (!sorted && scan->n_findings > 0) {
		out->failed = true;
		return;
	}
	c = count(&page);
	put_answer(&page, &c);
	put_incomplete(&page, &c);
	put_excepted(&page, &c);
	for (size_t i = 0; sorted && i < scan->n_findings; i++)
		if (sorted[i]->state == HN_STATE_OPEN)
			put_finding(&page, sorted[i]);
	if (c.findings > 0)
		put_end(&page, &c);
	if (scan->declared)
		hn_drift_table(scan->declared, width, out);
}

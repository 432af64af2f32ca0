// SPDX-License-Identifier: Apache-2.0
/* The audit for people: the answer, a row a workload (not an object: a Deployment and its pods are one), the remedy. Of the columns
 * as many stand in the row as the terminal has room for, the most telling first; the others stand below it, wrapped: a person
 * sees all of it, however narrow the terminal. */
#include <limits.h>
#include <string.h>

#include "audit_drift.h"
#include "hostnetd/columns.h"
#include "hostnetd/report.h"
#include "hostnetd/str.h"
#include "hostnetd/utf8.h"
#include "paragraph.h"
#include "words.h"

#define NAME_MOST 40
#define IMAGE_MOST 56
#define ROW_LEAST 3 /* columns that name the workload: with fewer the row is its name, wrapped */

enum column { NAMESPACE, KIND, NAME, SINCE, IMAGE, WHY, COLUMNS };
static const char *const heads[COLUMNS] = {"NAMESPACE", "KIND", "NAME", "SINCE", "IMAGE", "WHY IT IS AI"};

static void put_counts(struct hn_str *out, const size_t counts[HN_QUERY_MAX])
{
	const char *comma = "";

	for (int q = 0; q < HN_QUERY_MAX; q++) {
		if (counts[q] == 0)
			continue;
		hn_str_printf(out, "%s%s %zu", comma, hn_query_name((enum hn_query)q), counts[q]);
		comma = ", ";
	}
}

static void cell(const struct hn_audit_workload *w, enum column column, struct hn_str *out)
{
	const struct hn_audit_entry *e = w->best;

	switch (column) {
	case NAMESPACE:
		hn_words_name(out, w->ns[0] ? w->ns : "-");
		break;
	case KIND: {
		_cleanup_(hn_str_done) struct hn_str kind = {0};

		hn_words_kind(&kind, w->api_version, w->kind);
		hn_words_name(out, hn_str_get(&kind));
		break;
	}
	case NAME:
		hn_words_name(out, w->name);
		break;
	case SINCE:
		hn_words_name(out, e->created[0] ? e->created : "-");
		break;
	case IMAGE:
		hn_words_name(out, e->image[0] ? e->image : "-");
		break;
	default:
		hn_words_product(out, e->ai);
		hn_str_puts(out, ": ");
		hn_words_evidence(out, e->ai);
		hn_str_puts(out, "; ");
		put_counts(out, w->counts);
		if (e->exception) {
			hn_str_puts(out, "; excepted: ");
			hn_words_name(out, e->exception->name);
		}
		if (e->inactive[0])
			hn_str_printf(out, "; %s", e->inactive);
	}
}

/* The widest cell of each column; the last one's in whole. */
static void measure(const struct hn_audit *a, unsigned widest[static COLUMNS])
{
	for (int c = 0; c < COLUMNS; c++) {
		unsigned most = c == WHY ? UINT_MAX : c == IMAGE ? IMAGE_MOST : NAME_MOST;

		widest[c] = (unsigned)strlen(heads[c]);
		for (size_t i = 0; i < a->n_workloads; i++) {
			_cleanup_(hn_str_done) struct hn_str text = {0};

			cell(&a->workloads[i], (enum column)c, &text);
			hn_columns_measure(&widest[c], &text, most);
		}
	}
}

static int count_fitting(const unsigned widest[static COLUMNS], unsigned width)
{
	unsigned taken = 0;
	int n = 0;

	for (; n < COLUMNS; n++) {
		taken += widest[n] + (n ? HN_COLUMNS_GAP : 0);
		if (width > 0 && taken > width)
			break;
	}
	return n < ROW_LEAST ? 0 : n;
}

/* `w` NULL: the heads. */
static void make_row(const struct hn_audit_workload *w, const unsigned widest[static COLUMNS], int n,
		     struct hn_str *line)
{
	for (int c = 0; c < n; c++) {
		_cleanup_(hn_str_done) struct hn_str text = {0};

		if (w)
			cell(w, (enum column)c, &text);
		else
			hn_str_puts(&text, heads[c]);
		if (c == n - 1)
			hn_str_puts(line, hn_str_get(&text));
		else
			hn_columns_put(line, hn_str_get(&text), widest[c]);
	}
}

/* What no row has room for. Returns how many columns it tells of. */
static int put_name(const struct hn_audit_workload *w, unsigned width, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str name = {0};

	if (w->ns[0]) {
		cell(w, NAMESPACE, &name);
		hn_str_putc(&name, ' ');
	}
	cell(w, KIND, &name);
	hn_str_putc(&name, '/');
	cell(w, NAME, &name);
	hn_str_wrap(out, hn_str_get(&name), 0, 2, width);
	hn_str_putc(out, '\n');
	return NAME + 1;
}

static void put_below(const struct hn_audit_workload *w, int from, const struct hn_audit_page *page,
		      struct hn_str *out)
{
	static const char *const labels[COLUMNS] = {"namespace", "kind", "name", "since", "image", "why AI"};
	const struct hn_paragraph_page to = {out, page->width, page->colour};

	for (int c = from; c < COLUMNS; c++) {
		_cleanup_(hn_str_done) struct hn_str text = {0};

		cell(w, (enum column)c, &text);
		if (strcmp(hn_str_get(&text), "-") == 0)
			continue;
		hn_paragraph_labelled(&to, labels[c], hn_str_get(&text));
	}
}

static void put_rows(const struct hn_audit *a, const struct hn_audit_page *page, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str head = {0};
	unsigned widest[COLUMNS];
	int n;

	measure(a, widest);
	n = count_fitting(widest, page->width);
	make_row(NULL, widest, n, &head);
	if (n > 0)
		hn_columns_end(out, &head, page->width);
	for (size_t i = 0; i < a->n_workloads; i++) {
		_cleanup_(hn_str_done) struct hn_str line = {0};
		bool fits;

		make_row(&a->workloads[i], widest, n, &line);
		fits = n > 0 && (page->width == 0 || hn_utf8_columns(hn_str_get(&line), line.len) <= page->width);
		if (fits)
			hn_columns_end(out, &line, page->width);
		put_below(&a->workloads[i], fits ? n : put_name(&a->workloads[i], page->width, out), page, out);
	}
}

static void put_drifted(const struct hn_audit *a, bool likely_fails, struct hn_str *out)
{
	size_t n = 0;

	for (size_t i = 0; a->drift && i < a->drift->n_strays; i++)
		n += hn_drift_stray_fails(&a->drift->strays[i], likely_fails);
	if (n > 0)
		hn_str_printf(out, ", %zu run%s on it undeclared", n, n == 1 ? "s" : "");
}

static void put_answer(const struct hn_audit *a, const struct hn_audit_page *page, struct hn_str *out)
{
	bool failed = hn_audit_failed(a, page->likely_fails), passed = hn_audit_passed(a, page->likely_fails);
	size_t ai = hn_audit_count_workloads(a, HN_AI), likely = hn_audit_count_workloads(a, HN_LIKELY_AI);
	const struct hn_paragraph_page to = {out, page->width, page->colour};
	_cleanup_(hn_str_done) struct hn_str text = {0};

	hn_str_printf(&text, "%zu AI workload%s hostNetwork: true", ai, ai == 1 ? " declares" : "s declare");
	if (likely)
		hn_str_printf(&text, ", %zu more %s likely AI", likely, likely == 1 ? "is" : "are");
	put_drifted(a, page->likely_fails, &text);
	hn_str_puts(&text, "; looked at: ");
	put_counts(&text, a->seen);
	hn_str_puts(&text, hn_audit_matched_nothing(a) ? "nothing" : "");
	hn_paragraph_headline(&to,
			      failed ? HN_PAINT_BAD :
			      passed ? HN_PAINT_GOOD :
				       HN_PAINT_DOUBTFUL,
			      failed ? "FAILED" :
			      passed ? "PASSED" :
				       "INCOMPLETE",
			      hn_str_get(&text));
	if (hn_audit_matched_nothing(a))
		hn_str_puts(out, "nothing matched --namespace/--selector\n");
}

void hn_report_audit_table(const struct hn_audit *a, const struct hn_audit_page *page, struct hn_str *out)
{
	put_answer(a, page, out);
	for (size_t i = 0; i < a->n_gaps; i++) {
		_cleanup_(hn_str_done) struct hn_str text = {0};

		hn_str_puts(&text, "not covered: ");
		hn_words_name(&text, a->gaps[i].what);
		hn_str_puts(&text, ": ");
		hn_words_name(&text, a->gaps[i].why);
		hn_str_wrap(out, hn_str_get(&text), 0, 2, page->width);
		hn_str_putc(out, '\n');
	}
	if (a->n_workloads > 0) {
		hn_str_putc(out, '\n');
		put_rows(a, page, out);
	}
	hn_drift_table(a, page->width, out);
	if (a->n_workloads == 0 && !hn_audit_failed(a, page->likely_fails))
		return;
	hn_str_puts(out, "\nRemedy\n");
	for (size_t i = 0; hn_remediation[i]; i++)
		hn_paragraph_bullet(&(struct hn_paragraph_page){out, page->width, page->colour},
				    hn_remediation[i]);
}

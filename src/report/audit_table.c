// SPDX-License-Identifier: Apache-2.0
/* The audit for people: the answer, a row a workload (not an object: a Deployment and its pods are one), the remedy. */
#include <string.h>

#include "audit_drift.h"
#include "hostnetd/columns.h"
#include "hostnetd/report.h"
#include "hostnetd/str.h"
#include "words.h"

#define NAME_MOST 40
#define IMAGE_MOST 56

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

static void put_rows(const struct hn_audit *a, const struct hn_audit_page *page, struct hn_str *out)
{
	unsigned widest[COLUMNS];

	for (int c = 0; c < COLUMNS; c++) {
		widest[c] = (unsigned)strlen(heads[c]);
		for (size_t i = 0; i < a->n_workloads; i++) {
			_cleanup_(hn_str_done) struct hn_str text = {0};

			cell(&a->workloads[i], (enum column)c, &text);
			hn_columns_measure(&widest[c], &text, c == IMAGE ? IMAGE_MOST : NAME_MOST);
		}
	}
	for (size_t i = 0; i <= a->n_workloads; i++) {
		_cleanup_(hn_str_done) struct hn_str line = {0};

		for (int c = 0; c < COLUMNS; c++) {
			_cleanup_(hn_str_done) struct hn_str text = {0};

			if (i == 0)
				hn_str_puts(&text, heads[c]);
			else
				cell(&a->workloads[i - 1], (enum column)c, &text);
			if (c == COLUMNS - 1)
				hn_str_puts(&line, hn_str_get(&text));
			else
				hn_columns_put(&line, hn_str_get(&text), widest[c]);
		}
		hn_columns_end(out, &line, page->width);
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

void hn_report_audit_table(const struct hn_audit *a, const struct hn_audit_page *page, struct hn_str *out)
{
	bool failed = hn_audit_failed(a, page->likely_fails), passed = hn_audit_passed(a, page->likely_fails);
	size_t ai = hn_audit_count_workloads(a, HN_AI), likely = hn_audit_count_workloads(a, HN_LIKELY_AI);

	hn_words_painted(out, page->colour,
			 failed ? HN_PAINT_BAD :
			 passed ? HN_PAINT_GOOD :
				  HN_PAINT_DOUBTFUL,
			 failed ? "FAILED" :
			 passed ? "PASSED" :
				  "INCOMPLETE");
	hn_str_printf(out, "  %zu AI workload%s hostNetwork: true", ai, ai == 1 ? " declares" : "s declare");
	if (likely)
		hn_str_printf(out, ", %zu more %s likely AI", likely, likely == 1 ? "is" : "are");
	put_drifted(a, page->likely_fails, out);
	hn_str_puts(out, "; looked at: ");
	put_counts(out, a->seen);
	hn_str_puts(out, hn_audit_matched_nothing(a) ? "nothing\nnothing matched --namespace/--selector\n" : "\n");
	for (size_t i = 0; i < a->n_gaps; i++) {
		hn_str_puts(out, "not covered: ");
		hn_words_name(out, a->gaps[i].what);
		hn_str_puts(out, ": ");
		hn_words_name(out, a->gaps[i].why);
		hn_str_putc(out, '\n');
	}
	if (a->n_workloads > 0) {
		hn_str_putc(out, '\n');
		put_rows(a, page, out);
	}
	hn_drift_table(a, page->width, out);
	if (a->n_workloads == 0 && !failed)
		return;
	hn_str_puts(out, "\nRemedy\n");
	for (size_t i = 0; hn_remediation[i]; i++)
		hn_str_printf(out, "  - %s\n", hn_remediation[i]);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What classify says of a pod: a line of JSON, a table's row, or why in words. One line a pod, whatever its names hold. */
#include <string.h>

#include "ai_json.h"
#include "hostnetd/columns.h"
#include "hostnetd/report.h"
#include "words.h"

#define VERDICT_COLUMNS 7 /* "VERDICT" is as long as the longest */
#define HOST_COLUMNS 11
#define POD_COLUMNS_MOST 48
#define WHAT_COLUMNS_MOST 40
#define POD_PERCENT 35
#define WHAT_PERCENT 20

static void put_pod(struct hn_str *out, const struct hn_pod *pod)
{
	if (pod->ns[0] != '\0') {
		hn_words_name(out, pod->ns);
		hn_str_putc(out, '/');
	}
	hn_words_name(out, pod->name);
}

/* "inference (vllm)"; nothing where it is no AI. */
static void put_what(struct hn_str *out, const struct hn_judgement *ai)
{
	if (ai->category[0] != '\0' && ai->product[0] != '\0') {
		hn_words_name(out, ai->category);
		hn_str_puts(out, " (");
		hn_words_name(out, ai->product);
		hn_str_putc(out, ')');
	} else {
		hn_words_name(out, ai->category);
		hn_words_name(out, ai->product);
	}
}

/* "image vllm/vllm-openai at spec.containers[0].image (+0.95, vllm)" */
static void put_sign(struct hn_str *out, const struct hn_evidence *e)
{
	hn_words_name(out, hn_words_signal(e->signal));
	if (e->value[0] != '\0') {
		hn_str_putc(out, ' ');
		hn_words_name(out, e->value);
	}
	if (e->path[0] != '\0') {
		hn_str_puts(out, " at ");
		hn_words_name(out, e->path);
	}
	hn_str_printf(out, " (%+.2f", e->weight);
	if (e->signature[0] != '\0') {
		hn_str_puts(out, ", ");
		hn_words_name(out, e->signature);
	}
	hn_str_putc(out, ')');
}

/* Two decimals, never rounded up: 0.799 is not yet what 0.80 is. */
static void put_score(struct hn_str *out, double score)
{
	hn_str_printf(out, "%.2f", (double)(int)(score * 100 + 0.0001) / 100);
}

static enum hn_paint paint_of(enum hn_verdict verdict)
{
	return verdict == HN_AI ? HN_PAINT_BAD : verdict == HN_LIKELY_AI ? HN_PAINT_DOUBTFUL : HN_PAINT_NONE;
}

static void put_explanation(struct hn_str *out, const struct hn_judgement *ai, bool colour)
{
	_cleanup_(hn_str_done) struct hn_str what = {0};

	hn_words_painted(out, colour, paint_of(ai->verdict), hn_verdict_name(ai->verdict));
	put_what(&what, ai);
	if (what.len > 0)
		hn_str_printf(out, ", %s", hn_str_get(&what));
	hn_str_puts(out, ", score ");
	put_score(out, ai->score);
	hn_str_puts(out, ": ");
	for (size_t i = 0; i < ai->n_evidence; i++) {
		if (i > 0)
			hn_str_puts(out, ", ");
		put_sign(out, &ai->evidence[i]);
	}
	if (ai->n_evidence == 0)
		hn_str_puts(out, "no sign of AI");
}

void hn_report_classify_json(const struct hn_pod *pod, const struct hn_judgement *ai, bool explain,
			     struct hn_str *out)
{
	struct hn_json j;

	hn_json_init(&j, out);
	hn_json_object(&j);
	hn_json_kv_opt(&j, "namespace", pod->ns);
	hn_json_kv_opt(&j, "name", pod->name);
	hn_json_kv_opt(&j, "uid", pod->uid);
	hn_json_kv_bool(&j, "hostNetwork", pod->host_network);
	hn_ai_json_members(&j, ai);
	if (explain) {
		_cleanup_(hn_str_done) struct hn_str text = {0};

		put_explanation(&text, ai, false);
		hn_json_kv_string(&j, "explanation", hn_str_get(&text));
		out->failed |= text.failed;
	}
	hn_json_object_end(&j);
	hn_str_putc(out, '\n');
}

void hn_report_classify_explain(const struct hn_pod *pod, const struct hn_judgement *ai, bool colour,
				struct hn_str *out)
{
	put_pod(out, pod);
	hn_str_puts(out, ": ");
	put_explanation(out, ai, colour);
	hn_str_putc(out, '\n');
}

void hn_report_classify_measure(struct hn_classify_columns *columns, const struct hn_pod *pod,
				const struct hn_judgement *ai)
{
	_cleanup_(hn_str_done) struct hn_str name = {0}, what = {0};

	put_pod(&name, pod);
	put_what(&what, ai);
	hn_columns_measure(&columns->pod, &name, POD_COLUMNS_MOST);
	hn_columns_measure(&columns->what, &what, WHAT_COLUMNS_MOST);
}

/* On a narrow terminal a column of long names leaves room for the others; a name itself is never cut for that. */
static unsigned share(unsigned columns, unsigned width, unsigned percent)
{
	unsigned most = width * percent / 100;

	return width > 0 && columns > most ? most : columns;
}

void hn_report_classify_head(const struct hn_classify_columns *columns, unsigned width, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str line = {0};

	hn_columns_put(&line, "VERDICT", VERDICT_COLUMNS);
	hn_columns_put(&line, "POD", share(columns->pod, width, POD_PERCENT));
	hn_columns_put(&line, "HOSTNETWORK", HOST_COLUMNS);
	hn_columns_put(&line, "WHAT", share(columns->what, width, WHAT_PERCENT));
	hn_str_puts(&line, "STRONGEST SIGN");
	hn_columns_end(out, &line, width);
}

void hn_report_classify_row(const struct hn_classify_columns *columns, const struct hn_pod *pod,
			    const struct hn_judgement *ai, unsigned width, bool colour, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str line = {0}, name = {0}, what = {0};
	const char *verdict = hn_verdict_name(ai->verdict);
	unsigned taken = (unsigned)strlen(verdict);

	hn_words_painted(out, colour, paint_of(ai->verdict), verdict);
	for (unsigned i = taken; i < VERDICT_COLUMNS + HN_COLUMNS_GAP; i++)
		hn_str_putc(out, ' ');
	put_pod(&name, pod);
	put_what(&what, ai);
	hn_columns_put(&line, hn_str_get(&name), share(columns->pod, width, POD_PERCENT));
	hn_columns_put(&line, pod->host_network ? "yes" : "no", HOST_COLUMNS);
	hn_columns_put(&line, what.len > 0 ? hn_str_get(&what) : "-", share(columns->what, width, WHAT_PERCENT));
	if (ai->n_evidence > 0) /* the heaviest is the first */
		put_sign(&line, &ai->evidence[0]);
	else
		hn_str_putc(&line, '-');
	hn_columns_end(out, &line, width == 0 ? 0 : hn_columns_left(width, VERDICT_COLUMNS + HN_COLUMNS_GAP));
	out->failed |= name.failed || what.failed;
}

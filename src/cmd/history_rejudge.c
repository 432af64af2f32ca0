// SPDX-License-Identifier: Apache-2.0
/* Tomorrow's question about last week: was anything there that was not yet known as AI? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "history_kept.h"

#include "hostnetd/json.h"
#include "hostnetd/utf8.h"

#define INDENT 14

/* One list of the document. */
struct list {
	struct hn_str text;
	struct hn_json json;
};

struct rejudging {
	struct hn_history_reader *reader;
	const struct hn_catalogue *catalogue;
	struct hn_reason *reason;
	struct hn_str out;          /* the table */
	struct list changed, other; /* JSON: judged differently; not, and not all of the evidence is kept */
	bool table;
	unsigned width;
	size_t looked_at, n_changed, incomplete, undecided;
	int error;
};

/* A row of the store beside what was made of it. */
struct trial {
	const struct hn_history_row *row;
	const struct hn_kept *kept;
	const struct hn_judgement *ai;
	bool lacks; /* something spoke against AI that does not now */
};

static bool find_against(const struct hn_history_row *row, void *arg)
{
	struct trial *c = arg;

	for (size_t i = 0; i < c->ai->n_evidence; i++)
		if (c->ai->evidence[i].weight < 0 && strcmp(c->ai->evidence[i].signal, row->type) == 0 &&
		    strcmp(c->ai->evidence[i].value, row->field[HN_HISTORY_TEXT]) == 0)
			return true;
	c->lacks = true;
	return false;
}

/* Where not all is kept, less AI than it was proves nothing: the evidence may be what is missing. More does, unless it
 * is what spoke against AI that is missing. */
static int is_undecided(struct rejudging *re, struct trial *c, bool *ret)
{
	int error = 0;

	if (!c->kept->missing.len) {
		*ret = false;
	} else if (c->ai->verdict == HN_NOT_AI || strcmp(c->row->field[HN_HISTORY_VERDICT], "ai") == 0) {
		*ret = true;
	} else {
		error = hn_history_against(re->reader, c->row->id, find_against, c, re->reason);
		*ret = c->lacks;
	}
	return error;
}

static void table_reasons(struct rejudging *re, const struct hn_kept *kept)
{
	const char *text = kept->missing.data;

	for (size_t at = 0; at < kept->missing.len; at += strlen(text + at) + 1) {
		_cleanup_(hn_str_done) struct hn_str line = {0};

		hn_str_puts(&line, "evidence incomplete: ");
		hn_history_show(&line, text + at);
		hn_str_printf(&re->out, "%*s", INDENT, "");
		hn_str_wrap(&re->out, hn_str_get(&line), INDENT, INDENT, re->width);
		hn_str_putc(&re->out, '\n');
	}
}

static void table_row(struct rejudging *re, const struct trial *c, bool differs, bool undecided)
{
	_cleanup_(hn_str_done) struct hn_str who = {0};
	const char *const *f = c->row->field;

	hn_history_show_workload(&who, f);
	hn_str_visible(&re->out, c->row->id, strnlen(c->row->id, 12));
	hn_str_puts(&re->out, "  ");
	hn_str_wrap(&re->out, hn_str_get(&who), INDENT, INDENT, re->width);
	hn_str_printf(&re->out, "\n%*swas ", INDENT, "");
	hn_history_show(&re->out, f[HN_HISTORY_VERDICT]);
	if (differs)
		hn_str_printf(&re->out, ", %s %s", undecided ? "undecided: by what is kept it would be" : "now",
			      hn_verdict_name(c->ai->verdict));
	if (differs && c->ai->product[0]) {
		hn_str_putc(&re->out, ' ');
		hn_history_show(&re->out, c->ai->product);
	}
	hn_str_putc(&re->out, '\n');
	table_reasons(re, c->kept);
}

static void json_row(struct hn_json *j, const struct trial *c, bool differs, bool undecided)
{
	const char *const *f = c->row->field, *text = c->kept->missing.data;

	hn_json_object(j);
	hn_json_key(j, "was");
	hn_json_object(j);
	hn_json_kv_string(j, "verdict", f[HN_HISTORY_VERDICT]);
	hn_json_kv_opt(j, "product", f[HN_HISTORY_PRODUCT]);
	hn_json_object_end(j);
	hn_json_key(j, differs && undecided ? "byWhatIsKept" : "now");
	hn_json_object(j);
	hn_json_kv_string(j, "verdict", hn_verdict_name(c->ai->verdict));
	hn_json_kv_opt(j, "product", c->ai->product);
	hn_json_kv_opt(j, "category", c->ai->category);
	hn_json_kv_fraction(j, "score", c->ai->score);
	hn_json_object_end(j);
	if (c->kept->missing.len) {
		hn_json_key(j, "evidenceIncomplete");
		hn_json_array(j);
		for (size_t at = 0; at < c->kept->missing.len; at += strlen(text + at) + 1)
			hn_json_string(j, text + at);
		hn_json_array_end(j);
	}
	hn_json_key(j, "finding");
	hn_json_raw(j, c->row->json);
	hn_json_object_end(j);
}

static int tell(struct rejudging *re, struct trial *c)
{
	bool differs = strcmp(hn_verdict_name(c->ai->verdict), c->row->field[HN_HISTORY_VERDICT]) != 0;
	bool undecided = false, changed;
	int error = differs ? is_undecided(re, c, &undecided) : 0;

	changed = differs && !undecided;
	re->n_changed += changed;
	re->undecided += undecided;
	re->incomplete += c->kept->missing.len > 0;
	if (error < 0 || (!changed && !c->kept->missing.len))
		return error;
	if (re->table)
		table_row(re, c, differs, undecided);
	else
		json_row(changed ? &re->changed.json : &re->other.json, c, differs, undecided);
	return 0;
}

static bool rejudge(const struct hn_history_row *row, void *arg)
{
	struct rejudging *re = arg;
	struct hn_kept kept = {0};

	re->error = hn_kept_read(re->reader, row, re->catalogue, &kept, re->reason);
	if (re->error == 0) {
		struct trial c = {.row = row, .kept = &kept, .ai = &kept.entry->finding.ai};

		if (kept.missing.failed)
			re->error = hn_reason_set(re->reason, -ENOMEM, "no memory");
		else
			re->error = tell(re, &c);
		re->looked_at++;
	}
	hn_kept_done(&kept);
	return re->error == 0;
}

static void put_document(struct rejudging *re)
{
	struct hn_json j;

	hn_json_array_end(&re->changed.json);
	hn_json_array_end(&re->other.json);
	hn_json_init(&j, &re->out);
	hn_json_object(&j);
	hn_json_kv_string(&j, "schema", HN_HISTORY_SCHEMA);
	hn_json_key(&j, "rejudged");
	hn_json_raw(&j, hn_str_get(&re->changed.text));
	hn_json_key(&j, "incomplete");
	hn_json_raw(&j, hn_str_get(&re->other.text));
	hn_json_kv_uint(&j, "lookedAt", re->looked_at);
	hn_json_object_end(&j);
	hn_str_putc(&re->out, '\n');
	re->out.failed |= re->changed.text.failed || re->other.text.failed;
}

static void put_sum(struct rejudging *re)
{
	hn_str_printf(&re->out, "%zu looked at, %zu judged differently", re->looked_at, re->n_changed);
	if (re->incomplete)
		hn_str_printf(&re->out, "; of %zu the evidence is incomplete", re->incomplete);
	if (re->undecided)
		hn_str_printf(&re->out, ", %zu undecided for that", re->undecided);
	hn_str_putc(&re->out, '\n');
}

int hn_history_rejudge(struct hn_history_reader *r, const struct hn_settings *s,
		       const struct hn_history_filter *filter, struct hn_reason *reason)
{
	_cleanup_(hn_catalogue_cleanup) struct hn_catalogue *catalogue = NULL;
	struct rejudging re = {
		.reader = r, .reason = reason, .table = hn_settings_table(s), .width = hn_settings_width()};
	int result =
		hn_catalogue_new((const char *const *)s->signatures.items, s->signatures.n, &catalogue, reason);

	if (result < 0)
		return result;
	re.catalogue = catalogue;
	hn_json_init(&re.changed.json, &re.changed.text);
	hn_json_init(&re.other.json, &re.other.text);
	hn_json_array(&re.changed.json);
	hn_json_array(&re.other.json);
	result = hn_history_findings(r, filter, rejudge, &re, reason);
	if (re.error < 0)
		result = re.error;
	if (re.table)
		put_sum(&re);
	else
		put_document(&re);
	if (result == 0 && re.out.failed)
		result = hn_reason_set(reason, -ENOMEM, "no memory: choose fewer findings");
	if (result == 0)
		result = hn_output_write(&re.out);
	hn_str_done(&re.out);
	hn_str_done(&re.changed.text);
	hn_str_done(&re.other.text);
	return result;
}

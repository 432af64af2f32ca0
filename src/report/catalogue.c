/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue in force, as `classify --list` prints it. Names are from files of --signatures: safe, whatever they hold. */
#include "hostnetd/columns.h"
#include "hostnetd/json.h"
#include "hostnetd/report.h"
#include "words.h"

#define NAME_COLUMNS_MOST 40

static void put_patterns(struct hn_json *j, const struct hn_catalogue *c, size_t i, size_t n)
{
	hn_json_key(j, "patterns");
	hn_json_array(j);
	for (size_t k = 0; k < n; k++) {
		struct hn_pattern_view p;

		hn_catalogue_describe_pattern(c, i, k, &p);
		hn_json_object(j);
		hn_json_kv_string(j, "kind", p.kind);
		hn_json_kv_string(j, "text", p.text);
		hn_json_kv_fraction(j, "weight", p.weight);
		hn_json_object_end(j);
	}
	hn_json_array_end(j);
}

void hn_report_catalogue_json(const struct hn_catalogue *c, struct hn_str *out)
{
	for (size_t i = 0; i < hn_catalogue_count(c); i++) {
		struct hn_signature_view s;
		struct hn_json j;

		hn_catalogue_describe(c, i, &s);
		hn_json_init(&j, out);
		hn_json_object(&j);
		hn_json_kv_string(&j, "name", s.name);
		hn_json_kv_opt(&j, "category", s.category);
		hn_json_kv_opt(&j, "product", s.product);
		hn_json_kv_opt(&j, "source", s.source);
		hn_json_kv_bool(&j, "notAI", s.against);
		hn_json_kv_bool(&j, "vague", s.vague);
		hn_json_kv_fraction(&j, "cap", s.cap);
		put_patterns(&j, c, i, s.n_patterns);
		hn_json_object_end(&j);
		hn_str_putc(out, '\n');
	}
}

struct cells {
	struct hn_str name, category, product;
	size_t patterns;
};

static void cells_done(struct cells *cells)
{
	hn_str_done(&cells->name);
	hn_str_done(&cells->category);
	hn_str_done(&cells->product);
}

static void read_cells(const struct hn_catalogue *c, size_t i, struct cells *ret)
{
	struct hn_signature_view s;

	hn_catalogue_describe(c, i, &s);
	hn_words_name(&ret->name, s.name);
	hn_words_name(&ret->category, s.against ? "not AI" : s.category);
	hn_words_name(&ret->product, s.product[0] != '\0' ? s.product : "-");
	ret->patterns = s.n_patterns;
}

void hn_report_catalogue_table(const struct hn_catalogue *c, unsigned width, struct hn_str *out)
{
	unsigned name = 4, category = 8, product = 7; /* of the head */

	for (size_t i = 0; i < hn_catalogue_count(c); i++) {
		_cleanup_(cells_done) struct cells cells = {0};

		read_cells(c, i, &cells);
		hn_columns_measure(&name, &cells.name, NAME_COLUMNS_MOST);
		hn_columns_measure(&category, &cells.category, NAME_COLUMNS_MOST);
		hn_columns_measure(&product, &cells.product, NAME_COLUMNS_MOST);
	}
	for (size_t i = 0; i <= hn_catalogue_count(c); i++) {
		_cleanup_(cells_done) struct cells cells = {0};
		_cleanup_(hn_str_done) struct hn_str line = {0};

		if (i > 0)
			read_cells(c, i - 1, &cells);
		hn_columns_put(&line, i == 0 ? "NAME" : hn_str_get(&cells.name), name);
		hn_columns_put(&line, i == 0 ? "CATEGORY" : hn_str_get(&cells.category), category);
		hn_columns_put(&line, i == 0 ? "PRODUCT" : hn_str_get(&cells.product), product);
		if (i == 0)
			hn_str_puts(&line, "PATTERNS");
		else
			hn_str_printf(&line, "%8zu", cells.patterns);
		hn_columns_end(out, &line, width);
	}
}

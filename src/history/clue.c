// SPDX-License-Identifier: Apache-2.0
/* Clues as they are kept: a list in JSON on their way to the file, rows in it, clues again for whoever judges them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/history.h"
#include "hostnetd/json.h"
#include "hostnetd/redact.h"
#include "hostnetd/str.h"

#include "hash.h"
#include "reader.h"
#include "schema.h"

#define REDACTED_WORD 16      /* a short secret grows to "[redacted]" */
#define ARGV_MAX (256 * 1024) /* redacted; more than a sighting carries */

/* Redacted words as a JSON list: what is kept, and what makes a program another one. */
static void put_words(struct hn_str *out, const struct hn_clue *clue)
{
	struct hn_json j;
	size_t words = 1, room;
	char *copy;

	hn_json_init(&j, out);
	hn_json_object(&j);
	for (size_t i = 0; i < clue->argv_len; i++)
		words += !clue->argv[i];
	room = clue->argv_len + words * REDACTED_WORD;
	copy = clue->argv_len ? malloc(room) : NULL;
	out->failed |= clue->argv_len && !copy;
	if (copy) {
		room = hn_redact_argv(clue->argv, clue->argv_len, copy, room, NULL);
		hn_json_kv_words(&j, "argv", copy, room);
		free(copy);
	}
	hn_json_kv_string(&j, "name", clue->name);
	hn_json_object_end(&j);
}

/* A digest of what tells it from others of its kind: not who it was, nor under which number a device was open. No hash that
 * somebody could choose a program for: it would hide behind another one. */
static void digest_of(const struct hn_clue *clue, const struct hn_str *words, char ret[static HN_HASH_TEXT])
{
	_cleanup_(hn_str_done) struct hn_str text = {0};

	hn_str_puts(&text, hn_str_get(words));
	if (clue->kind == HN_CLUE_PORT)
		hn_str_printf(&text, "%u", clue->number);
	hn_hash_bytes(hn_str_get(&text), text.len, ret);
	ret[32] = '\0';
}

void hn_history_add_clue(struct hn_str *list, const struct hn_clue *clue, struct hn_wall time)
{
	_cleanup_(hn_str_done) struct hn_str words = {0};
	char digest[HN_HASH_TEXT];
	struct hn_json j;

	put_words(&words, clue);
	if (words.failed) {
		list->failed = true;
		return;
	}
	digest_of(clue, &words, digest);
	hn_str_putc(list, list->len ? ',' : '[');
	hn_json_init(&j, list);
	hn_json_object(&j);
	hn_json_kv_string(&j, "kind", hn_clue_kind_name(clue->kind));
	hn_json_kv_string(&j, "digest", digest);
	hn_json_kv_int(&j, "time", time.ns);
	hn_json_kv_int(&j, "pid", clue->pid);
	hn_json_kv_uint(&j, "number", clue->number);
	hn_json_kv_string(&j, "container", clue->container);
	hn_json_key(&j, "words");
	hn_json_raw(&j, hn_str_get(&words));
	hn_json_object_end(&j);
}

#define OF_FINDING                                                                                 \
	" FROM clues WHERE finding = ?1 AND kept = 1 AND length(name) < 8192 AND (argv IS NULL OR" \
	" (length(argv) < 1048576 AND json_valid(argv))) ORDER BY time, digest LIMIT 4096"
static const char clues_sql[] = "SELECT kind, pid, number, container, name, argv" OF_FINDING;
/* A patch that is NULL leaves the member out. */
static const char rows_sql[] =
	"SELECT 0, finding, kind, json_patch('{}', json_object('kind', kind, 'pid', pid, 'name', nullif(name, ''),"
	" 'argv', json(argv), 'port', iif(kind = 'port', number, NULL))), time, time" OF_FINDING;

int hn_history_clues(struct hn_history_reader *r, const char *finding, hn_history_clue_callback *callback,
		     void *arg, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	char *argv;
	int error;

	if (!r->clues)
		return 0;
	error = hn_db_query(r->db, clues_sql, &q, reason);
	argv = malloc(ARGV_MAX);
	if (error == 0 && !argv)
		error = hn_reason_set(reason, -ENOMEM, "no memory");
	if (error == 0)
		hn_query_set_text(q, 1, finding);
	while (error >= 0 && (error = hn_query_step(q, reason)) == 1) {
		int64_t number = hn_query_int(q, 2);
		struct hn_clue clue = {.kind = hn_clue_kind_find(hn_query_text(q, 0)),
				       .pid = (pid_t)hn_query_int(q, 1),
				       .container = hn_query_text(q, 3),
				       .name = hn_query_text(q, 4),
				       .argv = argv};

		if (clue.kind == HN_CLUE_KIND_MAX || number < 0 || number > UINT32_MAX ||
		    (clue.kind == HN_CLUE_PORT && number > UINT16_MAX))
			continue;
		clue.number = (unsigned)number;
		clue.argv_len = hn_history_argv(r, hn_query_text(q, 5), argv, ARGV_MAX);
		if (!callback(&clue, arg))
			break;
	}
	free(argv);
	return error < 0 ? error : 0;
}

int hn_history_clues_left(struct hn_history_reader *r, const char *finding, size_t ret[static HN_CLUE_KIND_MAX],
			  struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int error;

	memset(ret, 0, HN_CLUE_KIND_MAX * sizeof(*ret));
	if (!r->clues)
		return 0;
	error = hn_db_query(r->db,
			    "SELECT kind, count(*) FROM clues WHERE finding = ?1 AND kept IS NOT 1 GROUP BY kind",
			    &q, reason);
	if (error < 0)
		return error;
	hn_query_set_text(q, 1, finding);
	while ((error = hn_query_step(q, reason)) == 1) {
		enum hn_clue_kind kind = hn_clue_kind_find(hn_query_text(q, 0));

		if (kind < HN_CLUE_KIND_MAX)
			ret[kind] = (size_t)hn_query_int(q, 1);
	}
	return error;
}

int hn_history_against(struct hn_history_reader *r, const char *finding, hn_history_callback *callback, void *arg,
		       struct hn_reason *reason)
{
	static const int fields[] = {HN_HISTORY_TEXT};
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int error = hn_db_query(
		r->db,
		"SELECT 0, f.id, CAST(json_extract(e.value, '$.signal') AS TEXT), '', 0, 0,"
		" CAST(json_extract(e.value, '$.value') AS TEXT) FROM findings f, json_each(f.body, '$.ai.evidence') e"
		" WHERE f.id = ?1 AND json_valid(f.body) AND json_extract(e.value, '$.weight') < 0 LIMIT 16",
		&q, reason);

	if (error < 0)
		return error;
	hn_query_set_text(q, 1, finding);
	return hn_history_walk(q, fields, HN_ARRAY_SIZE(fields), callback, arg, reason);
}

int hn_history_clue_rows(struct hn_history_reader *r, const char *finding, hn_history_callback *callback,
			 void *arg, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int error;

	if (!r->clues)
		return 0;
	error = hn_db_query(r->db, rows_sql, &q, reason);
	if (error < 0)
		return error;
	hn_query_set_text(q, 1, finding);
	return hn_history_walk(q, NULL, 0, callback, arg, reason);
}

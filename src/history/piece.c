// SPDX-License-Identifier: Apache-2.0
/* The history for the agent's own API: a few rows at a time, each found by an index, so that the loop goes on meanwhile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/str.h"

#include "reader.h"
#include "restore.h"
#include "store.h"

#define LIMIT_NS (50 * HN_NSEC_PER_MSEC) /* for a file or a disk that is not what it should be */

#define COLUMNS \
	"SELECT seq, finding, type, CASE WHEN json_valid(body) THEN body END, time, time FROM events WHERE "
static const char below_sql[] = COLUMNS "seq < ?1 ORDER BY seq DESC LIMIT ?2";
static const char above_sql[] = COLUMNS "seq > ?1 ORDER BY seq LIMIT ?2";
static const char of_finding_below_sql[] = COLUMNS "finding = ?3 AND seq < ?1 ORDER BY seq DESC LIMIT ?2";
static const char of_finding_above_sql[] = COLUMNS "finding = ?3 AND seq > ?1 ORDER BY seq LIMIT ?2";

static const char ids_sql[] =
	"SELECT 0, id, '', '', first_seen, last_seen, state FROM findings WHERE (last_seen, id) < (?1, ?2)"
	" ORDER BY last_seen DESC, id DESC LIMIT ?3";
static const int ids_fields[] = {HN_HISTORY_STATE};

/* Two connections of one process to one file share its index and its locks. Where the names were given to other files meanwhile
 * they would share what is not the same: as long as anybody reads what was left no other is opened. */
static bool lend(struct hn_history *h, char path[static HN_HISTORY_PATH], unsigned *ret_opened)
{
	bool open;

	pthread_mutex_lock(&h->lock);
	open = h->open;
	h->readers += open;
	hn_strcpy(path, HN_HISTORY_PATH, h->stats.path);
	*ret_opened = h->stats.opened;
	pthread_mutex_unlock(&h->lock);
	return open;
}

void hn_history_give_back(struct hn_history *h)
{
	pthread_mutex_lock(&h->lock);
	h->readers--;
	pthread_cond_signal(&h->work);
	pthread_mutex_unlock(&h->lock);
}

int hn_history_beside(struct hn_history *h, struct hn_history_reader **ret, struct hn_reason *reason)
{
	_cleanup_(hn_history_reader_cleanup) struct hn_history_reader *r = calloc(1, sizeof(*r));
	char path[HN_HISTORY_PATH];
	int error;

	if (!r)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	r->fd = -1;
	if (!lend(h, path, &r->opened))
		return hn_reason_set(reason, -ENOENT, "no file is in use");
	r->store = h;
	error = hn_db_open(path, HN_DB_READ, &r->db, reason);
	if (error < 0)
		return hn_reason_wrap(reason, error, "%.300s", path);
	r->clues = true;
	hn_db_limit(r->db, LIMIT_NS);
	*ret = TAKE_PTR(r);
	return 0;
}

bool hn_history_is_current(const struct hn_history_reader *r)
{
	bool current;

	pthread_mutex_lock(&r->store->lock);
	current = r->store->open && r->store->stats.opened == r->opened;
	pthread_mutex_unlock(&r->store->lock);
	return current;
}

/* SQLite's integers have a sign. */
static int64_t bounded(uint64_t seq)
{
	return seq > INT64_MAX ? INT64_MAX : (int64_t)seq;
}

int hn_history_piece(struct hn_history_reader *r, const struct hn_history_place *place,
		     hn_history_callback *callback, void *arg, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	const char *sql = place->before ? (place->finding ? of_finding_below_sql : below_sql) :
					  (place->finding ? of_finding_above_sql : above_sql);
	int error = hn_db_query(r->db, sql, &q, reason);

	if (error < 0)
		return error;
	hn_query_set_int(q, 1, bounded(place->before ? place->before : place->after));
	hn_query_set_int(q, 2, place->limit);
	if (place->finding)
		hn_query_set_text(q, 3, place->finding);
	return hn_history_walk(q, NULL, 0, callback, arg, reason);
}

int hn_history_ids(struct hn_history_reader *r, struct hn_wall until, const char *id, int64_t limit,
		   hn_history_callback *callback, void *arg, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int error = hn_db_query(r->db, ids_sql, &q, reason);

	if (error < 0)
		return error;
	hn_query_set_int(q, 1, until.ns ? until.ns : INT64_MAX);
	hn_query_set_text(q, 2, id);
	hn_query_set_int(q, 3, limit);
	return hn_history_walk(q, ids_fields, HN_ARRAY_SIZE(ids_fields), callback, arg, reason);
}

int hn_history_finding(struct hn_history_reader *r, const char *id, struct hn_finding *ret, struct hn_str *json,
		       struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int error = hn_restore_one(r->db, id, ret, reason);

	if (error < 0)
		return error;
	error = hn_db_query(r->db, "SELECT body FROM findings WHERE id = ?1", &q, reason);
	if (error == 0) {
		hn_query_set_text(q, 1, id);
		error = hn_query_step(q, reason);
	}
	if (error == 1)
		hn_str_puts(json, hn_query_text(q, 0));
	else if (error < 0)
		hn_finding_done(ret);
	return error < 0 ? error : 0;
}

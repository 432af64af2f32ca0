// SPDX-License-Identifier: Apache-2.0
#include "space.h"

#include <errno.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "hostnetd/macro.h"

#include "rows.h"

#define FILE_PERCENT 80
#define LOG_ENOUGH_MAX ((int64_t)4 * 1024 * 1024)
#define LOG_FORCED_MIN ((int64_t)256 * 1024)
#define BATCH_MAX ((int64_t)1024 * 1024)
#define ROWS_MAX 100 /* some 2 ms: a finding may come in the middle */
#define PAGE 4096
/* A row changes a page of each index too, and a transaction some pages whatever it does. */
#define LOG_OF_BYTES 5
#define LOG_OF_ROW PAGE
#define LOG_OF_ANY ((int64_t)8 * PAGE)
#define INCREMENTAL 2
#define SOON_NS (10 * HN_NSEC_PER_SEC) /* what a power loss may cost */
#define LATEST_NS (3 * SOON_NS)
#define ORPHANS_NS (60 * HN_NSEC_PER_SEC)
#define MOMENT_NS (2 * HN_NSEC_PER_SEC)

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int hn_space_init(struct hn_space *s, struct hn_db *db, int64_t max_bytes, struct hn_reason *reason)
{
	int64_t mode = 0, pages = 0;
	char sql[64];
	int r;

	*s = (struct hn_space){.file_most = max_bytes / 100 * FILE_PERCENT, .slack = max_bytes / 64};
	s->log_most = max_bytes - s->file_most;
	s->log_forced = s->log_most / 2;
	s->log_enough = smaller(LOG_ENOUGH_MAX, s->log_most / 4);
	s->batch = (size_t)smaller(BATCH_MAX, s->log_most / 16);
	s->rows = (unsigned)smaller(ROWS_MAX, max_bytes / (8 * PAGE));
	r = hn_db_integer(db, "PRAGMA auto_vacuum", &mode, reason);
	if (r == 0)
		r = hn_db_integer(db, "PRAGMA page_count", &pages, reason);
	snprintf(sql, sizeof(sql), "PRAGMA journal_size_limit=%lld", (long long)s->log_most / 2);
	if (r == 0)
		r = hn_db_exec(db, sql, reason);
	if (r < 0)
		return r;
	s->shrinks = mode == INCREMENTAL;
	/* To switch it on would be to write the whole file anew, with twice the room and everybody waiting: a person may. */
	if (!s->shrinks && pages * PAGE > max_bytes)
		hn_reason_set(
			reason, 0,
			"it cannot give space back, and stays as big as it is: somebody has switched auto_vacuum "
			"off; stop the agent and let sqlite3 do \"PRAGMA auto_vacuum=2; VACUUM\"");
	return 0;
}

void hn_space_look(struct hn_space *s, const char *path)
{
	struct statvfs disk;

	if (statvfs(path, &disk) < 0 || disk.f_blocks == 0) /* tmpfs without a bound says 0 of all */
		return;
	s->log_forced = (int64_t)(disk.f_bavail * disk.f_frsize / 4);
	/* Root may have room that others have not: no fsync for each small step then. */
	if (s->log_forced < LOG_FORCED_MIN)
		s->log_forced = LOG_FORCED_MIN;
	s->log_forced = smaller(s->log_most / 2, s->log_forced);
}

static int has_room(struct hn_space *s, struct hn_db *db, int64_t bytes, struct hn_reason *reason)
{
	int r = 0;

	if (hn_db_log_bytes(db) + bytes > s->log_most)
		r = hn_db_checkpoint(db, true, reason);
	if (r == 0)
		s->held.ns = 0;
	return r;
}

int hn_space_for(struct hn_space *s, struct hn_db *db, size_t bytes, struct hn_reason *reason)
{
	int r = has_room(s, db, (int64_t)bytes * LOG_OF_BYTES + LOG_OF_ANY, reason);

	if (r != -EBUSY)
		return r;
	if (!s->held.ns)
		s->held = hn_mono_now();
	if (hn_mono_now().ns - s->held.ns < MOMENT_NS)
		return -EAGAIN;
	return hn_reason_set(reason, r,
			     "somebody keeps reading it, and so holds its log, which has grown to its share of "
			     "--history-size");
}

/* Clues may outlive their finding by some minutes, and fill the file, also where no event is left to go. */
static int drop_orphans(struct hn_space *s, struct hn_db *db, bool more, int64_t oldest, struct hn_reason *reason)
{
	int64_t used = 0, unused = 0;
	int r = 0;

	if (hn_mono_now().ns - s->orphans.ns < ORPHANS_NS)
		return 0;
	if (!more)
		r = hn_rows_bytes(db, &used, &unused, reason);
	if (r < 0 || (!more && used <= s->file_most - s->slack))
		return r;
	s->orphans = hn_mono_now();
	r = hn_rows_drop_orphans(db, oldest, reason);
	return r < 0 ? r : 1;
}

int hn_space_step(struct hn_space *s, struct hn_db *db, int64_t oldest, struct hn_reason *reason)
{
	int64_t used = 0, unused = 0;
	char sql[64];
	bool more;
	int r = has_room(s, db, s->rows * LOG_OF_ROW + LOG_OF_ANY, reason);

	if (r == -EBUSY)
		return 0; /* later */
	if (r == 0)
		r = hn_rows_prune(db, s->file_most - s->slack, oldest, s->rows, reason);
	more = r == 1;
	if (r >= 0)
		r = drop_orphans(s, db, more, oldest, reason);
	if (r == 0)
		r = more;
	if (r != 0 || !s->shrinks)
		return r;
	r = hn_rows_bytes(db, &used, &unused, reason);
	if (r < 0 || unused <= s->slack)
		return r;
	/* A page that is given back may move another one, and changes what points to it. */
	snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%u)", s->rows / 4);
	r = hn_db_exec(db, sql, reason);
	return r < 0 ? r : 1;
}

int hn_space_write_back(struct hn_space *s, struct hn_db *db, bool quiet, bool unsaved, struct hn_reason *reason)
{
	int64_t log = hn_db_log_bytes(db), now = hn_mono_now().ns, age = now - s->written_back.ns;
	bool big;
	int r;

	if (log && log < s->tried)
		s->tried = 0; /* it has begun anew: that shows when something was written */
	big = log >= s->tried + s->log_enough;
	if (!log || !(log >= s->tried + s->log_forced || (unsaved && age >= LATEST_NS) ||
		      (quiet && (big || (unsaved && age >= SOON_NS)))))
		return 0;
	s->written_back.ns = now;
	s->tried = log;
	r = hn_db_checkpoint(db, quiet && big, reason);
	return r == -EBUSY ? 0 : r < 0 ? r : 1;
}

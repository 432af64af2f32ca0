/* SPDX-License-Identifier: Apache-2.0 */
/* A store in a folder of its own. */
#ifndef HOSTNETD_TEST_HISTORY_RIG_H
#define HOSTNETD_TEST_HISTORY_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hostnetd/history.h"
#include "hostnetd/macro.h"

#include "history/schema.h"

#define ID "0123456789abcdef0123456789abcdef"

/* Makes a file of today's form one of the first or the third. */
#define AS_VERSION_3                                                                            \
	"DROP INDEX events_watching; DROP TABLE clues; ALTER TABLE findings DROP COLUMN whole;" \
	"ALTER TABLE exceptions DROP COLUMN expired; PRAGMA user_version = 3;"
#define AS_VERSION_1 AS_VERSION_3 "DROP TABLE sessions; DROP TABLE exceptions; PRAGMA user_version = 1;"

struct rig {
	char folder[64], path[96];
};

static inline void rig_new(struct rig *rig)
{
	snprintf(rig->folder, sizeof(rig->folder), "%.40s/hostnetd-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(rig->folder));
	snprintf(rig->path, sizeof(rig->path), "%s/h.db", rig->folder);
}

static inline void rig_free(struct rig *rig)
{
	static const char *const names[] = {"h.db", "h.db-wal", "h.db-shm", "h.db.1", "h.db.1-wal", "h.db.1-shm"};
	char path[128];

	for (size_t i = 0; i < HN_ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", rig->folder, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(rig->folder), 0);
}

/* Open, and of today's form. */
static inline struct hn_db *rig_database(const struct rig *rig)
{
	struct hn_db *db = NULL;
	struct hn_reason reason = {""};

	assert_int_equal(hn_db_open(rig->path, HN_DB_WRITE, &db, &reason), 0);
	if (hn_schema_migrate(db, &reason) < 0)
		fail_msg("%s", reason.text);
	return db;
}

static inline struct hn_history *open_store(struct rig *rig, int64_t max_bytes)
{
	struct hn_history_settings settings = {.path = rig->path,
					       .max_bytes = max_bytes,
					       .max_age_ns = INT64_C(3600000000000),
					       .proc_root = "/proc",
					       .watches = true};
	struct hn_history *h = NULL;
	struct hn_reason reason = {""};

	if (hn_history_open(&settings, &h, &reason) < 0)
		fail_msg("%s", reason.text);
	return h;
}

#endif

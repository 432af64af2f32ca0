// SPDX-License-Identifier: Apache-2.0
#include "schema.h"

#include <errno.h>

#include "hostnetd/str.h"

#define APPLICATION_ID 0x686e6864 /* "hnhd" */

/* Times are nanoseconds since the epoch. `body` is JSON. */
static const char *const migrations[] = {
	/* 1 */
	"CREATE TABLE findings(id TEXT PRIMARY KEY, state TEXT, way TEXT, cause TEXT, severity TEXT, verdict TEXT,"
	" ns TEXT, pod TEXT, uid TEXT, kind TEXT, workload TEXT, first_seen INTEGER, last_seen INTEGER,"
	" resolved_at INTEGER, body TEXT) WITHOUT ROWID;"
	"CREATE INDEX findings_last_seen ON findings(last_seen);"
	"CREATE TABLE events(seq INTEGER PRIMARY KEY, time INTEGER, mono INTEGER, type TEXT, finding TEXT, body TEXT);"
	"CREATE INDEX events_finding ON events(finding, seq);"
	"CREATE INDEX events_time ON events(time);"
	"CREATE TABLE pods(finding TEXT, uid TEXT, time INTEGER, body TEXT, PRIMARY KEY(finding, uid)) WITHOUT ROWID;"
	"CREATE TABLE listed(uid TEXT PRIMARY KEY, time INTEGER) WITHOUT ROWID;"
	"CREATE TABLE executables(finding TEXT, container TEXT, path TEXT, sha256 TEXT, size INTEGER, time INTEGER,"
	" PRIMARY KEY(finding, container, path, sha256)) WITHOUT ROWID;",
	/* 2: when the agent watched, so that gaps are known. */
	"CREATE TABLE sessions(id INTEGER PRIMARY KEY, started INTEGER, heartbeat INTEGER, clean INTEGER);",
	/* 3: how long a rule has been of no use outlives a restart. */
	"CREATE TABLE exceptions(name TEXT PRIMARY KEY, since INTEGER, matched INTEGER, told INTEGER, digest INTEGER,"
	" time INTEGER) WITHOUT ROWID;",
	/* 4: all that a verdict rests on. A row that is not `kept` is only counted. `whole` is NULL of what an older form
	 * began. */
	"CREATE TABLE clues(finding TEXT, kind TEXT, digest TEXT, time INTEGER, pid INTEGER, number INTEGER,"
	" container TEXT, name TEXT, argv TEXT, kept INTEGER, PRIMARY KEY(finding, kind, digest)) WITHOUT ROWID;"
	"ALTER TABLE findings ADD COLUMN whole INTEGER;",
	/* 5: that a rule has expired is told once, not at each start. */
	"ALTER TABLE exceptions ADD COLUMN expired INTEGER;",
	/* 6: what the agent says of its own watching is a handful among the events of all containers. */
	"CREATE INDEX events_watching ON events(seq) WHERE " HN_HISTORY_IS_WATCHING ";",
};
_Static_assert(HN_ARRAY_SIZE(migrations) == HN_HISTORY_VERSION, "a row for each version");

int hn_schema_judge(int64_t application, int64_t version, bool tables, struct hn_reason *reason)
{
	if (application != APPLICATION_ID && (application || version || tables))
		return hn_reason_set(reason, -EBADMSG, "it is no history of hostnetd");
	if (version > HN_HISTORY_VERSION)
		return hn_reason_set(reason, -ENOTSUP, "a newer hostnetd made it (form %lld, this one knows %d)",
				     (long long)version, HN_HISTORY_VERSION);
	if (version < 0 || (application && version == 0))
		return hn_reason_set(reason, -EBADMSG, "it is no history of hostnetd");
	return 0;
}

int hn_schema_check(struct hn_db *db, int64_t *ret_version, struct hn_reason *reason)
{
	int64_t version = 0, application = 0, strange = 0, tables = 0;
	int r = hn_db_integer(db, "PRAGMA user_version", &version, reason);

	if (r == 0)
		r = hn_db_integer(db, "PRAGMA application_id", &application, reason);
	if (r == 0)
		r = hn_db_integer(db, "SELECT count(*) FROM sqlite_schema WHERE type IN ('view', 'trigger')",
				  &strange, reason);
	if (r == 0)
		r = hn_db_integer(db, "SELECT count(*) FROM sqlite_schema", &tables, reason);
	if (r < 0)
		return r;
	r = hn_schema_judge(application, version, tables > 0, reason);
	if (r < 0)
		return r;
	if (strange)
		return hn_reason_set(reason, -EBADMSG, "it is no history of hostnetd");
	*ret_version = version;
	return 0;
}

int hn_schema_migrate(struct hn_db *db, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str sql = {0};
	struct hn_reason ignored;
	int64_t version = 0;
	int r = hn_schema_check(db, &version, reason);

	if (r < 0 || version == HN_HISTORY_VERSION)
		return r;
	hn_str_puts(&sql, "BEGIN IMMEDIATE;");
	for (; version < HN_HISTORY_VERSION; version++)
		hn_str_puts(&sql, migrations[version]);
	hn_str_printf(&sql, "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT;", APPLICATION_ID,
		      HN_HISTORY_VERSION);
	if (sql.failed)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	r = hn_db_exec(db, sql.data, reason);
	if (r < 0 && hn_db_exec(db, "ROLLBACK", &ignored) < 0)
		return r; /* nothing had begun */
	return r;
}

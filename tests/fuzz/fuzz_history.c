// SPDX-License-Identifier: Apache-2.0
// A hostile database file: all that `hostnetd history` asks of it, and what an agent reads back at its start. What comes
// out is bounded and terminated, and every row's JSON is one line.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/history.h"
#include "hostnetd/str.h"

#include "history/form.h"
#include "history/restore.h"
#include "history/schema.h"
#include "history/sqlite.h"

#define LIMIT 50

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/hostnetd-fuzz-XXXXXX", path[64];

static void need(int truth)
{
	if (!truth)
		abort();
}

static void clean(void)
{
	unlink(path);
	rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	need(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/h.db", folder);
	return atexit(clean);
}

struct rows {
	struct hn_history_reader *reader;
	unsigned n;
};

static bool take(const struct hn_history_row *row, void *arg)
{
	struct rows *rows = arg;
	char argv[256];

	need(++rows->n <= 20 * LIMIT);
	need(row->json[0] && !strchr(row->json, '\n'));
	for (size_t i = 0; i < HN_HISTORY_FIELD_MAX; i++)
		need(strlen(row->field[i]) < SIZE_MAX);
	need(hn_history_argv(rows->reader, row->field[HN_HISTORY_ARGV], argv, sizeof(argv)) <= sizeof(argv));
	return true;
}

static void read_all(void)
{
	_cleanup_(hn_history_reader_cleanup) struct hn_history_reader *r = NULL;
	static const char id[] = "0123456789abcdef0123456789abcdef";
	struct hn_history_filter all = {.limit = LIMIT}, one = {.finding = "01", .limit = LIMIT};
	struct hn_reason reason = {""};
	struct rows rows = {.n = 0};

	if (hn_history_read(path, &r, &reason) < 0) {
		need(reason.text[0] != '\0');
		return;
	}
	rows.reader = r;
	(void)!hn_history_findings(r, &all, take, &rows, &reason);
	(void)!hn_history_findings(r, &one, take, &rows, &reason);
	(void)!hn_history_events(r, &all, take, &rows, &reason);
	(void)!hn_history_events(r, &one, take, &rows, &reason);
	(void)!hn_history_refusals(r, &all, take, &rows, &reason);
	rows.n = 0;
	(void)!hn_history_watching(r, all.since, all.until, LIMIT, take, &rows, &reason);
	rows.n = 0;
	(void)!hn_history_pods(r, id, take, &rows, &reason);
	(void)!hn_history_executables(r, id, take, &rows, &reason);
}

static void on_listed(const char *uid, void *arg)
{
	*(size_t *)arg += strlen(uid);
}

static void restore(void)
{
	_cleanup_(hn_db_cleanup) struct hn_db *db = NULL;
	struct hn_restored restored = {0};
	struct hn_reason reason = {""};
	int64_t version;
	size_t listed = 0;

	if (hn_db_open(path, HN_DB_IMMUTABLE, &db, &reason) < 0 || hn_schema_check(db, &version, &reason) < 0)
		return;
	if (hn_restore_read(db, HN_NSEC_PER_SEC, &restored, on_listed, &listed, &reason) == 0)
		for (size_t i = 0; i < restored.n; i++)
			need(restored.findings[i].state < HN_STATE_MAX &&
			     restored.findings[i].n_containers <= HN_FINDING_CONTAINERS);
	hn_restored_done(&restored);
}

/* The bytes as a file, and as a log beside an empty one. */
static void tell_form(int fd)
{
	struct hn_reason reason = {""};
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	need(nothing >= 0);
	need(hn_form_check(fd, fd, &reason) == 0 || reason.text[0]);
	reason.text[0] = '\0';
	need(hn_form_check(nothing, fd, &reason) == 0 || reason.text[0]);
	close(nothing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	need(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	tell_form(fd);
	close(fd);
	read_all();
	restore();
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A store whose rows the test writes, and what `hostnetd history` prints of it. */
#ifndef HOSTNETD_TEST_HISTORY_PRINTED_H
#define HOSTNETD_TEST_HISTORY_PRINTED_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

#include "cmd/commands.h"
#include "hostnetd/history.h"
#include "hostnetd/str.h"

#define ID "0123456789abcdef0123456789abcdef"

struct rig {
	char folder[64], store[96], out[96];
	struct hn_str printed;
};

static inline void rig_new(struct rig *rig, const char *rows, const char *more)
{
	struct hn_history_settings settings = {.path = rig->store, .max_bytes = 1 << 24, .proc_root = "/proc"};
	struct hn_history *h = NULL;
	struct hn_reason reason = {""};
	sqlite3 *db = NULL;

	*rig = (struct rig){.printed = {0}};
	snprintf(rig->folder, sizeof(rig->folder), "%.40s/hostnetd-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(rig->folder));
	snprintf(rig->store, sizeof(rig->store), "%s/h.db", rig->folder);
	snprintf(rig->out, sizeof(rig->out), "%s/out", rig->folder);
	settings.max_age_ns = INT64_C(3600000000000);
	assert_int_equal(hn_history_open(&settings, &h, &reason), 0);
	assert_string_equal(reason.text, "");
	hn_history_free(h);
	/* Rows of any kind and time: the agent would write only its own. */
	assert_int_equal(sqlite3_open(rig->store, &db), SQLITE_OK);
	if (sqlite3_exec(db, rows, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, more, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static inline void rig_free(struct rig *rig)
{
	hn_str_done(&rig->printed);
	unlink(rig->out);
	unlink(rig->store);
	assert_int_equal(rmdir(rig->folder), 0);
}

/* What the command answers, and prints on standard output. */
static inline int answer(struct rig *rig, struct hn_settings s)
{
	int kept = dup(STDOUT_FILENO), fd = open(rig->out, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), result;
	char buffer[4096];
	ssize_t n;

	s.store = rig->store;
	assert_true(kept >= 0 && fd >= 0);
	fflush(stdout);
	assert_true(dup2(fd, STDOUT_FILENO) >= 0);
	result = hn_command_history(&s);
	fflush(stdout);
	assert_true(dup2(kept, STDOUT_FILENO) >= 0);
	close(kept);
	hn_str_done(&rig->printed);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		hn_str_append(&rig->printed, buffer, (size_t)n);
	close(fd);
	return result;
}

static inline const char *print(struct rig *rig, int output, const char *id, const char *since, const char *until)
{
	struct hn_settings s = {.output = output,
				.since = (char *)since,
				.until = (char *)until,
				.words = {id},
				.n_words = id != NULL};

	assert_int_equal(answer(rig, s), HN_EXIT_OK);
	return hn_str_get(&rig->printed);
}

#endif

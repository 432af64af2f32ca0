/* SPDX-License-Identifier: Apache-2.0 */
/* Containers that are judged while they live, kept as the agent keeps them, and judged again by the command. */
#ifndef HOSTNETD_TEST_REJUDGE_RIG_H
#define HOSTNETD_TEST_REJUDGE_RIG_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "cmd/commands.h"
#include "cmd/ledger.h"
#include "hostnetd/entry.h"
#include "hostnetd/history.h"
#include "hostnetd/report.h"
#include "hostnetd/str.h"

#define START (90 * HN_NSEC_PER_SEC)

struct rig {
	char folder[64], store[96], out[96], signatures[96];
	struct hn_history *history;
	struct hn_ledger ledger;
	struct hn_catalogue *catalogue; /* of the day */
	struct hn_str printed;
};

/* `signatures` NULL: none besides the built-in ones. */
static inline void rig_signatures(const struct rig *rig, const char *signatures)
{
	FILE *file = fopen(rig->signatures, "we");

	assert_non_null(file);
	assert_true(fprintf(file, "signatures:%s\n", signatures) > 0);
	assert_int_equal(fclose(file), 0);
}

static inline void rig_open(struct rig *rig)
{
	struct hn_history_settings settings = {
		.path = rig->store, .max_bytes = 1 << 24, .max_age_ns = INT64_MAX / 4, .proc_root = "/proc"};
	struct hn_reason reason = {""};

	assert_int_equal(hn_history_open(&settings, &rig->history, &reason), 0);
	assert_string_equal(reason.text, "");
}

static inline void rig_new(struct rig *rig, const char *signatures)
{
	const char *const files[] = {rig->signatures};
	struct hn_reason reason = {""};

	*rig = (struct rig){.printed = {0}};
	snprintf(rig->folder, sizeof(rig->folder), "%.40s/hostnetd-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(rig->folder));
	snprintf(rig->store, sizeof(rig->store), "%s/h.db", rig->folder);
	snprintf(rig->out, sizeof(rig->out), "%s/out", rig->folder);
	snprintf(rig->signatures, sizeof(rig->signatures), "%s/new.yaml", rig->folder);
	if (signatures)
		rig_signatures(rig, signatures);
	if (hn_catalogue_new(files, signatures != NULL, &rig->catalogue, &reason) < 0)
		fail_msg("%s", reason.text);
	hn_ledger_init(&rig->ledger, 1 << 20);
	rig_open(rig);
}

/* All is on the disk, and the agent is gone. */
static inline void rig_close(struct rig *rig)
{
	hn_ledger_flush(&rig->ledger, rig->history);
	hn_history_free(rig->history);
	rig->history = NULL;
}

static inline void rig_free(struct rig *rig)
{
	hn_str_done(&rig->printed);
	hn_ledger_done(&rig->ledger);
	hn_catalogue_free(rig->catalogue);
	unlink(rig->out);
	unlink(rig->store);
	unlink(rig->signatures);
	assert_int_equal(rmdir(rig->folder), 0);
}

static inline void rig_sql(const struct rig *rig, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(rig->store, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A pod that shares the host network; `pod` NULL: the kubelet does not know it. */
static inline struct hn_entry *rig_entry(const char *uid, const struct hn_pod *pod)
{
	struct hn_container_ref ref = {.kind = HN_CGROUP_CONTAINER, .runtime = "containerd"};
	struct hn_entry *e;

	hn_strcpy(ref.pod_uid, sizeof(ref.pod_uid), uid);
	hn_strcpy(ref.container_id, sizeof(ref.container_id), "c1");
	e = hn_entry_new("n1", &ref, HN_WAY_NAMESPACE);
	assert_non_null(e);
	hn_entry_container(e, &ref, (struct hn_mono){START});
	if (pod)
		hn_entry_know(e, pod);
	return e;
}

static inline struct hn_sighting rig_sighting(enum hn_sighting_kind kind, pid_t pid, const char *exe)
{
	return (struct hn_sighting){.kind = kind,
				    .pid = pid,
				    .tid = pid,
				    .start_ns = (uint64_t)START,
				    .armed = true,
				    .in_host_netns = true,
				    .comm = "c",
				    .cgroup = "",
				    .exe = exe,
				    .mono = {START},
				    .time = hn_wall_now()};
}

static inline void rig_clue(struct rig *rig, const struct hn_entry *e, const struct hn_clue *clue)
{
	hn_ledger_take(&rig->ledger, &e->finding, clue);
	hn_ledger_take(&rig->ledger, &e->finding, clue); /* as the next sweep does */
}

static inline void rig_exec(struct rig *rig, struct hn_entry *e, pid_t pid, const char *exe, const char *argv,
			    size_t n, const struct hn_pod *pod)
{
	struct hn_sighting s = rig_sighting(HN_SIGHTING_EXEC, pid, exe);

	s.argv = argv;
	s.argv_len = n;
	if (hn_entry_see(e, 0, &s, rig->catalogue, pod))
		rig_clue(rig, e,
			 &(struct hn_clue){.kind = HN_CLUE_PROGRAM,
					   .pid = pid,
					   .container = "c1",
					   .name = exe,
					   .argv = argv,
					   .argv_len = n});
}

static inline void rig_hold(struct rig *rig, struct hn_entry *e, bool library, const char *name)
{
	struct hn_held held = {.pid = 7, .start_ns = (uint64_t)START, .library = library, .fd = 5};

	hn_strcpy(held.name, sizeof(held.name), name);
	hn_entry_hold(e, &held, rig->catalogue);
	rig_clue(rig, e,
		 &(struct hn_clue){.kind = library ? HN_CLUE_LIBRARY : HN_CLUE_DEVICE,
				   .pid = 7,
				   .container = "",
				   .name = name,
				   .argv = "",
				   .number = 5});
}

static inline void rig_listen(struct rig *rig, struct hn_entry *e, uint16_t port)
{
	struct hn_sighting s = rig_sighting(HN_SIGHTING_LISTEN, 7, "/bin/app");

	s.endpoint = (struct hn_endpoint){.protocol = 6, .family = 2, .port = port};
	hn_entry_listen(e, &s);
	rig_clue(rig, e,
		 &(struct hn_clue){
			 .kind = HN_CLUE_PORT, .pid = 7, .container = "", .name = "", .argv = "", .number = port});
}

/* Its processes end, it is judged as what is there no more, and put. Frees it. */
static inline void rig_end(struct rig *rig, struct hn_entry *e, const struct hn_pod *pod)
{
	const struct hn_identity who = {.agent_version = "0", .node = "n1", .boot_id = ""};
	struct hn_str json = {0};

	while (e->finding.n_processes)
		hn_entry_forget(e, e->finding.processes[0].pid, e->finding.processes[0].start_ns);
	hn_entry_judge(e, rig->catalogue, pod);
	e->finding.state = e->finding.ai.verdict == HN_NOT_AI ? HN_STATE_GONE : HN_STATE_RESOLVED;
	e->finding.first_seen = e->finding.last_seen = hn_wall_now();
	hn_ledger_flush(&rig->ledger, rig->history);
	hn_report_finding_json(&who, &e->finding, &json);
	hn_history_put_finding(rig->history, &e->finding, hn_str_get(&json));
	if (pod)
		hn_history_put_pod(rig->history, &e->finding, pod, rig->catalogue);
	hn_str_done(&json);
	hn_entry_free(e);
}

/* What `history --rejudge` prints; `signatures`: with the file. */
static inline const char *rig_rejudge(struct rig *rig, int output, bool signatures)
{
	struct hn_settings s = {.output = output, .store = rig->store, .rejudge = true};
	int kept = dup(STDOUT_FILENO), fd = open(rig->out, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), result;
	char buffer[4096];
	ssize_t n;

	if (signatures)
		s.signatures = (struct hn_strings){.items = {rig->signatures}, .n = 1};
	assert_true(kept >= 0 && fd >= 0);
	fflush(stdout);
	assert_true(dup2(fd, STDOUT_FILENO) >= 0);
	result = hn_command_history(&s);
	assert_true(dup2(kept, STDOUT_FILENO) >= 0);
	close(kept);
	assert_int_equal(result, HN_EXIT_OK);
	hn_str_done(&rig->printed);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		hn_str_append(&rig->printed, buffer, (size_t)n);
	close(fd);
	return hn_str_get(&rig->printed);
}

static inline size_t rig_count(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

#endif

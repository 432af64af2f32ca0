/* SPDX-License-Identifier: Apache-2.0 */
/* The file's form, its bounds, what is read back, and what a hostile file can not do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <errno.h>

#include "hostnetd/history.h"
#include "hostnetd/str.h"

#include "history/job.h"
#include "history/podspec.h"
#include "history/rows.h"
#include "history/schema.h"

#include "rig.h"

static void put_event(struct hn_history *h, uint64_t seq, bool urgent)
{
	struct hn_history_event event = {
		.seq = seq,
		.time = hn_wall_now(),
		.mono = hn_mono_now(),
		.type = "process.exec",
		.finding = ID,
		.json = "{\"type\":\"process.exec\",\"process\":{\"pid\":7,\"argv\":[\"a b\",\"c\"]}}",
		.urgent = urgent};

	hn_history_put(h, &event);
}

static void put_finding(struct hn_history *h, enum hn_state state)
{
	struct hn_finding f = {.id = ID,
			       .state = state,
			       .occurrences = 3,
			       .pod_uid = "u1",
			       .pod_namespace = "ml",
			       .pod_name = "p",
			       .ai = {.verdict = HN_AI, .product = "vllm"},
			       .first_seen.ns = 1000,
			       .last_seen = hn_wall_now()};

	hn_history_put_finding(
		h, &f,
		"{\"id\":\"" ID "\",\"occurrences\":3,\"ai\":{\"product\":\"vllm\",\"evidence\":[{\"signal\":"
		"\"image\",\"value\":\"v\",\"weight\":0.5}]},\"containers\":[{\"id\":\"c1\",\"name\":\"n\"}]}");
}

struct seen {
	unsigned n;
	struct hn_finding finding;
	char argv[32];
	size_t argv_len;
	struct hn_history_reader *reader;
};

static bool count_row(const struct hn_history_row *row, void *arg)
{
	struct seen *seen = arg;

	seen->n++;
	if (seen->reader)
		seen->argv_len =
			hn_history_argv(seen->reader, row->field[HN_HISTORY_ARGV], seen->argv, sizeof(seen->argv));
	return true;
}

struct origin {
	char sha256[80], ancestors[80];
	bool in_json;
};

static bool keep_origin(const struct hn_history_row *row, void *arg)
{
	struct origin *got = arg;

	hn_strcpy(got->sha256, sizeof(got->sha256), row->field[HN_HISTORY_SHA256]);
	hn_strcpy(got->ancestors, sizeof(got->ancestors), row->field[HN_HISTORY_ANCESTORS]);
	got->in_json = strstr(row->json, "\"exeSha256\":\"ba78") != NULL;
	return true;
}

static void keep_finding(const struct hn_finding *f, void *arg)
{
	struct seen *seen = arg;

	seen->n++;
	seen->finding = *f;
}

static void kept_and_read_back(void **state)
{
	struct hn_history_filter all = {0}, other = {.ns = "other"};
	struct seen events = {0}, findings = {0}, none = {0}, restored = {0};
	struct hn_history_reader *r = NULL;
	struct hn_reason reason = {""};
	struct hn_wall until;
	struct hn_history *h;
	struct rig rig;
	struct stat st;
	bool clean;

	(void)state;
	rig_new(&rig);
	h = open_store(&rig, 1 << 24);
	assert_false(hn_history_last_run(h, &until, &clean));
	put_finding(h, HN_STATE_OPEN);
	put_event(h, 41, true);
	/* Committed: whoever looks now sees it, whatever becomes of the agent. A store that took more than 50 ms is not waited for:
	 * where the helper thread gets no processor it comes a moment later. */
	for (int i = 0; i < 500 && events.n == 0; i++) {
		usleep(i ? 10000 : 0);
		assert_int_equal(hn_history_read(rig.path, &r, &reason), 0);
		assert_int_equal(hn_history_events(r, &all, count_row, &events, &reason), 0);
		hn_history_reader_free(r);
	}
	assert_int_equal(events.n, 1);
	hn_history_free(h);
	assert_int_equal(stat(rig.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(hn_history_read(rig.path, &r, &reason), 0);
	events = (struct seen){.reader = r};
	assert_int_equal(hn_history_events(r, &all, count_row, &events, &reason), 0);
	assert_int_equal(events.argv_len, 6);
	assert_memory_equal(events.argv, "a b\0c", 6);
	assert_int_equal(hn_history_findings(r, &all, count_row, &findings, &reason), 0);
	assert_int_equal(findings.n, 1);
	assert_int_equal(hn_history_findings(r, &other, count_row, &none, &reason), 0);
	assert_int_equal(none.n, 0);
	hn_history_reader_free(r);
	h = open_store(&rig, 1 << 24);
	assert_true(hn_history_last_run(h, &until, &clean));
	assert_true(clean);
	assert_int_equal(hn_history_last_seq(h), 41);
	hn_history_restore(h, keep_finding, &restored);
	assert_int_equal(restored.n, 1);
	assert_int_equal(restored.finding.occurrences, 3);
	assert_int_equal(restored.finding.first_seen.ns, 1000);
	assert_int_equal(restored.finding.state, HN_STATE_OPEN);
	assert_string_equal(restored.finding.containers[0].id, "c1");
	assert_string_equal(restored.finding.ai.evidence[0].signal, "image");
	hn_history_restore_done(h);
	hn_history_free(h);
	rig_free(&rig);
}

/* Version 1 had no sessions. */
static void an_older_form_is_brought_on(void **state)
{
	struct hn_reason reason = {""};
	struct hn_db *db = NULL;
	int64_t version = 0;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	assert_int_equal(hn_db_exec(db, AS_VERSION_1 "INSERT INTO events(seq) VALUES(9)", &reason), 0);
	assert_int_equal(hn_schema_migrate(db, &reason), 0);
	assert_int_equal(hn_db_integer(db, "PRAGMA user_version", &version, &reason), 0);
	assert_int_equal(version, HN_HISTORY_VERSION);
	assert_int_equal(hn_db_integer(db, "SELECT seq FROM events", &version, &reason), 0);
	assert_int_equal(version, 9);
	assert_int_equal(hn_db_exec(db, "INSERT INTO sessions(started) VALUES(1)", &reason), 0);
	hn_db_free(db);
	rig_free(&rig);
}

static void the_oldest_goes_first(void **state)
{
	struct hn_reason reason = {""};
	struct hn_db *db = NULL;
	struct hn_rows *rows = NULL;
	int64_t bytes = 0, unused = 0, oldest = 0, newest = 0;
	const int64_t most = 1 << 20;
	int r = 1, steps = 0;
	struct rig rig;
	char filler[1000];

	(void)state;
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	rig_new(&rig);
	db = rig_database(&rig);
	assert_int_equal(hn_rows_new(db, &rows, &reason), 0);
	assert_int_equal(hn_db_exec(db, "BEGIN", &reason), 0);
	for (int i = 1; i <= 3000; i++) {
		struct hn_job *job = hn_job_new(HN_JOB_EVENT, (const char *[HN_JOB_TEXTS]){"t", ID, filler});

		assert_non_null(job);
		job->number[0] = job->number[1] = i;
		assert_int_equal(hn_rows_write(rows, job, &reason), 0);
		free(job);
	}
	assert_int_equal(hn_db_exec(db, "COMMIT", &reason), 0);
	while (r == 1 && steps++ < 20)
		r = hn_rows_prune(db, most, 0, 500, &reason);
	assert_int_equal(r, 0);
	assert_int_equal(hn_rows_bytes(db, &bytes, &unused, &reason), 0);
	assert_true(bytes < most);
	assert_int_equal(hn_db_integer(db, "SELECT min(seq) FROM events", &oldest, &reason), 0);
	assert_int_equal(hn_db_integer(db, "SELECT max(seq) FROM events", &newest, &reason), 0);
	assert_true(oldest > 1500);
	assert_int_equal(newest, 3000);
	/* And by age. */
	assert_int_equal(hn_rows_prune(db, INT64_MAX, 2900, 500, &reason), 1);
	while (hn_rows_prune(db, INT64_MAX, 2900, 500, &reason) == 1)
		;
	assert_int_equal(hn_db_integer(db, "SELECT min(seq) FROM events", &oldest, &reason), 0);
	assert_int_equal(oldest, 2900);
	hn_rows_free(rows);
	hn_db_free(db);
	rig_free(&rig);
}

/* Its hash is known later than the event, and stands with it when it is read. */
static void what_it_ran_is_known(void **state)
{
	static const char *const same[HN_JOB_TEXTS] = {
		ID, "server", "/bin/x", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"};
	static const char *const other[HN_JOB_TEXTS] = {
		ID, "other", "/bin/x", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};
	static const char *const event[HN_JOB_TEXTS] = {
		"process.exec", ID,
		"{\"container\":\"server\",\"process\":{\"pid\":7,\"exe\":\"/bin/x\",\"ancestors\":[{\"pid\":6,\"comm\":"
		"\"sh\"},{\"pid\":5},4,\"no JSON\"]}}"};
	const char *const *texts[] = {same, other, event};
	const enum hn_job_kind kinds[] = {HN_JOB_EXECUTABLE, HN_JOB_EXECUTABLE, HN_JOB_EVENT};
	struct hn_history_filter all = {0};
	struct hn_history_reader *r = NULL;
	struct hn_reason reason = {""};
	struct hn_rows *rows = NULL;
	struct hn_db *db = NULL;
	struct origin got = {.in_json = false};
	struct rig rig;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	assert_int_equal(hn_rows_new(db, &rows, &reason), 0);
	for (size_t i = 0; i < HN_ARRAY_SIZE(kinds); i++) {
		struct hn_job *job = hn_job_new(kinds[i], texts[i]);

		assert_non_null(job);
		job->number[0] = 1;
		assert_int_equal(hn_rows_write(rows, job, &reason), 0);
		free(job);
	}
	hn_rows_free(rows);
	hn_db_free(db);
	assert_int_equal(hn_history_read(rig.path, &r, &reason), 0);
	assert_int_equal(hn_history_events(r, &all, keep_origin, &got, &reason), 0);
	assert_string_equal(got.sha256, same[3]);
	assert_string_equal(got.ancestors, "sh 6 < 5");
	assert_true(got.in_json);
	hn_history_reader_free(r);
	rig_free(&rig);
}

/* A file with rows of the wrong types, no JSON, and a view that would never end. */
static void hostile_files(void **state)
{
	struct hn_history_filter all = {0};
	struct hn_history_reader *r = NULL;
	struct hn_reason reason = {""};
	struct hn_db *db = NULL;
	struct seen seen = {0};
	struct rig rig;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	assert_int_equal(
		hn_db_exec(
			db,
			"INSERT INTO events VALUES(1, 'x', x'00', 5, 6, 7), (2, 1, 1, 't', 'f', 'no JSON'),"
			"(3, 1, 1, 't', 'f', '{\"process\":{\"argv\":\"no list\",\"pid\":[1]}}');"
			"INSERT INTO findings(id, state, body) VALUES(x'ff00', 'open', '[1]'), ('short', 'open', '{}')",
			&reason),
		0);
	hn_db_free(db);
	assert_int_equal(hn_history_read(rig.path, &r, &reason), 0);
	seen.reader = r;
	assert_int_equal(hn_history_events(r, &all, count_row, &seen, &reason), 0);
	assert_int_equal(seen.n, 2); /* 7 is JSON */
	assert_int_equal(hn_history_findings(r, &all, count_row, &seen, &reason), 0);
	hn_history_reader_free(r);
	assert_int_equal(hn_db_open(rig.path, HN_DB_WRITE, &db, &reason), 0);
	assert_int_equal(hn_db_exec(db, "CREATE VIEW v AS SELECT 1", &reason), 0);
	hn_db_free(db);
	assert_int_equal(hn_history_read(rig.path, &r, &reason), -EBADMSG);
	rig_free(&rig);
}

static void the_queue_is_bounded(void **state)
{
	struct hn_jobs q;
	struct hn_job *job;
	char *big = malloc(1 << 20);
	unsigned gone = 0;

	(void)state;
	assert_non_null(big);
	memset(big, 'x', (1 << 20) - 1);
	big[(1 << 20) - 1] = '\0';
	hn_jobs_init(&q, HN_JOBS_BYTES);
	for (int i = 0; i < 20; i++) {
		job = hn_job_new(HN_JOB_EVENT, (const char *[HN_JOB_TEXTS]){"t", "", big});
		assert_non_null(job);
		job->number[0] = i;
		gone += hn_jobs_put(&q, job);
	}
	assert_true(q.bytes <= HN_JOBS_BYTES);
	assert_int_equal(gone + q.n, 20);
	job = hn_jobs_take(&q);
	assert_int_equal(job->number[0], gone); /* the oldest went */
	hn_jobs_put_back(&q, job);
	assert_int_equal(q.clues_dropped.ns, 0);
	for (int i = 0; i < 9; i++) {
		job = hn_job_new(HN_JOB_CLUES, (const char *[HN_JOB_TEXTS]){ID, big});
		assert_non_null(job);
		job->number[0] = 100 + i;
		hn_jobs_put(&q, job);
	}
	assert_int_equal(q.clues_dropped.ns, 100); /* since when some are missing */
	hn_jobs_done(&q);
	assert_int_equal(q.bytes, 0);
	free(big);
}

/* What is kept of a pod is read back as the same pod, without its secrets. */
static void a_pod_is_kept(void **state)
{
	static const char text[] =
		"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[{\"metadata\":{\"name\":\"p\",\"namespace\":\"ml\","
		"\"uid\":\"u1\",\"labels\":{\"app\":\"x\"},\"annotations\":{\"note\":\"hunter2\","
		"\"konghq.com/plugins\":\"ai-proxy\"},\"ownerReferences\":[{\"kind\":\"Part\",\"name\":\"of\"},"
		"{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"name\":\"r\",\"controller\":true}]},"
		"\"spec\":{\"resourceClaims\":[{\"name\":\"a\",\"resourceClaimTemplateName\":\"one-gpu\"},"
		"{\"name\":\"b\",\"resourceClaimName\":\"two\"}],\"volumes\":[{\"name\":\"v\",\"nfs\":{\"path\":\"/m\"}},"
		"{\"name\":\"e\",\"emptyDir\":{}},{\"name\":\"w\",\"persistentVolumeClaim\":{\"claimName\":\"weights\"}}],"
		"\"hostNetwork\":"
		"true,\"containers\":[{\"name\":\"c\",\"image\":\"i:1\",\"args\":[\"--api-key\",\"hunter2\",\"serve\"],\"env\":"
		"[{\"name\":\"TOKEN\",\"value\":\"hunter2\"}],\"resources\":{\"limits\":{\"nvidia.com/gpu\":\"1\"}},\"ports\":[{\"containerPort\":80}]}]},\"status\":{"
		"\"containerStatuses\":[{\"name\":\"c\",\"containerID\":\"containerd://abc\"}]}}]}";
	struct hn_podlist_reader *reader = hn_podlist_reader_new(1 << 16);
	struct hn_podlist *pods = NULL, *again = NULL;
	struct hn_reason reason = {""};
	struct hn_str body = {0}, list = {0};
	struct hn_catalogue *catalogue = NULL;
	const struct hn_pod *pod;

	(void)state;
	assert_int_equal(hn_podlist_reader_feed(reader, text, sizeof(text) - 1, &reason), 0);
	assert_int_equal(hn_podlist_reader_finish(reader, &pods, &reason), 0);
	hn_podlist_reader_free(reader);
	assert_int_equal(hn_catalogue_new(NULL, 0, &catalogue, &reason), 0);
	hn_podspec_json(hn_podlist_at(pods, 0), catalogue, &body);
	hn_catalogue_free(catalogue);
	assert_null(strstr(hn_str_get(&body), "hunter2"));
	hn_str_printf(&list, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[%s]}", hn_str_get(&body));
	reader = hn_podlist_reader_new(1 << 16);
	assert_int_equal(hn_podlist_reader_feed(reader, list.data, list.len, &reason), 0);
	assert_int_equal(hn_podlist_reader_finish(reader, &again, &reason), 0);
	hn_podlist_reader_free(reader);
	pod = hn_podlist_at(again, 0);
	assert_string_equal(pod->uid, "u1");
	assert_true(pod->host_network);
	assert_string_equal(pod->containers[0].args[2], "serve");
	assert_string_equal(pod->containers[0].env[0], "TOKEN");
	assert_string_equal(pod->containers[0].id, "abc");
	assert_int_equal(pod->containers[0].ports[0].number, 80);
	assert_string_equal(pod->containers[0].resources[0].key, "nvidia.com/gpu");
	assert_string_equal(pod->controller.kind, "ReplicaSet");
	assert_int_equal(pod->n_owners, 1);
	assert_string_equal(pod->owners[0].kind, "Part");
	assert_int_equal(pod->n_claims, 2);
	assert_string_equal(pod->claims[0].key, "resourceClaimTemplateName");
	assert_string_equal(pod->claims[0].value, "one-gpu");
	assert_string_equal(pod->claims[1].key, "resourceClaimName");
	assert_int_equal(pod->n_volumes, 3);
	assert_string_equal(pod->volumes[0].key, "nfs");
	assert_string_equal(pod->volumes[0].value, "/m");
	assert_string_equal(pod->volumes[1].key, "");
	assert_string_equal(pod->volumes[2].value, "weights");
	/* A value that a signature asks for is a public word. */
	assert_string_equal(pod->annotations[0].value, "");
	assert_string_equal(pod->annotations[1].value, "ai-proxy");
	hn_podlist_free(pods);
	hn_podlist_free(again);
	hn_str_done(&body);
	hn_str_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept_and_read_back),    cmocka_unit_test(an_older_form_is_brought_on),
		cmocka_unit_test(the_oldest_goes_first), cmocka_unit_test(hostile_files),
		cmocka_unit_test(what_it_ran_is_known),  cmocka_unit_test(the_queue_is_bounded),
		cmocka_unit_test(a_pod_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

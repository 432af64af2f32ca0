// SPDX-License-Identifier: Apache-2.0
/* The agent's side of the history. The database belongs to one helper thread, the only one: it writes, hashes, prunes
 * and checkpoints. The caller puts copies into a bounded queue; for what is urgent it waits until they are committed, at
 * most 50 ms, and not at all while the store is behind or broken. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/history.h"
#include "hostnetd/map.h"
#include "hostnetd/str.h"

#include "file.h"
#include "hash.h"
#include "job.h"
#include "podspec.h"
#include "restore.h"
#include "rows.h"

#define WAIT_NS (50 * HN_NSEC_PER_MSEC)
#define RETRY_NS (5 * HN_NSEC_PER_SEC)
#define HEARTBEAT_NS (10 * HN_NSEC_PER_SEC)
#define LAST_WAIT_NS (2 * HN_NSEC_PER_SEC)
#define BATCH 256
#define CHECKPOINT_JOBS 1000 /* the log is written back after so many, or when nothing is to be done */
#define LISTED_MAX 16384

struct hn_history {
	struct hn_history_settings settings;
	char path[HN_HISTORY_PATH], proc_root[256];
	/* Before the thread runs, and then read only. */
	struct hn_restored restored;
	struct hn_map *listed;
	/* Shared. */
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct hn_jobs jobs;
	uint64_t put, written; /* tickets */
	bool behind, stop;
	struct hn_history_stats stats;
	/* The thread's. */
	struct hn_db *db;
	struct hn_rows *rows;
	unsigned at; /* which of the names */
	struct hn_mono retry, heartbeat;
	unsigned since_checkpoint;
	bool prune;
	int64_t session;
};

static void say(struct hn_history *h, const struct hn_reason *reason)
{
	pthread_mutex_lock(&h->lock);
	h->stats.problem = *reason;
	h->stats.works = h->db && !reason->text[0];
	pthread_mutex_unlock(&h->lock);
}

static void close_file(struct hn_history *h)
{
	hn_rows_free(h->rows);
	hn_db_free(h->db);
	h->rows = NULL;
	h->db = NULL;
}

static int beat(struct hn_history *h, bool clean, struct hn_reason *reason)
{
	char sql[256];

	if (!h->session) {
		snprintf(sql, sizeof(sql), "INSERT INTO sessions(started, heartbeat, clean) VALUES(%lld, %lld, 0)",
			 (long long)hn_wall_now().ns, (long long)hn_wall_now().ns);
		if (hn_db_exec(h->db, sql, reason) < 0)
			return -EIO;
		return hn_db_integer(h->db, "SELECT max(id) FROM sessions", &h->session, reason);
	}
	snprintf(sql, sizeof(sql), "UPDATE sessions SET heartbeat = %lld, clean = %d WHERE id = %lld",
		 (long long)hn_wall_now().ns, clean, (long long)h->session);
	return hn_db_exec(h->db, sql, reason);
}

static int open_file(struct hn_history *h, struct hn_reason *reason)
{
	char used[HN_HISTORY_PATH];
	int r = hn_history_file_open(h->path, h->at, &h->db, used, &h->at, reason);

	if (r == 0)
		r = hn_rows_new(h->db, &h->rows, reason);
	if (r < 0) {
		close_file(h);
		return r;
	}
	pthread_mutex_lock(&h->lock);
	hn_strcpy(h->stats.path, sizeof(h->stats.path), used);
	h->stats.works = true;
	h->stats.problem = *reason;
	pthread_mutex_unlock(&h->lock);
	return 0;
}

/* What was not written goes back to where it was. A damaged file is left behind, and the next name is taken. */
static void give_back(struct hn_history *h, struct hn_job *batch[], unsigned n, int error,
		      const struct hn_reason *problem)
{
	struct hn_reason reason = *problem, ignored;

	pthread_mutex_lock(&h->lock);
	while (n > 0)
		hn_jobs_put_back(&h->jobs, batch[--n]);
	h->behind = true;
	pthread_cond_broadcast(&h->done);
	pthread_mutex_unlock(&h->lock);
	(void)!hn_db_exec(h->db, "ROLLBACK", &ignored);
	hn_reason_wrap(&reason, error, "%.200s", h->stats.path);
	if (error == -ENOSPC)
		h->prune = true;
	if (error == -EBADMSG) {
		close_file(h);
		h->at++;
		h->session = 0;
	}
	h->retry.ns = hn_mono_now().ns + RETRY_NS;
	say(h, &reason);
}

static int write_one(struct hn_history *h, const struct hn_job *job, struct hn_reason *reason)
{
	char sha256[HN_HASH_TEXT];
	int64_t size;

	if (job->kind != HN_JOB_HASH)
		return hn_rows_write(h->rows, job, reason);
	if (hn_hash_exe(h->proc_root, (pid_t)job->number[0], (uint64_t)job->number[1], sha256, &size) < 0)
		return 0; /* gone before it could be read: nothing is known, nothing is said */
	return hn_rows_executable(h->rows, job, sha256, size, reason);
}

static void write_batch(struct hn_history *h, struct hn_job *batch[], unsigned n)
{
	struct hn_reason reason = {""};
	unsigned events = 0;
	int r = hn_db_exec(h->db, "BEGIN IMMEDIATE", &reason);

	for (unsigned i = 0; i < n && r >= 0; i++) {
		r = write_one(h, batch[i], &reason);
		if (r == -E2BIG)
			r = 0; /* nothing that the agent makes is; never for ever in the way */
		events += batch[i]->kind == HN_JOB_EVENT;
	}
	if (r >= 0)
		r = hn_db_exec(h->db, "COMMIT", &reason);
	if (r < 0) {
		give_back(h, batch, n, r, &reason);
		return;
	}
	h->since_checkpoint += n;
	pthread_mutex_lock(&h->lock);
	for (unsigned i = 0; i < n; i++) {
		if (batch[i]->ticket > h->written)
			h->written = batch[i]->ticket;
		free(batch[i]);
	}
	h->stats.stored += events;
	h->behind = h->jobs.n > BATCH;
	if (!h->stats.works) {
		h->stats.works = true;
		h->stats.problem.text[0] = '\0';
	}
	pthread_cond_broadcast(&h->done);
	pthread_mutex_unlock(&h->lock);
}

/* A hash takes long: it comes alone, behind what waits. */
static unsigned take_batch(struct hn_history *h, struct hn_job *batch[BATCH])
{
	unsigned n = 0;

	while (n < BATCH && h->jobs.first && (n == 0 || h->jobs.first->kind != HN_JOB_HASH)) {
		batch[n] = hn_jobs_take(&h->jobs);
		if (batch[n++]->kind == HN_JOB_HASH)
			break;
	}
	return n;
}

static void look_after(struct hn_history *h, bool idle)
{
	struct hn_reason reason = {""};
	struct hn_mono now = hn_mono_now();
	int64_t bytes = 0;
	int r = 0;

	if (now.ns >= h->heartbeat.ns) {
		h->heartbeat.ns = now.ns + HEARTBEAT_NS;
		h->prune = true;
		r = beat(h, false, &reason);
	}
	if (r == 0 && h->prune) {
		r = hn_rows_prune(h->db, h->settings.max_bytes, hn_wall_now().ns - h->settings.max_age_ns,
				  &reason);
		h->prune = r > 0;
	}
	if (r >= 0 && h->since_checkpoint && (idle || h->since_checkpoint > CHECKPOINT_JOBS)) {
		h->since_checkpoint = 0;
		h->prune |= !idle;
		r = hn_db_exec(h->db, "PRAGMA wal_checkpoint(PASSIVE)", &reason);
	}
	if (r >= 0)
		r = hn_rows_bytes(h->db, &bytes, &reason);
	pthread_mutex_lock(&h->lock);
	h->stats.bytes = bytes;
	pthread_mutex_unlock(&h->lock);
	if (r < 0 && r != -EBUSY)
		give_back(h, NULL, 0, r, &reason);
}

/* Waits for work; with the lock held. False: it is to end, and nothing waits. */
static bool wait_for_work(struct hn_history *h)
{
	struct timespec until;

	if (h->jobs.n && h->db)
		return true;
	if (h->stop)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += h->prune && h->db ? 0 : 1;
	pthread_cond_timedwait(&h->work, &h->lock, &until);
	return !h->stop || (h->jobs.n && h->db);
}

static void *help(void *arg)
{
	struct hn_history *h = arg;
	struct hn_job *batch[BATCH];
	struct hn_reason reason = {""};
	bool more = true;

	while (more) {
		unsigned n = 0;
		bool rest;

		pthread_mutex_lock(&h->lock);
		more = wait_for_work(h);
		rest = hn_mono_now().ns < h->retry.ns;
		if (more && h->db && !rest)
			n = take_batch(h, batch);
		more = more && !(h->stop && rest);
		pthread_mutex_unlock(&h->lock);
		if (n)
			write_batch(h, batch, n);
		if (rest) {
			struct timespec nap = {0, 100000000};

			nanosleep(&nap, NULL);
			continue;
		}
		if (!h->db) {
			reason.text[0] = '\0';
			if (open_file(h, &reason) < 0) {
				h->retry.ns = hn_mono_now().ns + RETRY_NS;
				say(h, &reason);
			}
		} else {
			look_after(h, n == 0);
		}
	}
	if (h->db && h->session && beat(h, true, &reason) == 0)
		(void)!hn_db_exec(h->db, "PRAGMA wal_checkpoint(TRUNCATE)", &reason);
	close_file(h);
	return NULL;
}

static void on_listed(const char *uid, void *arg)
{
	struct hn_history *h = arg;

	(void)!hn_map_put(h->listed, uid, strlen(uid), h);
}

int hn_history_open(const struct hn_history_settings *settings, struct hn_history **ret, struct hn_reason *reason)
{
	_cleanup_(hn_history_cleanup) struct hn_history *h = calloc(1, sizeof(*h));
	struct hn_reason ignored;
	pthread_condattr_t attributes;

	if (!h)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	h->settings = *settings;
	hn_jobs_init(&h->jobs);
	pthread_mutex_init(&h->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&h->work, &attributes);
	pthread_cond_init(&h->done, &attributes);
	pthread_condattr_destroy(&attributes);
	h->listed = hn_map_new(LISTED_MAX);
	if (!h->listed)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	if (!hn_strcpy(h->path, sizeof(h->path), settings->path) ||
	    !hn_strcpy(h->proc_root, sizeof(h->proc_root), settings->proc_root))
		return hn_reason_set(reason, -ENAMETOOLONG, "--store %.100s...: the name is too long",
				     settings->path);
	reason->text[0] = '\0';
	if (open_file(h, reason) < 0 || hn_restore_read(h->db, &h->restored, on_listed, h, &ignored) < 0 ||
	    beat(h, false, &ignored) < 0) {
		h->retry.ns = hn_mono_now().ns + RETRY_NS;
		h->behind = true;
		h->stats.problem = *reason;
		close_file(h);
	}
	if (pthread_create(&h->thread, NULL, help, h) != 0)
		return hn_reason_set(reason, -ENOMEM, "no thread for the history");
	h->running = true;
	*ret = TAKE_PTR(h);
	return 0;
}

void hn_history_free(struct hn_history *h)
{
	if (!h)
		return;
	if (h->running) {
		pthread_mutex_lock(&h->lock);
		h->stop = true;
		pthread_cond_signal(&h->work);
		pthread_mutex_unlock(&h->lock);
		pthread_join(h->thread, NULL);
	}
	close_file(h);
	hn_jobs_done(&h->jobs);
	hn_restored_done(&h->restored);
	hn_map_free(h->listed);
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->work);
	pthread_cond_destroy(&h->done);
	free(h);
}

/* Takes the job over. Waits for its commit where that is asked for. */
static void put(struct hn_history *h, struct hn_job *job, bool event, bool wait)
{
	struct timespec until;
	uint64_t ticket;
	int r = 0;

	pthread_mutex_lock(&h->lock);
	if (!job) {
		h->stats.not_stored += event;
		pthread_mutex_unlock(&h->lock);
		return;
	}
	ticket = job->ticket = ++h->put;
	h->stats.not_stored += hn_jobs_put(&h->jobs, job);
	pthread_cond_signal(&h->work);
	if (wait && h->behind)
		h->stats.bypassed++;
	if (wait && !h->behind) {
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += WAIT_NS;
		if (until.tv_nsec >= HN_NSEC_PER_SEC) {
			until.tv_nsec -= HN_NSEC_PER_SEC;
			until.tv_sec++;
		}
		while (h->written < ticket && !h->behind && r == 0)
			r = pthread_cond_timedwait(&h->done, &h->lock, &until);
		if (h->written < ticket) {
			h->behind = true; /* until the helper has caught up */
			h->stats.bypassed++;
		}
	}
	pthread_mutex_unlock(&h->lock);
}

void hn_history_put_finding(struct hn_history *h, const struct hn_finding *f, const char *json)
{
	const char *text[HN_JOB_TEXTS] = {f->id,
					  hn_state_name(f->state),
					  hn_way_name(f->way),
					  hn_cause_name(f->cause),
					  hn_severity_name(f->severity),
					  hn_verdict_name(f->ai.verdict),
					  f->pod_namespace,
					  f->pod_name,
					  f->pod_uid,
					  f->workload_kind,
					  f->workload_name,
					  json};
	struct hn_job *job = hn_job_new(HN_JOB_FINDING, text);

	if (job) {
		job->number[0] = f->first_seen.ns;
		job->number[1] = f->last_seen.ns;
		job->number[2] = f->resolved_at.ns;
	}
	put(h, job, false, false);
}

void hn_history_put(struct hn_history *h, const struct hn_history_event *event)
{
	struct hn_job *job =
		hn_job_new(HN_JOB_EVENT, (const char *[HN_JOB_TEXTS]){event->type, event->finding, event->json});

	if (job) {
		job->number[0] = (int64_t)event->seq;
		job->number[1] = event->time.ns;
		job->number[2] = event->mono.ns;
	}
	put(h, job, true, event->urgent);
}

void hn_history_put_pod(struct hn_history *h, const struct hn_finding *finding, const struct hn_pod *pod)
{
	_cleanup_(hn_str_done) struct hn_str body = {0};
	struct hn_job *job;

	hn_podspec_json(pod, &body);
	job = body.failed ? NULL :
			    hn_job_new(HN_JOB_POD, (const char *[HN_JOB_TEXTS]){finding->id, pod->uid, body.data});
	if (job)
		job->number[0] = hn_wall_now().ns;
	put(h, job, false, false);
}

void hn_history_want_hash(struct hn_history *h, const char *finding, const char *container,
			  const struct hn_finding_process *p)
{
	struct hn_job *job = hn_job_new(HN_JOB_HASH, (const char *[HN_JOB_TEXTS]){finding, container, p->exe});

	if (job) {
		job->number[0] = p->pid;
		job->number[1] = (int64_t)p->start_ns;
	}
	put(h, job, false, false);
}

void hn_history_put_listed(struct hn_history *h, const struct hn_podlist *pods)
{
	_cleanup_(hn_str_done) struct hn_str uids = {0};
	struct hn_job *job;

	for (size_t i = 0; i < hn_podlist_count(pods); i++)
		hn_str_printf(&uids, "%s\n", hn_podlist_at(pods, i)->uid);
	if (!uids.len || uids.failed)
		return;
	job = hn_job_new(HN_JOB_LISTED, (const char *[HN_JOB_TEXTS]){uids.data});
	if (job)
		job->number[0] = hn_wall_now().ns;
	put(h, job, false, false);
}

void hn_history_stats(struct hn_history *h, struct hn_history_stats *ret)
{
	pthread_mutex_lock(&h->lock);
	*ret = h->stats;
	pthread_mutex_unlock(&h->lock);
}

uint64_t hn_history_last_seq(const struct hn_history *h)
{
	return h->restored.last_seq;
}

bool hn_history_last_run(const struct hn_history *h, struct hn_wall *ret_until, bool *ret_clean)
{
	*ret_until = h->restored.until;
	*ret_clean = h->restored.clean;
	return h->restored.until.ns != 0;
}

bool hn_history_knows_pod(const struct hn_history *h, const char *uid)
{
	return hn_map_get(h->listed, uid, strlen(uid)) != NULL;
}

void hn_history_restore(const struct hn_history *h, void (*take)(const struct hn_finding *finding, void *arg),
			void *arg)
{
	for (size_t i = 0; i < h->restored.n; i++)
		take(&h->restored.findings[i], arg);
}

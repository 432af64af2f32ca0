// SPDX-License-Identifier: Apache-2.0
/* The helper thread, the only one: it writes, asks for hashes, and does what upkeep.c says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/map.h"
#include "hostnetd/str.h"

#include "store.h"

#define BATCH 256
/* What nobody waits for is written together, or with the next finding: a commit of its own for each step would be what a
 * finding that comes in the middle of it has to wait for first. */
#define GATHER_NS (20 * HN_NSEC_PER_MSEC)
#define MOMENT_NS (100 * HN_NSEC_PER_MSEC)

static void say(struct hn_history *h, const struct hn_reason *reason)
{
	pthread_mutex_lock(&h->lock);
	h->stats.problem = *reason;
	h->stats.works = h->db && !reason->text[0];
	pthread_mutex_unlock(&h->lock);
}

void hn_helper_lose(struct hn_history *h, struct hn_wall since)
{
	h->whole = hn_wall_now();
	if (!h->lost.ns || since.ns < h->lost.ns)
		h->lost = since;
	h->jobs.clues_dropped.ns = 0;
	h->stats.clues_lost++;
}

void hn_helper_leave_behind(struct hn_history *h)
{
	pthread_mutex_lock(&h->lock);
	hn_helper_lose(h, (struct hn_wall){1});
	pthread_mutex_unlock(&h->lock);
}

int hn_helper_tell_loss(struct hn_history *h, struct hn_reason *reason)
{
	struct hn_wall lost, whole;
	char sql[256];
	bool waits;
	int r;

	pthread_mutex_lock(&h->lock);
	lost = h->lost;
	whole = h->whole;
	waits = h->jobs.n;
	pthread_mutex_unlock(&h->lock);
	if (!lost.ns || waits)
		return 0;
	snprintf(sql, sizeof(sql),
		 "UPDATE findings SET whole = 0 WHERE whole = 1 AND first_seen < %lld AND"
		 " (state IN ('open', 'sharing', 'excepted') OR last_seen >= %lld)",
		 (long long)whole.ns, (long long)lost.ns);
	r = hn_db_exec(h->db, sql, reason);
	pthread_mutex_lock(&h->lock);
	if (r == 0 && h->whole.ns == whole.ns)
		h->lost.ns = 0;
	pthread_mutex_unlock(&h->lock);
	return r;
}

bool hn_helper_close(struct hn_history *h)
{
	int64_t file, log;
	bool left = false;

	pthread_mutex_lock(&h->lock);
	h->open = false;
	pthread_mutex_unlock(&h->lock);
	/* As long as it is open: SQLite goes by names, and an inode that is closed may become another file's. */
	if (h->db && !hn_place_holds(&h->place, &file, &log)) {
		hn_db_own(h->db, false);
		left = hn_place_clear(&h->place);
	}
	hn_rows_free(h->rows);
	hn_db_free(h->db);
	h->rows = NULL;
	h->db = NULL;
	h->place = (struct hn_place){.path = ""};
	return left;
}

int hn_helper_open(struct hn_history *h, struct hn_reason *reason)
{
	char used[HN_HISTORY_PATH];
	int r = hn_history_file_open(h->path, h->at, &h->db, used, &h->at, reason);

	if (r == 0)
		r = hn_rows_new(h->db, &h->rows, reason);
	if (r == 0)
		r = hn_space_init(&h->space, h->db, h->settings.max_bytes, reason);
	if (r == 0)
		r = hn_place_take(&h->place, used, h->db, reason);
	if (r < 0) {
		hn_helper_close(h);
		return r;
	}
	/* One that was damaged in mid-run: what was said of it then may not have been heard. */
	if (!reason->text[0] && strcmp(used, h->path) != 0)
		hn_reason_set(reason, 0, "%.200s is damaged and left as it is; the history goes on in %.200s",
			      h->path, used);
	h->missing.ns = 0;
	h->heartbeat.ns = 0; /* that somebody watches is to be in it from the start */
	pthread_mutex_lock(&h->lock);
	hn_strcpy(h->stats.path, sizeof(h->stats.path), used);
	h->stats.opened++;
	h->open = true;
	h->stats.works = true;
	h->stats.problem = *reason;
	pthread_mutex_unlock(&h->lock);
	return 0;
}

void hn_helper_listed(const char *uid, void *map)
{
	(void)!hn_map_put(map, uid, strlen(uid), map);
}

void hn_helper_say_cut(struct hn_history *h, const struct hn_restored *restored)
{
	if (restored->cut)
		hn_reason_set(
			&h->stats.problem, 0,
			"%.200s: of the findings of the last run only %zu could be read in %d s, open ones and the "
			"last seen first: the others begin anew",
			h->stats.path, restored->n, (int)(HN_RESTORE_NS / HN_NSEC_PER_SEC));
}

/* What a former run left, before anything of this one is written over it. */
static void read_late(struct hn_history *h)
{
	_cleanup_(hn_map_cleanup) struct hn_map *listed = hn_map_new(HN_HISTORY_LISTED);
	struct hn_restored restored = {0};
	struct hn_reason ignored;
	int64_t started = 0;

	h->known = true;
	if (!listed || hn_restore_read(h->db, HN_RESTORE_NS, &restored, hn_helper_listed, listed, &ignored) < 0) {
		hn_restored_done(&restored);
		return;
	}
	/* The same file is back: it lacks nothing. */
	if (hn_db_integer(h->db, "SELECT max(started) FROM sessions", &started, &ignored) == 0 &&
	    started == h->session_started)
		restored.until.ns = 0;
	pthread_mutex_lock(&h->lock);
	hn_helper_say_cut(h, &restored);
	hn_restored_done(&h->late);
	hn_map_free(h->late_listed);
	h->late = restored;
	h->late_listed = TAKE_PTR(listed);
	pthread_mutex_unlock(&h->lock);
}

static void put_back(struct hn_history *h, struct hn_job *batch[], unsigned n)
{
	pthread_mutex_lock(&h->lock);
	while (n > 0)
		hn_jobs_put_back(&h->jobs, batch[--n]);
	h->behind = true;
	pthread_cond_broadcast(&h->done);
	pthread_mutex_unlock(&h->lock);
}

/* A damaged file is left behind, and the next name is taken. */
void hn_helper_fail(struct hn_history *h, struct hn_job *batch[], unsigned n, int error,
		    const struct hn_reason *problem)
{
	struct hn_reason reason = *problem, ignored;

	put_back(h, batch, n);
	if (error == -EBADMSG)
		hn_helper_leave_behind(h);
	if (h->db)
		(void)!hn_db_exec(h->db, "ROLLBACK", &ignored);
	hn_reason_wrap(&reason, error, "%.200s", h->stats.path);
	if (error == -ENOSPC)
		h->prune = h->no_room = true;
	if (error == -EBADMSG) {
		hn_helper_close(h);
		h->at++;
		h->session = 0;
		h->known = false; /* of what is open now the next file knows nothing */
	}
	h->retry.ns = hn_mono_now().ns + HN_HISTORY_RETRY_NS;
	say(h, &reason);
}

static void write_batch(struct hn_history *h, struct hn_job *batch[], unsigned n)
{
	struct hn_reason reason = {""};
	unsigned events = 0;
	size_t bytes = 0;
	int r;

	if (!hn_upkeep_in_place(h)) {
		put_back(h, batch, n);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		bytes += batch[i]->size;
	r = hn_space_for(&h->space, h->db, bytes, &reason);
	if (r == -EAGAIN) {
		put_back(h, batch, n);
		h->retry.ns = hn_mono_now().ns + MOMENT_NS;
		return;
	}
	if (r == 0)
		r = hn_db_exec(h->db, "BEGIN IMMEDIATE", &reason);
	for (unsigned i = 0; i < n && r >= 0; i++) {
		r = hn_rows_write(h->rows, batch[i], &reason);
		if (r == -E2BIG)
			r = 0; /* nothing that the agent makes is; never for ever in the way */
		events += batch[i]->kind == HN_JOB_EVENT;
	}
	if (r >= 0)
		r = hn_db_exec(h->db, "COMMIT", &reason);
	if (r < 0) {
		hn_helper_fail(h, batch, n, r, &reason);
		return;
	}
	h->unsaved = true;
	h->wrote = hn_mono_now();
	h->unpruned += bytes;
	h->prune |= h->unpruned >= h->space.batch / 2;
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
	pthread_mutex_unlock(&h->lock);
	pthread_cond_broadcast(&h->done);
}

static unsigned take_batch(struct hn_history *h, struct hn_job *batch[BATCH])
{
	/* Where it is full no more comes in than goes out. */
	const unsigned most = h->prune ? h->space.rows / 2 : BATCH;
	unsigned n = 0;
	size_t bytes = 0;

	while (n < most && h->jobs.first && (n == 0 || bytes + h->jobs.first->size <= h->space.batch)) {
		bytes += h->jobs.first->size;
		batch[n++] = hn_jobs_take(&h->jobs);
	}
	h->hurry = h->hurry && h->jobs.first;
	return n;
}

static int hash_next(struct hn_history *h, char ret[static HN_HASH_TEXT], int64_t *ret_size,
		     struct hn_reason *reason)
{
	char owner[128];

	if (h->hashing)
		return hn_hasher_step(h->hasher, h->wake, ret, ret_size, reason);
	pthread_mutex_lock(&h->lock);
	h->hashing = hn_jobs_take(&h->hashes);
	pthread_mutex_unlock(&h->lock);
	if (!h->hashing)
		return 1;
	snprintf(owner, sizeof(owner), "%.60s %.60s", h->hashing->text[0], h->hashing->text[1]);
	return hn_hasher_begin(h->hasher, owner, (pid_t)h->hashing->number[0], (uint64_t)h->hashing->number[1], reason) ?:
		       1;
}

/* What comes of it waits to be written like everything else. */
static void hash_some(struct hn_history *h)
{
	char sha256[HN_HASH_TEXT];
	struct hn_reason reason = {""};
	struct hn_job *done = NULL;
	int64_t size = 0;
	int r = hash_next(h, sha256, &size, &reason);

	if (!h->hashing)
		hn_hasher_rest(h->hasher);
	if (r == 1)
		return;
	if (reason.text[0]) {
		pthread_mutex_lock(&h->lock);
		h->stats.unhashed = reason;
		pthread_mutex_unlock(&h->lock);
	}
	/* Gone before it could be read: nothing is known, nothing is said. */
	if (r == 0)
		done = hn_job_new(HN_JOB_EXECUTABLE,
				  (const char *[HN_JOB_TEXTS]){h->hashing->text[0], h->hashing->text[1],
							       h->hashing->text[2], sha256});
	if (done) {
		done->number[0] = size;
		done->number[1] = hn_wall_now().ns;
		pthread_mutex_lock(&h->lock);
		if (!h->jobs.n)
			h->since = hn_mono_now();
		h->stats.not_stored += hn_jobs_put(&h->jobs, done);
		pthread_mutex_unlock(&h->lock);
	}
	free(h->hashing);
	h->hashing = NULL;
}

/* With the lock held: the queue is to be written now. */
static bool is_due(const struct hn_history *h)
{
	return h->db && h->jobs.n &&
	       (h->hurry || h->stop || h->jobs.n >= BATCH || hn_mono_now().ns - h->since.ns >= GATHER_NS);
}

/* Waits for work; with the lock held. False: it is to end, and nothing waits, or nothing waits any longer for it. */
static bool wait_for_work(struct hn_history *h)
{
	struct timespec until;
	int64_t ns = HN_NSEC_PER_SEC;

	if (h->stop && hn_mono_now().ns >= h->stop_by.ns)
		return false;
	if (is_due(h))
		return true;
	if (h->stop)
		return false;
	if (h->hashing || h->hashes.n)
		return true;
	if (h->db && h->jobs.n)
		ns = GATHER_NS;
	if (h->db && h->prune)
		ns = 0;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ns / HN_NSEC_PER_SEC;
	until.tv_nsec += ns % HN_NSEC_PER_SEC;
	if (until.tv_nsec >= HN_NSEC_PER_SEC) {
		until.tv_nsec -= HN_NSEC_PER_SEC;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&h->work, &h->lock, &until);
	return !h->stop || (h->jobs.n && h->db);
}

static void reopen(struct hn_history *h)
{
	struct hn_reason reason = {""};
	bool lent;

	pthread_mutex_lock(&h->lock);
	lent = h->readers > 0;
	pthread_mutex_unlock(&h->lock);
	if (lent) {
		h->retry.ns = hn_mono_now().ns + MOMENT_NS;
	} else if (hn_helper_open(h, &reason) < 0) {
		h->retry.ns = hn_mono_now().ns + HN_HISTORY_RETRY_NS;
		say(h, &reason);
	} else if (!h->known) {
		read_late(h);
	}
}

/* What could not be written is lost: the file does not say then that the agent ended well. */
static void end(struct hn_history *h)
{
	struct hn_reason ignored;
	struct hn_job *job;
	bool all;

	pthread_mutex_lock(&h->lock);
	all = !h->jobs.n;
	while ((job = hn_jobs_take(&h->jobs))) {
		if (job->kind == HN_JOB_CLUES)
			hn_helper_lose(h, (struct hn_wall){job->number[0]});
		free(job);
	}
	pthread_mutex_unlock(&h->lock);
	if (h->db && hn_upkeep_in_place(h) && hn_helper_tell_loss(h, &ignored) == 0 &&
	    hn_helper_beat(h, all, &ignored) == 0)
		(void)!hn_db_checkpoint(h->db, true, &ignored);
	hn_helper_close(h);
}

void *hn_helper_run(void *history)
{
	struct hn_history *h = history;
	struct hn_job *batch[BATCH];
	bool more = true;

	while (more) {
		unsigned n = 0;
		bool rest;

		pthread_mutex_lock(&h->lock);
		more = wait_for_work(h);
		if (h->stop && h->retry.ns > hn_mono_now().ns + MOMENT_NS)
			h->retry.ns = hn_mono_now().ns + MOMENT_NS;
		rest = hn_mono_now().ns < h->retry.ns;
		if (more && !rest && is_due(h))
			n = take_batch(h, batch);
		h->reads = !n;
		pthread_mutex_unlock(&h->lock);
		if (n)
			write_batch(h, batch, n);
		else if (more)
			hash_some(h);
		if (rest || hn_mono_now().ns < h->reopen.ns) {
			struct timespec nap = {0, 100000000};

			nanosleep(&nap, NULL);
			continue;
		}
		if (!h->db)
			reopen(h);
		else
			hn_upkeep(h);
	}
	end(h);
	return NULL;
}

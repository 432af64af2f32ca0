// SPDX-License-Identifier: Apache-2.0
/* The agent's side of the history. The database belongs to the helper thread. The caller puts copies into a bounded
 * queue; for what is urgent it waits until they are committed, at most 50 ms, and not at all while the store is behind or
 * broken. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hostnetd/map.h"
#include "hostnetd/str.h"

#include "podspec.h"
#include "store.h"

#define WAIT_NS (50 * HN_NSEC_PER_MSEC)
#define FLUSH_SECONDS 3
#define STOP_NS (2 * HN_NSEC_PER_SEC)
#define HASHES_BYTES ((size_t)256 * 1024) /* who waits longer than that has ended */

int hn_history_open(const struct hn_history_settings *settings, struct hn_history **ret, struct hn_reason *reason)
{
	_cleanup_(hn_history_cleanup) struct hn_history *h = calloc(1, sizeof(*h));
	struct hn_reason ignored;
	pthread_condattr_t attributes;

	if (!h)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	h->settings = *settings;
	h->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	h->whole = settings->clues.ns ? settings->clues : hn_wall_now();
	hn_jobs_init(&h->jobs, HN_JOBS_BYTES);
	hn_jobs_init(&h->hashes, HASHES_BYTES);
	pthread_mutex_init(&h->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&h->work, &attributes);
	pthread_cond_init(&h->done, &attributes);
	pthread_condattr_destroy(&attributes);
	h->listed = hn_map_new(HN_HISTORY_LISTED);
	h->hasher = hn_hasher_new(h->proc_root, settings->program);
	if (!h->listed || !h->hasher || h->wake < 0)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	if (!hn_strcpy(h->path, sizeof(h->path), settings->path) ||
	    !hn_strcpy(h->proc_root, sizeof(h->proc_root), settings->proc_root))
		return hn_reason_set(reason, -ENAMETOOLONG, "--store %.100s...: the name is too long",
				     settings->path);
	reason->text[0] = '\0';
	h->known = hn_helper_open(h, reason) == 0 &&
		   hn_restore_read(h->db, HN_RESTORE_NS, &h->restored, hn_helper_listed, h->listed, &ignored) == 0;
	if (!h->known || hn_helper_beat(h, false, &ignored) < 0) {
		h->retry.ns = hn_mono_now().ns + HN_HISTORY_RETRY_NS;
		h->behind = true;
		h->stats.problem = *reason;
		/* The file may come back with events of former runs: numbers from the clock lie above all of them. */
		if (!h->restored.last_seq)
			h->restored.last_seq = (uint64_t)hn_wall_now().ns / 1000;
		hn_helper_close(h);
	}
	hn_helper_say_cut(h, &h->restored);
	if (pthread_create(&h->thread, NULL, hn_helper_run, h) != 0)
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
		h->stop_by.ns = hn_mono_now().ns + STOP_NS;
		pthread_cond_signal(&h->work);
		pthread_mutex_unlock(&h->lock);
		pthread_join(h->thread, NULL);
	}
	hn_helper_close(h);
	hn_jobs_done(&h->jobs);
	hn_jobs_done(&h->hashes);
	free(h->hashing);
	hn_hasher_free(h->hasher);
	if (h->wake >= 0)
		close(h->wake);
	hn_restored_done(&h->restored);
	hn_restored_done(&h->late);
	hn_map_free(h->listed);
	hn_map_free(h->listed_before);
	hn_map_free(h->late_listed);
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->work);
	pthread_cond_destroy(&h->done);
	free(h);
}

/* Without the lock: whoever is woken would wait for it first. */
static void wake(struct hn_history *h, bool reads)
{
	pthread_cond_signal(&h->work);
	if (reads)
		(void)!eventfd_write(h->wake, 1);
}

/* Takes the job over. Waits for its commit where that is asked for. */
static void put(struct hn_history *h, struct hn_job *job, bool event, bool wait)
{
	struct timespec until;
	uint64_t ticket;
	bool first;
	int r = 0;

	pthread_mutex_lock(&h->lock);
	if (!job) {
		h->stats.not_stored += event;
		pthread_mutex_unlock(&h->lock);
		return;
	}
	ticket = job->ticket = ++h->put;
	first = !h->jobs.n;
	if (first)
		h->since = hn_mono_now();
	h->stats.not_stored += hn_jobs_put(&h->jobs, job);
	if (h->jobs.clues_dropped.ns)
		hn_helper_lose(h, h->jobs.clues_dropped);
	h->hurry |= wait;
	if (first || wait) {
		bool reads = wait && h->reads;

		pthread_mutex_unlock(&h->lock);
		wake(h, reads);
		pthread_mutex_lock(&h->lock);
	}
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

bool hn_history_flush(struct hn_history *h)
{
	struct timespec until;
	bool all;
	int r = 0;

	pthread_mutex_lock(&h->lock);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += FLUSH_SECONDS;
	h->hurry = true;
	pthread_cond_signal(&h->work);
	while (h->written < h->put && r == 0)
		r = pthread_cond_timedwait(&h->done, &h->lock, &until);
	all = h->written >= h->put && !h->stats.not_stored;
	pthread_mutex_unlock(&h->lock);
	return all;
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
		pthread_mutex_lock(&h->lock);
		job->number[3] = f->first_seen.ns >= h->whole.ns;
		pthread_mutex_unlock(&h->lock);
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

void hn_history_put_clues(struct hn_history *h, const char *finding, struct hn_str *list)
{
	struct hn_job *job;

	hn_str_putc(list, ']');
	job = list->failed ? NULL :
			     hn_job_new(HN_JOB_CLUES, (const char *[HN_JOB_TEXTS]){finding, hn_str_get(list)});
	if (!job) {
		hn_history_lose_clues(h);
		return;
	}
	job->number[0] = hn_wall_now().ns;
	put(h, job, false, false);
}

void hn_history_lose_clues(struct hn_history *h)
{
	pthread_mutex_lock(&h->lock);
	hn_helper_lose(h, hn_wall_now());
	pthread_mutex_unlock(&h->lock);
}

void hn_history_put_pod(struct hn_history *h, const struct hn_finding *finding, const struct hn_pod *pod,
			const struct hn_catalogue *catalogue)
{
	_cleanup_(hn_str_done) struct hn_str body = {0};
	struct hn_job *job;

	hn_podspec_json(pod, catalogue, &body);
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
		pthread_mutex_lock(&h->lock);
		hn_jobs_put(&h->hashes, job);
		pthread_mutex_unlock(&h->lock);
		wake(h, false);
	}
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

void hn_history_put_exceptions(struct hn_history *h, const struct hn_exception_book *book)
{
	_cleanup_(hn_str_done) struct hn_str lines = {0};
	struct hn_exception_memory m;
	struct hn_job *job;
	size_t cursor = 0;

	while (hn_exception_book_next(book, &cursor, &m))
		hn_str_printf(&lines, "%lld %lld %lld %lld %lld %s\n", (long long)m.since.ns,
			      (long long)m.matched.ns, (long long)m.told.ns, (long long)m.digest,
			      (long long)m.expired.ns, m.name);
	if (lines.failed)
		return;
	job = hn_job_new(HN_JOB_EXCEPTIONS, (const char *[HN_JOB_TEXTS]){hn_str_get(&lines)});
	if (job)
		job->number[0] = hn_wall_now().ns;
	put(h, job, false, false);
}

void hn_history_recall_exceptions(const struct hn_history *h, struct hn_exception_book *book)
{
	for (size_t i = 0; i < h->restored.n_exceptions; i++)
		hn_exception_book_recall(book, &h->restored.exceptions[i]);
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

bool hn_history_came_late(struct hn_history *h, struct hn_wall *ret_until, bool *ret_clean)
{
	struct hn_restored before = h->restored; /* events have gone on from its number */
	bool late;

	pthread_mutex_lock(&h->lock);
	late = h->late_listed;
	if (late) {
		*ret_until = h->late.until;
		*ret_clean = h->late.clean;
		if (h->listed_before)
			hn_map_free(h->listed);
		else
			h->listed_before = h->listed;
		h->listed = TAKE_PTR(h->late_listed);
		h->restored = h->late;
		h->late = (struct hn_restored){0};
		h->restored.last_seq = before.last_seq;
		if (before.until.ns) {
			h->restored.until = before.until;
			h->restored.clean = before.clean;
		}
		hn_restored_done(&before);
	}
	pthread_mutex_unlock(&h->lock);
	return late;
}

bool hn_history_knows_pod(const struct hn_history *h, const char *uid)
{
	return hn_map_get(h->listed, uid, strlen(uid)) ||
	       (h->listed_before && hn_map_get(h->listed_before, uid, strlen(uid)));
}

void hn_history_restore(const struct hn_history *h, void (*take)(const struct hn_finding *finding, void *arg),
			void *arg)
{
	for (size_t i = 0; i < h->restored.n; i++)
		take(&h->restored.findings[i], arg);
}

void hn_history_restore_done(struct hn_history *h)
{
	hn_restored_forget(&h->restored);
}

// SPDX-License-Identifier: Apache-2.0
#include "job.h"

#include <stdlib.h>
#include <string.h>

struct hn_job *hn_job_new(enum hn_job_kind kind, const char *const text[HN_JOB_TEXTS])
{
	size_t length[HN_JOB_TEXTS], size = sizeof(struct hn_job);
	struct hn_job *job;
	char *at;

	for (size_t i = 0; i < HN_JOB_TEXTS; i++)
		size += length[i] = text[i] ? strlen(text[i]) + 1 : 1;
	job = calloc(1, size);
	if (!job)
		return NULL;
	job->kind = kind;
	job->size = size;
	at = job->bytes;
	for (size_t i = 0; i < HN_JOB_TEXTS; i++) {
		if (text[i])
			memcpy(at, text[i], length[i]);
		job->text[i] = at;
		at += length[i];
	}
	return job;
}

void hn_jobs_init(struct hn_jobs *q, size_t most)
{
	*q = (struct hn_jobs){.most = most};
	q->end = &q->first;
}

void hn_jobs_done(struct hn_jobs *q)
{
	struct hn_job *job;

	while ((job = hn_jobs_take(q)))
		free(job);
}

unsigned hn_jobs_put(struct hn_jobs *q, struct hn_job *job)
{
	unsigned gone = 0;

	while (q->first && q->bytes + job->size > q->most) {
		struct hn_job *oldest = hn_jobs_take(q);

		gone += oldest->kind == HN_JOB_EVENT;
		if (oldest->kind == HN_JOB_CLUES && !q->clues_dropped.ns)
			q->clues_dropped.ns = oldest->number[0];
		free(oldest);
	}
	job->next = NULL;
	*q->end = job;
	q->end = &job->next;
	q->bytes += job->size;
	q->n++;
	return gone;
}

struct hn_job *hn_jobs_take(struct hn_jobs *q)
{
	struct hn_job *job = q->first;

	if (!job)
		return NULL;
	q->first = job->next;
	if (!q->first)
		q->end = &q->first;
	q->bytes -= job->size;
	q->n--;
	return job;
}

void hn_jobs_put_back(struct hn_jobs *q, struct hn_job *job)
{
	job->next = q->first;
	if (!q->first)
		q->end = &job->next;
	q->first = job;
	q->bytes += job->size;
	q->n++;
}

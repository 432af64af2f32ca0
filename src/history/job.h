/* SPDX-License-Identifier: Apache-2.0 */
/* What waits to be written: a bounded queue of copies. Not locked: its owner does. */
#ifndef HOSTNETD_HISTORY_JOB_H
#define HOSTNETD_HISTORY_JOB_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hostnetd/time.h"

/* HASH: a wish to be read; EXECUTABLE: what came of it. */
enum hn_job_kind {
	HN_JOB_EVENT,
	HN_JOB_FINDING,
	HN_JOB_POD,
	HN_JOB_CLUES,
	HN_JOB_LISTED,
	HN_JOB_EXCEPTIONS,
	HN_JOB_HASH,
	HN_JOB_EXECUTABLE,
};

#define HN_JOB_TEXTS 12
struct hn_job {
	struct hn_job *next;
	enum hn_job_kind kind;
	uint64_t ticket;
	size_t size;
	int64_t number[4];
	const char *text[HN_JOB_TEXTS]; /* into `bytes`; never NULL */
	char bytes[];
};

#define HN_JOBS_BYTES ((size_t)8 * 1024 * 1024)
struct hn_jobs {
	struct hn_job *first, **end;
	size_t bytes, n, most;        /* `most` bytes */
	struct hn_wall clues_dropped; /* when the first job of that kind that had to go was put; 0: none had */
};

struct hn_job *hn_job_new(enum hn_job_kind kind, const char *const text[HN_JOB_TEXTS]); /* NULL: no memory */
void hn_jobs_init(struct hn_jobs *q, size_t most);
void hn_jobs_done(struct hn_jobs *q);
/* Takes the job over. Returns how many events had to go for it: the oldest. */
unsigned hn_jobs_put(struct hn_jobs *q, struct hn_job *job);
struct hn_job *hn_jobs_take(struct hn_jobs *q);               /* the first, or NULL; the caller frees it */
void hn_jobs_put_back(struct hn_jobs *q, struct hn_job *job); /* in front */

#endif

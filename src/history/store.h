/* SPDX-License-Identifier: Apache-2.0 */
/* The history from inside: store.c is the agent's side, helper.c the thread to which the database belongs. */
#ifndef HOSTNETD_HISTORY_STORE_H
#define HOSTNETD_HISTORY_STORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "hostnetd/history.h"

#include "file.h"
#include "hasher.h"
#include "job.h"
#include "place.h"
#include "restore.h"
#include "rows.h"
#include "space.h"

#define HN_HISTORY_RETRY_NS (5 * HN_NSEC_PER_SEC)

struct hn_history {
	struct hn_history_settings settings;
	char path[HN_HISTORY_PATH], proc_root[256];
	/* The caller's. */
	struct hn_restored restored;
	struct hn_map *listed, *listed_before; /* in this file; NULL, or in the one that was open at first */
	/* Shared. */
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct hn_restored late; /* what the thread read, where the file could not be opened at the start; with */
	struct hn_map *late_listed;  /* the pods that were listed: NULL where there is nothing new */
	struct hn_jobs jobs, hashes; /* what is to be written; what is to be read first */
	uint64_t put, written;       /* tickets */
	bool behind, stop;
	struct hn_mono stop_by; /* what is not written then is lost */
	bool open;              /* a file is; readers beside it may be lent that one, and no other is opened */
	unsigned readers;       /* while one of them has it */
	struct hn_wall whole;   /* since when no clue was lost */
	struct hn_wall lost;    /* the first that was, where the file does not say so yet; 0: none */
	bool hurry;             /* somebody waits for what is in the queue */
	bool reads;             /* the thread waits for a hash, and is woken by this besides: */
	int wake;               /* an eventfd */
	struct hn_mono since;   /* when the queue's first job came */
	struct hn_history_stats stats;
	/* The thread's. */
	struct hn_db *db;
	struct hn_rows *rows;
	struct hn_hasher *hasher;
	struct hn_job *hashing; /* whose file is being read */
	unsigned at;            /* which of the names */
	struct hn_place place;
	struct hn_space space;
	struct hn_mono retry, heartbeat, measured;
	struct hn_mono missing; /* since when the file is not in its place; 0: it is */
	struct hn_mono reopen;  /* who puts another file in the place of this one is given time until then */
	struct hn_mono wrote;
	size_t unpruned; /* bytes of jobs that were written since that was looked into */
	bool prune, no_room;
	bool unsaved; /* written since the log was last written back */
	bool known;   /* what a former run left was read */
	int64_t session, session_started;
};

#define HN_HISTORY_LISTED 16384

/* hn_restore_read() with a struct hn_map * of uids. */
void hn_helper_listed(const char *uid, void *map);
/* With the lock held: says it where not all was read. */
void hn_helper_say_cut(struct hn_history *h, const struct hn_restored *restored);
/* With the lock held: clues that were put since then are not in the file, nor will be. */
void hn_helper_lose(struct hn_history *h, struct hn_wall since);
/* All clues that were put are in a file that another takes the place of. */
void hn_helper_leave_behind(struct hn_history *h);
/* When all that waited is written: rows that are there since do not know of it. */
_must_check_ int hn_helper_tell_loss(struct hn_history *h, struct hn_reason *reason);
/* Opens the next usable file, and marks that the agent watches. */
_must_check_ int hn_helper_open(struct hn_history *h, struct hn_reason *reason);
_must_check_ int hn_helper_beat(struct hn_history *h, bool clean, struct hn_reason *reason);
/* Of a file that is not in its place nothing stays there. True: its log had to be put aside (place.h). */
bool hn_helper_close(struct hn_history *h);
void *hn_helper_run(void *history); /* the thread */
/* What was to be written goes back to where it was, and is tried again later. */
void hn_helper_fail(struct hn_history *h, struct hn_job *batch[], unsigned n, int error,
		    const struct hn_reason *problem);
/* One small step of what is to be done besides: the heartbeat, what is too old or too much, the log, the measures. */
void hn_upkeep(struct hn_history *h);
/* False: the file is not where it was opened. It is left, whole if that can be, and another will be opened in its place. */
_must_check_ bool hn_upkeep_in_place(struct hn_history *h);

#endif

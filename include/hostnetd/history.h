/* SPDX-License-Identifier: Apache-2.0 */
/* The history: an SQLite file with the findings, the events that explain them, the pods' specs and the executables.
 * Knows neither agent nor report: findings and events come as JSON, with the few columns that are searched beside. */
#ifndef HOSTNETD_HISTORY_H
#define HOSTNETD_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hostnetd/clue.h"
#include "hostnetd/exception.h"
#include "hostnetd/finding.h"
#include "hostnetd/macro.h"
#include "hostnetd/pod.h"
#include "hostnetd/reason.h"
#include "hostnetd/time.h"

struct hn_str;

struct hn_history_settings {
	const char *path;
	int64_t max_bytes; /* the oldest goes first */
	int64_t max_age_ns;
	const char *proc_root; /* for the executables' hashes */
	const char *program;   /* this program, which is started once more to read them; NULL: none is hashed */
	bool watches;          /* while it is open somebody watches the node: what lies between are gaps */
	struct hn_wall clues;  /* since when all clues are put; 0: since it is opened */
};

struct hn_history;

/* For the agent. A file of a newer version, one that is corrupt or is not ours is left as it is: another name beside it
 * is used (FILE.1 ...), and `reason` says so (text "" where all is well). Where no file can be used (read-only, full,
 * another's) it returns 0 too, keeps events in a bounded queue and tries again; `reason` says why. -ENOMEM: no memory. */
_must_check_ int hn_history_open(const struct hn_history_settings *settings, struct hn_history **ret,
				 struct hn_reason *reason);
/* Commits what waits, for 2 s at most; if that was all, marks a clean end. */
void hn_history_free(struct hn_history *h);
HN_DEFINE_CLEANUP(struct hn_history, hn_history_free, hn_history_cleanup)

/* One event to keep. All borrowed. */
struct hn_history_event {
	uint64_t seq;
	struct hn_wall time;
	struct hn_mono mono;
	const char *type;
	const char *json;    /* the event as it is served */
	const char *finding; /* its id; "": it concerns none */
	bool urgent;         /* on the disk before the call returns, unless the store is slow or broken */
};
/* The finding as it is now; an urgent event that is put after it is committed with it. */
void hn_history_put_finding(struct hn_history *h, const struct hn_finding *f, const char *json);
void hn_history_put(struct hn_history *h, const struct hn_history_event *event);
/* The pod's spec, with values redacted, kept once a pod and content. Of an annotation's value only what `catalogue` asks
 * for by name is kept: a word that is public. */
void hn_history_put_pod(struct hn_history *h, const struct hn_finding *finding, const struct hn_pod *pod,
			const struct hn_catalogue *catalogue);
/* Adds the clue to a list "[{...},{...}]" for put_clues(), begun if `list` is empty; arguments are redacted. */
void hn_history_add_clue(struct hn_str *list, const struct hn_clue *clue, struct hn_wall time);
/* Clues of one finding; the list is closed here. Of each kind the first HN_HISTORY_... are kept, once each; of so many more
 * it is known how many there were. */
void hn_history_put_clues(struct hn_history *h, const char *finding, struct hn_str *list);
/* Clues were not put: findings that are there now are kept with what is known, and say so. */
void hn_history_lose_clues(struct hn_history *h);
#define HN_HISTORY_PROGRAMS 128
#define HN_HISTORY_DEVICES 64
#define HN_HISTORY_LIBRARIES 512
#define HN_HISTORY_PORTS 64
#define HN_HISTORY_CLUES_LEFT 1024 /* so many more are counted, a kind */
/* Asks for the hash of what the process runs. Done by the helper thread; nothing waits for it. */
void hn_history_want_hash(struct hn_history *h, const char *finding, const char *container,
			  const struct hn_finding_process *p);

/* Waits until all that was put is on the disk, for 3 s at most. */
_must_check_ bool hn_history_flush(struct hn_history *h);

struct hn_history_stats {
	bool works;               /* the last attempt to write succeeded */
	uint64_t stored;          /* events on the disk */
	uint64_t not_stored;      /* events that are lost to the history */
	uint64_t clues_lost;      /* how often clues were: what is put once only is to be put again */
	uint64_t bypassed;        /* events that went through the queue because the store was slow */
	int64_t bytes;            /* of the file, its log included */
	char path[512];           /* the file in use */
	unsigned opened;          /* how often one was: another one may have the same name */
	struct hn_reason problem; /* "" if none */
	struct hn_reason
		unhashed; /* why an executable, the last such one, could not be read; "": none was in the way */
};
void hn_history_stats(struct hn_history *h, struct hn_history_stats *ret);
uint64_t hn_history_last_seq(const struct hn_history *h);
/* When the agent was last known to watch before this run, and whether it ended cleanly; false: there was none. */
bool hn_history_last_run(const struct hn_history *h, struct hn_wall *ret_until, bool *ret_clean);
/* The pods of the kubelet's last answer: kept, so that knows_pod() is true of them in later runs. */
void hn_history_put_listed(struct hn_history *h, const struct hn_podlist *pods);
bool hn_history_knows_pod(const struct hn_history *h, const char *uid); /* the kubelet listed it in a former run */
/* The findings that were open or shared when the last run ended, and those resolved in the ten minutes before: only what
 * goes on (id, pod, containers, verdict, times); processes and sockets are seen anew. */
void hn_history_restore(const struct hn_history *h, void (*take)(const struct hn_finding *finding, void *arg),
			void *arg);
/* They were taken: their memory is given back, tens of KiB each. */
void hn_history_restore_done(struct hn_history *h);
/* True once, where the file could not be opened at the start and was opened since, or where another took its place while the
 * agent ran: what a former run left in it is known from now on, to restore(), last_run(), knows_pod() and
 * recall_exceptions(), and nothing is in it of what is now. `ret_until`: when it was last written to; 0: it is a new one. */
bool hn_history_came_late(struct hn_history *h, struct hn_wall *ret_until, bool *ret_clean);
/* What is remembered of the rules, in place of what was kept before; and what a former run remembered, given to the book. */
void hn_history_put_exceptions(struct hn_history *h, const struct hn_exception_book *book);
void hn_history_recall_exceptions(const struct hn_history *h, struct hn_exception_book *book);

/* For readers: another machine, no root, a copy. Beside a file that an agent writes to SQLite may make its -shm file; of
 * a copy without its -wal nothing is touched. */
struct hn_history_reader;
_must_check_ int hn_history_read(const char *path, struct hn_history_reader **ret, struct hn_reason *reason);
void hn_history_reader_free(struct hn_history_reader *r);
HN_DEFINE_CLEANUP(struct hn_history_reader, hn_history_reader_free, hn_history_reader_cleanup)

/* A reader beside the writer, for the agent's own loop: each statement of it gives up after 50 ms, and callers ask for so few
 * rows that it takes well below one. -ENOENT: no file is in use. It is freed before `h`, and soon after it is not current any
 * more: until then the store opens no other file. */
_must_check_ int hn_history_beside(struct hn_history *h, struct hn_history_reader **ret, struct hn_reason *reason);
bool hn_history_is_current(const struct hn_history_reader *r); /* false: the store has left the file */

/* NULL and 0: no such condition. Texts are equal or not: no globs. */
struct hn_history_filter {
	struct hn_wall since, until;
	const char *finding; /* id, or its beginning; of events the whole id */
	const char *ns, *pod, *workload, *cause, *state;
	const char *type;   /* of events only; the others of findings only */
	uint64_t after_seq; /* events: a cursor */
	int64_t limit;      /* 0: 1,000 */
};

/* What is shown of a row besides its JSON. */
enum hn_history_field {
	/* Findings. */
	HN_HISTORY_STATE,
	HN_HISTORY_CAUSE,
	HN_HISTORY_SEVERITY,
	HN_HISTORY_VERDICT,
	HN_HISTORY_PRODUCT,
	HN_HISTORY_NAMESPACE,
	HN_HISTORY_POD,
	HN_HISTORY_KIND,
	HN_HISTORY_WORKLOAD,
	HN_HISTORY_TITLE,
	HN_HISTORY_RESOLVED, /* nanoseconds; "0": it is not */
	HN_HISTORY_WHOLE, /* "1": its clues are kept from the first sight on; "0": some were lost; "": an older form */
	/* Events; STATE and SEVERITY too. */
	HN_HISTORY_CONTAINER,
	HN_HISTORY_PID,
	HN_HISTORY_START, /* with the pid a process's identity */
	HN_HISTORY_PARENT,
	HN_HISTORY_ANCESTORS, /* for a person: "bash 12 < sshd 7" */
	HN_HISTORY_COMM,
	HN_HISTORY_EXE,
	HN_HISTORY_ARGV, /* a JSON list */
	HN_HISTORY_ADDRESS,
	HN_HISTORY_PORT,
	HN_HISTORY_CONTACT,
	HN_HISTORY_CHANGED, /* a JSON list */
	HN_HISTORY_TEXT,
	HN_HISTORY_COUNT,
	HN_HISTORY_SHA256, /* executables too */
	/* What the agent says of its watching; TEXT and COUNT too. "", or a time as in every document. */
	HN_HISTORY_SINCE,
	HN_HISTORY_UNTIL,
	HN_HISTORY_FIELD_MAX,
};

/* One row: what it holds is hostile. Valid during the callback. `json` is one valid JSON value in one line. */
struct hn_history_row {
	uint64_t seq;
	const char *id; /* of the finding; "" if none */
	const char *type;
	const char *json;
	struct hn_wall time, until;              /* findings: first and last sight */
	const char *field[HN_HISTORY_FIELD_MAX]; /* "" if there is none */
};
/* Returns false to stop. */
typedef bool hn_history_callback(const struct hn_history_row *row, void *arg);
/* The last seen first. */
_must_check_ int hn_history_findings(struct hn_history_reader *r, const struct hn_history_filter *filter,
				     hn_history_callback *callback, void *arg, struct hn_reason *reason);
/* In the order in which they happened. */
_must_check_ int hn_history_events(struct hn_history_reader *r, const struct hn_history_filter *filter,
				   hn_history_callback *callback, void *arg, struct hn_reason *reason);
/* Refused attempts to enter the host netns, in their order, those included of which no finding followed. */
_must_check_ int hn_history_refusals(struct hn_history_reader *r, const struct hn_history_filter *filter,
				     hn_history_callback *callback, void *arg, struct hn_reason *reason);
/* What the agent said of its own watching (agent.started, .stopped, .gap, .lost), the newest first. A gap counts where it
 * overlaps [since, until], the others where they lie within; 0: no bound, of `limit` neither. */
_must_check_ int hn_history_watching(struct hn_history_reader *r, struct hn_wall since, struct hn_wall until,
				     int64_t limit, hn_history_callback *callback, void *arg,
				     struct hn_reason *reason);
/* How the last run's watching ended, as far as the file knows. */
enum hn_history_end {
	HN_HISTORY_UNWATCHED,  /* no run of the agent is in it, or it is of a form that does not say */
	HN_HISTORY_STOPPED,    /* it was told to stop */
	HN_HISTORY_BROKEN_OFF, /* it was killed, or the file is a copy from when it ran */
	HN_HISTORY_GOES_ON,    /* somebody has the file open */
};
struct hn_history_watched {
	enum hn_history_end end;
	struct hn_wall until; /* seconds before the true end, where it broke off */
	bool no_log;          /* broken off, and nothing lies beside the file: it may be older than it could be */
};
_must_check_ int hn_history_watched(struct hn_history_reader *r, struct hn_history_watched *ret,
				    struct hn_reason *reason);
/* A few events for a reader that goes on from there: of one finding (its whole id) or of all (NULL), those above `after` with
 * the oldest first; or, where `before` is not 0, those below it with the newest first. Rows have no fields. A body that is no
 * JSON is "": the row is there for the caller to go on behind it. */
struct hn_history_place {
	const char *finding;
	uint64_t after, before;
	int64_t limit;
};
_must_check_ int hn_history_piece(struct hn_history_reader *r, const struct hn_history_place *place,
				  hn_history_callback *callback, void *arg, struct hn_reason *reason);
/* A few findings, the last seen first, behind the one that was last seen at `until` and has this id (0: from the start). A row
 * has the id, its times and HN_HISTORY_STATE. */
_must_check_ int hn_history_ids(struct hn_history_reader *r, struct hn_wall until, const char *id, int64_t limit,
				hn_history_callback *callback, void *arg, struct hn_reason *reason);
/* One finding: what hn_history_restore() gives of it, without evidence, and the JSON that was kept.
 * hn_finding_done() frees what it owns. -ENOENT. */
_must_check_ int hn_history_finding(struct hn_history_reader *r, const char *id, struct hn_finding *ret,
				    struct hn_str *json, struct hn_reason *reason);
/* Of one finding (its whole id) who it was, why it is AI, and which rule accepts it until when, in a person's order: a row's type
 * is the fact's label ("  ..." belongs to the one before), HN_HISTORY_TEXT what it says. */
_must_check_ int hn_history_facts(struct hn_history_reader *r, const char *finding, hn_history_callback *callback,
				  void *arg, struct hn_reason *reason);
/* The finding's pod, as the kubelet would list it. */
_must_check_ int hn_history_pods(struct hn_history_reader *r, const char *finding, hn_history_callback *callback,
				 void *arg, struct hn_reason *reason);
/* Its clues in the order in which they came; false: stop. */
typedef bool hn_history_clue_callback(const struct hn_clue *clue, void *arg);
_must_check_ int hn_history_clues(struct hn_history_reader *r, const char *finding,
				  hn_history_clue_callback *callback, void *arg, struct hn_reason *reason);
/* The same as rows: the JSON has kind, pid, name, argv and port. */
_must_check_ int hn_history_clue_rows(struct hn_history_reader *r, const char *finding,
				      hn_history_callback *callback, void *arg, struct hn_reason *reason);
/* What spoke against AI when it was judged last: a row's type is the signal, HN_HISTORY_TEXT the value. */
_must_check_ int hn_history_against(struct hn_history_reader *r, const char *finding,
				    hn_history_callback *callback, void *arg, struct hn_reason *reason);
/* How many of each kind were seen besides those that are kept; HN_HISTORY_CLUES_LEFT: or more. */
_must_check_ int hn_history_clues_left(struct hn_history_reader *r, const char *finding,
				       size_t ret[static HN_CLUE_KIND_MAX], struct hn_reason *reason);
_must_check_ int hn_history_executables(struct hn_history_reader *r, const char *finding,
					hn_history_callback *callback, void *arg, struct hn_reason *reason);
/* The words of a row's HN_HISTORY_ARGV, each with a NUL behind it, at most `size` bytes. Returns how many bytes. */
size_t hn_history_argv(struct hn_history_reader *r, const char *argv, char *out, size_t size);

/* The first word for the program that is started once more to read the executables; the second is settings.proc_root. It
 * serves its parent, over standard input, until that closes. -errno: there is no parent. */
#define HN_HISTORY_HASHER "hash-executables"
_must_check_ int hn_history_hasher_serve(const char *proc_root);

/* SHA-256 in hex, for the bundle. */
#define HN_HISTORY_DIGEST 65
void hn_history_digest(const void *bytes, size_t n, char ret[static HN_HISTORY_DIGEST]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Gaps in watching: what nobody saw is no proof that nothing was. */
#ifndef HOSTNETD_CMD_HISTORY_WATCH_H
#define HOSTNETD_CMD_HISTORY_WATCH_H

#include "hostnetd/history.h"

#define HN_WATCH_MAX 1000

struct hn_str;
struct hn_json;

struct hn_watch_row {
	uint64_t seq;
	struct hn_wall time;
	char *type, *json, *since, *until, *text, *count;
};

/* The newest rows, the newest first; the older ones are only counted. */
struct hn_watch {
	bool gaps_only;
	size_t most; /* rows, and it stops when there is one more; 0: HN_WATCH_MAX, and all are counted */
	struct hn_watch_row *rows;
	size_t n, bytes;
	uint64_t found;
	bool failed;
};

/* `gaps_only`: of agent.gap only. */
_must_check_ int hn_watch_read(struct hn_watch *w, struct hn_history_reader *r, struct hn_wall since,
			       struct hn_wall until, struct hn_reason *reason);
void hn_watch_done(struct hn_watch *w);

/* For a person: "not watched from ... until ...: the agent was stopped". Escaped. */
void hn_watch_tell(const struct hn_watch_row *row, struct hn_str *out);
/* The list's line on gaps; nothing where there is none. */
void hn_watch_line(const struct hn_watch *w, unsigned width, struct hn_str *out);
/* {"count": how many, "spans": the newest}. */
void hn_watch_json(const struct hn_watch *w, struct hn_json *j);

/* Until when anybody watched at all: what is open in a copy is not open now. Nothing where it is not known. */
void hn_watch_end_line(const struct hn_history_watched *w, unsigned width, struct hn_str *out);
/* The key "watched" and {"until", "end": "stopped", "broken-off" or "none", "logMissing"}. */
void hn_watch_end_json(const struct hn_history_watched *w, struct hn_json *j);

#endif

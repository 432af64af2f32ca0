/* SPDX-License-Identifier: Apache-2.0 */
/* Between the agent and the history: which events are kept, with what of the finding, and what goes on after a restart. */
#ifndef HOSTNETD_RECORDER_H
#define HOSTNETD_RECORDER_H

#include "hostnetd/agent.h"
#include "hostnetd/history.h"
#include "hostnetd/str.h"

#include "ledger.h"
#include "outlets.h"
#include "said.h"
#include "settings.h"

struct hn_recorder {
	struct hn_history *history; /* NULL: --store none */
	const struct hn_identity *who;
	struct hn_kubelet *kubelet;           /* set before the first event */
	const struct hn_catalogue *catalogue; /* that is in use */
	struct hn_ledger ledger;
	uint64_t clues_lost; /* as far as is known */
	struct hn_str event, finding;
	struct hn_wall opened;         /* when the agent began */
	bool wrote;                    /* a file was open before */
	struct hn_said said;           /* the store's problem */
	struct hn_said unhashed;       /* why an executable has no hash */
	uint64_t not_stored, bypassed; /* as far as was logged */
	struct hn_mono slow;           /* when that was logged last */
};

/* Opens the store, says what is to be said of it, and puts it first among the outlets. -ENOMEM, -ENAMETOOLONG. */
_must_check_ int hn_recorder_open(struct hn_recorder *r, const struct hn_settings *s,
				  const struct hn_identity *who, struct hn_outlets *outlets,
				  struct hn_reason *reason);
void hn_recorder_close(struct hn_recorder *r);
/* The former run's findings, and the gap since then. */
void hn_recorder_resume(struct hn_recorder *r, struct hn_agent *agent, struct hn_outlets *outlets);
/* The same, once, where the store could not be opened before, or another file took its place; and what is now is put into it.
 * `book` may be NULL. Cheap. */
void hn_recorder_catch_up(struct hn_recorder *r, struct hn_agent *agent, struct hn_outlets *outlets,
			  struct hn_exception_book *book);
/* What a verdict takes in. Costs little for what is put already. */
void hn_recorder_take_clue(struct hn_recorder *r, const struct hn_finding *finding, const struct hn_clue *clue);
/* The kubelet has answered. */
void hn_recorder_answered(struct hn_recorder *r, const struct hn_agent *agent);
/* What is remembered of the rules: from the former run, and for the next one. `book` may be NULL. */
void hn_recorder_recall(const struct hn_recorder *r, struct hn_exception_book *book);
void hn_recorder_remember(const struct hn_recorder *r, const struct hn_exception_book *book);
/* Puts the clues that wait, logs what has changed of the store. Cheap. */
void hn_recorder_say(struct hn_recorder *r);
bool hn_recorder_listed_before(const struct hn_recorder *r, const char *uid);

#endif

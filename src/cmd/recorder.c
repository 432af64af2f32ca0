// SPDX-License-Identifier: Apache-2.0
#include "recorder.h"

#include <errno.h>
#include <string.h>

#include "hostnetd/log.h"
#include "hostnetd/str.h"

#define CLUES_BYTES ((size_t)256 * 1024) /* that wait for the end of a turn */
#define RECALL_NS (2 * HN_NSEC_PER_SEC)  /* for what a former run's verdicts rested on, the last seen first */
#define SLOW_NS (60 * HN_NSEC_PER_SEC)   /* between two words on a slow store */

/* Comings and goings as well as findings: history keeps every container that shared, AI or not, and a next run goes on from
 * what this one told of them. Once: whoever waits for a finding waits for all that is written before it. */
static bool renews_finding(const struct hn_event *e)
{
	return e->change ||
	       (e->notice && !e->notice->change_follows &&
		(e->notice->type == HN_NOTICE_CONTAINER_JOINED || e->notice->type == HN_NOTICE_CONTAINER_LEFT));
}

void hn_recorder_take_clue(struct hn_recorder *r, const struct hn_finding *finding, const struct hn_clue *clue)
{
	if (!r->history)
		return;
	if (hn_ledger_full(&r->ledger))
		hn_ledger_flush(&r->ledger, r->history);
	hn_ledger_take(&r->ledger, finding, clue);
}

static void keep_finding(struct hn_recorder *r, const struct hn_finding *f)
{
	const struct hn_podlist *pods = hn_kubelet_pods(r->kubelet);
	const struct hn_pod *pod = pods && f->pod_uid[0] ? hn_podlist_find(pods, f->pod_uid) : NULL;
	struct hn_finding now = *f;
	bool present = false;

	for (size_t i = 0; i < f->n_containers; i++)
		present |= f->containers[i].present;
	/* The last container left, and nobody will speak of it again: it was never a finding. */
	if (!present && f->state == HN_STATE_SHARING)
		now.state = HN_STATE_GONE;
	hn_report_finding_json(r->who, &now, &r->finding);
	if (!r->finding.failed)
		hn_history_put_finding(r->history, &now, hn_str_get(&r->finding));
	hn_str_clear(&r->finding);
	if (pod)
		hn_history_put_pod(r->history, f, pod, r->catalogue);
}

static void keep(void *self, const struct hn_event *e)
{
	struct hn_recorder *r = self;
	const struct hn_finding *f = hn_event_finding(e);
	const struct hn_happening *h = e->happening;
	struct hn_history_event kept = {.seq = e->seq,
					.time = e->time,
					.mono = e->mono,
					.type = hn_event_type_name(e),
					.finding = f ? f->id : "",
					.urgent = renews_finding(e)};

	hn_ledger_flush(&r->ledger, r->history);
	/* A refused attempt is kept under the id of the finding that may follow, and makes none. */
	if (f && renews_finding(e))
		keep_finding(r, f);
	hn_report_event_json(e, &r->event);
	kept.json = hn_str_get(&r->event);
	if (!r->event.failed)
		hn_history_put(r->history, &kept);
	hn_str_clear(&r->event);
	if (h && h->process && (h->type == HN_HAPPENING_EXEC || h->type == HN_HAPPENING_ENTERED))
		hn_history_want_hash(r->history, f->id, h->container->id, h->process);
}

/* Was there a file at the start, if not the first choice? */
static bool is_used(struct hn_history *history)
{
	struct hn_history_stats stats;

	hn_history_stats(history, &stats);
	return stats.opened > 0;
}

int hn_recorder_open(struct hn_recorder *r, const struct hn_settings *s, const struct hn_identity *who,
		     struct hn_outlets *outlets, struct hn_reason *reason)
{
	struct hn_history_settings settings = {.path = s->store,
					       .max_bytes = s->history_size,
					       .max_age_ns = s->history_age,
					       .proc_root = s->proc_root,
					       .program = "/proc/self/exe",
					       .watches = true};
	int error;

	*r = (struct hn_recorder){.who = who, .opened = hn_wall_now()};
	hn_ledger_init(&r->ledger, CLUES_BYTES);
	if (strcmp(s->store, "none") == 0)
		return 0;
	error = hn_history_open(&settings, &r->history, reason);
	if (error < 0)
		return error;
	r->wrote = is_used(r->history);
	hn_recorder_say(r);
	if (hn_history_last_seq(r->history) > outlets->seq) /* the clock was set back */
		outlets->seq = hn_history_last_seq(r->history);
	hn_outlets_add(outlets, keep, r);
	return 0;
}

void hn_recorder_close(struct hn_recorder *r)
{
	if (r->history)
		hn_recorder_say(r);
	hn_ledger_done(&r->ledger);
	hn_history_free(r->history);
	r->history = NULL;
	hn_str_done(&r->event);
	hn_str_done(&r->finding);
}

struct resuming {
	struct hn_agent *agent;
	struct hn_history_reader *reader; /* NULL: the file cannot be read beside */
	struct hn_mono by;                /* the loop, or its beginning, waits */
	const char *finding;
	size_t unread;          /* findings whose clues were not all read */
	struct hn_reason first; /* why, of the first of them */
};

static bool is_late(const struct resuming *re)
{
	return hn_mono_now().ns >= re->by.ns;
}

static bool recall(const struct hn_clue *clue, void *arg)
{
	const struct resuming *re = arg;

	hn_agent_recall(re->agent, re->finding, clue);
	return !is_late(re);
}

/* With what its verdict rested on: a program that ended before the restart says what it said. */
static void restore(const struct hn_finding *f, void *arg)
{
	struct resuming *re = arg;
	struct hn_reason reason;
	int error = 0;

	hn_agent_restore(re->agent, f);
	if (!re->reader)
		return;
	re->finding = f->id;
	if (!is_late(re))
		error = hn_history_clues(re->reader, f->id, recall, re, &reason);
	if (error == 0 && is_late(re))
		error = hn_reason_set(&reason, -ETIMEDOUT, "it takes too long");
	if (error < 0 && !re->unread++)
		re->first = reason;
}

static void restore_all(const struct hn_recorder *r, struct hn_agent *agent)
{
	_cleanup_(hn_history_reader_cleanup) struct hn_history_reader *reader = NULL;
	struct resuming re = {.agent = agent, .by = {hn_mono_now().ns + RECALL_NS}};
	struct hn_reason reason;

	if (hn_history_beside(r->history, &reader, &reason) < 0)
		hn_debug("history: %s, ignoring", reason.text);
	re.reader = reader;
	hn_history_restore(r->history, restore, &re);
	hn_history_restore_done(r->history);
	if (re.unread)
		hn_warning(
			"history: what %zu of the former run's findings rested on could not be read, ignoring: %s",
			re.unread, re.first.text);
}

static void tell_gap(struct hn_outlets *outlets, struct hn_wall since, struct hn_wall until, const char *who,
		     const char *why)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};
	struct hn_notice notice = {
		.type = HN_NOTICE_AGENT_GAP, .time = hn_wall_now(), .since = since, .until = until};
	char from[HN_TIME_TEXT], to[HN_TIME_TEXT];

	hn_str_printf(&text, "%s from %s to %s: %s", who, hn_wall_format(since, from), hn_wall_format(until, to),
		      why);
	notice.text = hn_str_get(&text);
	hn_outlets_notice(outlets, &notice);
}

static void tell_unwatched(const struct hn_recorder *r, struct hn_outlets *outlets, struct hn_wall until,
			   bool clean)
{
	tell_gap(outlets, until, r->opened, "nobody watched",
		 clean ? "the agent was stopped" :
			 "the agent ended without a word (killed, or the node went down)");
}

void hn_recorder_resume(struct hn_recorder *r, struct hn_agent *agent, struct hn_outlets *outlets)
{
	struct hn_wall until;
	bool clean;

	if (!r->history)
		return;
	restore_all(r, agent);
	if (hn_history_last_run(r->history, &until, &clean))
		tell_unwatched(r, outlets, until, clean);
}

static void keep_present(struct hn_recorder *r, const struct hn_agent *agent, bool all)
{
	const struct hn_entry *e;
	size_t cursor = 0;

	while ((e = hn_agent_next(agent, &cursor)))
		if (hn_entry_present(e) && (all || e->finding.pod_known))
			keep_finding(r, &e->finding);
}

void hn_recorder_catch_up(struct hn_recorder *r, struct hn_agent *agent, struct hn_outlets *outlets,
			  struct hn_exception_book *book)
{
	struct hn_wall until;
	bool clean;

	if (!r->history || !hn_history_came_late(r->history, &until, &clean))
		return;
	hn_recorder_recall(r, book);
	restore_all(r, agent);
	if (until.ns && !r->wrote)
		tell_unwatched(r, outlets, until, clean);
	else if (until.ns)
		tell_gap(outlets, until, hn_wall_now(), "this file has nothing",
			 "it took the place of another, where that is");
	r->wrote = true;
	/* What is open now is in no file yet, or in the one that is gone. */
	keep_present(r, agent, true);
	hn_recorder_remember(r, book);
	if (hn_kubelet_pods(r->kubelet))
		hn_history_put_listed(r->history, hn_kubelet_pods(r->kubelet));
}

/* What is no AI changes without a word: its pod's name and spec come with the kubelet's answer. */
void hn_recorder_answered(struct hn_recorder *r, const struct hn_agent *agent)
{
	const struct hn_podlist *pods = hn_kubelet_pods(r->kubelet);

	if (!r->history || !pods)
		return;
	hn_history_put_listed(r->history, pods);
	keep_present(r, agent, false);
}

void hn_recorder_recall(const struct hn_recorder *r, struct hn_exception_book *book)
{
	if (r->history && book)
		hn_history_recall_exceptions(r->history, book);
}

void hn_recorder_remember(const struct hn_recorder *r, const struct hn_exception_book *book)
{
	if (r->history && book)
		hn_history_put_exceptions(r->history, book);
}

void hn_recorder_say(struct hn_recorder *r)
{
	struct hn_history_stats stats;

	if (!r->history)
		return;
	hn_ledger_flush(&r->ledger, r->history);
	hn_history_stats(r->history, &stats);
	if (stats.clues_lost != r->clues_lost)
		hn_ledger_forget(&r->ledger);
	r->clues_lost = stats.clues_lost;
	if (hn_said_changes(&r->said, stats.problem.text, hn_mono_now())) {
		if (!stats.problem.text[0])
			hn_info("the history is written again: %s", stats.path);
		else if (stats.works)
			hn_warning("history: %s", stats.problem.text);
		else
			hn_warning(
				"history: %s; the agent goes on watching, events are kept in memory (the newest "
				"8 MiB) and written when that is mended",
				stats.problem.text);
	}
	if (hn_said_changes(&r->unhashed, stats.unhashed.text, hn_mono_now()))
		hn_warning("history: %s", stats.unhashed.text);
	if (stats.not_stored != r->not_stored)
		hn_warning("history: %llu events could not be kept", (unsigned long long)stats.not_stored);
	r->not_stored = stats.not_stored;
	if (stats.works && stats.bypassed != r->bypassed &&
	    (!r->slow.ns || hn_mono_now().ns - r->slow.ns > SLOW_NS)) {
		hn_warning("history: the store is slower than 50 ms: %llu changes of findings were printed before "
			   "they were on the disk",
			   (unsigned long long)(stats.bypassed - r->bypassed));
		r->slow = hn_mono_now();
		r->bypassed = stats.bypassed;
	}
}

bool hn_recorder_listed_before(const struct hn_recorder *r, const char *uid)
{
	return r->history && hn_history_knows_pod(r->history, uid);
}

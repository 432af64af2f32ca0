// SPDX-License-Identifier: Apache-2.0
#include "scan_store.h"

#include <errno.h>
#include <string.h>

#include "hostnetd/history.h"
#include "hostnetd/log.h"
#include "hostnetd/str.h"

struct keeper {
	struct hn_history *history;
	const struct hn_scan *scan;
	const struct hn_catalogue *catalogue;
	struct hn_finding *now; /* the one that is looked for among the former; NULL: none */
	struct hn_str json;
	bool failed;
};

static void put(struct keeper *k, const struct hn_finding *f)
{
	hn_report_finding_json(&k->scan->identity, f, &k->json);
	k->failed |= k->json.failed;
	if (!k->json.failed)
		hn_history_put_finding(k->history, f, hn_str_get(&k->json));
	hn_str_clear(&k->json);
}

/* What was seen before goes on, and what came back has come once more. */
static void on_former(const struct hn_finding *former, void *arg)
{
	struct keeper *k = arg;
	bool ended = former->state == HN_STATE_RESOLVED || former->state == HN_STATE_GONE;

	if (strcmp(former->id, k->now->id) != 0)
		return;
	k->now->first_seen = former->first_seen;
	k->now->occurrences = former->occurrences + ended;
}

static void put_now(struct keeper *k, const struct hn_finding *f, const struct hn_podlist *pods)
{
	const struct hn_pod *pod = pods && f->pod_uid[0] ? hn_podlist_find(pods, f->pod_uid) : NULL;
	struct hn_finding now = *f;

	k->now = &now;
	hn_history_restore(k->history, on_former, k);
	put(k, &now);
	if (pod)
		hn_history_put_pod(k->history, f, pod, k->catalogue);
}

static void put_ended(const struct hn_finding *former, void *arg)
{
	struct hn_finding_container containers[HN_FINDING_CONTAINERS];
	struct keeper *k = arg;
	struct hn_finding ended = *former;

	for (size_t i = 0; i < k->scan->n_findings; i++)
		if (strcmp(k->scan->findings[i]->id, former->id) == 0)
			return;
	if (former->state == HN_STATE_RESOLVED)
		return;
	ended.state = former->state == HN_STATE_SHARING ? HN_STATE_GONE : HN_STATE_RESOLVED;
	ended.resolved_at = k->scan->time;
	ended.containers = containers;
	for (size_t i = 0; i < ended.n_containers; i++) {
		containers[i] = former->containers[i];
		containers[i].present = false;
	}
	put(k, &ended);
}

int hn_scan_store(const struct hn_settings *s, const struct hn_scan *scan, const struct hn_podlist *pods,
		  const struct hn_catalogue *catalogue, struct hn_ledger *ledger, struct hn_reason *reason)
{
	struct hn_history_settings settings = {.path = s->store,
					       .max_bytes = s->history_size,
					       .max_age_ns = s->history_age,
					       .proc_root = s->proc_root,
					       .clues = {1}}; /* the ledger is there since the scan began */
	struct keeper k = {.scan = scan, .catalogue = catalogue};
	struct hn_history_stats stats;
	int r;

	if (strcmp(s->store, "none") == 0)
		return 0;
	r = hn_history_open(&settings, &k.history, reason);
	if (r < 0)
		return r;
	if (reason->text[0])
		hn_warning("history: %s", reason->text);
	hn_ledger_flush(ledger, k.history);
	for (size_t i = 0; i < scan->n_findings; i++)
		put_now(&k, scan->findings[i], pods);
	if (scan->complete)
		hn_history_restore(k.history, put_ended, &k);
	if (!hn_history_flush(k.history) || k.failed) {
		hn_history_stats(k.history, &stats);
		r = hn_reason_set(reason, -EIO, "the scan is not in the history: %s",
				  stats.problem.text[0] ? stats.problem.text : "the store is too slow");
	}
	hn_history_free(k.history);
	hn_str_done(&k.json);
	return r;
}

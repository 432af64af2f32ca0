// SPDX-License-Identifier: Apache-2.0
/* Attempts that were refused, by whomever: of most of them no finding follows. */
#include "hostnetd/macro.h"
#include "reader.h"

#define LIMIT 1000000
#define J(path) "json_extract(j, '$." path "')"

/* What was refused has no state and no cause. */
/* clang-format off */
static const char sql[] =
	"SELECT seq, finding, type, j, time, time FROM (SELECT *, CASE WHEN json_valid(body) THEN json(body) END AS j FROM events"
	" WHERE type = 'attempt.refused' AND (?1 IS NULL OR substr(finding, 1, length(?1)) = ?1) AND (?2 = 0 OR time >= ?2) AND"
	" (?3 = 0 OR time <= ?3)) WHERE j IS NOT NULL AND (?4 IS NULL OR " J("pod.namespace") " = ?4) AND"
	" (?5 IS NULL OR ?5 IN (" J("pod.name") ", " J("pod.uid") ")) AND (?6 IS NULL OR ?6 IN (" J("workload.name") ", "
	J("workload.kind") " || '/' || " J("workload.name") ")) AND ?7 IS NULL AND ?8 IS NULL ORDER BY seq LIMIT ?9";
/* clang-format on */

int hn_history_refusals(struct hn_history_reader *r, const struct hn_history_filter *f,
			hn_history_callback *callback, void *arg, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	const char *const texts[] = {f->ns, f->pod, f->workload, f->cause, f->state};
	int error = hn_db_query(r->db, sql, &q, reason);

	if (error < 0)
		return error;
	hn_query_set_text(q, 1, f->finding);
	hn_query_set_int(q, 2, f->since.ns);
	hn_query_set_int(q, 3, f->until.ns);
	for (size_t i = 0; i < HN_ARRAY_SIZE(texts); i++)
		hn_query_set_text(q, 4 + (int)i, texts[i]);
	hn_query_set_int(q, 9, f->limit ? f->limit : LIMIT);
	return hn_history_walk(q, NULL, 0, callback, arg, reason);
}

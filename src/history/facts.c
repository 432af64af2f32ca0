// SPDX-License-Identifier: Apache-2.0
/* What a person asks of one finding first: who it was, why it is AI, who accepts it. The JSON that was kept is hostile. */
#include "hostnetd/macro.h"
#include "reader.h"

#define MOST "64" /* containers, and signs of the verdict: the agent keeps fewer */
#define J(path) "json_extract(j, '$." path "')"
#define V(path) "json_extract(value, '$." path "')"
/* `text` behind `before`; '' where there is none. */
#define MAYBE(before, text) "coalesce('" before "' || nullif(" text ", ''), '')"
#define FACT(part, at, label, text) \
	"SELECT " part " AS part, " at " AS at, " label " AS label, " text " AS text FROM f"
#define MORE(part, path)                                                                             \
	FACT(part, "9e9", "''",                                                                      \
	     "(json_array_length(j, '$." path "') - " MOST ") || ' more: --output json lists them'") \
	" WHERE json_array_length(j, '$." path "') > " MOST

/* clang-format off */
static const char sql[] =
	"WITH f AS MATERIALIZED (SELECT *, CASE WHEN json_valid(body) THEN json(body) END AS j FROM findings WHERE id = ?1)"
	" SELECT 0, ?1, label, '', 0, 0, substr(CAST(text AS TEXT), 1, 4000) FROM ("
	FACT("1", "0", "'Workload'", "coalesce(kind || ' ', '') || nullif(workload, '')")
	" UNION ALL " FACT("2", "0", "'Namespace'", "ns")
	" UNION ALL " FACT("3", "0", "'Pod'", "nullif(pod, '') || " MAYBE(", uid ", "uid"))
	" UNION ALL " FACT("4", "0", "'Node'", J("node"))
	" UNION ALL " FACT("5", "key", "'Container'", "coalesce(" V("name") ", 'not named')" " || " MAYBE(", ", V("type")) " || "
		MAYBE(", image ", V("image")) " || " MAYBE(", id ", "substr(" V("id") ", 1, 12)"))
		", json_each(j, '$.containers') WHERE type = 'object' AND key < " MOST
	" UNION ALL " MORE("5", "containers")
	" UNION ALL " FACT("6", "0", "'Cause'", "cause")
	" UNION ALL " FACT("7", "0", "'Verdict'", "nullif(verdict, '') || " MAYBE(": ", J("ai.product")) " || " MAYBE(", ", J("ai.category"))
		" || CASE WHEN typeof(" J("ai.score") ") IN ('real', 'integer') THEN printf(', score %.2f', " J("ai.score") ") ELSE '' END")
	" UNION ALL SELECT * FROM (" FACT("8", "-abs(" V("weight") ")", "printf('  %+.2f', " V("weight") ")", V("signal") " || " MAYBE(" ", V("value"))
		" || " MAYBE(", ", V("source")) " || " MAYBE(" at ", V("path")) " || " MAYBE(", signature ", V("signature")))
		", json_each(j, '$.ai.evidence') WHERE type = 'object' ORDER BY 2, key LIMIT " MOST ")"
	" UNION ALL " MORE("8", "ai.evidence")
	" UNION ALL " FACT("9", "0", "'Exception'", "CASE state WHEN 'excepted' THEN 'accepted by ' ELSE 'was accepted by ' END || "
		J("exception.name") " || " MAYBE(" until ", J("exception.expires")))
	" UNION ALL " FACT("9", "1", "'  reason'", J("exception.reason"))
	" UNION ALL " FACT("9", "2", "'  approved'", "'by ' || nullif(" J("exception.approvedBy") ", '')")
	" UNION ALL " FACT("9", "3", "'  ticket'", J("exception.ticket"))
	") WHERE text <> '' ORDER BY part, at";
/* clang-format on */

int hn_history_facts(struct hn_history_reader *r, const char *finding, hn_history_callback *callback, void *arg,
		     struct hn_reason *reason)
{
	static const int fields[] = {HN_HISTORY_TEXT};
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int error = hn_db_query(r->db, sql, &q, reason);

	if (error < 0)
		return error;
	hn_query_set_text(q, 1, finding);
	return hn_history_walk(q, fields, HN_ARRAY_SIZE(fields), callback, arg, reason);
}

// SPDX-License-Identifier: Apache-2.0
/* What `hostnetd history` prints, where nobody watched for a while. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "printed.h"

#define OTHER "1123456789abcdef0123456789abcdef"
#define AT(second) "1970-01-01T00:00:" #second ".000000Z"
#define STOPPED                                                                     \
	"{\"type\":\"agent.gap\",\"text\":\"nobody watched from " AT(25) " to " AT( \
		40) ": the agent was stopped\","                                    \
		    "\"since\":\"" AT(25) "\",\"until\":\"" AT(40) "\"}"
#define EARLY \
	"{\"type\":\"agent.gap\",\"text\":\"\\u001b[31mred\",\"since\":\"" AT(01) "\",\"until\":\"" AT(02) "\"}"

/* One finding that ended while nobody watched, one that goes on. */
static const char rows[] =
	"INSERT INTO findings(id, state, severity, verdict, cause, ns, pod, kind, workload, first_seen, last_seen,"
	" resolved_at, body) VALUES"
	"('" ID
	"', 'resolved', 'high', 'ai', 'declared', 'ml', 'p', 'Pod', 'p', 10000000000, 20000000000, 41000000000,"
	" '{\"title\":\"t\"}'),"
	"('" OTHER "', 'open', 'high', 'ai', 'declared', 'ml', 'q', 'Pod', 'q', 50000000000, 50000000000, 0,"
	" '{\"title\":\"u\"}');"
	"INSERT INTO events VALUES"
	"(1, 3000000000, 0, 'agent.gap', NULL, '" EARLY "'),"
	"(2, 10000000000, 0, 'finding.opened', '" ID "', '{\"state\":\"open\",\"severity\":\"high\"}'),"
	"(3, 15000000000, 0, 'agent.lost', NULL, '{\"type\":\"agent.lost\",\"count\":12,\"text\":\"the ring \\u001b[31mwas full\"}'),"
	"(4, 20000000000, 0, 'process.exec', '" ID "', '{\"process\":{\"pid\":7,\"comm\":\"vllm\"}}'),"
	"(5, 41000000000, 0, 'agent.gap', NULL, '" STOPPED "'),"
	"(6, 41000000000, 0, 'finding.resolved', '" ID "', '{\"state\":\"resolved\",\"severity\":\"high\"}'),"
	"(7, 42000000000, 0, 'agent.started', NULL, '{\"type\":\"agent.started\"}'),"
	"(8, 50000000000, 0, 'finding.opened', '" OTHER "', '{\"state\":\"open\",\"severity\":\"high\"}'),"
	"(9, 59000000000, 0, 'agent.stopped', NULL, '{\"type\":\"agent.stopped\"}')";

static void a_story_says_when_nobody_watched(void **state)
{
	static const char timeline[] = "1970-01-01\n"
				       "  00:00:10.000  finding.opened    open, high\n"
				       "  00:00:15.000  agent.lost        12 lost: the ring \\x1b[31mwas full\n"
				       "  00:00:20.000  process.exec      pid 7 vllm\n"
				       "  00:00:41.000  agent.gap         not watched from " AT(25) " until " AT(
					       40) ": the agent was stopped\n"
						   "  00:00:41.000  finding.resolved  resolved, high\n"
						   "\nProcesses\n";
	static const char json[] =
		"\"timeline\":[{\"state\":\"open\",\"severity\":\"high\"},"
		"{\"type\":\"agent.lost\",\"count\":12,\"text\":\"the ring \\u001b[31mwas full\"},"
		"{\"process\":{\"pid\":7,\"comm\":\"vllm\"}}," STOPPED
		",{\"state\":\"resolved\",\"severity\":\"high\"}],";
	struct rig rig;

	(void)state;
	rig_new(&rig, rows, "");
	if (!strstr(print(&rig, HN_OUTPUT_TABLE, ID, NULL, NULL), timeline))
		fail_msg("%s", hn_str_get(&rig.printed));
	/* The beginning of an id, as another tool shows it. */
	if (!strstr(print(&rig, HN_OUTPUT_JSON, "0123456789ABCDEF", NULL, NULL), json))
		fail_msg("%s", hn_str_get(&rig.printed));
	rig_free(&rig);
}

/* Nobody knows what became of it since. */
static void what_goes_on_has_no_end(void **state)
{
	static const char json[] =
		"\"timeline\":[{\"state\":\"open\",\"severity\":\"high\"},{\"type\":\"agent.stopped\"}],";
	struct rig rig;

	(void)state;
	rig_new(&rig, rows, "");
	if (!strstr(print(&rig, HN_OUTPUT_JSON, OTHER, NULL, NULL), json))
		fail_msg("%s", hn_str_get(&rig.printed));
	rig_free(&rig);
}

static void the_list_counts_gaps(void **state)
{
	static const struct {
		int output;
		const char *since, *until, *end;
	} lists[] = {
		{HN_OUTPUT_TABLE, NULL, NULL,
		 "ml/q\n2 gaps in watching: from " AT(25) " until " AT(40) "; from " AT(01) " until " AT(02) "\n"},
		{HN_OUTPUT_TABLE, "1970-01-01T00:00:30Z", NULL,
		 "ml/q\n1 gap in watching: from " AT(25) " until " AT(40) "\n"},
		{HN_OUTPUT_TABLE, "1970-01-01T00:00:41Z", NULL, "ml/q\n"},
		{HN_OUTPUT_JSON, NULL, "1970-01-01T00:00:20Z",
		 "],\"gaps\":{\"count\":1,\"spans\":[{\"since\":\"" AT(01) "\",\"until\":\"" AT(
			 02) "\",\"text\":\"\\u001b[31mred\"}]}}\n"},
		{HN_OUTPUT_JSON, "1970-01-01T00:00:41Z", NULL, "],\"gaps\":{\"count\":0,\"spans\":[]}}\n"},
	};
	struct rig rig;

	(void)state;
	rig_new(&rig, rows, "UPDATE findings SET last_seen = 60000000000 WHERE id = '" ID "'");
	for (size_t i = 0; i < HN_ARRAY_SIZE(lists); i++) {
		const char *printed = print(&rig, lists[i].output, NULL, lists[i].since, lists[i].until);
		size_t n = strlen(printed), end = strlen(lists[i].end);

		if (n < end || strcmp(printed + n - end, lists[i].end) != 0)
			fail_msg("%zu: %s", i, printed);
	}
	rig_free(&rig);
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
		n++;
	return n;
}

/* An agent that restarts without end. */
static void many_gaps_are_bounded(void **state)
{
	static const char many[] =
		"WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 1299)"
		" INSERT INTO events SELECT i, 51000000000, 0, 'agent.gap', NULL, '{\"type\":\"agent.gap\"}' FROM n";
	struct rig rig;

	(void)state;
	rig_new(&rig, rows, many);
	assert_int_equal(count(print(&rig, HN_OUTPUT_JSON, NULL, NULL, NULL), "{\"until\":\"" AT(51) "\"}"), 1000);
	assert_non_null(strstr(hn_str_get(&rig.printed), "\"gaps\":{\"count\":1202,"));
	assert_non_null(strstr(print(&rig, HN_OUTPUT_TABLE, NULL, NULL, NULL),
			       "\n1202 gaps in watching: until " AT(51) "; until " AT(51) "; until " AT(
				       51) "; and 1199 before (--output json lists them)\n"));
	assert_int_equal(count(print(&rig, HN_OUTPUT_JSON, OTHER, NULL, NULL), "\"agent.gap\""), 1000);
	assert_non_null(strstr(hn_str_get(&rig.printed), "\"agentEventsOmitted\":201,"));
	assert_int_equal(count(print(&rig, HN_OUTPUT_TABLE, OTHER, NULL, NULL), "not watched until " AT(51)),
			 1000);
	assert_non_null(
		strstr(hn_str_get(&rig.printed), "  201 events of the agent itself before these are left out\n"));
	rig_free(&rig);
}

/* What is open in a copy is not open now. What was told after the last heartbeat was seen as well. */
static void until_when_anybody_watched(void **state)
{
	static const struct {
		const char *sessions, *table, *json;
	} ends[] = {
		{"", "until " AT(02) "\n", "]}}\n"},
		{"INSERT INTO sessions(started, heartbeat, clean) VALUES(1, 55000000000, 1)",
		 "\nwatched until " AT(59) ": the agent was stopped then\n",
		 ",\"watched\":{\"until\":\"" AT(59) "\",\"end\":\"stopped\"}}\n"},
		{"INSERT INTO sessions(started, heartbeat, clean) VALUES(1, 2, 1), (3, 40000000000, 0)",
		 "\nwatched until about " AT(
			 59) ": the agent was killed then, or this is a copy of its file; no log "
			     "(-wal) lies beside it: if it had one, the newest is missing here\n",
		 ",\"watched\":{\"until\":\"" AT(59) "\",\"end\":\"broken-off\",\"logMissing\":true}}\n"},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(ends); i++) {
		const int outputs[] = {HN_OUTPUT_TABLE, HN_OUTPUT_JSON};
		struct rig rig;

		rig_new(&rig, rows, ends[i].sessions);
		for (size_t o = 0; o < HN_ARRAY_SIZE(outputs); o++) {
			const char *printed = print(&rig, outputs[o], NULL, NULL, NULL);
			const char *end = outputs[o] == HN_OUTPUT_TABLE ? ends[i].table : ends[i].json;

			if (strlen(printed) < strlen(end) ||
			    strcmp(printed + strlen(printed) - strlen(end), end) != 0)
				fail_msg("%zu: %s", i, printed);
		}
		rig_free(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_story_says_when_nobody_watched),
		cmocka_unit_test(what_goes_on_has_no_end),
		cmocka_unit_test(the_list_counts_gaps),
		cmocka_unit_test(many_gaps_are_bounded),
		cmocka_unit_test(until_when_anybody_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

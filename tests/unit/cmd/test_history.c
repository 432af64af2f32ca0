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

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
		n++;
	return n;
}

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

/* Who it was, why it is AI, who accepts it: for whoever has only this file. */
static void a_story_begins_with_who_and_why(void **state)
{
	static const struct {
		const char *update, *head;
	} heads[] = {
		{"UPDATE findings SET state = 'excepted', kind = 'StatefulSet', workload = 'vllm', pod = 'vllm-0', uid = 'u-1',"
		 " body = '{\"title\":\"t\",\"node\":\"worker-3\",\"containers\":[{\"name\":\"server\",\"type\":\"container\","
		 "\"image\":\"reg/vllm:v1\",\"id\":\"abababababababab\"},{\"id\":\"cdcdcdcdcdcdcdcd\"}],\"ai\":{\"product\":\"vllm\","
		 "\"category\":\"inference\",\"score\":0.98,\"evidence\":[{\"signal\":\"label\",\"source\":\"declared\","
		 "\"path\":\"metadata.labels[x]\",\"value\":\"metrics\",\"weight\":-0.15,\"signature\":\"exporter\"},"
		 "{\"signal\":\"image\",\"source\":\"declared\",\"path\":\"spec.containers[0].image\","
		 "\"value\":\"\\u001b[31mvllm\",\"weight\":0.9,\"signature\":\"vllm\"}]},\"exception\":{\"name\":\"rdma\","
		 "\"reason\":\"NCCL\",\"expires\":\"2027-01-31T00:00:00Z\",\"approvedBy\":\"Ann\",\"ticket\":\"INC-7\"}}'"
		 " WHERE id = '" ID "'",
		 "t\n" ID ": excepted, high\nseen from " AT(10) " to " AT(
			 20) "\n\n"
			     "Workload    StatefulSet vllm\n"
			     "Namespace   ml\n"
			     "Pod         vllm-0, uid u-1\n"
			     "Node        worker-3\n"
			     "Container   server, container, image reg/vllm:v1, id abababababab\n"
			     "Container   not named, id cdcdcdcdcdcd\n"
			     "Cause       declared\n"
			     "Verdict     ai: vllm, inference, score 0.98\n"
			     "  +0.90     image \\x1b[31mvllm, declared at spec.containers[0].image, signature vllm\n"
			     "  -0.15     label metrics, declared at metadata.labels[x], signature exporter\n"
			     "Exception   accepted by rdma until 2027-01-31T00:00:00Z\n"
			     "  reason    NCCL\n"
			     "  approved  by Ann\n"
			     "  ticket    INC-7\n\n"},
		/* What is not known is left out, and what is over says so. */
		{"UPDATE findings SET pod = '', kind = '', workload = '', ns = '', cause = '',"
		 " body = '{\"title\":\"t\",\"exception\":{\"name\":\"rdma\"}}' WHERE id = '" ID "'",
		 "t\n" ID
		 ": resolved, high\nseen from " AT(10) " to " AT(20) "\n\n"
								     "Verdict     ai\n"
								     "Exception   was accepted by rdma\n\n"},
		/* Of another form. */
		{"UPDATE findings SET body = '{\"title\":\"t\",\"node\":5,\"containers\":{\"a\":{}},\"ai\":{\"score\":\"x\","
		 "\"evidence\":[1,null,{\"weight\":\"x\"},{\"signal\":[2]}]},\"exception\":7}' WHERE id = '" ID
		 "'",
		 "t\n" ID ": resolved, high\nseen from " AT(10) " to " AT(
			 20) "\n\n"
			     "Workload    Pod p\nNamespace   ml\nPod         p\nNode        5\nCause       declared\n"
			     "Verdict     ai\n  +0.00     [2]\n\n"},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(heads); i++) {
		struct rig rig;

		rig_new(&rig, rows, heads[i].update);
		if (strncmp(print(&rig, HN_OUTPUT_TABLE, ID, NULL, NULL), heads[i].head, strlen(heads[i].head)) !=
		    0)
			fail_msg("%zu: %s", i, hn_str_get(&rig.printed));
		rig_free(&rig);
	}
}

/* A file of another machine may hold any number of them. */
static void a_long_head_is_bounded(void **state)
{
	static const char many[] =
		"UPDATE findings SET body = (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
		" SELECT json_object('title', 't', 'containers', json_group_array(json_object('name', 'c' || i)), 'ai',"
		" json_object('evidence', json_group_array(json_object('signal', 's', 'weight', i / 1000.0)))) FROM n) WHERE id = '" ID
		"'";
	struct rig rig;

	(void)state;
	rig_new(&rig, rows, many);
	assert_int_equal(count(print(&rig, HN_OUTPUT_TABLE, ID, NULL, NULL), "\nContainer   c"), 64);
	assert_int_equal(count(hn_str_get(&rig.printed), "\n            936 more: --output json lists them\n"), 2);
	assert_non_null(strstr(hn_str_get(&rig.printed), "\n  +1.00     s\n"));
	assert_null(strstr(hn_str_get(&rig.printed), "\n  +0.50     s\n"));
	rig_free(&rig);
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
		cmocka_unit_test(a_story_begins_with_who_and_why),
		cmocka_unit_test(a_long_head_is_bounded),
		cmocka_unit_test(the_list_counts_gaps),
		cmocka_unit_test(many_gaps_are_bounded),
		cmocka_unit_test(until_when_anybody_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

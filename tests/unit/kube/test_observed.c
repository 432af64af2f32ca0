// SPDX-License-Identifier: Apache-2.0
// What agents print and serve, with a small agent on a Unix socket.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "hostnetd/observed.h"
#include "kube/observed.h"

#define POD                                                                                                                 \
	"\"pod\":{\"uid\":\"u1\"},\"way\":\"namespace\",\"ai\":{\"verdict\":\"ai\",\"evidence\":[{\"source\":\"observed\"," \
	"\"weight\":0.9},{\"source\":\"declared\",\"weight\":0.4}]}"
#define FINDING(state) "{\"id\":\"f1\",\"state\":\"" state "\",\"cause\":\"joined\"," POD "}"
#define SCAN(findings, sharing) \
	"{\"schema\":\"hostnetd.scan/v1\",\"complete\":true,\"findings\":[" findings "],\"sharing\":[" sharing "]}"
#define LINE(type, state) \
	"{\"schema\":\"hostnetd.event/v1\",\"type\":\"finding." type "\",\"finding\":" FINDING(state) "}\n"

static size_t rows(const struct hn_observations *o)
{
	size_t n = 0;

	for (size_t i = 0; i < hn_observations_count(o); i++)
		n += hn_observations_at(o, i) != NULL;
	return n;
}

static void inputs(void **state _unused_)
{
	static const struct {
		const char *text;
		size_t rows; /* SIZE_MAX: an error */
		bool gap;
	} inputs[] = {
		{SCAN("", ""), 0, false},
		{SCAN(FINDING("open"), ""), 1, false},
		{SCAN(FINDING("open"), "{" POD "}"), 1, false},
		{SCAN("", "{" POD "}"), 1, false},
		{"  " SCAN("", "") "\n\n" SCAN(FINDING("open"), "") "\n", 1, false},
		{LINE("opened", "open") LINE("updated", "open"), 1, false},
		{LINE("opened", "open") LINE("resolved", "resolved"), 0, false},
		{LINE("resolved", "resolved") LINE("opened", "open"), 1, false},
		{"", 0, true},
		{"{\"schema\":\"hostnetd.scan/v1\",\"findings\":[],\"sharing\":[]}", 0, true},
		/* Whoever reads the last of two lists sees a finding here. */
		{"{\"schema\":\"hostnetd.scan/v1\",\"complete\":true,\"findings\":[],\"findings\":[" FINDING(
			 "open") "],\"sharing\":[]}",
		 SIZE_MAX, false},
		{"{\"schema\":\"hostnetd.event/v1\",\"type\":\"agent.lost\"}", 0, true},
		{"{\"schema\":\"hostnetd.event/v1\",\"type\":\"agent.started\"}", 0, false},
		{"{\"schema\":\"hostnetd.scan/v1\",\"complete\":true,\"findings\":[]}", SIZE_MAX, false},
		{"{\"schema\":\"hostnetd.scan/v2\",\"complete\":true,\"findings\":[],\"sharing\":[]}", SIZE_MAX,
		 false},
		{SCAN("7", ""), SIZE_MAX, false},
		{SCAN("{\"id\":\"f1\",\"state\":\"open\"}", ""), SIZE_MAX, false},
		{SCAN("{" POD "}", ""), SIZE_MAX, false},
		{"{\"schema\":\"hostnetd.event/v1\",\"type\":\"finding.opened\"}", SIZE_MAX, false},
		{LINE("opened", "open") "{\"schema\":", SIZE_MAX, false},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(inputs); i++) {
		_cleanup_(hn_observations_cleanup) struct hn_observations *o = hn_observations_new();
		struct hn_reason gap, reason = {""};
		int r = hn_observations_read(o, "in", inputs[i].text, strlen(inputs[i].text), NULL, &gap, &reason);
		size_t n = r < 0 ? SIZE_MAX : rows(o);

		if (n != inputs[i].rows || (r == 0 && (gap.text[0] != '\0') != inputs[i].gap))
			fail_msg("row %zu: %zu rows, gap '%s', reason '%s'", i, n, gap.text, reason.text);
		if (r < 0)
			assert_non_null(strstr(reason.text, "in: "));
	}
}

#define NOW "2026-11-29T12:00:00Z"
#define SCAN_AT(node, time, complete)                                                                         \
	"{\"schema\":\"hostnetd.scan/v1\",\"node\":\"" node "\",\"time\":\"" time "\",\"complete\":" complete \
	",\"findings\":[],\"sharing\":[]}\n"
#define LINE_AT(node, time)                                                                                 \
	"{\"schema\":\"hostnetd.event/v1\",\"type\":\"finding.opened\",\"time\":\"" time "\",\"finding\":{" \
	"\"id\":\"f\",\"node\":\"" node "\",\"state\":\"open\"," POD "}}\n"
#define STARTED(node)                                                                                                     \
	"{\"schema\":\"hostnetd.event/v1\",\"type\":\"agent.started\",\"time\":\"2026-11-24T00:00:00Z\",\"node\":\"" node \
	"\"}\n"
#define CUT(node)            \
	"its lines of " node \
	" begin after the agent's start (no agent.started): what was found before them is not known"
#define OLD(node, age)                                                                                            \
	"the last that it says of " node " is " age " old, older than --runtime-max-age: what runs there now is " \
	"not known"

/* Of each node the last word counts, of the nodes the oldest. */
static void ages(void **state _unused_)
{
	static const struct {
		const char *text, *oldest, *gap;
	} inputs[] = {
		{SCAN_AT("a", "2026-11-29T11:30:00Z", "true"), "2026-11-29T11:30:00", ""},
		{SCAN_AT("a", "2026-11-29T11:00:00Z", "true"), "2026-11-29T11:00:00", ""},
		{SCAN_AT("a", "2026-11-29T10:59:59Z", "true"), "2026-11-29T10:59:59", OLD("a", "1h")},
		{SCAN_AT("a", "2026-11-24T12:00:00Z", "true") SCAN_AT("a", "2026-11-29T11:59:00Z", "true"),
		 "2026-11-29T11:59:00", ""},
		{SCAN_AT("a", "2026-11-29T11:59:00Z", "true") SCAN_AT("a", "2026-11-24T12:00:00Z", "true"),
		 "2026-11-29T11:59:00", ""},
		{SCAN_AT("a", "2026-11-24T12:00:00Z", "true") SCAN_AT("b", "2026-11-29T11:59:00Z", "true"),
		 "2026-11-24T12:00:00", OLD("a", "5d")},
		{SCAN_AT("a", "2026-11-24T12:00:00Z", "false"), "2026-11-24T12:00:00",
		 OLD("a", "5d") ": the agent could not see everything: it does not say why"},
		{STARTED("a") LINE_AT("a", "2026-11-24T12:00:00Z") LINE_AT("a", "2026-11-29T11:59:00Z"),
		 "2026-11-29T11:59:00", ""},
		{STARTED("b") STARTED("a") LINE_AT("a", "2026-11-29T11:59:00Z")
			 LINE_AT("b", "2026-11-29T09:30:00Z"),
		 "2026-11-29T09:30:00", OLD("b", "2h30m")},
		/* A log whose beginning is not there: an open finding may be in it. */
		{LINE_AT("a", "2026-11-29T11:58:00Z") LINE_AT("a", "2026-11-29T11:59:00Z"), "2026-11-29T11:59:00",
		 CUT("a")},
		{STARTED("a") LINE_AT("b", "2026-11-29T11:59:00Z") LINE_AT("a", "2026-11-29T11:59:00Z"),
		 "2026-11-29T11:59:00", CUT("b")},
		{LINE_AT("a", "2026-11-29T11:58:00Z") SCAN_AT("a", "2026-11-29T11:59:00Z", "true"),
		 "2026-11-29T11:59:00", ""},
		{SCAN_AT("", "2026-11-24T12:00:00Z", "true"), "2026-11-24T12:00:00", OLD("its node", "5d")},
		{SCAN_AT("a", "2026-11-29T12:04:00Z", "true"), "2026-11-29T12:04:00", ""},
		{SCAN_AT("a", "2026-11-29T12:06:00Z", "true"), "2026-11-29T12:06:00",
		 "what it says of a is from the future: is that clock, or ours, right?"},
		{SCAN_AT("a", "yesterday", "true"), NULL, "it does not say when a was looked at"},
		{SCAN("", ""), NULL, "it does not say when its node was looked at"},
		{"", NULL, "holds nothing that an agent saw"},
		{"{\"schema\":\"hostnetd.event/v1\",\"type\":\"agent.gap\",\"node\":\"a\",\"time\":\"" NOW
		 "\",\"message\":\"the kubelet does not answer\"}",
		 "2026-11-29T12:00:00", CUT("a") ": agent.gap at " NOW ": the kubelet does not answer"},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(inputs); i++) {
		_cleanup_(hn_observations_cleanup) struct hn_observations *o = hn_observations_new();
		struct hn_observed_age age = {.max_ns = 3600 * HN_NSEC_PER_SEC};
		struct hn_reason gap, reason = {""};
		char oldest[HN_TIME_TEXT];

		assert_int_equal(hn_wall_parse(NOW, &age.now), 0);
		if (hn_observations_read(o, "in", inputs[i].text, strlen(inputs[i].text), &age, &gap, &reason) < 0)
			fail_msg("row %zu: %s", i, reason.text);
		if (strcmp(gap.text, inputs[i].gap) != 0)
			fail_msg("row %zu: gap '%s'", i, gap.text);
		assert_int_equal(hn_wall_known(age.oldest), inputs[i].oldest != NULL);
		if (inputs[i].oldest)
			assert_memory_equal(hn_wall_format(age.oldest, oldest), inputs[i].oldest,
					    strlen(inputs[i].oldest));
	}
}

#define SAID(at, state)                                                                            \
	"{\"schema\":\"hostnetd.event/v1\",\"type\":\"finding.updated\",\"time\":\"2026-11-29T" at \
	"Z\",\"finding\":" FINDING(state) "}\n"
#define SHARED(at)                                                                     \
	"{\"schema\":\"hostnetd.scan/v1\",\"complete\":true,\"time\":\"2026-11-29T" at \
	"Z\",\"findings\":[],\"sharing\":[{" POD "}]}"

/* Of a finding the newest word counts, in whatever order the files are given. */
static void newest_word(void **state _unused_)
{
	static const struct {
		const char *first, *second;
		const char *state; /* of the one row; NULL: it has left */
		bool last;         /* the last one counts: what is said is of one time, or of none */
	} pairs[] = {
		{SAID("11:00:00", "open"), SAID("11:30:00", "resolved"), NULL, false},
		{SAID("11:00:00", "resolved"), SAID("11:30:00", "open"), "open", false},
		{SAID("11:00:00", "open"), SAID("11:30:00", "excepted"), "excepted", false},
		{SAID("11:00:00", "open"), SAID("11:00:00.000001", "resolved"), NULL, false},
		{SAID("11:00:00", "open") SAID("11:40:00", "resolved"), SAID("11:30:00", "open"), NULL, false},
		{SAID("11:00:00", "open") SAID("11:20:00", "resolved"), SAID("11:30:00", "open"), "open", false},
		{SAID("11:00:00", "open"), SAID("11:00:00", "resolved"), NULL, true},
		{SAID("11:00:00", "resolved"), SAID("11:00:00", "open"), "open", true},
		{SAID("11:00:00", "open"), LINE("resolved", "resolved"), NULL, true},
		{LINE("resolved", "resolved"), SAID("11:00:00", "open"), "open", true},
		/* An inventory saw it after the end, or knew nothing of it; and knows of no finding. */
		{SAID("11:00:00", "resolved"), SHARED("11:30:00"), "", false},
		{SAID("11:30:00", "resolved"), SHARED("11:00:00"), NULL, false},
		{SAID("11:00:00", "open"), SHARED("11:30:00"), "open", false},
		{SAID("11:30:00", "open"), SHARED("11:00:00"), "open", false},
		{SAID("11:00:00", "open") SAID("11:10:00", "resolved"), SHARED("11:30:00"), "", true},
		{SAID("11:00:00", "open") SHARED("11:30:00"), SAID("11:20:00", "resolved"), "open", true},
	};

	for (size_t i = 0; i < 2 * HN_ARRAY_SIZE(pairs); i++) {
		const char *texts[] = {pairs[i / 2].first, pairs[i / 2].second};
		const char *wanted = pairs[i / 2].state;
		_cleanup_(hn_observations_cleanup) struct hn_observations *o = hn_observations_new();
		const struct hn_observed *row;
		struct hn_reason gap, reason = {""};

		if (i % 2 && pairs[i / 2].last)
			continue;
		for (size_t k = 0; k < 2; k++) {
			const char *text = texts[k ^ (i % 2)];

			assert_int_equal(hn_observations_read(o, "in", text, strlen(text), NULL, &gap, &reason),
					 0);
		}
		assert_int_equal(hn_observations_count(o), 1);
		row = hn_observations_at(o, 0);
		if (!row != !wanted || (row && strcmp(row->state, wanted) != 0))
			fail_msg("pair %zu, %s: \"%s\", not \"%s\"", i / 2,
				 i % 2 ? "turned round" : "as it stands", row ? row->state : "left",
				 wanted ? wanted : "left");
	}
}

/* Gives one answer after the other. */
static pid_t serve(const char *path, const char *const answers[], size_t n)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t child;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		for (size_t i = 0; i < n; i++) {
			char request[2048];
			int client = accept(fd, NULL, NULL);

			if (client < 0 || read(client, request, sizeof(request)) <= 0 ||
			    write(client, answers[i], strlen(answers[i])) < 0)
				_exit(1);
			close(client);
		}
		_exit(0);
	}
	close(fd);
	return child;
}

#define OK "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"
#define STATUS(complete) \
	OK "{\"schema\":\"hostnetd.status/v1\",\"complete\":" complete ",\"incomplete\":[\"why\"]}"

#define STATUS_AT(at) OK "{\"schema\":\"hostnetd.status/v1\",\"time\":\"2026-11-29T" at "Z\",\"complete\":true}"

static void agents(void **state _unused_)
{
	static const struct {
		const char *answers[5];
		size_t n, rows;
		const char *gap; /* part of it; NULL: none */
	} cases[] = {
		/* A file says that it had left at eleven. */
		{{STATUS_AT("10:59:59"), OK "{\"items\":[" FINDING("open") "]}", OK "{\"items\":[]}"}, 3, 0, NULL},
		{{STATUS_AT("11:00:01"), OK "{\"items\":[" FINDING("open") "]}", OK "{\"items\":[]}"}, 3, 1, NULL},
		{{STATUS("true"), OK "{\"items\":[]}", OK "{\"items\":[]}"}, 3, 0, NULL},
		{{STATUS("true"), OK "{\"items\":[" FINDING("open") "],\"next\":\"c1\"}", OK "{\"items\":[]}",
		  OK "{\"items\":[{" POD "}]}"},
		 4,
		 1,
		 NULL},
		{{STATUS("false"), OK "{\"items\":[]}", OK "{\"items\":[]}"}, 3, 0, "why"},
		{{STATUS("true"), OK "{\"items\":[],\"next\":\"c1\"}", OK "{\"items\":[],\"next\":\"c1\"}"},
		 3,
		 0,
		 "no page"},
		{{STATUS("true"), OK "{\"items\":[],\"next\":\"a&b\"}"}, 2, 0, "no page"},
		{{STATUS("true"), OK "{}"}, 2, 0, "no page"},
		{{STATUS("true"), OK "{\"items\":[1]}"}, 2, 0, "no object"},
		{{OK "{}"}, 1, 0, "no agent's API"},
		{{OK "{"}, 1, 0, "no JSON"},
		{{"HTTP/1.0 401 No\r\n\r\n"}, 1, 0, "--runtime-token-file"},
		{{"HTTP/1.0 503 No\r\n\r\n"}, 1, 0, "503"},
		{{"HTTP/1.0 200 OK\r\nContent-Length: 900\r\n\r\n{}"}, 1, 0, "cut off"},
		{{"SSH-2.0"}, 1, 0, "no HTTP"},
		{{"HTTP/1.1 200"}, 1, 0, "no HTTP"},
		{{""}, 1, 0, "no HTTP"},
	};
	const struct hn_observed_settings settings = {.timeout_ns = 5000000000};
	static const char file[] = SAID("11:00:00", "resolved");

	for (size_t i = 0; i < HN_ARRAY_SIZE(cases); i++) {
		_cleanup_(hn_observations_cleanup) struct hn_observations *o = NULL;
		struct hn_reason gap, reason;
		char dir[] = "/tmp/hn-observed-XXXXXX", path[64], url[80];
		pid_t child;
		int status;

		assert_non_null(mkdtemp(dir));
		snprintf(path, sizeof(path), "%s/api.sock", dir);
		snprintf(url, sizeof(url), "unix:%s", path);
		child = serve(path, cases[i].answers,
			      cases[i].n); /* before there is anything that it could lose */
		o = hn_observations_new();
		assert_non_null(o);
		assert_int_equal(hn_observations_read(o, "in", file, strlen(file), NULL, &gap, &reason), 0);
		assert_int_equal(hn_observations_ask(o, url, &settings, &gap, &reason), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		unlink(path);
		rmdir(dir);
		if (rows(o) != cases[i].rows || (gap.text[0] != '\0') != (cases[i].gap != NULL) ||
		    (cases[i].gap && !strstr(gap.text, cases[i].gap)))
			fail_msg("case %zu: %zu rows, gap '%s'", i, rows(o), gap.text);
	}
}

/* Whoever may write in one namespace does not speak for a pod of another. */
static void whose_word_it_is(void **state _unused_)
{
	static const struct {
		const char *scope;
		bool inventory;
		size_t rows;
	} steps[] = {{"n1/a", true, 1}, {"n1/a", true, 1}, {"n1/b", true, 2},
		     {NULL, false, 3},  {NULL, true, 3},   {"n2/b", true, 4}};
	const struct hn_observed row = {.uid = "u", .container_id = "", .way = "namespace", .state = "open"};
	_cleanup_(hn_observations_cleanup) struct hn_observations *o = hn_observations_new();
	struct hn_reason reason = {{0}};

	for (size_t i = 0; i < HN_ARRAY_SIZE(steps); i++) {
		assert_int_equal(hn_observed_put(o, &row, steps[i].inventory, steps[i].scope, &reason), 0);
		assert_int_equal(hn_observations_count(o), steps[i].rows);
	}
}

static void no_agents(void **state _unused_)
{
	static const char *const urls[] = {"cluster", "unix:", "unix:relative", "10.0.0.1:9464", "ftp://x", ""};
	const struct hn_observed_settings settings = {0};
	_cleanup_(hn_observations_cleanup) struct hn_observations *o = hn_observations_new();
	struct hn_reason gap, reason;

	for (size_t i = 0; i < HN_ARRAY_SIZE(urls); i++)
		assert_true(hn_observations_ask(o, urls[i], &settings, &gap, &reason) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inputs),           cmocka_unit_test(ages),
		cmocka_unit_test(agents),           cmocka_unit_test(newest_word),
		cmocka_unit_test(whose_word_it_is), cmocka_unit_test(no_agents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

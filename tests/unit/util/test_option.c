/* SPDX-License-Identifier: Apache-2.0 */
/* Flags, environment and file: which wins, what is refused and what the reason says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/option.h"
#include "hostnetd/str.h"
#include "hostnetd/time.h"

#define SCAN 1
#define RUN 2
#define BOTH (SCAN | RUN)

struct settings {
	bool help, insecure;
	char *config, *node_name, *listen;
	struct hn_strings signatures;
	int64_t interval;
	int output;
};

static const char *const outputs[] = {"table", "json", NULL};
#define FIELD(f) offsetof(struct settings, f)
static const struct hn_option rows[] = {
	{"help", HN_OPTION_FLAG, NULL, "this text", NULL, NULL, FIELD(help), BOTH, 0, 0},
	{"config", HN_OPTION_STRING, "FILE", "settings in YAML", NULL, NULL, FIELD(config), BOTH, 0, 0},
	{"node-name", HN_OPTION_STRING, "NAME", "name in reports", "$NODE_NAME, then the host name", NULL,
	 FIELD(node_name), BOTH, 0, 0},
	{"kubelet-insecure-tls", HN_OPTION_FLAG, NULL, "do not verify", "off", NULL, FIELD(insecure), BOTH, 0, 0},
	{"signatures", HN_OPTION_LIST, "FILE", "more signatures", NULL, NULL, FIELD(signatures), BOTH, 0, 0},
	{"sweep-interval", HN_OPTION_DURATION, "TIME", "between sweeps", "30s", NULL, FIELD(interval), BOTH,
	 HN_NSEC_PER_SEC / 2, 3600 * HN_NSEC_PER_SEC},
	{"output", HN_OPTION_CHOICE, NULL, "how to print", NULL, outputs, FIELD(output), BOTH, 0, 0},
	{"listen", HN_OPTION_STRING, "ADDRESS", "API", NULL, NULL, FIELD(listen), RUN, 0, 0},
	{0},
};

struct world {
	struct settings settings;
	struct hn_reason reason;
	char file[64]; /* the --config file, if one was written */
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	*state = w;
	return w ? 0 : -1;
}

static int teardown(void **state)
{
	struct world *w = *state;

	hn_options_done(rows, &w->settings);
	assert_null(w->settings.node_name);
	assert_int_equal(w->settings.signatures.n, 0);
	if (w->file[0] != '\0')
		unlink(w->file);
	free(w);
	unsetenv("HOSTNETD_NODE_NAME");
	unsetenv("HOSTNETD_SIGNATURES");
	unsetenv("HOSTNETD_KUBELET_INSECURE_TLS");
	unsetenv("HOSTNETD_LISTEN");
	unsetenv("HOSTNETD_CONFIG");
	unsetenv("HOSTNETD_OUTPUT");
	return 0;
}

static int parse(struct world *w, unsigned command, const char *a, const char *b, const char *c)
{
	const char *argv[] = {"hostnetd", a, b, c, NULL};
	int argc = 1;

	while (argv[argc])
		argc++;
	hn_options_done(rows, &w->settings);
	w->settings = (struct settings){.interval = 30};
	w->reason.text[0] = '\0';
	return hn_options_parse(rows, command, argc, (char *const *)argv, &w->settings, &w->reason);
}

static void write_file(struct world *w, const void *text, size_t n)
{
	int fd;

	if (w->file[0] != '\0')
		unlink(w->file);
	snprintf(w->file, sizeof(w->file), "%s", P_tmpdir "/hostnetd-test-XXXXXX");
	fd = mkstemp(w->file);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	close(fd);
}

static int parse_file(struct world *w, unsigned command, const char *text)
{
	write_file(w, text, strlen(text));
	return parse(w, command, "--config", w->file, NULL);
}

static void test_flags(void **state)
{
	struct world *w = *state;

	assert_int_equal(parse(w, SCAN, "--node-name", "n1", "--kubelet-insecure-tls"), 0);
	assert_string_equal(w->settings.node_name, "n1");
	assert_true(w->settings.insecure);
	assert_int_equal(w->settings.interval, 30); /* untouched: the caller's default */
	assert_int_equal(parse(w, SCAN, "--node-name=a=b", "--kubelet-insecure-tls=false", "--sweep-interval=1m"),
			 0);
	assert_string_equal(w->settings.node_name, "a=b");
	assert_false(w->settings.insecure);
	assert_int_equal(w->settings.interval, 60 * HN_NSEC_PER_SEC);
	assert_int_equal(parse(w, SCAN, "--node-name=a", "--node-name=b", NULL), 0);
	assert_string_equal(w->settings.node_name, "b");
	assert_int_equal(parse(w, SCAN, "--node-name=-x", "--signatures", "-"), 0);
	assert_string_equal(w->settings.node_name, "-x");
	assert_int_equal(parse(w, SCAN, "--signatures=a", "--signatures=b,c", NULL), 0);
	assert_int_equal(w->settings.signatures.n, 2);
	assert_string_equal(w->settings.signatures.items[1], "b,c");
}

static void test_short_flags(void **state)
{
	struct world *w = *state;

	assert_int_equal(parse(w, SCAN, "-o", "json", NULL), 0);
	assert_int_equal(w->settings.output, 1);
	assert_int_equal(parse(w, SCAN, "-o=json", "-h", NULL), 0);
	assert_int_equal(w->settings.output, 1);
	assert_true(w->settings.help);
	assert_int_equal(parse(w, SCAN, "-x", NULL, NULL), -EINVAL);
	assert_string_equal(w->reason.text, "unknown option -x: --help lists all");
}

static void test_refused_flags(void **state)
{
	static const struct {
		const char *a, *b, *text;
	} bad[] = {
		{"--node-nmae=secret", NULL, "unknown option --node-nmae: did you mean --node-name?"},
		{"--kubelet-insecure", NULL,
		 "unknown option --kubelet-insecure: did you mean --kubelet-insecure-tls?"},
		{"--sweep_interval", "5s", "unknown option --sweep_interval: did you mean --sweep-interval?"},
		{"--quite-another-thing", NULL, "unknown option --quite-another-thing: --help lists all"},
		{"--", NULL, "unexpected argument '--': options begin with --"},
		{"stray", NULL, "unexpected argument 'stray': options begin with --"},
		{"", NULL, "unexpected argument '': options begin with --"},
		{"--node-name", NULL, "--node-name needs a value: NAME"},
		{"--node-name=", NULL, "--node-name needs a value: NAME"},
		{"--node-name", "--help",
		 "--node-name needs a value (one that begins with -- is written --node-name=...)"},
		{"--kubelet-insecure-tls=maybe", NULL,
		 "--kubelet-insecure-tls: 'maybe' is neither true nor false"},
		{"--output", "xml", "--output: 'xml' is none of: table, json"},
		{"--sweep-interval", "-5s", "--sweep-interval: '-5s' is no duration, such as 30s, 5m or 1h30m"},
		{"--sweep-interval", "499ms", "--sweep-interval: 499ms is not between 500ms and 1h"},
		{"--sweep-interval", "2h", "--sweep-interval: 2h is not between 500ms and 1h"},
		{"--listen", "x", "--listen is not an option of this command: --help lists all"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < HN_ARRAY_SIZE(bad); i++) {
		assert_int_equal(parse(w, SCAN, bad[i].a, bad[i].b, NULL),
				 strncmp(bad[i].text, "unexpected", 10) == 0 ? 1 : -EINVAL);
		assert_string_equal(w->reason.text, bad[i].text);
	}
	assert_int_equal(parse(w, SCAN, "--node-name", "stray", "stray"), 3);
	assert_int_equal(parse(w, RUN, "--listen", "x", NULL), 0);
	assert_int_equal(parse(w, SCAN, "--sweep-interval", "500ms", NULL), 0);
	assert_int_equal(parse(w, SCAN, "--sweep-interval", "1h", NULL), 0);
}

static void test_list_is_bounded(void **state)
{
	struct world *w = *state;
	char *argv[2 + HN_STRINGS_MAX];
	char item[] = "--signatures=x";

	for (size_t i = 0; i < HN_ARRAY_SIZE(argv); i++)
		argv[i] = item;
	assert_int_equal(hn_options_parse(rows, SCAN, 1 + HN_STRINGS_MAX, argv, &w->settings, &w->reason), 0);
	assert_int_equal(w->settings.signatures.n, HN_STRINGS_MAX);
	hn_options_done(rows, &w->settings);
	assert_int_equal(hn_options_parse(rows, SCAN, 2 + HN_STRINGS_MAX, argv, &w->settings, &w->reason),
			 -EINVAL);
	assert_string_equal(w->reason.text, "--signatures: more than 64 values");
}

static void test_environment(void **state)
{
	struct world *w = *state;

	setenv("HOSTNETD_NODE_NAME", "env", 1);
	setenv("HOSTNETD_SIGNATURES", "a,b", 1);
	setenv("HOSTNETD_KUBELET_INSECURE_TLS", "1", 1);
	setenv("HOSTNETD_LISTEN", "x", 1); /* not an option of scan */
	setenv("HOSTNETD_OUTPUT", "", 1);
	assert_int_equal(parse(w, SCAN, NULL, NULL, NULL), 0);
	assert_string_equal(w->settings.node_name, "env");
	assert_true(w->settings.insecure);
	assert_int_equal(w->settings.signatures.n, 2);
	assert_string_equal(w->settings.signatures.items[0], "a");
	assert_null(w->settings.listen);
	assert_int_equal(parse(w, RUN, "--node-name=flag", "--signatures=c", "--kubelet-insecure-tls=no"), 0);
	assert_string_equal(w->settings.node_name, "flag");
	assert_int_equal(w->settings.signatures.n, 1);
	assert_false(w->settings.insecure);
	assert_string_equal(w->settings.listen, "x");
	setenv("HOSTNETD_OUTPUT", "xml", 1);
	assert_int_equal(parse(w, SCAN, NULL, NULL, NULL), -EINVAL);
	assert_string_equal(w->reason.text, "HOSTNETD_OUTPUT: 'xml' is none of: table, json");
	assert_int_equal(parse(w, SCAN, "--help", NULL, NULL), 0); /* help comes all the same */
	assert_true(w->settings.help);
}

static void test_file(void **state)
{
	struct world *w = *state;

	assert_int_equal(parse_file(w, SCAN,
				    "# comment\nnode-name: file\nkubelet-insecure-tls: true\nsweep-interval: 90\n"
				    "signatures:\n- a\n- 'b c'\noutput: json\nlisten: not of scan\n"),
			 0);
	assert_string_equal(w->settings.node_name, "file");
	assert_true(w->settings.insecure);
	assert_int_equal(w->settings.interval, 90 * HN_NSEC_PER_SEC);
	assert_int_equal(w->settings.signatures.n, 2);
	assert_string_equal(w->settings.signatures.items[1], "b c");
	assert_int_equal(w->settings.output, 1);
	assert_null(w->settings.listen);
	/* JSON is YAML too; a list of one needs no brackets */
	assert_int_equal(parse_file(w, RUN, "{\"node-name\": \"j\", \"signatures\": \"one\", \"listen\": \"y\"}"),
			 0);
	assert_string_equal(w->settings.node_name, "j");
	assert_int_equal(w->settings.signatures.n, 1);
	assert_string_equal(w->settings.listen, "y");
	assert_int_equal(parse_file(w, SCAN, ""), 0);
	assert_int_equal(parse_file(w, SCAN, "# nothing\n---\n"), 0);
}

static void test_flag_over_environment_over_file(void **state)
{
	struct world *w = *state;

	assert_int_equal(parse_file(w, SCAN, "node-name: file\nsignatures: [file]\n"), 0);
	setenv("HOSTNETD_CONFIG", w->file, 1);
	assert_int_equal(parse(w, SCAN, NULL, NULL, NULL), 0);
	assert_string_equal(w->settings.node_name, "file");
	setenv("HOSTNETD_NODE_NAME", "env", 1);
	assert_int_equal(parse(w, SCAN, NULL, NULL, NULL), 0);
	assert_string_equal(w->settings.node_name, "env");
	assert_string_equal(w->settings.signatures.items[0], "file");
	assert_int_equal(parse(w, SCAN, "--node-name=flag", "--signatures=flag", NULL), 0);
	assert_string_equal(w->settings.node_name, "flag");
	assert_int_equal(w->settings.signatures.n, 1);
	assert_string_equal(w->settings.signatures.items[0], "flag");
}

static void test_refused_files(void **state)
{
	static const struct {
		const char *text, *reason; /* behind the file's name */
	} bad[] = {
		{"node-name: a\nnode-nmae: b\n", ":2:1: unknown key 'node-nmae': did you mean 'node-name'?"},
		{"zzzzzzzzzz: b\n", ":1:1: unknown key 'zzzzzzzzzz'"},
		{"node-name: a\nnode-name: b\n", ":2:1: key 'node-name' is there twice"},
		{"output: xml\n", ":1:9: output: 'xml' is none of: table, json"},
		{"node-name:\n", ":1:11: node-name needs a value: NAME"},
		{"node-name: [a]\n", ":1:12: node-name must be plain text, a number, true or false"},
		{"node-name: {a: b}\n", ":1:12: node-name must be plain text, a number, true or false"},
		{"signatures: [[a]]\n", ":1:14: signatures must be plain text, a number, true or false"},
		{"[a]: b\n", ":1:1: a key must be plain text, a number, true or false"},
		{"- node-name\n", ":1:1: expected a mapping of option names to values"},
		{"just text\n", ":1:1: expected a mapping of option names to values"},
		{"node-name: a\n---\nnode-name: b\n", ":2:1: a second document"},
		{"node-name: &x a\n", ":1:12: anchors are not supported"},
		{"config: other\n", ":1:1: 'config' is a flag only, no key of the file"},
		{"node-name: \"a\\0b\"\n", ":1:12: node-name holds a NUL"},
		{"node-name: \"a\n", NULL}, /* libyaml's own words */
		{"\tnode-name: a\n", NULL},
		{"node-name: \xff\n", NULL},
	};
	struct world *w = *state;

	for (size_t i = 0; i < HN_ARRAY_SIZE(bad); i++) {
		assert_int_equal(parse_file(w, SCAN, bad[i].text), -EINVAL);
		assert_memory_equal(w->reason.text, w->file, strlen(w->file));
		if (bad[i].reason)
			assert_string_equal(w->reason.text + strlen(w->file), bad[i].reason);
		else
			assert_int_equal(w->reason.text[strlen(w->file)], ':');
	}
}

static void test_unreadable_files(void **state)
{
	struct world *w = *state;
	char *big = malloc(1024 * 1024 + 1);

	assert_int_equal(parse(w, SCAN, "--config", "/nonexistent/file", NULL), -EINVAL);
	assert_string_equal(w->reason.text, "--config /nonexistent/file: No such file or directory");
	assert_int_equal(parse(w, SCAN, "--config", "/", NULL), -EINVAL);
	assert_string_equal(w->reason.text, "--config /: Is a directory");
	assert_non_null(big);
	memset(big, '#', 1024 * 1024 + 1);
	write_file(w, big, 1024 * 1024 + 1);
	free(big);
	assert_int_equal(parse(w, SCAN, "--config", w->file, NULL), -EINVAL);
	assert_non_null(strstr(w->reason.text, "larger than 1 MiB"));
}

static void test_help(void **state)
{
	struct hn_str s = {0};

	(void)state;
	hn_options_help(rows, SCAN, 60, &s);
	assert_string_equal(hn_str_get(&s), "  -h, --help               this text\n"
					    "  --config FILE            settings in YAML\n"
					    "  --node-name NAME         name in reports (default:\n"
					    "                           $NODE_NAME, then the host name)\n"
					    "  --kubelet-insecure-tls   do not verify (default: off)\n"
					    "  --signatures FILE        more signatures; may be repeated\n"
					    "  --sweep-interval TIME    between sweeps (default: 30s)\n"
					    "  -o, --output table|json  how to print\n");
	hn_str_clear(&s);
	hn_options_help(rows, RUN, 0, &s);
	assert_non_null(strstr(hn_str_get(&s), "  --listen ADDRESS         API\n"));
	assert_non_null(strstr(hn_str_get(&s), "name in reports (default: $NODE_NAME, then the host name)\n"));
	hn_str_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_flags, setup, teardown),
		cmocka_unit_test_setup_teardown(test_short_flags, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_flags, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_environment, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flag_over_environment_over_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable_files, setup, teardown),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

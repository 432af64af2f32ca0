/* SPDX-License-Identifier: Apache-2.0 */
/* What was observed says the same when all that is left of it is its evidence, as JSON keeps that; and by another
 * catalogue what that one says. */
#include <math.h>

#include "rig.h"

static void as_kept(struct hn_judgement *ai)
{
	for (size_t i = 0; i < ai->n_evidence; i++)
		ai->evidence[i].weight =
			(double)(int)(ai->evidence[i].weight * 1000 + (ai->evidence[i].weight < 0 ? -0.5 : 0.5)) /
			1000;
}

static void assert_same(const char *what, const struct hn_judgement *a, const struct hn_judgement *b)
{
	if (a->n_evidence != b->n_evidence || a->verdict != b->verdict || fabs(a->score - b->score) > 0.002 ||
	    strcmp(a->product, b->product) != 0)
		fail_msg("%s: %zu pieces of evidence, score %.3f %s; remembered %zu, %.3f %s", what, a->n_evidence,
			 a->score, a->product, b->n_evidence, b->score, b->product);
	for (size_t i = 0; i < a->n_evidence; i++) {
		size_t k = 0;

		while (k < b->n_evidence && (strcmp(a->evidence[i].path, b->evidence[k].path) != 0 ||
					     strcmp(a->evidence[i].value, b->evidence[k].value) != 0 ||
					     strcmp(a->evidence[i].signal, b->evidence[k].signal) != 0 ||
					     strcmp(a->evidence[i].signature, b->evidence[k].signature) != 0))
			k++;
		if (k == b->n_evidence)
			fail_msg("%s: %s %s of %s is gone", what, a->evidence[i].path, a->evidence[i].value,
				 a->evidence[i].signature);
	}
}

/* Alone, and with the process that gave it, which then counts once. */
static void assert_remembered(const struct hn_catalogue *c, const char *what, const struct hn_process_view *seen)
{
	struct hn_judgement was, alone, both;
	struct hn_process_view views[2] = {{.exe = ""}, *seen};

	hn_ai_judge(c, NULL, seen, 1, &was);
	as_kept(&was);
	views[0].remembered = was.evidence;
	views[0].n_remembered = was.n_evidence;
	hn_ai_judge(c, NULL, views, 1, &alone);
	assert_same(what, &was, &alone);
	views[0] = views[1];
	views[1] = (struct hn_process_view){.exe = "", .remembered = was.evidence, .n_remembered = was.n_evidence};
	hn_ai_judge(c, NULL, views, 2, &both);
	assert_same(what, &was, &both);
}

static int take(void *arg, struct hn_signature *s, struct hn_reason *reason)
{
	(void)arg;
	(void)reason;
	hn_signature_free(s);
	return 0;
}

struct walk {
	const struct hn_catalogue *catalogue;
	unsigned n;
};

static int on_example(void *arg, const char *name, bool match, enum hn_pattern_kind kind, const char *text)
{
	struct walk *w = arg;
	struct hn_held held = {.pid = 4711, .library = kind == HN_PATTERN_LIBRARY};
	struct hn_process_view view = {.pid = 4711, .exe = ""};
	uint16_t port = (uint16_t)strtoul(text, NULL, 10);
	char argv[4096];

	(void)name;
	(void)match;
	if (kind == HN_PATTERN_ARGV) {
		view.argv = argv;
		view.argv_len = rig_argv(argv, sizeof(argv), text);
	} else if (kind == HN_PATTERN_EXE) {
		view.exe = text;
	} else if (kind == HN_PATTERN_PORT) {
		view.ports = &port;
		view.n_ports = 1;
	} else if (kind == HN_PATTERN_DEVICE || kind == HN_PATTERN_LIBRARY) {
		assert_true(hn_strcpy(held.name, sizeof(held.name), text));
		view.held = &held;
		view.n_held = 1;
	} else {
		return 0;
	}
	w->n++;
	assert_remembered(w->catalogue, text, &view);
	return 0;
}

static void test_every_example(void **state)
{
	struct walk w = {.catalogue = rig_catalogue(NULL, 0)};
	const struct hn_signature_reader to = {take, on_example, &w};
	struct hn_reason reason = {""};
	const char *bytes;
	size_t n;

	(void)state;
	hn_catalogue_builtin(&bytes, &n);
	assert_int_equal(hn_signature_read("built-in", bytes, n, &to, &reason), 0);
	assert_true(w.n > 200);
	hn_catalogue_free((struct hn_catalogue *)w.catalogue);
}

static void judge(const char *file, const struct hn_evidence *e, struct hn_judgement *ret)
{
	char path[] = "/tmp/hostnetd-signatures-XXXXXX";
	const char *const files[] = {path};
	struct hn_process_view view = {.exe = "", .remembered = e, .n_remembered = 1};
	int fd = mkstemp(path);
	struct hn_catalogue *c;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, file, strlen(file)), strlen(file));
	close(fd);
	c = rig_catalogue(files, 1);
	unlink(path);
	hn_ai_judge(c, NULL, &view, 1, ret);
	hn_catalogue_free(c);
}

#define OURS(more) "signatures:\n- name: ours\n  category: inference\n  " more "\n"

#define AGAINST "signatures:\n- name: ours\n  not-ai: true\n  exe: [{our-server: 0.9}]\n"

/* Each row differs from the first in one thing. */
static void test_another_catalogue(void **state)
{
	static const struct {
		const char *file;
		double weight;
	} rows[] = {
		{OURS("exe: [{our-server: 0.9}]"), 0.9},
		{OURS("exe: [{our-server: 0.3}]"), 0.3},  /* made lighter */
		{OURS("exe: [{our-server: 0.95}]"), 0.9}, /* heavier: it was not seen to be more */
		{OURS("exe: [{their-server: 0.9}]"), 0},  /* known no more */
		{AGAINST, 0},                             /* speaks against: what is there is asked anew */
		{"signatures:\n- name: theirs\n  category: inference\n  exe: [{our-server: 0.9}]\n", 0},
	};
	const struct hn_evidence e = {.signal = "exe",
				      .observed = true,
				      .path = "process 4711 exe",
				      .value = "our-server",
				      .signature = "ours",
				      .weight = 0.9};
	struct hn_judgement ai;

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		judge(rows[i].file, &e, &ai);
		if (fabs(ai.score - rows[i].weight) > 0.001)
			fail_msg("row %zu: %.3f", i, ai.score);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_example),
		cmocka_unit_test(test_another_catalogue),
	};

	return cmocka_run_group_tests_name("remembered", tests, NULL, NULL);
}

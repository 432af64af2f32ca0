/* SPDX-License-Identifier: Apache-2.0 */
/* Which rule covers what a former run left: the very rule that covered it goes on, any other must do with what is known
 * now. */
#include "rig.h"

#include <stdlib.h>

#define RULE(match) "exceptions:\n- {name: r, reason: why, expires: 2199-01-31, match: " match "}\n"
#define OLLAMA EXEC(2, "/usr/bin/ollama", "ollama\0serve")
#define SHELL EXEC(3, "/bin/sh", "sh")
#define VLLM_IMAGE "vllm/vllm-openai:v0.6.3"
#define SIDE_IMAGE "registry.example.org/team/app:1"

/* Server c1 and side c2, both there all the time. */
struct two {
	struct pod p;
	struct hn_container containers[2];
	struct rig rig;
	struct hn_exception_book *book;
	struct hn_finding was;
};

static void use(struct two *t, const char *text)
{
	struct hn_exceptions *x = NULL;
	struct hn_reason reason = {""};

	if (hn_exceptions_parse("x.yaml", text, strlen(text), &x, &reason) < 0)
		fail_msg("%s", reason.text);
	assert_int_equal(hn_exception_book_set(t->book, x, (struct hn_wall){WALL_AT_BOOT}), 0);
}

static enum hn_state settle(struct two *t)
{
	hn_entry_judge(t->rig.e, t->rig.catalogue, &t->p.pod);
	hn_entry_cover(t->rig.e, t->book, t->rig.catalogue, &t->p.pod,
		       (struct hn_wall){WALL_AT_BOOT + t->rig.now});
	step(&t->rig);
	return t->rig.e->finding.state;
}

static void come_both(struct two *t)
{
	come_to(&t->rig, "c1", SHELL);
	come_to(&t->rig, "c2", EXEC(4, "/bin/sh", "sh"));
	hn_entry_know(t->rig.e, &t->p.pod);
}

/* The former run saw ollama in the side container, under this rule, and then its end. */
static void start(struct two *t, const char *server_image, const char *rule)
{
	rig_new(&t->rig, UID, HN_WAY_NAMESPACE);
	pod_init(&t->p, server_image, true);
	t->containers[0] = t->containers[1] = t->p.container;
	t->containers[1].name = "side";
	t->containers[1].image = SIDE_IMAGE;
	t->containers[1].id = "c2";
	t->p.pod.containers = t->containers;
	t->p.pod.n_containers = 2;
	t->book = hn_exception_book_new();
	come_both(t);
	come_to(&t->rig, "c2", OLLAMA);
	leave_from(&t->rig, 1, 2);
	use(t, rule);
	assert_int_equal(settle(t), HN_STATE_EXCEPTED);
	t->was = rig_kept(&t->rig);
}

/* Another agent, with the rules of its day; `clue_of` NULL: what was seen is not kept, only what was said of it. */
static enum hn_state next_run(struct two *t, const char *rule, const char *clue_of)
{
	struct hn_clue clue = {.kind = HN_CLUE_PROGRAM,
			       .pid = 2,
			       .container = clue_of,
			       .name = "/usr/bin/ollama",
			       .argv = "ollama\0serve",
			       .argv_len = sizeof("ollama\0serve")};

	rig_next_run(&t->rig, &t->was);
	if (clue_of)
		hn_entry_learn(t->rig.e, &clue, t->rig.catalogue, &t->p.pod);
	come_both(t);
	use(t, rule);
	return settle(t);
}

static void end(struct two *t)
{
	hn_exception_book_free(t->book);
	rig_free(&t->rig);
}

#define BOTH RULE("{images: [vllm/*, 'registry.example.org/*']}")
#define SERVER RULE("{images: [vllm/*]}")
#define SIDE RULE("{images: ['registry.example.org/*']}")

/* A rule that no longer names the side container's image, where nobody knows any more that the program ran there. */
static void test_a_rule_of_fewer_images(void **state)
{
	static const struct {
		const char *clue_of, *rule;
		enum hn_state state;
	} rows[] = {
		{NULL, BOTH, HN_STATE_EXCEPTED},
		{NULL, SERVER, HN_STATE_OPEN},
		/* Of a container that is not among its own: as little is known. */
		{"c9", BOTH, HN_STATE_EXCEPTED},
		{"c9", SERVER, HN_STATE_OPEN},
		{"", SERVER, HN_STATE_OPEN},
		/* It is known: that image must be named. */
		{"c2", BOTH, HN_STATE_EXCEPTED},
		{"c2", SERVER, HN_STATE_OPEN},
		{"c1", SERVER, HN_STATE_EXCEPTED},
	};
	struct two t;

	(void)state;
	start(&t, VLLM_IMAGE, BOTH);
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++)
		if (next_run(&t, rows[i].rule, rows[i].clue_of) != rows[i].state)
			fail_msg("row %zu: %s", i, hn_state_name(t.rig.e->finding.state));
	/* Every container's image is named: wherever it ran, it is covered. */
	assert_int_equal(next_run(&t, RULE("{images: [vllm/*, '*/team/app:1']}"), NULL), HN_STATE_EXCEPTED);
	end(&t);
}

/* Neither image says AI: all of the verdict is the program's. */
static void test_a_program_without_a_place(void **state)
{
	struct two t;

	(void)state;
	start(&t, SIDE_IMAGE, RULE("{namespaces: [ml], products: [ollama, vllm]}"));
	t.containers[0].image = "registry.example.com/other:1";
	assert_int_equal(next_run(&t, SIDE, "c9"), HN_STATE_OPEN);
	assert_int_equal(next_run(&t, SIDE, "c2"), HN_STATE_EXCEPTED);
	/* It runs again, and is seen where. */
	assert_int_equal(next_run(&t, SIDE, "c9"), HN_STATE_OPEN);
	come_to(&t.rig, "c2", OLLAMA);
	assert_int_equal(settle(&t), HN_STATE_EXCEPTED);
	end(&t);
}

/* A product that only a former run's word names is no other rule's. */
static void test_a_rule_of_fewer_products(void **state)
{
	struct two t;

	(void)state;
	start(&t, SIDE_IMAGE, RULE("{products: [ollama, vllm]}"));
	assert_int_equal(next_run(&t, RULE("{products: [ollama, vllm]}"), NULL), HN_STATE_EXCEPTED);
	assert_string_equal(t.rig.e->finding.ai.product, "ollama");
	assert_int_equal(next_run(&t, RULE("{products: [ollama]}"), NULL), HN_STATE_OPEN);
	assert_int_equal(next_run(&t, RULE("{categories: [inference]}"), NULL), HN_STATE_OPEN);
	assert_int_equal(next_run(&t, RULE("{namespaces: [ml]}"), NULL), HN_STATE_EXCEPTED);
	assert_int_equal(next_run(&t, RULE("{products: [ollama]}"), "c2"), HN_STATE_EXCEPTED);
	end(&t);
}

/* Where nobody has looked at its sockets yet, a rule for some ports covers it no more and no less than before. */
static void test_a_rule_of_ports_before_a_look_at_sockets(void **state)
{
#define PORTS RULE("{namespaces: [ml], ports: [11434]}")
	static const struct {
		const char *before, *rule;
		bool unheard;
		enum hn_state state;
	} rows[] = {
		{PORTS, PORTS, true, HN_STATE_EXCEPTED},
		{RULE("{namespaces: [ml]}"), PORTS, true, HN_STATE_OPEN},
		{RULE("{namespaces: [ml]}"), PORTS, false, HN_STATE_EXCEPTED},
		{RULE("{namespaces: [ml]}"), BOTH, true, HN_STATE_EXCEPTED},
	};
	struct two t;

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		start(&t, VLLM_IMAGE, rows[i].before);
		rig_next_run(&t.rig, &t.was);
		t.rig.e->unheard = rows[i].unheard;
		come_both(&t);
		use(&t, rows[i].rule);
		if (settle(&t) != rows[i].state)
			fail_msg("row %zu", i);
		end(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_rule_of_fewer_images),
		cmocka_unit_test(test_a_rule_of_ports_before_a_look_at_sockets),
		cmocka_unit_test(test_a_program_without_a_place),
		cmocka_unit_test(test_a_rule_of_fewer_products),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

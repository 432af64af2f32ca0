/* SPDX-License-Identifier: Apache-2.0 */
/* Input that somebody made to be slow, long or to hide what it runs. */
#include "rig.h"

static struct hn_catalogue *catalogue;

static int set_up(void **state)
{
	(void)state;
	catalogue = rig_catalogue(NULL, 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	hn_catalogue_free(catalogue);
	return 0;
}

static const char *const fillings[] = {"",  "a",  "/",  "-",  "--",  "a=",       "*",   ":",  "sh\0-c\0", "$@ ",
				       "'", "\\", "::", "a-", "://", "models--", "x\n", "a,", "a/",       "vllm "};

static void fill(char *argv, size_t n, size_t i)
{
	size_t len = i == 8 ? 6 : strlen(fillings[i]) + (i % 2);

	for (size_t k = 0; k < n; k++)
		argv[k] = len ? fillings[i][k % len] : '\0';
}

static size_t work_of(const char *argv, size_t n)
{
	static struct hn_hits hits;
	struct hn_process_view p = {.pid = 1, .exe = "", .argv = argv, .argv_len = n};

	hn_hits_init(&hits, catalogue);
	hn_signals_process(&hits, &p);
	return hits.work;
}

/* Twice the input costs at most twice the work, and a constant; no clock is asked. */
static void test_work_is_linear(void **state)
{
	enum { SMALL = 4096, CONSTANT = 20000 };
	static char argv[8 * SMALL];

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(fillings); i++) {
		size_t before;

		fill(argv, sizeof(argv), i);
		before = work_of(argv, SMALL);
		for (size_t n = 2 * (size_t)SMALL; n <= sizeof(argv); n *= 2) {
			size_t now = work_of(argv, n);

			if (now > 2 * before + CONSTANT)
				fail_msg("'%s': %zu bytes cost %zu, half of them %zu", fillings[i], n, now,
					 before);
			before = now;
		}
	}
}

/* 1 MiB of argv, of every shape that could be slow; the sanitizers watch the rest. */
static void test_long_argv(void **state)
{
	size_t n = 1 << 20;
	char *argv = malloc(n);

	(void)state;
	assert_non_null(argv);
	for (size_t i = 0; i < HN_ARRAY_SIZE(fillings); i++) {
		struct hn_process_view p = {.pid = 1, .exe = "", .argv = argv, .argv_len = n};
		struct hn_judgement j;

		fill(argv, n, i);
		hn_ai_judge(catalogue, NULL, &p, 1, &j);
		assert_true(j.n_evidence <= HN_EVIDENCE_MAX);
		memcpy(argv, "ollama", 7); /* what stands in front is seen all the same */
		hn_ai_judge(catalogue, NULL, &p, 1, &j);
		rig_assert_judged(&j, HN_AI, "inference", "ollama");
	}
	free(argv);
}

/* The last of 10,000 is seen, and they cost what they are. */
static void test_many_labels(void **state)
{
	enum { N = 10000 };
	struct hn_pair *labels = calloc(N, sizeof(*labels));
	static char keys[N][32], value[300];
	struct hn_judgement j;
	struct rig r;

	(void)state;
	assert_non_null(labels);
	memset(value, 'v', sizeof(value) - 1);
	for (size_t i = 0; i < N; i++) {
		snprintf(keys[i], sizeof(keys[i]), "hostile.example/%zu", i);
		labels[i] = (struct hn_pair){keys[i], value};
	}
	rig_init(&r);
	r.pod.labels = r.pod.annotations = labels;
	r.pod.n_labels = r.pod.n_annotations = N;
	r.container.image = "ollama/ollama";
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_AI, "inference", "ollama");
	labels[0].key = NULL; /* absent texts are empty texts */
	labels[0].value = NULL;
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_AI, "inference", "ollama");
	/* And nothing hides behind them. */
	r.container.image = "";
	labels[N - 1] = (struct hn_pair){"serving.kserve.io/inferenceservice", "x"};
	j = rig_judge(&r, catalogue);
	assert_non_null(rig_evidence(&j, "kserve"));
	assert_int_equal(j.verdict, HN_AI);
	free(labels);
}

/* More patterns than the table of hits holds: the weak ones give way. */
static void test_flood_of_weak_signs(void **state)
{
	static char names[400][HN_PATTERN_TEXT_MAX];
	static const char *env[400];
	struct hn_judgement j;
	struct rig r;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < hn_catalogue_count(catalogue); i++) {
		const struct hn_signature *s = hn_catalogue_signature(catalogue, i);

		for (size_t k = 0; k < s->n_patterns && n + 1 < HN_ARRAY_SIZE(env); k++)
			if (s->patterns[k].kind == HN_PATTERN_ENV && s->patterns[k].weight > 0 &&
			    s->patterns[k].weight < 0.6f && !strchr(s->patterns[k].text, '*')) {
				assert_true(hn_strcpy(names[n], sizeof(names[n]), s->patterns[k].text));
				env[n] = names[n];
				n++;
			}
	}
	assert_true(n > HN_HITS_MAX);
	env[n++] = "LANGSERVE_GRAPHS";
	rig_init(&r);
	r.container.env = env;
	r.container.n_env = n;
	j = rig_judge(&r, catalogue);
	assert_non_null(rig_evidence(&j, "langgraph"));
	assert_string_equal(j.product, "langgraph");
}

/* A start script has some hundred lines, and ends in what it is for. */
static void test_a_long_script(void **state)
{
	static const struct {
		unsigned lines;
		enum hn_verdict verdict;
	} rows[] = {{1, HN_AI}, {64, HN_AI}, {1000, HN_AI}, {1100, HN_NOT_AI}};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_str script = {0};
		const char *command[] = {"bash", "-c", NULL};
		struct hn_judgement j;
		struct rig r;

		for (unsigned n = 0; n < rows[i].lines; n++)
			hn_str_printf(&script, "mkdir -p /a/very/long/path/of/a/folder/%u\n", n);
		hn_str_puts(&script, "ollama serve\n");
		command[2] = hn_str_get(&script);
		rig_init(&r);
		r.container.command = command;
		r.container.n_command = 3;
		j = rig_judge(&r, catalogue);
		if (j.verdict != rows[i].verdict)
			fail_msg("%u lines", rows[i].lines);
		hn_str_done(&script);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_work_is_linear),      cmocka_unit_test(test_long_argv),
		cmocka_unit_test(test_many_labels),         cmocka_unit_test(test_a_long_script),
		cmocka_unit_test(test_flood_of_weak_signs),
	};

	return cmocka_run_group_tests_name("hostile", tests, set_up, tear_down);
}

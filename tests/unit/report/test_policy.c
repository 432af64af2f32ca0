/* SPDX-License-Identifier: Apache-2.0 */
/* The three frames of the policy, and what is said of the rules; that the CEL is right is tests/policy's. */
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "golden.h"
#include "hostnetd/policy.h"

#define NOW (1800000000LL * HN_NSEC_PER_SEC) /* 2027-01-15 */

static const char rules_text[] =
	"exceptions:\n"
	"- {name: all-keys, reason: why, expires: 2027-01-31, match: {namespaces: [train-*, ml], workloads: [{kind: "
	"Deployment, name: llm-?}, {name: x}], podLabels: {team: [research, ops], tier: gpu}, images: "
	"['registry.example.org/train/*'], ports: [29500, 40000-50000]}}\n"
	"- {name: by-product, reason: why, expires: 2027-01-31, match: {namespaces: [ml], products: [vllm], workloads: "
	"[{name: vllm}]}}\n"
	"- {name: by-product-alone, reason: why, expires: 2027-01-31, match: {namespaces: [ml], products: [vllm]}}\n"
	"- {name: by-category-anywhere, reason: why, expires: 2027-01-31, match: {categories: [training], images: "
	"[a/b]}}\n"
	"- {name: of-another-cause, reason: why, expires: 2027-01-31, match: {namespaces: [ml], causes: [joined]}}\n"
	"- {name: a-quote, reason: why, expires: 2027-01-31, match: {namespaces: [\"it's\"]}}\n"
	"- {name: a-line-of-yaml, reason: why, expires: 2027-01-31, match: {namespaces: [ml], images: "
	"[\"a\\u2028    expression: #*\"]}}\n"
	"- {name: next-line, reason: why, expires: 2027-01-31, match: {namespaces: [ml], podLabels: {\"a\\u0085b\": x}}}\n"
	"- {name: through-another, reason: why, expires: 2027-01-31, match: {namespaces: [ml], workloads: [{kind: "
	"LeaderWorkerSet, name: big}, {kind: Service, name: llm}]}}\n"
	"- {name: through-some, reason: why, expires: 2027-01-31, match: {namespaces: [ml], workloads: [{kind: "
	"CronJob, name: nightly}]}}\n"
	"- {name: through-by-wildcard, reason: why, expires: 2027-01-31, match: {namespaces: [ml], workloads: [{kind: "
	"'LeaderWorker*', name: big}]}}\n"
	"- {name: through-some-by-wildcard, reason: why, expires: 2027-01-31, match: {namespaces: [ml], workloads: [{kind: "
	"'Job*', name: big}]}}\n"
	"- {name: of-ones-own-group, reason: why, expires: 2027-01-31, match: {namespaces: [ml], workloads: [{kind: "
	"LeaderWorkerSet, name: big, group: our.example.org}]}}\n"
	"- {name: of-ones-own-kind, reason: why, expires: 2027-01-31, match: {namespaces: [ml], workloads: [{kind: 'Our*', "
	"name: big}]}}\n"
	"- {name: ended, reason: why, expires: 2027-01-14, match: {namespaces: [old]}}\n";

struct world {
	struct hn_catalogue *catalogue;
	struct hn_exceptions *rules;
	struct hn_admission_policy *policy;
};

static int setup(void **state)
{
	static struct world w;
	struct hn_reason reason = {""};

	if (hn_catalogue_new(NULL, 0, &w.catalogue, &reason) < 0 ||
	    hn_exceptions_parse("x.yaml", rules_text, strlen(rules_text), &w.rules, &reason) < 0 ||
	    hn_admission_policy_new(w.catalogue, w.rules, (struct hn_wall){NOW}, &w.policy, &reason) < 0) {
		print_error("%s\n", reason.text);
		return -1;
	}
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	hn_admission_policy_free(w->policy);
	hn_exceptions_free(w->rules);
	hn_catalogue_free(w->catalogue);
	return 0;
}

/* How many shares of images there are is the catalogue's: the first stands for all. */
static bool is_further_share(const char *text, size_t n)
{
	static const char *const shares[] = {"images", "others"};

	for (size_t i = 0; i < HN_ARRAY_SIZE(shares); i++) {
		const char *share = memmem(text, n, shares[i], 6);

		if (share && (share[6] != '1' || isdigit((unsigned char)share[7])))
			return true;
	}
	return false;
}

/* One line, in which each "variables.x || " may be left out. */
static void put_line(const char *line, size_t n, struct hn_str *out)
{
	for (size_t i = 0; i < n;) {
		const char *bar = memmem(line + i, n - i, " || ", 4);
		size_t word = bar ? (size_t)(bar - line) + 4 - i : n - i;

		if (!bar || !is_further_share(line + i, word))
			hn_str_append(out, line + i, word);
		i += word;
	}
	hn_str_putc(out, '\n');
}

/* An alternation of its patterns, which changes with it. */
static bool is_of_the_catalogue(const char *line, size_t n)
{
	static const char *const parts[] = {"c.image.matches('(^|/)(", "w[s].matches('(^|/)(", "(w[s] + ' '",
					    "w[i + 1].matches('^(",    "e.name.matches(",      "(k + '=' + "};

	for (size_t i = 0; i < HN_ARRAY_SIZE(parts); i++)
		if (memmem(line, n, parts[i], strlen(parts[i])))
			return true;
	return false;
}

/* Without what the catalogue says: its number of signatures, and the expressions made of its patterns. */
static void put_frame(const struct hn_str *policy, struct hn_str *out, unsigned *ret_long)
{
	const char *line = strchr(hn_str_get(policy), '\n');

	assert_memory_equal(hn_str_get(policy), "# Made by hostnetd on 2027-01-15 from a catalogue of ", 53);
	for (line++; *line;) {
		size_t n = strcspn(line, "\n");

		if (memmem(line, n, "- name: ", 8) && is_further_share(line, n)) {
			for (int i = 0; i < 2; i++)
				line = strchr(line, '\n') + 1;
			n = strcspn(line, "\n");
		} else if (is_of_the_catalogue(line, n)) {
			hn_str_puts(out, "    ...\n");
			(*ret_long)++;
		} else {
			put_line(line, n, out);
		}
		line += n + 1;
	}
}

static void test_frames(void **state)
{
	static const char *const goldens[HN_POLICY_FORMAT_MAX] = {
		[HN_POLICY_VAP] = "policy-vap.txt",
		[HN_POLICY_KYVERNO] = "policy-kyverno.txt",
		[HN_POLICY_GATEKEEPER] = "policy-gatekeeper.txt",
	};
	struct world *w = *state;

	for (enum hn_policy_format f = HN_POLICY_VAP; f < HN_POLICY_FORMAT_MAX; f++) {
		struct hn_str policy = {0}, frame = {0};
		struct hn_reason reason;
		unsigned longs = 0;

		assert_int_equal(hn_report_policy(w->policy, f, &policy, &reason), 0);
		assert_false(policy.failed);
		put_frame(&policy, &frame, &longs);
		assert_int_equal(longs, 7); /* images, others, programs, commands, modules, environment, labels */
		assert_non_null(strstr(hn_str_get(&policy), "ollama/ollama"));
		assert_null(strchr(hn_str_get(&policy), '\\'));
		check_golden(goldens[f], &frame);
		hn_str_done(&policy);
		hn_str_done(&frame);
	}
}

static void test_without_rules(void **state)
{
	struct world *w = *state;
	struct hn_admission_policy *without = NULL;
	struct hn_str policy = {0};
	struct hn_reason reason;

	assert_int_equal(hn_admission_policy_new(w->catalogue, NULL, (struct hn_wall){NOW}, &without, &reason), 0);
	assert_int_equal(hn_report_policy(without, HN_POLICY_VAP, &policy, &reason), 0);
	hn_admission_policy_free(without);
	assert_non_null(strstr(hn_str_get(&policy), "- name: excepted\n    expression: |-\n      false\n"));
	assert_null(strstr(hn_str_get(&policy), "# exception"));
	assert_null(strstr(hn_str_get(&policy), "- name: owners\n"));
	hn_str_done(&policy);
}

static void test_which_rules_are_in_it(void **state)
{
	static const struct {
		const char *name;
		bool in;
		const char *unreached; /* NULL: none */
	} rows[] = {
		{"all-keys", true, "CronJob"}, /* of its second workload the kind is open */
		{"by-product", true, "CronJob"},
		{"by-product-alone", false, NULL},
		{"by-category-anywhere", false, NULL},
		{"of-another-cause", false, NULL},
		{"a-quote", false, NULL},
		{"a-line-of-yaml", false, NULL},
		{"next-line", false, NULL},
		{"through-another", false, "LeaderWorkerSet"},
		{"through-some", true, "CronJob"},
		{"through-by-wildcard", false, "LeaderWorkerSet"},
		{"through-some-by-wildcard", true, "JobSet"},
		{"of-ones-own-group", true, NULL},
		{"of-ones-own-kind", true, NULL},
		{"ended", false, NULL},
	};
	struct world *w = *state;

	assert_int_equal(hn_exceptions_count(w->rules), HN_ARRAY_SIZE(rows));
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		const struct hn_exception *e = hn_exceptions_find(w->rules, rows[i].name);

		if (hn_admission_has_rule(e, (struct hn_wall){NOW}) != rows[i].in)
			fail_msg("%s", rows[i].name);
		if (!hn_streq(hn_admission_unreached(e), rows[i].unreached))
			fail_msg("%s: unreached %s", rows[i].name, hn_admission_unreached(e));
	}
}

struct many {
	struct hn_exceptions *rules;
	struct hn_admission_policy *policy;
	struct hn_str text;
};

static void many_new(const struct world *w, struct many *m)
{
	struct hn_reason reason = {""};

	if (hn_exceptions_parse("x.yaml", hn_str_get(&m->text), m->text.len, &m->rules, &reason) < 0 ||
	    hn_admission_policy_new(w->catalogue, m->rules, (struct hn_wall){NOW}, &m->policy, &reason) < 0)
		fail_msg("%s", reason.text);
}

static void many_free(struct many *m)
{
	hn_admission_policy_free(m->policy);
	hn_exceptions_free(m->rules);
	hn_str_done(&m->text);
}

/* What cel-go reads of one expression, and an API server keeps of one object. */
static void test_sizes(void **state)
{
	static const struct {
		unsigned rules, globs;
		const char *problem; /* NULL: none */
		unsigned variables;  /* at least */
	} rows[] = {
		{400, 3, NULL, 2},
		{1, 170, NULL, 1},
		{1, 256, "the exception 'r0' is too long for a policy: ", 0},
		{10000, 3, "the policy would have ", 0},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct many m = {.text = {0}};
		struct hn_str policy = {0};
		struct hn_reason reason = {""};
		unsigned variables = 0;

		hn_str_puts(&m.text, "exceptions:\n");
		for (unsigned r = 0; r < rows[i].rules; r++) {
			hn_str_printf(
				&m.text,
				"- {name: r%u, reason: w, expires: 2027-01-31, match: {namespaces: [ml], images: [",
				r);
			for (unsigned g = 0; g < rows[i].globs; g++)
				hn_str_printf(&m.text, "%s\"%0*u/*\"", g ? ", " : "",
					      rows[i].rules == 1 ? 240 : 60, g);
			hn_str_puts(&m.text, "]}}\n");
		}
		many_new(*state, &m);
		assert_int_equal(hn_report_policy(m.policy, HN_POLICY_VAP, &policy, &reason),
				 rows[i].problem ? -E2BIG : 0);
		if (rows[i].problem && !strstr(reason.text, rows[i].problem))
			fail_msg("%s", reason.text);
		for (char *at = policy.data; at && (at = strstr(at, "- name: excepted")) && at[16] != '\n'; at++)
			variables++;
		if (!rows[i].problem)
			assert_true(variables >= rows[i].variables);
		for (const char *line = hn_str_get(&policy); !rows[i].problem && *line;
		     line += strcspn(line, "\n") + 1)
			assert_true(strcspn(line, "\n") < 100000);
		hn_str_done(&policy);
		many_free(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_without_rules),
		cmocka_unit_test(test_which_rules_are_in_it),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Rules: what is covered and what is not, and what is remembered of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/exception.h"
#include "hostnetd/str.h"

#include "exception_rig.h"

static const struct hn_wall before = {1769900000 * HN_NSEC_PER_SEC}; /* 2026-01-31 */

/* --- matching ----------------------------------------------------------------------------------------------------- */

#define VLLM "vllm/vllm-openai:v0.8"
#define PLAIN "nginx:1.27"

struct world {
	struct hn_catalogue *catalogue;
	struct hn_container containers[2];
	struct hn_pair label;
	struct hn_pod pod;
	struct hn_judgement ai;
	uint16_t ports[2];
	struct hn_exception_process process;
	struct hn_exception_facts facts;
};

static void world_new(struct world *w)
{
	struct hn_reason reason;

	*w = (struct world){.label = {"team", "research"}, .ports = {8000, 8001}};
	assert_int_equal(hn_catalogue_new(NULL, 0, &w->catalogue, &reason), 0);
	for (int i = 0; i < 2; i++)
		w->containers[i] = (struct hn_container){.name = "c",
							 .image = i ? PLAIN : VLLM,
							 .image_id = "",
							 .id = i ? "id1" : "id0",
							 .runtime = ""};
	w->pod = (struct hn_pod){.uid = "u",
				 .ns = "ml",
				 .name = "vllm-0",
				 .host_network = true,
				 .runtime_class = "",
				 .phase = "Running",
				 .controller = {"", "", ""},
				 .workload = {"apps/v1", "StatefulSet", "vllm"},
				 .n_labels = 1,
				 .labels = &w->label,
				 .n_containers = 2,
				 .containers = w->containers};
	hn_ai_judge(w->catalogue, &w->pod, NULL, 0, &w->ai);
	assert_int_equal(w->ai.verdict, HN_AI);
	w->facts = (struct hn_exception_facts){.cause = HN_CAUSE_DECLARED,
					       .ns = "ml",
					       .workload = w->pod.workload,
					       .pod = &w->pod,
					       .ai = &w->ai,
					       .catalogue = w->catalogue,
					       .processes = &w->process,
					       .n_ports = 2,
					       .ports = w->ports};
}

static bool covers(const struct world *w, const char *match)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};
	struct hn_exceptions *x;
	bool r;

	hn_str_printf(&text, "%s  match: %s\n", HEAD, match);
	x = parse(hn_str_get(&text));
	r = hn_exceptions_match(x, &w->facts, before);
	/* The same rule a moment after its end. */
	assert_null(hn_exceptions_match(x, &w->facts, hn_exceptions_at(x, 0)->expires));
	hn_exceptions_free(x);
	return r;
}

/* A kind of that name in a group of one's own is another one's. */
static void test_groups(void **state)
{
	static const struct {
		const char *workload, *api_version, *kind;
		bool covers;
	} rows[] = {
		{"{kind: StatefulSet, name: vllm}", "apps/v1", "StatefulSet", true},
		{"{kind: StatefulSet, name: vllm}", "extensions/v1beta1", "StatefulSet", true},
		{"{kind: StatefulSet, name: vllm}", "apps.kruise.io/v1beta1", "StatefulSet", true},
		{"{kind: StatefulSet, name: vllm}", "evil.example.org/v1", "StatefulSet", false},
		{"{kind: StatefulSet, name: vllm}", "apps.evil.example.org/v1", "StatefulSet", false},
		{"{kind: StatefulSet, name: vllm}", "v1", "StatefulSet", false},
		{"{kind: StatefulSet, name: vllm}", "", "StatefulSet", false},
		{"{kind: Job, name: vllm}", "evil.example.org/v1", "Job", false},
		{"{kind: Job, name: vllm}", "batch.volcano.sh/v1alpha1", "Job", true},
		{"{kind: Pod, name: vllm}", "v1", "Pod", true},
		{"{kind: Pod, name: vllm}", "evil.example.org/v1", "Pod", false},
		{"{kind: Pod, name: vllm}", "evil.example.org/v1", "PodX", false},
		{"{kind: OurJob, name: vllm}", "our.example.org/v1", "OurJob", true},
		{"{kind: OurJob, name: vllm}", "evil.example.org/v1", "OurJob", true},
		{"{kind: OurJob, name: vllm, group: our.example.org}", "our.example.org/v1", "OurJob", true},
		{"{kind: OurJob, name: vllm, group: our.example.org}", "evil.example.org/v1", "OurJob", false},
		{"{kind: OurJob, name: vllm, group: '*.example.org'}", "evil.example.org/v1", "OurJob", true},
		/* A wildcard, or no kind, is no way around it. */
		{"{kind: 'Stateful*', name: vllm}", "evil.example.org/v1", "StatefulSet", false},
		{"{name: vllm}", "apps/v1", "StatefulSet", true},
		{"{name: vllm}", "evil.example.org/v1", "StatefulSet", false},
		{"{name: vllm}", "evil.example.org/v1", "Set", true},
		/* One that is given is the only one. */
		{"{kind: Job, name: vllm, group: our.example.org}", "our.example.org/v1", "Job", true},
		{"{kind: Job, name: vllm, group: our.example.org}", "batch/v1", "Job", false},
		{"{kind: Job, name: vllm, group: batch}", "batch.volcano.sh/v1alpha1", "Job", false},
		{"{kind: Job, name: vllm, group: '*'}", "evil.example.org/v1", "Job", true},
		{"{kind: Pod, name: vllm, group: ''}", "v1", "Pod", true},
		{"{kind: Pod, name: vllm, group: ''}", "", "Pod", false},
		{"{kind: Job, name: vllm, group: ''}", "batch/v1", "Job", false},
		{"{group: apps}", "extensions/v1beta1", "Deployment", true},
		{"{group: apps}", "batch/v1", "Job", false},
	};
	struct world w;

	(void)state;
	world_new(&w);
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		_cleanup_(hn_str_done) struct hn_str match = {0};

		hn_str_printf(&match, "{workloads: [%s]}", rows[i].workload);
		w.facts.workload = (struct hn_owner){rows[i].api_version, rows[i].kind, "vllm"};
		if (covers(&w, hn_str_get(&match)) != rows[i].covers)
			fail_msg("%s: %s %s", rows[i].workload, rows[i].api_version, rows[i].kind);
	}
	hn_catalogue_free(w.catalogue);
}

static void test_keys(void **state)
{
	static const struct {
		const char *match;
		bool fits;
	} rows[] = {
		{"{namespaces: [ml]}", true},
		{"{namespaces: [m*]}", true},
		{"{namespaces: [mlx, ml]}", true},
		{"{namespaces: [mlx]}", false},
		{"{workloads: [{kind: StatefulSet, name: vll*}]}", true},
		{"{workloads: [{kind: Deployment, name: vllm}]}", false},
		{"{workloads: [{kind: StatefulSet, name: vll}]}", false},
		{"{workloads: [{kind: Job}, {name: vllm}]}", true},
		{"{podLabels: {team: research}}", true},
		{"{podLabels: {team: [ops, res*]}}", true},
		{"{podLabels: {team: ops}}", false},
		{"{podLabels: {team: research, zone: '*'}}", false},
		{"{categories: [inference]}", true},
		{"{categories: [training]}", false},
		{"{products: [vllm]}", true},
		{"{products: [ollama]}", false},
		{"{namespaces: [ml], products: [ollama]}", false}, /* every key */
		{"{namespaces: [ml], ports: [8000, 8001]}", true},
		{"{namespaces: [ml], ports: [8000-9000]}", true},
		{"{namespaces: [ml], ports: [8000]}", false}, /* every port */
		{"{namespaces: [ml], causes: [joined]}", false},
		{"{namespaces: [ml], causes: [joined, declared]}", true},
		/* The second container is no AI: its image may be any. */
		{"{images: [vllm/*]}", true},
		{"{images: [nginx*]}", false},
	};
	struct world w;

	(void)state;
	world_new(&w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (covers(&w, rows[i].match) != rows[i].fits)
			fail_msg("%s", rows[i].match);
	hn_catalogue_free(w.catalogue);
}

static void test_causes_are_named(void **state)
{
	static const enum hn_cause causes[] = {HN_CAUSE_JOINED, HN_CAUSE_SOCKET, HN_CAUSE_UNMANAGED,
					       HN_CAUSE_UNKNOWN};
	struct world w;

	(void)state;
	world_new(&w);
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		w.facts.cause = causes[i];
		assert_false(covers(&w, "{namespaces: [ml]}"));
		assert_false(covers(&w, "{namespaces: [ml], causes: [declared]}"));
		assert_int_equal(covers(&w, "{namespaces: [ml], causes: [joined, socket, unmanaged, declared]}"),
				 causes[i] != HN_CAUSE_UNKNOWN);
	}
	hn_catalogue_free(w.catalogue);
}

static void test_every_ai_container(void **state)
{
	struct world w;

	(void)state;
	world_new(&w);
	w.containers[1].image = "ollama/ollama:0.3";
	assert_false(covers(&w, "{images: [vllm/*]}"));
	assert_true(covers(&w, "{images: [vllm/*, ollama/*]}"));
	/* What runs in it counts as what its image says. */
	w.containers[1].image = PLAIN;
	assert_true(covers(&w, "{images: [vllm/*]}"));
	w.facts.n_processes = 1;
	w.process = (struct hn_exception_process){
		.view = {.pid = 2, .exe = "/usr/bin/ollama", .argv = "ollama\0serve", .argv_len = 13},
		.container_id = "id1"};
	assert_false(covers(&w, "{images: [vllm/*]}"));
	assert_true(covers(&w, "{images: [vllm/*, nginx:*]}"));
	/* In a container that the kubelet does not list, or where some may not be known. */
	w.process.container_id = "id2";
	assert_false(covers(&w, "{images: [vllm/*, nginx:*]}"));
	w.facts.n_processes = 0;
	w.facts.more_processes = true;
	assert_false(covers(&w, "{images: [vllm/*]}"));
	assert_true(covers(&w, "{images: [vllm/*, nginx:*]}"));
	w.facts.more_processes = false;
	/* No container is AI by itself: each must be named. */
	w.containers[0].image = "busybox";
	assert_false(covers(&w, "{images: [busybox]}"));
	assert_true(covers(&w, "{images: [busybox, nginx:*]}"));
	hn_catalogue_free(w.catalogue);
}

static void test_not_known_does_not_match(void **state)
{
	struct hn_exceptions *x = parse(RULE("{namespaces: [ml], podLabels: {team: research}}"));
	struct world w;

	(void)state;
	world_new(&w);
	w.facts.pod = NULL;
	assert_true(covers(&w, "{namespaces: [ml]}"));
	assert_false(covers(&w, "{podLabels: {team: research}}"));
	assert_false(covers(&w, "{images: ['vllm/*']}"));
	/* The kubelet has dropped it: as far as the rule goes that covered it then, it stays what it was. */
	w.facts.covered_by = hn_exceptions_at(x, 0)->digest;
	assert_non_null(hn_exceptions_match(x, &w.facts, before));
	w.facts.covered_by++;
	assert_null(hn_exceptions_match(x, &w.facts, before));
	w.facts.ns = "";
	w.facts.workload = (struct hn_owner){"", "", ""};
	assert_false(covers(&w, "{namespaces: ['*', ml], products: [vllm]}"));
	assert_false(covers(&w, "{workloads: [{name: '*', kind: 'S*'}]}"));
	w.facts.more_ports = true;
	assert_false(covers(&w, "{products: [vllm], ports: [1-65535]}"));
	hn_exceptions_free(x);
	hn_catalogue_free(w.catalogue);
}

/* --- what is remembered ------------------------------------------------------------------------------------------- */

struct told {
	unsigned expired, unused;
};

static void count(const struct hn_exception *e, enum hn_exception_news news, void *arg)
{
	struct told *told = arg;

	assert_string_equal(e->name, "r");
	told->expired += news == HN_EXCEPTION_HAS_EXPIRED;
	told->unused += news == HN_EXCEPTION_IS_UNUSED;
}

static struct told check(struct hn_exception_book *b, int64_t ns)
{
	struct told told = {0, 0};

	hn_exception_book_check(b, (struct hn_wall){ns}, count, &told);
	return told;
}

static void test_book(void **state)
{
	struct hn_exception_book *b = hn_exception_book_new();
	struct hn_exceptions *x = parse(RULE("{namespaces: [ml]}"));
	int64_t end = hn_exceptions_at(x, 0)->expires.ns, start = end - 200 * DAY;
	struct hn_exception_memory m;
	size_t cursor = 0;
	struct world w;

	(void)state;
	world_new(&w);
	assert_int_equal(hn_exception_book_set(b, x, (struct hn_wall){start}), 0);
	assert_int_equal(check(b, start + 30 * DAY - 1).unused, 0);
	assert_int_equal(check(b, start + 30 * DAY).unused, 1);
	assert_int_equal(check(b, start + 90 * DAY).unused, 0); /* once */
	assert_non_null(hn_exception_book_cover(b, &w.facts, (struct hn_wall){start + 91 * DAY}));
	assert_int_equal(check(b, start + 121 * DAY - 1).unused, 0);
	/* The file is read again: the same rule is remembered. */
	assert_int_equal(
		hn_exception_book_set(b, parse(RULE("{namespaces: [mx]}")), (struct hn_wall){start + 100 * DAY}),
		0);
	assert_int_equal(check(b, start + 121 * DAY).unused, 1);
	assert_true(hn_exception_book_next(b, &cursor, &m));
	assert_true(m.since.ns == start && m.matched.ns == start + 91 * DAY);
	assert_false(hn_exception_book_next(b, &cursor, &(struct hn_exception_memory){.name = ""}));
	/* Expired is told once, and once more for another day. */
	assert_int_equal(check(b, end - 1).expired, 0);
	assert_int_equal(check(b, end).expired, 1);
	assert_int_equal(check(b, end + DAY).expired, 0);
	cursor = 0;
	assert_true(hn_exception_book_next(b, &cursor, &m));
	assert_true(m.expired.ns == end);
	hn_exception_book_free(b);

	/* Another start: what the store gives back counts. */
	b = hn_exception_book_new();
	assert_int_equal(
		hn_exception_book_set(b, parse(RULE("{namespaces: [ml]}")), (struct hn_wall){start + 150 * DAY}),
		0);
	m.matched.ns = start + 125 * DAY;
	m.told.ns = 0;
	hn_exception_book_recall(b, &m);
	assert_int_equal(check(b, start + 155 * DAY - 1).unused, 0);
	assert_int_equal(check(b, start + 155 * DAY).unused, 1);
	assert_int_equal(check(b, end + 2 * DAY).expired, 0); /* the run before has told it */
	m.matched.ns = start; /* of a file that came late: what is known here is newer */
	m.expired.ns = 1;
	hn_exception_book_recall(b, &m);
	assert_int_equal(check(b, end + 2 * DAY).expired, 0);
	cursor = 0;
	assert_true(hn_exception_book_next(b, &cursor, &m));
	assert_true(m.since.ns == start && m.matched.ns == start + 125 * DAY);
	strcpy(m.name, "other");
	hn_exception_book_recall(b, &m); /* not in force: nothing */
	hn_exception_book_free(b);
	hn_catalogue_free(w.catalogue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_causes_are_named),
		cmocka_unit_test(test_every_ai_container),
		cmocka_unit_test(test_not_known_does_not_match),
		cmocka_unit_test(test_book),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which rule covers an entry: what is gathered of it, and what changes with it. */
#include "rig.h"

#include <stdlib.h>

#define RULES(name, match) \
	"exceptions:\n- {name: " name ", reason: why, ticket: T-1, expires: 2199-01-31, match: " match "}\n"
#define VLLM EXEC(1, "/usr/bin/vllm", "vllm\0serve\0m")

static void use(struct hn_exception_book *book, const char *text)
{
	struct hn_exceptions *x = NULL;
	struct hn_reason reason = {""};

	if (hn_exceptions_parse("x.yaml", text, strlen(text), &x, &reason) < 0)
		fail_msg("%s", reason.text);
	assert_int_equal(hn_exception_book_set(book, x, (struct hn_wall){WALL_AT_BOOT}), 0);
}

/* As the agent settles an entry. */
static unsigned settle(struct rig *rig, struct hn_exception_book *book, const struct hn_pod *pod)
{
	hn_entry_judge(rig->e, rig->catalogue, pod);
	hn_entry_cover(rig->e, book, rig->catalogue, pod, (struct hn_wall){WALL_AT_BOOT + rig->now});
	return step(rig);
}

/* A vLLM pod, declared and known. */
static void start(struct rig *rig, struct pod *p)
{
	rig_new(rig, UID, HN_WAY_NAMESPACE);
	pod_init(p, "vllm/vllm-openai:v0.6.3", true);
	come(rig, VLLM);
	hn_entry_know(rig->e, &p->pod);
}

static void test_covered_and_not_any_more(void **state)
{
	struct hn_exception_book *book = hn_exception_book_new();
	struct hn_finding *f;
	struct rig rig;
	struct pod p;

	(void)state;
	start(&rig, &p);
	f = &rig.e->finding;
	use(book, RULES("training", "{namespaces: [ml], workloads: [{kind: StatefulSet, name: web}]}"));
	assert_int_equal(settle(&rig, book, &p.pod), 1);
	assert_int_equal(f->state, HN_STATE_EXCEPTED);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_OPENED);
	assert_string_equal(f->exception.name, "training");
	assert_string_equal(f->exception.ticket, "T-1");
	assert_string_equal(f->exception.approved_by, "");
	/* The same rule again is no news. */
	assert_int_equal(settle(&rig, book, &p.pod), 0);
	/* Another rule is, and nothing is opened by it. */
	use(book, RULES("other", "{namespaces: [ml]}"));
	assert_int_equal(settle(&rig, book, &p.pod), 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_UPDATED);
	assert_int_equal(rig.changes[0].changed, BIT(EXCEPTION));
	/* None covers it: it is opened, and has no rule. */
	use(book, "exceptions: []\n");
	assert_int_equal(settle(&rig, book, &p.pod), 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_OPENED);
	assert_int_equal(f->state, HN_STATE_OPEN);
	assert_string_equal(f->exception.name, "");
	assert_true(f->exception.expires.ns == 0 && f->exception.digest == 0);
	/* Without a file at all it stays so. */
	assert_int_equal(settle(&rig, NULL, &p.pod), 0);
	hn_exception_book_free(book);
	rig_free(&rig);
}

static void test_what_is_gone_keeps_its_rule(void **state)
{
	struct hn_exception_book *book = hn_exception_book_new();
	struct rig rig;
	struct pod p;

	(void)state;
	start(&rig, &p);
	use(book, RULES("training", "{namespaces: [ml]}"));
	settle(&rig, book, &p.pod);
	leave_from(&rig, 0, 1);
	rig.e->finding.containers[0].present = false;
	all_gone(&rig);
	use(book, "exceptions: []\n");
	assert_int_equal(settle(&rig, book, &p.pod), 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_RESOLVED);
	assert_string_equal(rig.e->finding.exception.name, "training");
	hn_exception_book_free(book);
	rig_free(&rig);
}

/* One more port than the rule allows opens it. */
static void test_a_port(void **state)
{
	struct hn_exception_book *book = hn_exception_book_new();
	struct hn_sighting s = PRESENT(1, "/usr/bin/vllm");
	struct rig rig;
	struct pod p;

	(void)state;
	start(&rig, &p);
	use(book, RULES("ports", "{namespaces: [ml], ports: [8000]}"));
	s.kind = HN_SIGHTING_LISTEN;
	s.endpoint = (struct hn_endpoint){.protocol = 6, .family = 2, .port = 8000};
	assert_true(hn_entry_listen(rig.e, &s));
	settle(&rig, book, &p.pod);
	assert_int_equal(rig.e->finding.state, HN_STATE_EXCEPTED);
	s.endpoint.port = 22;
	assert_true(hn_entry_listen(rig.e, &s));
	assert_int_equal(settle(&rig, book, &p.pod), 1);
	assert_int_equal(rig.e->finding.state, HN_STATE_OPEN);
	hn_exception_book_free(book);
	rig_free(&rig);
}

/* A rule for one image does not open the pod to another AI program that runs beside it, and does when that has left. */
static void test_a_program_in_another_container(void **state)
{
	struct hn_exception_book *book = hn_exception_book_new();
	struct hn_container two[2];
	struct rig rig;
	struct pod p;

	(void)state;
	start(&rig, &p);
	two[0] = two[1] = p.container;
	two[1].name = "side";
	two[1].image = "registry.example.org/team/app:1";
	two[1].id = "c2";
	p.pod.containers = two;
	p.pod.n_containers = 2;
	use(book, RULES("image", "{images: [vllm/*]}"));
	settle(&rig, book, &p.pod);
	assert_int_equal(rig.e->finding.state, HN_STATE_EXCEPTED);
	come_to(&rig, "c2", EXEC(2, "/usr/bin/ollama", "ollama\0serve"));
	settle(&rig, book, &p.pod);
	assert_int_equal(rig.e->finding.state, HN_STATE_OPEN);
	leave_from(&rig, 1, 2);
	rig.e->finding.containers[1].present = false;
	settle(&rig, book, &p.pod);
	assert_int_equal(rig.e->finding.state, HN_STATE_EXCEPTED);
	hn_exception_book_free(book);
	rig_free(&rig);
}

/* The kubelet has not told yet: namespace and labels are not known, and nothing is accepted on their account. */
static void test_before_the_pod_is_known(void **state)
{
	struct hn_exception_book *book = hn_exception_book_new();
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	come(&rig, VLLM);
	use(book, RULES("training", "{namespaces: ['ml', 'm*'], products: [vllm]}"));
	assert_int_equal(settle(&rig, book, NULL), 1);
	assert_int_equal(rig.e->finding.state, HN_STATE_OPEN);
	hn_exception_book_free(book);
	rig_free(&rig);
}

static void test_no_ai(void **state)
{
	struct hn_exception_book *book = hn_exception_book_new();
	struct rig rig;
	struct pod p;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	pod_init(&p, "nginx:1.27", true);
	come(&rig, EXEC(1, "/usr/sbin/nginx", "nginx"));
	hn_entry_know(rig.e, &p.pod);
	use(book, RULES("training", "{namespaces: [ml]}"));
	settle(&rig, book, &p.pod);
	assert_int_equal(rig.e->finding.state, HN_STATE_SHARING);
	assert_string_equal(rig.e->finding.exception.name, "");
	hn_exception_book_free(book);
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_covered_and_not_any_more),
		cmocka_unit_test(test_what_is_gone_keeps_its_rule),
		cmocka_unit_test(test_a_port),
		cmocka_unit_test(test_a_program_in_another_container),
		cmocka_unit_test(test_before_the_pod_is_known),
		cmocka_unit_test(test_no_ai),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A former run's finding goes on: what it knew of a program that has ended, whom it called. */
#include <stdlib.h>
#include <unistd.h>

#include "rig.h"

#define VLLM(pid) EXEC(pid, "/usr/bin/vllm", "vllm\0serve\0m")
#define SHELL(pid) EXEC(pid, "/bin/sh", "sh")
#define PLAIN_IMAGE "registry.example.org/team/app:1"
#define VLLM_IMAGE "vllm/vllm-openai:v0.6.3"

/* An open finding whose telling program has ended, as the history gives it: without processes. */
static void former_of(struct rig *rig, const struct pod *pod, struct hn_finding *ret)
{
	rig_new(rig, UID, HN_WAY_NAMESPACE);
	come(rig, SHELL(6));
	come(rig, VLLM(7));
	leave_from(rig, 0, 7);
	hn_entry_know(rig->e, &pod->pod);
	assert_int_equal(judge_and_step(rig, &pod->pod), 1);
	assert_int_equal(rig->e->finding.state, HN_STATE_OPEN);
	*ret = rig_kept(rig);
}

static void assert_same_evidence(const struct hn_judgement *now, const struct hn_judgement *was)
{
	assert_int_equal(now->verdict, was->verdict);
	assert_string_equal(now->product, was->product);
	assert_int_equal(now->n_evidence, was->n_evidence);
	for (size_t i = 0; i < now->n_evidence; i++) {
		assert_string_equal(now->evidence[i].path, was->evidence[i].path);
		assert_string_equal(now->evidence[i].value, was->evidence[i].value);
	}
}

/* The container is there, its AI program is not: before and after the kubelet has answered, and when all has gone. */
static void goes_on(const char *image)
{
	struct hn_finding was;
	struct rig rig;
	struct pod pod;

	pod_init(&pod, image, true);
	former_of(&rig, &pod, &was);
	rig_next_run(&rig, &was);
	come(&rig, SHELL(6));
	assert_int_equal(rig.e->finding.state, HN_STATE_OPEN);
	judge_and_step(&rig, NULL);
	assert_same_evidence(&rig.e->finding.ai, &was.ai);
	rig.now += 2 * SECOND;
	hn_entry_know(rig.e, &pod.pod);
	rig.e->changed = 0;
	assert_int_equal(judge_and_step(&rig, &pod.pod), 0);
	assert_int_equal(rig.e->finding.state, HN_STATE_OPEN);
	assert_int_equal(rig.e->finding.first_seen.ns, was.first_seen.ns);
	assert_string_equal(rig.e->finding.id, was.id);
	assert_same_evidence(&rig.e->finding.ai, &was.ai);
	leave_from(&rig, 0, 6);
	all_gone(&rig);
	assert_int_equal(judge_and_step(&rig, &pod.pod), 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_RESOLVED);
	assert_false(rig.changes[0].changed & BIT(AI));
	assert_same_evidence(&rig.e->finding.ai, &was.ai);
	rig_free(&rig);
}

static void test_goes_on(void **state)
{
	(void)state;
	goes_on(PLAIN_IMAGE);
	goes_on(VLLM_IMAGE);
}

/* When all was seen again nothing needs to be remembered. */
static void test_seen_again(void **state)
{
	struct hn_finding was;
	struct rig rig;
	struct pod pod;

	(void)state;
	pod_init(&pod, PLAIN_IMAGE, true);
	former_of(&rig, &pod, &was);
	rig_next_run(&rig, &was);
	come(&rig, SHELL(6));
	hn_entry_judge(rig.e, rig.catalogue, &pod.pod);
	assert_true(rig.e->n_remembered > 0);
	come(&rig, VLLM(8));
	hn_entry_judge(rig.e, rig.catalogue, &pod.pod);
	assert_int_equal(rig.e->n_remembered, 0);
	assert_int_equal(rig.e->finding.ai.n_evidence, was.ai.n_evidence);
	rig_free(&rig);
}

static void without_vllm(struct rig *rig)
{
	static const char text[] =
		"signatures:\n- {name: vllm, remove: true}\n- {name: inference-words, remove: true}\n";
	char path[] = "/tmp/hostnetd-signatures-XXXXXX";
	const char *const files[] = {path};
	struct hn_reason reason = {""};
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	hn_catalogue_free(rig->catalogue);
	rig->catalogue = NULL;
	r = hn_catalogue_new(files, 1, &rig->catalogue, &reason);
	unlink(path);
	if (r < 0)
		fail_msg("%s", reason.text);
}

/* The operator's word of it goes before what was remembered; of what has been resolved it changes nothing. */
static void test_an_operator_says_otherwise(void **state)
{
	struct hn_finding was;
	struct rig rig;
	struct pod pod;

	(void)state;
	pod_init(&pod, PLAIN_IMAGE, true);
	former_of(&rig, &pod, &was);
	without_vllm(&rig);
	rig_next_run(&rig, &was);
	come(&rig, SHELL(6));
	hn_entry_know(rig.e, &pod.pod);
	assert_int_equal(judge_and_step(&rig, &pod.pod), 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_RESOLVED);
	assert_int_equal(rig.e->finding.ai.verdict, HN_NOT_AI);
	was.state = HN_STATE_RESOLVED;
	was.resolved_at = was.last_seen;
	rig_next_run(&rig, &was);
	hn_entry_know(rig.e, &pod.pod);
	hn_entry_judge(rig.e, rig.catalogue, &pod.pod);
	assert_same_evidence(&rig.e->finding.ai, &was.ai);
	rig_free(&rig);
}

/* The store was late: this run took it for no AI until it heard of the former one. Told before, so not opened again. */
static void test_late(void **state)
{
	struct hn_finding was;
	struct rig rig;
	struct pod pod;

	(void)state;
	pod_init(&pod, PLAIN_IMAGE, true);
	former_of(&rig, &pod, &was);
	rig_next_run(&rig, NULL);
	come(&rig, SHELL(6));
	hn_entry_know(rig.e, &pod.pod);
	assert_int_equal(judge_and_step(&rig, &pod.pod), 0);
	assert_int_equal(rig.e->finding.state, HN_STATE_SHARING);
	hn_entry_recall(rig.e, &was, (struct hn_mono){rig.now});
	assert_int_equal(judge_and_step(&rig, &pod.pod), 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_UPDATED);
	assert_int_equal(rig.e->finding.state, HN_STATE_OPEN);
	assert_int_equal(rig.e->finding.occurrences, was.occurrences);
	assert_int_equal(rig.e->finding.first_seen.ns, was.first_seen.ns);
	assert_same_evidence(&rig.e->finding.ai, &was.ai);
	rig_free(&rig);
}

static struct hn_sighting a_call(enum hn_contact what, unsigned char last, uint16_t port)
{
	struct hn_sighting s = PRESENT(6, "/bin/sh");

	s.contact = what;
	s.endpoint = (struct hn_endpoint){6, 2, port, {169, 254, 169, last}};
	s.time.ns = WALL_AT_BOOT + 500 * SECOND;
	return s;
}

/* The history has the address of the metadata service, address and port of a control port; never the protocol. */
static void test_contacts(void **state)
{
	struct hn_finding was = {.first_seen.ns = 1, .state = HN_STATE_OPEN, .n_contacts = 2};
	struct hn_sighting again = a_call(HN_CONTACT_METADATA, 254, 80);
	struct hn_sighting kubelet = a_call(HN_CONTACT_CONTROL, 1, 10250),
			   etcd = a_call(HN_CONTACT_CONTROL, 1, 2379);
	struct rig rig;

	(void)state;
	was.contacts[0] = (struct hn_finding_contact){.what = HN_CONTACT_METADATA,
						      .endpoint = {.family = 2, .address = {169, 254, 169, 254}},
						      .time.ns = 2};
	was.contacts[1] = (struct hn_finding_contact){
		.what = HN_CONTACT_CONTROL,
		.endpoint = {.family = 2, .port = 10250, .address = {169, 254, 169, 1}},
		.time.ns = 3};
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	hn_entry_restore(rig.e, &was, (struct hn_mono){rig.now});
	assert_int_equal(rig.e->finding.n_contacts, 2);
	hn_entry_contact(rig.e, &again);
	assert_int_equal(rig.e->finding.n_contacts, 2);
	assert_int_equal(rig.e->finding.contacts[0].time.ns, again.time.ns);
	hn_entry_contact(rig.e, &etcd);
	hn_entry_contact(rig.e, &kubelet);
	assert_int_equal(rig.e->finding.n_contacts, 3);
	/* Found anew, and called again, before the history could be read. */
	rig_next_run(&rig, NULL);
	come(&rig, SHELL(6));
	hn_entry_contact(rig.e, &again);
	hn_entry_recall(rig.e, &was, (struct hn_mono){rig.now});
	assert_int_equal(rig.e->finding.n_contacts, 2);
	assert_int_equal(rig.e->finding.contacts[0].time.ns, again.time.ns);
	assert_int_equal(rig.e->finding.contacts[1].endpoint.port, 10250);
	rig_free(&rig);
}

/* Which containers are there is known; of them a sweep tells later. Where only the pod was known, one without a name is. */
static void test_who_was_there(void **state)
{
	struct hn_finding was = {
		.first_seen.ns = 1,
		.state = HN_STATE_OPEN,
		.n_containers = 2,
		.containers = (struct hn_finding_container[]){{.id = "c1"}, {.id = "c2", .present = true}}};
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	rig_next_run(&rig, &was);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(rig.e->finding.containers[i].present, i);
		assert_int_equal(rig.e->seats[i].joined, i);
	}
	/* The store was late: c3 came since, and c2 is to be looked for. */
	rig_next_run(&rig, NULL);
	come_to(&rig, "c3", SHELL(6));
	hn_entry_recall(rig.e, &was, (struct hn_mono){rig.now});
	assert_int_equal(rig.e->finding.n_containers, 2);
	assert_string_equal(rig.e->finding.containers[1].id, "c2");
	assert_true(rig.e->finding.containers[1].present && rig.e->seats[1].joined);
	assert_false(rig.e->seats[0].joined); /* its coming is to be told */
	was.n_containers = 0;
	rig_next_run(&rig, &was);
	assert_int_equal(rig.e->finding.n_containers, 1);
	assert_true(rig.e->finding.containers[0].present && rig.e->seats[0].joined);
	was.state = HN_STATE_RESOLVED;
	rig_next_run(&rig, &was);
	assert_int_equal(rig.e->finding.n_containers, 0);
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goes_on),
		cmocka_unit_test(test_seen_again),
		cmocka_unit_test(test_an_operator_says_otherwise),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_contacts),
		cmocka_unit_test(test_who_was_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// A node's pods beside the API server's view of them: one row a case.
#include "pods.h"

#include "hostnetd/podcheck.h"

#define LIST(items) "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\":[" items "]}"
#define POD(uid, name, more, spec, phase)                                                                        \
	"{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"ml\",\"uid\":\"" uid "\"" more "},\"spec\":{" spec \
	"},\"status\":{\"phase\":\"" phase "\"}}"
#define PLAIN POD("u1", "a", "", "", "Running")
#define SHARES POD("u1", "a", "", "\"hostNetwork\":true", "Running")
#define OWNED(name)                                                                                      \
	POD("u1", "a",                                                                                   \
	    ",\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"name\":\"" name \
	    "\",\"uid\":\"r\",\"controller\":true}]",                                                    \
	    "", "Running")
#define STATIC POD("h1", "etcd", ",\"annotations\":{\"kubernetes.io/config.source\":\"file\"}", "", "Running")
#define MIRROR                                                                                                    \
	POD("m1", "etcd",                                                                                         \
	    ",\"annotations\":{\"kubernetes.io/config.mirror\":\"h1\",\"kubernetes.io/config.source\":\"file\"}," \
	    "\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"n1\",\"uid\":\"n\","        \
	    "\"controller\":true}]",                                                                              \
	    "", "Running")

static const struct {
	const char *what, *here, *there, *found;
} cases[] = {
	{"nothing", LIST(""), LIST(""), ""},
	{"the same", LIST(PLAIN), LIST(PLAIN), ""},
	{"not known", LIST(PLAIN), LIST(""), "undeclared u1;"},
	{"made anew under the same name", LIST(PLAIN), LIST(POD("u2", "a", "", "", "Running")),
	 "undeclared u1;not-running u2;"},
	{"ended here, gone there", LIST(POD("u1", "a", "", "", "Succeeded")), LIST(""), ""},
	{"not here", LIST(""), LIST(PLAIN), "not-running u1;"},
	{"pending and not here", LIST(""), LIST(POD("u1", "a", "", "", "Pending")), "not-running u1;"},
	{"ended there, gone here", LIST(""), LIST(POD("u1", "a", "", "", "Failed")), ""},
	{"shares here only", LIST(SHARES), LIST(PLAIN), "host-network u1;"},
	{"shares there only", LIST(PLAIN), LIST(SHARES), "host-network u1;"},
	{"the same owner", LIST(OWNED("r1")), LIST(OWNED("r1")), ""},
	{"another owner", LIST(OWNED("r1")), LIST(OWNED("r2")), "owner u1;"},
	{"no owner any more", LIST(OWNED("r1")), LIST(PLAIN), "owner u1;"},
	{"a static pod and its mirror", LIST(STATIC), LIST(MIRROR), ""},
	{"a static pod without a mirror", LIST(STATIC), LIST(""), "undeclared h1;"},
	{"a mirror without a static pod", LIST(""), LIST(MIRROR), "not-running m1;"},
	{"its name is no mirror", LIST(STATIC), LIST(POD("u3", "etcd", "", "", "Running")),
	 "undeclared h1;not-running u3;"},
};

static void on_difference(void *arg, enum hn_pod_difference d, const struct hn_pod *here,
			  const struct hn_pod *there)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};

	assert_true(here || there);
	hn_pod_difference_text(d, here, there, &text);
	assert_true(text.len > 0 && !text.failed);
	assert_memory_equal(text.data, "pod ml/", 7);
	hn_str_printf(arg, "%s %s;", hn_pod_difference_name(d), here ? here->uid : there->uid);
}

static void test_cases(void **state _unused_)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(cases); i++) {
		_cleanup_(hn_podlist_cleanup) struct hn_podlist *here = NULL, *there = NULL;
		_cleanup_(hn_str_done) struct hn_str found = {0};
		struct hn_reason reason;

		assert_int_equal(read_text(cases[i].here, &here, &reason), 0);
		assert_int_equal(read_text(cases[i].there, &there, &reason), 0);
		hn_pods_compare(here, there, on_difference, &found);
		if (strcmp(hn_str_get(&found), cases[i].found) != 0)
			fail_msg("%s: %s", cases[i].what, hn_str_get(&found));
	}
}

/* What a cluster's users can write is made visible, and cut. */
static void test_hostile_text(void **state _unused_)
{
	char name[1000];
	struct hn_pod there = {.uid = "u\n1", .ns = "\x1b[31m", .name = name, .phase = ""};
	_cleanup_(hn_str_done) struct hn_str text = {0};

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	hn_pod_difference_text(HN_POD_NOT_RUNNING, NULL, &there, &text);
	assert_null(strchr(text.data, '\x1b'));
	assert_null(strchr(text.data, '\n'));
	assert_true(text.len < 600);
	assert_string_equal(hn_pod_difference_name(HN_POD_DIFFERENCE_MAX), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_hostile_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

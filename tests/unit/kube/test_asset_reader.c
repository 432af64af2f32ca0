// SPDX-License-Identifier: Apache-2.0
// Lists of objects: of files, of an API server, in lists; at every cut.
#include "asset_rig.h"

static void pages(void **state _unused_)
{
	_cleanup_(hn_str_done) struct hn_str out = {0};
	struct hn_reason reason = {""};

	assert_int_equal(
		read_text(
			"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"continue\":\"x\"},\"items\":["
			"{\"metadata\":{\"name\":\"p\"},\"spec\":" SPEC("true") "}]}",
			5, "Pod", &out, &reason),
		0);
	assert_string_equal(hn_str_get(&out), "pods v1 Pod /p +host\n");
	assert_int_equal(read_text("{\"kind\":\"Status\"}", 5, "Pod", &out, &reason), -EBADMSG);
	assert_int_equal(read_text(" ", 5, "Pod", &out, &reason), -EBADMSG);
}

/* What an API server answers is a list of what it was asked for, whole, and says whether there is more. */
static void answers(void **state _unused_)
{
#define ITEM "{\"metadata\":{\"name\":\"p\"},\"spec\":" SPEC("true") "}"
	static const struct {
		const char *text, *why; /* NULL: it is taken */
	} rows[] = {
		{"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[]}", NULL},
		{"{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[]}", NULL},
		{"{\"apiVersion\":\"v1\",\"items\":[],\"kind\":\"PodList\",\"metadata\":{\"continue\":null}}\n",
		 NULL},
		{"{\"items\":[]}", "no PodList: its kind is ''"},
		{"{\"kind\":\"ServiceList\",\"apiVersion\":\"v1\",\"items\":[]}",
		 "no PodList: its kind is 'ServiceList'"},
		{"{\"kind\":\"PodListList\",\"apiVersion\":\"v1\",\"items\":[]}", "no PodList"},
		{"{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"items\":[]}", "no PodList"},
		{"{\"kind\":\"PodList\",\"apiVersion\":\"pods.example/v1\",\"items\":[]}", "of 'pods.example/v1'"},
		{"{\"kind\":\"PodList\",\"items\":[{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"}}]}",
		 "item 0: a ConfigMap in a list of Pods"},
		{"{\"kind\":\"PodList\",\"items\":[{\"kind\":\"Pod\",\"apiVersion\":\"x.org/v1\",\"metadata\":{\"name\":\"c\"}}]}",
		 "an object of 'x.org/v1' in a list of 'v1'"},
		{"{\"kind\":\"PodList\",\"metadata\":{\"continue\":\"a\"},\"items\":[]}{\"kind\":\"PodList\",\"items\":[]}",
		 "a second document behind the list"},
		{"{\"kind\":\"PodList\",\"metadata\":{\"continue\":5},\"items\":[]}",
		 "metadata.continue is no text"},
		{"{\"kind\":\"PodList\",\"metadata\":{\"continue\":[\"a\"]},\"items\":[]}",
		 "metadata.continue is no text"},
		{"{\"kind\":\"PodList\",\"items\":[],\"\\u0069tems\":[" ITEM "]}", "an escape in the key"},
		{"{\"kind\":\"PodList\",\"items\":[],\"meta\\u0064ata\":{\"continue\":\"a\"}}",
		 "an escape in the key"},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		_cleanup_(hn_str_done) struct hn_str out = {0};
		struct hn_reason reason = {""};
		int r = read_text(rows[i].text, 5, "Pod", &out, &reason);

		if ((r == 0) != !rows[i].why || (rows[i].why && !strstr(reason.text, rows[i].why)))
			fail_msg("%s: %d %s", rows[i].text, r, reason.text);
	}
}

static int note_broken(void *arg, const char *why, struct hn_reason *reason _unused_)
{
	hn_str_printf(arg, "broken: %s\n", why);
	return 0;
}

/* Whoever may make one object of a kind does not hide the others: it is told by its name, and the list goes on. */
static void broken(void **state _unused_)
{
	struct hn_str text = {0};

	hn_str_puts(&text,
		    "{\"kind\":\"WorkflowList\",\"apiVersion\":\"argoproj.io/v1alpha1\",\"items\":["
		    "{\"metadata\":{\"name\":\"aaa\",\"namespace\":\"evil\"},\"spec\":{\"hostNetwork\":\"x\"}},"
		    "{\"metadata\":7},{\"metadata\":{\"name\":\"many\"},\"spec\":{\"volumes\":[");
	for (int i = 0; i < 100; i++)
		hn_str_puts(&text, "[");
	for (int i = 0; i < 100; i++)
		hn_str_puts(&text, "]");
	hn_str_puts(&text, "]}},{\"metadata\":{\"name\":\"good\",\"namespace\":\"ml\"},\"spec\":" SPEC(
				   "true") "},{tru}]}");
	for (size_t step = 1; step < 5000; step *= 70) {
		_cleanup_(hn_str_done) struct hn_str out = {0};
		struct hn_asset_source source = {.name = "list",
						 .api_version = "argoproj.io/v1alpha1",
						 .kind = "Workflow",
						 .kinds = kinds,
						 .found = note,
						 .broken = note_broken,
						 .arg = &out};
		struct hn_reason reason = {""};

		assert_int_equal(read_from(&source, hn_str_get(&text), step, &reason), 0);
		assert_string_equal(hn_str_get(&out),
				    "broken: item 0: Workflow evil/aaa: spec.hostNetwork is not true or false\n"
				    "broken: item 1: metadata is not an object\n"
				    "broken: item 2: nested too deeply\n"
				    "other argoproj.io/v1alpha1 Workflow ml/good spec+host\n"
				    "broken: item 4: not JSON\n");
		source.broken = NULL;
		assert_true(read_from(&source, hn_str_get(&text), step, &reason) < 0);
	}
	hn_str_done(&text);
}

struct flags {
	bool empty, partial;
};

static struct flags flags_of(const char *text)
{
	_cleanup_(hn_str_done) struct hn_str out = {0};
	const struct hn_asset_source source = {.name = "file", .kinds = kinds, .found = note, .arg = &out};
	_cleanup_(hn_asset_reader_cleanup) struct hn_asset_reader *r = hn_asset_reader_new(&source);
	struct hn_reason reason = {""};

	if (hn_asset_reader_feed(r, text, strlen(text), &reason) < 0 || hn_asset_reader_finish(r, &reason) < 0)
		fail_msg("%s: %s", text, reason.text);
	return (struct flags){hn_asset_reader_is_empty(r), hn_asset_reader_is_partial(r)};
}

/* An empty list was looked at; one that goes on was not, whichever of its documents says so. */
static void lists(void **state _unused_)
{
	static const struct {
		const char *text;
		struct flags flags;
	} rows[] = {
		{" ", {true, false}},
		{"# nothing\n---\n", {true, false}},
		{POD, {false, false}},
		{"{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[]}", {false, false}},
		{"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":null}", {false, false}},
		{"{\"items\":[]}", {true, false}},
		{"kind: List\napiVersion: v1\nitems: []\n", {false, false}},
		{"kind: PodList\napiVersion: v1\nitems:\n", {false, false}},
		{"{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":null}]}",
		 {false, false}},
		{"{\"kind\":\"List\",\"apiVersion\":\"v1\",\"metadata\":{\"continue\":\"\"},\"items\":[" POD "]}",
		 {false, false}},
		{"{\"kind\":\"List\",\"apiVersion\":\"v1\",\"metadata\":{\"continue\":\"x\"},\"items\":[" POD "]}",
		 {false, true}},
		{"{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[" POD
		 "],\"metadata\":{\"continue\":\"x\"}}\n" POD,
		 {false, true}},
		{"kind: List\napiVersion: v1\nmetadata: {continue: x}\nitems: []\n---\nkind: List\napiVersion: v1\nitems: []\n",
		 {false, true}},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct flags got = flags_of(rows[i].text);

		if (got.empty != rows[i].flags.empty || got.partial != rows[i].flags.partial)
			fail_msg("%s: empty %d, partial %d", rows[i].text, got.empty, got.partial);
	}
	/* As an API server sends it: the items say nothing of themselves. */
	check("{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\":[{\"metadata\":{\"name\":\"p\"},"
	      "\"spec\":" SPEC(
		      "true") "}]}\n{\"kind\":\"DeploymentList\",\"apiVersion\":\"apps/v1\",\"items\":[{\"metadata\":"
			      "{\"name\":\"d\"},\"spec\":{\"template\":{\"spec\":" SPEC("true") "}}}]}",
	      "pods v1 Pod /p +host\ndeployments apps/v1 Deployment /d spec.template+host\n");
	/* Items do not make a list of what is none. */
	check("kind: DaemonSet\napiVersion: apps/v1\nmetadata: {name: d}\nitems: []\n"
	      "spec: {template: {spec: {hostNetwork: true, containers: [{name: c}]}}}\n",
	      "daemonSets apps/v1 DaemonSet /d spec.template+host\n");
	check("kind: PodList\napiVersion: v1\nitems:\n- metadata: {name: p}\n  spec: {containers: [{name: c}]}\n",
	      "pods v1 Pod /p \n");
}

/* As `jq -S` sorts it: what the items are comes too late, unless they say it themselves. */
static void sorted(void **state _unused_)
{
	check("{\"apiVersion\":\"v1\",\"items\":[" POD "],\"kind\":\"PodList\"}", "pods v1 Pod /p \n");
	check_refused(
		"{\"apiVersion\":\"v1\",\"items\":[" ITEM "],\"kind\":\"PodList\"}",
		"item 0: it has no kind, nor has the list before its items: put kind and apiVersion before items");
	check_refused("{\"kind\":\"PodList\",\"items\":[" ITEM "],\"apiVersion\":\"v1\"}",
		      "it has no apiVersion, nor has");
	check_refused("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[],\"metadata\":{\"continue\":5}}",
		      "metadata.continue is no text");
	check_refused("kind: List\napiVersion: v1\nitems: []\nmetadata: {continue: 5}\n",
		      "metadata.continue is no text");
}

/* A list in a list is no object of its own, and what its items are does not go on behind it. */
static void nested(void **state _unused_)
{
	check("{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":["
	      "{\"kind\":\"DeploymentList\",\"apiVersion\":\"apps/v1\",\"items\":[{\"metadata\":{\"name\":\"d\"},\"spec\":"
	      "{\"template\":{\"spec\":" SPEC("true") "}}}]}," POD "]}," POD "]}",
	      "deployments apps/v1 Deployment /d spec.template+host\npods v1 Pod /p \npods v1 Pod /p \n");
	check("kind: List\napiVersion: v1\nitems:\n- {kind: PodList, apiVersion: v1, items: [{metadata: {name: p}, spec: "
	      "{containers: [{name: c}]}}]}\n",
	      "pods v1 Pod /p \n");
	check_refused(
		"{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[],"
		"\"items\":[" POD "]}]}",
		"'items' is there twice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(pages),   cmocka_unit_test(broken),
					   cmocka_unit_test(lists),   cmocka_unit_test(nested),
					   cmocka_unit_test(answers), cmocka_unit_test(sorted)};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

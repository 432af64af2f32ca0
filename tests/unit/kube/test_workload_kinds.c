// SPDX-License-Identifier: Apache-2.0
// The table of kinds: each path of it finds what stands there, and a path that could find nothing is refused.
#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "hostnetd/asset.h"
#include "hostnetd/str.h"

static struct hn_workload_kinds *kinds;

/* Where the path leads to, made on the way: each [*] is a list of one, each * a member "any". */
static cJSON *make_path(cJSON *at, const char *path)
{
	while (path[0]) {
		size_t n = strcspn(path, ".[");
		size_t step = n == 0 ? 3 : n;
		cJSON *next;
		char name[64];

		snprintf(name, sizeof(name), "%.*s", path[0] == '*' ? 3 : (int)n, path[0] == '*' ? "any" : path);
		next = n == 0 ? cJSON_GetArrayItem(at, 0) : cJSON_GetObjectItemCaseSensitive(at, name);
		if (!next) {
			next = strncmp(path + step, "[*]", 3) == 0 ? cJSON_CreateArray() : cJSON_CreateObject();
			if (n == 0)
				cJSON_AddItemToArray(at, next);
			else
				cJSON_AddItemToObject(at, name, next);
		}
		at = next;
		path += step;
		path += path[0] == '.';
	}
	return at;
}

static cJSON *make_object(const struct hn_workload_kind *k)
{
	_cleanup_(hn_str_done) struct hn_str version = {0};
	cJSON *root = cJSON_CreateObject();

	hn_str_printf(&version, "%s%sv1", k->group, k->group[0] ? "/" : "");
	cJSON_AddStringToObject(root, "apiVersion", hn_str_get(&version));
	cJSON_AddStringToObject(root, "kind", k->kind);
	cJSON_AddStringToObject(cJSON_AddObjectToObject(root, "metadata"), "name", "x");
	return root;
}

static int count_containers(void *arg, const struct hn_asset *a, struct hn_reason *reason _unused_)
{
	unsigned *n = arg;

	for (size_t i = 0; i < a->n_templates; i++)
		*n += (unsigned)a->templates[i].pod.n_containers;
	return 0;
}

/* Found by the table alone: without hostNetwork: true a pod spec is not looked for elsewhere. */
static void check_object(cJSON *root)
{
	unsigned containers = 0;
	const struct hn_asset_source source = {
		.name = "file", .kinds = kinds, .found = count_containers, .arg = &containers};
	_cleanup_(hn_asset_reader_cleanup) struct hn_asset_reader *r = hn_asset_reader_new(&source);
	struct hn_reason reason = {""};
	char *text = cJSON_PrintUnformatted(root);

	if (hn_asset_reader_feed(r, text, strlen(text), &reason) < 0 || hn_asset_reader_finish(r, &reason) < 0)
		fail_msg("%s: %s", text, reason.text);
	if (containers == 0)
		fail_msg("nothing is found in %s", text);
	cJSON_free(text);
	cJSON_Delete(root);
}

static void add_container(cJSON *spec)
{
	cJSON *container = cJSON_CreateObject();

	cJSON_AddStringToObject(container, "image", "i");
	cJSON_AddItemToArray(cJSON_AddArrayToObject(spec, "containers"), container);
}

static void every_path_of_the_table(void **state _unused_)
{
	size_t paths = 0;

	for (size_t i = 0; i < hn_workload_kinds_count(kinds); i++) {
		const struct hn_workload_kind *k = hn_workload_kinds_at(kinds, i);

		for (size_t p = 0; p < k->n_templates; p++, paths++) {
			cJSON *root = make_object(k);

			add_container(cJSON_AddObjectToObject(make_path(root, k->templates[p]), "spec"));
			check_object(root);
		}
		for (size_t p = 0; p < k->n_pod_specs; p++, paths++) {
			cJSON *root = make_object(k);

			add_container(make_path(root, k->pod_specs[p]));
			check_object(root);
		}
		for (size_t p = 0; p < k->n_containers; p++, paths++) {
			cJSON *root = make_object(k);

			make_path(root, k->pod_specs[0]);
			cJSON_AddStringToObject(make_path(root, k->containers[p]), "image", "i");
			check_object(root);
		}
	}
	assert_true(paths > 80);
}

static int read_file(const char *text, struct hn_reason *reason)
{
	char file[] = "/tmp/hn-kinds-XXXXXX";
	const char *const files[] = {file};
	struct hn_workload_kinds *got = NULL;
	int fd = mkstemp(file), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	r = hn_workload_kinds_new(files, 1, &got, reason);
	hn_workload_kinds_free(got);
	unlink(file);
	return r;
}

static int read_path(const char *path, struct hn_reason *reason)
{
	char text[512];

	snprintf(text, sizeof(text), "kinds:\n- {group: x.org, kind: X, templates: [\"%s\"]}\n", path);
	return read_file(text, reason);
}

/* What would be dropped in silence: kinds that the operator believes are looked at. */
static void documents(void **state _unused_)
{
	static const char kind[] = "kinds:\n- {group: x.org, kind: X, templates: [spec.template]}\n";
	_cleanup_(hn_str_done) struct hn_str two = {0};
	struct hn_reason reason = {""};

	hn_str_printf(&two, "%s...\n", kind);
	assert_int_equal(read_file(hn_str_get(&two), &reason), 0);
	hn_str_clear(&two);
	hn_str_printf(&two, "kinds: []\n---\n%s", kind);
	assert_true(read_file(hn_str_get(&two), &reason) < 0);
	assert_non_null(strstr(reason.text, ":3: file: a second document"));
}

static void paths(void **state _unused_)
{
	static const char *const good[] = {"template",
					   "spec.template",
					   "spec.tasks[*].template",
					   "spec.steps[*][*].inline",
					   "spec.replicas.*.template",
					   "*.template"};
	static const char *const bad[] = {"",
					  ".",
					  ".spec",
					  "spec.",
					  "spec..template",
					  "spec.items[0].template",
					  "spec[*",
					  "spec[]",
					  "[*].spec",
					  "spec[*]template",
					  "spec.a*.template",
					  "spec.]x",
					  "$.spec",
					  "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"};
	struct hn_reason reason = {""};

	for (size_t i = 0; i < HN_ARRAY_SIZE(good); i++)
		if (read_path(good[i], &reason) < 0)
			fail_msg("%s: %s", good[i], reason.text);
	for (size_t i = 0; i < HN_ARRAY_SIZE(bad); i++)
		if (read_path(bad[i], &reason) == 0)
			fail_msg("'%s' is taken for a path", bad[i]);
}

static int set_up(void **state _unused_)
{
	struct hn_reason reason = {""};

	return hn_workload_kinds_new(NULL, 0, &kinds, &reason);
}

static int tear_down(void **state _unused_)
{
	hn_workload_kinds_free(kinds);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_path_of_the_table),
		cmocka_unit_test(paths),
		cmocka_unit_test(documents),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Every row of tests/data/cgroup-paths.tsv, and paths that no runtime writes but a container can make. */
#include "hostnetd/cgroup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TABLE "tests/data/cgroup-paths.tsv"
#define ROWS 206
#define ID "a42d519714d616e9411dbceec4b52808bd6b1ee53e6f6497a281d655357d8b71"
#define OTHER_ID "33bf6fbd7cd8379785a21e233d8e09f824e7bab459168a96312c1c882c1d7e1f"
#define UID "2f1d3c4b-5a69-4788-96a5-b4c3d2e1f001"

/* Heap copy of exactly n bytes, so that ASan sees a read beyond the end. */
static struct hn_container_ref parse_n(const char *path, size_t n)
{
	struct hn_container_ref ref;
	char *copy = malloc(n ? n : 1);

	assert_non_null(copy);
	memcpy(copy, path, n);
	memset(&ref, 0x5a, sizeof(ref));
	hn_cgroup_parse(copy, n, &ref);
	free(copy);
	assert_non_null(ref.runtime);
	return ref;
}

static struct hn_container_ref parse(const char *path)
{
	return parse_n(path, strlen(path));
}

static void assert_ref(const char *path, const char *runtime, const char *pod_uid, const char *id,
		       const char *kind)
{
	struct hn_container_ref ref = parse(path);

	if (strcmp(ref.runtime, runtime) || strcmp(ref.pod_uid, pod_uid) || strcmp(ref.container_id, id) ||
	    strcmp(hn_cgroup_kind_name(ref.kind), kind))
		fail_msg(
			"%s\n  want runtime '%s' pod '%s' id '%s' kind %s\n  got  runtime '%s' pod '%s' id '%s' kind %s",
			path, runtime, pod_uid, id, kind, ref.runtime, ref.pod_uid, ref.container_id,
			hn_cgroup_kind_name(ref.kind));
}

static void test_every_row(void **state)
{
	FILE *f = fopen(TABLE, "re");
	char *line = NULL;
	size_t cap = 0, rows = 0;

	(void)state;
	if (!f)
		fail_msg("cannot open %s: run from the top of the repo", TABLE);
	assert_true(getline(&line, &cap, f) > 0); /* header */
	assert_int_equal(strncmp(line, "path\truntime\tpod_uid\tcontainer_id\tkind\t", 39), 0);
	while (getline(&line, &cap, f) > 0) {
		char *column[6], *rest = line;

		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < 6; i++) {
			column[i] = strsep(&rest, "\t");
			assert_non_null(column[i]);
		}
		assert_null(rest);
		assert_ref(column[0], column[1], column[2], column[3], column[4]);
		rows++;
	}
	free(line);
	fclose(f);
	assert_int_equal(rows, ROWS);
}

static void test_weak_only_where_the_name_alone_says_container(void **state)
{
	(void)state;
	assert_true(parse("/rogue/rogue1").weak);
	assert_true(parse("/default/rogue1").weak);
	assert_true(parse("/rogue/rogue1/system.slice/x.service").weak);
	assert_false(parse("/docker/" ID).weak);
	assert_false(parse("/default/" ID).weak);
	assert_false(parse("/kubepods/pod" UID "/" ID).weak);
	assert_false(parse("/system.slice/ssh.service").weak);
}

static void test_is_container(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < HN_CGROUP_KIND_MAX; kind++) {
		struct hn_container_ref ref = {.kind = (enum hn_cgroup_kind)kind, .runtime = ""};

		assert_int_equal(hn_cgroup_is_container(&ref), kind >= HN_CGROUP_POD);
		assert_true(strlen(hn_cgroup_kind_name(ref.kind)) > 0);
	}
	assert_string_equal(hn_cgroup_kind_name(HN_CGROUP_KIND_MAX), "");
}

/* Beyond the table: what follows from the rules or the runtimes' source. */
static void test_more_forms(void **state)
{
	(void)state;
	/* containerd's namespaces hold names too: ctr -n k8s.io run. */
	assert_ref("/k8s.io/rogue", "containerd", "", "rogue", "container");
	assert_ref("/moby/" ID "/x", "containerd", "", ID, "container");
	/* podman pods with the cgroupfs driver: the bare id is the pod's, and no container's. */
	assert_ref("/libpod_parent/" OTHER_ID "/libpod-" ID, "podman", "", ID, "container");
	assert_ref("/libpod_parent/" OTHER_ID "/conmon", "podman", "", "", "helper");
	assert_ref("/libpod_parent/" OTHER_ID, "podman", "", "", "slice");
	/* crictl runp without a cgroup parent where the runtime ignores systemd. */
	assert_ref("/system.slice:cri-containerd:" ID, "containerd", "", ID, "sandbox-or-container");
	/* crun's own level, and one more. */
	assert_ref("/kubepods/pod" UID "/" ID "/container", "", UID, ID, "sandbox-or-container");
	assert_ref("/kubepods/pod" UID "/" ID "/container/x", "", UID, ID, "container");
	/* A static pod whose manifest gives a uid in capitals. */
	assert_ref("/kubepods/podABCDEF01-5a69-4788-96a5-b4c3d2e1f001/" ID, "",
		   "ABCDEF01-5a69-4788-96a5-b4c3d2e1f001", ID, "sandbox-or-container");
	/* Near misses: below ".." only a QoS segment may stand before the pod; without .scope only below kubepods. */
	assert_ref("/../../foo/pod" UID "/" ID, "", "", ID, "container");
	assert_ref("/system.slice/cri-containerd-" ID, "", "", "", "host");
	assert_ref("/system.slice/crio-" ID, "", "", "", "host");
	assert_ref("/../crio-" ID, "cri-o", "", ID, "sandbox-or-container");
	/* A helper's sub-cgroup stays a helper's. */
	assert_ref("/system.slice/crio-conmon-" ID ".scope/x", "cri-o", "", ID, "helper");
	assert_ref("/kubepods.slice", "", "", "", "slice");
	assert_ref("/kubelet/kubepods/burstable", "", "", "", "slice");
}

/* Names that a privileged container makes below its own cgroup change nothing. */
static void test_forged_below(void **state)
{
	static const char *const forged[] = {
		"/docker/" OTHER_ID,
		"/kubepods/pod9e8d7c6b-1a2b-4c3d-8e4f-5a6b7c8d9e00/" OTHER_ID,
		"/kubepods-pod9e8d7c6b_1a2b_4c3d_8e4f_5a6b7c8d9e00.slice:crio:" OTHER_ID,
		"/crio-conmon-" OTHER_ID ".scope",
		"/lxc.monitor.x",
		"/systemd-nspawn@x.service/supervisor",
		"/system.slice/kubelet.service",
		"/..",
		"/x\n0::/system.slice",
		"/" OTHER_ID,
	};
	char path[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
		snprintf(path, sizeof(path), "/kubepods/burstable/pod%s/%s%s", UID, ID, forged[i]);
		assert_ref(path, "", UID, ID, "container");
		/* Directly in the pod's cgroup, which a container of the pod with hostPath can reach: never a
		 * helper of another runtime, nor a host service. */
		snprintf(path, sizeof(path), "/kubepods/burstable/pod%s%s", UID, forged[i]);
		assert_string_equal(parse(path).pod_uid, UID);
		assert_true(parse(path).kind != HN_CGROUP_HOST);
	}
	/* Without a pod, only a pod that is written below it wins: kind's nested nodes need that. */
	assert_ref("/system.slice/docker-" ID ".scope/lxc/x", "docker", "", ID, "container");
	assert_ref("/system.slice/docker-" ID ".scope/crio-conmon-" OTHER_ID ".scope", "docker", "", ID,
		   "container");
}

static void test_deep(void **state)
{
	char path[16384] = "/kubepods/burstable/pod" UID "/" ID;
	size_t n = strlen(path);

	(void)state;
	for (int level = 0; level < 400; level++)
		n += (size_t)snprintf(path + n, sizeof(path) - n, "/docker/%d", level);
	assert_ref(path, "", UID, ID, "container");
	n = 0;
	for (int level = 0; level < 400; level++)
		n += (size_t)snprintf(path + n, sizeof(path) - n, "/level%d.slice", level);
	snprintf(path + n, sizeof(path) - n, "/docker-%s.scope", ID);
	assert_ref(path, "docker", "", ID, "container");
}

static void test_long(void **state)
{
	const size_t size = 1 << 20, limit = 64 * 1024;
	char *path = malloc(size);
	struct hn_container_ref ref;

	(void)state;
	assert_non_null(path);
	/* One name of a megabyte; a megabyte of slashes; of one-letter names; of "..". */
	memset(path, 'a', size);
	assert_int_equal(parse_n(path, size).kind, HN_CGROUP_HOST);
	memset(path, '/', size);
	assert_int_equal(parse_n(path, size).kind, HN_CGROUP_HOST);
	for (size_t i = 1; i < size; i += 2)
		path[i] = 'a';
	assert_int_equal(parse_n(path, size).kind, HN_CGROUP_CONTAINER); /* weak: /a/a */
	for (size_t i = 0; i < size; i++)
		path[i] = i % 3 ? '.' : '/';
	assert_int_equal(parse_n(path, size).kind, HN_CGROUP_HOST);
	/* An id that the limit cuts is none; one that ends right at the limit is. */
	memset(path, '/', size);
	memcpy(path + limit - 64, ID, 64);
	ref = parse_n(path, size);
	assert_string_equal(ref.container_id, ID);
	memcpy(path + limit, "ff", 2);
	ref = parse_n(path, size);
	assert_string_equal(ref.container_id, "");
	assert_int_equal(ref.kind, HN_CGROUP_HOST);
	free(path);
}

static void test_long_name_is_cut(void **state)
{
	char path[512] = "/lxc/";
	struct hn_container_ref ref;

	(void)state;
	memset(path + 5, 'n', 255);
	ref = parse(path);
	assert_int_equal(ref.kind, HN_CGROUP_CONTAINER);
	assert_int_equal(strlen(ref.container_id), HN_CONTAINER_ID_SIZE - 1);
}

static void test_nul_ends_the_path(void **state)
{
	static const char path[] = "/docker/" ID "\0/../kubepods/pod" UID;
	static const char inside[] = "/docker/a42d\0d519714d616e9411dbceec4b52808bd6b1ee53e6f6497a281d655357d8b71";
	struct hn_container_ref ref = parse_n(path, sizeof(path) - 1);

	(void)state;
	assert_int_equal(ref.kind, HN_CGROUP_CONTAINER);
	assert_string_equal(ref.pod_uid, "");
	assert_string_equal(ref.container_id, ID);
	assert_int_equal(parse_n(inside, sizeof(inside) - 1).kind, HN_CGROUP_HOST);
}

static void test_odd_paths(void **state)
{
	/* clang-format off */
	static const char *const hosts[] = {
		"", "/", "//", "///", "..", "/..", "/../..", "/../../", "(deleted)", " (deleted)", "/ (deleted)", ":", "/:", "/::",
		"/:docker:", "/.slice", "/-kubepods.scope", "/pod", "/x.slice:", "/docker-.scope", "/lxc/", "/nomad.slice/.scope",
	};
	/* clang-format on */
	char bytes[256];

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		enum hn_cgroup_kind kind = parse(hosts[i]).kind;

		if (kind != HN_CGROUP_HOST && kind != HN_CGROUP_SLICE)
			fail_msg("'%s' is a %s", hosts[i], hn_cgroup_kind_name(kind));
	}
	assert_ref("///kubepods//pod" UID "///" ID "///", "", UID, ID, "sandbox-or-container");
	assert_ref("kubepods/pod" UID "/" ID, "", UID, ID, "sandbox-or-container");
	/* Every prefix of a good path is read without a step beyond its end. */
	snprintf(bytes, sizeof(bytes), "/system.slice/x.service/kubepods-burstable-pod%s.slice:cri-containerd:%s",
		 UID, ID);
	for (size_t n = 0; n <= strlen(bytes); n++)
		assert_string_equal(parse_n(bytes, n).container_id, n == strlen(bytes) ? ID : "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_weak_only_where_the_name_alone_says_container),
		cmocka_unit_test(test_is_container),
		cmocka_unit_test(test_more_forms),
		cmocka_unit_test(test_forged_below),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_long_name_is_cut),
		cmocka_unit_test(test_nul_ends_the_path),
		cmocka_unit_test(test_odd_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

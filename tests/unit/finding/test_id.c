/* SPDX-License-Identifier: Apache-2.0 */
/* A finding's id is the same after every restart, and no two findings have one. */
#include "../../../src/finding/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UID "2f1d3c4b-5a69-4788-96a5-b4c3d2e1f001"

static void id_of(const char *node, const char *pod_uid, const char *container_id, enum hn_way way,
		  char ret[static HN_FINDING_ID_SIZE])
{
	char *exact = malloc(HN_FINDING_ID_SIZE);

	assert_non_null(exact);
	hn_finding_id(node, pod_uid, container_id, way, exact);
	assert_int_equal(strlen(exact), HN_FINDING_ID_SIZE - 1);
	assert_int_equal(strspn(exact, "0123456789abcdef"), HN_FINDING_ID_SIZE - 1);
	memcpy(ret, exact, HN_FINDING_ID_SIZE);
	free(exact);
}

/* What other programs keep: printf 'node=n1\npod=UID\nway=namespace\n' | sha256sum. */
static void test_stable(void **state)
{
	char id[HN_FINDING_ID_SIZE];

	(void)state;
	id_of("n1", UID, "abc", HN_WAY_NAMESPACE, id);
	assert_string_equal(id, "81e3a991e03036016a875c91b62e5263");
	id_of("n1", "", "abc", HN_WAY_SOCKET, id);
	assert_string_equal(id, "b39bb0a0642a891982741704fe753973");
}

static void test_a_pod_is_the_unit(void **state)
{
	char one[HN_FINDING_ID_SIZE], other[HN_FINDING_ID_SIZE];

	(void)state;
	id_of("n1", UID, "abc", HN_WAY_NAMESPACE, one);
	id_of("n1", UID, "def", HN_WAY_NAMESPACE, other);
	assert_string_equal(one, other);
	id_of("n1", UID, "", HN_WAY_NAMESPACE, other);
	assert_string_equal(one, other);
}

static void test_all_else_matters(void **state)
{
	static const struct {
		const char *node, *pod_uid, *container_id;
		enum hn_way way;
	} rows[] = {
		{"n1", "u1", "c1", HN_WAY_NAMESPACE},
		{"n1", "u1", "c1", HN_WAY_SOCKET},
		{"n2", "u1", "c1", HN_WAY_NAMESPACE},
		{"n1", "u2", "c1", HN_WAY_NAMESPACE},
		{"n1", "", "c1", HN_WAY_NAMESPACE},
		{"n1", "", "c2", HN_WAY_NAMESPACE},
		{"n1", "", "c1", HN_WAY_SOCKET},
		{"n2", "", "c1", HN_WAY_NAMESPACE},
		/* What is a container's id here is a pod's uid there; a part moved into its neighbour; nothing at all. */
		{"n1", "", "u1", HN_WAY_NAMESPACE},
		{"n1u1", "", "", HN_WAY_NAMESPACE},
		{"n1", "", "", HN_WAY_NAMESPACE},
		{"", "n1", "", HN_WAY_NAMESPACE},
		{"", "", "n1", HN_WAY_NAMESPACE},
		{"n1\npod=u1", "", "", HN_WAY_NAMESPACE},
		{"n1", "u1way=socket", "", HN_WAY_NAMESPACE},
		{"N1", "u1", "c1", HN_WAY_NAMESPACE},
	};
	enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
	char ids[ROWS][HN_FINDING_ID_SIZE];

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		id_of(rows[i].node, rows[i].pod_uid, rows[i].container_id, rows[i].way, ids[i]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(ids[i], ids[j]);
	}
}

/* The longest of each still counts to its last letter. */
static void test_long_parts(void **state)
{
	char node[254], container[HN_CONTAINER_ID_SIZE], one[HN_FINDING_ID_SIZE], other[HN_FINDING_ID_SIZE];

	(void)state;
	memset(node, 'n', sizeof(node));
	memset(container, 'c', sizeof(container));
	node[sizeof(node) - 1] = container[sizeof(container) - 1] = '\0';
	id_of(node, "", container, HN_WAY_NAMESPACE, one);
	container[sizeof(container) - 2] = 'd';
	id_of(node, "", container, HN_WAY_NAMESPACE, other);
	assert_string_not_equal(one, other);
	container[sizeof(container) - 2] = 'c';
	node[sizeof(node) - 2] = 'd';
	id_of(node, "", container, HN_WAY_NAMESPACE, other);
	assert_string_not_equal(one, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stable),
		cmocka_unit_test(test_a_pod_is_the_unit),
		cmocka_unit_test(test_all_else_matters),
		cmocka_unit_test(test_long_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

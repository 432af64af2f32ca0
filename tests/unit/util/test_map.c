/* SPDX-License-Identifier: Apache-2.0 */
/* The hash table and its hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "hostnetd/siphash.h"
#include "hostnetd/map.h"

static void test_siphash_vectors(void **state)
{
	/* of the paper: key 00..0f, input 00, 01 ... of the given length */
	static const struct {
		size_t n;
		uint64_t hash;
	} rows[] = {{0, 0x726fdb47dd0e0e31},
		    {1, 0x74f839c593dc67fd},
		    {8, 0x93f5f5799a932462},
		    {15, 0xa129ca6149be45e5}};
	unsigned char input[16];
	uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

	(void)state;
	for (size_t i = 0; i < sizeof(input); i++)
		input[i] = (unsigned char)i;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++)
		assert_true(hn_siphash(input, rows[i].n, key) == rows[i].hash);
}

static void test_put_get_take(void **state)
{
	_cleanup_(hn_map_cleanup) struct hn_map *m = hn_map_new(10);
	int a = 0, b = 0;

	(void)state;
	assert_non_null(m);
	assert_null(hn_map_get(m, "x", 1));
	assert_null(hn_map_take(m, "x", 1));
	assert_int_equal(hn_map_put(m, "x", 1, &a), 0);
	assert_int_equal(hn_map_put(m, "", 0, &b), 0);
	assert_ptr_equal(hn_map_get(m, "x", 1), &a);
	assert_ptr_equal(hn_map_get(m, NULL, 0), &b);
	assert_null(hn_map_get(m, "x\0", 2)); /* the length belongs to the key */
	assert_int_equal(hn_map_put(m, "x", 1, &b), 0);
	assert_ptr_equal(hn_map_get(m, "x", 1), &b);
	assert_int_equal(hn_map_count(m), 2);
	assert_ptr_equal(hn_map_take(m, "x", 1), &b);
	assert_null(hn_map_get(m, "x", 1));
	assert_int_equal(hn_map_count(m), 1);
	hn_map_free(NULL);
}

static void test_keys_are_copied(void **state)
{
	_cleanup_(hn_map_cleanup) struct hn_map *m = hn_map_new(10);
	char key[4] = "key";
	int a = 0;

	(void)state;
	assert_int_equal(hn_map_put(m, key, 3, &a), 0);
	key[0] = 'K';
	assert_null(hn_map_get(m, key, 3));
	assert_ptr_equal(hn_map_get(m, "key", 3), &a);
}

static void test_limit(void **state)
{
	_cleanup_(hn_map_cleanup) struct hn_map *m = hn_map_new(3);
	int v[4] = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(hn_map_put(m, &i, sizeof(i), &v[i]), 0);
	assert_int_equal(hn_map_put(m, &(int){3}, sizeof(int), &v[3]), -ENOSPC);
	assert_int_equal(hn_map_put(m, &(int){1}, sizeof(int), &v[3]), 0); /* replacing needs no room */
	assert_ptr_equal(hn_map_take(m, &(int){0}, sizeof(int)), &v[0]);
	assert_int_equal(hn_map_put(m, &(int){3}, sizeof(int), &v[3]), 0);
	assert_int_equal(hn_map_count(m), 3);
}

#define MANY 5000

/* Against a plain array, with far more removals than the table has slots. */
static void test_many(void **state)
{
	_cleanup_(hn_map_cleanup) struct hn_map *m = hn_map_new(MANY);
	static int values[MANY];
	static bool there[MANY];
	uint32_t random = 1;
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		char key[16];
		unsigned k;

		random = random * 1664525 + 1013904223;
		k = (random >> 8) % MANY;
		snprintf(key, sizeof(key), "key-%u", k);
		if (random >> 31) {
			assert_int_equal(hn_map_put(m, key, strlen(key), &values[k]), 0);
			count += !there[k];
			there[k] = true;
		} else {
			assert_ptr_equal(hn_map_take(m, key, strlen(key)), there[k] ? &values[k] : NULL);
			count -= there[k];
			there[k] = false;
		}
		assert_int_equal(hn_map_count(m), count);
	}
	for (unsigned k = 0; k < MANY; k++) {
		char key[16];

		snprintf(key, sizeof(key), "key-%u", k);
		assert_ptr_equal(hn_map_get(m, key, strlen(key)), there[k] ? &values[k] : NULL);
	}
}

static void test_walk_may_take(void **state)
{
	_cleanup_(hn_map_cleanup) struct hn_map *m = hn_map_new(1000);
	static int values[1000];
	size_t cursor = 0, walked = 0;
	int *v;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		values[i] = i;
		assert_int_equal(hn_map_put(m, &i, sizeof(i), &values[i]), 0);
	}
	while ((v = hn_map_next(m, &cursor))) {
		walked++;
		if (*v % 2 == 0)
			assert_ptr_equal(hn_map_take(m, v, sizeof(*v)), v);
	}
	assert_int_equal(walked, 1000);
	assert_int_equal(hn_map_count(m), 500);
	cursor = walked = 0;
	while ((v = hn_map_next(m, &cursor))) {
		assert_int_equal(*v % 2, 1);
		walked++;
	}
	assert_int_equal(walked, 500);
	assert_null(hn_map_next(m, &cursor));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash_vectors),
		cmocka_unit_test(test_put_get_take),
		cmocka_unit_test(test_keys_are_copied),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_walk_may_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The ring keeps the newest, and knows what it does not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "hostnetd/http.h"

static void put(struct hn_ring *ring, uint64_t seq, const char *json, size_t n)
{
	struct hn_http_event event = {.seq = seq, .type = "agent.gap", .finding = "", .json = json, .n = n};

	hn_ring_put(ring, &event);
}

static void test_empty(void **state)
{
	struct hn_ring *ring = hn_ring_new(10000);
	struct hn_http_event event;

	(void)state;
	assert_false(hn_ring_after(ring, 0, &event));
	assert_false(hn_ring_before(ring, UINT64_MAX, &event));
	assert_true(hn_ring_reaches(ring, 0));
	assert_false(hn_ring_reaches(ring, 1)); /* of an earlier run */
	hn_ring_free(ring);
}

static void test_order(void **state)
{
	struct hn_ring *ring = hn_ring_new(100000);
	struct hn_http_event event;

	(void)state;
	for (uint64_t seq = 10; seq <= 30; seq += 10)
		put(ring, seq, "{}", 2);
	assert_true(hn_ring_after(ring, 0, &event) && event.seq == 10);
	assert_true(hn_ring_after(ring, 10, &event) && event.seq == 20);
	assert_true(hn_ring_after(ring, 29, &event) && event.seq == 30);
	assert_false(hn_ring_after(ring, 30, &event));
	assert_true(hn_ring_before(ring, UINT64_MAX, &event) && event.seq == 30);
	assert_true(hn_ring_before(ring, 30, &event) && event.seq == 20);
	assert_false(hn_ring_before(ring, 10, &event));
	assert_int_equal(hn_ring_last(ring), 30);
	assert_true(hn_ring_reaches(ring, 9) && hn_ring_reaches(ring, 30));
	assert_false(hn_ring_reaches(ring, 8));
	assert_false(hn_ring_reaches(ring, 31));
	hn_ring_free(ring);
}

static void test_bounds(void **state)
{
	struct hn_ring *ring = hn_ring_new(20000);
	static char big[20000];
	struct hn_http_event event;

	(void)state;
	memset(big, 'x', sizeof(big));
	for (uint64_t seq = 1; seq <= 100; seq++)
		put(ring, seq, big, 1000);
	assert_true(hn_ring_after(ring, 0, &event) && event.seq > 80 && event.seq < 90);
	assert_false(hn_ring_reaches(ring, event.seq - 2));
	assert_true(hn_ring_reaches(ring, event.seq - 1));
	put(ring, 101, big, sizeof(big)); /* larger than the ring */
	assert_false(hn_ring_after(ring, 0, &event));
	assert_false(hn_ring_reaches(ring, 100));
	assert_true(hn_ring_reaches(ring, 101));
	for (uint64_t seq = 102; seq <= 10000; seq++)
		put(ring, seq, "", 0);
	assert_true(hn_ring_after(ring, 0, &event));
	assert_int_equal(hn_ring_last(ring), 10000);
	hn_ring_free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

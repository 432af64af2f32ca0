// SPDX-License-Identifier: Apache-2.0
// The list's own metadata: handed over where it is wanted, wherever it stands, at any cut. The rest of the cutter is
// tested through the pod list.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kube/cutter.h"

struct got {
	unsigned items, metadata;
	char text[64];
};

static int on_item(void *arg, const char *json, size_t n, struct hn_reason *reason _unused_)
{
	struct got *got = arg;

	assert_int_equal(json[0], '{');
	assert_int_equal(strlen(json), n);
	got->items++;
	return 0;
}

static int on_metadata(void *arg, const char *json, size_t n, struct hn_reason *reason _unused_)
{
	struct got *got = arg;

	assert_true(hn_strncpy(got->text, sizeof(got->text), json, n));
	got->metadata++;
	return 0;
}

static void feed(const char *text, size_t cut, bool wanted, struct got *ret)
{
	struct hn_cutter cutter = {.item = on_item, .metadata = wanted ? on_metadata : NULL, .arg = ret};
	struct hn_reason reason = {""};
	size_t n = strlen(text);

	*ret = (struct got){.items = 0};
	assert_int_equal(hn_cutter_feed(&cutter, text, cut, &reason), 0);
	assert_int_equal(hn_cutter_feed(&cutter, text + cut, n - cut, &reason), 0);
	assert_true(hn_cutter_complete(&cutter));
	hn_cutter_done(&cutter);
}

static void metadata(void **state _unused_)
{
	static const char *const texts[] = {
		"{\"kind\":\"L\",\"metadata\":{\"continue\":\"a}\",\"x\":[{}]},\"items\":[{\"metadata\":{}},{}]}",
		"{\"items\":[{\"metadata\":{}},{}],\"other\":{\"metadata\":1},\"metadata\":{\"continue\":\"a}\",\"x\":[{}]}}",
	};
	struct got got;

	for (size_t i = 0; i < HN_ARRAY_SIZE(texts); i++) {
		for (size_t cut = 0; cut <= strlen(texts[i]); cut++) {
			feed(texts[i], cut, true, &got);
			assert_int_equal(got.items, 2);
			assert_int_equal(got.metadata, 1);
			assert_string_equal(got.text, "{\"continue\":\"a}\",\"x\":[{}]}");
		}
		feed(texts[i], 10, false, &got);
		assert_int_equal(got.items, 2);
		assert_int_equal(got.metadata, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(metadata)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// The list's own metadata: handed over where it is wanted, wherever it stands, at any cut. The rest of the cutter is
// tested through the pod list.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kube/cutter.h"

struct got {
	unsigned items, metadata, over;
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

static int on_over(void *arg, const char *why, struct hn_reason *reason _unused_)
{
	struct got *got = arg;

	assert_true(hn_strncpy(got->text, sizeof(got->text), why, strlen(why)));
	got->over++;
	return 0;
}

/* An item beyond the bounds is read over where the caller wants that, at any cut; the list's own metadata is not. */
static void over(void **state _unused_)
{
	struct hn_str deep = {0}, many = {0};
	const struct {
		const struct hn_str *item;
		const char *why;
	} rows[] = {{&deep, "nested too deeply"}, {&many, "too large, or of too many values"}};

	hn_str_puts(&deep, "{\"a\":\"]\",\"x\":");
	for (int i = 0; i < 200; i++)
		hn_str_puts(&deep, i % 2 ? "{\"k\":" : "[");
	hn_str_puts(&deep, "1");
	for (int i = 200; i-- > 0;)
		hn_str_puts(&deep, i % 2 ? "}" : "]");
	hn_str_puts(&deep, "}");
	hn_str_puts(&many, "{\"x\":[0");
	for (int i = 0; i < HN_CUTTER_ITEM_VALUES; i++)
		hn_str_puts(&many, ",0");
	hn_str_puts(&many, "]}");
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_str text = {0};

		hn_str_printf(&text, "{\"items\":[{},%s,{},%s,{\"z\":[{}]}]}", hn_str_get(rows[i].item),
			      hn_str_get(rows[i].item));
		for (size_t step = 1; step <= text.len; step = step * 7 + 3) {
			struct got got = {.items = 0};
			struct hn_cutter cutter = {.item = on_item, .over = on_over, .arg = &got};
			struct hn_reason reason = {""};

			for (size_t at = 0; at < text.len; at += step)
				assert_int_equal(hn_cutter_feed(&cutter, text.data + at,
								text.len - at < step ? text.len - at : step,
								&reason),
						 0);
			assert_true(hn_cutter_complete(&cutter));
			assert_int_equal(got.items, 3);
			assert_int_equal(got.over, 2);
			assert_string_equal(got.text, rows[i].why);
			hn_cutter_done(&cutter);
			cutter = (struct hn_cutter){.item = on_item, .arg = &got};
			assert_true(hn_cutter_feed(&cutter, text.data, text.len, &reason) < 0);
			hn_cutter_done(&cutter);
		}
		hn_str_done(&text);
	}
	hn_str_done(&deep);
	hn_str_done(&many);
}

/* What other readers take for another object than we do. */
static void keys(void **state _unused_)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"{\"items\":[],\"\\u0069tems\":[{}]}", "an escape in the key before byte"},
		{"{\"items\":[],\"x\\\\\":1}", "an escape in the key"},
		{"{\"items\":[],\"items\":[{}]}", "\"items\" is there twice"},
		{"{\"items\":null,\"items\":[{}]}", "\"items\" is there twice"},
		{"{\"kind\":\"List\",\"items\":[],\"kind\":\"Pod\"}", "\"kind\" is there twice"},
		{"{\"a\":1,\"b\":{\"a\":2},\"metadata\":{},\"c\":\"\",\"metadata\":{}}",
		 "\"metadata\" is there twice"},
		{"{\"kind\":\"P\\u006fdList\"}", "an escape in \"kind\""},
		{"{\"apiVersion\":\"v\\u0031\"}", "an escape in \"apiVersion\""},
	};
	struct got got = {.items = 0};
	struct hn_str text = {0};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		for (size_t cut = 0; cut <= strlen(rows[i].text); cut++) {
			struct hn_cutter cutter = {.item = on_item, .arg = &got};
			struct hn_reason reason = {""};
			int r = hn_cutter_feed(&cutter, rows[i].text, cut, &reason);

			if (r == 0)
				r = hn_cutter_feed(&cutter, rows[i].text + cut, strlen(rows[i].text) - cut,
						   &reason);
			assert_int_equal(r, -EBADMSG);
			if (!strstr(reason.text, rows[i].why))
				fail_msg("'%s' is not in: %s", rows[i].why, reason.text);
			hn_cutter_done(&cutter);
		}
	}
	feed("{\"a\":\"\\u0069\",\"item\":1,\"itemss\":2,\"items\":[{\"\\u0061\":1,\"\\u0061\":1}]}", 5, false,
	     &got);
	assert_int_equal(got.items, 1);
	for (unsigned n = HN_CUTTER_KEYS; n <= HN_CUTTER_KEYS + 1; n++) {
		struct hn_cutter cutter = {.item = on_item, .arg = &got};
		struct hn_reason reason = {""};

		hn_str_clear(&text);
		for (unsigned i = 0; i < n; i++)
			hn_str_printf(&text, "%s\"k%u\":1", i ? "," : "{", i);
		hn_str_puts(&text, "}");
		assert_int_equal(hn_cutter_feed(&cutter, text.data, text.len, &reason),
				 n > HN_CUTTER_KEYS ? -E2BIG : 0);
		hn_cutter_done(&cutter);
	}
	hn_str_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(metadata), cmocka_unit_test(over),
					   cmocka_unit_test(keys)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

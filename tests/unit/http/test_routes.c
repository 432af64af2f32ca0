/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes and the OpenAPI document say the same: paths, parameters, who needs a token. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cjson/cJSON.h>
#include <string.h>

#include "hostnetd/str.h"

#include "http/encoding.h"
#include "http/query.h"
#include "http/routes.h"

static cJSON *read_paths(cJSON **ret_document)
{
	const struct hn_http_file *file = hn_http_file_find("/openapi.json");
	_cleanup_(hn_str_done) struct hn_str plain = {0};
	cJSON *paths;

	assert_non_null(file);
	assert_int_equal(hn_http_unpack(file->packed, (size_t)(file->packed_end - file->packed), &plain), 0);
	*ret_document = cJSON_ParseWithLength(plain.data, plain.len);
	paths = cJSON_GetObjectItem(*ret_document, "paths");
	assert_non_null(paths);
	return paths;
}

static unsigned parameters_of(const cJSON *get)
{
	const cJSON *one;
	unsigned bits = 0;

	cJSON_ArrayForEach(one, cJSON_GetObjectItem(get, "parameters")) {
		const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(one, "name"));
		unsigned p = 0;

		if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(one, "in")), "query") != 0)
			continue;
		while (p < HN_HTTP_PARAM_MAX && strcmp(hn_http_param_name((enum hn_http_param)p), name) != 0)
			p++;
		assert_true(p < HN_HTTP_PARAM_MAX);
		bits |= HN_HTTP_BIT(p);
	}
	return bits;
}

static void test_routes_are_documented(void **state)
{
	cJSON *document, *paths = read_paths(&document);

	(void)state;
	for (size_t i = 0; i < hn_n_routes; i++) {
		const cJSON *path = cJSON_GetObjectItemCaseSensitive(paths, hn_routes[i].path);
		const cJSON *get = cJSON_GetObjectItem(path, "get");

		if (!get)
			fail_msg("%s is not in the document", hn_routes[i].path);
		assert_int_equal(parameters_of(get), hn_routes[i].parameters);
		assert_int_equal(cJSON_HasObjectItem(get, "security"), hn_routes[i].needs_token);
	}
	cJSON_Delete(document);
}

static void test_document_is_routed(void **state)
{
	cJSON *document, *paths = read_paths(&document);
	const cJSON *path;

	(void)state;
	cJSON_ArrayForEach(path, paths) {
		const char *id;

		if (!hn_route_find(path->string, &id) && !hn_http_file_find(path->string))
			fail_msg("%s is not served", path->string);
	}
	cJSON_Delete(document);
}

static void test_find(void **state)
{
	const char *id;

	(void)state;
	assert_string_equal(hn_route_find("/api/v1/findings", &id)->path, "/api/v1/findings");
	assert_null(id);
	assert_string_equal(hn_route_find("/api/v1/findings/ab", &id)->path, "/api/v1/findings/{id}");
	assert_string_equal(id, "ab");
	assert_null(hn_route_find("/api/v1/findings/", &id));
	assert_null(hn_route_find("/api/v1/findings/a/b", &id));
	assert_null(hn_route_find("/api/v1/finding", &id));
	assert_null(hn_route_find("/healthz/", &id));
	assert_null(hn_route_find("", &id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes_are_documented),
		cmocka_unit_test(test_document_is_routed),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a text as a file of objects and notes what was found. */
#ifndef HN_TESTS_KUBE_ASSET_RIG_H
#define HN_TESTS_KUBE_ASSET_RIG_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/asset.h"
#include "hostnetd/str.h"

static struct hn_workload_kinds *kinds;

/* A line an asset: "deployments apps/v1 Deployment ml/x spec.template+host replicas: 0". */
static inline int note(void *arg, const struct hn_asset *a, struct hn_reason *reason _unused_)
{
	struct hn_str *out = arg;

	hn_str_printf(out, "%s %s %s %s/%s", hn_query_name(a->query), a->api_version, a->kind, a->ns, a->name);
	for (size_t i = 0; i < a->n_templates; i++)
		hn_str_printf(out, " %s%s%s", a->templates[i].path,
			      a->templates[i].pod.host_network ? "+host" : "",
			      a->templates[i].pod.n_containers ? "" : "-empty");
	hn_str_printf(out, "%s%s\n", a->inactive[0] ? " " : "", a->inactive);
	return 0;
}

static inline int read_from(const struct hn_asset_source *source, const char *text, size_t step,
			    struct hn_reason *reason)
{
	_cleanup_(hn_asset_reader_cleanup) struct hn_asset_reader *r = hn_asset_reader_new(source);
	size_t n = strlen(text);
	int got = 0;

	for (size_t at = 0; got == 0 && at < n; at += step)
		got = hn_asset_reader_feed(r, text + at, n - at < step ? n - at : step, reason);
	return got < 0 ? got : hn_asset_reader_finish(r, reason);
}

static inline int read_text(const char *text, size_t step, const char *kind, struct hn_str *out,
			    struct hn_reason *reason)
{
	const struct hn_asset_source source = {.name = "file",
					       .api_version = kind ? "v1" : NULL,
					       .kind = kind,
					       .kinds = kinds,
					       .found = note,
					       .arg = out};

	return read_from(&source, text, step, reason);
}

static inline void check(const char *text, const char *expected)
{
	static const size_t steps[] = {1, 3, 100000};

	for (size_t i = 0; i < HN_ARRAY_SIZE(steps); i++) {
		_cleanup_(hn_str_done) struct hn_str out = {0};
		struct hn_reason reason = {""};

		if (read_text(text, steps[i], NULL, &out, &reason) < 0)
			fail_msg("%s", reason.text);
		assert_string_equal(hn_str_get(&out), expected);
	}
}

#define SPEC(host) "{\"hostNetwork\":" host ",\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}"
#define JSON_DEPLOYMENT                                                                                           \
	"{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"d\",\"namespace\":\"ml\"}," \
	"\"spec\":{\"replicas\":0,\"template\":{\"spec\":" SPEC("true") "}}}"
#define POD "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"p\"},\"spec\":" SPEC("false") "}"
#define DEPLOYMENT_LINE "deployments apps/v1 Deployment ml/d spec.template+host replicas: 0\n"

static inline void check_refused(const char *text, const char *why)
{
	_cleanup_(hn_str_done) struct hn_str out = {0};
	struct hn_reason reason = {""};

	if (read_text(text, 100000, NULL, &out, &reason) == 0)
		fail_msg("taken, and not '%s'", why);
	if (!strstr(reason.text, why))
		fail_msg("'%s' is not in: %s", why, reason.text);
}

static inline int set_up(void **state _unused_)
{
	struct hn_reason reason = {""};

	return hn_workload_kinds_new(NULL, 0, &kinds, &reason);
}

static inline int tear_down(void **state _unused_)
{
	hn_workload_kinds_free(kinds);
	return 0;
}

#endif

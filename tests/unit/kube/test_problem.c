// SPDX-License-Identifier: Apache-2.0
// What people read when the kubelet does not answer well.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../../src/kube/problem.h"
#include "pods.h"

static const struct row {
	int status;
	const char *body;
	enum hn_kubelet_state state;
	const char *says, *says_not;
} rows[] = {
	{200, "", HN_KUBELET_OK, "", "kubelet"},
	{401, "Unauthorized", HN_KUBELET_UNAUTHORIZED, "the token in /run/token", "nodes/"},
	{403,
	 "Forbidden (user=system:serviceaccount:kube-system:nobody, verb=get, resource=nodes, subresource=proxy)",
	 HN_KUBELET_FORBIDDEN,
	 "for system:serviceaccount:kube-system:nobody: the account lacks an RBAC right; grant verb \"get\" "
	 "on resource nodes/proxy (",
	 "nodes/pods or"},
	{403, "Forbidden (user=u, verb=get, resource=nodes, subresource(s)=[pods proxy])", HN_KUBELET_FORBIDDEN,
	 "grant verb \"get\" on resource nodes/pods in", "nodes/proxy"},
	{403, "Forbidden (user=u, verb=get, resource=nodes, subresource(s)=[proxy])", HN_KUBELET_FORBIDDEN,
	 "grant verb \"get\" on resource nodes/proxy (", "nodes/pods in"},
	{403, "", HN_KUBELET_FORBIDDEN, "nodes/pods (Kubernetes 1.33 and later) or nodes/proxy", NULL},
	{403, "Forbidden (user=\x1b[31mred\nline, verb=get", HN_KUBELET_FORBIDDEN, "\\x1b[31mred", "\x1b"},
	{403, "subresource=resource=verb=user=(user=,resource=nodes", HN_KUBELET_FORBIDDEN,
	 "403 Forbidden:", NULL},
	{500, "Authorization error (user=u, verb=get, resource=nodes, subresource=proxy)", HN_KUBELET_BAD_ANSWER,
	 "could not ask the API server", NULL},
	{500, "boom", HN_KUBELET_BAD_ANSWER,
	 "the answer's status is 500, not 200; look at the kubelet's log. It said: boom", "API server"},
	{404, "404 page not found\n", HN_KUBELET_BAD_ANSWER, "nothing at /pods", NULL},
	{302, "", HN_KUBELET_BAD_ANSWER, "a redirect to \"http://x/\", which is not followed", NULL},
	{204, "", HN_KUBELET_BAD_ANSWER, "status is 204", NULL},
};

static void statuses(void **state _unused_)
{
	const struct hn_kubelet_settings settings = {.url = "https://10.0.0.5:10250", .token_file = "/run/token"};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_https_answer answer = {.status = rows[i].status, .location = "http://x/"};
		struct hn_reason reason = {"not touched"};

		memcpy(answer.text, rows[i].body, strlen(rows[i].body));
		assert_int_equal(hn_problem_explain(&settings, &answer, &reason), rows[i].state);
		if (!strstr(reason.text, rows[i].says) ||
		    (rows[i].says_not && strstr(reason.text, rows[i].says_not)))
			fail_msg("row %zu: %s", i, reason.text);
		assert_true((reason.text[0] == '\0') == (rows[i].state == HN_KUBELET_OK));
		assert_true(!reason.text[0] || strncmp(reason.text, "kubelet https://10.0.0.5:10250: ", 32) == 0);
	}
}

/* The recorded bodies: what follows the empty line. */
static void recorded(void **state _unused_)
{
	const struct hn_kubelet_settings settings = {.url = "https://10.0.0.5:10250"};
	struct hn_https_answer answer = {.status = 403};
	struct hn_reason reason;
	char *text, *body;
	size_t n;

	text = read_whole("tests/data/kubelet/403.txt", &n);
	text[n] = '\0';
	body = strstr(text, "\n\n") ? strstr(text, "\n\n") + 2 : strstr(text, "\r\n\r\n") + 4;
	strncpy(answer.text, body, sizeof(answer.text) - 1);
	free(text);
	assert_int_equal(hn_problem_explain(&settings, &answer, &reason), HN_KUBELET_FORBIDDEN);
	assert_non_null(strstr(reason.text, "on resource nodes/proxy"));
	assert_non_null(strstr(reason.text, "system:serviceaccount:kube-system:nobody"));
}

static void credentials(void **state _unused_)
{
	struct hn_kubelet_settings settings = {.url = "http://10.0.0.5:10255"};
	struct hn_https_answer answer = {.status = 401};
	struct hn_reason reason;

	hn_problem_explain(&settings, &answer, &reason);
	assert_non_null(strstr(reason.text, "no credentials were given; see --kubelet-token-file"));
	settings.client_cert = "/c.pem";
	hn_problem_explain(&settings, &answer, &reason);
	assert_non_null(strstr(reason.text, "the client certificate /c.pem"));
	settings.token_file = "/run/token";
	answer.token_withheld = true;
	hn_problem_explain(&settings, &answer, &reason);
	assert_non_null(strstr(reason.text, "the token was not sent, because plain http://"));
}

/* The longest of everything still fits, with what mends it at the front. */
static void longest(void **state _unused_)
{
	char url[400] = "https://";
	const struct hn_kubelet_settings settings = {.url = url};
	struct hn_https_answer answer = {.status = 403};
	struct hn_reason reason;

	memset(url + 8, 'a', sizeof(url) - 9);
	memset(answer.text, '\x01', sizeof(answer.text) - 1);
	assert_int_equal(hn_problem_explain(&settings, &answer, &reason), HN_KUBELET_FORBIDDEN);
	assert_non_null(memchr(reason.text, '\0', sizeof(reason.text)));
	assert_non_null(strstr(reason.text, "grant verb \"get\" on resource nodes/pods"));
	assert_null(strchr(reason.text, '\x01'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses),
		cmocka_unit_test(recorded),
		cmocka_unit_test(credentials),
		cmocka_unit_test(longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

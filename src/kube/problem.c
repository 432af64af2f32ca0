// SPDX-License-Identifier: Apache-2.0
// Every text names the flag or the right that mends it. What the other side sent is hostile: bounded, and made
// visible before it is shown.
#include "problem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hostnetd/str.h"
#include "hostnetd/time.h"

#define SHOWN 160 /* bytes of an answer in a message */

/* --- 401, 403, 500 ... ----------------------------------------------------------------------------------------- */

/* Value of "key=" in Forbidden (user=.., verb=get, resource=nodes, subresource(s)=[pods proxy]). */
static void forbidden_part(const char *body, const char *key, char *ret, size_t size)
{
	const char *start = body;
	size_t key_len = strlen(key);

	ret[0] = '\0';
	while ((start = strstr(start, key))) {
		/* Not the end of a longer key: resource= in subresource=. */
		if (start > body && (start[-1] == '(' || start[-1] == ' ')) {
			const char *value = start + key_len;

			hn_strncpy(ret, size, value, strcspn(value, value[0] == '[' ? "]" : ",)\n"));
			return;
		}
		start += key_len;
	}
}

static enum hn_kubelet_state forbidden(const struct hn_https_answer *answer, struct hn_reason *ret)
{
	_cleanup_(hn_str_done) struct hn_str who = {0}, what = {0}, body = {0};
	char user[128], verb[16], resource[32], sub[64];
	const char *right = "nodes/pods (Kubernetes 1.33 and later) or nodes/proxy (before)";

	forbidden_part(answer->text, "user=", user, sizeof(user));
	forbidden_part(answer->text, "verb=", verb, sizeof(verb));
	forbidden_part(answer->text, "resource=", resource, sizeof(resource));
	forbidden_part(answer->text, "subresource(s)=", sub, sizeof(sub));
	if (!sub[0])
		forbidden_part(answer->text, "subresource=", sub, sizeof(sub));
	if (strcmp(resource, "nodes") == 0 && strstr(sub, "pods"))
		right = "nodes/pods";
	else if (strcmp(resource, "nodes") == 0 && strstr(sub, "proxy"))
		right = "nodes/proxy (this kubelet does not know nodes/pods, which Kubernetes 1.33 and later check)";
	hn_reason_set(ret, -EACCES,
		      "403 Forbidden%s%s: the account lacks an RBAC right; grant verb \"%s\" on resource %s in a "
		      "ClusterRole. The kubelet said: %s",
		      user[0] ? " for " : "", hn_str_excerpt(&who, user, SHOWN),
		      verb[0] ? hn_str_excerpt(&what, verb, SHOWN) : "get", right,
		      hn_str_excerpt(&body, answer->text, SHOWN));
	return HN_KUBELET_FORBIDDEN;
}

static enum hn_kubelet_state unauthorized(const struct hn_kubelet_settings *s,
					  const struct hn_https_answer *answer, struct hn_reason *ret)
{
	if (answer->token_withheld)
		hn_reason_set(ret, -EACCES,
			      "401 Unauthorized: the token was not sent, because plain http:// to another "
			      "machine would show it to the network; use https:// in --kubelet-url");
	else if (s->token_file)
		hn_reason_set(ret, -EACCES,
			      "401 Unauthorized: the kubelet does not accept the token in %.200s (expired, or of "
			      "another cluster?), or its webhook authentication is off; see --kubelet-token-file, "
			      "--kubelet-client-cert",
			      s->token_file);
	else if (s->client_cert)
		hn_reason_set(ret, -EACCES,
			      "401 Unauthorized: the kubelet does not accept the client certificate %.200s (not "
			      "signed by its --client-ca-file?); see --kubelet-client-cert, --kubelet-token-file",
			      s->client_cert);
	else
		hn_reason_set(ret, -EACCES,
			      "401 Unauthorized: no credentials were given; see --kubelet-token-file, "
			      "--kubelet-client-cert");
	return HN_KUBELET_UNAUTHORIZED;
}

static enum hn_kubelet_state other_status(const struct hn_https_answer *answer, struct hn_reason *ret)
{
	_cleanup_(hn_str_done) struct hn_str shown = {0};

	if (answer->status >= 300 && answer->status < 400)
		hn_reason_set(ret, -EBADMSG,
			      "%d: a redirect to \"%s\", which is not followed; is --kubelet-url a kubelet's?",
			      answer->status, hn_str_excerpt(&shown, answer->location, SHOWN));
	else if (answer->status == 404)
		hn_reason_set(ret, -EBADMSG,
			      "404 Not Found: nothing at /pods; is --kubelet-url a kubelet's (port 10250)?");
	else if (answer->status == 500 && strstr(answer->text, "Authorization error"))
		hn_reason_set(ret, -EBADMSG,
			      "500: the kubelet could not ask the API server whether this is allowed; is the API "
			      "server up, and may the node reach it? It said: %s",
			      hn_str_excerpt(&shown, answer->text, SHOWN));
	else
		hn_reason_set(ret, -EBADMSG,
			      "the answer's status is %d, not 200; look at the kubelet's log. It said: %s",
			      answer->status, hn_str_excerpt(&shown, answer->text, SHOWN));
	return HN_KUBELET_BAD_ANSWER;
}

static enum hn_kubelet_state by_status(const struct hn_kubelet_settings *s, const struct hn_https_answer *answer,
				       struct hn_reason *ret)
{
	switch (answer->status) {
	case 200:
		ret->text[0] = '\0';
		return HN_KUBELET_OK;
	case 401:
		return unauthorized(s, answer, ret);
	case 403:
		return forbidden(answer, ret);
	default:
		return other_status(answer, ret);
	}
}

/* --- TLS ---------------------------------------------------------------------------------------------------------- */

static void tls_name_hint(const struct hn_tls_verdict *tls, struct hn_reason *ret)
{
	hn_reason_set(ret, -EACCES,
		      "the kubelet's certificate does not carry %.64s%s%.160s; give the name that it carries with "
		      "--kubelet-tls-server-name",
		      tls->name, tls->names[0] ? " but " : " (it carries no name)", tls->names);
}

static enum hn_kubelet_state tls_failed(const struct hn_tls_verdict *tls, struct hn_reason *ret)
{
	const char *flag =
		": give the CA, or the kubelet's own certificate (/var/lib/kubelet/pki/kubelet.crt), with "
		"--kubelet-ca-file";

	switch (tls->fault) {
	case HN_TLS_WRONG_NAME:
		tls_name_hint(tls, ret);
		break;
	case HN_TLS_EXPIRED:
		hn_reason_set(ret, -EACCES,
			      "the kubelet's certificate is not valid at this time (%s): renew it, or check "
			      "the clock",
			      tls->detail);
		break;
	case HN_TLS_NOT_TRUSTED:
		hn_reason_set(ret, -EACCES, "the kubelet's certificate is not trusted (%s)%s", tls->detail, flag);
		if (!tls->name_matches) {
			size_t n = strlen(ret->text);

			snprintf(ret->text + n, sizeof(ret->text) - n,
				 ". It does not carry %.64s either (%.100s): also give "
				 "--kubelet-tls-server-name",
				 tls->name, tls->names[0] ? tls->names : "no names");
		}
		break;
	case HN_TLS_REFUSED:
		hn_reason_set(ret, -EACCES,
			      "the kubelet ended the TLS handshake (%s): it may want a client certificate that "
			      "it trusts, see --kubelet-client-cert and --kubelet-client-key",
			      tls->detail);
		break;
	case HN_TLS_NO_TLS:
		hn_reason_set(ret, -EACCES,
			      "the other side does not speak TLS (%s): is the port right, or is it the "
			      "read-only port (http://...:10255)? See --kubelet-url",
			      tls->detail);
		break;
	case HN_TLS_FINE:
	case HN_TLS_OTHER:
		hn_reason_set(ret, -EACCES, "TLS failed (%s); see --kubelet-url, --kubelet-ca-file", tls->detail);
		break;
	}
	return HN_KUBELET_TLS;
}

/* --- all ---------------------------------------------------------------------------------------------------------- */

static enum hn_kubelet_state timed_out(const struct hn_kubelet_settings *s, const struct hn_https_answer *answer,
				       struct hn_reason *ret)
{
	static const char *const doing[] = {
		[HN_HTTPS_AT_LOOKUP] = "while its name was looked up: is a name server in resolv.conf reachable?",
		[HN_HTTPS_AT_CONNECT] =
			"to the connection: a network policy or firewall may drop it, or --kubelet-url may be wrong",
		[HN_HTTPS_AT_HANDSHAKE] = "to the TLS handshake: is a kubelet behind --kubelet-url?",
		[HN_HTTPS_AT_ANSWER] = "to the request: the kubelet hangs; look at its log, or restart it",
		[HN_HTTPS_AT_BODY] =
			"in full: the answer stopped in the middle; the kubelet or the network is too slow",
	};
	_Static_assert(HN_ARRAY_SIZE(doing) == HN_HTTPS_PHASE_MAX, "each phase has its words");

	hn_reason_set(ret, -ETIMEDOUT, "no answer within %.3g s %s (%llu bytes came)",
		      (double)s->timeout_ns / HN_NSEC_PER_SEC, doing[answer->phase],
		      (unsigned long long)answer->bytes);
	return answer->phase == HN_HTTPS_AT_BODY ? HN_KUBELET_BAD_ANSWER : HN_KUBELET_UNREACHABLE;
}

static enum hn_kubelet_state closed(const struct hn_https_answer *answer, struct hn_reason *ret)
{
	if (answer->phase == HN_HTTPS_AT_BODY) {
		hn_reason_set(ret, -EBADMSG,
			      "half an answer: the connection ended after %llu bytes of the pod list; the kubelet "
			      "may be restarting",
			      (unsigned long long)answer->bytes);
		return HN_KUBELET_BAD_ANSWER;
	}
	/* TLS 1.3 refuses a client after the client's handshake is done, and the reset often overtakes the alert. */
	hn_reason_set(ret, -ECONNRESET,
		      "the connection was closed without an answer; the kubelet may be restarting, or %s",
		      answer->tls.handshake_done ? "it may want a client certificate that it trusts, see "
						   "--kubelet-client-cert and --kubelet-client-key" :
						   "--kubelet-url may need https:// instead of http://");
	return HN_KUBELET_UNREACHABLE;
}

static enum hn_kubelet_state judge(const struct hn_kubelet_settings *s, const struct hn_https_answer *answer,
				   struct hn_reason *ret)
{
	_cleanup_(hn_str_done) struct hn_str shown = {0};

	switch (answer->failure) {
	case HN_HTTPS_FINE:
		return by_status(s, answer, ret);
	case HN_HTTPS_TOKEN:
		hn_reason_set(ret, -EINVAL, "nothing was asked: %.400s; see --kubelet-token-file",
			      answer->reason.text);
		return HN_KUBELET_UNAUTHORIZED;
	case HN_HTTPS_FILES:
		hn_reason_set(ret, -EINVAL,
			      "nothing was asked: %.400s; see --kubelet-ca-file, --kubelet-client-cert",
			      answer->reason.text);
		return HN_KUBELET_TLS;
	case HN_HTTPS_MEMORY:
		hn_reason_set(ret, -ENOMEM, "nothing was asked: no memory");
		return HN_KUBELET_UNREACHABLE;
	case HN_HTTPS_LOOKUP:
		hn_reason_set(
			ret, -ENOENT,
			"its name was not found (%s); use an address in --kubelet-url, or mend the node's DNS",
			answer->reason.text);
		return HN_KUBELET_UNREACHABLE;
	case HN_HTTPS_CONNECT:
		hn_reason_set(ret, -ECONNREFUSED,
			      "%s; is the kubelet running, and are address and port right? See --kubelet-url",
			      answer->reason.text);
		return HN_KUBELET_UNREACHABLE;
	case HN_HTTPS_TLS:
		return tls_failed(&answer->tls, ret);
	case HN_HTTPS_TIMEOUT:
		return timed_out(s, answer, ret);
	case HN_HTTPS_CLOSED:
		return closed(answer, ret);
	case HN_HTTPS_PROTOCOL:
		hn_reason_set(ret, -EBADMSG,
			      "what answered speaks no HTTP that is understood%s%.200s; is --kubelet-url right?",
			      answer->reason.text[0] ? ": " : "", answer->reason.text);
		return HN_KUBELET_BAD_ANSWER;
	case HN_HTTPS_TOO_LARGE:
		hn_reason_set(
			ret, -E2BIG,
			"the answer is larger than 50 MiB; no pod list of one node is: is --kubelet-url right?");
		return HN_KUBELET_BAD_ANSWER;
	case HN_HTTPS_BODY:
		hn_reason_set(ret, -EBADMSG, "the answer is not usable: %s; is --kubelet-url a kubelet's?",
			      hn_str_excerpt(&shown, answer->reason.text, SHOWN));
		return HN_KUBELET_BAD_ANSWER;
	}
	return HN_KUBELET_BAD_ANSWER;
}

enum hn_kubelet_state hn_problem_explain(const struct hn_kubelet_settings *settings,
					 const struct hn_https_answer *answer, struct hn_reason *ret)
{
	enum hn_kubelet_state state = judge(settings, answer, ret);

	if (state != HN_KUBELET_OK)
		hn_reason_wrap(ret, 0, "kubelet %.200s", settings->url);
	return state;
}

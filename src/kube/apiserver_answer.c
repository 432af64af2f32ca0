// SPDX-License-Identifier: Apache-2.0
#include "apiserver_answer.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "hostnetd/str.h"
#include "hostnetd/time.h"
#include "tree.h"

#define SHOWN 240 /* bytes of an answer in a message */
#define RETRY_MAX 86400

/* --- a Status ---------------------------------------------------------------------------------------------------- */

static void take_text(const cJSON *object, const char *key, char *ret, size_t size)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);

	if (cJSON_IsString(value) && !hn_strcpy(ret, size, value->valuestring) && size == HN_APISERVER_CONTINUE)
		ret[0] = '\0'; /* half a token is none */
}

void hn_apiserver_status_read(const char *text, struct hn_apiserver_status *ret)
{
	cJSON *tree = hn_tree_parse(text, strlen(text), NULL);
	const cJSON *kind = cJSON_GetObjectItemCaseSensitive(tree, "kind"), *after;

	*ret = (struct hn_apiserver_status){.retry_after = 0};
	if (cJSON_IsString(kind) && strcmp(kind->valuestring, "Status") == 0) {
		take_text(tree, "message", ret->message, sizeof(ret->message));
		take_text(cJSON_GetObjectItemCaseSensitive(tree, "metadata"), "continue", ret->token,
			  sizeof(ret->token));
		after = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(tree, "details"),
							 "retryAfterSeconds");
		if (cJSON_IsNumber(after) && after->valuedouble > 0 && after->valuedouble < RETRY_MAX)
			ret->retry_after = (unsigned)after->valuedouble;
	}
	if (!ret->message[0])
		hn_strcpy(ret->message, sizeof(ret->message), text);
	cJSON_Delete(tree);
}

/* --- an answer --------------------------------------------------------------------------------------------------- */

static enum hn_apiserver_step unknown_us(const struct hn_apiserver_question *q,
					 const struct hn_https_answer *answer, const char *said,
					 struct hn_reason *ret)
{
	if (answer->token_withheld)
		hn_reason_set(
			ret, -EACCES,
			"401 Unauthorized: the token was not sent, because plain http:// to another machine would "
			"show it to the network; use https:// as the server");
	else if (!q->credentials)
		hn_reason_set(ret, -EACCES,
			      "401 Unauthorized: the context has no credentials; give its user a token, a client "
			      "certificate or an exec plugin");
	else
		hn_reason_set(ret, -EACCES,
			      "401 Unauthorized: %s does not accept these credentials (expired, or of another "
			      "cluster?). It said: %s",
			      q->server, said);
	return HN_APISERVER_UNKNOWN_US;
}

static enum hn_apiserver_step other_status(const struct hn_https_answer *answer, const char *said,
					   struct hn_reason *ret)
{
	_cleanup_(hn_str_done) struct hn_str shown = {0};

	if (answer->status >= 300 && answer->status < 400) {
		hn_reason_set(ret, -EBADMSG,
			      "%d: a redirect to \"%s\", which is not followed; is the server's URL right?",
			      answer->status, hn_str_excerpt(&shown, answer->location, SHOWN));
		return HN_APISERVER_USELESS;
	}
	hn_reason_set(ret, -EBADMSG, "the answer's status is %d, not 200. The server said: %s", answer->status,
		      said);
	/* 500 too: what etcd could not do in time comes as one. */
	return answer->status == 429 || answer->status >= 500 ? HN_APISERVER_LATER : HN_APISERVER_USELESS;
}

static enum hn_apiserver_step by_status(const struct hn_apiserver_question *q,
					const struct hn_https_answer *answer,
					const struct hn_apiserver_status *status, struct hn_reason *ret)
{
	_cleanup_(hn_str_done) struct hn_str shown = {0};
	const char *said = hn_str_excerpt(&shown, status->message, SHOWN);

	switch (answer->status) {
	case 200:
		ret->text[0] = '\0';
		return HN_APISERVER_WHOLE;
	case 401:
		return unknown_us(q, answer, said, ret);
	case 403:
		hn_reason_set(
			ret, -EACCES,
			"403 Forbidden: the account lacks an RBAC right; grant verb \"list\" on it in a ClusterRole. "
			"The server said: %s",
			said);
		return HN_APISERVER_FORBIDDEN;
	case 404:
		hn_reason_set(ret, -ENOENT, "404 Not Found: the server has nothing at %.100s. It said: %s",
			      q->path, said);
		return HN_APISERVER_NOT_THERE;
	case 410:
		hn_reason_set(ret, -ESTALE,
			      "410 Gone: the list changed faster than it could be read. The server said: %s",
			      said);
		return HN_APISERVER_GONE;
	default:
		return other_status(answer, said, ret);
	}
}

/* --- no answer --------------------------------------------------------------------------------------------------- */

static void tls_failed(const struct hn_tls_verdict *tls, struct hn_reason *ret)
{
	switch (tls->fault) {
	case HN_TLS_WRONG_NAME:
		hn_reason_set(
			ret, -EACCES,
			"its certificate does not carry %.64s%s%.160s; use a name that it carries as the server, or "
			"give it as the cluster's tls-server-name",
			tls->name, tls->names[0] ? " but " : " (it carries no name)", tls->names);
		break;
	case HN_TLS_EXPIRED:
		hn_reason_set(ret, -EACCES,
			      "its certificate is not valid at this time (%s): renew it, or check the clock",
			      tls->detail);
		break;
	case HN_TLS_NOT_TRUSTED:
		hn_reason_set(
			ret, -EACCES,
			"its certificate is not trusted (%s); give the CA as the cluster's certificate-authority or "
			"certificate-authority-data",
			tls->detail);
		break;
	case HN_TLS_REFUSED:
		hn_reason_set(
			ret, -EACCES,
			"it ended the TLS handshake (%s): it may want a client certificate that it trusts; see the "
			"user's client-certificate and client-key",
			tls->detail);
		break;
	case HN_TLS_NO_TLS:
		hn_reason_set(ret, -EACCES,
			      "it does not speak TLS (%s); is the port right, or is the URL http://?",
			      tls->detail);
		break;
	case HN_TLS_FINE:
	case HN_TLS_OTHER:
		hn_reason_set(ret, -EACCES, "TLS failed (%s)", tls->detail);
		break;
	}
}

static enum hn_apiserver_step timed_out(const struct hn_apiserver_question *q,
					const struct hn_https_answer *answer, struct hn_reason *ret)
{
	static const char *const doing[] = {
		[HN_HTTPS_AT_LOOKUP] = "while its name was looked up",
		[HN_HTTPS_AT_CONNECT] = "to the connection: a firewall may drop it, or the address is wrong",
		[HN_HTTPS_AT_HANDSHAKE] = "to the TLS handshake",
		[HN_HTTPS_AT_ANSWER] = "to the request",
		[HN_HTTPS_AT_BODY] = "in full: it stopped in the middle",
	};
	_Static_assert(HN_ARRAY_SIZE(doing) == HN_HTTPS_PHASE_MAX, "each phase has its words");

	hn_reason_set(ret, -ETIMEDOUT, "no answer within %.3g s %s (%llu bytes came); see --request-timeout",
		      (double)q->timeout_ns / HN_NSEC_PER_SEC, doing[answer->phase],
		      (unsigned long long)answer->bytes);
	return answer->phase >= HN_HTTPS_AT_ANSWER ? HN_APISERVER_SLOW : HN_APISERVER_UNREACHABLE;
}

static enum hn_apiserver_step closed(const struct hn_https_answer *answer, struct hn_reason *ret)
{
	if (answer->phase == HN_HTTPS_AT_BODY)
		hn_reason_set(ret, -EBADMSG, "half an answer: the connection ended after %llu bytes",
			      (unsigned long long)answer->bytes);
	else
		/* TLS 1.3 refuses a client after the client's handshake is done, and the reset often overtakes the
		 * alert. */
		hn_reason_set(
			ret, -ECONNRESET, "the connection was closed without an answer%s",
			answer->tls.handshake_done ?
				"; the server may be restarting, or it wants a client certificate that it trusts" :
				"; is the port right, and is it https://?");
	return HN_APISERVER_BROKEN_OFF;
}

static enum hn_apiserver_step by_failure(const struct hn_apiserver_question *q,
					 const struct hn_https_answer *answer, struct hn_reason *ret)
{
	_cleanup_(hn_str_done) struct hn_str shown = {0};
	const char *why = hn_str_excerpt(&shown, answer->reason.text, SHOWN);

	switch (answer->failure) {
	case HN_HTTPS_TLS:
		tls_failed(&answer->tls, ret);
		return HN_APISERVER_UNREACHABLE;
	case HN_HTTPS_TIMEOUT:
		return timed_out(q, answer, ret);
	case HN_HTTPS_CLOSED:
		return closed(answer, ret);
	case HN_HTTPS_LOOKUP:
		hn_reason_set(ret, -ENOENT, "its name was not found (%s)", why);
		return HN_APISERVER_UNREACHABLE;
	case HN_HTTPS_CONNECT:
		hn_reason_set(ret, -ECONNREFUSED, "%s; does it run, and are address and port right?", why);
		return HN_APISERVER_UNREACHABLE;
	case HN_HTTPS_TOKEN:
	case HN_HTTPS_FILES:
	case HN_HTTPS_MEMORY:
		hn_reason_set(ret, -EINVAL, "nothing was asked: %s", why[0] ? why : "no memory");
		return HN_APISERVER_UNREACHABLE;
	case HN_HTTPS_TOO_LARGE:
		hn_reason_set(ret, -E2BIG, "the answer is too large (%llu MiB and more)",
			      (unsigned long long)(answer->bytes >> 20));
		return HN_APISERVER_USELESS;
	case HN_HTTPS_PROTOCOL:
		hn_reason_set(ret, -EBADMSG, "what answered is not understood%s%s; is it an API server?",
			      why[0] ? ": " : "", why);
		return HN_APISERVER_USELESS;
	case HN_HTTPS_BODY:
	case HN_HTTPS_FINE:
		break;
	}
	hn_reason_set(ret, -EBADMSG, "the answer is not usable: %s", why);
	return HN_APISERVER_USELESS;
}

enum hn_apiserver_step hn_apiserver_judge(const struct hn_apiserver_question *question,
					  const struct hn_https_answer *answer,
					  const struct hn_apiserver_status *status, struct hn_reason *ret)
{
	enum hn_apiserver_step step;

	if (answer->failure == HN_HTTPS_FINE)
		return by_status(question, answer, status, ret);
	step = by_failure(question, answer, ret);
	hn_reason_wrap(ret, 0, "API server %.200s", question->server);
	return step;
}

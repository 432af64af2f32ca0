/* SPDX-License-Identifier: Apache-2.0 */
/* The way to the API server for requests in the agent's own loop: who and where as for apiserver.h, which blocks. And the little
 * that the agent reads of its answers, which are hostile. */
#ifndef HOSTNETD_APIACCESS_H
#define HOSTNETD_APIACCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/apiserver.h"
#include "hostnetd/str.h"
#include "hostnetd/tls.h"
#include "hostnetd/url.h"

struct hn_login;

/* Borrowed, until it is freed; NULL: none. */
struct hn_apiaccess {
	const struct hn_url *url;
	struct hn_tls *tls;
	const char *server_name;
	const char *token_file, *token; /* at most one */
	const char *name;               /* for messages */
	const char *warning;            /* that a person must be told */
	struct hn_login *login;
};

/* As hn_apiserver_open(). -ENOTSUP where the kubeconfig runs a program for its credentials: that blocks. */
_must_check_ int hn_apiaccess_open(const struct hn_apiserver_settings *settings, struct hn_apiaccess **ret,
				   struct hn_reason *reason);
void hn_apiaccess_free(struct hn_apiaccess *a);
HN_DEFINE_CLEANUP(struct hn_apiaccess, hn_apiaccess_free, hn_apiaccess_cleanup)

#define HN_API_UID_SIZE 64
/* metadata.uid of the object; false: it has none that can be one. */
bool hn_api_uid(const char *json, char ret[static HN_API_UID_SIZE]);
/* An annotation of the object; false: it has none. */
bool hn_api_annotation(const char *json, const char *key, struct hn_str *ret);
/* Does the APIResourceList name it? */
bool hn_api_has_resource(const char *json, const char *plural);
/* The message of a Status, visible, one line. */
void hn_api_message(const char *json, struct hn_str *ret);

#endif

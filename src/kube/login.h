/* SPDX-License-Identifier: Apache-2.0 */
/* Where the API server is and who we are there: a kubeconfig's context, or the pod's service account. */
#ifndef HN_KUBE_LOGIN_H
#define HN_KUBE_LOGIN_H

#include "exec_credential.h"
#include "hostnetd/apiserver.h"
#include "kubeconfig.h"
#include "hostnetd/tls.h"
#include "hostnetd/url.h"

struct hn_login {
	struct hn_kubeconfig *config; /* NULL: the service account */
	struct hn_kubeconfig_choice choice;
	struct hn_url url;
	const char *server_name;         /* NULL: the URL's host */
	const char *token, *token_file;  /* at most one */
	struct hn_tls_settings tls;      /* borrows from the rest */
	struct hn_credential credential; /* of the exec plugin */
	char name[512];                  /* for messages */
	char warning[512];               /* "": none */
	/* Owned, decoded. */
	char *ca_pem, *client_cert_pem, *client_key_pem;
	char *ca_path, *token_path; /* of the service account */
};

/* Reads files; runs nothing. A negative errno with a reason; -ENOENT: there is nothing to log in with. */
_must_check_ int hn_login_open(const struct hn_apiserver_settings *settings, struct hn_login **ret,
			       struct hn_reason *reason);
void hn_login_free(struct hn_login *l); /* wipes */
HN_DEFINE_CLEANUP(struct hn_login, hn_login_free, hn_login_cleanup)
/* Before each request: runs the exec plugin if there is one and what it gave is missing, has expired, or was `refused`.
 * 1: `token` and `tls` are new ones; 0: they are as they were; -errno with a reason. */
_must_check_ int hn_login_refresh(struct hn_login *l, struct hn_wall now, bool refused, struct hn_reason *reason);

#endif

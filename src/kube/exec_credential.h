/* SPDX-License-Identifier: Apache-2.0 */
/* What is said to an exec plugin, and what it answers: ExecCredential of client.authentication.k8s.io. Pure. */
#ifndef HN_KUBE_EXEC_CREDENTIAL_H
#define HN_KUBE_EXEC_CREDENTIAL_H

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"
#include "hostnetd/str.h"
#include "hostnetd/time.h"
#include "kubeconfig.h"

#define HN_CREDENTIAL_BYTES (1UL << 20)

/* Secrets. Owned; NULL: none. */
struct hn_credential {
	char *token;
	char *client_cert, *client_key; /* PEM */
	struct hn_wall expires;         /* not known: never */
};

void hn_credential_done(struct hn_credential *c); /* wipes */
/* -EINVAL with a reason, which never shows what was answered. */
_must_check_ int hn_credential_parse(const char *json, size_t n, const char *api_version,
				     struct hn_credential *ret, struct hn_reason *reason);
/* The value of KUBERNETES_EXEC_INFO. `ca_pem` may be NULL. An extension of the cluster's that is meant for the plugin is
 * not passed on. */
void hn_credential_request(const struct hn_kubeconfig_exec *exec, const struct hn_kubeconfig_cluster *cluster,
			   const char *ca_pem, bool interactive, struct hn_str *ret);

#endif

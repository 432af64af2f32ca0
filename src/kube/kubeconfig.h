/* SPDX-License-Identifier: Apache-2.0 */
/* What kubeconfig files say, merged as kubectl does: the first to name a cluster, user, context or current context wins,
 * whole. Pure: bytes in, and paths come out with their file's folder before them; nothing is opened. */
#ifndef HN_KUBE_KUBECONFIG_H
#define HN_KUBE_KUBECONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

#define HN_KUBECONFIG_WORDS 64            /* arguments, and variables, of an exec plugin */
#define HN_KUBECONFIG_DATA (256UL * 1024) /* base64 of a bundle of CAs, or of a chain */
#define HN_KUBECONFIG_ENTRIES 4096        /* of one sort, in all files */

struct hn_kubeconfig;

/* All texts: NULL where not given, or given empty. `data` is base64. */
struct hn_kubeconfig_cluster {
	const char *server, *tls_server_name;
	const char *ca_file, *ca_data;
	const char *proxy_url;
	bool insecure;
};

struct hn_kubeconfig_exec {
	const char *api_version, *command, *interactive_mode, *install_hint;
	const char *args[HN_KUBECONFIG_WORDS], *names[HN_KUBECONFIG_WORDS], *values[HN_KUBECONFIG_WORDS];
	size_t n_args, n_variables;
	bool cluster_info; /* provideClusterInfo */
};

struct hn_kubeconfig_user {
	const char *client_cert, *client_cert_data, *client_key, *client_key_data;
	const char *token, *token_file;
	const char *username, *auth_provider, *impersonate; /* what is refused; "" counts as not given */
	const struct hn_kubeconfig_exec *exec;
};

/* What one context comes to. Borrowed from the kubeconfig. */
struct hn_kubeconfig_choice {
	const char *context, *file; /* `file` named the context */
	const char *cluster_name, *user_name;
	const struct hn_kubeconfig_cluster *cluster;
	const struct hn_kubeconfig_user *user; /* NULL: the context names none */
};

/* NULL: no memory. */
struct hn_kubeconfig *hn_kubeconfig_new(void);
void hn_kubeconfig_free(struct hn_kubeconfig *k);
HN_DEFINE_CLEANUP(struct hn_kubeconfig, hn_kubeconfig_free, hn_kubeconfig_cleanup)
/* One file more, YAML or JSON. -EINVAL with "path:line: key: what"; -ENOMEM, -E2BIG. Keys that are not known are skipped,
 * as kubectl does. */
_must_check_ int hn_kubeconfig_add(struct hn_kubeconfig *k, const char *path, const char *bytes, size_t n,
				   struct hn_reason *reason);
/* The context of that name; NULL: the current one. -EINVAL with a reason: it, its cluster or its user is not there. */
_must_check_ int hn_kubeconfig_choose(const struct hn_kubeconfig *k, const char *context,
				      struct hn_kubeconfig_choice *ret, struct hn_reason *reason);

#endif

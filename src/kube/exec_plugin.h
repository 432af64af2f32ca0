/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a kubeconfig's exec plugin: no shell, bounded in time and output. */
#ifndef HN_KUBE_EXEC_PLUGIN_H
#define HN_KUBE_EXEC_PLUGIN_H

#include "exec_credential.h"

/* Checks what can be checked without running it. -EINVAL with a reason. */
_must_check_ int hn_exec_plugin_check(const struct hn_kubeconfig_exec *exec, struct hn_reason *reason);
/* Blocks. Its standard error is ours; its standard input is the terminal where its interactiveMode and ours allow it. A
 * negative errno with a reason that shows nothing of what it printed. After `timeout_ns` (0: a minute, or ten where a
 * person may have to log in) it is ended. */
_must_check_ int hn_exec_plugin_run(const struct hn_kubeconfig_exec *exec,
				    const struct hn_kubeconfig_cluster *cluster, const char *ca_pem,
				    int64_t timeout_ns, struct hn_credential *ret, struct hn_reason *reason);

#endif

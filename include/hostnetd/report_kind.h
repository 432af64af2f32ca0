/* SPDX-License-Identifier: Apache-2.0 */
/* The report objects in which agents leave on the API server what they see: one a node and namespace, and one a node for what has
 * no namespace, which also says how the agent is and counts what the others must hold. Agents write them, `audit` reads them:
 * here is what both must agree on. Pure. */
#ifndef HOSTNETD_REPORT_KIND_H
#define HOSTNETD_REPORT_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/str.h"

struct hn_report_kind {
	const char *word; /* of --report-objects */
	const char *group, *version;
	const char *kind, *plural;                 /* in a namespace */
	const char *cluster_kind, *cluster_plural; /* a node's own */
	bool has_source;                           /* at the top, not only in a result */
	/* Early releases of the same version refuse the severity "critical". */
	bool doubts_critical;
};

/* In the order in which they are tried; `word` NULL at the end. */
extern const struct hn_report_kind hn_report_kinds[];
const struct hn_report_kind *hn_report_kind_find(const char *word); /* NULL: none */

#define HN_REPORT_MANAGER "hostnetd" /* also the field manager, and every result's source */
#define HN_REPORT_LABEL_MANAGED "app.kubernetes.io/managed-by"
#define HN_REPORT_LABEL_NODE "hostnetd.io/node"
#define HN_REPORT_SELECTOR HN_REPORT_LABEL_MANAGED "=" HN_REPORT_MANAGER
/* Annotations. */
#define HN_REPORT_NODE "hostnetd.io/node"
#define HN_REPORT_LAST_SEEN "hostnetd.io/last-seen" /* when the agent wrote it */
#define HN_REPORT_HEARTBEAT "hostnetd.io/heartbeat" /* it writes at least so often, in seconds */
#define HN_REPORT_VERSION "hostnetd.io/agent-version"
#define HN_REPORT_OMITTED "hostnetd.io/results-omitted"
#define HN_REPORT_COMPLETE "hostnetd.io/complete" /* of the node's own: "true", or "false" and */
#define HN_REPORT_WHY "hostnetd.io/incomplete"    /* why */
#define HN_REPORT_CLAIMS "hostnetd.io/findings"   /* of the node's own: struct hn_report_claim, with , between */

/* The rule of the node's own result that says whether the agent sees everything. */
#define HN_REPORT_AGENT_POLICY "hostnetd-agent"

#define HN_REPORT_RESULTS_MAX 200 /* in an object: below 800 KiB, etcd takes 1.5 MiB */
#define HN_REPORT_OBJECTS_MAX 256 /* of a node */
#define HN_REPORT_NAME_SIZE 48
#define HN_REPORT_NAMESPACE_SIZE 64

/* The same for ever, of a node and namespace ("": the node's own). */
void hn_report_name(const char *node, const char *ns, char ret[static HN_REPORT_NAME_SIZE]);

/* What an object of the node must hold: "ml=2.0.1". Whoever may write reports in a namespace can change what stands there; the
 * node's own is where only the cluster's administrators write. */
struct hn_report_claim {
	char ns[HN_REPORT_NAMESPACE_SIZE]; /* "": the node's own */
	unsigned ai, likely, excepted;
};
void hn_report_claim_put(const struct hn_report_claim *claim, struct hn_str *out);
/* The next of the text, which *at walks; false at its end. What is no claim is -EBADMSG in *ret_error. */
bool hn_report_claim_next(const char **at, struct hn_report_claim *ret, int *ret_error);

bool hn_is_dns_label(const char *text);     /* a namespace's name */
bool hn_is_dns_subdomain(const char *text); /* a node's */
bool hn_is_label_value(const char *text);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Lists objects of the API server, page by page. Who and where: a kubeconfig as kubectl reads it, or the pod's own
 * service account. For commands that ask and end: each call blocks until it is done, in a loop of its own, and is bounded
 * in time, pages and bytes. */
#ifndef HOSTNETD_APISERVER_H
#define HOSTNETD_APISERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

struct hn_apiserver;

/* What the command line and the environment say; borrowed during hn_apiserver_open(). */
struct hn_apiserver_settings {
	const char *kubeconfig;      /* --kubeconfig: this file and no other; NULL: the next that is there */
	const char *kubeconfig_list; /* $KUBECONFIG: files with : between them, the first to say something wins */
	const char *home;            /* $HOME: .kube/config in it */
	const char *service_host;    /* $KUBERNETES_SERVICE_HOST, and _PORT: we are in a pod */
	const char *service_port;
	const char *service_account; /* folder of its token and ca.crt; NULL: where Kubernetes mounts it */
	const char *context;         /* --context; NULL: the kubeconfig's current one */
	int64_t timeout_ns;          /* of one request, connect to last byte; 0: 60 s */
};

/* Finds out whom to ask and as whom, and reads what that needs; asks nothing yet. A negative errno with a reason that
 * names file and key; no secret is ever in it. -ENOENT: there is neither a kubeconfig nor a service account. */
_must_check_ int hn_apiserver_open(const struct hn_apiserver_settings *settings, struct hn_apiserver **ret,
				   struct hn_reason *reason);
void hn_apiserver_free(struct hn_apiserver *a);
HN_DEFINE_CLEANUP(struct hn_apiserver, hn_apiserver_free, hn_apiserver_cleanup)
/* For messages: "https://10.0.0.1:6443 (context prod)". */
const char *hn_apiserver_name(const struct hn_apiserver *a);
/* What a person must be told before the first answer is believed (its certificate is not verified ...); NULL: nothing. */
const char *hn_apiserver_warning(const struct hn_apiserver *a);

enum hn_apiserver_outcome {
	HN_APISERVER_LISTED, /* whole */
	HN_APISERVER_ABSENT, /* 404: no such group, version or kind there; for kinds that Kubernetes has, a fault */
	HN_APISERVER_DENIED, /* 401, 403: this account may not */
	HN_APISERVER_FAILED, /* anything else */
};

/* Where a list goes. The path holds no query: "/api/v1/pods", "/apis/apps/v1/namespaces/ml/deployments". */
struct hn_apiserver_list {
	const char *path;
	const char *selector; /* of labels; NULL: everything */
	/* The list begins; called again where it had to begin anew (410 Gone, a page that was cut off): what it gave so
	 * far must be forgotten. */
	void (*begin)(void *arg);
	/* A page's bytes as they come, at any cut. -errno with a reason ends the list. */
	int (*bytes)(void *arg, const char *bytes, size_t n, struct hn_reason *reason);
	/* The page has ended. Returns its metadata.continue, borrowed until the next call: NULL or "" on the last page.
	 * -errno with a reason where the page is no whole list: that ends the list. */
	int (*page)(void *arg, const char **ret_continue, struct hn_reason *reason);
	void *arg;
};

/* `ret` says, for a person, why it is not LISTED and how to mend that. Once the server cannot be reached or does not
 * know us, every further call says the same at once. */
enum hn_apiserver_outcome hn_apiserver_list(struct hn_apiserver *a, const struct hn_apiserver_list *list,
					    struct hn_reason *ret);

/* No answer to anything comes any more: it is not there, or does not know who asks. */
bool hn_apiserver_is_dead(const struct hn_apiserver *a);

#define HN_APISERVER_VERSION 64
/* How the server serves a resource. */
struct hn_apiserver_served {
	char version[HN_APISERVER_VERSION];
	bool cluster_wide; /* its objects are in no namespace */
};

/* Which version of an API group ("": the core group) serves a resource ("ray.io", "rayclusters"): `wanted` (may be NULL) if it
 * does, else the group's preferred one, else any. LISTED: in `ret_served`; ABSENT: nothing there serves it. Asks each question
 * of discovery once. */
enum hn_apiserver_outcome hn_apiserver_find(struct hn_apiserver *a, const char *group, const char *resource,
					    const char *wanted, struct hn_apiserver_served *ret_served,
					    struct hn_reason *ret);

#endif

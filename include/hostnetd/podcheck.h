/* SPDX-License-Identifier: Apache-2.0 */
/* This node's pods as its kubelet has them beside the API server's view of them. The two disagree for seconds whenever a pod
 * comes or goes: only what differs in two looks a minute apart is told. Never blocks: everything runs in the caller's
 * event_base. */
#ifndef HOSTNETD_PODCHECK_H
#define HOSTNETD_PODCHECK_H

#include <stdint.h>

#include "hostnetd/apiserver.h"
#include "hostnetd/kubelet.h"
#include "hostnetd/macro.h"
#include "hostnetd/pod.h"
#include "hostnetd/str.h"
#include "hostnetd/time.h"

struct event_base;

enum hn_pod_difference {
	HN_POD_UNDECLARED,    /* runs here, and the API server knows no such pod */
	HN_POD_OTHER_NETWORK, /* hostNetwork is not the same */
	HN_POD_OTHER_OWNER,   /* its controller is not the same */
	HN_POD_NOT_RUNNING,   /* bound to this node and not ended, and the kubelet does not have it */
	HN_POD_DIFFERENCE_MAX,
};
const char *hn_pod_difference_name(enum hn_pod_difference d); /* "undeclared", "host-network" ... */
/* A sentence for a person, in which what is hostile is made visible. */
void hn_pod_difference_text(enum hn_pod_difference d, const struct hn_pod *here, const struct hn_pod *there,
			    struct hn_str *out);

/* `here` is NULL for NOT_RUNNING, `there` for UNDECLARED. */
typedef void hn_pod_differs(void *arg, enum hn_pod_difference d, const struct hn_pod *here,
			    const struct hn_pod *there);
/* The kubelet's pods first, in its order, then what only the API server has. A static pod is the same as its mirror. */
void hn_pods_compare(const struct hn_podlist *here, const struct hn_podlist *there, hn_pod_differs *found,
		     void *arg);

#define HN_PODCHECK_SUSPECTS 256 /* differences that are remembered from one look to the next */

struct hn_podcheck_stats {
	uint64_t answers, failures;             /* of the API server */
	uint64_t differ[HN_POD_DIFFERENCE_MAX]; /* in the last two looks */
	struct hn_wall compared;                /* the last look; 0: none yet */
	const char *problem;                    /* of the last request; "" if none */
};

struct hn_podcheck_settings {
	struct hn_apiserver_settings apiserver;
	const char *node;
	struct hn_kubelet *kubelet;
	int64_t interval_ns; /* between two routine looks */
	uint64_t seed;       /* for the jitter */
	/* Told once, as long as it lasts. `text` is what hn_pod_difference_text() says. */
	void (*differs)(void *arg, const char *text);
	void *arg;
};

struct hn_podcheck;
/* `settings` and its strings are borrowed until it is freed. Asks nothing yet. Fails as hn_apiaccess_open() does. */
_must_check_ int hn_podcheck_new(const struct hn_podcheck_settings *settings, struct event_base *base,
				 struct hn_podcheck **ret, struct hn_reason *reason);
void hn_podcheck_free(struct hn_podcheck *p);
HN_DEFINE_CLEANUP(struct hn_podcheck, hn_podcheck_free, hn_podcheck_cleanup)
/* The kubelet has a new list. */
void hn_podcheck_answered(struct hn_podcheck *p);
void hn_podcheck_stats(const struct hn_podcheck *p, struct hn_podcheck_stats *ret);
const char *hn_podcheck_warning(const struct hn_podcheck *p); /* as hn_apiserver_warning() */

#endif

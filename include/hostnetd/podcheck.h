/* SPDX-License-Identifier: Apache-2.0 */
/* This node's pods as its kubelet has them beside the API server's view of them. The two disagree for seconds whenever a pod
 * comes or goes: only what differs in two looks is told. */
#ifndef HOSTNETD_PODCHECK_H
#define HOSTNETD_PODCHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "hostnetd/kubelet.h"
#include "hostnetd/macro.h"
#include "hostnetd/pod.h"
#include "hostnetd/str.h"
#include "hostnetd/time.h"

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

/* Borrowed until it is freed. */
struct hn_podcheck_settings {
	struct hn_kubelet *kubelet;
	/* Told once, as long as it lasts. `text` is what hn_pod_difference_text() says. */
	void (*differs)(void *arg, const char *text);
	void *arg;
};

struct hn_podcheck;
struct hn_podcheck *hn_podcheck_new(const struct hn_podcheck_settings *settings); /* NULL: no memory */
void hn_podcheck_free(struct hn_podcheck *p);
HN_DEFINE_CLEANUP(struct hn_podcheck, hn_podcheck_free, hn_podcheck_cleanup)
/* The API server's list, which is owned from here on: a look is had when the kubelet has answered a request after it. NULL: it
 * cannot be had, and why. */
void hn_podcheck_listed(struct hn_podcheck *p, struct hn_podlist *there, const char *problem);
/* The kubelet has a new list. True: the look that was had wants another, before the routine one. */
bool hn_podcheck_answered(struct hn_podcheck *p);
void hn_podcheck_stats(const struct hn_podcheck *p, struct hn_podcheck_stats *ret);

#endif

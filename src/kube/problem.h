/* SPDX-License-Identifier: Apache-2.0 */
/* A failed answer of the kubelet in words: what, why, and how to mend it. Pure. */
#ifndef HN_KUBE_PROBLEM_H
#define HN_KUBE_PROBLEM_H

#include "hostnetd/kubelet.h"
#include "hostnetd/reason.h"
#include "hostnetd/https.h"

/* Returns the state; `ret` is "" for HN_KUBELET_OK. The answer's list may still be bad: that is the caller's. */
enum hn_kubelet_state hn_problem_explain(const struct hn_kubelet_settings *settings,
					 const struct hn_https_answer *answer, struct hn_reason *ret);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Why a container shares the host netns, and how bad that is. Pure. */
#ifndef HOSTNETD_CAUSE_H
#define HOSTNETD_CAUSE_H

#include "hostnetd/finding.h"

struct hn_cause_facts {
	enum hn_way way;
	bool pod_known;        /* the kubelet lists the pod */
	bool pod_host_network; /* ... with hostNetwork: true */
	bool unmanaged;        /* two complete answers, asked after the first sight and after the grace, lack it */
};

enum hn_cause hn_cause_of(const struct hn_cause_facts *facts);
enum hn_severity hn_severity_of(enum hn_cause cause, enum hn_verdict verdict);

#endif

// SPDX-License-Identifier: Apache-2.0
#include "cause.h"

enum hn_cause hn_cause_of(const struct hn_cause_facts *facts)
{
	if (facts->pod_known) {
		if (facts->pod_host_network)
			return HN_CAUSE_DECLARED;
		return facts->way == HN_WAY_SOCKET ? HN_CAUSE_SOCKET : HN_CAUSE_JOINED;
	}
	return facts->unmanaged ? HN_CAUSE_UNMANAGED : HN_CAUSE_UNKNOWN;
}

enum hn_severity hn_severity_of(enum hn_cause cause, enum hn_verdict verdict)
{
	/* Until the cause is known it may be as written. */
	bool declared = cause == HN_CAUSE_DECLARED || cause == HN_CAUSE_UNKNOWN;

	if (verdict == HN_LIKELY_AI)
		return declared ? HN_SEVERITY_MEDIUM : HN_SEVERITY_HIGH;
	return declared ? HN_SEVERITY_HIGH : HN_SEVERITY_CRITICAL;
}

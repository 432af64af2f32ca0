/* SPDX-License-Identifier: Apache-2.0 */
/* What agents saw, from --findings and --with-runtime. */
#ifndef HOSTNETD_AUDIT_RUNTIME_H
#define HOSTNETD_AUDIT_RUNTIME_H

#include "hostnetd/audit.h"
#include "hostnetd/observed.h"
#include "settings.h"

/* NULL in `ret` where neither is given. What an agent could not see becomes a gap of the audit's. */
_must_check_ int hn_audit_runtime(const struct hn_settings *s, struct hn_audit *audit,
				  struct hn_observations **ret, struct hn_reason *reason);

#endif

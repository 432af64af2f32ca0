/* SPDX-License-Identifier: Apache-2.0 */
/* What the audit's gathering and its roll-up share. */
#ifndef HN_FINDING_AUDIT_PARTS_H
#define HN_FINDING_AUDIT_PARTS_H

#include "hostnetd/audit.h"
#include "owner_links.h"
#include "rule_set.h"

/* Remembers who controls an object, kind "" if nobody does, and whether it counts by itself. -ENOMEM */
_must_check_ int hn_audit_link(struct hn_audit *a, const struct hn_owner *of, const char *ns,
			       const struct hn_owner *controller, bool counts);
void hn_audit_entry_done(struct hn_audit_entry *e);

#endif

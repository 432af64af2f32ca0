/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTNETD_FINDING_CONTACT_H
#define HOSTNETD_FINDING_CONTACT_H

#include "hostnetd/finding.h"

/* The same partner. `known` may be a former run's: of it the history has no protocol, and of the metadata service no port. */
bool hn_contact_same(const struct hn_finding_contact *known, const struct hn_finding_contact *c);

#endif

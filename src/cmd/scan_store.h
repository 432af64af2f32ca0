/* SPDX-License-Identifier: Apache-2.0 */
/* `scan --store FILE`: a scan's findings go into a history, where those of former scans and runs go on. */
#ifndef HOSTNETD_SCAN_STORE_H
#define HOSTNETD_SCAN_STORE_H

#include "hostnetd/pod.h"
#include "hostnetd/report.h"

#include "ledger.h"
#include "settings.h"

/* What shares now, and what is resolved since: the latter only where the scan saw everything. `pods` may be NULL; `ledger` holds what
 * the verdicts took in. Nothing to do where no store is asked for. -EIO with a reason: not all of it is on the disk. */
_must_check_ int hn_scan_store(const struct hn_settings *s, const struct hn_scan *scan,
			       const struct hn_podlist *pods, const struct hn_catalogue *catalogue,
			       struct hn_ledger *ledger, struct hn_reason *reason);

#endif

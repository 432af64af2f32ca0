/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which people and programs get findings: the worst first, then by pod. */
#ifndef HOSTNETD_REPORT_ORDER_H
#define HOSTNETD_REPORT_ORDER_H

#include "hostnetd/macro.h"
#include "hostnetd/report.h"

/* A new array of scan->n_findings pointers, for free(); NULL without memory or without findings. */
_must_check_ const struct hn_finding **hn_order_findings(const struct hn_scan *scan);

#endif

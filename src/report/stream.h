/* SPDX-License-Identifier: Apache-2.0 */
/* The sinks that write lines to a descriptor: JSON for programs, words for people. */
#ifndef HOSTNETD_REPORT_STREAM_H
#define HOSTNETD_REPORT_STREAM_H

#include "hostnetd/report.h"

extern const struct hn_sink_ops hn_sink_json;
extern const struct hn_sink_ops hn_sink_table;

#endif

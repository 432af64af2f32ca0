/* SPDX-License-Identifier: Apache-2.0 */
/* The printers that write lines to a descriptor: JSON for programs, words for people. */
#ifndef HOSTNETD_REPORT_STREAM_H
#define HOSTNETD_REPORT_STREAM_H

#include "hostnetd/report.h"

extern const struct hn_printer_ops hn_printer_json;
extern const struct hn_printer_ops hn_printer_table;
extern const struct hn_printer_ops hn_printer_ocsf;

#endif

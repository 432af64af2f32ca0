/* SPDX-License-Identifier: Apache-2.0 */
/* Messages for the operator, on standard error, one line each. Findings alone go to standard output. Library code
 * below src/cmd and src/agent.c does not log above debug: it returns a reason instead (reason.h). */
#ifndef HOSTNETD_LOG_H
#define HOSTNETD_LOG_H

#include <stdarg.h>

#include "hostnetd/macro.h"

enum hn_log_level { HN_LOG_ERROR, HN_LOG_WARNING, HN_LOG_INFO, HN_LOG_DEBUG };

void hn_log_set_level(enum hn_log_level level); /* default: info */
void hn_log(enum hn_log_level level, const char *fmt, ...) _printf_(2, 3);
void hn_vlog(enum hn_log_level level, const char *fmt, va_list ap) _printf_(2, 0);

#define hn_error(...) hn_log(HN_LOG_ERROR, __VA_ARGS__)
#define hn_warning(...) hn_log(HN_LOG_WARNING, __VA_ARGS__)
#define hn_info(...) hn_log(HN_LOG_INFO, __VA_ARGS__)
#define hn_debug(...) hn_log(HN_LOG_DEBUG, __VA_ARGS__)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `hostnetd history`. Each returns the exit code, or -errno with a reason. */
#ifndef HOSTNETD_CMD_HISTORY_H
#define HOSTNETD_CMD_HISTORY_H

#include "hostnetd/history.h"

#include "commands.h"

#define HN_HISTORY_SCHEMA "hostnetd.history/v1"

/* `id` is a whole one. */
_must_check_ int hn_history_story(struct hn_history_reader *r, const struct hn_settings *s, const char *id,
				  struct hn_reason *reason);
_must_check_ int hn_history_rejudge(struct hn_history_reader *r, const struct hn_settings *s,
				    const struct hn_history_filter *filter, struct hn_reason *reason);
_must_check_ int hn_history_export(struct hn_history_reader *r, const struct hn_settings *s,
				   const struct hn_history_filter *filter, struct hn_reason *reason);
_must_check_ int hn_history_verify(const char *path, struct hn_reason *reason);
/* Hostile text for a terminal. */
void hn_history_show(struct hn_str *out, const char *text);
/* Kind, namespace and name, or what else says whose row it is. */
void hn_history_show_workload(struct hn_str *out, const char *const *fields);

#endif

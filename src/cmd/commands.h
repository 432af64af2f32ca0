/* SPDX-License-Identifier: Apache-2.0 */
/* The commands: each reads its options, wires the stages, runs, and returns the exit code. */
#ifndef HOSTNETD_COMMANDS_H
#define HOSTNETD_COMMANDS_H

#include "hostnetd/reason.h"
#include "hostnetd/report.h"
#include "hostnetd/str.h"
#include "settings.h"

int hn_command_scan(const struct hn_settings *s);
int hn_command_run(const struct hn_settings *s);
int hn_command_doctor(const struct hn_settings *s);
int hn_command_history(const struct hn_settings *s);
int hn_command_audit(const struct hn_settings *s);
int hn_command_classify(const struct hn_settings *s);

/* Who speaks, from the settings; borrows. */
void hn_identity_of(const struct hn_settings *s, uint64_t host_netns, struct hn_identity *ret);

/* Writes the text to standard output. Returns HN_EXIT_OK, or HN_EXIT_TROUBLE with a message. */
int hn_output_write(const struct hn_str *text);

enum { HN_EXIT_OK = 0, HN_EXIT_FINDINGS = 1, HN_EXIT_TROUBLE = 2 };

#endif

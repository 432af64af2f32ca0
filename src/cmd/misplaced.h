/* SPDX-License-Identifier: Apache-2.0 */
/* Words in the wrong place, or of another program's habits, and how what was meant is written. */
#ifndef HOSTNETD_MISPLACED_H
#define HOSTNETD_MISPLACED_H

#include <stdbool.h>

/* How it is written rightly, in words with quotes; NULL: not known. `command`: behind which the word stands; "": it stands where a
 * command should. */
const char *hn_misplaced_word(const char *command, const char *word);
/* True for what can only be the beginning of a finding's id. */
bool hn_misplaced_is_id(const char *word);

#endif

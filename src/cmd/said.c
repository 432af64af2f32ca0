// SPDX-License-Identifier: Apache-2.0
#include "said.h"

#include <string.h>

#include "hostnetd/macro.h"
#include "hostnetd/str.h"

#define WINDOW_NS (600 * HN_NSEC_PER_SEC)
#define STANDS_NS (60 * HN_NSEC_PER_SEC)
#define AT_ONCE 2

bool hn_said_changes(struct hn_said *said, const char *text, struct hn_mono now)
{
	if (strcmp(text, said->text) == 0) {
		said->differs.ns = 0;
		return false;
	}
	if (!said->differs.ns)
		said->differs = now;
	if (!said->begin.ns || now.ns - said->begin.ns >= WINDOW_NS) {
		said->begin = now;
		said->changes = 0;
	}
	if (said->changes >= AT_ONCE && now.ns - said->differs.ns < STANDS_NS)
		return false;
	said->changes++;
	said->differs.ns = 0;
	hn_strcpy(said->text, sizeof(said->text), text);
	return true;
}

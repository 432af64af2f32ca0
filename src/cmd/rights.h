/* SPDX-License-Identifier: Apache-2.0 */
/* The capabilities that the agent can use: what each is for, what is not seen without it, how it is given. */
#ifndef HOSTNETD_RIGHTS_H
#define HOSTNETD_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/probe.h"

struct hn_right {
	const char *name;
	unsigned capability;
	bool needed; /* detection rests on it */
	const char *without, *mend;
};

/* The i-th; NULL at the end. */
const struct hn_right *hn_right_at(size_t i);
/* Logs which rights are missing and what is not seen for it; `history`: one is kept. */
void hn_rights_say(const struct hn_probe *probe, bool history);

#endif

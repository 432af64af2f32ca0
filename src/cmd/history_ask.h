/* SPDX-License-Identifier: Apache-2.0 */
/* What `hostnetd history` is asked: nothing that was given is passed over in silence. */
#ifndef HOSTNETD_CMD_HISTORY_ASK_H
#define HOSTNETD_CMD_HISTORY_ASK_H

#include "hostnetd/history.h"

#include "commands.h"

enum hn_ask_kind {
	HN_ASK_LIST,
	HN_ASK_STORY,
	HN_ASK_REJUDGE,
	HN_ASK_EXPORT,
	HN_ASK_VERIFY,
	HN_ASK_MAX,
};

struct hn_ask {
	enum hn_ask_kind kind;
	struct hn_history_filter filter; /* `finding` is an id's beginning, or NULL */
	const char *file;                /* VERIFY */
};

/* Borrows from the settings. */
_must_check_ int hn_ask_read(const struct hn_settings *s, struct hn_ask *ret, struct hn_reason *reason);

#endif

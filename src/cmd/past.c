// SPDX-License-Identifier: Apache-2.0
#include "past.h"

#include <errno.h>

#include "hostnetd/log.h"

#define RETRY_NS HN_NSEC_PER_SEC

void hn_past_done(struct hn_past *p)
{
	hn_history_reader_free(p->reader);
	p->reader = NULL;
}

void hn_past_fail(struct hn_past *p, const struct hn_reason *reason)
{
	if (!p->failed)
		hn_warning("the API cannot read the history, and answers from memory: %s", reason->text);
	p->failed = true;
	p->retry.ns = hn_mono_now().ns + RETRY_NS;
	hn_past_done(p);
}

void hn_past_look(struct hn_past *p)
{
	if (p->reader && !hn_history_is_current(p->reader))
		hn_past_done(p);
}

struct hn_history_reader *hn_past_reader(struct hn_past *p)
{
	struct hn_reason reason;
	int error;

	if (!p->history || hn_mono_now().ns < p->retry.ns)
		return NULL;
	hn_past_look(p);
	if (p->reader)
		return p->reader;
	error = hn_history_beside(p->history, &p->reader, &reason);
	if (error == 0)
		p->failed = false;
	else if (error != -ENOENT) /* that no file is in use was said when it was tried */
		hn_past_fail(p, &reason);
	return p->reader;
}

// SPDX-License-Identifier: Apache-2.0
#include "past.h"

#include <string.h>

#include "hostnetd/log.h"
#include "hostnetd/str.h"

#define RETRY_NS HN_NSEC_PER_SEC

void hn_past_done(struct hn_past *p)
{
	hn_history_reader_free(p->reader);
	p->reader = NULL;
	p->path[0] = '\0';
}

void hn_past_fail(struct hn_past *p, const struct hn_reason *reason)
{
	if (!p->failed)
		hn_warning("the API cannot read the history, and answers from memory: %s", reason->text);
	p->failed = true;
	p->retry.ns = hn_mono_now().ns + RETRY_NS;
	hn_past_done(p);
}

struct hn_history_reader *hn_past_reader(struct hn_past *p)
{
	struct hn_history_stats stats;
	struct hn_reason reason;

	if (!p->history || hn_mono_now().ns < p->retry.ns)
		return NULL;
	hn_history_stats(p->history, &stats);
	/* The store went on in another file: this one is damaged, or not where it was. */
	if (p->reader && (stats.opened != p->opened || strcmp(stats.path, p->path) != 0))
		hn_past_done(p);
	/* That no file is in use was said when it was tried. */
	if (p->reader || !stats.path[0])
		return p->reader;
	if (hn_history_beside(p->history, &p->reader, &reason) < 0) {
		hn_past_fail(p, &reason);
		return NULL;
	}
	hn_strcpy(p->path, sizeof(p->path), stats.path);
	p->opened = stats.opened;
	p->failed = false;
	return p->reader;
}

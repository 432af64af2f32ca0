/* SPDX-License-Identifier: Apache-2.0 */
/* What happened to a container that shares the host netns, AI or not: the steps that explain a finding. They go to the
 * history and to those who follow the stream, not to standard output. */
#ifndef HOSTNETD_HAPPENING_H
#define HOSTNETD_HAPPENING_H

#include <stdint.h>

#include "hostnetd/finding.h"
#include "hostnetd/sighting.h"
#include "hostnetd/time.h"

enum hn_happening_type {
	HN_HAPPENING_ENTERED, /* came into the host netns, or a sweep found it there, or it holds a socket of it */
	HN_HAPPENING_EXEC,
	HN_HAPPENING_LEFT, /* one of its threads went to another netns, or a sweep did not meet it any more */
	HN_HAPPENING_EXITED,
	HN_HAPPENING_LISTENING,
	HN_HAPPENING_CONTACT, /* a metadata service or a control port; at most one a minute and target is told */
	HN_HAPPENING_OMITTED, /* `count` happenings came too fast to be told one by one */
	HN_HAPPENING_TYPE_MAX,
};
const char *hn_happening_type_name(enum hn_happening_type t); /* "process.entered" ... */

/* Borrowed, valid during the call that hands it over. */
struct hn_happening {
	enum hn_happening_type type;
	struct hn_wall time;
	struct hn_mono mono;
	const struct hn_finding *finding; /* NULL: OMITTED, and the kernel did not say of whom */
	const struct hn_finding_container *container;
	const struct hn_finding_process *process; /* secrets are redacted; NULL: OMITTED */
	/* ENTERED, EXEC, the first that is told of a process: who started it, the nearest first, as far as it could be
	 * read. Else the finding's own processes must do. */
	const struct hn_ancestor *ancestors;
	size_t n_ancestors;
	struct hn_endpoint endpoint; /* LISTENING: own; CONTACT: remote */
	enum hn_contact contact;
	const char *text; /* how it came or went, where that is not plain; "" */
	uint64_t count;
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* `run` beside the API server: compares now and then, keeps what came of it for the API, and logs what is new. */
#ifndef HOSTNETD_COMPARER_H
#define HOSTNETD_COMPARER_H

#include "declared.h"
#include "exceptions.h"
#include "hostnetd/str.h"
#include "signatures.h"

/* All zero: nothing is compared. */
struct hn_comparer {
	const struct hn_identity *who; /* borrowed, as the next ones */
	const struct hn_agent *agent;  /* NULL until it is there */
	const struct hn_signatures *signatures;
	const struct hn_exception_file *exceptions;
	struct hn_declared *declared;
	struct hn_str document; /* hostnetd.drift/v1 */
	struct hn_reason said;  /* problem, last logged */
	size_t strays;          /* last logged */
};

/* After the borrowed members are set. */
_must_check_ int hn_comparer_open(struct hn_comparer *c, const struct hn_settings *s, struct event_base *base,
				  struct hn_reason *reason);
void hn_comparer_close(struct hn_comparer *c);
/* More may be known of what runs here: compares again, with what the API server said last. */
void hn_comparer_look(struct hn_comparer *c);
/* The catalogue or the rules have changed. */
void hn_comparer_again(struct hn_comparer *c);
/* NULL: nothing is compared. */
const struct hn_str *hn_comparer_document(const struct hn_comparer *c);

#endif

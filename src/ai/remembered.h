/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of a former run: the process that gave it has ended, or nobody knows any more what it ran. */
#ifndef AI_REMEMBERED_H
#define AI_REMEMBERED_H

#include "hits.h"

/* After what was seen in this run: adds what today's catalogue still makes of it, nothing where the signature is gone or
 * knows its value no more. */
void hn_remembered_match(struct hn_hits *h, const struct hn_evidence *e, size_t n);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The files of --signatures and the catalogue that was made of them: read again when one changes. */
#ifndef HOSTNETD_SIGNATURES_H
#define HOSTNETD_SIGNATURES_H

#include "hostnetd/ai.h"
#include "hostnetd/option.h"
#include "hostnetd/time.h"

struct hn_signatures;
/* `files` is borrowed. -EINVAL with file, line and key of a mistake. */
_must_check_ int hn_signatures_new(const struct hn_strings *files, struct hn_signatures **ret,
				   struct hn_reason *reason);
void hn_signatures_free(struct hn_signatures *s);
HN_DEFINE_CLEANUP(struct hn_signatures, hn_signatures_free, hn_signatures_cleanup)
const struct hn_catalogue *hn_signatures_catalogue(const struct hn_signatures *s);
/* If a file has changed: makes the catalogue anew, hands it to `use`, frees the one before. A mistake is logged, once, and
 * the one before stays. Looks at the files every two seconds at most. */
void hn_signatures_refresh(struct hn_signatures *s, struct hn_mono now,
			   void (*use)(const struct hn_catalogue *catalogue, void *arg), void *arg);

#endif

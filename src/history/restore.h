/* SPDX-License-Identifier: Apache-2.0 */
/* What goes on after a restart. */
#ifndef HOSTNETD_HISTORY_RESTORE_H
#define HOSTNETD_HISTORY_RESTORE_H

#include "hostnetd/exception.h"
#include "hostnetd/finding.h"

#include "sqlite.h"

struct hn_restored {
	struct hn_finding *findings;
	size_t n;
	struct hn_exception_memory *exceptions;
	size_t n_exceptions;
	uint64_t last_seq;
	struct hn_wall until; /* of the last session; 0: none */
	bool clean;
	bool cut; /* there was no time for all of the findings: what is open, and the last seen of it, came first */
};

#define HN_RESTORE_NS \
	(5 * HN_NSEC_PER_SEC) /* some 4,096 findings take a tenth of it: a hostile file, or a disk that is dying */
/* `listed` gets the pods that the kubelet listed, the newest first. The findings are given `ns` in all. */
_must_check_ int hn_restore_read(struct hn_db *db, int64_t ns, struct hn_restored *ret,
				 void (*listed)(const char *uid, void *arg), void *arg, struct hn_reason *reason);
/* One finding of any state, without its evidence: hn_finding_done() frees what it owns. -ENOENT. */
_must_check_ int hn_restore_one(struct hn_db *db, const char *id, struct hn_finding *ret,
				struct hn_reason *reason);
void hn_restored_forget(struct hn_restored *r); /* the findings */
void hn_restored_done(struct hn_restored *r);   /* all */

#endif

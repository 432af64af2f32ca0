/* SPDX-License-Identifier: Apache-2.0 */
/* The file's form and how it grew: one row a version. */
#ifndef HOSTNETD_HISTORY_SCHEMA_H
#define HOSTNETD_HISTORY_SCHEMA_H

#include "sqlite.h"

#define HN_HISTORY_VERSION 6
#define HN_HISTORY_CLUES 4 /* the first that has them */
/* Events in which the agent speaks of its own watching. In the same words in a query, or its index is of no use. */
#define HN_HISTORY_IS_WATCHING "type IN ('agent.started', 'agent.stopped', 'agent.gap', 'agent.lost')"

/* From the numbers of a file's header, and whether it has tables. -EBADMSG: not our file; -ENOTSUP: a newer version made it. */
_must_check_ int hn_schema_judge(int64_t application, int64_t version, bool tables, struct hn_reason *reason);
/* The same of an open file; -EBADMSG: or it is corrupt. */
_must_check_ int hn_schema_check(struct hn_db *db, int64_t *ret_version, struct hn_reason *reason);
/* Brings it to HN_HISTORY_VERSION, in one transaction; 0 where it is. */
_must_check_ int hn_schema_migrate(struct hn_db *db, struct hn_reason *reason);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that read rules share: the rule under construction, and where the reading stands. */
#ifndef HN_FINDING_EXCEPTION_READER_H
#define HN_FINDING_EXCEPTION_READER_H

#include "hostnetd/exception.h"
#include "hostnetd/yaml.h"

struct hn_exception_reading {
	struct hn_yaml *yaml;
	struct hn_reason *reason;
	struct hn_exception *e;
	unsigned line; /* of the rule's key whose value is read */
};

/* "file:line: KEY: there is no such key...": the key at hand, as it may be shown. */
int hn_exception_strange_key(const struct hn_exception_reading *r, const char *what);
/* A copy of the scalar at hand: neither null nor blank, at most `max` bytes, no control characters. */
_must_check_ int hn_exception_read_text(struct hn_exception_reading *r, const char *key, size_t max, char **ret);
/* The mapping below `match`; the event is its start. */
_must_check_ int hn_exception_read_match(struct hn_exception_reading *r);
void hn_exception_free(struct hn_exception *e);

#endif

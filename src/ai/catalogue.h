/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue as the matcher sees it: signatures, and one index from (kind, key) to patterns. */
#ifndef AI_CATALOGUE_H
#define AI_CATALOGUE_H

#include "hostnetd/ai.h"
#include "signature.h"

/* The first pattern with this key; more by ->next. NULL: none. */
const struct hn_pattern *hn_catalogue_lookup(const struct hn_catalogue *c, enum hn_pattern_kind kind,
					     const char *key, size_t key_len);
/* Has it a pattern KEY=value of a label with this key, in lower case? */
bool hn_catalogue_asks_value(const struct hn_catalogue *c, const char *key, size_t key_len);
const struct hn_signature *hn_catalogue_signature(const struct hn_catalogue *c, size_t i);
/* The compiled-in file, for tests that read its examples. */
void hn_catalogue_builtin(const char **ret_bytes, size_t *ret_n);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* YAML as a row of events. No tree, and no aliases: they make a small file huge. */
#ifndef HOSTNETD_YAML_H
#define HOSTNETD_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

enum hn_yaml_event {
	HN_YAML_SCALAR,
	HN_YAML_MAP,
	HN_YAML_MAP_END,
	HN_YAML_LIST,
	HN_YAML_LIST_END,
	HN_YAML_END, /* of the file: a second document is a mistake where this is expected */
};

struct hn_yaml;

/* Borrows file and bytes. NULL: no memory. */
struct hn_yaml *hn_yaml_new(const char *file, const char *bytes, size_t n);
void hn_yaml_free(struct hn_yaml *y);
HN_DEFINE_CLEANUP(struct hn_yaml, hn_yaml_free, hn_yaml_cleanup)
/* -EINVAL or -ENOMEM with a reason. */
_must_check_ int hn_yaml_next(struct hn_yaml *y, struct hn_reason *reason);
enum hn_yaml_event hn_yaml_event(const struct hn_yaml *y);
/* The text of a scalar until the next event; NULL where it is no scalar, holds a NUL or is longer than 4,096 bytes. */
const char *hn_yaml_scalar(const struct hn_yaml *y);
/* The same with another bound; `max` bytes. */
const char *hn_yaml_scalar_up_to(const struct hn_yaml *y, size_t max);
/* A scalar that means nothing is there: ~, null or no text at all, without quotes. */
bool hn_yaml_is_null(const struct hn_yaml *y);
unsigned hn_yaml_line(const struct hn_yaml *y);
/* Sets "file:line: key: what" and returns -EINVAL. */
int hn_yaml_mistake(const struct hn_yaml *y, struct hn_reason *reason, const char *key, const char *what);
/* Of a line that was read before. */
int hn_yaml_mistake_at(const struct hn_yaml *y, unsigned line, struct hn_reason *reason, const char *key,
		       const char *what);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Typed reading of a parsed JSON object into an arena. The first error sticks: a reader asks for all its fields and
 * checks once, at its end. Absent and null are the same, as in Go. */
#ifndef HN_KUBE_FIELD_H
#define HN_KUBE_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "hostnetd/pod.h"
#include "hostnetd/reason.h"

struct cJSON;
struct hn_map;

struct hn_fields {
	struct hn_arena *arena;
	struct hn_map *
		seen; /* strings that the arena holds already: many pods share most of theirs; NULL: not looked for */
	struct hn_reason *reason;
	int error;    /* 0, or the first one */
	bool unnamed; /* no API server has completed this: a name may be absent */
};

/* Bytes kept of one string; more is cut. Of command and arguments as much as src/ai/cmdline.c reads: one may be a script. */
#define HN_FIELD_STRING 4096
#define HN_FIELD_WORD (64 * 1024)

/* `what` is the path for messages: "spec.hostNetwork". All return "", false or NULL when absent or on an error. */
const char *hn_field_string(struct hn_fields *f, const struct cJSON *object, const char *key, const char *what);
bool hn_field_bool(struct hn_fields *f, const struct cJSON *object, const char *key, const char *what);
const struct cJSON *hn_field_object(struct hn_fields *f, const struct cJSON *object, const char *key,
				    const char *what);
const struct cJSON *hn_field_array(struct hn_fields *f, const struct cJSON *object, const char *key,
				   const char *what);
const struct cJSON *hn_field_find(const struct cJSON *object, const char *key); /* NULL for null too */

/* A list of strings; the string `member` of each object in a list; an object of strings, values cut at `max`. */
const char *const *hn_field_strings(struct hn_fields *f, const struct cJSON *object, const char *key,
				    const char *what, size_t *ret_n);
const char *const *hn_field_members(struct hn_fields *f, const struct cJSON *object, const char *key,
				    const char *member, const char *what, size_t *ret_n);
const struct hn_pair *hn_field_pairs(struct hn_fields *f, const struct cJSON *object, const char *key,
				     const char *what, size_t max, size_t *ret_n);

/* Helpers for readers of their own forms. */
const char *hn_field_keep(struct hn_fields *f, const char *text, size_t max);
void *hn_field_list(struct hn_fields *f, size_t count, size_t size);
void hn_field_wrong(struct hn_fields *f, const char *what, const char *expected);

#endif

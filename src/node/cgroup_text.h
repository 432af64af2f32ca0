/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of a cgroup's path: bytes that are neither terminated nor owned. */
#ifndef HOSTNETD_CGROUP_TEXT_H
#define HOSTNETD_CGROUP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct hn_text {
	const char *s;
	size_t n;
};

bool hn_text_equals(struct hn_text t, const char *word);
/* Both cut nothing and return false where the text does not begin or end so. */
bool hn_text_cut_prefix(struct hn_text *t, const char *prefix);
bool hn_text_cut_suffix(struct hn_text *t, const char *suffix);

/* Exactly n of [0-9a-f]: runtimes write their ids so, and no other way. */
bool hn_text_is_hex(struct hn_text t, size_t n);
bool hn_text_is_decimal(struct hn_text t);
/* 8-4-4-4-12 hex digits; the systemd driver writes '_' for '-'. With `last` the length of the last group. */
bool hn_text_is_uuid(struct hn_text t, size_t last);

/* Takes the next name off the path; empty ones are skipped. False at the end. */
bool hn_text_next_segment(struct hn_text *path, struct hn_text *ret);

#endif

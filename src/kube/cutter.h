/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts the document {"kind": ..., "items": [{...}, {...}]} into its items as the bytes arrive, at any cut. Pure. It
 * checks the outer grammar, nesting and sizes; what is inside an item is for the JSON parser that gets it. */
#ifndef HN_KUBE_CUTTER_H
#define HN_KUBE_CUTTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"
#include "hostnetd/str.h"

#define HN_CUTTER_WORD 128
#define HN_CUTTER_DEPTH 64               /* brackets inside brackets */
#define HN_CUTTER_ITEM_BYTES (4UL << 20) /* etcd holds objects of 1.5 MiB */
#define HN_CUTTER_ITEM_VALUES 200000     /* a parsed value takes 64 bytes and more */
#define HN_CUTTER_KEYS 256               /* of the outer object; Kubernetes' own have less than 20 */

/* One whole item, terminated. 0 or a negative errno with a reason, which ends the reading. */
typedef int hn_cutter_item(void *arg, const char *json, size_t n, struct hn_reason *reason);
/* In place of an item beyond the bounds above, which is read over. The same. */
typedef int hn_cutter_over(void *arg, const char *why, struct hn_reason *reason);

struct hn_cutter {
	hn_cutter_item *item; /* set by the caller, with `arg` */
	hn_cutter_item
		*metadata;    /* gets the list's own "metadata", which may come after the items; NULL: skipped */
	hn_cutter_over *over; /* NULL: such an item ends the reading */
	void *arg;
	const char *why; /* the open item is beyond the bounds; NULL: it is not */
	int place;       /* in the outer grammar; 0 is its start */
	uint64_t offset; /* of the next byte */
	bool keep;       /* the open value is handed over, else it is skipped */
	bool in_string, escaped;
	unsigned depth;  /* of the open value */
	uint64_t arrays; /* one bit a depth: the bracket there is [ */
	size_t values;
	struct hn_str buffer; /* the open item */
	/* Of the outer object, each cut. */
	char word[HN_CUTTER_WORD];     /* the open key or scalar */
	size_t word_len;               /* whole length */
	uint64_t word_hash;            /* of the whole */
	bool word_escaped;             /* a \\ is in it */
	uint64_t keys[HN_CUTTER_KEYS]; /* their hashes: two that are equal make an error, no pass */
	size_t n_keys;
	char key[HN_CUTTER_WORD];
	char kind[HN_CUTTER_WORD], api_version[HN_CUTTER_WORD]; /* "" before they came */
	bool has_items;
};

void hn_cutter_done(struct hn_cutter *c);
/* 0; -EBADMSG, -E2BIG, -ENOMEM with a reason, or what `item` returned. */
_must_check_ int hn_cutter_feed(struct hn_cutter *c, const char *bytes, size_t n, struct hn_reason *reason);
/* The same, but it stops behind the document: *ret_used bytes belong to it. */
_must_check_ int hn_cutter_feed_document(struct hn_cutter *c, const char *bytes, size_t n, size_t *ret_used,
					 struct hn_reason *reason);
/* True if the document is whole. */
bool hn_cutter_complete(const struct hn_cutter *c);

#endif

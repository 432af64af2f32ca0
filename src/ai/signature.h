/* SPDX-License-Identifier: Apache-2.0 */
/* One entry of a catalogue, and the reader of catalogue files. */
#ifndef AI_SIGNATURE_H
#define AI_SIGNATURE_H

#include "hostnetd/reason.h"
#include "pattern.h"

struct hn_signature {
	char *name;
	char *product;        /* "" where no product is known */
	char *source;         /* where its names were read, for people; "" if it does not say */
	const char *category; /* static; "" where it speaks against AI */
	float cap;            /* what all its patterns together can reach */
	bool against;         /* not-ai: true */
	bool vague;           /* says AI, hardly which kind: another entry's category goes before */
	bool remove;          /* takes the entry of this name out */
	unsigned line;
	size_t n_patterns;
	struct hn_pattern *patterns;
};

void hn_signature_free(struct hn_signature *s);
HN_DEFINE_CLEANUP(struct hn_signature, hn_signature_free, hn_signature_cleanup)

/* Examples are for tests: the agent passes no on_example. */
struct hn_signature_reader {
	int (*on_signature)(void *arg, struct hn_signature *s,
			    struct hn_reason *reason); /* takes s, also on failure */
	int (*on_example)(void *arg, const char *name, bool match, enum hn_pattern_kind kind, const char *text);
	void *arg;
};

/* Reads one file's bytes. -EINVAL with "file:line: key: what is wrong", or what a callback returned. */
_must_check_ int hn_signature_read(const char *file, const char *bytes, size_t n,
				   const struct hn_signature_reader *r, struct hn_reason *reason);

#endif

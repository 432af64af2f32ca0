/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns that matched, and where: what signals.c finds and verdict.c weighs. Fixed size: a hostile pod cannot make it
 * grow, and a pattern counts once however often it occurs. */
#ifndef AI_HITS_H
#define AI_HITS_H

#include <sys/types.h>

#include "catalogue.h"

enum hn_field {
	HN_FIELD_IMAGE,
	HN_FIELD_COMMAND,
	HN_FIELD_ARGS,
	HN_FIELD_ENV,
	HN_FIELD_RESOURCE,
	HN_FIELD_PORT,
	HN_FIELD_MOUNT,
	HN_FIELD_LABEL,
	HN_FIELD_ANNOTATION,
	HN_FIELD_CONTROLLER,
	HN_FIELD_WORKLOAD,
	HN_FIELD_RUNTIME,
	HN_FIELD_CLAIM,
	HN_FIELD_VOLUME,
	HN_FIELD_EXE,     /* of a process */
	HN_FIELD_ARGV,    /* of a process */
	HN_FIELD_FD,      /* of a process: the index is its number */
	HN_FIELD_MAP,     /* of a process */
	HN_FIELD_LISTENS, /* of a process */
	HN_FIELD_MAX,
};

struct hn_locus {
	enum hn_field field;
	enum hn_container_type type;
	unsigned container, index;
	pid_t pid;
};

struct hn_hit {
	const struct hn_pattern *pattern;
	const char *signal; /* static */
	float factor;       /* of the pattern's weight, 0 to 1 */
	struct hn_locus at;
	char value[96];
};

#define HN_HITS_MAX 96

struct hn_hits {
	const struct hn_catalogue *catalogue;
	struct hn_locus at; /* of what is read now */
	size_t n;
	size_t work; /* bytes that were looked up and hits that were weighed: what matching costs, without a clock */
	struct hn_hit hit[HN_HITS_MAX];
};

void hn_hits_init(struct hn_hits *hits, const struct hn_catalogue *catalogue);
/* hn_catalogue_lookup, counted. */
const struct hn_pattern *hn_hits_lookup(struct hn_hits *hits, enum hn_pattern_kind kind, const char *key,
					size_t key_len);
/* Notes a match at hits->at, cut to fit. The same pattern again keeps the larger factor. */
void hn_hits_add(struct hn_hits *hits, const struct hn_pattern *p, float factor, const char *value);
/* The same with another name of the signal than the pattern's kind has. */
void hn_hits_add_as(struct hn_hits *hits, const struct hn_pattern *p, float factor, const char *value,
		    const char *signal);
bool hn_hit_observed(const struct hn_hit *hit);
/* "spec.containers[0].args[2]", "process 4711 argv[1]" */
void hn_hit_path(const struct hn_hit *hit, char *buf, size_t size);

#endif

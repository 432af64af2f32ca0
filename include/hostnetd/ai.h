/* SPDX-License-Identifier: Apache-2.0 */
/* Is it an AI workload, and why? Pure: a pod's spec and what runs in it in, a verdict with its evidence out. */
#ifndef HOSTNETD_AI_H
#define HOSTNETD_AI_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "hostnetd/held.h"
#include "hostnetd/macro.h"
#include "hostnetd/pod.h"
#include "hostnetd/reason.h"

enum hn_verdict { HN_NOT_AI, HN_LIKELY_AI, HN_AI, HN_VERDICT_MAX };
const char *hn_verdict_name(enum hn_verdict v); /* "not-ai", "likely", "ai" */

struct hn_evidence {
	const char
		*signal; /* static: "image", "argv", "exe", "env", "label", "owner", "resource", "port", "mount",
			       "runtime", "claim", "device", "library" */
	bool observed;   /* else declared */
	char path[96];   /* "spec.containers[0].image", "process 4711 argv[1]" */
	char value[128]; /* what matched, cut; never a secret: env and labels give names */
	char signature[48]; /* the catalogue's entry */
	double weight;      /* negative: speaks against */
};

#define HN_EVIDENCE_MAX 16
struct hn_judgement {
	enum hn_verdict verdict;
	char category
		[24]; /* "" when not AI: inference, gateway, agent, vector-db, training, notebook, ml-platform */
	char product[48]; /* "" if not known */
	double score;     /* 0 to 1 */
	size_t n_evidence;
	struct hn_evidence evidence[HN_EVIDENCE_MAX]; /* the heaviest first */
};

/* A process of the pod, as it was seen. */
struct hn_process_view {
	pid_t pid;
	const char *exe;  /* "" if not known */
	const char *argv; /* NUL-separated */
	size_t argv_len;
	const struct hn_held *held; /* devices and libraries; each says its own pid */
	size_t n_held;
	const uint16_t *ports; /* that it listens on, on the host's network */
	size_t n_ports;
	const struct hn_evidence *remembered; /* of a former run: what was observed counts, by today's catalogue */
	size_t n_remembered;
};

struct hn_catalogue;
/* The compiled-in catalogue, and over it the files of --signatures. -EINVAL with file, line and key. */
_must_check_ int hn_catalogue_new(const char *const files[], size_t n_files, struct hn_catalogue **ret,
				  struct hn_reason *reason);
void hn_catalogue_free(struct hn_catalogue *c);
HN_DEFINE_CLEANUP(struct hn_catalogue, hn_catalogue_free, hn_catalogue_cleanup)
size_t hn_catalogue_count(const struct hn_catalogue *c);

/* The catalogue as it is in force, for people: entry `i`, and its pattern `k`. The texts of an entry are borrowed. */
struct hn_signature_view {
	const char *name;
	const char *product;  /* "" if not known */
	const char *category; /* "" where it speaks against AI */
	const char *source;   /* where its names were read; "" if it does not say */
	bool against;
	bool vague; /* says AI, hardly which kind */
	double cap; /* what all its patterns together can reach */
	size_t n_patterns;
};
struct hn_pattern_view {
	const char *kind; /* static: "image", "argv", "env" ... as in the catalogue's file */
	char text[208];   /* in normal form: lower case where case does not matter */
	double weight;    /* negative: speaks against; 0: silences a program's arguments */
};
void hn_catalogue_describe(const struct hn_catalogue *c, size_t i, struct hn_signature_view *ret);
void hn_catalogue_describe_pattern(const struct hn_catalogue *c, size_t i, size_t k, struct hn_pattern_view *ret);

/* Does the catalogue know what is held? Then the signature's index and the weight: of one signature's devices and
 * libraries the heaviest counts. */
bool hn_ai_knows_held(const struct hn_catalogue *c, const struct hn_held *held, size_t *ret_signature,
		      double *ret_weight);

/* Does a verdict take in the value of such a label or annotation, not its key alone? */
bool hn_ai_asks_value(const struct hn_catalogue *c, const char *key);

/* Judges a pod (NULL: not known) by its spec and processes. Bounded in time by its input; never fails. */
void hn_ai_judge(const struct hn_catalogue *c, const struct hn_pod *pod, const struct hn_process_view *processes,
		 size_t n_processes, struct hn_judgement *ret);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The stored check: which assets are AI and declare the host network. Assets come one by one; only those that count are
 * kept. Rolled up to workloads, so that a Deployment and its pods are one thing. */
#ifndef HOSTNETD_AUDIT_H
#define HOSTNETD_AUDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/admission.h"
#include "hostnetd/ai.h"
#include "hostnetd/asset.h"
#include "hostnetd/exception.h"
#include "hostnetd/macro.h"
#include "hostnetd/reason.h"
#include "hostnetd/time.h"

#define HN_AUDIT_ENTRIES_MAX 200000
#define HN_AUDIT_STANDARD_INPUT "standard input" /* as a source */
#define HN_AUDIT_NOT_COVERED_MAX 128

struct hn_audit_entry {
	enum hn_query query;
	char *api_version, *kind, *ns, *name, *uid; /* "" where absent */
	char *created, *image, *template_path, *inactive;
	char *owner_api_version, *owner_kind, *owner_name; /* its controller; kind "" if there is none */
	char *maker_api_version, *maker_kind, *maker_name; /* who made that, by its name; kind "": nobody */
	const char *source;                                /* file or list; borrowed */
	unsigned document, line;
	bool is_static;                  /* the mirror of a pod that its node starts from a file */
	struct hn_judgement *ai;         /* only as long as its n_evidence asks for: never copy it whole */
	const struct hn_rule_set *rules; /* that cover it, if they name its workload */
	bool owned;                      /* its owner counts in its place; none is left after hn_audit_roll_up() */
	size_t object;                   /* until hn_audit_roll_up() an object has an entry for each template */
	const struct hn_exception *exception; /* that covers it, after hn_audit_roll_up(); NULL: none */
	enum hn_admission admission;          /* of the object; UNSEEN where the audit has no policy */
	size_t workload;                      /* index, after hn_audit_roll_up() */
};

/* What a person deployed, with its entries counted by query. */
struct hn_audit_workload {
	const char *api_version, *kind, *ns, *name; /* borrowed from an entry */
	const struct hn_audit_entry *best;          /* the one to show: the workload's own, else its first */
	enum hn_verdict verdict; /* the worst of its entries that are not excepted; not-ai: all are */
	size_t counts[HN_QUERY_MAX];
};

struct hn_audit_gap {
	char *what, *why;
};

struct hn_drift;
struct hn_owner_links;
struct hn_rule_sets;
struct hn_audit {
	const struct hn_catalogue *catalogue;     /* borrowed */
	const struct hn_selector *selector;       /* borrowed; NULL: all */
	const struct hn_exceptions *exceptions;   /* borrowed; NULL: none */
	const struct hn_admission_policy *policy; /* borrowed; NULL: nobody asks what it would deny */
	const struct hn_drift *drift;             /* borrowed; NULL: nothing to compare with */
	struct hn_wall now;
	const char *ns;            /* NULL: all */
	size_t seen[HN_QUERY_MAX]; /* assets that were looked at */
	size_t n_objects;
	struct hn_owner_links *links; /* NULL: none yet; so `rules` */
	struct hn_rule_sets *rules;
	bool links_full; /* of some objects it is not known who owns them */
	size_t n, cap;
	struct hn_audit_entry *entries;
	size_t n_workloads;
	struct hn_audit_workload *workloads;
	size_t n_gaps;
	struct hn_audit_gap gaps[HN_AUDIT_NOT_COVERED_MAX];
};

/* Zero-initialise it and set the borrowed fields. */
void hn_audit_done(struct hn_audit *a);
/* Looks at an asset of `source` (borrowed for the audit's life). -E2BIG, -ENOMEM with a reason. */
_must_check_ int hn_audit_add(struct hn_audit *a, const char *source, const struct hn_asset *asset,
			      struct hn_reason *reason);
/* Something could not be looked at: no pass then. */
_must_check_ int hn_audit_gap(struct hn_audit *a, const char *what, const char *why, struct hn_reason *reason);
/* Forgets the entries from `n` on: a list begins anew. */
void hn_audit_truncate(struct hn_audit *a, size_t n);
void hn_audit_truncate_gaps(struct hn_audit *a, size_t n);
/* Finds each entry's workload and exception by its owners, takes out what its owner counts for and what is there twice, and
 * sorts. Where such an owner was not among the objects, that is a gap. Nothing may be added afterwards. -ENOMEM with a reason. */
_must_check_ int hn_audit_roll_up(struct hn_audit *a, struct hn_reason *reason);

/* Of one kind and name: two objects whose name the API server makes (generateName), or of two files. They follow each other. */
bool hn_audit_entry_alike(const struct hn_audit_entry *a, const struct hn_audit_entry *b);

/* Excepted ones count nowhere. */
size_t hn_audit_count(const struct hn_audit *a, enum hn_verdict verdict);
size_t hn_audit_count_workloads(const struct hn_audit *a, enum hn_verdict verdict);
/* True where the control fails. */
bool hn_audit_failed(const struct hn_audit *a, bool likely_too);
/* A namespace or selector was given that no object fits: perhaps a slip of the pen. */
bool hn_audit_matched_nothing(const struct hn_audit *a);
bool hn_audit_passed(const struct hn_audit *a, bool likely_too); /* not failed, and nothing was left out */

#endif

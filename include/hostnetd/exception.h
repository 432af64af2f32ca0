/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions: rules of the operator's by which a finding is accepted, with a reason and until when. Pure: bytes and facts
 * in, a rule or none out. Where a fact that a rule asks for is not known, the rule does not match. */
#ifndef HOSTNETD_EXCEPTION_H
#define HOSTNETD_EXCEPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/ai.h"
#include "hostnetd/finding.h"
#include "hostnetd/macro.h"
#include "hostnetd/pod.h"
#include "hostnetd/reason.h"
#include "hostnetd/time.h"

#define HN_EXCEPTIONS_MAX 10000

struct hn_exception_globs {
	size_t n;
	char **items;
};

/* Key and value. */
struct hn_exception_pair {
	char *first, *second;
};

struct hn_exception_pairs {
	size_t n;
	struct hn_exception_pair *items;
};

/* Globs; NULL: any. Without a group a kind that the tables know is believed in their groups only. */
struct hn_exception_workload {
	char *kind, *name, *group;
};

struct hn_exception_workloads {
	size_t n;
	struct hn_exception_workload *items;
};

struct hn_port_range {
	uint16_t first, last;
};

struct hn_workload_kinds;
struct hn_exception {
	char *name, *reason;
	char *approved_by, *ticket; /* NULL if absent */
	struct hn_wall expires;     /* from then on it does not hold */
	unsigned line;              /* in its file */
	uint64_t digest;            /* of all that is in `match` */
	/* `match`: an empty list asks for nothing */
	struct hn_exception_globs namespaces, images, categories, products;
	struct hn_exception_workloads workloads;
	const struct hn_workload_kinds
		*kinds;                   /* the built-in table, of the file; NULL where `workloads` is empty */
	struct hn_exception_pairs labels; /* the values of one key stand together: one of them must match */
	unsigned causes;                  /* bits of enum hn_cause; never that of HN_CAUSE_UNKNOWN */
	size_t n_ports;
	struct hn_port_range *ports;
};

struct hn_exceptions;
/* Reads a file of rules. -EINVAL or -ENOMEM with a reason that names file, line and key. */
_must_check_ int hn_exceptions_parse(const char *file, const char *bytes, size_t n, struct hn_exceptions **ret,
				     struct hn_reason *reason);
void hn_exceptions_free(struct hn_exceptions *x); /* NULL is fine */
HN_DEFINE_CLEANUP(struct hn_exceptions, hn_exceptions_free, hn_exceptions_cleanup)
size_t hn_exceptions_count(const struct hn_exceptions *x);                            /* NULL: 0 */
const struct hn_exception *hn_exceptions_at(const struct hn_exceptions *x, size_t i); /* in the file's order */
const struct hn_exception *hn_exceptions_find(const struct hn_exceptions *x, const char *name);
bool hn_exception_expired(const struct hn_exception *e, struct hn_wall now);

/* A program that ran in the pod, and in which of its containers. */
struct hn_exception_process {
	struct hn_process_view view;
	const char *container_id;
};

/* What of a verdict a rule may ask for. */
struct hn_exception_kind {
	char category[sizeof(((struct hn_judgement *)NULL)->category)];
	char product[sizeof(((struct hn_judgement *)NULL)->product)];
};

/* What is known of that which may be excepted. All is borrowed. */
struct hn_exception_facts {
	enum hn_cause cause;
	const char *ns; /* "" if not known; so all of `workload` */
	struct hn_owner workload;
	const struct hn_pod *pod; /* NULL: not at hand */
	/* Digest of the rule that covered it when its pod was at hand; 0: none. A pod that the kubelet has dropped from
	 * its list keeps its labels and images as far as that very rule goes. */
	uint64_t covered_by;
	const struct hn_judgement *ai;
	const struct hn_catalogue *catalogue; /* says which of the pod's containers are AI */
	size_t n_processes;
	const struct hn_exception_process *processes;
	bool more_processes; /* than could be kept */
	/* Some of it a former run observed, in a container that nobody can name any more. As far as `covered_by` goes it was
	 * looked at when that was known; any other rule must do without it. */
	bool remembers;
	const struct hn_exception_kind *known; /* what the verdict says without that; NULL: what it says */
	size_t n_ports;
	const uint16_t *ports; /* that it listens on, or, where only a spec is known, says it will */
	bool more_ports;       /* than could be kept */
	bool ports_unseen;     /* nobody has looked: as far as `covered_by` goes they are as they were */
};

/* The facts of a spec alone: cause declared, its containers' ports. `ports` has room for HN_EXCEPTION_PORTS. */
#define HN_EXCEPTION_PORTS 256
void hn_exception_facts_of_pod(const struct hn_pod *pod, const struct hn_judgement *ai,
			       const struct hn_catalogue *catalogue, uint16_t ports[static HN_EXCEPTION_PORTS],
			       struct hn_exception_facts *ret);

/* Does this rule cover it, its expiry aside? */
bool hn_exception_covers(const struct hn_exception *e, const struct hn_exception_facts *facts);
/* The two halves of that: whatever workload it is of; and whether it names this one (kind "": not known). */
bool hn_exception_covers_any(const struct hn_exception *e, const struct hn_exception_facts *facts);
bool hn_exception_names(const struct hn_exception *e, const struct hn_owner *workload);
/* The first rule of the file that holds at `now` and covers it; NULL: none. `x` may be NULL. */
const struct hn_exception *hn_exceptions_match(const struct hn_exceptions *x,
					       const struct hn_exception_facts *facts, struct hn_wall now);

/* The rules in force, and when each was last of use: by name, also over a change of the file. */
#define HN_EXCEPTION_UNUSED_NS (30 * 86400 * HN_NSEC_PER_SEC)
struct hn_exception_book;
struct hn_exception_book *hn_exception_book_new(void); /* NULL: no memory */
void hn_exception_book_free(struct hn_exception_book *b);
HN_DEFINE_CLEANUP(struct hn_exception_book, hn_exception_book_free, hn_exception_book_cleanup)
/* Takes the rules over, in place of those before. What is remembered of a rule that is not there any more goes. -ENOMEM:
 * the old ones stay, and `x` is the caller's still. */
_must_check_ int hn_exception_book_set(struct hn_exception_book *b, struct hn_exceptions *x, struct hn_wall now);
const struct hn_exceptions *hn_exception_book_rules(const struct hn_exception_book *b); /* NULL: none yet */
/* As hn_exceptions_match(), and notes that the rule was of use. */
const struct hn_exception *hn_exception_book_cover(struct hn_exception_book *b,
						   const struct hn_exception_facts *facts, struct hn_wall now);

enum hn_exception_news { HN_EXCEPTION_HAS_EXPIRED, HN_EXCEPTION_IS_UNUSED };
typedef void hn_exception_tell(const struct hn_exception *e, enum hn_exception_news news, void *arg);
/* Tells of each rule once that it has expired, or that it has matched nothing for 30 days. */
void hn_exception_book_check(struct hn_exception_book *b, struct hn_wall now, hn_exception_tell *tell, void *arg);

/* What the store keeps of a rule, so that 30 days outlast a restart, and what was told is not told again. */
struct hn_exception_memory {
	char name[128];
	struct hn_wall since;   /* known since */
	struct hn_wall matched; /* last of use; 0: never */
	struct hn_wall told;    /* when it was last said to be unused; 0: never, or it was of use since */
	struct hn_wall expired; /* the expiry that was told of; a new one is told of anew */
	uint64_t digest;        /* of the rule in force; recalling does not read it */
};
/* From the store, after hn_exception_book_set(): added to what is known, of which the store may be the older part. Of a rule
 * that is not in force: nothing happens. */
void hn_exception_book_recall(struct hn_exception_book *b, const struct hn_exception_memory *m);
/* To the store: walks what is remembered; *cursor starts at 0; false at the end. */
bool hn_exception_book_next(const struct hn_exception_book *b, size_t *cursor, struct hn_exception_memory *ret);

#endif

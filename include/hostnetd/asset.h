/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that declare pods: pods themselves, and what makes them from templates. Read from bytes as they arrive: Lists,
 * single objects, streams of both, in JSON or YAML. */
#ifndef HOSTNETD_ASSET_H
#define HOSTNETD_ASSET_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/macro.h"
#include "hostnetd/pod.h"
#include "hostnetd/reason.h"

/* The control's six queries, and beyond them. */
enum hn_query {
	HN_QUERY_PODS,
	HN_QUERY_DEPLOYMENTS,
	HN_QUERY_STATEFUL_SETS,
	HN_QUERY_DAEMON_SETS,
	HN_QUERY_JOBS,
	HN_QUERY_CRON_JOBS,
	HN_QUERY_OTHER,
	HN_QUERY_MAX,
};
const char *hn_query_name(enum hn_query q); /* "pods", "statefulSets" ... as in the document */

/* A pod that the object declares: itself, or a template, read as the pod that would be made from it. */
struct hn_template {
	const char *path; /* in the object: "spec.workerGroupSpecs[0].template"; "" for a pod */
	struct hn_pod pod;
};

struct hn_asset {
	enum hn_query query;
	const char *api_version, *kind, *ns, *name, *uid; /* "" where absent */
	const char *created;                              /* metadata.creationTimestamp; "" if absent */
	struct hn_owner controller;                       /* kind "" if there is none */
	bool generated;    /* the name is a beginning: the API server makes the rest */
	bool owner_counts; /* in its place where it was read, being of a kind that is looked at: a Job's CronJob */
	const char *inactive; /* why nothing of it runs: "replicas: 0"; "" where it should run */
	size_t n_labels, n_templates;
	const struct hn_pair *labels;
	const struct hn_template *templates;
	unsigned document, line; /* where it was read: the document from 1; its line, 0 if not known */
};

#define HN_WORKLOAD_GROUP 256     /* bytes of a group's name, its NUL counted: a DNS name has 253 */
#define HN_WORKLOAD_PATH_STEPS 32 /* names and [*] of a path */
#define HN_WORKLOAD_PATH_NAME 128 /* bytes of a name in it, its NUL counted */

/* Which kinds hold pod templates and where: the built-in table and, over it, the operator's files. */
struct hn_workload_kind {
	char *group, *kind; /* "" is the core group */
	char *resource;     /* as the API server calls it; NULL: files only */
	char *version;      /* that is asked for first; NULL: the server's preferred one */
	bool unowned;       /* counts only where nothing of a kind in the table owns it */
	enum hn_query query;
	size_t n_templates, n_pod_specs, n_containers;
	char **templates;  /* paths of {metadata, spec}: "spec.tasks[*].template" */
	char **pod_specs;  /* paths of a bare pod spec: "spec.predictor" */
	char **containers; /* paths of containers that go into each of these */
};
struct hn_workload_kinds;
_must_check_ int hn_workload_kinds_new(const char *const files[], size_t n_files, struct hn_workload_kinds **ret,
				       struct hn_reason *reason);
void hn_workload_kinds_free(struct hn_workload_kinds *k);
HN_DEFINE_CLEANUP(struct hn_workload_kinds, hn_workload_kinds_free, hn_workload_kinds_cleanup)
size_t hn_workload_kinds_count(const struct hn_workload_kinds *k);
const struct hn_workload_kind *hn_workload_kinds_at(const struct hn_workload_kinds *k, size_t i);
/* NULL: not known. The version in `api_version` does not matter. */
const struct hn_workload_kind *hn_workload_kinds_find(const struct hn_workload_kinds *k, const char *api_version,
						      const char *kind);
/* False: the tables know its kind, in other groups. A kind of that name in a group of one's own is easily made. */
bool hn_workload_kinds_believe(const struct hn_workload_kinds *k, const struct hn_owner *owner);

/* The asset is borrowed for the call. -errno with a reason ends the reading. */
typedef int hn_asset_found(void *arg, const struct hn_asset *asset, struct hn_reason *reason);

/* An object of a list that cannot be read, and why, with its name where it has one. The same. */
typedef int hn_asset_broken(void *arg, const char *why, struct hn_reason *reason);

struct hn_asset_reader;
struct hn_asset_source {
	const char *name; /* for reasons: the file, the path of the list; borrowed */
	const char
		*api_version; /* of items that do not say it themselves, as in the API server's lists; NULL: the */
	const char *kind;     /* list's own, without "List" */
	const struct hn_workload_kinds *kinds; /* borrowed */
	hn_asset_found *found;
	hn_asset_broken *broken; /* NULL: such an object ends the reading, as in files it must */
	void *arg;
};
/* Reads one input. Of a kind that no table knows, what looks like a pod spec with hostNetwork is found all the same.
 * Hostile input: depth, sizes and counts are bounded; what cannot be read is an error or told, never skipped. */
struct hn_asset_reader *hn_asset_reader_new(const struct hn_asset_source *source); /* NULL: no memory */
void hn_asset_reader_free(struct hn_asset_reader *r);
HN_DEFINE_CLEANUP(struct hn_asset_reader, hn_asset_reader_free, hn_asset_reader_cleanup)
/* 0, -E2BIG, -EBADMSG, -EINVAL, -ENOMEM with a reason, or what `found` returned. After an error only _free. */
_must_check_ int hn_asset_reader_feed(struct hn_asset_reader *r, const char *bytes, size_t n,
				      struct hn_reason *reason);
/* The input is at its end: -EBADMSG if it was cut off, or is no List where a kind was asked for. */
_must_check_ int hn_asset_reader_finish(struct hn_asset_reader *r, struct hn_reason *reason);
/* The last list's metadata.continue; "" if none. Borrowed from the reader. */
const char *hn_asset_reader_continue(const struct hn_asset_reader *r);
bool hn_asset_reader_is_empty(
	const struct hn_asset_reader *r); /* neither an object nor a list, even an empty one, came */
bool hn_asset_reader_is_partial(
	const struct hn_asset_reader *r); /* a list of a file says that there is more of it */

/* A selector of labels as kubectl takes it: "app=x,tier!=y,env in (a,b),!legacy". */
struct hn_selector;
_must_check_ int hn_selector_parse(const char *text, struct hn_selector **ret, struct hn_reason *reason);
void hn_selector_free(struct hn_selector *s);
HN_DEFINE_CLEANUP(struct hn_selector, hn_selector_free, hn_selector_cleanup)
bool hn_selector_match(const struct hn_selector *s, const struct hn_pair *labels, size_t n); /* NULL: true */

#endif

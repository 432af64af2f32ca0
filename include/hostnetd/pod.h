/* SPDX-License-Identifier: Apache-2.0 */
/* Pods as the kubelet lists them: only the fields that matter, in one arena a list. Read-only once made. */
#ifndef HOSTNETD_POD_H
#define HOSTNETD_POD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

enum hn_container_type { HN_CONTAINER_REGULAR, HN_CONTAINER_INIT, HN_CONTAINER_EPHEMERAL, HN_CONTAINER_TYPE_MAX };

struct hn_pair {
	const char *key;
	const char *value; /* "" if absent */
};

struct hn_port {
	uint16_t number;      /* containerPort */
	const char *name;     /* "" if absent */
	const char *protocol; /* "TCP" if absent */
};

struct hn_container {
	enum hn_container_type type;
	unsigned index; /* in its list of the spec: spec.containers[index] */
	bool is_sidecar; /* an init container with restartPolicy: Always, which runs on beside the others (KEP-753) */
	const char *name;
	const char *image;    /* of the spec */
	const char *image_id; /* of the status; "" if not known */
	const char *id;       /* containerID after "://"; "" while the kubelet does not know it */
	const char *runtime;  /* containerID before "://" */
	bool privileged;
	size_t n_command, n_args, n_env, n_ports, n_resources, n_mounts;
	const char *const *command;
	const char *const *args;
	const char *const *env; /* names only: values are never kept */
	const struct hn_port *ports;
	const struct hn_pair *resources; /* limits, and requests without a limit: "nvidia.com/gpu" -> "1" */
	const char *const *mounts;       /* mountPath */
};

struct hn_owner {
	const char *api_version; /* "" if not known */
	const char *kind;
	const char *name;
};

/* The group of an apiVersion, "" for the core one, not terminated: what was in "extensions" is "apps". */
const char *hn_owner_group(const char *api_version, size_t *ret_len);
bool hn_owner_in_group(const char *api_version, const char *group);
bool hn_owner_same_group(const char *api_version, const char *other_version);
/* Kinds that make no pod but through a ReplicaSet or a Job, without a name; NULL behind the last. A pod that says such a one is
 * its controller says what Kubernetes does not do. */
const struct hn_owner *hn_owner_indirect(size_t i);
bool hn_owner_is_indirect(const struct hn_owner *owner);

struct hn_pod {
	const char *uid;
	const char *ns;
	const char *name;
	bool host_network, host_pid;
	bool is_static;            /* annotation kubernetes.io/config.source is there and not "api" */
	bool is_mirror;            /* annotation kubernetes.io/config.mirror */
	const char *runtime_class; /* "" if absent */
	const char *phase;
	struct hn_owner controller; /* ownerReferences' controller; kind "" if there is none */
	struct hn_owner
		workload; /* the top owner as far as the kubelet's answer tells; see owner.h; never empty */
	size_t n_labels, n_annotations, n_containers, n_claims, n_volumes, n_owners;
	const struct hn_pair *labels;
	const struct hn_pair *annotations;     /* keys and, up to 256 bytes, values */
	const struct hn_container *containers; /* init, regular, ephemeral */
	const struct hn_owner *owners; /* ownerReferences that are no controller: they say what it is part of */
	/* resourceClaims (DRA): of what kind no pod says. Which key names it ("resourceClaimName" or that of a template), and
	 * the name. */
	const struct hn_pair *claims;
	/* The kind and the path of hostPath and nfs volumes, the name of a persistentVolumeClaim's; both "" for others. */
	const struct hn_pair *volumes;
};

struct hn_podlist;

void hn_podlist_free(struct hn_podlist *list); /* NULL is fine */
HN_DEFINE_CLEANUP(struct hn_podlist, hn_podlist_free, hn_podlist_cleanup)
size_t hn_podlist_count(const struct hn_podlist *list);
const struct hn_pod *hn_podlist_at(const struct hn_podlist *list, size_t i);
const struct hn_pod *hn_podlist_find(const struct hn_podlist *list, const char *uid); /* NULL: not listed */
/* The container of the pod with this runtime id (without scheme); NULL if the pod is known and the id is not. */
const struct hn_container *hn_pod_container(const struct hn_pod *pod, const char *id);
/* Bytes that the list holds, for the memory budget. */
size_t hn_podlist_memory(const struct hn_podlist *list);

/* Reads a PodList in JSON as its bytes arrive: cuts it into pods, parses one at a time, keeps the fields above.
 * Hostile input: depth, sizes and counts are bounded; a pod that cannot be read is an error, never skipped. */
struct hn_podlist_reader;
struct hn_podlist_reader *hn_podlist_reader_new(size_t max_bytes); /* NULL: no memory */
void hn_podlist_reader_free(struct hn_podlist_reader *r);
HN_DEFINE_CLEANUP(struct hn_podlist_reader, hn_podlist_reader_free, hn_podlist_reader_cleanup)
/* 0, -E2BIG (over max_bytes), -EBADMSG (no PodList), -ENOMEM, each with a reason. After an error only _free. */
_must_check_ int hn_podlist_reader_feed(struct hn_podlist_reader *r, const char *bytes, size_t n,
					struct hn_reason *reason);
/* The input is at its end: -EBADMSG if it was cut off. */
_must_check_ int hn_podlist_reader_finish(struct hn_podlist_reader *r, struct hn_podlist **ret,
					  struct hn_reason *reason);
/* A whole file ("PodList" or "List" of pods). -errno with a reason that names the file. */
_must_check_ int hn_podlist_read_file(const char *path, struct hn_podlist **ret, struct hn_reason *reason);
/* The same from a descriptor, which stays open, to its end; `name` is for the reasons. */
_must_check_ int hn_podlist_read_fd(int fd, const char *name, struct hn_podlist **ret, struct hn_reason *reason);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the runtimes' forms, and one segment judged against it. To add a runtime: a row here, a good row
 * and a bad one that differs in one thing in tests/data/cgroup-paths.tsv. */
#include "cgroup_form.h"

#include <string.h>

#include "hostnetd/str.h"

/* What stands between a form's prefix and suffix. */
enum id_form {
	ID_NONE,       /* nothing: the name is the prefix */
	ID_HEX,        /* 64 hex digits */
	ID_HEX_OR_NOT, /* anything; an id only if it is 64 hex digits */
	ID_BUILDKIT,   /* 25 characters of base 36 */
	ID_FARGATE,    /* 32 hex digits, a dash, decimal digits */
	ID_GARDEN,     /* 8-4-4-4-4 hex digits */
	ID_UUID,
	ID_NOMAD, /* uuid, a dot, the task's name */
	ID_NAME,  /* any text, not empty */
};

#define HEX_LEN 64
#define BUILDKIT_LEN 25

struct form {
	const char *runtime;
	const char *parent; /* the segment above it; NULL: any */
	const char *prefix;
	const char *suffix;
	const char *next; /* the segment below it that must be there; NULL: none */
	enum id_form id;
	enum hn_cgroup_kind kind;     /* outside a pod; NOT: not valid there */
	enum hn_cgroup_kind pod_kind; /* directly below a pod's segment */
	bool deep;                    /* `parent` may be anywhere above */
	bool bare;                    /* below kubepods the suffix may be missing */
};

#define NOT HN_CGROUP_HOST
#define GROUP HN_CGROUP_SLICE
#define CRI HN_CGROUP_SANDBOX_OR_CONTAINER
#define CTR HN_CGROUP_CONTAINER
#define HELP HN_CGROUP_HELPER

/* The first row that matches wins: helpers stand before the containers whose prefix begins theirs. A prefix with a
 * colon in front matches the rest of a directory that is named "x.slice:prefix:id". */
/* clang-format off */
static const struct form forms[] = {
	/* runtime, parent, prefix, suffix, next, id, kind, kind in a pod, deep, bare */
	{"cri-o", NULL, "crio-conmon-", ".scope", NULL, ID_HEX_OR_NOT, HELP, HELP, false, true},
	{"podman", NULL, "libpod-conmon-", ".scope", NULL, ID_HEX_OR_NOT, HELP, HELP, false, true},
	{"podman", "libpod_parent", "conmon", "", NULL, ID_NONE, HELP, NOT, true, false},
	{"kata", "kata_overhead", "", "", NULL, ID_HEX, HELP, NOT, false, false},
	{"lxc", NULL, "lxc.monitor.", "", NULL, ID_NAME, HELP, NOT, false, false},
	{"nspawn", NULL, "systemd-nspawn@", ".service", "supervisor", ID_NAME, HELP, NOT, false, false},

	{"containerd", NULL, "cri-containerd-", ".scope", NULL, ID_HEX, CRI, CRI, false, true},
	{"containerd", NULL, ":cri-containerd:", "", NULL, ID_HEX, CRI, CRI, false, false},
	{"cri-o", NULL, "crio-", ".scope", NULL, ID_HEX, CRI, CRI, false, true},
	{"cri-o", NULL, ":crio:", "", NULL, ID_HEX, CRI, CRI, false, false},
	{"containerd", "k8s.io", "", "", NULL, ID_HEX, CRI, NOT, false, false},
	{"kata", NULL, "kata_", "", NULL, ID_HEX, CRI, CRI, false, false},
	{"docker", NULL, "docker-", ".scope", NULL, ID_HEX, CTR, CRI, false, false},
	{"docker", NULL, ":docker:", "", NULL, ID_HEX, CTR, NOT, false, false},
	{"docker", "docker", "", "", NULL, ID_HEX, CTR, NOT, false, false},
	{"docker", "actions_job", "", "", NULL, ID_HEX, CTR, NOT, false, false},
	{"containerd", NULL, "nerdctl-", ".scope", NULL, ID_HEX, CTR, CTR, false, false},
	{"containerd", "moby", "", "", NULL, ID_HEX, CTR, NOT, false, false},
	{"containerd", "default", "", "", NULL, ID_HEX, CTR, NOT, false, false},
	{"podman", NULL, "libpod-payload-", "", NULL, ID_HEX, CTR, NOT, false, false},
	{"podman", NULL, "libpod-", ".scope", NULL, ID_HEX, CTR, CTR, false, false},
	{"podman", "libpod_parent", "libpod-", "", NULL, ID_HEX, CTR, NOT, true, false},
	{"podman", "libpod_parent", "", "", NULL, ID_HEX, GROUP, NOT, false, false},
	{"podman", NULL, "machine-libpod_pod_", ".slice", NULL, ID_HEX, GROUP, NOT, false, false},
	{"podman", NULL, "user-libpod_pod_", ".slice", NULL, ID_HEX, GROUP, NOT, false, false},
	{"buildkit", "buildkit", "", "", NULL, ID_BUILDKIT, CTR, NOT, false, false},
	{"buildkit", NULL, ":docker:", "", NULL, ID_BUILDKIT, CTR, NOT, false, false},
	{"ecs", "ecs", "", "", NULL, ID_HEX, CTR, NOT, true, false},
	{"ecs", "ecs", "", "", NULL, ID_FARGATE, CTR, NOT, true, false},
	{"garden", "garden", "", "", NULL, ID_GARDEN, CTR, NOT, false, false},
	{"lxc", "lxc", "", "", NULL, ID_NAME, CTR, NOT, false, false},
	{"lxc", NULL, "lxc.payload.", "", NULL, ID_NAME, CTR, NOT, false, false},
	{"nspawn", NULL, "systemd-nspawn@", ".service", "payload", ID_NAME, CTR, NOT, false, false},
	{"mesos", "mesos", "", "", NULL, ID_UUID, CTR, NOT, false, false},
	{"nomad", "nomad.slice", "", ".scope", NULL, ID_NOMAD, CTR, NOT, true, false},
	/* A bare id says container, and no more. Below kubepods it is what every runtime's cgroupfs driver
	 * writes. */
	{"", NULL, "", "", NULL, ID_HEX, CTR, CRI, false, false},
};
/* clang-format on */

static bool is_buildkit_id(struct hn_text t)
{
	for (size_t i = 0; i < t.n; i++) {
		if (!(t.s[i] >= '0' && t.s[i] <= '9') && !(t.s[i] >= 'a' && t.s[i] <= 'z'))
			return false;
	}
	return t.n == BUILDKIT_LEN;
}

static bool id_matches(enum id_form form, struct hn_text t)
{
	switch (form) {
	case ID_NONE:
		return t.n == 0;
	case ID_HEX:
		return hn_text_is_hex(t, HEX_LEN);
	case ID_HEX_OR_NOT:
		return true;
	case ID_BUILDKIT:
		return is_buildkit_id(t);
	case ID_FARGATE:
		return t.n > 33 && t.n <= HEX_LEN && t.s[32] == '-' &&
		       hn_text_is_hex((struct hn_text){t.s, 32}, 32) &&
		       hn_text_is_decimal((struct hn_text){t.s + 33, t.n - 33});
	case ID_GARDEN:
		return hn_text_is_uuid(t, 4);
	case ID_UUID:
		return hn_text_is_uuid(t, 12);
	case ID_NOMAD:
		return t.n > 37 && t.s[36] == '.' && hn_text_is_uuid((struct hn_text){t.s, 36}, 12);
	case ID_NAME:
		return t.n > 0;
	}
	return false;
}

/* "x.slice:prefix:id" is OCI's cgroup path taken as one directory's name: the form begins at the first colon. */
static struct hn_text colon_part(struct hn_text segment)
{
	const char *colon = memchr(segment.s, ':', segment.n);
	struct hn_text head = segment;

	if (!colon)
		return segment;
	head.n = (size_t)(colon - segment.s);
	if (head.n > 0 && !hn_text_cut_suffix(&head, ".slice"))
		return segment;
	return (struct hn_text){colon, (size_t)(segment.s + segment.n - colon)};
}

/* A pause container may stand here too: below kubepods, or as /../NAME beside a reader that sits in a pod. */
static bool beside_pause(const struct hn_cgroup_place *at)
{
	return at->in_pod || at->below_kubepods || (at->relative && at->index == 0);
}

static bool matches(const struct form *f, const struct hn_cgroup_place *at, struct hn_text child,
		    struct hn_text *ret_id)
{
	struct hn_text id = f->prefix[0] == ':' ? colon_part(at->segment) : at->segment;

	if (f->parent && f->deep && (!at->above || strcmp(at->above, f->parent) != 0))
		return false;
	if (f->parent && !f->deep && !hn_text_equals(at->parent, f->parent))
		return false;
	if (!hn_text_cut_prefix(&id, f->prefix))
		return false;
	if (!hn_text_cut_suffix(&id, f->suffix) && !(f->bare && beside_pause(at)))
		return false;
	if (!id_matches(f->id, id) || (f->next && !hn_text_equals(child, f->next)))
		return false;
	if (f->id == ID_HEX_OR_NOT && !hn_text_is_hex(id, HEX_LEN))
		id.n = 0;
	*ret_id = id;
	return true;
}

bool hn_cgroup_form_judge(const struct hn_cgroup_place *at, struct hn_container_ref *ret)
{
	struct hn_text rest = at->below, child = {"", 0}, id = {"", 0};
	const bool nested = hn_text_next_segment(&rest, &child);
	enum hn_cgroup_kind kind = NOT;
	const struct form *f;

	for (f = forms; f < forms + HN_ARRAY_SIZE(forms); f++) {
		kind = at->in_pod ? f->pod_kind : f->kind;
		if (kind != NOT && matches(f, at, child, &id))
			break;
	}
	if (f == forms + HN_ARRAY_SIZE(forms))
		return false;
	if (f->pod_kind == CRI && beside_pause(at))
		kind = CRI;
	/* Pause makes no cgroups, so who sits in one that was made inside is no pause. But crun itself adds one
	 * level that is called "container". */
	if (kind == CRI && nested && (!hn_text_equals(child, "container") || hn_text_next_segment(&rest, &child)))
		kind = CTR;
	ret->kind = kind;
	ret->runtime = f->runtime;
	if (kind != GROUP)
		hn_strncpy(ret->container_id, sizeof(ret->container_id), id.s, id.n);
	return true;
}

const char *hn_cgroup_form_deep_parent(struct hn_text segment)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(forms); i++) {
		if (forms[i].deep && hn_text_equals(segment, forms[i].parent))
			return forms[i].parent;
	}
	return NULL;
}

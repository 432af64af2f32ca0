/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a cgroup's path from the root down. Pure, linear in the path, no allocation.
 *
 * Every name is hostile: a privileged container makes cgroups of any name and depth below its own. Therefore the
 * outermost pod decides, then the segment below it; without a pod the outermost segment that is a runtime's form
 * (cgroup_form.c). What is deeper says no more than "made inside". */
#include "hostnetd/cgroup.h"

#include <string.h>

#include "cgroup_form.h"
#include "cgroup_text.h"
#include "hostnetd/str.h"

#define PATH_LIMIT ((size_t)64 * 1024)
#define STATIC_POD_UID_LEN 32 /* an md5 in hex */
#define POD_UID_LEN 36
#define CONTAINERD_NAME_MAX 76

static const char *const kind_names[] = {
	[HN_CGROUP_HOST] = "host",
	[HN_CGROUP_SLICE] = "slice",
	[HN_CGROUP_POD] = "pod",
	[HN_CGROUP_SANDBOX_OR_CONTAINER] = "sandbox-or-container",
	[HN_CGROUP_CONTAINER] = "container",
	[HN_CGROUP_HELPER] = "helper",
};
_Static_assert(HN_ARRAY_SIZE(kind_names) == HN_CGROUP_KIND_MAX, "a kind has no name");

/* First segments that are known: what is below them is no container of containerd's form /NAMESPACE/NAME,
 * unless it is one of the namespaces that containerd's clients use. */
static const struct root {
	const char *name;
	const char *runtime;
	bool is_namespace;
	bool is_group; /* alone it groups containers: a slice */
} roots[] = {
	{"default", "containerd", true, true},
	{"k8s.io", "containerd", true, true},
	{"moby", "containerd", true, true},
	{"docker", "docker", false, true},
	{"actions_job", "docker", false, true},
	{"libpod_parent", "podman", false, true},
	{"buildkit", "buildkit", false, true},
	{"kata_overhead", "kata", false, true},
	{"ecs", "ecs", false, true},
	{"garden", "garden", false, true},
	{"lxc", "lxc", false, true},
	{"mesos", "mesos", false, true},
	{"kubepods", "", false, true},
	{"kubelet", "", false, false},
	{"podruntime", "", false, false},
	{"system", "", false, false},
	{"systemd", "", false, false},
};

const char *hn_cgroup_kind_name(enum hn_cgroup_kind kind)
{
	return (size_t)kind < HN_ARRAY_SIZE(kind_names) ? kind_names[kind] : "";
}

bool hn_cgroup_is_container(const struct hn_container_ref *ref)
{
	switch (ref->kind) {
	case HN_CGROUP_POD:
	case HN_CGROUP_SANDBOX_OR_CONTAINER:
	case HN_CGROUP_CONTAINER:
	case HN_CGROUP_HELPER:
		return true;
	case HN_CGROUP_HOST:
	case HN_CGROUP_SLICE:
	case HN_CGROUP_KIND_MAX:
		break;
	}
	return false;
}

/* --- pods --------------------------------------------------------------------------------------------------- */

static bool is_qos(struct hn_text t)
{
	return hn_text_equals(t, "burstable") || hn_text_equals(t, "besteffort");
}

static bool is_pod_uid(struct hn_text t)
{
	return hn_text_is_uuid(t, 12) || hn_text_is_hex(t, STATIC_POD_UID_LEN);
}

/* "kubepods" or "kubepods-<qos>", behind "<root>-" where the kubelet has a cgroup root: systemd wants the whole
 * way in every slice's name. */
static bool is_kubepods_name(struct hn_text name)
{
	if (!hn_text_cut_suffix(&name, "-burstable"))
		hn_text_cut_suffix(&name, "-besteffort");
	if (!hn_text_cut_suffix(&name, "kubepods"))
		return false;
	return name.n == 0 || (name.n > 1 && name.s[name.n - 1] == '-');
}

/* A segment that groups pods. */
static bool is_kubepods(struct hn_text segment)
{
	if (hn_text_equals(segment, "kubepods"))
		return true;
	return hn_text_cut_suffix(&segment, ".slice") && is_kubepods_name(segment);
}

/* <kubepods>-pod<uid>.slice; *ret_rest is what follows in the same name: nothing, or ":prefix:id". */
static bool is_pod_slice(struct hn_text name, struct hn_text *ret_uid, struct hn_text *ret_rest)
{
	static const size_t lengths[] = {POD_UID_LEN, STATIC_POD_UID_LEN};
	const char *colon = memchr(name.s, ':', name.n);
	struct hn_text rest = {name.s + name.n, 0};

	if (colon) {
		rest = (struct hn_text){colon, (size_t)(name.s + name.n - colon)};
		name.n -= rest.n;
	}
	if (!hn_text_cut_suffix(&name, ".slice"))
		return false;
	for (size_t i = 0; i < HN_ARRAY_SIZE(lengths); i++) {
		struct hn_text head = name, uid;

		if (name.n < lengths[i])
			continue;
		head.n -= lengths[i];
		uid = (struct hn_text){name.s + head.n, lengths[i]};
		if (is_pod_uid(uid) && hn_text_cut_suffix(&head, "-pod") && is_kubepods_name(head)) {
			*ret_uid = uid;
			*ret_rest = rest;
			return true;
		}
	}
	return false;
}

/* The pod's own segment, in either driver's form. A reader in a cgroup namespace does not see kubepods above
 * it. */
static bool is_pod(const struct hn_cgroup_place *at, struct hn_text *ret_uid, struct hn_text *ret_rest)
{
	const bool after_dots = at->relative && (at->index == 0 || (at->index == 1 && is_qos(at->parent)));
	struct hn_text uid = at->segment;

	if (is_pod_slice(at->segment, ret_uid, ret_rest))
		return true;
	if (!(at->below_kubepods || after_dots) || !hn_text_cut_prefix(&uid, "pod") || !is_pod_uid(uid))
		return false;
	*ret_uid = uid;
	*ret_rest = (struct hn_text){uid.s + uid.n, 0};
	return true;
}

/* --- the walk ----------------------------------------------------------------------------------------------- */

/* Cuts what the kernel adds and what it never writes; returns the path without its leading "..". */
static struct hn_text trim(const char *path, size_t len, bool *ret_relative)
{
	struct hn_text t = {path, strnlen(path, len < PATH_LIMIT ? len : PATH_LIMIT)}, ahead, segment;

	/* Cut at the limit: half a name says something else than the whole. */
	if (t.n == PATH_LIMIT && len > PATH_LIMIT && path[PATH_LIMIT] != '/') {
		while (t.n > 0 && t.s[t.n - 1] != '/')
			t.n--;
	}
	hn_text_cut_suffix(&t, " (deleted)");
	while (t.n > 0 && t.s[t.n - 1] == '/')
		t.n--;
	*ret_relative = false;
	for (ahead = t; hn_text_next_segment(&ahead, &segment) && hn_text_equals(segment, ".."); t = ahead)
		*ret_relative = true;
	return t;
}

static struct hn_cgroup_place start(struct hn_text path, bool relative)
{
	return (struct hn_cgroup_place){.below = path, .relative = relative};
}

/* Goes one segment down. */
static bool step(struct hn_cgroup_place *at)
{
	struct hn_text segment;
	const char *deep;

	if (!hn_text_next_segment(&at->below, &segment))
		return false;
	if (at->segment.n > 0) {
		deep = hn_cgroup_form_deep_parent(at->segment);
		if (deep)
			at->above = deep;
		at->below_kubepods = at->below_kubepods || is_kubepods(at->segment);
		at->parent = at->segment;
		at->index++;
	}
	at->segment = segment;
	return true;
}

static bool parse_pod(struct hn_text path, bool relative, struct hn_container_ref *ret)
{
	struct hn_cgroup_place at = start(path, relative);
	struct hn_text uid, rest;

	while (step(&at)) {
		if (!is_pod(&at, &uid, &rest))
			continue;
		ret->kind = HN_CGROUP_POD;
		hn_strncpy(ret->pod_uid, sizeof(ret->pod_uid), uid.s, uid.n);
		/* The kubelet never writes '_' itself, so the way back is sure. */
		for (char *c = ret->pod_uid; *c; c++) {
			if (*c == '_')
				*c = '-';
		}
		if (rest.n > 0)
			at.segment = rest;
		else if (!step(&at))
			return true;
		at.in_pod = true;
		hn_cgroup_form_judge(&at, ret);
		return true;
	}
	return false;
}

static const struct root *find_root(struct hn_text segment)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(roots); i++) {
		if (hn_text_equals(segment, roots[i].name))
			return &roots[i];
	}
	return NULL;
}

static bool is_systemd_unit(struct hn_text t)
{
	static const char *const suffixes[] = {".slice", ".scope", ".service", ".mount", ".socket", ".swap"};

	for (size_t i = 0; i < HN_ARRAY_SIZE(suffixes); i++) {
		if (hn_text_cut_suffix(&t, suffixes[i]))
			return true;
	}
	return false;
}

static bool is_containerd_name(struct hn_text t)
{
	for (size_t i = 0; i < t.n; i++) {
		char c = t.s[i];
		bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool inside = i > 0 && i + 1 < t.n && (c == '.' || c == '_' || c == '-');

		if (!word && !inside)
			return false;
	}
	return t.n > 0 && t.n <= CONTAINERD_NAME_MAX && !is_systemd_unit(t);
}

/* /NAMESPACE/NAME, containerd's default. Any cgroup made by hand looks the same. */
static bool parse_namespace(struct hn_text path, struct hn_container_ref *ret)
{
	struct hn_text ns, name;
	const struct root *root;

	if (!hn_text_next_segment(&path, &ns) || !hn_text_next_segment(&path, &name))
		return false;
	root = find_root(ns);
	if ((root && !root->is_namespace) || !is_containerd_name(ns) || !is_containerd_name(name))
		return false;
	ret->kind = HN_CGROUP_CONTAINER;
	ret->runtime = root ? root->runtime : "";
	ret->weak = true;
	hn_strncpy(ret->container_id, sizeof(ret->container_id), name.s, name.n);
	return true;
}

/* No container: does the last segment group pods, containers or services? */
static void judge_group(const struct hn_cgroup_place *at, struct hn_container_ref *ret)
{
	const struct root *root = at->index == 0 ? find_root(at->segment) : NULL;
	struct hn_text name = at->segment, parent = at->parent;

	if (root && root->is_group && !at->relative) {
		ret->kind = HN_CGROUP_SLICE;
		ret->runtime = root->is_namespace ? "" : root->runtime;
	} else if (at->index == 1 && hn_text_equals(parent, "docker") && hn_text_equals(name, "buildkit")) {
		ret->kind = HN_CGROUP_SLICE;
		ret->runtime = "docker";
	} else if (is_kubepods(name) || (hn_text_equals(parent, "kubepods") && is_qos(name))) {
		ret->kind = HN_CGROUP_SLICE;
	} else if (hn_text_cut_suffix(&name, ".slice") && name.n > 0 &&
		   (parent.n == 0 || hn_text_cut_suffix(&parent, ".slice") ||
		    hn_text_cut_suffix(&parent, ".service"))) {
		ret->kind = HN_CGROUP_SLICE;
	}
}

void hn_cgroup_parse(const char *path, size_t len, struct hn_container_ref *ret)
{
	struct hn_cgroup_place at;
	struct hn_text trimmed;
	bool relative;

	memset(ret, 0, sizeof(*ret));
	ret->runtime = "";
	trimmed = trim(path, len, &relative);
	if (parse_pod(trimmed, relative, ret))
		return;
	for (at = start(trimmed, relative); step(&at);) {
		if (!hn_cgroup_form_judge(&at, ret))
			continue;
		if (ret->kind != HN_CGROUP_SLICE || at.below.n == 0)
			return;
		/* A group, and more below it. */
		ret->kind = HN_CGROUP_HOST;
		ret->runtime = "";
	}
	if (!parse_namespace(trimmed, ret) && at.segment.n > 0)
		judge_group(&at, ret);
}

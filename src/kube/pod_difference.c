// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "hostnetd/podcheck.h"
#include "hostnetd/str.h"

#define SHOWN 253

static const char *const names[] = {
	[HN_POD_UNDECLARED] = "undeclared",
	[HN_POD_OTHER_NETWORK] = "host-network",
	[HN_POD_OTHER_OWNER] = "owner",
	[HN_POD_NOT_RUNNING] = "not-running",
};
_Static_assert(HN_ARRAY_SIZE(names) == HN_POD_DIFFERENCE_MAX, "a name for each difference");

const char *hn_pod_difference_name(enum hn_pod_difference d)
{
	return (unsigned)d < HN_POD_DIFFERENCE_MAX ? names[d] : "";
}

/* A static pod's mirror has a uid of its own. */
static const struct hn_pod *find_mirror(const struct hn_podlist *there, const struct hn_pod *pod)
{
	for (size_t i = 0; i < hn_podlist_count(there); i++) {
		const struct hn_pod *p = hn_podlist_at(there, i);

		if (p->is_mirror && strcmp(p->name, pod->name) == 0 && strcmp(p->ns, pod->ns) == 0)
			return p;
	}
	return NULL;
}

static const struct hn_pod *find_static(const struct hn_podlist *here, const struct hn_pod *mirror)
{
	for (size_t i = 0; i < hn_podlist_count(here); i++) {
		const struct hn_pod *p = hn_podlist_at(here, i);

		if (p->is_static && strcmp(p->name, mirror->name) == 0 && strcmp(p->ns, mirror->ns) == 0)
			return p;
	}
	return NULL;
}

/* The node itself controls the mirror, as nothing does the static pod. */
static bool same_owner(const struct hn_pod *here, const struct hn_pod *there)
{
	if (here->is_static)
		return true;
	return strcmp(here->controller.kind, there->controller.kind) == 0 &&
	       strcmp(here->controller.name, there->controller.name) == 0;
}

static bool has_ended(const struct hn_pod *pod)
{
	return strcmp(pod->phase, "Succeeded") == 0 || strcmp(pod->phase, "Failed") == 0;
}

void hn_pods_compare(const struct hn_podlist *here, const struct hn_podlist *there, hn_pod_differs *found,
		     void *arg)
{
	for (size_t i = 0; i < hn_podlist_count(here); i++) {
		const struct hn_pod *h = hn_podlist_at(here, i);
		const struct hn_pod *t = hn_podlist_find(there, h->uid);

		if (!t && h->is_static)
			t = find_mirror(there, h);
		/* One that has ended runs no more: the kubelet may forget it later than the API server. */
		if (!t && !has_ended(h))
			found(arg, HN_POD_UNDECLARED, h, NULL);
		if (t && h->host_network != t->host_network)
			found(arg, HN_POD_OTHER_NETWORK, h, t);
		if (t && !same_owner(h, t))
			found(arg, HN_POD_OTHER_OWNER, h, t);
	}
	for (size_t i = 0; i < hn_podlist_count(there); i++) {
		const struct hn_pod *t = hn_podlist_at(there, i);

		if (has_ended(t) || hn_podlist_find(here, t->uid) || (t->is_mirror && find_static(here, t)))
			continue;
		found(arg, HN_POD_NOT_RUNNING, NULL, t);
	}
}

static void put(struct hn_str *out, const char *text)
{
	hn_str_excerpt(out, text, SHOWN);
}

static void put_owner(struct hn_str *out, const struct hn_owner *owner)
{
	put(out, owner->kind[0] ? owner->kind : "none");
	if (owner->kind[0]) {
		hn_str_putc(out, '/');
		put(out, owner->name);
	}
}

void hn_pod_difference_text(enum hn_pod_difference d, const struct hn_pod *here, const struct hn_pod *there,
			    struct hn_str *out)
{
	const struct hn_pod *pod = here ? here : there;
	bool both = d == HN_POD_OTHER_NETWORK || d == HN_POD_OTHER_OWNER;

	if (!pod || (both && (!here || !there)))
		return;
	hn_str_puts(out, "pod ");
	put(out, pod->ns);
	hn_str_putc(out, '/');
	put(out, pod->name);
	hn_str_puts(out, " (uid ");
	put(out, pod->uid);
	hn_str_puts(out, "): ");
	switch (d) {
	case HN_POD_UNDECLARED:
		hn_str_printf(out, "it is on this node%s, and the API server knows no such pod%s",
			      pod->host_network ? " with hostNetwork" : "",
			      pod->is_static ? ": a static pod without a mirror" : "");
		break;
	case HN_POD_OTHER_NETWORK:
		hn_str_printf(out, "hostNetwork is %s for the kubelet and %s for the API server",
			      here->host_network ? "true" : "false", there->host_network ? "true" : "false");
		break;
	case HN_POD_OTHER_OWNER:
		hn_str_puts(out, "its controller is ");
		put_owner(out, &here->controller);
		hn_str_puts(out, " for the kubelet and ");
		put_owner(out, &there->controller);
		hn_str_puts(out, " for the API server");
		break;
	case HN_POD_NOT_RUNNING:
		hn_str_printf(out, "the API server has it on this node%s, and the kubelet does not",
			      pod->host_network ? " with hostNetwork" : "");
		break;
	case HN_POD_DIFFERENCE_MAX:
		break;
	}
}

// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/podcheck.h"

#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 320

struct suspect {
	enum hn_pod_difference kind;
	char uid[KEY_SIZE];
	bool told;
};

struct look {
	size_t n;
	struct suspect suspects[HN_PODCHECK_SUSPECTS];
};

struct hn_podcheck {
	struct hn_podcheck_settings settings;
	struct hn_podlist *there; /* waits for a list of the kubelet's that is newer */
	struct hn_mono got;
	struct look looks[2];
	unsigned now; /* index of the newer look */
	struct hn_podcheck_stats stats;
	struct hn_reason problem;
};

static struct suspect *find(struct look *l, enum hn_pod_difference kind, const char *uid)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->suspects[i].kind == kind && strcmp(l->suspects[i].uid, uid) == 0)
			return &l->suspects[i];
	}
	return NULL;
}

static void on_difference(void *arg, enum hn_pod_difference kind, const struct hn_pod *here,
			  const struct hn_pod *there)
{
	struct hn_podcheck *p = arg;
	struct look *now = &p->looks[p->now];
	const char *uid = here ? here->uid : there->uid;
	_cleanup_(hn_str_done) struct hn_str text = {0};
	const struct suspect *before;
	struct suspect *s;

	/* What is beyond the room is not told; that there is so much is. */
	if (now->n == HN_PODCHECK_SUSPECTS || strlen(uid) >= KEY_SIZE)
		return;
	before = find(&p->looks[!p->now], kind, uid);
	s = &now->suspects[now->n++];
	*s = (struct suspect){.kind = kind, .told = before != NULL};
	hn_strcpy(s->uid, sizeof(s->uid), uid);
	if (!before)
		return;
	p->stats.differ[kind]++;
	if (before->told)
		return;
	hn_pod_difference_text(kind, here, there, &text);
	if (!text.failed)
		p->settings.differs(p->settings.arg, text.data);
}

static bool has_untold(const struct look *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!l->suspects[i].told)
			return true;
	}
	return false;
}

void hn_podcheck_listed(struct hn_podcheck *p, struct hn_podlist *there, const char *problem)
{
	hn_reason_set(&p->problem, 0, "%s", problem);
	if (!there) {
		p->stats.failures++;
		return;
	}
	p->stats.answers++;
	hn_podlist_free(p->there);
	p->there = there;
	p->got = hn_mono_now();
	hn_kubelet_want(p->settings.kubelet, HN_KUBELET_NOW);
}

bool hn_podcheck_answered(struct hn_podcheck *p)
{
	struct hn_podlist *there;

	if (!p->there || hn_kubelet_state(p->settings.kubelet) != HN_KUBELET_OK)
		return false;
	if (hn_kubelet_requested(p->settings.kubelet).ns < p->got.ns) {
		hn_kubelet_want(p->settings.kubelet, HN_KUBELET_NOW);
		return false;
	}
	there = TAKE_PTR(p->there);
	p->now = !p->now;
	p->looks[p->now].n = 0;
	memset(p->stats.differ, 0, sizeof(p->stats.differ));
	hn_pods_compare(hn_kubelet_pods(p->settings.kubelet), there, on_difference, p);
	hn_podlist_free(there);
	p->stats.compared = hn_wall_now();
	return has_untold(&p->looks[p->now]);
}

struct hn_podcheck *hn_podcheck_new(const struct hn_podcheck_settings *settings)
{
	struct hn_podcheck *p = calloc(1, sizeof(*p));

	if (p)
		p->settings = *settings;
	return p;
}

void hn_podcheck_free(struct hn_podcheck *p)
{
	if (!p)
		return;
	hn_podlist_free(p->there);
	free(p);
}

void hn_podcheck_stats(const struct hn_podcheck *p, struct hn_podcheck_stats *ret)
{
	*ret = p->stats;
	ret->problem = p->problem.text;
}

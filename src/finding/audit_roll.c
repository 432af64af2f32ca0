// SPDX-License-Identifier: Apache-2.0
// When all objects were read: whose each entry is. Ownership that was read wins over what a name tells: a Job that
// `kubectl create job --from` made is its CronJob's, and one that only looks so is nobody's.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit_parts.h"
#include "hostnetd/map.h"
#include "hostnetd/str.h"

#define CHAIN_MAX 9 /* a pod, and Knative's five above it; more are no use */

#define UNREAD_KINDS 16 /* told apart; the last is of all that are left */

struct chain {
	size_t n;
	struct hn_owner owners[CHAIN_MAX]; /* the object itself first */
};

static bool same(const struct hn_owner *a, const struct hn_owner *b)
{
	return hn_owner_same_group(a->api_version, b->api_version) && strcmp(a->kind, b->kind) == 0 &&
	       strcmp(a->name, b->name) == 0;
}

static bool has(const struct chain *c, const struct hn_owner *owner)
{
	for (size_t i = 0; i < c->n; i++)
		if (same(&c->owners[i], owner))
			return true;
	return false;
}

/* Owners are of the object's own namespace, or of none. */
static void climb(const struct hn_audit *a, const struct hn_audit_entry *e, struct chain *ret)
{
	const struct hn_owner maker = {e->maker_api_version, e->maker_kind, e->maker_name};
	struct hn_owner next = {e->owner_api_version, e->owner_kind, e->owner_name};

	ret->owners[0] = (struct hn_owner){e->api_version, e->kind, e->name};
	ret->n = 1;
	while (next.kind[0] && ret->n < CHAIN_MAX && !has(ret, &next)) {
		struct hn_owner up = {"", "", ""};

		ret->owners[ret->n++] = next;
		if (!hn_owner_links_find(a->links, &next, e->ns, &up) && ret->n == 2)
			up = maker;
		next = up;
	}
}

/* A rule for what a person deployed covers all that was made of it. For the name of a pod that something made, nobody
 * writes a rule: "Pod" in one means those that nothing owns. */
static void settle(const struct hn_audit *a, struct hn_audit_entry *e)
{
	struct chain c;
	size_t first;

	climb(a, e, &c);
	first = e->query == HN_QUERY_PODS && c.n > 1;
	e->exception = hn_rule_set_match(e->rules, a->exceptions, &c.owners[first], c.n - first);
}

/* --- what an owner counts for ------------------------------------------------------------------------------------- */

/* Why an entry that somebody owns is in no list. */
enum owned {
	OWNED_COUNTED, /* its owner is, for no less */
	OWNED_UNREAD,
	OWNED_OTHERWISE, /* what its owner declares is none, or less sure */
	OWNED_MAX,
};

static enum owned owned_how(const struct hn_audit *a, const struct hn_map *own, const struct hn_audit_entry *e)
{
	enum owned how = OWNED_UNREAD;
	struct chain c;

	climb(a, e, &c);
	for (size_t i = 1; i < c.n; i++) {
		char key[HN_OWNER_KEY];
		size_t n = hn_owner_key(key, &c.owners[i], e->ns);
		const struct hn_audit_entry *above = hn_map_get(own, key, n);

		if (!hn_owner_links_counts(a->links, &c.owners[i], e->ns))
			continue;
		/* A Deployment keeps the ReplicaSets of its former templates. */
		if (e->inactive[0] || (above && above->ai->verdict >= e->ai->verdict))
			return OWNED_COUNTED;
		how = OWNED_OTHERWISE;
	}
	return how;
}

/* The entries that are in a list, by what they are: of those of one object the surest. */
static int map_own(const struct hn_audit *a, struct hn_map *own)
{
	for (size_t i = 0; i < a->n; i++) {
		struct hn_audit_entry *e = &a->entries[i], *known;
		const struct hn_owner itself = {e->api_version, e->kind, e->name};
		char key[HN_OWNER_KEY];
		size_t n;

		if (e->owned || e->query == HN_QUERY_PODS)
			continue;
		n = hn_owner_key(key, &itself, e->ns);
		known = hn_map_get(own, key, n);
		if ((!known || known->ai->verdict < e->ai->verdict) && hn_map_put(own, key, n, e) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Entries that are in no list for one reason, and of the kind of their owners the first. */
struct unread {
	size_t n;
	enum owned how;
	const struct hn_audit_entry *first;
};

static bool same_kind(const struct hn_audit_entry *a, const struct hn_audit_entry *b)
{
	const struct hn_owner l = {a->owner_api_version, a->owner_kind, ""},
			      r = {b->owner_api_version, b->owner_kind, ""};

	return same(&l, &r);
}

static void add_unread(struct unread list[static UNREAD_KINDS], const struct hn_audit_entry *e, enum owned how)
{
	size_t i = 0;

	while (i < UNREAD_KINDS - 1 && list[i].first && (list[i].how != how || !same_kind(list[i].first, e)))
		i++;
	if (!list[i].first) {
		list[i].first = e;
		list[i].how = how;
	}
	list[i].n++;
}

/* Neither a finding, since its owner's may say otherwise by now, nor a pass: whoever writes an object says who owns it. */
static int tell_unread(struct hn_audit *a, const struct unread *u, struct hn_reason *reason)
{
	static const char *const tells[OWNED_MAX][2] = {
		[OWNED_UNREAD] = {"what one that was not read counts for", "read these too"},
		[OWNED_OTHERWISE] = {"what runs otherwise than its owner declares now",
				     "are they its own? If so, let it make them anew"},
	};
	const struct hn_audit_entry *e = u->first;
	_cleanup_(hn_str_done) struct hn_str what = {0}, why = {0};
	size_t n;
	const char *group = hn_owner_group(e->owner_api_version, &n);

	hn_str_printf(&what, "%.63s%s%.*s", e->owner_kind, n ? "." : "", (int)n, group);
	hn_str_printf(
		&why,
		"%s is in no list: %zu AI object%s on the host network that name%s such a one as owner, the first "
		"%.63s %.63s%s%.253s of %.253s: %s",
		tells[u->how][0], u->n, u->n == 1 ? "" : "s", u->n == 1 ? "s" : "", e->kind, e->ns,
		e->ns[0] ? "/" : "", e->name, e->owner_name, tells[u->how][1]);
	if (what.failed || why.failed)
		return -ENOMEM;
	return hn_audit_gap(a, hn_str_get(&what), hn_str_get(&why), reason);
}

static int drop_owned(struct hn_audit *a, struct hn_reason *reason)
{
	_cleanup_(hn_map_cleanup) struct hn_map *own = hn_map_new(HN_AUDIT_ENTRIES_MAX);
	struct unread unread[UNREAD_KINDS] = {{.n = 0}};
	size_t n = 0, last = 0; /* object ids begin at 1 */
	int r = own ? map_own(a, own) : -ENOMEM;

	for (size_t i = 0; i < a->n; i++) {
		const struct hn_audit_entry *e = &a->entries[i];
		enum owned how;

		if (r < 0 || !e->owned || e->exception || e->object == last)
			continue;
		how = owned_how(a, own, e);
		if (how == OWNED_COUNTED)
			continue;
		add_unread(unread, e, how);
		last = e->object;
	}
	for (size_t i = 0; r == 0 && i < UNREAD_KINDS && unread[i].first; i++)
		r = tell_unread(a, &unread[i], reason);
	for (size_t i = 0; i < a->n; i++) {
		if (a->entries[i].owned)
			hn_audit_entry_done(&a->entries[i]);
		else
			a->entries[n++] = a->entries[i];
	}
	a->n = n;
	return r;
}

/* --- the lists ---------------------------------------------------------------------------------------------------- */

/* Of two of one object the one to show: a rule for one template accepts nothing of the next. */
static bool is_worse(const struct hn_audit_entry *e, const struct hn_audit_entry *than)
{
	if (!e->exception != !than->exception)
		return !e->exception;
	return e->ai->score > than->ai->score;
}

static size_t put_uid(char *key, size_t n, const char *uid)
{
	size_t length = strnlen(uid, HN_OWNER_KEY);

	memcpy(key + n, uid, length);
	return n + length;
}

/* One object of many templates, or of two inputs. Without a uid nobody knows whether two are the same. */
static int merge(struct hn_audit *a)
{
	_cleanup_(hn_map_cleanup) struct hn_map *uids = hn_map_new(HN_AUDIT_ENTRIES_MAX);
	size_t n = 0;
	int r = uids ? 0 : -ENOMEM;

	for (size_t i = 0; i < a->n; i++) {
		struct hn_audit_entry *e = &a->entries[i], *known = NULL;
		const struct hn_owner itself = {e->api_version, e->kind, e->name};
		char key[2 * HN_OWNER_KEY];
		size_t length = put_uid(key, hn_owner_key(key, &itself, e->ns), e->uid);

		if (n > 0 && a->entries[n - 1].object == e->object)
			known = &a->entries[n - 1];
		else if (r == 0 && e->uid[0])
			known = hn_map_get(uids, key, length);
		if (!known) {
			a->entries[n] = *e;
			if (r == 0 && e->uid[0])
				r = hn_map_put(uids, key, length, &a->entries[n]);
			n++;
			continue;
		}
		if (is_worse(e, known)) {
			hn_audit_entry_done(known);
			*known = *e;
		} else {
			hn_audit_entry_done(e);
		}
	}
	a->n = n;
	return r;
}

/* Objects of one name stand in the order of the files, so that two runs say the same. */
static int by_source(const struct hn_audit_entry *l, const struct hn_audit_entry *r)
{
	int order = strcmp(l->source, r->source);

	if (order == 0)
		order = (l->document > r->document) - (l->document < r->document);
	return order ? order : (l->object > r->object) - (l->object < r->object);
}

static int by_place(const void *a, const void *b)
{
	const struct hn_audit_entry *l = a, *r = b;
	int order = (l->query > r->query) - (l->query < r->query);

	if (order == 0)
		order = strcmp(l->ns, r->ns);
	if (order == 0)
		order = strcmp(l->kind, r->kind);
	if (order == 0)
		order = strcmp(l->name, r->name);
	if (order == 0)
		order = strcmp(l->api_version, r->api_version);
	return order ? order : by_source(l, r);
}

bool hn_audit_entry_alike(const struct hn_audit_entry *a, const struct hn_audit_entry *b)
{
	return a->query == b->query && strcmp(a->api_version, b->api_version) == 0 &&
	       strcmp(a->kind, b->kind) == 0 && strcmp(a->ns, b->ns) == 0 && strcmp(a->name, b->name) == 0;
}

static void add_to(struct hn_audit_workload *w, struct hn_audit_entry *e, bool itself)
{
	if (itself || !w->best)
		w->best = e;
	if (!e->exception && e->ai->verdict > w->verdict)
		w->verdict = e->ai->verdict;
	w->counts[e->query]++;
}

static int roll_entry(struct hn_audit *a, struct hn_map *workloads, struct hn_audit_entry *e)
{
	struct hn_audit_workload *known;
	const struct hn_owner *top;
	char key[HN_OWNER_KEY];
	struct chain c;
	size_t n;

	climb(a, e, &c);
	top = &c.owners[c.n - 1];
	n = hn_owner_key(key, top, e->ns);
	known = hn_map_get(workloads, key, n);
	if (!known) {
		known = &a->workloads[a->n_workloads++];
		*known = (struct hn_audit_workload){top->api_version, top->kind, e->ns, top->name, NULL,
						    HN_NOT_AI,        {0}};
		if (hn_map_put(workloads, key, n, known) < 0)
			return -ENOMEM;
	}
	e->workload = (size_t)(known - a->workloads);
	add_to(known, e, c.n == 1);
	return 0;
}

/* Spark's executors are their driver's, a pod. Of all pods it would be too much. */
static int link_pods(struct hn_audit *a)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->n; i++) {
		const struct hn_audit_entry *e = &a->entries[i];
		const struct hn_owner itself = {e->api_version, e->kind, e->name};
		const struct hn_owner controller = {e->owner_api_version, e->owner_kind, e->owner_name};

		if (e->query == HN_QUERY_PODS && e->owner_kind[0])
			r = hn_audit_link(a, &itself, e->ns, &controller, true);
	}
	if (r == 0 && a->links_full)
		r = hn_audit_gap(a, "owners",
				 "more objects than can be remembered: a workload may be counted twice, or "
				 "excepted by what its name tells of its owner",
				 &(struct hn_reason){{0}});
	return r;
}

int hn_audit_roll_up(struct hn_audit *a, struct hn_reason *reason)
{
	_cleanup_(hn_map_cleanup) struct hn_map *workloads = hn_map_new(HN_AUDIT_ENTRIES_MAX);
	int r = workloads ? link_pods(a) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < a->n; i++)
		settle(a, &a->entries[i]);
	if (r == 0)
		r = drop_owned(a, reason);
	if (r == 0)
		r = merge(a);
	if (a->n > 0)
		qsort(a->entries, a->n, sizeof(a->entries[0]), by_place);
	a->workloads = calloc(a->n + 1, sizeof(a->workloads[0]));
	if (!a->workloads)
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < a->n; i++)
		r = roll_entry(a, workloads, &a->entries[i]);
	return r < 0 ? hn_reason_set(reason, -ENOMEM, "no memory") : 0;
}

// SPDX-License-Identifier: Apache-2.0
// A list that had to begin anew forgets what it gave. A kind that the server's discovery does not name is no gap; one that
// it names and does not give is, whatever the reason.
#include "audit_cluster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/apiserver.h"
#include "hostnetd/log.h"

#define BROKEN_NAMED 8
#define KIND_NAME 768

struct lister {
	struct hn_audit *audit;
	const struct hn_workload_kinds *kinds;
	const struct hn_workload_kind *kind;
	char path[768], api_version[384];
	char token[4096];
	struct hn_asset_reader *reader; /* of the open page */
	size_t entries, seen, gaps;     /* before the list */
	size_t broken;                  /* objects of it that could not be read */
};

static int on_asset(void *arg, const struct hn_asset *asset, struct hn_reason *reason)
{
	struct lister *l = arg;

	return hn_audit_add(l->audit, "", asset, reason);
}

static void name_kind(const struct lister *l, char *what, size_t size)
{
	snprintf(what, size, "%s%s%s", l->kind->resource, l->kind->group[0] ? "." : "", l->kind->group);
}

/* Few are named: who makes many must not take the room of what else is not covered. */
static int on_broken(void *arg, const char *why, struct hn_reason *reason)
{
	struct lister *l = arg;
	char what[KIND_NAME];

	if (l->broken++ >= BROKEN_NAMED || l->audit->n_gaps >= HN_AUDIT_NOT_COVERED_MAX / 2)
		return 0;
	name_kind(l, what, sizeof(what));
	return hn_audit_gap(l->audit, what, why, reason);
}

static void on_begin(void *arg)
{
	struct lister *l = arg;

	hn_asset_reader_free(l->reader);
	l->reader = NULL;
	hn_audit_truncate(l->audit, l->entries);
	hn_audit_truncate_gaps(l->audit, l->gaps);
	l->broken = 0;
	l->audit->seen[l->kind->query] = l->seen;
}

static int on_bytes(void *arg, const char *bytes, size_t n, struct hn_reason *reason)
{
	struct lister *l = arg;
	const struct hn_asset_source source = {.name = l->path,
					       .api_version = l->api_version,
					       .kind = l->kind->kind,
					       .kinds = l->kinds,
					       .found = on_asset,
					       .broken = on_broken,
					       .arg = l};

	if (!l->reader)
		l->reader = hn_asset_reader_new(&source);
	if (!l->reader)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	return hn_asset_reader_feed(l->reader, bytes, n, reason);
}

static int on_page(void *arg, const char **ret_continue, struct hn_reason *reason)
{
	struct lister *l = arg;
	int r = l->reader ? hn_asset_reader_finish(l->reader, reason) :
			    hn_reason_set(reason, -EBADMSG, "%s: an empty answer", l->path);

	if (r < 0)
		return r;
	snprintf(l->token, sizeof(l->token), "%s", hn_asset_reader_continue(l->reader));
	*ret_continue = l->token;
	hn_asset_reader_free(l->reader);
	l->reader = NULL;
	return 0;
}

/* The six are everywhere: only of the others must be asked whether the server has them. */
static enum hn_apiserver_outcome find_kind(struct hn_apiserver *api, const struct hn_workload_kind *k,
					   struct hn_apiserver_served *ret, struct hn_reason *reason)
{
	*ret = (struct hn_apiserver_served){.version = "v1"};
	return k->query == HN_QUERY_OTHER ?
		       hn_apiserver_find(api, k->group, k->resource, k->version, ret, reason) :
		       HN_APISERVER_LISTED;
}

static enum hn_apiserver_outcome list_kind(struct hn_apiserver *api, struct lister *l, const struct hn_settings *s,
					   const char *version, struct hn_reason *reason)
{
	const struct hn_workload_kind *k = l->kind;
	const struct hn_apiserver_list list = {.path = l->path,
					       .selector = s->selector,
					       .begin = on_begin,
					       .bytes = on_bytes,
					       .page = on_page,
					       .arg = l};
	enum hn_apiserver_outcome outcome;

	snprintf(l->api_version, sizeof(l->api_version), "%s%s%s", k->group, k->group[0] ? "/" : "", version);
	snprintf(l->path, sizeof(l->path), "/%s/%s%s%s/%s", k->group[0] ? "apis" : "api", l->api_version,
		 s->ns ? "/namespaces/" : "", s->ns ? s->ns : "", k->resource);
	outcome = hn_apiserver_list(api, &list, reason);
	hn_asset_reader_free(l->reader);
	l->reader = NULL;
	return outcome;
}

/* The count stands for those that are not named, too. */
static int count_broken(struct lister *l, struct hn_reason *reason)
{
	char what[KIND_NAME], why[96];

	if (l->broken == 0 || (l->broken <= BROKEN_NAMED && l->audit->n_gaps - l->gaps == l->broken))
		return 0;
	name_kind(l, what, sizeof(what));
	snprintf(why, sizeof(why), "%zu objects of the list cannot be read", l->broken);
	return hn_audit_gap(l->audit, what, why, reason);
}

/* A list that broke off keeps what it found: findings are true, only their number is not whole. */
static int cover(struct hn_apiserver *api, struct lister *l, const struct hn_settings *s, struct hn_reason *reason)
{
	struct hn_apiserver_served served;
	struct hn_reason why = {{0}};
	enum hn_apiserver_outcome outcome = find_kind(api, l->kind, &served, &why);
	char what[KIND_NAME];
	int r;

	/* What is in no namespace is not in this one. */
	if (outcome == HN_APISERVER_ABSENT || (outcome == HN_APISERVER_LISTED && served.cluster_wide && s->ns))
		return 0;
	l->entries = l->audit->n;
	l->seen = l->audit->seen[l->kind->query];
	l->gaps = l->audit->n_gaps;
	l->broken = 0;
	if (outcome == HN_APISERVER_LISTED)
		outcome = list_kind(api, l, s, served.version, &why);
	r = count_broken(l, reason);
	if (r < 0 || outcome == HN_APISERVER_LISTED)
		return r;
	name_kind(l, what, sizeof(what));
	return hn_audit_gap(l->audit, what, why.text, reason);
}

/* Every kind behind it would say the same. */
static int bury(struct lister *l, size_t left, struct hn_reason *reason)
{
	char what[64];

	snprintf(what, sizeof(what), "%zu more kinds", left);
	return left == 0 ? 0 : hn_audit_gap(l->audit, what, "the API server does not answer any more", reason);
}

int hn_audit_cluster(const struct hn_settings *s, const struct hn_workload_kinds *kinds, struct hn_audit *audit,
		     struct hn_reason *reason)
{
	_cleanup_(hn_apiserver_cleanup) struct hn_apiserver *api = NULL;
	struct hn_apiserver_settings settings;
	struct lister *l;
	size_t left = 0;
	int r;

	hn_settings_apiserver(s, &settings);
	r = hn_apiserver_open(&settings, &api, reason);
	if (r < 0)
		return r;
	if (hn_apiserver_warning(api))
		hn_warning("%s", hn_apiserver_warning(api));
	l = calloc(1, sizeof(*l));
	if (!l)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	l->audit = audit;
	l->kinds = kinds;
	for (size_t i = 0; r == 0 && i < hn_workload_kinds_count(kinds); i++) {
		l->kind = hn_workload_kinds_at(kinds, i);
		if (l->kind->resource && hn_apiserver_is_dead(api))
			left++;
		else if (l->kind->resource)
			r = cover(api, l, s, reason);
	}
	if (r == 0)
		r = bury(l, left, reason);
	hn_asset_reader_free(l->reader);
	free(l);
	return r;
}

// SPDX-License-Identifier: Apache-2.0
// Three lists of named entries, of all files. kubeconfig_keys.c reads what is in an entry.
#include "kubeconfig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/str.h"
#include "kubeconfig_keys.h"

#define MEMORY (16UL << 20)

/* An entry of a list. What its table of keys fills follows. */
struct named {
	struct named *next;
	const char *name, *file;
};

struct cluster {
	struct named named;
	struct hn_kubeconfig_cluster cluster;
};

struct user {
	struct named named;
	struct hn_kubeconfig_user user;
};

struct context {
	struct named named;
	struct hn_kubeconfig_context context;
};
_Static_assert(offsetof(struct cluster, cluster) == sizeof(struct named) &&
		       offsetof(struct user, user) == sizeof(struct named) &&
		       offsetof(struct context, context) == sizeof(struct named),
	       "what a table fills follows the name");

enum sort { CLUSTERS, USERS, CONTEXTS, SORTS };

/* clang-format off */
static const struct list {
	const char *name, *member;
	int (*read)(struct hn_kubeconfig_reading *r, void *body);
	size_t size;
} lists[SORTS] = {
	[CLUSTERS] = {"clusters", "cluster", hn_kubeconfig_read_cluster, sizeof(struct cluster)},
	[USERS]    = {"users",    "user",    hn_kubeconfig_read_user,    sizeof(struct user)},
	[CONTEXTS] = {"contexts", "context", hn_kubeconfig_read_context, sizeof(struct context)},
};
/* clang-format on */

struct hn_kubeconfig {
	struct hn_arena arena;
	struct named *lists[SORTS];
	size_t n[SORTS];
	const char *current, *first_file;
};

static struct named *find(const struct hn_kubeconfig *k, enum sort sort, const char *name)
{
	for (struct named *n = k->lists[sort]; n; n = n->next)
		if (strcmp(n->name, name) == 0)
			return n;
	return NULL;
}

/* {name: NAME, cluster: {...}}, in any order. */
static int read_entry(struct hn_kubeconfig_reading *r, enum sort sort)
{
	const struct list *list = &lists[sort];
	struct named *entry = hn_arena_alloc(r->arena, list->size), *old;
	int err;

	if (!entry)
		return hn_kubeconfig_no_memory(r);
	if (!hn_kubeconfig_at(r, HN_YAML_MAP))
		return hn_kubeconfig_mistake(r, list->name, "must be a list of maps");
	while (!(err = hn_kubeconfig_next(r)) && !hn_kubeconfig_at(r, HN_YAML_MAP_END)) {
		const char *key = hn_kubeconfig_at(r, HN_YAML_SCALAR) ? hn_yaml_scalar(r->yaml) : NULL;
		bool is_name = key && strcmp(key, "name") == 0, is_body = key && strcmp(key, list->member) == 0;

		if (!key)
			return hn_kubeconfig_mistake(r, list->name, "has a key that is no text");
		err = hn_kubeconfig_next(r);
		if (err == 0)
			err = is_name ? hn_kubeconfig_text(r, list->name, &entry->name) :
			      is_body ? list->read(r, entry + 1) :
					hn_kubeconfig_skip(r);
		if (err < 0)
			return err;
	}
	if (err < 0)
		return err;
	if (!entry->name)
		return hn_kubeconfig_mistake(r, list->name, "an entry has no name");
	entry->file = r->path;
	old = find(r->k, sort, entry->name);
	if (old && old->file == r->path)
		return hn_kubeconfig_mistake(r, list->name, "a name is there twice");
	if (old)
		return 0;
	if (r->k->n[sort]++ == HN_KUBECONFIG_ENTRIES)
		return hn_kubeconfig_mistake(r, list->name, "has too many entries");
	entry->next = r->k->lists[sort];
	r->k->lists[sort] = entry;
	return 0;
}

static int read_list(struct hn_kubeconfig_reading *r, enum sort sort)
{
	int err;

	if (hn_kubeconfig_null(r))
		return 0;
	if (!hn_kubeconfig_at(r, HN_YAML_LIST))
		return hn_kubeconfig_mistake(r, lists[sort].name, "must be a list");
	while (!(err = hn_kubeconfig_next(r)) && !hn_kubeconfig_at(r, HN_YAML_LIST_END)) {
		err = read_entry(r, sort);
		if (err < 0)
			return err;
	}
	return err;
}

static int read_member(struct hn_kubeconfig_reading *r, const char *key)
{
	const char *ignored = NULL;
	bool current = strcmp(key, "current-context") == 0;
	enum sort sort = 0;

	if (current)
		return hn_kubeconfig_text(r, "current-context", r->k->current ? &ignored : &r->k->current);
	while (sort < SORTS && strcmp(lists[sort].name, key) != 0)
		sort++;
	return sort < SORTS ? read_list(r, sort) : hn_kubeconfig_skip(r);
}

static int read_file(struct hn_kubeconfig_reading *r)
{
	int err = hn_kubeconfig_next(r);

	/* An empty file says nothing, as for kubectl. */
	if (err < 0 || hn_kubeconfig_at(r, HN_YAML_END))
		return err;
	if (!hn_kubeconfig_at(r, HN_YAML_MAP))
		return hn_kubeconfig_mistake(r, "kubeconfig", "must be a map with clusters, users and contexts");
	while (!(err = hn_kubeconfig_next(r)) && !hn_kubeconfig_at(r, HN_YAML_MAP_END)) {
		char key[32];
		const char *text = hn_kubeconfig_at(r, HN_YAML_SCALAR) ? hn_yaml_scalar(r->yaml) : NULL;

		if (!text)
			return hn_kubeconfig_mistake(r, "kubeconfig", "has a key that is no text");
		hn_strcpy(key, sizeof(key), text);
		err = hn_kubeconfig_next(r);
		if (err == 0)
			err = read_member(r, key);
		if (err < 0)
			return err;
	}
	if (err == 0)
		err = hn_kubeconfig_next(r);
	if (err == 0 && !hn_kubeconfig_at(r, HN_YAML_END))
		return hn_kubeconfig_mistake(r, "kubeconfig", "a second document is one too many");
	return err;
}

int hn_kubeconfig_add(struct hn_kubeconfig *k, const char *path, const char *bytes, size_t n,
		      struct hn_reason *reason)
{
	_cleanup_(hn_yaml_cleanup) struct hn_yaml *yaml = NULL;
	struct hn_kubeconfig_reading r = {.k = k,
					  .arena = &k->arena,
					  .path = hn_arena_copy(&k->arena, path, strlen(path)),
					  .reason = reason};

	if (r.path)
		yaml = hn_yaml_new(r.path, bytes, n);
	if (!yaml)
		return hn_reason_set(reason, -ENOMEM, "%s: no memory", path);
	r.yaml = yaml;
	if (!k->first_file)
		k->first_file = r.path;
	return read_file(&r);
}

/* --- the choice -------------------------------------------------------------------------------------------------- */

static int missing(const char *file, const char *sort, const char *name, const char *why, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str shown = {0};

	hn_str_visible(&shown, name, strnlen(name, 100));
	return hn_reason_set(reason, -EINVAL, "%s: there is no %s \"%s\"%s", file, sort, hn_str_get(&shown), why);
}

int hn_kubeconfig_choose(const struct hn_kubeconfig *k, const char *context, struct hn_kubeconfig_choice *ret,
			 struct hn_reason *reason)
{
	const char *name = context ? context : k->current, *file = k->first_file ? k->first_file : "kubeconfig";
	const struct named *chosen, *cluster, *user = NULL;
	const struct hn_kubeconfig_context *body;

	if (!name)
		return hn_reason_set(reason, -EINVAL, "%s: it has no current-context; name one with --context",
				     file);
	chosen = find(k, CONTEXTS, name);
	if (!chosen)
		return missing(file, "context", name,
			       context ? ", which --context names" : ", its current-context", reason);
	body = &((const struct context *)chosen)->context;
	file = chosen->file;
	if (!body->cluster)
		return missing(file, "cluster", "", ": the context names none", reason);
	cluster = find(k, CLUSTERS, body->cluster);
	if (!cluster)
		return missing(file, "cluster", body->cluster, ", which the context names", reason);
	if (body->user)
		user = find(k, USERS, body->user);
	if (body->user && !user)
		return missing(file, "user", body->user, ", which the context names", reason);
	*ret = (struct hn_kubeconfig_choice){
		.context = chosen->name,
		.file = file,
		.cluster_name = cluster->name,
		.user_name = user ? user->name : NULL,
		.cluster = &((const struct cluster *)cluster)->cluster,
		.user = user ? &((const struct user *)user)->user : NULL,
	};
	return 0;
}

/* --- life -------------------------------------------------------------------------------------------------------- */

struct hn_kubeconfig *hn_kubeconfig_new(void)
{
	struct hn_kubeconfig *k = calloc(1, sizeof(*k));

	if (k)
		k->arena.limit = MEMORY;
	return k;
}

void hn_kubeconfig_free(struct hn_kubeconfig *k)
{
	if (!k)
		return;
	hn_arena_done(&k->arena);
	free(k);
}

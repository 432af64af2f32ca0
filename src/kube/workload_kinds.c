// SPDX-License-Identifier: Apache-2.0
// The table of kinds: the control's own in C, since they are the contract; the others from YAML.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/asset.h"
#include "hostnetd/embed.h"
#include "hostnetd/file.h"
#include "hostnetd/str.h"
#include "hostnetd/yaml.h"

HN_EMBED(workload_kinds_yaml, "src/kube/workload-kinds.yaml");

#define KINDS_MAX 512
#define PATHS_MAX 32
#define PATH_BYTES 256

struct hn_workload_kinds {
	size_t n;
	struct hn_workload_kind kinds[KINDS_MAX];
};

static const struct builtin {
	enum hn_query query;
	const char *group, *kind, *resource, *template;
} builtins[] = {
	{HN_QUERY_PODS, "", "Pod", "pods", NULL},
	{HN_QUERY_DEPLOYMENTS, "apps", "Deployment", "deployments", "spec.template"},
	{HN_QUERY_STATEFUL_SETS, "apps", "StatefulSet", "statefulsets", "spec.template"},
	{HN_QUERY_DAEMON_SETS, "apps", "DaemonSet", "daemonsets", "spec.template"},
	{HN_QUERY_JOBS, "batch", "Job", "jobs", "spec.template"},
	{HN_QUERY_CRON_JOBS, "batch", "CronJob", "cronjobs", "spec.jobTemplate.spec.template"},
};

const char *hn_query_name(enum hn_query q)
{
	static const char *const names[] = {
		[HN_QUERY_PODS] = "pods",
		[HN_QUERY_DEPLOYMENTS] = "deployments",
		[HN_QUERY_STATEFUL_SETS] = "statefulSets",
		[HN_QUERY_DAEMON_SETS] = "daemonSets",
		[HN_QUERY_JOBS] = "jobs",
		[HN_QUERY_CRON_JOBS] = "cronJobs",
		[HN_QUERY_OTHER] = "other",
	};

	_Static_assert(HN_ARRAY_SIZE(names) == HN_QUERY_MAX, "a name for each query");
	return names[q];
}

static void paths_done(char **paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(paths[i]);
	free(paths);
}

static void kind_done(struct hn_workload_kind *k)
{
	free(k->group);
	free(k->kind);
	free(k->resource);
	free(k->version);
	paths_done(k->templates, k->n_templates);
	paths_done(k->pod_specs, k->n_pod_specs);
	paths_done(k->containers, k->n_containers);
	*k = (struct hn_workload_kind){0};
}

void hn_workload_kinds_free(struct hn_workload_kinds *k)
{
	for (size_t i = 0; k && i < k->n; i++)
		kind_done(&k->kinds[i]);
	free(k);
}

size_t hn_workload_kinds_count(const struct hn_workload_kinds *k)
{
	return k->n;
}

const struct hn_workload_kind *hn_workload_kinds_at(const struct hn_workload_kinds *k, size_t i)
{
	return &k->kinds[i];
}

static struct hn_workload_kind *find(struct hn_workload_kinds *k, const char *group, size_t group_len,
				     const char *kind)
{
	for (size_t i = 0; i < k->n; i++) {
		struct hn_workload_kind *row = &k->kinds[i];

		if (strlen(row->group) == group_len &&
		    (group_len == 0 || memcmp(row->group, group, group_len) == 0) && strcmp(row->kind, kind) == 0)
			return row;
	}
	return NULL;
}

const struct hn_workload_kind *hn_workload_kinds_find(const struct hn_workload_kinds *k, const char *api_version,
						      const char *kind)
{
	size_t n;
	const char *group = hn_owner_group(api_version, &n);

	return find((struct hn_workload_kinds *)k, group, n, kind);
}

bool hn_workload_kinds_believe(const struct hn_workload_kinds *k, const struct hn_owner *owner)
{
	if (hn_workload_kinds_find(k, owner->api_version, owner->kind))
		return true;
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->kinds[i].kind, owner->kind) == 0)
			return false;
	return true;
}

struct text_key {
	const char *name;
	char **to;
};

struct list_key {
	const char *name;
	char ***to;
	size_t *n;
};

/* Names with [*] behind them, and * alone, between dots. Anything else would match nothing, and nobody would hear of it. */
static bool is_path(const char *text)
{
	unsigned steps = 0;

	for (;;) {
		size_t n = strcspn(text, ".[");

		if (n == 0 || n >= HN_WORKLOAD_PATH_NAME || (memchr(text, '*', n) && n > 1) ||
		    memchr(text, ']', n) || memchr(text, '$', n))
			return false;
		for (text += n, steps++; strncmp(text, "[*]", 3) == 0; steps++)
			text += 3;
		if (text[0] == '\0')
			return steps <= HN_WORKLOAD_PATH_STEPS;
		if (*text++ != '.')
			return false;
	}
}

static int add_path(struct hn_yaml *y, const struct list_key *key, struct hn_reason *reason)
{
	const char *text = hn_yaml_event(y) == HN_YAML_SCALAR ? hn_yaml_scalar(y) : NULL;
	char **grown;

	if (!text || strlen(text) > PATH_BYTES || !is_path(text))
		return hn_yaml_mistake(
			y, reason, key->name,
			"expected a path such as spec.tasks[*].template or spec.replicaSpecs.*.template");
	if (*key->n == PATHS_MAX)
		return hn_yaml_mistake(y, reason, key->name, "more than 32 paths");
	grown = reallocarray(*key->to, *key->n + 1, sizeof(*grown));
	if (!grown)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	*key->to = grown;
	grown[*key->n] = strdup(text);
	if (!grown[*key->n])
		return hn_reason_set(reason, -ENOMEM, "no memory");
	++*key->n;
	return 0;
}

static int read_paths(struct hn_yaml *y, const struct list_key *key, struct hn_reason *reason)
{
	int r;

	if (hn_yaml_event(y) != HN_YAML_LIST)
		return hn_yaml_mistake(y, reason, key->name, "expected a list of paths");
	while ((r = hn_yaml_next(y, reason)) == 0 && hn_yaml_event(y) != HN_YAML_LIST_END) {
		r = add_path(y, key, reason);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_text(struct hn_yaml *y, const struct text_key *key, struct hn_reason *reason)
{
	const char *text = hn_yaml_event(y) == HN_YAML_SCALAR ? hn_yaml_scalar(y) : NULL;

	if (!text || strlen(text) > PATH_BYTES || strpbrk(text, "?#% \n"))
		return hn_yaml_mistake(y, reason, key->name, "expected a name");
	if (*key->to)
		return hn_yaml_mistake(y, reason, key->name, "is there twice");
	*key->to = strdup(text);
	return *key->to ? 0 : hn_reason_set(reason, -ENOMEM, "no memory");
}

static int read_member(struct hn_yaml *y, struct hn_workload_kind *k, struct hn_reason *reason)
{
	const struct text_key texts[] = {
		{"group", &k->group}, {"kind", &k->kind}, {"resource", &k->resource}, {"version", &k->version}};
	const struct list_key lists[] = {{"templates", &k->templates, &k->n_templates},
					 {"podSpecs", &k->pod_specs, &k->n_pod_specs},
					 {"containers", &k->containers, &k->n_containers}};
	char name[32];
	const char *text = hn_yaml_event(y) == HN_YAML_SCALAR ? hn_yaml_scalar(y) : NULL;
	int r;

	if (!text || strlen(text) >= sizeof(name))
		return hn_yaml_mistake(y, reason, "kinds", "expected a key");
	hn_strcpy(name, sizeof(name), text);
	r = hn_yaml_next(y, reason);
	for (size_t i = 0; r == 0 && i < HN_ARRAY_SIZE(texts); i++) {
		if (strcmp(name, texts[i].name) == 0)
			return read_text(y, &texts[i], reason);
	}
	for (size_t i = 0; r == 0 && i < HN_ARRAY_SIZE(lists); i++) {
		if (strcmp(name, lists[i].name) == 0)
			return read_paths(y, &lists[i], reason);
	}
	if (r < 0)
		return r;
	text = hn_yaml_event(y) == HN_YAML_SCALAR ? hn_yaml_scalar(y) : NULL;
	if (strcmp(name, "unowned") != 0)
		return hn_yaml_mistake(y, reason, name, "unknown key");
	if (!text || (strcmp(text, "true") != 0 && strcmp(text, "false") != 0))
		return hn_yaml_mistake(y, reason, name, "expected true or false");
	k->unowned = text[0] == 't';
	return 0;
}

/* Takes over what is in `row`; a row of the same group and kind goes. */
static int add_kind(struct hn_workload_kinds *k, struct hn_workload_kind *row, struct hn_reason *reason)
{
	struct hn_workload_kind *old = find(k, row->group, strlen(row->group), row->kind);

	if (old && old->query != HN_QUERY_OTHER)
		return hn_reason_set(reason, -EINVAL, "%s is one of the control's own kinds", row->kind);
	if (!old && k->n == KINDS_MAX)
		return hn_reason_set(reason, -E2BIG, "more than %d kinds", KINDS_MAX);
	if (old)
		kind_done(old);
	else
		old = &k->kinds[k->n++];
	*old = *row;
	*row = (struct hn_workload_kind){0};
	return 0;
}

static int read_kind(struct hn_workload_kinds *k, struct hn_yaml *y, struct hn_reason *reason)
{
	struct hn_workload_kind row = {.query = HN_QUERY_OTHER};
	int r = 0;

	if (hn_yaml_event(y) != HN_YAML_MAP)
		return hn_yaml_mistake(y, reason, "kinds", "expected a list of {group, kind, templates ...}");
	while (r == 0 && (r = hn_yaml_next(y, reason)) == 0 && hn_yaml_event(y) != HN_YAML_MAP_END)
		r = read_member(y, &row, reason);
	if (r == 0 && row.group && row.kind && row.kind[0] && row.n_templates + row.n_pod_specs > 0) {
		r = add_kind(k, &row, reason);
		if (r < 0)
			r = hn_yaml_mistake(y, reason, "kinds", reason->text);
	} else if (r == 0) {
		r = hn_yaml_mistake(y, reason, "kinds", "needs group, kind, and templates or podSpecs");
	}
	kind_done(&row);
	return r;
}

static int read_kinds(struct hn_workload_kinds *k, const char *file, const char *bytes, size_t n,
		      struct hn_reason *reason)
{
	_cleanup_(hn_yaml_cleanup) struct hn_yaml *y = hn_yaml_new(file, bytes, n);
	const char *key;
	int r;

	if (!y)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	r = hn_yaml_next(y, reason);
	if (r < 0)
		return r;
	if (hn_yaml_event(y) != HN_YAML_MAP)
		return hn_yaml_mistake(y, reason, "file", "expected the key kinds");
	r = hn_yaml_next(y, reason);
	if (r < 0)
		return r;
	key = hn_yaml_event(y) == HN_YAML_SCALAR ? hn_yaml_scalar(y) : NULL;
	if (!key || strcmp(key, "kinds") != 0)
		return hn_yaml_mistake(y, reason, "file", "expected the key kinds");
	r = hn_yaml_next(y, reason);
	if (r == 0 && hn_yaml_event(y) != HN_YAML_LIST)
		return hn_yaml_mistake(y, reason, "kinds", "expected a list");
	while (r == 0 && (r = hn_yaml_next(y, reason)) == 0 && hn_yaml_event(y) != HN_YAML_LIST_END)
		r = read_kind(k, y, reason);
	if (r == 0)
		r = hn_yaml_next(y, reason);
	if (r == 0 && hn_yaml_event(y) != HN_YAML_MAP_END)
		return hn_yaml_mistake(y, reason, "file", "a key beside kinds");
	if (r == 0)
		r = hn_yaml_next(y, reason);
	if (r == 0 && hn_yaml_event(y) != HN_YAML_END)
		return hn_yaml_mistake(y, reason, "file", "a second document");
	return r;
}

static int add_builtin(struct hn_workload_kinds *k, const struct builtin *b)
{
	struct hn_workload_kind *row = &k->kinds[k->n++];

	*row = (struct hn_workload_kind){
		.group = strdup(b->group),
		.kind = strdup(b->kind),
		.resource = strdup(b->resource),
		.version = strdup("v1"),
		.query = b->query,
	};
	if (b->template) {
		row->templates = calloc(1, sizeof(row->templates[0]));
		if (row->templates)
			row->templates[row->n_templates++] = strdup(b->template);
	}
	return row->group && row->kind && row->resource && row->version &&
			       (!b->template || (row->templates && row->templates[0])) ?
		       0 :
		       -ENOMEM;
}

int hn_workload_kinds_new(const char *const files[], size_t n_files, struct hn_workload_kinds **ret,
			  struct hn_reason *reason)
{
	_cleanup_(hn_workload_kinds_cleanup) struct hn_workload_kinds *k = calloc(1, sizeof(*k));
	int r = k ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < HN_ARRAY_SIZE(builtins); i++)
		r = add_builtin(k, &builtins[i]);
	if (r < 0)
		return hn_reason_set(reason, r, "no memory");
	r = read_kinds(k, "the built-in workload kinds", workload_kinds_yaml,
		       (size_t)(workload_kinds_yaml_end - workload_kinds_yaml), reason);
	for (size_t i = 0; r == 0 && i < n_files; i++) {
		_cleanup_(hn_file_done) struct hn_file file = {0};

		r = hn_file_read(files[i], &file, reason);
		if (r == 0)
			r = read_kinds(k, files[i], file.bytes, file.n, reason);
	}
	if (r < 0)
		return r;
	*ret = TAKE_PTR(k);
	return 0;
}

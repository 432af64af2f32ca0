// SPDX-License-Identifier: Apache-2.0
// A mistake names file, line and key, never a value: most values are secrets.
#include "kubeconfig_keys.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "hostnetd/str.h"

#define DEPTH 64 /* of what is skipped */

/* --- the tables ------------------------------------------------------------------------------------------ */

enum type {
	TEXT,
	PATH,    /* of a file: relative to the kubeconfig's folder */
	PROGRAM, /* the same where it has a slash; else one of $PATH */
	FLAG,
	ANY, /* a text that is not empty, a map or a list: becomes the key's name */
	EXEC,
	WORDS,
	VARIABLES,
};

struct key {
	const char *name;
	enum type type;
	size_t offset;
};

#define IN(type, field) offsetof(struct hn_kubeconfig_##type, field)
/* clang-format off */
static const struct key cluster_keys[] = {
	{"server",                     TEXT, IN(cluster, server)},
	{"tls-server-name",            TEXT, IN(cluster, tls_server_name)},
	{"certificate-authority",      PATH, IN(cluster, ca_file)},
	{"certificate-authority-data", TEXT, IN(cluster, ca_data)},
	{"proxy-url",                  TEXT, IN(cluster, proxy_url)},
	{"insecure-skip-tls-verify",   FLAG, IN(cluster, insecure)},
	{NULL, TEXT, 0},
};

static const struct key user_keys[] = {
	{"client-certificate",      PATH, IN(user, client_cert)},
	{"client-certificate-data", TEXT, IN(user, client_cert_data)},
	{"client-key",              PATH, IN(user, client_key)},
	{"client-key-data",         TEXT, IN(user, client_key_data)},
	{"token",                   TEXT, IN(user, token)},
	{"tokenFile",               PATH, IN(user, token_file)},
	{"exec",                    EXEC, IN(user, exec)},
	{"username",                ANY,  IN(user, username)},
	{"password",                ANY,  IN(user, username)},
	{"auth-provider",           ANY,  IN(user, auth_provider)},
	{"as",                      ANY,  IN(user, impersonate)},
	{"as-uid",                  ANY,  IN(user, impersonate)},
	{"as-groups",               ANY,  IN(user, impersonate)},
	{"as-user-extra",           ANY,  IN(user, impersonate)},
	{NULL, TEXT, 0},
};

static const struct key context_keys[] = {
	{"cluster", TEXT, IN(context, cluster)},
	{"user",    TEXT, IN(context, user)},
	{NULL, TEXT, 0},
};

static const struct key exec_keys[] = {
	{"apiVersion",         TEXT,      IN(exec, api_version)},
	{"command",            PROGRAM,   IN(exec, command)},
	{"args",               WORDS,     0},
	{"env",                VARIABLES, 0},
	{"installHint",        TEXT,      IN(exec, install_hint)},
	{"interactiveMode",    TEXT,      IN(exec, interactive_mode)},
	{"provideClusterInfo", FLAG,      IN(exec, cluster_info)},
	{NULL, TEXT, 0},
};
/* clang-format on */

/* --- values ------------------------------------------------------------------------------------------------------ */

int hn_kubeconfig_no_memory(struct hn_kubeconfig_reading *r)
{
	return hn_reason_set(r->reason, -ENOMEM, "%s: no memory, or larger than a kubeconfig", r->path);
}

static int keep(struct hn_kubeconfig_reading *r, const char *text, const char **ret)
{
	const char *kept = hn_arena_copy(r->arena, text, strlen(text));

	if (!kept)
		return hn_kubeconfig_no_memory(r);
	*ret = kept;
	return 0;
}

/* The value whose first event is there, whatever it is. */
int hn_kubeconfig_skip(struct hn_kubeconfig_reading *r)
{
	unsigned depth = 0;
	int err = 0;

	for (;;) {
		if (hn_kubeconfig_at(r, HN_YAML_END))
			return hn_kubeconfig_mistake(r, "YAML", "ends too early");
		if (hn_kubeconfig_at(r, HN_YAML_MAP) || hn_kubeconfig_at(r, HN_YAML_LIST))
			depth++;
		else if (hn_kubeconfig_at(r, HN_YAML_MAP_END) || hn_kubeconfig_at(r, HN_YAML_LIST_END))
			depth--;
		if (depth == 0)
			return err;
		if (depth > DEPTH)
			return hn_kubeconfig_mistake(r, "YAML", "is nested too deeply");
		err = hn_kubeconfig_next(r);
		if (err < 0)
			return err;
	}
}

bool hn_kubeconfig_null(const struct hn_kubeconfig_reading *r)
{
	return hn_kubeconfig_at(r, HN_YAML_SCALAR) && hn_yaml_is_null(r->yaml);
}

/* NULL or "": not given. */
int hn_kubeconfig_text(struct hn_kubeconfig_reading *r, const char *key, const char **ret)
{
	const char *text =
		hn_kubeconfig_at(r, HN_YAML_SCALAR) ? hn_yaml_scalar_up_to(r->yaml, HN_KUBECONFIG_DATA) : NULL;

	if (hn_kubeconfig_null(r))
		return 0;
	if (!text)
		return hn_kubeconfig_mistake(r, key, "must be one text of a sane length");
	return text[0] ? keep(r, text, ret) : 0;
}

static int read_path(struct hn_kubeconfig_reading *r, const char *key, bool program, const char **ret)
{
	_cleanup_(hn_str_done) struct hn_str path = {0};
	const char *slash = strrchr(r->path, '/'), *given = NULL;
	int err = hn_kubeconfig_text(r, key, &given);

	if (err < 0 || !given)
		return err;
	if (given[0] == '/' || !slash || (program && !strchr(given, '/'))) {
		*ret = given;
		return 0;
	}
	hn_str_append(&path, r->path, (size_t)(slash - r->path) + 1);
	hn_str_puts(&path, given);
	return path.failed ? hn_kubeconfig_no_memory(r) : keep(r, path.data, ret);
}

static int read_flag(struct hn_kubeconfig_reading *r, const char *key, bool *ret)
{
	const char *text = hn_kubeconfig_at(r, HN_YAML_SCALAR) ? hn_yaml_scalar(r->yaml) : NULL;

	if (hn_kubeconfig_null(r))
		return 0;
	if (!text || (strcmp(text, "true") != 0 && strcmp(text, "false") != 0))
		return hn_kubeconfig_mistake(r, key, "must be true or false");
	*ret = text[0] == 't';
	return 0;
}

static int read_any(struct hn_kubeconfig_reading *r, const char *key, const char **ret)
{
	const char *text =
		hn_kubeconfig_at(r, HN_YAML_SCALAR) ? hn_yaml_scalar_up_to(r->yaml, HN_KUBECONFIG_DATA) : NULL;

	if (!hn_kubeconfig_null(r) && !(text && !text[0]))
		*ret = key;
	return hn_kubeconfig_skip(r);
}

static int read_words(struct hn_kubeconfig_reading *r, const char *key, struct hn_kubeconfig_exec *exec)
{
	int err;

	if (hn_kubeconfig_null(r))
		return 0;
	if (!hn_kubeconfig_at(r, HN_YAML_LIST))
		return hn_kubeconfig_mistake(r, key, "must be a list");
	while (!(err = hn_kubeconfig_next(r)) && !hn_kubeconfig_at(r, HN_YAML_LIST_END)) {
		const char *text = hn_kubeconfig_at(r, HN_YAML_SCALAR) ?
					   hn_yaml_scalar_up_to(r->yaml, HN_KUBECONFIG_DATA) :
					   NULL;

		if (!text)
			return hn_kubeconfig_mistake(r, key, "must be a list of texts");
		if (exec->n_args == HN_KUBECONFIG_WORDS)
			return hn_kubeconfig_mistake(r, key, "has more than 64 entries");
		err = keep(r, text, &exec->args[exec->n_args++]);
		if (err < 0)
			return err;
	}
	return err;
}

static int fill(struct hn_kubeconfig_reading *r, const struct key *keys, const char *what, void *object);

static int read_variables(struct hn_kubeconfig_reading *r, const char *key, struct hn_kubeconfig_exec *exec)
{
	struct variable {
		const char *name, *value;
	};
	static const struct key keys[] = {
		{"name", TEXT, offsetof(struct variable, name)},
		{"value", TEXT, offsetof(struct variable, value)},
		{NULL, TEXT, 0},
	};
	int err;

	if (hn_kubeconfig_null(r))
		return 0;
	if (!hn_kubeconfig_at(r, HN_YAML_LIST))
		return hn_kubeconfig_mistake(r, key, "must be a list");
	while (!(err = hn_kubeconfig_next(r)) && !hn_kubeconfig_at(r, HN_YAML_LIST_END)) {
		struct variable variable = {NULL, NULL};

		err = fill(r, keys, key, &variable);
		if (err < 0)
			return err;
		if (!variable.name || strchr(variable.name, '='))
			return hn_kubeconfig_mistake(r, key, "a variable needs a name without =");
		if (exec->n_variables == HN_KUBECONFIG_WORDS)
			return hn_kubeconfig_mistake(r, key, "has more than 64 entries");
		exec->names[exec->n_variables] = variable.name;
		exec->values[exec->n_variables++] = variable.value ? variable.value : "";
	}
	return err;
}

static int read_exec(struct hn_kubeconfig_reading *r, const char *key, const struct hn_kubeconfig_exec **ret)
{
	struct hn_kubeconfig_exec *exec;
	int err;

	if (hn_kubeconfig_null(r))
		return 0;
	exec = hn_arena_alloc(r->arena, sizeof(*exec));
	if (!exec)
		return hn_kubeconfig_no_memory(r);
	err = fill(r, exec_keys, key, exec);
	if (err == 0)
		*ret = exec;
	return err;
}

static int read_value(struct hn_kubeconfig_reading *r, const struct key *key, void *object)
{
	void *field = (char *)object + key->offset;

	switch (key->type) {
	case TEXT:
		return hn_kubeconfig_text(r, key->name, field);
	case PATH:
	case PROGRAM:
		return read_path(r, key->name, key->type == PROGRAM, field);
	case FLAG:
		return read_flag(r, key->name, field);
	case ANY:
		return read_any(r, key->name, field);
	case EXEC:
		return read_exec(r, key->name, field);
	case WORDS:
		return read_words(r, key->name, object);
	case VARIABLES:
		return read_variables(r, key->name, object);
	}
	return 0;
}

/* A map, by its table of keys. */
static int fill(struct hn_kubeconfig_reading *r, const struct key *keys, const char *what, void *object)
{
	int err;

	if (hn_kubeconfig_null(r))
		return 0;
	if (!hn_kubeconfig_at(r, HN_YAML_MAP))
		return hn_kubeconfig_mistake(r, what, "must be a map");
	while (!(err = hn_kubeconfig_next(r)) && !hn_kubeconfig_at(r, HN_YAML_MAP_END)) {
		const char *name = hn_kubeconfig_at(r, HN_YAML_SCALAR) ? hn_yaml_scalar(r->yaml) : NULL;
		const struct key *key = keys;

		if (!name)
			return hn_kubeconfig_mistake(r, what, "has a key that is no text");
		while (key->name && strcmp(key->name, name) != 0)
			key++;
		err = hn_kubeconfig_next(r);
		if (err == 0)
			err = key->name ? read_value(r, key, object) : hn_kubeconfig_skip(r);
		if (err < 0)
			return err;
	}
	return err;
}

int hn_kubeconfig_read_cluster(struct hn_kubeconfig_reading *r, void *cluster)
{
	return fill(r, cluster_keys, "cluster", cluster);
}

int hn_kubeconfig_read_user(struct hn_kubeconfig_reading *r, void *user)
{
	return fill(r, user_keys, "user", user);
}

int hn_kubeconfig_read_context(struct hn_kubeconfig_reading *r, void *context)
{
	return fill(r, context_keys, "context", context);
}

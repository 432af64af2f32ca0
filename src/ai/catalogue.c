/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the catalogue: the compiled-in file first, then each given file over it, entry by entry. Read-only once
 * made, so a reload makes a new one and the old one stays in use if that fails. */
#include "catalogue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/embed.h"
#include "hostnetd/file.h"
#include "hostnetd/map.h"

HN_EMBED(hn_catalogue_yaml, "src/ai/catalogue.yaml");

#define SIGNATURES_MAX 20000
#define PATTERNS_MAX 400000
#define BUILTIN_NAME "built-in catalogue"

struct hn_catalogue {
	struct hn_signature **signatures;
	size_t n, cap;
	struct hn_map *by_name; /* -> struct hn_signature *, while it is built */
	struct hn_map *index;   /* kind and key -> struct hn_pattern * */
	const char *file;       /* that is read now */
	struct hn_map *seen;    /* names of that file */
};

void hn_catalogue_builtin(const char **ret_bytes, size_t *ret_n)
{
	*ret_bytes = hn_catalogue_yaml;
	*ret_n = (size_t)(hn_catalogue_yaml_end - hn_catalogue_yaml);
}

void hn_catalogue_free(struct hn_catalogue *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		hn_signature_free(c->signatures[i]);
	free(c->signatures);
	hn_map_free(c->by_name);
	hn_map_free(c->index);
	hn_map_free(c->seen);
	free(c);
}

size_t hn_catalogue_count(const struct hn_catalogue *c)
{
	return c->n;
}

const struct hn_signature *hn_catalogue_signature(const struct hn_catalogue *c, size_t i)
{
	return c->signatures[i];
}

static size_t position(const struct hn_catalogue *c, const struct hn_signature *s)
{
	size_t i = 0;

	while (c->signatures[i] != s)
		i++;
	return i;
}

static int append(struct hn_catalogue *c, struct hn_signature *s)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 64;
		struct hn_signature **grown = reallocarray(c->signatures, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		c->signatures = grown;
		c->cap = cap;
	}
	c->signatures[c->n++] = s;
	return 0;
}

/* Takes s into the catalogue, over an entry of the same name. */
static int put(struct hn_catalogue *c, struct hn_signature *s, struct hn_reason *reason)
{
	_cleanup_(hn_signature_cleanup) struct hn_signature *owned = s;
	size_t len = strlen(s->name);
	struct hn_signature *old = hn_map_get(c->by_name, s->name, len);
	int err;

	if (hn_map_get(c->seen, s->name, len))
		return hn_reason_set(reason, -EINVAL, "%s:%u: name: %s is twice in this file", c->file, s->line,
				     s->name);
	err = hn_map_put(c->seen, s->name, len, c);
	if (err)
		return hn_reason_set(reason, -EINVAL, "%s:%u: too many signatures", c->file, s->line);
	if (s->remove) {
		if (!old)
			return hn_reason_set(reason, -EINVAL, "%s:%u: remove: there is no signature %s", c->file,
					     s->line, s->name);
		(void)hn_map_take(c->by_name, s->name, len);
		c->signatures[position(c, old)] = c->signatures[c->n - 1];
		c->n--;
		hn_signature_free(old);
		return 0;
	}
	err = hn_map_put(c->by_name, s->name, len, s);
	if (err)
		return hn_reason_set(reason, err == -ENOSPC ? -EINVAL : err, "%s:%u: %s", c->file, s->line,
				     err == -ENOSPC ? "too many signatures" : "out of memory");
	if (old) {
		c->signatures[position(c, old)] = TAKE_PTR(owned);
		hn_signature_free(old);
		return 0;
	}
	err = append(c, s);
	if (err) {
		(void)hn_map_take(c->by_name, s->name, len);
		return hn_reason_set(reason, err, "%s: out of memory", c->file);
	}
	(void)TAKE_PTR(owned);
	return 0;
}

static int take_signature(void *arg, struct hn_signature *s, struct hn_reason *reason)
{
	return put(arg, s, reason);
}

static int read_bytes(struct hn_catalogue *c, const char *file, const char *bytes, size_t n,
		      struct hn_reason *reason)
{
	const struct hn_signature_reader to = {.on_signature = take_signature, .arg = c};
	int err;

	c->file = file;
	c->seen = hn_map_new(SIGNATURES_MAX);
	if (!c->seen)
		return hn_reason_set(reason, -ENOMEM, "%s: out of memory", file);
	err = hn_signature_read(file, bytes, n, &to, reason);
	hn_map_free(c->seen);
	c->seen = NULL;
	return err;
}

static size_t index_key(enum hn_pattern_kind kind, const char *key, size_t key_len,
			char out[HN_PATTERN_TEXT_MAX + 1])
{
	out[0] = (char)('A' + kind);
	memcpy(out + 1, key, key_len);
	return key_len + 1;
}

static int index_pattern(struct hn_catalogue *c, struct hn_pattern *p)
{
	char key[HN_PATTERN_TEXT_MAX], full[HN_PATTERN_TEXT_MAX + 1];
	size_t n = hn_pattern_key(p->kind, p->text, key);

	n = index_key(p->kind, key, n, full);
	p->next = hn_map_get(c->index, full, n);
	return hn_map_put(c->index, full, n, p);
}

/* The keys of labels whose value is asked for, beside the patterns. */
static int index_asked(struct hn_catalogue *c, struct hn_pattern *p)
{
	const char *value = p->kind == HN_PATTERN_LABEL ? strchr(p->text, '=') : NULL;
	char full[HN_PATTERN_TEXT_MAX + 1];

	return value ? hn_map_put(c->index, full,
				  index_key(HN_PATTERN_MAX, p->text, (size_t)(value - p->text), full), p) :
		       0;
}

static int build_index(struct hn_catalogue *c)
{
	int err = 0;

	c->index = hn_map_new(PATTERNS_MAX);
	if (!c->index)
		return -ENOMEM;
	for (size_t i = 0; !err && i < c->n; i++) {
		struct hn_signature *s = c->signatures[i];

		for (size_t j = 0; !err && j < s->n_patterns; j++) {
			s->patterns[j].signature = (uint32_t)i;
			err = index_pattern(c, &s->patterns[j]);
			if (!err)
				err = index_asked(c, &s->patterns[j]);
		}
	}
	return err;
}

const struct hn_pattern *hn_catalogue_lookup(const struct hn_catalogue *c, enum hn_pattern_kind kind,
					     const char *key, size_t key_len)
{
	char full[HN_PATTERN_TEXT_MAX + 1];

	if (!key_len || key_len >= HN_PATTERN_TEXT_MAX)
		return NULL;
	return hn_map_get(c->index, full, index_key(kind, key, key_len, full));
}

bool hn_catalogue_asks_value(const struct hn_catalogue *c, const char *key, size_t key_len)
{
	return hn_catalogue_lookup(c, HN_PATTERN_MAX, key, key_len) != NULL;
}

int hn_catalogue_new(const char *const files[], size_t n_files, struct hn_catalogue **ret,
		     struct hn_reason *reason)
{
	_cleanup_(hn_catalogue_cleanup) struct hn_catalogue *c = calloc(1, sizeof(*c));
	const char *bytes;
	size_t n;
	int err;

	if (!c)
		return hn_reason_set(reason, -ENOMEM, "signatures: out of memory");
	c->by_name = hn_map_new(SIGNATURES_MAX);
	if (!c->by_name)
		return hn_reason_set(reason, -ENOMEM, "signatures: out of memory");
	hn_catalogue_builtin(&bytes, &n);
	err = read_bytes(c, BUILTIN_NAME, bytes, n, reason);
	for (size_t i = 0; !err && i < n_files; i++) {
		_cleanup_(hn_file_done) struct hn_file file = {0};

		err = hn_file_read(files[i], &file, reason);
		if (!err)
			err = read_bytes(c, files[i], file.bytes, file.n, reason);
	}
	if (err)
		return err;
	hn_map_free(c->by_name);
	c->by_name = NULL;
	c->file = NULL;
	err = build_index(c);
	if (err)
		return hn_reason_set(reason, err, "signatures: %s",
				     err == -ENOSPC ? "too many patterns" : "out of memory");
	*ret = TAKE_PTR(c);
	return 0;
}

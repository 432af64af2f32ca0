/* SPDX-License-Identifier: Apache-2.0 */
/* Names against the index: programs, modules, packages, environment, labels, owners. Pure. */
#include "match.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "hostnetd/str.h"
#include "search.h"

/* A variable that tells where something is belongs to that thing's client as often as to the thing itself. */
#define CLIENT_FACTOR 0.4f
/* An owner's kind of one word, of an unknown API group: Model, Agent, Notebook are common words. */
#define COMMON_KIND_FACTOR 0.6f
#define OTHER_GROUP_FACTOR 0.8f
/* Words of a label: it tells what somebody calls it, or whose team it is. */
#define LABEL_WORD_FACTOR 0.5f

static bool same_word(const char *argument, const char *word, size_t n)
{
	return !strncasecmp(argument, word, n) && (!argument[n] || (word[0] == '-' && argument[n] == '='));
}

/* "ollama serve": the words after the program's name occur in this order among the arguments. */
static bool words_follow(const char *text, const struct hn_word *rest, size_t n_rest)
{
	const char *word = strchr(text, ' ');
	size_t i = 0;

	while (word) {
		const char *end = strchr(++word, ' ');
		size_t n = end ? (size_t)(end - word) : strlen(word);

		while (i < n_rest && !same_word(rest[i].text, word, n))
			i++;
		if (i++ >= n_rest)
			return false;
		word = end;
	}
	return true;
}

bool hn_match_program(struct hn_hits *h, const char *path, const struct hn_word *rest, size_t n_rest)
{
	const char *base = hn_command_basename(path), *title;
	struct hn_search s = {.h = h, .kind = HN_PATTERN_EXE, .factor = 1};
	size_t n = strlen(base);
	struct hn_token t, part;

	if (strchr(base, '@') > base) /* npx NAME@VERSION */
		n = (size_t)(strchr(base, '@') - base);
	while (n && base[n - 1] == ':')
		n--;
	if (!hn_token_lower(&t, base, n))
		return false;
	s.value = t.text;
	hn_search_whole(&s, &t);
	title = strstr(t.text, "::");
	if (title && hn_token_lower(&part, t.text, (size_t)(title - t.text) + 2))
		hn_search_whole(&s, &part);
	if (title && hn_token_lower(&part, t.text, (size_t)(title - t.text) + 2 + strcspn(title + 2, ":_")))
		hn_search_whole(&s, &part);
	for (const struct hn_pattern *p = hn_hits_lookup(h, HN_PATTERN_ARGV, t.text, t.n); p; p = p->next)
		if (words_follow(p->text, rest, n_rest)) {
			s.value = p->text;
			hn_search_add(&s, p, 1);
		}
	if (!s.found)
		hn_search_words(h, t.text, 1, "argv");
	return s.against;
}

void hn_match_module(struct hn_hits *h, const char *module)
{
	size_t n = strcspn(module, ":"), first;
	struct hn_search s = {.h = h, .kind = HN_PATTERN_MODULE, .fits = hn_search_fits_whole, .factor = 1};
	struct hn_token t, head;

	if (!hn_token_lower(&t, module, n))
		return;
	s.value = t.text;
	for (size_t i = 1; i <= t.n; i++)
		if ((!t.text[i] || t.text[i] == '.') && hn_token_lower(&head, t.text, i)) {
			s.token = &head;
			hn_search_key(&s, head.text, head.n);
		}
	first = strcspn(t.text, ".");
	if (hn_token_lower(&head, t.text, first))
		hn_search_whole(&s, &head);
	if (!s.found)
		hn_search_words(h, t.text, 1, "argv");
}

/* …/site-packages/vllm/entrypoints/api_server.py: vllm.entrypoints.api_server, as python -m has it. Of a long name its
 * beginning, which decides. */
static bool installed_module(struct hn_token *t, const struct hn_path *p)
{
	size_t first = p->n;

	if (!hn_ends_with(p->segment[p->n - 1], ".py"))
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->segment[i], "site-packages") || !strcmp(p->segment[i], "dist-packages"))
			first = i + 1;
	t->n = 0;
	for (size_t i = first; i < p->n; i++) {
		size_t n = strlen(p->segment[i]) - (i + 1 == p->n ? strlen(".py") : 0);

		if (t->n + 1 + n >= sizeof(t->text))
			break;
		if (t->n)
			t->text[t->n++] = '.';
		memcpy(t->text + t->n, p->segment[i], n);
		t->n += n;
	}
	t->text[t->n] = '\0';
	return t->n > 0;
}

void hn_match_script(struct hn_hits *h, const char *path)
{
	struct hn_token module;
	struct hn_path p;
	const char *base;

	if (!hn_path_cut(&p, path, strlen(path)))
		return;
	base = p.segment[p.n - 1];
	if (hn_search_segments(h, HN_PATTERN_SCRIPT, &p, base))
		return;
	if (installed_module(&module, &p))
		hn_match_module(h, module.text);
	else
		hn_search_words(h, base, 1, "argv");
}

void hn_match_package(struct hn_hits *h, const char *package, float factor)
{
	struct hn_search s = {.h = h, .kind = HN_PATTERN_PACKAGE, .factor = factor};
	size_t scope = package[0] == '@' ? strcspn(package, "/") : 0, n;
	struct hn_token t;

	if (scope && !package[scope])
		return;
	n = scope ? scope + 1 : 0;
	n += strcspn(package + n, "@/[=<>~! ;");
	if (!hn_token_lower(&t, package, n))
		return;
	for (size_t i = scope; i < t.n; i++)
		if (t.text[i] == '_')
			t.text[i] = '-';
	s.value = t.text;
	hn_search_whole(&s, &t);
}

static bool points_elsewhere(const char *name)
{
	static const char *const ends[] = {"_URL",  "_URLS",    "_URI",  "_HOST",   "_ENDPOINT",
					   "_ADDR", "_ADDRESS", "_PORT", "_SERVER", "_SERVICE"};

	for (size_t i = 0; i < HN_ARRAY_SIZE(ends); i++)
		if (hn_ends_with(name, ends[i]))
			return true;
	return false;
}

static void fits_env(struct hn_search *s, const struct hn_pattern *p)
{
	size_t n = strlen(p->text);

	if (!hn_pattern_fits_glob(p->text, n, s->full))
		return;
	hn_search_add(s, p, p->text[n - 1] == '*' && points_elsewhere(s->full) ? CLIENT_FACTOR : 1);
}

void hn_match_env(struct hn_hits *h, const char *name)
{
	struct hn_search s = {.h = h, .kind = HN_PATTERN_ENV, .fits = fits_env, .full = name, .value = name};
	size_t n = strlen(name);

	if (n >= HN_PATTERN_TEXT_MAX)
		return;
	hn_search_token(&s, name, n, false);
	if (s.found)
		return;
	for (const char *word = name; *word;) {
		n = strcspn(word, "_");
		for (const struct hn_pattern *p = hn_hits_lookup(h, HN_PATTERN_ENV_WORD, word, n); p; p = p->next)
			hn_hits_add(h, p, points_elsewhere(name) ? CLIENT_FACTOR : 1, name);
		word += n + (word[n] == '_');
	}
}

bool hn_match_names_application(const char *key)
{
	static const char *const keys[] = {"app", "app.kubernetes.io/name", "app.kubernetes.io/component",
					   "k8s-app"};

	for (size_t i = 0; i < HN_ARRAY_SIZE(keys); i++)
		if (!strcmp(key, keys[i]))
			return true;
	return false;
}

void hn_match_label(struct hn_hits *h, const char *key, const char *value)
{
	char both[HN_PATTERN_TEXT_MAX];
	struct hn_token t;
	size_t before = h->n;
	const char *slash;

	if (!hn_token_lower(&t, key, strlen(key)))
		return;
	for (const struct hn_pattern *p = hn_hits_lookup(h, HN_PATTERN_LABEL, t.text, t.n); p; p = p->next)
		hn_hits_add(h, p, 1, key);
	slash = strchr(t.text, '/');
	if (slash && (size_t)(slash - t.text) + 2 < sizeof(both)) {
		memcpy(both, t.text, (size_t)(slash - t.text) + 1);
		both[slash - t.text + 1] = '*';
		for (const struct hn_pattern *p =
			     hn_hits_lookup(h, HN_PATTERN_LABEL, both, (size_t)(slash - t.text) + 2);
		     p; p = p->next)
			hn_hits_add(h, p, 1, key);
	}
	if (snprintf(both, sizeof(both), "%s=%.120s", key, value) >= (int)sizeof(both) ||
	    !hn_token_lower(&t, both, strlen(both)))
		return;
	for (const struct hn_pattern *p = hn_hits_lookup(h, HN_PATTERN_LABEL, t.text, t.n); p; p = p->next)
		hn_hits_add(h, p, 1, p->text);
	if (h->n == before && hn_match_names_application(key))
		hn_search_words(h, value, LABEL_WORD_FACTOR, "label");
}

static bool several_words(const char *kind)
{
	size_t upper = 0;

	for (const char *p = kind; *p; p++)
		upper += isupper((unsigned char)*p) != 0;
	return upper > 1;
}

/* LLMInferenceService: LLM, Inference, Service. */
static void owner_words(struct hn_hits *h, const char *kind)
{
	while (*kind) {
		size_t n = 1;

		if (isupper((unsigned char)kind[0]) && isupper((unsigned char)kind[1]))
			while (isupper((unsigned char)kind[n]) && !islower((unsigned char)kind[n + 1]))
				n++;
		else
			while (kind[n] && !isupper((unsigned char)kind[n]))
				n++;
		hn_search_word(h, kind, n, 1, "owner");
		kind += n;
	}
}

void hn_match_owner(struct hn_hits *h, const struct hn_owner *owner)
{
	bool known = false;
	const char *slash = strchr(owner->api_version, '/');
	size_t group_len = slash ? (size_t)(slash - owner->api_version) : 0;
	struct hn_token t;

	if (!hn_token_lower(&t, owner->kind, strlen(owner->kind)))
		return;
	for (const struct hn_pattern *p = hn_hits_lookup(h, HN_PATTERN_OWNER, t.text, t.n); p; p = p->next) {
		const char *group = strchr(p->text, '.');
		bool several = several_words(owner->kind);
		float factor = 1;

		if (group && !owner->api_version[0])
			factor = several ? 1 : COMMON_KIND_FACTOR;
		else if (group && (strlen(group + 1) != group_len ||
				   strncasecmp(group + 1, owner->api_version, group_len) != 0))
			factor = several ? OTHER_GROUP_FACTOR : 0;
		known = true;
		if (factor > 0)
			hn_hits_add(h, p, factor, owner->kind);
	}
	if (!known)
		owner_words(h, owner->kind);
}

void hn_match_claim(struct hn_hits *h, const char *name)
{
	struct hn_token t;

	for (size_t n; *name; name += n ? n : 1) {
		n = strcspn(name, "-_.");
		if (!hn_token_lower(&t, name, n))
			continue;
		for (const struct hn_pattern *p = hn_hits_lookup(h, HN_PATTERN_CLAIM, t.text, t.n); p; p = p->next)
			hn_hits_add(h, p, 1, t.text);
	}
}

/* nvidia0 is nvidia; libcudart-9335f6a2.so.12 and libcudart.so.12.4 are libcudart. */
static size_t held_stem(bool library, const char *name)
{
	size_t n = strlen(name), hash;

	if (!library) {
		while (n && isdigit((unsigned char)name[n - 1]))
			n--;
		return n;
	}
	n = strcspn(name, ".");
	for (hash = n; hash && isxdigit((unsigned char)name[hash - 1]);)
		hash--;
	return hash > 1 && n - hash == 8 && name[hash - 1] == '-' ? hash - 1 : n;
}

void hn_match_held(struct hn_hits *h, bool library, const char *name)
{
	struct hn_search s = {
		.h = h, .kind = library ? HN_PATTERN_LIBRARY : HN_PATTERN_DEVICE, .value = name, .factor = 1};
	struct hn_token t;

	if (hn_token_lower(&t, name, held_stem(library, name)))
		hn_search_whole(&s, &t);
}

void hn_match_name(struct hn_hits *h, enum hn_pattern_kind kind, const char *name)
{
	struct hn_search s = {.h = h, .kind = kind, .value = name, .factor = 1};
	struct hn_token t;

	if (hn_token_lower(&t, name, strlen(name)))
		hn_search_whole(&s, &t);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of patterns: their names, default weights, normal form and keys. Pure. */
#include "pattern.h"

#include <ctype.h>
#include <string.h>

static const struct {
	const char *name;
	const char *signal;
	float weight;
	bool lower;
	bool star;
} kinds[] = {
	[HN_PATTERN_IMAGE] = {"image", "image", 0.95f, true, true},
	[HN_PATTERN_EXE] = {"exe", "exe", 0.92f, true, true},
	[HN_PATTERN_ARGV] = {"argv", "argv", 0.95f, true, false},
	[HN_PATTERN_MODULE] = {"module", "argv", 0.95f, true, true},
	[HN_PATTERN_PACKAGE] = {"package", "argv", 0.92f, true, true},
	[HN_PATTERN_SCRIPT] = {"script", "argv", 0.85f, true, true},
	[HN_PATTERN_FLAG] = {"flag", "argv", 0.5f, true, false},
	[HN_PATTERN_FILE] = {"file", "argv", 0.5f, true, true},
	[HN_PATTERN_MODEL] = {"model", "argv", 0.6f, true, true},
	[HN_PATTERN_PATH] = {"path", "argv", 0.3f, true, false},
	[HN_PATTERN_HOST] = {"host", "argv", 0.4f, true, true},
	[HN_PATTERN_WORD] = {"word", "argv", 0.3f, true, true},
	[HN_PATTERN_ENV] = {"env", "env", 0.6f, false, true},
	[HN_PATTERN_ENV_WORD] = {"env-word", "env", 0.25f, false, false},
	[HN_PATTERN_LABEL] = {"label", "label", 0.8f, true, true},
	[HN_PATTERN_OWNER] = {"owner", "owner", 0.95f, true, false},
	[HN_PATTERN_RESOURCE] = {"resource", "resource", 0.4f, true, true},
	[HN_PATTERN_PORT] = {"port", "port", 0.1f, false, false},
	[HN_PATTERN_MOUNT] = {"mount", "mount", 0.2f, true, false},
	[HN_PATTERN_RUNTIME] = {"runtime", "runtime", 0.1f, true, false},
	[HN_PATTERN_CLAIM] = {"claim", "claim", 0.35f, true, false},
	[HN_PATTERN_DEVICE] = {"device", "device", 0.3f, true, true},
	[HN_PATTERN_LIBRARY] = {"library", "library", 0.5f, true, true},
};
_Static_assert(HN_ARRAY_SIZE(kinds) == HN_PATTERN_MAX, "one row a kind");

const char *hn_pattern_kind_name(enum hn_pattern_kind k)
{
	return kinds[k].name;
}

float hn_pattern_kind_weight(enum hn_pattern_kind k)
{
	return kinds[k].weight;
}

const char *hn_pattern_kind_signal(enum hn_pattern_kind k)
{
	return kinds[k].signal;
}

enum hn_pattern_kind hn_pattern_kind_find(const char *name)
{
	enum hn_pattern_kind k;

	for (k = 0; k < HN_PATTERN_MAX; k++)
		if (!strcmp(kinds[k].name, name))
			break;
	return k;
}

static bool separator(char c)
{
	return c == '-' || c == '_' || c == '.' || c == '/' || c == '@';
}

/* A star stands for whole words: alone in its segment, or beside a separator. */
static bool star_is_whole(const char *text, const char *star)
{
	bool left = star == text || separator(star[-1]), right = !star[1] || separator(star[1]);

	return left && right;
}

static bool empty_part(const char *text, char between)
{
	const char twice[] = {between, between, '\0'};

	return text[0] == between || text[strlen(text) - 1] == between || strstr(text, twice);
}

/* Case, and where stars stand. */
static const char *normalise_bytes(enum hn_pattern_kind k, char *text)
{
	size_t stars = 0;

	for (char *p = text; *p; p++) {
		if ((unsigned char)*p < ' ')
			return "holds a control character";
		if (kinds[k].lower)
			*p = (char)tolower((unsigned char)*p);
		if (k == HN_PATTERN_FLAG && *p == '_')
			*p = '-';
		if (*p != '*')
			continue;
		stars++;
		if (!kinds[k].star)
			return "may not hold '*'";
		if (k != HN_PATTERN_WORD && !star_is_whole(text, p))
			return "has a '*' inside a word: put it beside one of - _ . / @";
	}
	return stars > 1 ? "has more than one '*'" : NULL;
}

/* A short beginning or end is in many words: html ends in ml. */
static const char *wrong_word(const char *text, size_t n)
{
	if (!strchr(text, '*'))
		return NULL;
	if (text[0] != '*' && text[n - 1] != '*')
		return "may have '*' at its beginning or its end only";
	return n > HN_PATTERN_AFFIX_MIN && n <= HN_PATTERN_AFFIX_MAX + 1 ?
		       NULL :
		       "must have 3 to 12 letters beside the '*'";
}

/* What a kind asks for. A text that would never match anything is a mistake too. */
static const char *wrong_shape(enum hn_pattern_kind k, const char *text, size_t n)
{
	switch (k) {
	case HN_PATTERN_FILE:
		return strncmp(text, "*.", 2) || !text[2] || strchr(text + 2, '.') ? "must look like *.gguf" :
										     NULL;
	case HN_PATTERN_FLAG:
		return text[0] == '-' ? NULL : "must begin with '-'";
	case HN_PATTERN_MODEL:
		return n < 3 || strcmp(text + n - 2, "/*") ? "must look like meta-llama/*" : NULL;
	case HN_PATTERN_IMAGE:
	case HN_PATTERN_SCRIPT:
		if (empty_part(text, '/'))
			return "has an empty segment";
		return strcmp(text, "*") ? NULL : "would match everything";
	case HN_PATTERN_LABEL:
		return strcmp(text, "*") ? NULL : "would match everything";
	case HN_PATTERN_WORD:
		return wrong_word(text, n);
	case HN_PATTERN_ENV:
		return strchr(text, '*') && text[n - 1] != '*' ? "may have '*' at its end only" : NULL;
	case HN_PATTERN_ARGV:
		return empty_part(text, ' ') ? "has an empty word" : NULL;
	case HN_PATTERN_OWNER:
		return text[0] == '.' ? "has no kind" : NULL;
	case HN_PATTERN_DEVICE:
		return isdigit((unsigned char)text[n - 1]) ? "must be without the number at its end" : NULL;
	case HN_PATTERN_LIBRARY:
		return strchr(text, '.') ? "must be without what follows the first '.'" : NULL;
	case HN_PATTERN_EXE:
	case HN_PATTERN_MODULE:
	case HN_PATTERN_PACKAGE:
	case HN_PATTERN_PATH:
	case HN_PATTERN_HOST:
	case HN_PATTERN_ENV_WORD:
	case HN_PATTERN_RESOURCE:
	case HN_PATTERN_PORT:
	case HN_PATTERN_MOUNT:
	case HN_PATTERN_RUNTIME:
	case HN_PATTERN_CLAIM:
	case HN_PATTERN_MAX:
		break;
	}
	return NULL;
}

const char *hn_pattern_normalise(enum hn_pattern_kind k, char *text)
{
	size_t n = strlen(text);
	const char *wrong;

	if (!n)
		return "is empty";
	if (n >= HN_PATTERN_TEXT_MAX)
		return "is longer than 199 bytes";
	wrong = normalise_bytes(k, text);
	if (!wrong)
		wrong = wrong_shape(k, text, n);
	if (!wrong && k == HN_PATTERN_FILE)
		memmove(text, text + 2, n - 1);
	return wrong;
}

static size_t copy_key(char *key, const char *from, size_t n)
{
	memcpy(key, from, n);
	key[n] = '\0';
	return n;
}

/* Up to and with the star, or from it on where nothing stands before it. */
static size_t glob_key(const char *text, size_t n, char *key)
{
	const char *star = memchr(text, '*', n);

	if (!star)
		return copy_key(key, text, n);
	if (star == text)
		return copy_key(key, text, n);
	return copy_key(key, text, (size_t)(star - text) + 1);
}

static size_t path_key(const char *text, char *key)
{
	const char *last = strrchr(text, '/');

	if (last && !strcmp(last, "/*")) { /* by the segment above and the star */
		const char *above = last;

		while (above > text && above[-1] != '/')
			above--;
		return copy_key(key, above, strlen(above));
	}
	last = last ? last + 1 : text;
	return glob_key(last, strlen(last), key);
}

size_t hn_pattern_key(enum hn_pattern_kind k, const char *text, char *key)
{
	switch (k) {
	case HN_PATTERN_IMAGE:
	case HN_PATTERN_SCRIPT:
		return path_key(text, key);
	case HN_PATTERN_ARGV:
		return copy_key(key, text, strcspn(text, " "));
	case HN_PATTERN_FLAG:
		return copy_key(key, text, strcspn(text, "="));
	case HN_PATTERN_MODEL:
		return copy_key(key, text, strlen(text) - 2);
	case HN_PATTERN_OWNER:
		return copy_key(key, text, strcspn(text, "."));
	case HN_PATTERN_EXE:
	case HN_PATTERN_MODULE:
	case HN_PATTERN_PACKAGE:
	case HN_PATTERN_FILE:
	case HN_PATTERN_PATH:
	case HN_PATTERN_HOST:
	case HN_PATTERN_WORD:
	case HN_PATTERN_ENV:
	case HN_PATTERN_ENV_WORD:
	case HN_PATTERN_LABEL:
	case HN_PATTERN_RESOURCE:
	case HN_PATTERN_PORT:
	case HN_PATTERN_MOUNT:
	case HN_PATTERN_RUNTIME:
	case HN_PATTERN_CLAIM:
	case HN_PATTERN_DEVICE:
	case HN_PATTERN_LIBRARY:
	case HN_PATTERN_MAX:
		break;
	}
	return glob_key(text, strlen(text), key);
}

bool hn_pattern_fits_glob(const char *glob, size_t glob_len, const char *s)
{
	const char *star = memchr(glob, '*', glob_len);
	size_t n = strlen(s), before, after;

	if (!star)
		return n == glob_len && !memcmp(glob, s, n);
	before = (size_t)(star - glob);
	after = glob_len - before - 1;
	return n > before + after && !memcmp(glob, s, before) && !memcmp(star + 1, s + n - after, after);
}

bool hn_pattern_fits_path(const char *pattern, size_t len, const char *const segments[], size_t n)
{
	const char *end = pattern + len;

	while (n) {
		const char *begin = end;

		while (begin > pattern && begin[-1] != '/')
			begin--;
		if (!hn_pattern_fits_glob(begin, (size_t)(end - begin), segments[n - 1]))
			return false;
		n--;
		if (begin == pattern)
			return true;
		end = begin - 1;
	}
	return false;
}

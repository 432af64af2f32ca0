// SPDX-License-Identifier: Apache-2.0
// Selectors of labels. As in Kubernetes: "!=" and "notin" match objects without the label, too.
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/asset.h"
#include "hostnetd/report_kind.h"
#include "hostnetd/str.h"

#define TEXT_MAX 4096
#define TERMS_MAX 64

enum operator{ EXISTS, ABSENT, IN, NOT_IN };

struct term {
	enum operator operator;
	char *key;
	char *values; /* each with a NUL behind it */
	size_t n_values;
};

struct hn_selector {
	size_t n;
	struct term terms[TERMS_MAX];
};

struct parser {
	const char *text, *at;
	struct hn_reason *reason;
};

void hn_selector_free(struct hn_selector *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		free(s->terms[i].key);
		free(s->terms[i].values);
	}
	free(s);
}

static int wrong(const struct parser *p, const char *expected)
{
	return hn_reason_set(p->reason, -EINVAL, "selector '%.200s': at '%.40s': %s was expected", p->text, p->at,
			     expected);
}

static void skip_spaces(struct parser *p)
{
	while (*p->at == ' ' || *p->at == '\t')
		p->at++;
}

static bool take(struct parser *p, const char *sign)
{
	skip_spaces(p);
	if (!hn_starts_with(p->at, sign))
		return false;
	p->at += strlen(sign);
	return true;
}

/* A key or value; may be empty. */
static size_t word_length(struct parser *p)
{
	size_t n = 0;

	skip_spaces(p);
	while (isalnum((unsigned char)p->at[n]) || (p->at[n] && strchr("-_./", p->at[n])))
		n++;
	return n;
}

/* No object has a label that Kubernetes refuses: such a selector fits nothing, and would pass. "prefix/name", or a name. */
static bool is_label_key(char *key)
{
	char *slash = strchr(key, '/');
	bool good;

	if (!slash)
		return key[0] && hn_is_label_value(key);
	*slash = '\0';
	good = hn_is_dns_subdomain(key) && slash[1] && hn_is_label_value(slash + 1);
	*slash = '/';
	return good;
}

static int add_value(struct parser *p, struct term *t)
{
	size_t n = word_length(p), held = 0;
	char *grown;

	for (size_t i = 0; i < t->n_values; i++)
		held += strlen(t->values + held) + 1;
	grown = realloc(t->values, held + n + 1);
	if (!grown)
		return hn_reason_set(p->reason, -ENOMEM, "no memory");
	memcpy(grown + held, p->at, n);
	grown[held + n] = '\0';
	t->values = grown;
	t->n_values++;
	if (grown[held] && !hn_is_label_value(grown + held))
		return wrong(p, "a label's value, at most 63 letters, digits and -_. between letters or digits,");
	p->at += n;
	return 0;
}

static int parse_set(struct parser *p, struct term *t)
{
	int r;

	if (!take(p, "("))
		return wrong(p, "(");
	skip_spaces(p);
	if (*p->at == ')')
		return wrong(p, "a label's value");
	do {
		r = add_value(p, t);
		if (r < 0)
			return r;
	} while (take(p, ","));
	return take(p, ")") ? 0 : wrong(p, ", or )");
}

/* "in" and "notin" are words: they end where a word ends. */
static bool take_word(struct parser *p, const char *word)
{
	size_t n = word_length(p);

	if (n != strlen(word) || strncmp(p->at, word, n) != 0)
		return false;
	p->at += n;
	return true;
}

static int parse_term(struct parser *p, struct term *t)
{
	bool absent = take(p, "!");
	size_t n = word_length(p);

	if (n == 0)
		return wrong(p, "a label's name");
	t->key = strndup(p->at, n);
	if (!t->key)
		return hn_reason_set(p->reason, -ENOMEM, "no memory");
	if (!is_label_key(t->key))
		return wrong(p, "a label's name, alone or behind a DNS name and a slash,");
	p->at += n;
	t->operator= absent ? ABSENT : EXISTS;
	if (absent)
		return 0;
	if (take(p, "!=")) {
		t->operator= NOT_IN;
		return add_value(p, t);
	}
	if (take(p, "==") || take(p, "=")) {
		t->operator= IN;
		return add_value(p, t);
	}
	if (take_word(p, "in")) {
		t->operator= IN;
		return parse_set(p, t);
	}
	if (take_word(p, "notin")) {
		t->operator= NOT_IN;
		return parse_set(p, t);
	}
	return 0;
}

int hn_selector_parse(const char *text, struct hn_selector **ret, struct hn_reason *reason)
{
	_cleanup_(hn_selector_cleanup) struct hn_selector *s = calloc(1, sizeof(*s));
	struct parser p = {.text = text, .at = text, .reason = reason};

	if (!s)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	if (strlen(text) > TEXT_MAX)
		return hn_reason_set(reason, -EINVAL, "selector: longer than %d bytes", TEXT_MAX);
	do {
		int r;

		if (s->n == TERMS_MAX)
			return hn_reason_set(reason, -EINVAL, "selector: more than %d terms", TERMS_MAX);
		r = parse_term(&p, &s->terms[s->n++]);
		if (r < 0)
			return r;
	} while (take(&p, ","));
	skip_spaces(&p);
	if (*p.at)
		return wrong(&p, "',', '=', '!=', 'in (…)', 'notin (…)' or the end");
	*ret = TAKE_PTR(s);
	return 0;
}

static bool holds(const struct term *t, const char *value)
{
	const char *at = t->values;

	for (size_t i = 0; i < t->n_values; i++, at += strlen(at) + 1) {
		if (strcmp(at, value) == 0)
			return true;
	}
	return false;
}

static bool term_match(const struct term *t, const struct hn_pair *labels, size_t n)
{
	const char *value = NULL;

	for (size_t i = 0; i < n && !value; i++) {
		if (strcmp(labels[i].key, t->key) == 0)
			value = labels[i].value;
	}
	switch (t->operator) {
	case EXISTS:
		return value;
	case ABSENT:
		return !value;
	case IN:
		return value && holds(t, value);
	case NOT_IN:
		return !value || !holds(t, value);
	}
	return false;
}

bool hn_selector_match(const struct hn_selector *s, const struct hn_pair *labels, size_t n)
{
	for (size_t i = 0; s && i < s->n; i++) {
		if (!term_match(&s->terms[i], labels, n))
			return false;
	}
	return true;
}

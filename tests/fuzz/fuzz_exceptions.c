/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a file of rules. What is accepted must be whole, and each rule's own words must match as globs match; what
 * is not must say where and why. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/asset.h"
#include "hostnetd/exception.h"
#include "hostnetd/glob.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The plain way, for short patterns: each star tries all there is. */
static bool slow_match(const char *pattern, const char *text)
{
	if (*pattern == '*')
		return slow_match(pattern + 1, text) || (*text && slow_match(pattern, text + 1));
	if (!*pattern || !*text)
		return *pattern == *text;
	return (*pattern == '?' || *pattern == *text) && slow_match(pattern + 1, text + 1);
}

static void try_glob(const char *pattern, const char *text)
{
	bool fits = hn_glob_match(pattern, text);

	if (strlen(pattern) <= 8 && strlen(text) <= 12)
		must(fits == slow_match(pattern, text));
	must(!pattern[0] || !hn_glob_is_open(pattern) || fits || strchr(pattern, '?'));
}

static void try_globs(const struct hn_exception_globs *globs)
{
	must(globs->n == 0 || globs->items);
	for (size_t i = 0; i < globs->n; i++) {
		must(globs->items[i][0] && strlen(globs->items[i]) <= 255);
		for (size_t k = 0; k < globs->n && k < 8; k++)
			try_glob(globs->items[i], globs->items[k]);
	}
}

/* One that the rule believes. */
static const char *group_of(const struct hn_exception *e, const struct hn_exception_workload *named,
			    const char *kind)
{
	if (named && named->group)
		return named->group;
	for (size_t i = 0; named && i < hn_workload_kinds_count(e->kinds); i++)
		if (strcmp(hn_workload_kinds_at(e->kinds, i)->kind, kind) == 0)
			return hn_workload_kinds_at(e->kinds, i)->group;
	return "x.example";
}

/* A declared pod whose facts are the rule's first words. */
static void try_match(const struct hn_exceptions *x, const struct hn_exception *e)
{
	const struct hn_exception_workload *named = e->workloads.n ? e->workloads.items : NULL;
	char api_version[HN_WORKLOAD_GROUP + 4];
	struct hn_judgement ai = {.verdict = HN_AI};
	uint16_t port = e->n_ports ? e->ports[0].first : 80;
	struct hn_exception_facts facts = {
		.cause = HN_CAUSE_DECLARED,
		.ns = e->namespaces.n ? e->namespaces.items[0] : "ml",
		.workload = {api_version, named && named->kind ? named->kind : "Job",
			     named && named->name ? named->name : "x"},
		.covered_by = e->digest,
		.ai = &ai,
		.ports = &port,
		.n_ports = 1,
	};
	bool covers, by_class = e->categories.n || e->products.n;
	struct hn_wall before = {e->expires.ns - 1};

	snprintf(api_version, sizeof(api_version), "%s/v1", group_of(e, named, facts.workload.kind));
	covers = hn_exception_covers(e, &facts);
	must(by_class || covers == (e->causes >> HN_CAUSE_DECLARED & 1));
	must(!by_class || !covers);
	must(!covers || hn_exceptions_match(x, &facts, before));
	must(hn_exceptions_match(x, &facts, e->expires) != e);
	facts.cause = HN_CAUSE_UNKNOWN;
	must(!hn_exception_covers(e, &facts));
}

static void try_rule(const struct hn_exceptions *x, const struct hn_exception *e)
{
	must(e->name && e->name[0] && strlen(e->name) <= 127 && hn_exceptions_find(x, e->name) == e);
	must(e->reason && e->reason[0] && e->line > 0 && e->causes && !(e->causes & 1U << HN_CAUSE_UNKNOWN));
	try_globs(&e->namespaces);
	try_globs(&e->images);
	try_globs(&e->categories);
	try_globs(&e->products);
	for (size_t i = 0; i < e->n_ports; i++)
		must(e->ports[i].first > 0 && e->ports[i].first <= e->ports[i].last);
	for (size_t i = 0; i < e->labels.n; i++)
		must(e->labels.items[i].first && e->labels.items[i].second);
	try_match(x, e);
}

/* Two texts with a NUL between them: a pattern and what it is held against. */
static void try_bytes(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\0', size);
	size_t n = end ? size - (size_t)(end - data) - 1 : 0;
	char *text = end ? malloc(n + 1) : NULL;

	if (!text)
		return;
	memcpy(text, end + 1, n);
	text[n] = '\0';
	try_glob((const char *)data, text);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hn_exceptions *x = NULL;
	struct hn_reason reason = {""};
	int err;

	if (size > 0)
		try_bytes(data, size);
	err = hn_exceptions_parse("fuzz.yaml", (const char *)data, size, &x, &reason);
	must(err == 0 || err == -EINVAL);
	must((err == 0) == (x != NULL));
	must(err ? strncmp(reason.text, "fuzz.yaml:", 10) == 0 : reason.text[0] == '\0');
	for (size_t i = 0; i < hn_exceptions_count(x); i++)
		try_rule(x, hn_exceptions_at(x, i));
	hn_exceptions_free(x);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Pods and processes for the tests of src/ai, made of a few words. */
#ifndef TEST_AI_RIG_H
#define TEST_AI_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ai/catalogue.h"
#include "ai/hits.h"
#include "ai/signals.h"
#include "hostnetd/ai.h"
#include "hostnetd/str.h"

#define RIG_WORDS 64

struct rig_words {
	size_t n;
	const char *word[RIG_WORDS];
	char text[4096];
};

/* Cuts at blanks; 'a b' is one word. */
static inline void rig_cut(struct rig_words *w, const char *text)
{
	char *p = w->text;

	assert_true(hn_strcpy(w->text, sizeof(w->text), text));
	w->n = 0;
	while (*p) {
		char end = ' ';

		while (*p == ' ')
			p++;
		if (!*p)
			break;
		if (*p == '\'')
			end = *p++;
		assert_true(w->n < RIG_WORDS);
		w->word[w->n++] = p;
		while (*p && *p != end)
			p++;
		if (*p)
			*p++ = '\0';
	}
}

/* Words as /proc has them. Returns the length. */
static inline size_t rig_argv(char *buf, size_t size, const char *text)
{
	struct rig_words w;
	size_t n = 0;

	rig_cut(&w, text);
	for (size_t i = 0; i < w.n; i++) {
		size_t len = strlen(w.word[i]) + 1;

		assert_true(n + len <= size);
		memcpy(buf + n, w.word[i], len);
		n += len;
	}
	return n;
}

static inline struct hn_catalogue *rig_catalogue(const char *const files[], size_t n)
{
	struct hn_catalogue *c = NULL;
	struct hn_reason reason = {""};

	if (hn_catalogue_new(files, n, &c, &reason))
		fail_msg("%s", reason.text);
	return c;
}

/* One container, one process: all that most tests need. Fields may be set before rig_judge. */
struct rig {
	struct hn_container container;
	struct hn_pod pod;
	struct hn_process_view process;
	struct rig_words command, args, env;
	struct hn_pair resource, label;
	struct hn_port port;
	const char *mount;
	char argv[4096];
};

static inline void rig_init(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->container = (struct hn_container){.name = "c", .image = "", .image_id = "", .id = "", .runtime = ""};
	r->pod = (struct hn_pod){.uid = "u", .ns = "default", .name = "p", .runtime_class = "", .phase = ""};
	r->pod.controller = r->pod.workload = (struct hn_owner){"", "", ""};
	r->pod.containers = &r->container;
	r->pod.n_containers = 1;
	r->process = (struct hn_process_view){.pid = 4711, .exe = "", .argv = r->argv};
}

static inline void rig_command(struct rig *r, const char *text)
{
	rig_cut(&r->command, text);
	r->container.command = r->command.word;
	r->container.n_command = r->command.n;
}

static inline void rig_args(struct rig *r, const char *text)
{
	rig_cut(&r->args, text);
	r->container.args = r->args.word;
	r->container.n_args = r->args.n;
}

static inline void rig_env(struct rig *r, const char *text)
{
	rig_cut(&r->env, text);
	r->container.env = r->env.word;
	r->container.n_env = r->env.n;
}

static inline void rig_resource(struct rig *r, const char *name)
{
	r->resource = (struct hn_pair){name, "1"};
	r->container.resources = &r->resource;
	r->container.n_resources = 1;
}

static inline void rig_label(struct rig *r, const char *key, const char *value)
{
	r->label = (struct hn_pair){key, value};
	r->pod.labels = &r->label;
	r->pod.n_labels = 1;
}

static inline void rig_process(struct rig *r, const char *exe, const char *text)
{
	r->process.exe = exe;
	r->process.argv_len = rig_argv(r->argv, sizeof(r->argv), text);
}

static inline struct hn_judgement rig_judge(const struct rig *r, const struct hn_catalogue *c)
{
	struct hn_judgement j;

	memset(&j, 0x5a, sizeof(j));
	hn_ai_judge(c, &r->pod, &r->process, r->process.argv_len || r->process.exe[0] ? 1 : 0, &j);
	return j;
}

static inline const struct hn_evidence *rig_evidence(const struct hn_judgement *j, const char *signature)
{
	for (size_t i = 0; i < j->n_evidence; i++)
		if (!strcmp(j->evidence[i].signature, signature))
			return &j->evidence[i];
	return NULL;
}

static inline const struct hn_hit *rig_hit(const struct hn_hits *h, const char *signature)
{
	for (size_t i = 0; i < h->n; i++)
		if (!strcmp(hn_catalogue_signature(h->catalogue, h->hit[i].pattern->signature)->name, signature))
			return &h->hit[i];
	return NULL;
}

/* The built-in catalogue with these entries over it. */
static inline struct hn_catalogue *rig_catalogue_of(const char *signatures)
{
	char path[] = "/tmp/hn-match-XXXXXX";
	const char *files[] = {path};
	int fd = mkstemp(path);
	struct hn_catalogue *catalogue;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, signatures, strlen(signatures)), (ssize_t)strlen(signatures));
	close(fd);
	catalogue = rig_catalogue(files, 1);
	unlink(path);
	return catalogue;
}

struct rig_row {
	const char *text, *signature, *value;
};

/* `value`: what the evidence shows; NULL: the signature must not be hit. */
static _unused_ void rig_assert_hit(struct hn_hits *hits, const char *what, const char *signature,
				    const char *value)
{
	const struct hn_hit *h = rig_hit(hits, signature);

	if (!h != !value)
		fail_msg("%s: %s %s", what, signature, h ? "hit" : "missed");
	if (h && strcmp(h->value, value) != 0)
		fail_msg("%s: value '%s', want '%s'", what, h->value, value);
}

static _unused_ void rig_assert_judged(const struct hn_judgement *j, enum hn_verdict verdict, const char *category,
				       const char *product)
{
	if (j->verdict != verdict || strcmp(j->category, category) || strcmp(j->product, product))
		fail_msg("got %s '%s' '%s' %.3f, want %s '%s' '%s'", hn_verdict_name(j->verdict), j->category,
			 j->product, j->score, hn_verdict_name(verdict), category, product);
	assert_true(j->score >= 0 && j->score <= 1);
}

#endif

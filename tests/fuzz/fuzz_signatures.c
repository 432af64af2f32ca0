/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a catalogue's file. What is accepted must be fit for the index; what is not must say why. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/ai/signature.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static int on_signature(void *arg, struct hn_signature *s, struct hn_reason *reason)
{
	size_t *n = arg;

	(void)reason;
	must(s->name && s->name[0] && strlen(s->name) < 48);
	must(s->remove || (s->product && strlen(s->product) < 48 && s->n_patterns > 0));
	must(s->remove || s->against == (s->category[0] == '\0'));
	must(s->cap > 0 && s->cap <= 1);
	for (size_t i = 0; i < s->n_patterns; i++) {
		const struct hn_pattern *p = &s->patterns[i];
		char key[HN_PATTERN_TEXT_MAX];
		size_t len;

		must((unsigned)p->kind < HN_PATTERN_MAX && p->text && p->text[0]);
		must(p->weight >= -1 && p->weight <= 1 && (s->against ? p->weight <= 0 : p->weight > 0));
		len = hn_pattern_key(p->kind, p->text, key);
		must(len > 0 && len < sizeof(key) && key[len] == '\0');
	}
	hn_signature_free(s);
	(*n)++;
	return 0;
}

static int on_example(void *arg, const char *name, bool match, enum hn_pattern_kind kind, const char *text)
{
	(void)arg;
	(void)match;
	must(name && name[0] && text && (unsigned)kind < HN_PATTERN_MAX);
	return text[0] ? 0 : -EINVAL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = 0;
	const struct hn_signature_reader to = {on_signature, on_example, &n};
	struct hn_reason reason = {""};
	int err = hn_signature_read("fuzz.yaml", (const char *)data, size, &to, &reason);

	must(err == 0 || err == -EINVAL);
	must(err ? strncmp(reason.text, "fuzz.yaml:", 10) == 0 : reason.text[0] == '\0');
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a process's argv, and the same words as everything that a pod's spec holds, against the built-in
 * catalogue. What a judgement promises must hold. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/ai.h"

#define WORDS_MAX 256

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check(const struct hn_judgement *j)
{
	must(j->score >= 0 && j->score <= 1);
	must(j->verdict == (j->score >= 0.8 ? HN_AI : j->score >= 0.5 ? HN_LIKELY_AI : HN_NOT_AI));
	must((j->verdict == HN_NOT_AI) == (j->category[0] == '\0'));
	must(memchr(j->category, '\0', sizeof(j->category)) && memchr(j->product, '\0', sizeof(j->product)));
	must(j->n_evidence <= HN_EVIDENCE_MAX);
	for (size_t i = 0; i < j->n_evidence; i++) {
		const struct hn_evidence *e = &j->evidence[i];

		must(e->signal && e->signal[0] && e->signature[0] && e->weight >= -1 && e->weight <= 1);
		must(memchr(e->path, '\0', sizeof(e->path)) && e->path[0]);
		must(memchr(e->value, '\0', sizeof(e->value)) && memchr(e->signature, '\0', sizeof(e->signature)));
	}
}

/* The words of `copy`, which ends in a NUL. */
static size_t cut(const char *copy, size_t size, const char *words[WORDS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < size && n < WORDS_MAX; i += strlen(copy + i) + 1)
		words[n++] = copy + i;
	return n;
}

static void judge_spec(const struct hn_catalogue *c, const char *const words[], size_t n)
{
	const char *first = n ? words[0] : "", *second = n > 1 ? words[1] : "";
	struct hn_pair pairs[WORDS_MAX];
	struct hn_port port = {(uint16_t)n, "", "TCP"};
	struct hn_container k = {.image = first, .command = words, .n_command = n / 2, .args = words + n / 2};
	struct hn_pod pod = {.uid = "", .ns = "", .name = "", .containers = &k, .n_containers = 1};
	struct hn_judgement j;

	for (size_t i = 0; i < n; i++)
		pairs[i] = (struct hn_pair){words[i], i + 1 < n ? words[i + 1] : ""};
	k.n_args = n - n / 2;
	k.env = k.mounts = words;
	k.n_env = k.n_mounts = n;
	k.resources = pod.labels = pod.annotations = pairs;
	k.n_resources = pod.n_labels = pod.n_annotations = n;
	k.ports = &port;
	k.n_ports = 1;
	k.type = (enum hn_container_type)(n % HN_CONTAINER_TYPE_MAX);
	pod.runtime_class = first;
	pod.controller = pod.workload = (struct hn_owner){second, first, ""};
	hn_ai_judge(c, &pod, NULL, 0, &j);
	check(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hn_catalogue *catalogue;
	const char *words[WORDS_MAX];
	struct hn_process_view p = {.pid = 1, .exe = ""};
	struct hn_reason reason = {""};
	struct hn_judgement j;
	char *copy;

	if (!catalogue)
		must(hn_catalogue_new(NULL, 0, &catalogue, &reason) == 0);
	copy = malloc(size + 1);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	copy[size] = '\0';
	p.argv = (const char *)data; /* exactly these bytes, with no NUL behind them */
	p.argv_len = size;
	hn_ai_judge(catalogue, NULL, &p, 1, &j);
	check(&j);
	p.exe = copy;
	hn_ai_judge(catalogue, NULL, &p, 1, &j);
	check(&j);
	judge_spec(catalogue, words, cut(copy, size + 1, words));
	free(copy);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Labelled pods: what the catalogue and the weighing make of each. ai-workloads-dev.jsonl was there while the catalogue
 * was written; ai-workloads-more.jsonl, of the same form, was written after it, to see how it does on what it does not
 * know. Prints the figures; HN_CORPUS=FILE measures another file, HN_CORPUS_ROWS=1 prints each row that is not as
 * expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "hostnetd/ai.h"
#include "hostnetd/str.h"

#define CONTAINERS_MAX 12
#define LIST_MAX 64
#define PROCESSES_MAX 12

struct row {
	struct hn_pod pod;
	struct hn_container containers[CONTAINERS_MAX];
	const char *words[CONTAINERS_MAX][3][LIST_MAX]; /* command, args, env */
	struct hn_port ports[CONTAINERS_MAX][LIST_MAX];
	struct hn_pair resources[CONTAINERS_MAX][LIST_MAX];
	struct hn_pair labels[LIST_MAX], annotations[LIST_MAX];
	struct hn_process_view processes[PROCESSES_MAX];
	char argv[PROCESSES_MAX][8192];
	size_t n_processes;
};

static const char *text(const cJSON *o, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);

	return cJSON_IsString(v) ? v->valuestring : "";
}

static size_t strings(const cJSON *o, const char *key, const char *out[LIST_MAX])
{
	const cJSON *v;
	size_t n = 0;

	cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(o, key)) {
		assert_true(cJSON_IsString(v) && n < LIST_MAX);
		out[n++] = v->valuestring;
	}
	return n;
}

static size_t pairs(const cJSON *map, struct hn_pair out[LIST_MAX])
{
	const cJSON *v;
	size_t n = 0;

	cJSON_ArrayForEach(v, map) {
		assert_true(n < LIST_MAX);
		out[n++] = (struct hn_pair){v->string, cJSON_IsString(v) ? v->valuestring : ""};
	}
	return n;
}

static void read_container(struct row *r, size_t i, const cJSON *o)
{
	struct hn_container *k = &r->containers[i];
	const cJSON *v, *resources = cJSON_GetObjectItemCaseSensitive(o, "resources");
	size_t n = 0;

	k->type = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "init")) ? HN_CONTAINER_INIT :
									      HN_CONTAINER_REGULAR;
	for (size_t j = 0; j < i; j++)
		k->index += r->containers[j].type == k->type;
	k->name = text(o, "name");
	k->image = text(o, "image");
	k->image_id = k->id = k->runtime = "";
	k->n_command = strings(o, "command", r->words[i][0]);
	k->n_args = strings(o, "args", r->words[i][1]);
	k->n_env = strings(o, "envNames", r->words[i][2]);
	k->command = r->words[i][0];
	k->args = r->words[i][1];
	k->env = r->words[i][2];
	cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(o, "ports"))
		r->ports[i][n++] = (struct hn_port){(uint16_t)v->valueint, "", "TCP"};
	k->n_ports = n;
	k->ports = r->ports[i];
	v = cJSON_GetObjectItemCaseSensitive(resources, "limits");
	k->n_resources = pairs(v ? v : cJSON_GetObjectItemCaseSensitive(resources, "requests"), r->resources[i]);
	k->resources = r->resources[i];
}

static void read_process(struct row *r, const cJSON *o)
{
	struct hn_process_view *p = &r->processes[r->n_processes];
	char *argv = r->argv[r->n_processes];
	const cJSON *v;
	size_t n = 0;

	cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(o, "argv")) {
		assert_true(n + strlen(v->valuestring) < sizeof(r->argv[0]));
		memcpy(argv + n, v->valuestring, strlen(v->valuestring) + 1);
		n += strlen(v->valuestring) + 1;
	}
	*p = (struct hn_process_view){
		.pid = (pid_t)(4000 + r->n_processes), .exe = text(o, "exe"), .argv = argv, .argv_len = n};
	r->n_processes++;
}

static void read_row(struct row *r, const cJSON *o)
{
	const cJSON *owners = cJSON_GetObjectItemCaseSensitive(o, "ownerKinds"), *v;
	int n = cJSON_GetArraySize(owners);
	const char *nearest = n ? cJSON_GetArrayItem(owners, 0)->valuestring : "";
	size_t i = 0;

	memset(r, 0, sizeof(*r));
	r->pod = (struct hn_pod){
		.uid = "u", .ns = text(o, "namespace"), .name = text(o, "name"), .runtime_class = ""};
	r->pod.host_network = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "hostNetwork"));
	r->pod.controller = (struct hn_owner){"", nearest, "x"};
	r->pod.workload = (struct hn_owner){"", n ? cJSON_GetArrayItem(owners, n - 1)->valuestring : "Pod", "x"};
	r->pod.n_labels = pairs(cJSON_GetObjectItemCaseSensitive(o, "labels"), r->labels);
	r->pod.n_annotations = pairs(cJSON_GetObjectItemCaseSensitive(o, "annotations"), r->annotations);
	r->pod.labels = r->labels;
	r->pod.annotations = r->annotations;
	cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(o, "containers")) {
		assert_true(i < CONTAINERS_MAX);
		read_container(r, i++, v);
	}
	r->pod.n_containers = i;
	r->pod.containers = r->containers;
	cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(o, "processes")) {
		assert_true(r->n_processes < PROCESSES_MAX);
		read_process(r, v);
	}
}

struct figures {
	unsigned rows, ai[HN_VERDICT_MAX], not_ai[HN_VERDICT_MAX], debatable, category, product, products;
};

static void print_row(const cJSON *o, const struct hn_judgement *j)
{
	if (!getenv("HN_CORPUS_ROWS"))
		return;
	printf("%s expect %s/%s, got %s/%s/%s %.2f: %s\n", text(o, "id"), text(o, "expect"), text(o, "category"),
	       hn_verdict_name(j->verdict), j->category, j->product, j->score, text(o, "why"));
	for (size_t i = 0; i < j->n_evidence; i++)
		printf("\t%5.2f %s %s = %s (%s)\n", j->evidence[i].weight, j->evidence[i].signal,
		       j->evidence[i].path, j->evidence[i].value, j->evidence[i].signature);
}

static void judge_row(struct figures *f, const struct hn_catalogue *c, const cJSON *o)
{
	static struct row r;
	struct hn_judgement j;
	bool ai = !strcmp(text(o, "expect"), "ai"), right;

	read_row(&r, o);
	hn_ai_judge(c, &r.pod, r.processes, r.n_processes, &j);
	f->rows++;
	if (ai) {
		f->ai[j.verdict]++;
		right = !strcmp(j.category, text(o, "category"));
		f->category += right;
		f->products += *text(o, "product") != '\0';
		f->product += *text(o, "product") && !strcmp(j.product, text(o, "product"));
		if (!right || j.verdict != HN_AI)
			print_row(o, &j);
		return;
	}
	if (strstr(text(o, "why"), "debatable")) {
		f->debatable++;
		return;
	}
	f->not_ai[j.verdict]++;
	if (j.verdict != HN_NOT_AI)
		print_row(o, &j);
}

static void measure(const char *path, struct figures *f)
{
	_cleanup_(hn_catalogue_cleanup) struct hn_catalogue *c = NULL;
	struct hn_reason reason = {""};
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	int err = hn_catalogue_new(NULL, 0, &c, &reason);

	if (err)
		fail_msg("%s", reason.text);
	assert_non_null(file);
	memset(f, 0, sizeof(*f));
	while (getline(&line, &cap, file) > 0) {
		cJSON *o = cJSON_Parse(line);

		assert_non_null(o);
		judge_row(f, c, o);
		cJSON_Delete(o);
	}
	free(line);
	fclose(file);
}

static unsigned sum(const unsigned v[HN_VERDICT_MAX])
{
	return v[HN_NOT_AI] + v[HN_LIKELY_AI] + v[HN_AI];
}

static double percent(unsigned part, unsigned of)
{
	return of ? 100.0 * part / of : 0;
}

static struct figures measured(const char *path)
{
	struct figures f;
	unsigned ai, not_ai;

	measure(path, &f);
	ai = sum(f.ai);
	not_ai = sum(f.not_ai);
	printf("%s\n  ai rows %u: ai %u (%.1f %%), likely %u (%.1f %%), missed %u\n", path, ai, f.ai[HN_AI],
	       percent(f.ai[HN_AI], ai), f.ai[HN_LIKELY_AI], percent(f.ai[HN_LIKELY_AI], ai), f.ai[HN_NOT_AI]);
	printf("  not-ai rows %u (debatable left out: %u): ai %u, likely %u (%.1f %%)\n", not_ai, f.debatable,
	       f.not_ai[HN_AI], f.not_ai[HN_LIKELY_AI], percent(f.not_ai[HN_LIKELY_AI], not_ai));
	printf("  category right %u (%.1f %% of ai rows), product as spelled there %u of %u\n", f.category,
	       percent(f.category, ai), f.product, f.products);
	return f;
}

static void assert_floors(const struct figures *f, unsigned rows, double ai_floor)
{
	unsigned ai = sum(f->ai);

	assert_int_equal(f->rows, rows);
	assert_int_equal(f->not_ai[HN_AI], 0);
	assert_true(percent(f->not_ai[HN_LIKELY_AI], sum(f->not_ai)) <= 1);
	assert_true(percent(f->ai[HN_AI], ai) >= ai_floor);
	assert_true(percent(f->ai[HN_AI] + f->ai[HN_LIKELY_AI], ai) >= 99);
	assert_true(percent(f->category, ai) >= 98);
}

static void test_developed_with(void **state)
{
	struct figures f = measured("tests/data/ai-workloads-dev.jsonl");

	(void)state;
	assert_floors(&f, 599, 98);
}

static void test_written_afterwards(void **state)
{
	struct figures f = measured("tests/data/ai-workloads-more.jsonl");

	(void)state;
	assert_floors(&f, 408, 93);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_developed_with),
		cmocka_unit_test(test_written_afterwards),
	};

	if (getenv("HN_CORPUS")) {
		(void)measured(getenv("HN_CORPUS"));
		return 0;
	}
	return cmocka_run_group_tests_name("corpus", tests, NULL, NULL);
}

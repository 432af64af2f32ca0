/* SPDX-License-Identifier: Apache-2.0 */
/* What a verdict costs: judge PODLIST [SIGNATURES]. Prints "pods N signatures N us N" (the median of the rounds, for all
 * pods), then "argv BYTES us N" for one process whose arguments grow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hostnetd/ai.h"

#define ROUNDS 51

static double us_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double rounds[static ROUNDS])
{
	qsort(rounds, ROUNDS, sizeof(rounds[0]), by_value);
	return rounds[ROUNDS / 2];
}

static void judge_pods(const struct hn_catalogue *c, const struct hn_podlist *pods)
{
	double rounds[ROUNDS];
	struct hn_judgement j;

	for (int k = 0; k < ROUNDS; k++) {
		double begin = us_now();

		for (size_t i = 0; i < hn_podlist_count(pods); i++)
			hn_ai_judge(c, hn_podlist_at(pods, i), NULL, 0, &j);
		rounds[k] = us_now() - begin;
	}
	printf("pods %zu signatures %zu us %.0f\n", hn_podlist_count(pods), hn_catalogue_count(c), median(rounds));
}

static void judge_argv(const struct hn_catalogue *c)
{
	static const char words[] =
		"--served-model-name=x\0/models/llama-3.gguf\0a=b,c=d\0https://x.example/y\0sh\0";
	static char argv[1 << 20];
	double rounds[ROUNDS];
	struct hn_judgement j;

	for (size_t i = 0; i < sizeof(argv); i++)
		argv[i] = words[i % (sizeof(words) - 1)];
	for (size_t n = 1024; n <= sizeof(argv); n *= 4) {
		struct hn_process_view p = {.pid = 1, .exe = "/usr/bin/app", .argv = argv, .argv_len = n};

		for (int k = 0; k < ROUNDS; k++) {
			double begin = us_now();

			hn_ai_judge(c, NULL, &p, 1, &j);
			rounds[k] = us_now() - begin;
		}
		printf("argv %zu us %.0f\n", n, median(rounds));
	}
}

int main(int argc, char *argv[])
{
	_cleanup_(hn_catalogue_cleanup) struct hn_catalogue *c = NULL;
	_cleanup_(hn_podlist_cleanup) struct hn_podlist *pods = NULL;
	struct hn_reason reason = {""};

	if (argc < 2 || hn_catalogue_new((const char *const *)argv + 2, (size_t)argc - 2, &c, &reason) < 0 ||
	    hn_podlist_read_file(argv[1], &pods, &reason) < 0) {
		fprintf(stderr, "judge: %s\n", argc < 2 ? "usage: judge PODLIST [SIGNATURES]" : reason.text);
		return 1;
	}
	judge_pods(c, pods);
	judge_argv(c);
	return 0;
}

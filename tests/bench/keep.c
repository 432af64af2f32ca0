/* SPDX-License-Identifier: Apache-2.0 */
/* What the history costs: keep FILE EVENTS. Prints "events N json BYTES file BYTES us N commit N N": what the events are as
 * JSON, the file with all of them in it, the processor's microseconds for one, the helper thread's included, and how long
 * one that is urgent waits for the disk (median and 99th percentile, us). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "hostnetd/history.h"

#define FINDINGS 20
#define PACE 20 /* one of so many waits for the disk, as findings do */

/* As src/report writes them, of a server with a long command line. */
#define WHOSE                                                                                                           \
	"\"finding\":\"%032x\",\"pod\":{\"namespace\":\"inference\",\"name\":\"llama-3-8b-7d9c6b5f4-x2v%02u\",\"uid\":" \
	"\"2f1d3c4b-5a69-4788-96a5-b4c3d2e1%04x\"},\"workload\":{\"kind\":\"Deployment\",\"name\":\"llama-3-8b\"},"     \
	"\"container\":\"server\",\"cause\":\"declared\","
#define PROCESS                                                                                                    \
	"\"process\":{\"pid\":%u,\"startTime\":\"2026-11-24T20:31:07.123456Z\",\"comm\":\"python3\",\"exe\":"      \
	"\"/usr/bin/python3.11\",\"argv\":[\"python3\",\"-m\",\"vllm.entrypoints.openai.api_server\",\"--model\"," \
	"\"meta-llama/Meta-Llama-3-8B-Instruct\",\"--port\",\"8000\"],\"uid\":1000,\"container\":\"server\","      \
	"\"threadsInHostNetns\":1,\"ancestors\":[{\"pid\":4711,\"comm\":\"sh\"},{\"pid\":4700,\"comm\":"           \
	"\"containerd-shim\"},{\"pid\":1,\"comm\":\"systemd\"}],\"parent\":4711}"

static const struct {
	const char *type, *more;
} kinds[] = {
	{"process.exec", ""},
	{"network.listening", ",\"endpoint\":{\"protocol\":\"tcp\",\"address\":\"0.0.0.0\",\"port\":8000}"},
	{"network.contact",
	 ",\"endpoint\":{\"protocol\":\"tcp\",\"address\":\"169.254.169.254\",\"port\":80},\"contact\":\"metadata\""},
	{"process.exited", ""},
};

static double us_now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static size_t put(struct hn_history *h, unsigned i)
{
	const unsigned kind = i % HN_ARRAY_SIZE(kinds), who = i % FINDINGS;
	struct hn_history_event event = {
		.seq = i + 1, .time = hn_wall_now(), .mono = hn_mono_now(), .urgent = i % PACE == 0};
	char json[2048], id[33], time[HN_TIME_TEXT];
	int n;

	snprintf(id, sizeof(id), "%032x", who);
	n = snprintf(json, sizeof(json),
		     "{\"seq\":%u,\"time\":\"%s\",\"monoNs\":%" PRId64 ",\"type\":\"%s\"," WHOSE PROCESS "%s}",
		     i + 1, hn_wall_format(event.time, time), event.mono.ns, kinds[kind].type, who, who, who,
		     5000 + i, kinds[kind].more);
	event.type = kinds[kind].type;
	event.finding = id;
	event.json = json;
	hn_history_put(h, &event);
	return n > 0 && (size_t)n < sizeof(json) ? (size_t)n : 0;
}

int main(int argc, char **argv)
{
	struct hn_history_settings settings = {
		.max_bytes = INT64_MAX, .max_age_ns = INT64_MAX / 2, .proc_root = "/proc", .watches = true};
	unsigned count = argc == 3 ? (unsigned)atoi(argv[2]) : 0, n = 0;
	double *waits = calloc(count / PACE + 1, sizeof(*waits)), begin;
	struct hn_history_stats stats;
	struct hn_reason reason = {""};
	struct hn_history *h = NULL;
	struct stat st;
	size_t bytes = 0;
	bool failed = false;

	if (!count || !waits) {
		fprintf(stderr, "usage: keep FILE EVENTS\n");
		return 2;
	}
	settings.path = argv[1];
	if (hn_history_open(&settings, &h, &reason) < 0 || reason.text[0]) {
		fprintf(stderr, "keep: %s\n", reason.text);
		return 1;
	}
	for (unsigned i = 0; i < count; i++) {
		begin = us_now(CLOCK_MONOTONIC);
		bytes += put(h, i);
		if (i % PACE == 0)
			waits[n++] = us_now(CLOCK_MONOTONIC) - begin;
		if (i % PACE == PACE - 1) /* nobody makes events as fast as a loop does */
			failed |= !hn_history_flush(h);
	}
	hn_history_stats(h, &stats);
	hn_history_free(h);
	if (failed || stats.not_stored || stat(argv[1], &st) < 0) {
		fprintf(stderr, "keep: not every event was kept\n");
		return 1;
	}
	qsort(waits, n, sizeof(*waits), by_value);
	printf("events %u json %zu file %" PRId64 " us %.1f commit %.0f %.0f\n", count, bytes, (int64_t)st.st_size,
	       us_now(CLOCK_PROCESS_CPUTIME_ID) / count, waits[n / 2], waits[n * 99 / 100]);
	free(waits);
	return 0;
}

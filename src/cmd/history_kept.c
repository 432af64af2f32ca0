// SPDX-License-Identifier: Apache-2.0
#include "history_kept.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/map.h"

#define POD_MAX ((size_t)8 * 1024 * 1024)
#define EVENTS_MAX 100000
#define OLD_PROGRAMS 1024 /* different ones, of a form that kept no clues */
#define WORDS (HN_FINDING_ARGV * 2)

struct reading {
	struct hn_kept *kept;
	const struct hn_catalogue *catalogue;
	const struct hn_pod *pod; /* NULL: not known */
	struct hn_history_reader *reader;
	struct hn_map *programs; /* of events, each once */
	bool too_many;
};

static void __attribute__((format(printf, 2, 3))) miss(struct hn_kept *k, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	hn_str_append(&k->missing, text, strlen(text) + 1);
}

static bool take_pod(const struct hn_history_row *row, void *arg)
{
	struct hn_podlist **ret = arg;
	static const char head[] = "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[", tail[] = "]}";
	_cleanup_(hn_podlist_reader_cleanup) struct hn_podlist_reader *reader = hn_podlist_reader_new(POD_MAX);
	struct hn_reason ignored;

	if (reader && hn_podlist_reader_feed(reader, head, sizeof(head) - 1, &ignored) == 0 &&
	    hn_podlist_reader_feed(reader, row->json, strlen(row->json), &ignored) == 0 &&
	    hn_podlist_reader_feed(reader, tail, sizeof(tail) - 1, &ignored) == 0)
		(void)!hn_podlist_reader_finish(reader, ret, &ignored);
	return false;
}

static bool take_clue(const struct hn_clue *clue, void *arg)
{
	struct reading *re = arg;

	hn_entry_learn(re->kept->entry, clue, re->catalogue, re->pod);
	return true;
}

/* Before there were clues, the steps that were told were all that was known of what ran and listened. */
static bool take_event(const struct hn_history_row *row, void *arg)
{
	struct reading *re = arg;
	const char *exe = row->field[HN_HISTORY_EXE], *argv = row->field[HN_HISTORY_ARGV];
	char words[WORDS], key[512 + WORDS];
	struct hn_clue clue = {.kind = HN_CLUE_PROGRAM,
			       .pid = (pid_t)strtol(row->field[HN_HISTORY_PID], NULL, 10),
			       .container = "",
			       .name = exe,
			       .argv = words};
	size_t n;

	if (strcmp(row->type, "network.listening") == 0) {
		unsigned long port = strtoul(row->field[HN_HISTORY_PORT], NULL, 10);

		take_clue(&(struct hn_clue){.kind = HN_CLUE_PORT,
					    .pid = clue.pid,
					    .container = "",
					    .name = "",
					    .number = port <= UINT16_MAX ? (unsigned)port : 0},
			  re);
	}
	if (!exe[0] && !argv[0])
		return true;
	clue.argv_len = hn_history_argv(re->reader, argv, words, sizeof(words));
	n = (size_t)snprintf(key, 512, "%s", exe);
	n = (n < 511 ? n : 511) + 1;
	memcpy(key + n, words, clue.argv_len);
	n += clue.argv_len;
	if (hn_map_get(re->programs, key, n))
		return true;
	if (hn_map_put(re->programs, key, n, re) < 0) {
		re->too_many = true;
		return false;
	}
	return take_clue(&clue, re);
}

static int read_events(struct reading *re, const char *finding, struct hn_reason *reason)
{
	struct hn_history_filter filter = {.finding = finding, .limit = EVENTS_MAX};
	int r;

	re->programs = hn_map_new(OLD_PROGRAMS);
	if (!re->programs)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	r = hn_history_events(re->reader, &filter, take_event, re, reason);
	if (re->too_many)
		miss(re->kept, "the first %d programs are looked at, of more", OLD_PROGRAMS);
	hn_map_free(re->programs);
	return r;
}

static int say_left(struct hn_kept *k, struct hn_history_reader *r, const char *finding, struct hn_reason *reason)
{
	static const int most[] = {[HN_CLUE_PROGRAM] = HN_HISTORY_PROGRAMS,
				   [HN_CLUE_DEVICE] = HN_HISTORY_DEVICES,
				   [HN_CLUE_LIBRARY] = HN_HISTORY_LIBRARIES,
				   [HN_CLUE_PORT] = HN_HISTORY_PORTS};
	size_t left[HN_CLUE_KIND_MAX];
	int error = hn_history_clues_left(r, finding, left, reason);

	_Static_assert(HN_ARRAY_SIZE(most) == HN_CLUE_KIND_MAX, "a bound for each kind");
	for (int kind = 0; kind < HN_CLUE_KIND_MAX && error == 0; kind++)
		if (left[kind])
			miss(k, "it holds the first %d %s; %zu%s more were seen", most[kind],
			     hn_clue_kind_plural((enum hn_clue_kind)kind), left[kind],
			     left[kind] >= HN_HISTORY_CLUES_LEFT ? " or" : "");
	return error;
}

/* Their values are not kept where no signature of that day asked for them. */
static void say_annotations(struct hn_kept *k, const struct hn_pod *pod, const struct hn_catalogue *catalogue)
{
	for (size_t i = 0; i < pod->n_annotations; i++)
		if (!pod->annotations[i].value[0] && hn_ai_asks_value(catalogue, pod->annotations[i].key))
			miss(k, "the value of annotation %.128s is not kept", pod->annotations[i].key);
}

int hn_kept_read(struct hn_history_reader *r, const struct hn_history_row *row,
		 const struct hn_catalogue *catalogue, struct hn_kept *ret, struct hn_reason *reason)
{
	const struct hn_container_ref nobody = {.kind = HN_CGROUP_CONTAINER};
	const char *whole = row->field[HN_HISTORY_WHOLE];
	struct reading re = {.kept = ret, .catalogue = catalogue, .reader = r};
	int error = hn_history_pods(r, row->id, take_pod, &ret->pods, reason);

	ret->entry = hn_entry_new("", &nobody, HN_WAY_NAMESPACE);
	if (!ret->entry)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	if (ret->pods && hn_podlist_count(ret->pods))
		re.pod = hn_podlist_at(ret->pods, 0);
	if (re.pod)
		hn_entry_know(ret->entry, re.pod);
	if (error == 0)
		error = hn_history_clues(r, row->id, take_clue, &re, reason);
	if (error == 0 && !whole[0])
		error = read_events(&re, row->id, reason);
	if (error < 0)
		return error;
	hn_entry_judge(ret->entry, catalogue, re.pod);
	if (!whole[0])
		miss(ret, "an older hostnetd wrote it, which kept less than its verdict rested on");
	else if (strcmp(whole, "1") != 0)
		miss(ret, "some of what was seen was lost before it was written");
	if (row->field[HN_HISTORY_POD][0] && !re.pod)
		miss(ret, "its pod's spec is not kept, or cannot be read");
	if (re.pod)
		say_annotations(ret, re.pod, catalogue);
	return say_left(ret, r, row->id, reason);
}

void hn_kept_done(struct hn_kept *k)
{
	hn_entry_free(k->entry);
	hn_podlist_free(k->pods);
	hn_str_done(&k->missing);
	*k = (struct hn_kept){0};
}

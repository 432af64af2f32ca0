// SPDX-License-Identifier: Apache-2.0
/* `hostnetd classify`: the pods of a file, judged by their specs. Touches neither the node nor a cluster. */
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "hostnetd/log.h"

#define FLUSH_BYTES 65536

static int read_pods(const char *path, struct hn_podlist **ret, struct hn_reason *reason)
{
	if (strcmp(path, "-") == 0)
		return hn_podlist_read_fd(STDIN_FILENO, "standard input", ret, reason);
	return hn_podlist_read_file(path, ret, reason);
}

static int list(const struct hn_settings *s, const struct hn_catalogue *catalogue)
{
	_cleanup_(hn_str_done) struct hn_str out = {0};

	if (hn_settings_table(s))
		hn_report_catalogue_table(catalogue, hn_settings_width(), &out);
	else
		hn_report_catalogue_json(catalogue, &out);
	return hn_output_write(&out);
}

struct page {
	bool json, explain, colour;
	unsigned width;
	struct hn_classify_columns columns;
};

static void put(const struct page *page, const struct hn_pod *pod, const struct hn_judgement *ai,
		struct hn_str *out)
{
	if (page->json)
		hn_report_classify_json(pod, ai, page->explain, out);
	else if (page->explain)
		hn_report_classify_explain(pod, ai, page->colour, out);
	else
		hn_report_classify_row(&page->columns, pod, ai, page->width, page->colour, out);
}

/* A table is judged twice: first for its widths. A verdict takes microseconds, keeping all of them megabytes. */
static void measure(struct page *page, const struct hn_catalogue *catalogue, const struct hn_podlist *pods)
{
	struct hn_judgement ai;

	for (size_t i = 0; i < hn_podlist_count(pods); i++) {
		hn_ai_judge(catalogue, hn_podlist_at(pods, i), NULL, 0, &ai);
		hn_report_classify_measure(&page->columns, hn_podlist_at(pods, i), &ai);
	}
}

static int classify(const struct hn_settings *s, const struct hn_catalogue *catalogue,
		    const struct hn_podlist *pods)
{
	_cleanup_(hn_str_done) struct hn_str out = {0};
	struct page page = {
		.explain = s->explain,
		/* Words are asked for by --explain; with an explicit --output json they are a member. */
		.json = s->output == HN_OUTPUT_JSON || (!s->explain && !hn_settings_table(s)),
		.colour = hn_settings_colour(),
		.width = hn_settings_width(),
	};

	if (!page.json && !page.explain) {
		measure(&page, catalogue, pods);
		hn_report_classify_head(&page.columns, page.width, &out);
	}
	for (size_t i = 0; i < hn_podlist_count(pods); i++) {
		struct hn_judgement ai;

		hn_ai_judge(catalogue, hn_podlist_at(pods, i), NULL, 0, &ai);
		put(&page, hn_podlist_at(pods, i), &ai, &out);
		if (out.len < FLUSH_BYTES)
			continue;
		if (hn_output_write(&out) != HN_EXIT_OK)
			return HN_EXIT_TROUBLE;
		hn_str_clear(&out);
	}
	return hn_output_write(&out);
}

int hn_command_classify(const struct hn_settings *s)
{
	_cleanup_(hn_catalogue_cleanup) struct hn_catalogue *catalogue = NULL;
	_cleanup_(hn_podlist_cleanup) struct hn_podlist *pods = NULL;
	struct hn_reason reason = {{0}};

	if (!s->pods_file && !s->list) {
		hn_error("nothing to classify: give --pods-file FILE ('-' is standard input), or --list");
		return HN_EXIT_TROUBLE;
	}
	if (hn_catalogue_new((const char *const *)s->signatures.items, s->signatures.n, &catalogue, &reason) < 0 ||
	    (!s->list && read_pods(s->pods_file, &pods, &reason) < 0)) {
		hn_error("%s", reason.text);
		return HN_EXIT_TROUBLE;
	}
	return s->list ? list(s, catalogue) : classify(s, catalogue, pods);
}

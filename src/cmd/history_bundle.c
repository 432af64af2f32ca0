// SPDX-License-Identifier: Apache-2.0
/* The bundle for an incident's ticket: JSON lines, the first says what it is, the last holds the SHA-256 of all before. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "history.h"
#include "history_watch.h"

#include "hostnetd/json.h"
#include "hostnetd/map.h"

#define FINDINGS_MAX 1000000
#define SEAL_TEXT "{\"kind\":\"end\",\"lines\":%zu,\"sha256\":\"%s\"}\n"

struct bundle {
	struct hn_history_reader *reader;
	struct hn_reason *reason;
	struct hn_str out;
	const char *kind;
	size_t lines;
	struct hn_map *findings; /* those in it */
	int error;
};

static bool put_body(const struct hn_history_row *row, void *arg)
{
	struct bundle *b = arg;
	struct hn_json j;

	hn_json_init(&j, &b->out);
	hn_json_object(&j);
	hn_json_kv_string(&j, "kind", b->kind);
	hn_json_kv_opt(&j, "finding", row->id);
	hn_json_key(&j, "body");
	hn_json_raw(&j, row->json);
	hn_json_object_end(&j);
	hn_str_putc(&b->out, '\n');
	b->lines++;
	return !b->out.failed;
}

static bool put_finding(const struct hn_history_row *row, void *arg)
{
	struct bundle *b = arg;
	struct hn_history_filter filter = {.finding = row->id, .limit = 1000000};

	if (hn_map_put(b->findings, row->id, strlen(row->id), b) < 0)
		b->out.failed = true;
	b->kind = "finding";
	put_body(row, b);
	b->kind = "pod";
	b->error = hn_history_pods(b->reader, row->id, put_body, b, b->reason);
	b->kind = "clue";
	if (b->error == 0)
		b->error = hn_history_clue_rows(b->reader, row->id, put_body, b, b->reason);
	b->kind = "executable";
	if (b->error == 0)
		b->error = hn_history_executables(b->reader, row->id, put_body, b, b->reason);
	b->kind = "event";
	if (b->error == 0)
		b->error = hn_history_events(b->reader, &filter, put_body, b, b->reason);
	return b->error == 0 && !b->out.failed;
}

static bool put_refusal(const struct hn_history_row *row, void *arg)
{
	struct bundle *b = arg;

	return hn_map_get(b->findings, row->id, strlen(row->id)) || put_body(row, b);
}

static int put_manifest(struct bundle *b)
{
	struct hn_history_watched watched;
	char now[HN_TIME_TEXT];
	struct hn_json j;
	int r = hn_history_watched(b->reader, &watched, b->reason);

	if (r < 0)
		return r;
	hn_json_init(&j, &b->out);
	hn_json_object(&j);
	hn_json_kv_string(&j, "kind", "manifest");
	hn_json_kv_string(&j, "schema", "hostnetd.bundle/v1");
	hn_json_kv_string(&j, "agentVersion", HN_VERSION);
	hn_json_kv_string(&j, "time", hn_wall_format(hn_wall_now(), now));
	hn_watch_end_json(&watched, &j);
	hn_json_object_end(&j);
	hn_str_putc(&b->out, '\n');
	return 0;
}

static int save(const char *path, const struct hn_str *text, struct hn_reason *reason)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), r = 0;

	if (fd < 0)
		return hn_reason_set(reason, -errno, "%s: %s", path, strerror(errno));
	for (size_t at = 0; at < text->len && r == 0;) {
		ssize_t n = write(fd, text->data + at, text->len - at);

		if (n < 0 && errno != EINTR)
			r = -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0)
		return 0;
	unlink(path); /* half a bundle is none */
	return hn_reason_set(reason, r, "%s: %s", path, strerror(-r));
}

int hn_history_export(struct hn_history_reader *r, const struct hn_settings *s,
		      const struct hn_history_filter *filter, struct hn_reason *reason)
{
	_cleanup_(hn_map_cleanup) struct hn_map *findings = hn_map_new(FINDINGS_MAX);
	struct bundle b = {.reader = r, .reason = reason, .lines = 1, .findings = findings};
	struct hn_history_filter agents = {.since = filter->since, .until = filter->until, .limit = 1000000};
	static const char *const about_agent[] = {"agent.started", "agent.stopped",     "agent.gap",
						  "agent.lost",    "exception.expired", "exception.unused",
						  "pod.differs"};
	char digest[HN_HISTORY_DIGEST];
	int result;

	if (!findings)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	result = put_manifest(&b);
	if (result == 0)
		result = hn_history_findings(r, filter, put_finding, &b, reason);
	if (b.error < 0)
		result = b.error;
	b.kind = "agent";
	for (size_t i = 0; i < HN_ARRAY_SIZE(about_agent) && result == 0; i++) {
		agents.type = about_agent[i];
		result = hn_history_events(r, &agents, put_body, &b, reason);
	}
	if (result == 0)
		result = hn_history_refusals(r, filter, put_refusal, &b, reason);
	if (result == 0 && b.out.failed)
		result = hn_reason_set(reason, -ENOMEM, "no memory: choose fewer findings");
	if (result == 0) {
		hn_history_digest(b.out.data, b.out.len, digest);
		hn_str_printf(&b.out, SEAL_TEXT, b.lines, digest);
		result = s->output_file ? save(s->output_file, &b.out, reason) : hn_output_write(&b.out);
	}
	hn_str_done(&b.out);
	return result;
}

/* The whole of a file that may be large. */
static int read_all(const char *path, struct hn_str *out, struct hn_reason *reason)
{
	/* Without a wait for a FIFO's other end; but what comes through a pipe comes when it is written. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), error = 0;
	char buffer[65536];
	ssize_t n;

	if (fd < 0 || fcntl(fd, F_SETFL, 0) < 0)
		return hn_reason_set(reason, -errno, "%s: %s", path, strerror(errno));
	while (((n = read(fd, buffer, sizeof(buffer))) > 0 || (n < 0 && errno == EINTR)) && !out->failed)
		hn_str_append(out, buffer, n > 0 ? (size_t)n : 0);
	if (n < 0)
		error = errno;
	close(fd);
	if (error)
		return hn_reason_set(reason, -error, "%s: %s", path, strerror(error));
	return out->failed ? hn_reason_set(reason, -ENOMEM, "%s: no memory", path) : 0;
}

int hn_history_verify(const char *path, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str text = {0}, seal = {0};
	char digest[HN_HISTORY_DIGEST];
	size_t at, lines = 0;
	int r = read_all(path, &text, reason);

	if (r < 0)
		return r;
	/* The last line begins behind the last newline but one. */
	for (at = text.len > 1 ? text.len - 1 : 0; at > 0 && text.data[at - 1] != '\n';)
		at--;
	for (size_t i = 0; i < at; i++)
		lines += text.data[i] == '\n';
	hn_history_digest(hn_str_get(&text), at, digest);
	hn_str_printf(&seal, SEAL_TEXT, lines, digest);
	if (at == 0 || strcmp(hn_str_get(&text) + at, hn_str_get(&seal)) != 0)
		return hn_reason_set(reason, -EBADMSG,
				     "%s: not whole, or changed: its last line does not fit the %zu lines before",
				     path, lines);
	printf("%s: whole, %zu lines, sha256 %s\n", path, lines, digest);
	return HN_EXIT_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The server with a token: what strangers get, what they cannot take from its owner, and what ends with it. */
#include "server_rig.h"

#include <signal.h>

#include "http/server_self.h"

#define TOKEN "a-token-of-enough-characters"
#define SHOWN "Authorization: Bearer " TOKEN "\r\n"
#define STATUS "GET /api/v1/status HTTP/1.1\r\n" HOST

static unsigned said;

static void count(const char *text)
{
	(void)text;
	said++;
}

static void write_token(const struct rig *rig, const char *text)
{
	FILE *file = fopen(rig->token, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
	static char path[96];
	struct rig *rig = rig_new();

	snprintf(path, sizeof(path), "%s/token", rig->folder);
	rig->token = path;
	rig->log = count;
	said = 0;
	write_token(rig, TOKEN "\n");
	begin(rig);
	*state = rig;
	return 0;
}

static int end_guarded(void **state)
{
	unlink(((struct rig *)*state)->token);
	return tear_down(state);
}

static int send_text(const struct rig *rig, const char *text)
{
	return ask(rig, text, strlen(text));
}

/* The status of an answer of its own connection. */
static int status_of(const struct rig *rig, const char *request)
{
	struct hn_str got = {0};
	int fd = send_text(rig, request), number = 0;

	if (take(rig, fd, "\r\n\r\n", &got))
		number = atoi(got.data + 9);
	hn_str_done(&got);
	close(fd);
	turn(rig);
	return number;
}

/* What is behind a refused HEAD on its connection is the next answer, or the end. */
static void head_has_no_body(void **state)
{
	static const struct {
		const char *request, *status, *next;
	} rows[] = {
		{"HEAD /api/v1/status HTTP/1.1\r\n" HOST "\r\n", "401", "HTTP/1.1 200 "},
		{"HEAD /api/v1/nothing HTTP/1.1\r\n" HOST "Authorization: Bearer x\r\n\r\n", "401",
		 "HTTP/1.1 200 "},
		{"HEAD /nothing HTTP/1.1\r\n" HOST "\r\n", "404", "HTTP/1.1 200 "},
		{"HEAD /api/v1/findings?x=y HTTP/1.1\r\n" HOST SHOWN "\r\n", "400", "HTTP/1.1 200 "},
		{"HEAD /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n", "421", ""},
		{"HEAD /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", "400", ""},
		{"HEAD /healthz HTTP/1.1\r\n" HOST HOST "\r\n", "400", ""},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_str got = {0}, both = {0};
		const char *behind;
		int fd;

		hn_str_printf(&both, "%sGET /healthz HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
			      rows[i].request);
		fd = send_text(rig, hn_str_get(&both));
		assert_true(take(rig, fd, NULL, &got));
		behind = strstr(hn_str_get(&got), "\r\n\r\n");
		if (!behind || strncmp(got.data + 9, rows[i].status, 3) != 0 ||
		    strncmp(behind + 4, rows[i].next, strlen(rows[i].next)) != 0 ||
		    (!rows[i].next[0] && behind[4]))
			fail_msg("row %zu: %s", i, hn_str_get(&got));
		hn_str_done(&got);
		hn_str_done(&both);
		close(fd);
	}
}

/* Strangers make the file be read; they do not fill the log. */
static void a_lost_token_is_said_once(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(status_of(rig, STATUS SHOWN "\r\n"), 200);
	assert_int_equal(unlink(rig->token), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(status_of(rig, i % 2 ? STATUS SHOWN "\r\n" : STATUS "\r\n"), 401);
	assert_int_equal(said, 1);
	write_token(rig, "short\n");
	for (int i = 0; i < 20; i++)
		assert_int_equal(status_of(rig, STATUS "\r\n"), 401);
	assert_int_equal(said, 2);
	write_token(rig, TOKEN "\n");
	assert_int_equal(status_of(rig, STATUS SHOWN "\r\n"), 200);
	assert_int_equal(said, 2);
}

static void beat(const struct rig *rig)
{
	event_active(rig->http->beat, EV_TIMEOUT, 1);
	turn(rig);
}

static int stream(const struct rig *rig)
{
	struct hn_str got = {0};
	int fd = send_text(rig, "GET /api/v1/stream HTTP/1.1\r\n" HOST SHOWN "\r\n");

	assert_true(take(rig, fd, "hello", &got));
	hn_str_done(&got);
	return fd;
}

/* Each row: what becomes of the file, and whether a stream that the token opened goes on at the next beat. */
static void a_stream_ends_with_its_token(void **state)
{
	static const struct {
		const char *text; /* NULL: it is gone */
		bool lives;
	} rows[] = {
		{TOKEN "\n\n", true}, /* written again */
		{"another-" TOKEN "\n", false},
		{NULL, false},
		{"short\n", false},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_str got = {0};
		int fd;

		write_token(rig, TOKEN "\n");
		fd = stream(rig);
		beat(rig);
		assert_true(take(rig, fd, "still here", &got));
		hn_str_clear(&got);
		if (rows[i].text)
			write_token(rig, rows[i].text);
		else
			assert_int_equal(unlink(rig->token), 0);
		beat(rig);
		assert_int_equal(take(rig, fd, rows[i].lives ? "still here" : NULL, &got), true);
		assert_null(rows[i].lives ? NULL : strstr(hn_str_get(&got), "still here"));
		hn_str_done(&got);
		close(fd);
		turn(rig);
	}
	/* A call that is refused shows it too. */
	write_token(rig, TOKEN "\n");
	{
		struct hn_str got = {0};
		int fd = stream(rig);

		write_token(rig, "another-" TOKEN "\n");
		assert_int_equal(status_of(rig, STATUS SHOWN "\r\n"), 401);
		assert_true(take(rig, fd, NULL, &got));
		hn_str_done(&got);
		close(fd);
	}
}

/* Strangers who ask and never read hold no place against the token's owner, and not for long. */
static void strangers_who_do_not_read(void **state)
{
	struct rig *rig = *state;
	const struct hn_connections *all = &rig->http->connections;
	struct hn_str many = {0};
	int fds[2 * HN_CONNECTIONS_MAX];
	unsigned busy = 0;

	for (int i = 0; i < 20; i++)
		hn_str_puts(&many, "GET /openapi.json HTTP/1.1\r\n" HOST "\r\n");
	for (size_t i = 0; i < HN_ARRAY_SIZE(fds); i++) {
		fds[i] = send_text(rig, hn_str_get(&many));
		turn(rig);
		usleep(100);
		if (i % 8 == 0)
			assert_int_equal(status_of(rig, STATUS SHOWN "\r\n"), 200);
	}
	for (size_t i = 0; i < HN_CONNECTIONS_MAX; i++) {
		if (all->rows[i].phase != HN_CONNECTION_BUSY)
			continue;
		busy++;
		assert_int_equal(all->rows[i].deadline - all->rows[i].since, 5 * HN_NSEC_PER_SEC);
	}
	assert_true(busy > HN_CONNECTIONS_MAX / 2);
	assert_true(all->evicted > 0);
	for (size_t i = 0; i < HN_ARRAY_SIZE(fds); i++)
		close(fds[i]);
	/* When they are gone their memory is given back, not at once. */
	for (int64_t until = hn_mono_now().ns + PATIENCE_NS; all->n > 0 && hn_mono_now().ns < until; usleep(500))
		turn(rig);
	assert_int_equal(all->n, 0);
	assert_true(all->crowded > 0);
	rig->http->connections.crowded -= 60 * HN_NSEC_PER_SEC;
	for (int64_t until = hn_mono_now().ns + PATIENCE_NS; all->crowded && hn_mono_now().ns < until; usleep(500))
		turn(rig);
	assert_int_equal(all->crowded, 0);
	hn_str_done(&many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(head_has_no_body, set_up, end_guarded),
		cmocka_unit_test_setup_teardown(a_lost_token_is_said_once, set_up, end_guarded),
		cmocka_unit_test_setup_teardown(a_stream_ends_with_its_token, set_up, end_guarded),
		cmocka_unit_test_setup_teardown(strangers_who_do_not_read, set_up, end_guarded),
	};

	signal(SIGPIPE, SIG_IGN); /* as the program does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}

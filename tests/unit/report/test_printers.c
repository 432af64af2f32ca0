/* SPDX-License-Identifier: Apache-2.0 */
/* The queue before a slow, full, gone or healthy reader; and the contract of every printer in the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../../src/report/queue.h"
#include "sample.h"

struct tube {
	int reader, writer;
};

static struct tube make_pipe(size_t size)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_true(fcntl(fds[1], F_SETPIPE_SZ, (int)size) >= (int)size);
	return (struct tube){fds[0], fds[1]};
}

static void close_tube(struct tube *t)
{
	if (t->reader >= 0)
		close(t->reader);
	if (t->writer >= 0)
		close(t->writer);
}

/* Reads what is there now. */
static void drain(int fd, struct hn_str *out)
{
	int flags = fcntl(fd, F_GETFL);
	char buf[65536];
	ssize_t n;

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		hn_str_append(out, buf, (size_t)n);
	fcntl(fd, F_SETFL, flags);
}

/* Lines "<number> xxx...\n" of `size` bytes. */
static void push_numbered(struct hn_queue *q, unsigned number, size_t size)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "%08u ", number);

	assert_true(size < sizeof(line));
	memset(line + n, 'x', size - (size_t)n);
	line[size - 1] = '\n';
	hn_queue_push(q, line, size);
}

/* Whole lines only, in order; returns how many. */
static unsigned check_numbered(const struct hn_str *out, size_t size, unsigned first_gap)
{
	unsigned lines = 0, last = 0;

	assert_int_equal(out->len % size, 0);
	for (size_t i = 0; i < out->len; i += size) {
		unsigned number = (unsigned)strtoul(out->data + i, NULL, 10);

		assert_int_equal(out->data[i + size - 1], '\n');
		if (lines < first_gap)
			assert_int_equal(number, lines);
		else
			assert_true(number > last);
		last = number;
		lines++;
	}
	return lines;
}

static void test_healthy_reader_gets_all(void **state)
{
	struct tube t = make_pipe(65536);
	struct hn_str got = {0};
	struct hn_queue q;

	(void)state;
	hn_queue_init(&q, t.writer, HN_QUEUE_LIMIT);
	for (unsigned i = 0; i < 2000; i++) {
		push_numbered(&q, i, 500);
		assert_false(hn_queue_flush(&q));
		drain(t.reader, &got);
	}
	assert_int_equal(check_numbered(&got, 500, 2000), 2000);
	assert_int_equal(q.dropped, 0);
	assert_int_equal(fcntl(t.writer, F_GETFL) & O_NONBLOCK, 0); /* others share the descriptor */
	hn_str_done(&got);
	hn_queue_done(&q);
	close_tube(&t);
}

static void test_full_pipe_drops_whole_lines(void **state)
{
	struct tube t = make_pipe(65536);
	struct hn_str got = {0};
	struct hn_queue q;
	unsigned lines;

	(void)state;
	hn_queue_init(&q, t.writer, 100000);
	for (unsigned i = 0; i < 1000; i++) {
		push_numbered(&q, i, 777); /* no divisor of a page: writes end inside lines */
		hn_queue_flush(&q);        /* never waits: the test would hang */
	}
	assert_true(q.dropped > 0);
	assert_true(q.bytes.len - q.head <= 100000);
	drain(t.reader, &got);
	while (hn_queue_flush(&q))
		drain(t.reader, &got);
	drain(t.reader, &got);
	lines = check_numbered(&got, 777, 200);
	assert_int_equal(lines + q.dropped, 1000);
	assert_int_equal(q.lines, 0);
	/* and it is well again */
	push_numbered(&q, 5000, 777);
	assert_false(hn_queue_flush(&q));
	hn_str_done(&got);
	hn_queue_done(&q);
	close_tube(&t);
}

/* A reader that takes a few bytes at a time: the order and the lines hold. */
static void test_slow_reader(void **state)
{
	struct tube t = make_pipe(4096);
	struct hn_str got = {0};
	struct hn_queue q;
	unsigned pushed = 0;
	char buf[333];

	(void)state;
	hn_queue_init(&q, t.writer, HN_QUEUE_LIMIT);
	for (; pushed < 300; pushed++)
		push_numbered(&q, pushed, 251);
	while (hn_queue_flush(&q)) {
		ssize_t n = read(t.reader, buf, sizeof(buf));

		assert_true(n > 0);
		hn_str_append(&got, buf, (size_t)n);
		if (pushed < 400)
			push_numbered(&q, pushed++, 251);
	}
	drain(t.reader, &got);
	assert_int_equal(check_numbered(&got, 251, 400), 400);
	assert_int_equal(q.dropped, 0);
	hn_str_done(&got);
	hn_queue_done(&q);
	close_tube(&t);
}

static void test_reader_gone(void **state)
{
	struct tube t = make_pipe(4096);
	struct hn_queue q;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	hn_queue_init(&q, t.writer, HN_QUEUE_LIMIT);
	for (unsigned i = 0; i < 20; i++)
		push_numbered(&q, i, 500);
	assert_true(hn_queue_flush(&q)); /* 8 lines and a part of the next fit */
	close(t.reader);
	t.reader = -1;
	assert_false(hn_queue_flush(&q));
	assert_true(q.dead);
	assert_int_equal(q.dropped, 12);
	push_numbered(&q, 21, 500);
	assert_false(hn_queue_flush(&q));
	assert_int_equal(q.dropped, 13);
	assert_null(q.bytes.data);
	hn_queue_done(&q);
	close_tube(&t);
}

static void test_file_and_socket(void **state)
{
	struct hn_str got = {0};
	struct tube t;
	struct hn_queue q;
	FILE *file = tmpfile();
	int fds[2];

	(void)state;
	assert_non_null(file);
	hn_queue_init(&q, fileno(file), HN_QUEUE_LIMIT);
	assert_int_equal(q.target, HN_QUEUE_FILE);
	for (unsigned i = 0; i < 400; i++)
		push_numbered(&q, i, 1000);
	assert_true(hn_queue_flush(&q)); /* one call's budget */
	assert_false(hn_queue_flush(&q));
	rewind(file);
	drain(fileno(file), &got);
	assert_int_equal(check_numbered(&got, 1000, 400), 400);
	hn_str_clear(&got);
	hn_queue_done(&q);
	fclose(file);

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	t = (struct tube){fds[0], fds[1]};
	hn_queue_init(&q, t.writer, HN_QUEUE_LIMIT);
	assert_int_equal(q.target, HN_QUEUE_SOCKET);
	for (unsigned i = 0; i < 3000; i++)
		push_numbered(&q, i, 1000);
	while (hn_queue_flush(&q))
		drain(t.reader, &got);
	drain(t.reader, &got);
	assert_int_equal(check_numbered(&got, 1000, 3000), 3000);
	hn_str_done(&got);
	hn_queue_done(&q);
	close_tube(&t);
}

/* Nobody reads; the terminal takes some and then no more, and no call waits for it. */
static void test_terminal_that_nobody_reads(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	struct hn_queue q;

	(void)state;
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		skip();
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		skip();
	hn_queue_init(&q, slave, 1000000);
	assert_int_equal(q.target, HN_QUEUE_TERMINAL);
	for (unsigned i = 0; i < 2000; i++) {
		push_numbered(&q, i, 1000);
		hn_queue_flush(&q);
	}
	assert_true(q.dropped > 0);
	hn_queue_done(&q);
	close(slave);
	close(master);
}

static void test_line_larger_than_the_queue(void **state)
{
	struct tube t = make_pipe(4096);
	struct hn_queue q;

	(void)state;
	hn_queue_init(&q, t.writer, 499);
	push_numbered(&q, 1, 500);
	assert_int_equal(q.dropped, 1);
	assert_false(hn_queue_flush(&q));
	push_numbered(&q, 2, 499);
	assert_int_equal(q.dropped, 1);
	assert_false(hn_queue_flush(&q));
	hn_queue_done(&q);
	close_tube(&t);
}

/* What is written already takes no room, even before it is moved away. */
static void test_limit_counts_what_waits(void **state)
{
	struct tube t = make_pipe(4096);
	struct hn_queue q;

	(void)state;
	hn_queue_init(&q, t.writer, 100000);
	for (unsigned i = 0; i < 100; i++)
		push_numbered(&q, i, 1000);
	assert_int_equal(q.dropped, 0);
	assert_true(hn_queue_flush(&q));
	for (unsigned i = 100; i < 104; i++)
		push_numbered(&q, i, 1000);
	assert_int_equal(q.dropped, 0);
	push_numbered(&q, 104, 1000);
	assert_int_equal(q.dropped, 1);
	hn_queue_done(&q);
	close_tube(&t);
}

static size_t count_lines(const struct hn_str *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->len; i++)
		n += s->data[i] == '\n';
	return n;
}

/* What each printer promises, whatever it prints: one line a change, at once; no wait; dropped ones counted. */
static void test_contract_of_all_printers(void **state)
{
	static struct sample sample;

	(void)state;
	sample_drifter(&sample);
	for (size_t i = 0; hn_printers[i]; i++) {
		const struct hn_printer_ops *ops = hn_printers[i];
		struct hn_change change = {
			.type = HN_CHANGE_OPENED, .time = {SAMPLE_NOW}, .changed = 1, .finding = &sample.finding};
		struct hn_notice notice = {.type = HN_NOTICE_AGENT_STARTED, .time = {SAMPLE_NOW}, .text = ""};
		struct tube t = make_pipe(65536);
		struct hn_str got = {0};
		void *self = NULL;
		unsigned sent = 0;

		assert_ptr_equal(hn_printer_find(ops->name), ops);
		assert_int_equal(ops->open(&self, t.writer, false, &sample_who), 0);
		if (ops->on_notice)
			ops->on_notice(self, &notice);
		ops->on_change(self, &change);
		drain(t.reader, &got);
		assert_int_equal(count_lines(&got), ops->on_notice ? 2 : 1);
		for (const char *c = hn_str_get(&got); *c != '\0'; c++)
			assert_true(*c == '\n' || ((unsigned char)*c >= 0x20 && *c != 0x7f));
		assert_int_equal(ops->dropped(self), 0);
		assert_false(ops->flush(self));
		hn_str_clear(&got);
		/* more than the pipe and the queue hold */
		while (ops->dropped(self) < 10 && sent < 1000000) {
			ops->on_change(self, &change);
			sent++;
		}
		assert_int_equal(ops->dropped(self), 10);
		assert_true(ops->flush(self));
		drain(t.reader, &got);
		while (ops->flush(self))
			drain(t.reader, &got);
		drain(t.reader, &got);
		assert_int_equal(count_lines(&got) + 10, sent);
		assert_true(got.len > HN_QUEUE_LIMIT);
		ops->close(self);
		ops->close(NULL);
		hn_str_done(&got);
		close_tube(&t);
	}
	assert_null(hn_printer_find("xml"));
	assert_non_null(hn_printer_find("json"));
	assert_non_null(hn_printer_find("table"));
	assert_non_null(hn_printer_find("ocsf"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy_reader_gets_all),
		cmocka_unit_test(test_full_pipe_drops_whole_lines),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_reader_gone),
		cmocka_unit_test(test_file_and_socket),
		cmocka_unit_test(test_terminal_that_nobody_reads),
		cmocka_unit_test(test_line_larger_than_the_queue),
		cmocka_unit_test(test_limit_counts_what_waits),
		cmocka_unit_test(test_contract_of_all_printers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

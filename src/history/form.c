// SPDX-License-Identifier: Apache-2.0
/* SQLite's file format: the header of a database, and the frames of a write-ahead log. Numbers are big endian. */
#include "form.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema.h"

#define MAGIC "SQLite format 3" /* and a NUL */
#define HEADER 100
#define LEAF 13 /* a table's b-tree page without any below it */
#define PAGE_MIN 512
#define PAGE_MAX 65536

#define LOG_MAGIC 0x377f0682u /* the last bit: checksums are over big endian words */
#define LOG_HEADER 32
#define FRAME_HEADER 24

struct first_page {
	int64_t application, version;
	bool tables;
};

struct sum {
	uint32_t a, b;
};

static uint32_t number(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void add(struct sum *sum, const unsigned char *at, size_t n, bool big)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		uint32_t first = number(at + i), second = number(at + i + 4);

		sum->a += (big ? first : __builtin_bswap32(first)) + sum->b;
		sum->b += (big ? second : __builtin_bswap32(second)) + sum->a;
	}
}

static bool read_page(const unsigned char *page, struct first_page *ret)
{
	if (memcmp(page, MAGIC, sizeof(MAGIC)) != 0)
		return false;
	ret->version = (int32_t)number(page + 60);
	ret->application = (int32_t)number(page + 68);
	ret->tables = page[HEADER] != LEAF || page[HEADER + 3] || page[HEADER + 4];
	return true;
}

/* The first page as the last whole transaction of the log left it, if one of them wrote it. False: it is no log. */
static bool read_log(int log, unsigned char *frame, struct first_page *page)
{
	unsigned char header[LOG_HEADER];
	struct first_page next = *page;
	struct sum sum = {0};
	off_t at = LOG_HEADER;
	struct stat st;
	size_t size;
	bool big;

	if (fstat(log, &st) < 0)
		return false;
	if (pread(log, header, sizeof(header), 0) != sizeof(header) || (number(header) & ~1u) != LOG_MAGIC)
		return true; /* SQLite passes over it too */
	size = number(header + 8);
	big = number(header) & 1;
	add(&sum, header, 24, big);
	if (size < PAGE_MIN || size > PAGE_MAX || size & (size - 1) || sum.a != number(header + 24) ||
	    sum.b != number(header + 28))
		return true;
	/* As long as it was: somebody may be writing to it. */
	for (; at < st.st_size; at += (off_t)(FRAME_HEADER + size)) {
		if (pread(log, frame, FRAME_HEADER + size, at) != (ssize_t)(FRAME_HEADER + size) ||
		    memcmp(frame + 8, header + 16, 8) != 0)
			return true;
		add(&sum, frame, 8, big);
		add(&sum, frame + FRAME_HEADER, size, big);
		if (sum.a != number(frame + 16) || sum.b != number(frame + 20))
			return true;
		if (number(frame) == 1 && !read_page(frame + FRAME_HEADER, &next))
			return false;
		if (number(frame + 4))
			*page = next;
	}
	return true;
}

int hn_form_check(int file, int log, struct hn_reason *reason)
{
	unsigned char header[HEADER + 8], *frame;
	struct first_page page = {0};
	ssize_t n = pread(file, header, sizeof(header), 0);
	bool known;

	if (n < 0)
		return hn_reason_set(reason, -EIO, "%s", strerror(errno));
	if (n == 0 && log < 0)
		return 0;
	/* Of an empty file whose log is not, the log tells. */
	if (n > 0 && (n != sizeof(header) || !read_page(header, &page)))
		return hn_reason_set(reason, -EBADMSG, "it is no database");
	if (log >= 0) {
		frame = malloc(FRAME_HEADER + PAGE_MAX);
		if (!frame)
			return hn_reason_set(reason, -ENOMEM, "no memory");
		known = read_log(log, frame, &page);
		free(frame);
		if (!known)
			return hn_reason_set(reason, -EBADMSG, "its log is none of ours");
	}
	return hn_schema_judge(page.application, page.version, page.tables, reason);
}

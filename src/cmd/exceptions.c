/* SPDX-License-Identifier: Apache-2.0 */
#include "exceptions.h"

#include <errno.h>
#include <string.h>

#include "hostnetd/file.h"
#include "hostnetd/log.h"

static int read_rules(struct hn_exception_file *f, struct hn_reason *reason)
{
	_cleanup_(hn_exceptions_cleanup) struct hn_exceptions *rules = NULL;
	_cleanup_(hn_file_done) struct hn_file file = {0};
	struct hn_wall now = hn_wall_now();
	int r;

	/* Before the bytes: what is written meanwhile shows in the next stamp. */
	hn_filestamp_take(f->path, &f->stamp);
	r = hn_file_read(f->path, &file, reason);
	if (r == 0)
		r = hn_exceptions_parse(f->path, file.bytes, file.n, &rules, reason);
	if (r < 0)
		return r;
	r = hn_exception_book_set(f->book, rules, now);
	if (r < 0)
		return hn_reason_set(reason, r, "%s: out of memory", f->path);
	(void)TAKE_PTR(rules);
	f->read = now;
	return 0;
}

int hn_exception_file_open(struct hn_exception_file *f, const char *path, struct hn_reason *reason)
{
	*f = (struct hn_exception_file){.path = path};
	if (!path)
		return 0;
	f->book = hn_exception_book_new();
	if (!f->book)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	return read_rules(f, reason);
}

bool hn_exception_file_refresh(struct hn_exception_file *f)
{
	struct hn_filestamp now;
	struct hn_reason reason = {""};

	if (!f->path)
		return false;
	hn_filestamp_take(f->path, &now);
	/* One that was being written when it was read is read once more when it has come to rest. */
	if (!hn_filestamp_differs(&f->stamp, &now) && (f->stamp.settled || !now.settled))
		return false;
	if (read_rules(f, &reason) < 0) {
		if (strcmp(reason.text, f->problem.text) != 0)
			hn_error("--exceptions: %s; the rules that were read before hold on", reason.text);
		f->problem = reason;
		return false;
	}
	f->problem.text[0] = '\0';
	hn_info("--exceptions: %zu rules read from %s", hn_exceptions_count(hn_exception_book_rules(f->book)),
		f->path);
	return true;
}

void hn_exception_file_done(struct hn_exception_file *f)
{
	hn_exception_book_free(TAKE_PTR(f->book));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* One write a line, so that lines of several threads or processes do not mix. */
#include "hostnetd/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "hostnetd/str.h"

static const struct {
	const char *name, *colour;
} levels[] = {
	[HN_LOG_ERROR] = {"error", "\033[1;31m"},
	[HN_LOG_WARNING] = {"warning", "\033[33m"},
	[HN_LOG_INFO] = {"info", ""},
	[HN_LOG_DEBUG] = {"debug", "\033[2m"},
};
_Static_assert(sizeof(levels) / sizeof(levels[0]) == HN_LOG_DEBUG + 1, "a name for each level");

/* The one setting of the process that is not passed along: a message must be possible from anywhere. */
static enum hn_log_level max_level = HN_LOG_INFO;

void hn_log_set_level(enum hn_log_level level)
{
	max_level = level;
}

static bool wants_colour(void)
{
	const char *no_color = getenv("NO_COLOR");

	return (!no_color || no_color[0] == '\0') && isatty(STDERR_FILENO);
}

static void write_all(const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t done = write(STDERR_FILENO, bytes, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return; /* there is nowhere left to say so */
		bytes += done;
		n -= (size_t)done;
	}
}

void hn_vlog(enum hn_log_level level, const char *fmt, va_list ap)
{
	static const char out_of_memory[] = "hostnetd: error: a message was lost: out of memory\n";
	struct hn_str text = {0}, line = {0};
	int saved = errno;

	if (level > max_level)
		return;
	hn_str_vprintf(&text, fmt, ap);
	while (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--; /* libraries end their messages themselves */
	hn_str_puts(&line, "hostnetd: ");
	if (levels[level].colour[0] != '\0' && wants_colour())
		hn_str_printf(&line, "%s%s:\033[0m ", levels[level].colour, levels[level].name);
	else
		hn_str_printf(&line, "%s: ", levels[level].name);
	if (text.len > 0)
		hn_str_visible(&line, text.data, text.len);
	hn_str_putc(&line, '\n');
	if (text.failed || line.failed)
		write_all(out_of_memory, sizeof(out_of_memory) - 1);
	else
		write_all(line.data, line.len);
	hn_str_done(&text);
	hn_str_done(&line);
	errno = saved;
}

void hn_log(enum hn_log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	hn_vlog(level, fmt, ap);
	va_end(ap);
}

// SPDX-License-Identifier: Apache-2.0
/* Standard output of the commands that answer once. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "hostnetd/log.h"

int hn_output_write(const struct hn_str *text)
{
	if (text->failed) {
		hn_error("no memory for the result");
		return HN_EXIT_TROUBLE;
	}
	for (size_t at = 0; at < text->len;) {
		ssize_t n = write(STDOUT_FILENO, text->data + at, text->len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			hn_error("cannot write the result: %s", strerror(errno));
			return HN_EXIT_TROUBLE;
		}
		at += (size_t)n;
	}
	return HN_EXIT_OK;
}

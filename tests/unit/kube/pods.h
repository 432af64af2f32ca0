/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers of the pod list's tests: the recorded node, and reading a text in pieces. */
#ifndef HN_TESTS_KUBE_PODS_H
#define HN_TESTS_KUBE_PODS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/pod.h"

#define PODS_FILE "tests/data/kubelet/pods.json" /* from the repo's top, where make runs the tests */

static inline char *read_whole(const char *path, size_t *ret_n)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(1 << 20);

	assert_non_null(file);
	assert_non_null(text);
	*ret_n = fread(text, 1, 1 << 20, file);
	assert_true(*ret_n > 0 && *ret_n < 1 << 20);
	fclose(file);
	return text;
}

/* Each piece is a block of its own, so that a read past it is seen. */
static inline int read_pieces(const char *text, size_t n, size_t piece, size_t max, struct hn_podlist **ret,
			      struct hn_reason *reason)
{
	_cleanup_(hn_podlist_reader_cleanup) struct hn_podlist_reader *reader = hn_podlist_reader_new(max);
	int r = 0;

	assert_non_null(reader);
	reason->text[0] = '\0';
	for (size_t at = 0; at < n && r == 0; at += piece) {
		size_t length = n - at < piece ? n - at : piece;
		char *copy = malloc(length);

		assert_non_null(copy);
		memcpy(copy, text + at, length);
		r = hn_podlist_reader_feed(reader, copy, length, reason);
		free(copy);
	}
	if (r == 0)
		r = hn_podlist_reader_finish(reader, ret, reason);
	assert_true((r == 0) == (reason->text[0] == '\0'));
	return r;
}

static inline int read_text(const char *text, struct hn_podlist **ret, struct hn_reason *reason)
{
	return read_pieces(text, strlen(text), strlen(text) + 1, 1 << 20, ret, reason);
}

#endif

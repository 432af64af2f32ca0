/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a command line: every argument stays one, and a small buffer gets the beginning of the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/redact.h"

static void must(_Bool holds)
{
	if (!holds)
		abort();
}

static size_t count_nuls(const char *text, size_t n)
{
	size_t nuls = 0;

	for (size_t i = 0; i < n; i++)
		nuls += text[i] == '\0';
	return nuls;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *argv = (const char *)data;
	const size_t room = 11 * size + 11; /* each byte could be a secret */
	char *whole = malloc(room), *small = malloc(size / 2 + 1);
	_Bool cut = 1;
	size_t n, m;

	must(whole && small);
	n = hn_redact_argv(argv, size, whole, room, &cut);
	must(!cut && n <= room);
	must(count_nuls(argv, size) == count_nuls(whole, n));
	m = hn_redact_argv(argv, size, small, size / 2, &cut);
	must(m == (n < size / 2 ? n : size / 2) && cut == (n > size / 2));
	must(memcmp(whole, small, m) == 0);
	free(whole);
	free(small);
	return 0;
}

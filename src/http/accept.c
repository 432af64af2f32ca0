// SPDX-License-Identifier: Apache-2.0
#include "accept.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define SPACE " \t"

/* A run of bytes in the header. */
struct span {
	const char *at;
	size_t n;
};

static bool is(struct span s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.at, word, s.n) == 0;
}

/* Cuts what is before `stop` off the front of `rest`, without blanks around it. */
static struct span cut(struct span *rest, char stop)
{
	const char *end = memchr(rest->at, stop, rest->n);
	size_t n = end ? (size_t)(end - rest->at) : rest->n, past = end ? n + 1 : n;
	struct span s = {rest->at, n};

	rest->at += past;
	rest->n -= past;
	while (s.n && strchr(SPACE, s.at[0])) {
		s.at++;
		s.n--;
	}
	while (s.n && strchr(SPACE, s.at[s.n - 1]))
		s.n--;
	return s;
}

/* "0.25" in thousandths; -1: no weight. */
static int weight(struct span s)
{
	int value = 0, unit = 1000;

	if (s.n == 0 || s.n > 5 || (s.at[0] != '0' && s.at[0] != '1') || (s.n > 1 && s.at[1] != '.'))
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		if (i == 1)
			continue;
		if (s.at[i] < '0' || s.at[i] > '9')
			return -1;
		value += (s.at[i] - '0') * unit;
		unit /= 10;
	}
	return value <= 1000 ? value : -1;
}

struct wish {
	struct span type;
	int q;              /* thousandths; -1: malformed */
	bool other_version; /* one that is not OpenMetrics 1.0.0 */
};

static struct wish read_wish(struct span s)
{
	struct wish w = {.type = cut(&s, ';'), .q = 1000};

	while (s.n) {
		struct span value = cut(&s, ';'), name = cut(&value, '=');

		if (value.n >= 2 && value.at[0] == '"' && value.at[value.n - 1] == '"')
			value = (struct span){value.at + 1, value.n - 2};
		if (is(name, "q"))
			w.q = weight(value);
		else if (is(name, "version"))
			w.other_version = !is(value, "1.0.0");
	}
	return w;
}

bool hn_http_wants_openmetrics(const char *accept)
{
	/* The more exact one counts, however the other is weighed. */
	int open = -1, text[3] = {-1, -1, -1}, plain = -1;
	static const char *const ranges[] = {"*/*", "text/*", "text/plain"};
	struct span rest = {accept ? accept : "", accept ? strlen(accept) : 0};

	while (rest.n) {
		struct wish w = read_wish(cut(&rest, ','));

		if (is(w.type, "application/openmetrics-text") && !w.other_version && w.q > open)
			open = w.q;
		for (size_t i = 0; i < 3; i++)
			if (is(w.type, ranges[i]) && w.q > text[i])
				text[i] = w.q;
	}
	for (size_t i = 0; i < 3; i++)
		if (text[i] >= 0)
			plain = text[i];
	return open > 0 && open >= plain;
}

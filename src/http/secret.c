// SPDX-License-Identifier: Apache-2.0
#include "secret.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

int hn_secret_refresh(struct hn_secret *s, struct hn_reason *reason)
{
	struct hn_filestamp now;
	char token[HN_TOKEN_SIZE] = "";
	bool changed, again;
	int r;

	hn_filestamp_take(s->path, &now);
	if (s->token[0] && hn_filestamp_same(&s->stamp, &now))
		return 0;
	changed = hn_filestamp_differs(&s->stamp, &now);
	s->stamp = now;
	r = hn_token_read(s->path, token, reason);
	if (r == 0 && strlen(token) < HN_SECRET_MIN)
		r = hn_reason_set(reason, -EINVAL, "token file %s: a token has at least %d characters", s->path,
				  HN_SECRET_MIN);
	if (r < 0)
		explicit_bzero(token, sizeof(token));
	if (strcmp(token, s->token) != 0)
		s->generation++;
	memcpy(s->token, token, sizeof(s->token));
	explicit_bzero(token, sizeof(token));
	again = r < 0 && s->complained && !changed;
	s->complained = r < 0;
	return again ? 0 : r < 0 ? r : 1;
}

/* Looks at every byte, whatever the first ones say. */
static bool same(const char *a, const char *b, size_t n)
{
	const volatile unsigned char *x = (const volatile unsigned char *)a;
	const volatile unsigned char *y = (const volatile unsigned char *)b;
	unsigned char difference = 0;

	for (size_t i = 0; i < n; i++)
		difference |= x[i] ^ y[i];
	return difference == 0;
}

bool hn_secret_shown(const struct hn_secret *s, const char *authorization)
{
	size_t n = strlen(s->token);

	if (!authorization || n == 0 || strncasecmp(authorization, "Bearer ", 7) != 0)
		return false;
	authorization += 7;
	authorization += strspn(authorization, " ");
	return strlen(authorization) == n && same(authorization, s->token, n);
}

void hn_secret_done(struct hn_secret *s)
{
	explicit_bzero(s->token, sizeof(s->token));
}

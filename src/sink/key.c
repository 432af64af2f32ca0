// SPDX-License-Identifier: Apache-2.0
#include "key.h"

#include <errno.h>
#include <string.h>

#include "hmac.h"
#include "hostnetd/file.h"
#include "hostnetd/str.h"

#define PREFIX "whsec_"

void hn_key_done(struct hn_key *k)
{
	explicit_bzero(k->bytes, sizeof(k->bytes));
	k->n = 0;
}

static int use(struct hn_key *k, const char *text, size_t n, struct hn_reason *reason)
{
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (n > sizeof(PREFIX) - 1 && memcmp(text, PREFIX, sizeof(PREFIX) - 1) == 0) {
		int decoded = hn_hmac_decode(text + sizeof(PREFIX) - 1, n - (sizeof(PREFIX) - 1), k->bytes,
					     sizeof(k->bytes));

		if (decoded < 0)
			return hn_reason_set(reason, -EINVAL, "secret file %s: no base64 after " PREFIX, k->path);
		k->n = (size_t)decoded;
	} else if (n <= sizeof(k->bytes)) {
		memcpy(k->bytes, text, n);
		k->n = n;
	} else {
		return hn_reason_set(reason, -EINVAL, "secret file %s: longer than %d bytes", k->path, HN_KEY_MAX);
	}
	if (k->n >= HN_KEY_MIN)
		return 0;
	hn_key_done(k);
	return hn_reason_set(reason, -EINVAL,
			     "secret file %s: %s: at least %d bytes, as 'openssl rand -base64 32' makes them",
			     k->path, n == 0 ? "it is empty" : "too short", HN_KEY_MIN);
}

int hn_key_refresh(struct hn_key *k, struct hn_reason *reason)
{
	struct hn_filestamp now;
	struct hn_file file = {0};
	int r;

	hn_filestamp_take(k->path, &now);
	if (k->n > 0 && hn_filestamp_same(&k->stamp, &now))
		return 0;
	hn_key_done(k);
	r = hn_file_read(k->path, &file, reason);
	if (r < 0)
		return r;
	r = use(k, file.bytes, file.n, reason);
	if (r == 0)
		k->stamp = now;
	explicit_bzero(file.bytes, file.n);
	hn_file_done(&file);
	return r;
}

// SPDX-License-Identifier: Apache-2.0
#include "base64.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

/* A whole group at a time: "=" may only be in the last. */
static int decode_group(const unsigned char group[static 4], struct hn_str *ret)
{
	unsigned char bytes[3];
	int pad = (group[3] == '=') + (group[3] == '=' && group[2] == '=');

	if (group[0] == '=' || group[1] == '=' || (group[2] == '=' && pad != 2))
		return -EINVAL;
	if (EVP_DecodeBlock(bytes, group, 4) != 3 || memchr(bytes, 0, (size_t)(3 - pad)))
		return -EINVAL;
	hn_str_append(ret, bytes, (size_t)(3 - pad));
	explicit_bzero(bytes, sizeof(bytes));
	return pad;
}

int hn_base64_decode(const char *text, struct hn_str *ret)
{
	unsigned char group[4];
	size_t n = 0;
	int pad = 0;

	for (; *text; text++) {
		if (strchr(" \t\r\n", *text))
			continue;
		if (pad > 0)
			return -EINVAL;
		group[n++] = (unsigned char)*text;
		if (n < sizeof(group))
			continue;
		n = 0;
		pad = decode_group(group, ret);
		if (pad < 0)
			return pad;
	}
	explicit_bzero(group, sizeof(group));
	return n > 0 || ret->failed ? -EINVAL : 0;
}

void hn_base64_encode(const char *text, struct hn_str *ret)
{
	size_t left = strlen(text);
	unsigned char out[5];

	for (; left > 0; text += 3) {
		size_t n = left < 3 ? left : 3;

		EVP_EncodeBlock(out, (const unsigned char *)text, (int)n);
		hn_str_append(ret, out, 4);
		left -= n;
		if (left == 0)
			break;
	}
}

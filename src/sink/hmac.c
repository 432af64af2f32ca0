// SPDX-License-Identifier: Apache-2.0
#include "hmac.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

static void mac_cleanup(EVP_MAC **m)
{
	EVP_MAC_free(*m);
}

static void context_cleanup(EVP_MAC_CTX **c)
{
	EVP_MAC_CTX_free(*c);
}

int hn_hmac_sha256(const void *key, size_t key_len, const struct hn_piece *pieces, size_t n,
		   unsigned char ret[static HN_HMAC_BYTES])
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	_cleanup_(mac_cleanup) EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	_cleanup_(context_cleanup) EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
	size_t written = 0;

	if (!context || !EVP_MAC_init(context, key, key_len, params))
		return -EIO;
	for (size_t i = 0; i < n; i++)
		if (!EVP_MAC_update(context, pieces[i].bytes, pieces[i].n))
			return -EIO;
	return EVP_MAC_final(context, ret, &written, HN_HMAC_BYTES) && written == HN_HMAC_BYTES ? 0 : -EIO;
}

void hn_hmac_base64(const unsigned char mac[static HN_HMAC_BYTES], char ret[static HN_HMAC_BASE64])
{
	(void)EVP_EncodeBlock((unsigned char *)ret, mac, HN_HMAC_BYTES);
}

int hn_hmac_decode(const char *text, size_t n, unsigned char *ret, size_t size)
{
	int length;

	if (n == 0 || n % 4 != 0 || n / 4 * 3 > size)
		return -1;
	length = EVP_DecodeBlock(ret, (const unsigned char *)text, (int)n);
	/* It counts the bytes that the padding stands for. */
	for (size_t i = 1; length > 0 && i <= 2 && text[n - i] == '='; i++)
		length--;
	return length;
}

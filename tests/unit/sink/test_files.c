/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC-SHA256 by RFC 4231, and the two files of secrets: the key, and the headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/str.h"
#include "sink/headers.h"
#include "sink/hmac.h"
#include "sink/key.h"

/* --- RFC 4231, 4.2 to 4.8 (the fifth is of a truncated output) ----------------------------------------------------- */

static void check_hmac(const void *key, size_t key_len, const void *data, size_t n, const char *expected)
{
	/* However it is cut. */
	for (size_t cut = 0; cut <= n; cut += n / 3 + 1) {
		const struct hn_piece pieces[] = {{data, cut}, {(const char *)data + cut, n - cut}};
		unsigned char mac[HN_HMAC_BYTES];
		char hex[2 * HN_HMAC_BYTES + 1];

		assert_int_equal(hn_hmac_sha256(key, key_len, pieces, 2, mac), 0);
		for (size_t i = 0; i < sizeof(mac); i++)
			snprintf(hex + 2 * i, 3, "%02x", mac[i]);
		assert_string_equal(hex, expected);
	}
}

static void vectors_of_rfc_4231(void **state _unused_)
{
	unsigned char key[131], data[50];

	memset(key, 0x0b, 20);
	check_hmac(key, 20, "Hi There", 8, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	check_hmac("Jefe", 4, "what do ya want for nothing?", 28,
		   "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	memset(data, 0xdd, sizeof(data));
	check_hmac(key, 20, data, 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
	check_hmac(key, 131, "Test Using Larger Than Block-Size Key - Hash Key First", 54,
		   "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	check_hmac(key, 131,
		   "This is a test using a larger than block-size key and a larger than block-size data. The key "
		   "needs to be hashed before being used by the HMAC algorithm.",
		   152, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
	for (unsigned char i = 0; i < 25; i++)
		key[i] = (unsigned char)(i + 1);
	memset(data, 0xcd, sizeof(data));
	check_hmac(key, 25, data, 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
}

/* --- files --------------------------------------------------------------------------------------------------------- */

static char path[64];

static void write_file(const char *bytes, size_t n)
{
	FILE *f;

	/* A new file each time, as a mounted secret's swap makes it. */
	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

static void write_text(const char *text)
{
	write_file(text, strlen(text));
}

static int make_path(void **state _unused_)
{
	snprintf(path, sizeof(path), "/tmp/hostnetd-sink-%d", (int)getpid());
	return 0;
}

static int remove_path(void **state _unused_)
{
	unlink(path);
	return 0;
}

static void refuse_key(const char *bytes, size_t n, const char *why)
{
	struct hn_key key = {.path = path};
	struct hn_reason reason = {{0}};

	write_file(bytes, n);
	assert_true(hn_key_refresh(&key, &reason) < 0);
	assert_int_equal(key.n, 0);
	assert_non_null(strstr(reason.text, path));
	assert_non_null(strstr(reason.text, why));
}

static void keys_that_can_be_guessed_are_refused(void **state _unused_)
{
	char long_text[HN_KEY_MAX + 1];

	refuse_key("", 0, "empty");
	refuse_key("\n\n", 2, "empty");
	refuse_key("short-secret-of-23-char", 23, "too short");
	refuse_key("whsec_c2hvcnQ=", 14, "too short");
	refuse_key("whsec_no base64 at all!!", 24, "no base64");
	memset(long_text, 'x', sizeof(long_text));
	refuse_key(long_text, sizeof(long_text), "longer");
}

static void a_key_is_read_again_when_it_changes(void **state _unused_)
{
	struct hn_key key = {.path = path};
	struct hn_reason reason = {{0}};

	write_text("0123456789abcdef01234567\r\n");
	assert_int_equal(hn_key_refresh(&key, &reason), 0);
	assert_int_equal(key.n, 24);
	assert_memory_equal(key.bytes, "0123456789abcdef01234567", 24);
	write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
	assert_int_equal(hn_key_refresh(&key, &reason), 0);
	assert_int_equal(key.n, 24);
	assert_int_equal(key.bytes[0], 0x31);
	assert_int_equal(key.bytes[23], 0xb0);
	/* What is gone is not used any more. */
	unlink(path);
	assert_true(hn_key_refresh(&key, &reason) < 0);
	assert_int_equal(key.n, 0);
	write_text("0123456789abcdef01234567");
	assert_int_equal(hn_key_refresh(&key, &reason), 0);
	hn_key_done(&key);
}

static void refuse_headers(const char *bytes, size_t n, const char *why)
{
	struct hn_headers headers = {.path = path};
	struct hn_reason reason = {{0}};

	write_file(bytes, n);
	assert_true(hn_headers_refresh(&headers, &reason) < 0);
	assert_int_equal(headers.n, 0);
	assert_non_null(strstr(reason.text, why));
	assert_null(strstr(reason.text, "s3cret"));
	hn_headers_done(&headers);
}

static void headers_are_checked(void **state _unused_)
{
	struct hn_headers headers = {.path = path};
	struct hn_reason reason = {{0}};

	write_text("# of the tenant\n\nAuthorization: Bearer s3cret: with colon  \r\nX-Scope-OrgID:\t7\n");
	assert_int_equal(hn_headers_refresh(&headers, &reason), 0);
	assert_int_equal(headers.n, 2);
	assert_string_equal(headers.list[0].name, "Authorization");
	assert_string_equal(headers.list[0].value, "Bearer s3cret: with colon");
	assert_string_equal(headers.list[1].name, "X-Scope-OrgID");
	assert_string_equal(headers.list[1].value, "7");
	assert_true(headers.list[0].secret && headers.list[1].secret);
	hn_headers_done(&headers);
	refuse_headers("s3cret\n", 7, ":1: no KEY: VALUE");
	refuse_headers("A: b\nX Y: s3cret\n", 17, ":2: no name");
	refuse_headers(": s3cret\n", 9, "no name");
	refuse_headers("content-length: 7\n", 18, "hostnetd itself sets");
	refuse_headers("A:\n", 3, "empty");
	refuse_headers("A: s3cret\x01\n", 11, "control character");
	refuse_headers("A: s3c\0ret\n", 11, "no text");
}

static void too_many_headers(void **state _unused_)
{
	struct hn_str text = {0};

	for (int i = 0; i <= HN_HEADERS_MAX; i++)
		hn_str_printf(&text, "X-%d: s3cret\n", i);
	refuse_headers(text.data, text.len, "too many");
	hn_str_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_rfc_4231),
		cmocka_unit_test(keys_that_can_be_guessed_are_refused),
		cmocka_unit_test(a_key_is_read_again_when_it_changes),
		cmocka_unit_test(headers_are_checked),
		cmocka_unit_test(too_many_headers),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which parts of a command line are secrets, and which only look like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/redact.h"

#define R "[redacted]"

/* '~' stands for the NUL behind an argument. */
static size_t arguments(const char *text, char *out)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		out[i] = text[i] == '~' ? '\0' : text[i];
	return n;
}

static void assert_redacted(const char *text, const char *want)
{
	char *in = malloc(strlen(text) + 1), *wanted = malloc(strlen(want) + 1), *exact;
	size_t n = arguments(text, in), wanted_n = arguments(want, wanted), got;
	char out[1024];
	bool cut = true;

	exact = malloc(n + !n); /* a block of its own, for ASan */
	assert_non_null(exact);
	memcpy(exact, in, n);
	got = hn_redact_argv(exact, n, out, sizeof(out), &cut);
	assert_false(cut);
	if (got != wanted_n || memcmp(out, wanted, got) != 0) {
		for (size_t i = 0; i < got; i++)
			out[i] = out[i] ? out[i] : '~';
		fail_msg("%s\n  want %s\n  got  %.*s", text, want, (int)got, out);
	}
	free(exact);
	free(wanted);
	free(in);
}

static void test_options(void **state)
{
	(void)state;
	assert_redacted("vllm~serve~--api-key~abc~--port~8000~", "vllm~serve~--api-key~" R "~--port~8000~");
	assert_redacted("vllm~--api-key=abc~x~", "vllm~--api-key=" R "~x~");
	assert_redacted("x~--token~abc~y~", "x~--token~" R "~y~");
	assert_redacted("x~-token~-abc~y~", "x~-token~" R "~y~");
	assert_redacted("x~--token~abc", "x~--token~" R);
	assert_redacted("x~--token~~y~", "x~--token~" R "~y~");
	assert_redacted("x~--password=a b;c~y~", "x~--password=" R "~y~");
	assert_redacted("x~--password=a=b~y~", "x~--password=" R "~y~");
	assert_redacted("x~--hf-token=a~--HF_TOKEN~b~", "x~--hf-token=" R "~--HF_TOKEN~" R "~");
	assert_redacted("x~--authToken=a~--clientSecret~b~--apiKey=c~",
			"x~--authToken=" R "~--clientSecret~" R "~--apiKey=" R "~");
	assert_redacted("x~-Dspring.datasource.password=a~", "x~-Dspring.datasource.password=" R "~");
	assert_redacted("x~--aws-secret-access-key~a~--access-key=b~",
			"x~--aws-secret-access-key~" R "~--access-key=" R "~");
	/* The value is missing: the next option is none. */
	assert_redacted("x~--token~--port~80~", "x~--token~--port~80~");
	assert_redacted("x~--token~--api-key=a~y~", "x~--token~--api-key=" R "~y~");
	assert_redacted("x~--token", "x~--token");
}

static void test_variables(void **state)
{
	(void)state;
	assert_redacted("env~HF_TOKEN=abc~OPENAI_API_KEY=d~x~", "env~HF_TOKEN=" R "~OPENAI_API_KEY=" R "~x~");
	assert_redacted("env~MY_APP_SECRET=a b~A=1~", "env~MY_APP_SECRET=" R "~A=1~");
	assert_redacted("docker~run~-e~DB_PASSWORD=x~", "docker~run~-e~DB_PASSWORD=" R "~");
	assert_redacted("x~--env=DB_PASSWORD=x y~z~", "x~--env=DB_PASSWORD=" R "~z~");
}

static void test_urls(void **state)
{
	(void)state;
	assert_redacted("x~postgres://bob:pw@db:5432/d~", "x~postgres://bob:" R "@db:5432/d~");
	assert_redacted("x~--db=redis://:pw@h/0~", "x~--db=redis://:" R "@h/0~");
	assert_redacted("x~http://bob:p@w:d&(;@h/p@q~", "x~http://bob:" R "@h/p@q~");
	assert_redacted("x~http://a:b@h,http://c:d@i~", "x~http://a:" R "@h,http://c:" R "@i~");
	assert_redacted("git~clone~https://ghp_0123456789abcdef@github.com/a/b~",
			"git~clone~https://" R "@github.com/a/b~");
	assert_redacted("x~https://h/p?a=1&token=abc&b=2~", "x~https://h/p?a=1&token=" R "&b=2~");
	assert_redacted("x~https://bob@h:80/p~http://h:8080/a@b:c~", "x~https://bob@h:80/p~http://h:8080/a@b:c~");
}

static void test_known_tokens(void **state)
{
	static const char *const tokens[] = {
		"sk-0123456789abcdef",   "hf_abcdefghijklmnop",
		"ghp_0123456789abcdef",  "gho_0123456789abcdef",
		"ghs_0123456789abcdef",  "github_pat_0123456789abcd",
		"nvapi-0123456789ab",    "xoxb-0123456789ab",
		"xoxp-0123456789abcdef", "glpat-0123456789abcdef",
		"AKIA0123456789ABCDEF",  "sk_live_0123456789ab",
		"pat_0123456789abcdef",  "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
	};
	char text[256], want[256];

	(void)state;
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		snprintf(text, sizeof(text), "x~%s~--opt=%s~y %s z~", tokens[i], tokens[i], tokens[i]);
		snprintf(want, sizeof(want), "x~" R "~--opt=" R "~y " R " z~");
		assert_redacted(text, want);
	}
}

/* A shell's line, a header and JSON are single arguments. */
static void test_within_an_argument(void **state)
{
	(void)state;
	assert_redacted("sh~-c~vllm serve m --api-key abc --port 80~",
			"sh~-c~vllm serve m --api-key " R " --port 80~");
	assert_redacted("sh~-c~A=1 HF_TOKEN=abc vllm serve~", "sh~-c~A=1 HF_TOKEN=" R " vllm serve~");
	assert_redacted("sh~-c~export DB_PASSWORD='a b'; x~", "sh~-c~export DB_PASSWORD='" R "'; x~");
	assert_redacted("sh~-c~x --token \"a b\" c~", "sh~-c~x --token \"" R "\" c~");
	assert_redacted("sh~-c~x --token~y~", "sh~-c~x --token~y~");
	assert_redacted("sh~-c~x --token --port 1~", "sh~-c~x --token --port 1~");
	assert_redacted("curl~-H~Authorization: Bearer abc~u~", "curl~-H~Authorization: " R "~u~");
	assert_redacted("curl~-H~x-api-key:abc~u~", "curl~-H~x-api-key:" R "~u~");
	assert_redacted("curl~-H~X-Auth: Bearer abc~u~", "curl~-H~X-Auth: Bearer " R "~u~");
	assert_redacted("x~Bearer abc~", "x~Bearer " R "~");
	assert_redacted("ray~--runtime-env-json={\"env_vars\": {\"HF_TOKEN\": \"a b\", \"A\":\"1\"}}~",
			"ray~--runtime-env-json={\"env_vars\": {\"HF_TOKEN\": \"" R "\", \"A\":\"1\"}}~");
	assert_redacted("x~{\"password\":12,\"b\":3}~", "x~{\"password\":" R ",\"b\":3}~");
}

static void test_nothing_too_much(void **state)
{
	static const char *const rows[] = {
		"",
		"~",
		"~~",
		"vllm~serve~meta-llama/Llama-3-8B~--tokenizer~x~--tokenizer-mode=auto~",
		"x~--max-tokens~4096~--max-num-batched-tokens=8192~",
		"x~--key-file~/x~--token-file=/run/t~--password-path~/y~--secret-name~s~",
		"x~--api-key-env~OPENAI~--api-key-file=/z~",
		"x~--sort-key~a~--key=b~--keys~c~",
		"x~--private~--api~v1~",
		"python3~-m~vllm.entrypoints.openai.api_server~--host=0.0.0.0:8000~",
		"bearer~x~",
		"x~sk-short~hf_short~skeleton-0123456789~",
		"ollama~run~llama3:8b~sha256:0123~",
		"sh~-c~exec httpd -f -p 127.0.0.1:11434 2>&1 | tee \"a b\"~",
		"x~{\"max_tokens\": 5, \"tokenizer\": \"t\"}~",
		"=~:~://~@~a://@~=:=~",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_redacted(rows[i], rows[i]);
}

static void test_small_buffers(void **state)
{
	static const char in[] = "x\0--token\0abc\0HF_TOKEN=abc\0http://a:b@c";
	static const char want[] = "x\0--token\0[redacted]\0HF_TOKEN=[redacted]\0http://a:[redacted]@c";
	const size_t whole = sizeof(want) - 1;

	(void)state;
	for (size_t size = 0; size <= whole + 1; size++) {
		char *out = malloc(size + !size);
		bool cut = size >= whole;

		assert_int_equal(hn_redact_argv(in, sizeof(in) - 1, out, size, &cut), size < whole ? size : whole);
		assert_memory_equal(out, want, size < whole ? size : whole);
		assert_int_equal(cut, size < whole);
		assert_int_equal(hn_redact_argv(in, sizeof(in) - 1, out, size, NULL), size < whole ? size : whole);
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_known_tokens),
		cmocka_unit_test(test_within_an_argument),
		cmocka_unit_test(test_nothing_too_much),
		cmocka_unit_test(test_small_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

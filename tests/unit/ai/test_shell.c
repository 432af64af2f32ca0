/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts cut into simple commands: each row is a script and its commands, words joined by '|', commands by a newline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ai/shell.h"
#include "hostnetd/macro.h"

static const struct hn_word extra[] = {{"serve", 3}, {"two words", 4}};

static const struct {
	const char *script, *commands;
} rows[] = {
	{"", ""},
	{" \n\t\n", ""},
	{"exec vllm serve x", "exec|vllm|serve|x"},
	{"a; b && c || d | e & f", "a\nb\nc\nd\ne\nf"},
	{"a\nb", "a\nb"},
	{"a \\\n b", "a|b"},
	{"a\\ b c", "a b|c"},
	{"echo 'a; b' \"c && d\"", "echo|a; b|c && d"},
	{"a'b'\"c\"d", "abcd"},
	{"echo \"say \\\"x\\\" \\n\"", "echo|say \"x\" \\n"},
	{"echo ''", "echo|"},
	{"a # rest\nb", "a\nb"},
	{"a b#c", "a|b#c"},
	{"a >/dev/null 2>&1 b", "a|b"},
	{"a 2>err b", "a|b"},
	{"a x2>err b", "a|x2|b"},
	{"a &>all b", "a|b"},
	{"a <in", "a"},
	{"cat <<EOF\nvllm serve\nEOF\nb", "cat\nb"},
	{"cat <<-'EOF'\n\tx\n\tEOF\nb", "cat\nb"},
	{"cat <<EOF", "cat"},
	{"if true; then a; else b; fi", "true\na\nb"},
	{"while ! curl x; do sleep 1; done; ollama serve", "curl|x\nsleep|1\nollama|serve"},
	{"for f in a b; do run $f; done", "run|$f"},
	{"(cd /x && ./run)", "cd|/x\n./run"},
	{"{ a; }", "a"},
	{"X=$(date) run", "X=$\ndate\nrun"},
	{"A=1 B=2 run", "A=1|B=2|run"},
	{"exec \"$@\"", "exec|serve|two words"},
	{"exec '$@'", "exec|$@"},
	{"run ${@}", "run|serve|two words"},
	{"run 'open", "run|open"},
	{"run \\", "run"},
};

static void list(char *out, size_t size, struct hn_shell *s)
{
	size_t n = 0;

	out[0] = '\0';
	while (hn_shell_next(s)) {
		assert_true(s->words.n > 0);
		for (size_t i = 0; i < s->words.n; i++) {
			size_t len = strlen(s->words.w[i].text);

			assert_true(n + len + 2 < size);
			if (n)
				out[n++] = i ? '|' : '\n';
			memcpy(out + n, s->words.w[i].text, len);
			n += len;
		}
		out[n] = '\0';
	}
}

static void test_rows(void **state)
{
	static struct hn_shell s;
	char got[1024];

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		size_t n = strlen(rows[i].script);
		char *copy = malloc(n ? n : 1); /* exactly n bytes: ASan sees a read beyond */

		assert_non_null(copy);
		memcpy(copy, rows[i].script, n);
		hn_shell_init(&s, copy, n, 2, extra, HN_ARRAY_SIZE(extra));
		list(got, sizeof(got), &s);
		free(copy);
		if (strcmp(got, rows[i].commands) != 0)
			fail_msg("%s\n got '%s'\nwant '%s'", rows[i].script, got, rows[i].commands);
	}
}

static void test_index_of_words(void **state)
{
	static struct hn_shell s;
	const char *script = "exec \"$@\"";

	(void)state;
	hn_shell_init(&s, script, strlen(script), 2, extra, HN_ARRAY_SIZE(extra));
	assert_true(hn_shell_next(&s));
	assert_int_equal(s.words.w[0].arg, 2);
	assert_int_equal(s.words.w[1].arg, 3);
	assert_int_equal(s.words.w[2].arg, 4);
	assert_false(hn_shell_next(&s));
}

static void test_bounds(void **state)
{
	static struct hn_shell s;
	size_t n = 1 << 20;
	char *script = malloc(n);

	(void)state;
	assert_non_null(script);
	memset(script, 'a', n); /* one word that fits nowhere: left out, and no overrun */
	hn_shell_init(&s, script, n, 0, NULL, 0);
	assert_false(hn_shell_next(&s));
	for (size_t i = 1; i < n; i += 2)
		script[i] = ' ';
	hn_shell_init(&s, script, n, 0, NULL, 0);
	assert_true(hn_shell_next(&s));
	assert_int_equal(s.words.n, HN_WORDS_MAX);
	memset(script, '\0', n); /* NULs part commands */
	hn_shell_init(&s, script, n, 0, NULL, 0);
	assert_false(hn_shell_next(&s));
	free(script);
}

static void test_command_behind_a_long_one(void **state)
{
	static struct hn_shell s;
	size_t n = 2 * HN_SHELL_COMMAND_MAX;
	char *script = malloc(n + 16);

	(void)state;
	assert_non_null(script);
	memset(script, 'a', n);
	memcpy(script + n, "; ollama serve", 14);
	hn_shell_init(&s, script, n + 14, 0, NULL, 0);
	assert_true(hn_shell_next(&s));
	assert_string_equal(s.words.w[0].text, "ollama");
	free(script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_index_of_words),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_command_behind_a_long_one),
	};

	return cmocka_run_group_tests_name("shell", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns: normal form, mistakes, index keys, and what a star may stand for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ai/pattern.h"
#include "hostnetd/str.h"

static void test_kinds(void **state)
{
	(void)state;
	for (enum hn_pattern_kind k = 0; k < HN_PATTERN_MAX; k++) {
		assert_int_equal(hn_pattern_kind_find(hn_pattern_kind_name(k)), k);
		assert_true(hn_pattern_kind_weight(k) > 0 && hn_pattern_kind_weight(k) < 1);
		assert_non_null(hn_pattern_kind_signal(k));
	}
	assert_int_equal(hn_pattern_kind_find("toys"), HN_PATTERN_MAX);
	assert_int_equal(hn_pattern_kind_find(""), HN_PATTERN_MAX);
}

static const struct {
	enum hn_pattern_kind kind;
	const char *text, *normal, *wrong;
} texts[] = {
	{HN_PATTERN_IMAGE, "VLLM/vllm-openai", "vllm/vllm-openai", NULL},
	{HN_PATTERN_IMAGE, "vllm/*", "vllm/*", NULL},
	{HN_PATTERN_IMAGE, "*", NULL, "would match everything"},
	{HN_PATTERN_IMAGE, "vllm/", NULL, "has an empty segment"},
	{HN_PATTERN_IMAGE, "a//b", NULL, "has an empty segment"},
	{HN_PATTERN_SCRIPT, "/opt/x.sh", NULL, "has an empty segment"},
	{HN_PATTERN_PATH, "/opt/x", "/opt/x", NULL},
	{HN_PATTERN_ARGV, "ollama  serve", NULL, "has an empty word"},
	{HN_PATTERN_ARGV, " ollama", NULL, "has an empty word"},
	{HN_PATTERN_OWNER, ".kubeflow.org", NULL, "has no kind"},
	{HN_PATTERN_OWNER, "Notebook.kubeflow.org", "notebook.kubeflow.org", NULL},
	{HN_PATTERN_LABEL, "*", NULL, "would match everything"},
	{HN_PATTERN_EXE, "*-mcp", "*-mcp", NULL},
	{HN_PATTERN_EXE, "mcp-*", "mcp-*", NULL},
	{HN_PATTERN_EXE, "mcp*", NULL, "has a '*' inside a word: put it beside one of - _ . / @"},
	{HN_PATTERN_EXE, "a-*-*", NULL, "has more than one '*'"},
	{HN_PATTERN_EXE, "", NULL, "is empty"},
	{HN_PATTERN_EXE, "a\nb", NULL, "holds a control character"},
	{HN_PATTERN_ARGV, "ollama *", NULL, "may not hold '*'"},
	{HN_PATTERN_FLAG, "--Served_Model_Name", "--served-model-name", NULL},
	{HN_PATTERN_FLAG, "served", NULL, "must begin with '-'"},
	{HN_PATTERN_FILE, "*.GGUF", "gguf", NULL},
	{HN_PATTERN_FILE, "gguf", NULL, "must look like *.gguf"},
	{HN_PATTERN_FILE, "*.", NULL, "must look like *.gguf"},
	{HN_PATTERN_FILE, "*.tar.gz", NULL, "must look like *.gguf"},
	{HN_PATTERN_MODEL, "Qwen/*", "qwen/*", NULL},
	{HN_PATTERN_MODEL, "qwen", NULL, "must look like meta-llama/*"},
	{HN_PATTERN_MODEL, "/*", NULL, "must look like meta-llama/*"},
	{HN_PATTERN_ENV, "VLLM_*", "VLLM_*", NULL}, /* the only one that keeps its case, with words of it */
	{HN_PATTERN_ENV, "*_URL", NULL, "may have '*' at its end only"},
	{HN_PATTERN_ENV_WORD, "LLM", "LLM", NULL},
	{HN_PATTERN_WORD, "LLM*", "llm*", NULL},
	{HN_PATTERN_WORD, "*gpt", "*gpt", NULL},
	{HN_PATTERN_WORD, "l*m", NULL, "may have '*' at its beginning or its end only"},
	{HN_PATTERN_WORD, "ml*", NULL, "must have 3 to 12 letters beside the '*'"},
	{HN_PATTERN_WORD, "*", NULL, "must have 3 to 12 letters beside the '*'"},
	{HN_PATTERN_WORD, "abcdefghijklm*", NULL, "must have 3 to 12 letters beside the '*'"},
	{HN_PATTERN_DEVICE, "renderD", "renderd", NULL},
	{HN_PATTERN_DEVICE, "nvidia0", NULL, "must be without the number at its end"},
	{HN_PATTERN_LIBRARY, "libcudnn_*", "libcudnn_*", NULL},
	{HN_PATTERN_LIBRARY, "libtorch.so", NULL, "must be without what follows the first '.'"},
	{HN_PATTERN_CLAIM, "GPU", "gpu", NULL},
};

static void test_normal_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(texts); i++) {
		char text[HN_PATTERN_TEXT_MAX];
		const char *wrong;

		assert_true(hn_strcpy(text, sizeof(text), texts[i].text));
		wrong = hn_pattern_normalise(texts[i].kind, text);
		if (texts[i].wrong) {
			assert_non_null(wrong);
			assert_string_equal(wrong, texts[i].wrong);
		} else {
			assert_null(wrong);
			assert_string_equal(text, texts[i].normal);
		}
	}
}

static void test_too_long(void **state)
{
	char text[HN_PATTERN_TEXT_MAX + 1];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[HN_PATTERN_TEXT_MAX] = '\0';
	assert_string_equal(hn_pattern_normalise(HN_PATTERN_EXE, text), "is longer than 199 bytes");
	text[HN_PATTERN_TEXT_MAX - 1] = '\0';
	assert_null(hn_pattern_normalise(HN_PATTERN_EXE, text));
}

static const struct {
	enum hn_pattern_kind kind;
	const char *text, *key;
} keys[] = {
	{HN_PATTERN_IMAGE, "vllm/vllm-openai", "vllm-openai"},
	{HN_PATTERN_IMAGE, "nvidia/tensorrt-llm/*", "tensorrt-llm/*"},
	{HN_PATTERN_IMAGE, "mcp/*", "mcp/*"},
	{HN_PATTERN_IMAGE, "kubeflow/kfp-*", "kfp-*"},
	{HN_PATTERN_IMAGE, "*-mcp", "*-mcp"},
	{HN_PATTERN_SCRIPT, "comfyui/main.py", "main.py"},
	{HN_PATTERN_ARGV, "ollama serve", "ollama"},
	{HN_PATTERN_FLAG, "--device=cuda", "--device"},
	{HN_PATTERN_MODEL, "qwen/*", "qwen"},
	{HN_PATTERN_OWNER, "notebook.kubeflow.org", "notebook"},
	{HN_PATTERN_ENV, "VLLM_*", "VLLM_*"},
	{HN_PATTERN_HOST, "*.openai.azure.com", "*.openai.azure.com"},
	{HN_PATTERN_LABEL, "ray.io/*", "ray.io/*"},
};

static void test_index_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(keys); i++) {
		char key[HN_PATTERN_TEXT_MAX];

		assert_int_equal(hn_pattern_key(keys[i].kind, keys[i].text, key), strlen(keys[i].key));
		assert_string_equal(key, keys[i].key);
	}
}

static void assert_glob(const char *glob, const char *s, bool want)
{
	if (hn_pattern_fits_glob(glob, strlen(glob), s) != want)
		fail_msg("%s against %s", glob, s);
}

static void test_star(void **state)
{
	(void)state;
	assert_glob("ab", "ab", true);
	assert_glob("ab", "abc", false);
	assert_glob("kfp-*", "kfp-driver", true);
	assert_glob("kfp-*", "kfp-", false); /* a star is never nothing */
	assert_glob("kfp-*", "kfpdriver", false);
	assert_glob("*-mcp", "jira-mcp", true);
	assert_glob("*-mcp", "-mcp", false);
	assert_glob("a-*-b", "a-x-b", true);
	assert_glob("a-*-b", "a-b", false); /* beginning and end may not overlap */
	assert_glob("*", "", false);
}

static void assert_path(const char *pattern, const char *a, const char *b, bool want)
{
	const char *segments[] = {a, b};

	if (hn_pattern_fits_path(pattern, strlen(pattern), segments, 2) != want)
		fail_msg("%s against %s/%s", pattern, a, b);
}

static void test_segments(void **state)
{
	const char *one[] = {"vllm-openai"};

	(void)state;
	assert_path("vllm/vllm-openai", "vllm", "vllm-openai", true);
	assert_path("vllm-openai", "any", "vllm-openai", true);
	assert_path("vllm/vllm-openai", "xvllm", "vllm-openai", false);
	assert_path("vllm/vllm-openai", "vllm", "vllm-openai2", false);
	assert_path("a/vllm/vllm-openai", "vllm", "vllm-openai", false);
	assert_path("kubeflow/kfp-*", "kubeflow", "kfp-driver", true);
	assert_false(hn_pattern_fits_path("vllm/vllm-openai", 16, one, 1));
	assert_false(hn_pattern_fits_path("vllm-openai", 11, one, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),    cmocka_unit_test(test_normal_form),
		cmocka_unit_test(test_too_long), cmocka_unit_test(test_index_key),
		cmocka_unit_test(test_star),     cmocka_unit_test(test_segments),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a signature looks for: one pattern is one text of one kind. A pattern has exactly one key in the index, so a
 * token of the input meets only the patterns that can match it; what the key leaves open, hn_pattern_fits decides.
 * At most one '*' a segment, beside a separator: whole words are compared, in one pass, never by backtracking. */
#ifndef AI_PATTERN_H
#define AI_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/macro.h"

enum hn_pattern_kind {
	HN_PATTERN_IMAGE,   /* repository path from the right: "vllm/vllm-openai", "kfp-*", a star for all below */
	HN_PATTERN_EXE,     /* a program's name: "ollama"; a process title: "vllm::" */
	HN_PATTERN_ARGV,    /* a program and words that follow it in this order: "ollama serve" */
	HN_PATTERN_MODULE,  /* a module and all below it: "vllm" is also vllm.entrypoints; a Java class */
	HN_PATTERN_PACKAGE, /* npm or PyPI: "mcp-server-*", a scope and a star */
	HN_PATTERN_SCRIPT,  /* path from the right: "ComfyUI/main.py" */
	HN_PATTERN_FLAG,    /* "--served-model-name", "--device=cuda" */
	HN_PATTERN_FILE,    /* an argument's file name: "*.gguf" */
	HN_PATTERN_MODEL,   /* a model id: "ORG/" and a star */
	HN_PATTERN_PATH,    /* an argument's path: "/mnt/models" and below, ".cache/huggingface" anywhere */
	HN_PATTERN_HOST,    /* a URL's host in an argument: "api.openai.com", "*.openai.azure.com" */
	HN_PATTERN_WORD, /* one word of an image's, program's, script's, module's or label's name or of an owner's kind;
			       a star stands for the rest of it: "llm*", "*gpt" */
	HN_PATTERN_ENV,      /* an environment name: "HF_TOKEN", "VLLM_*" */
	HN_PATTERN_ENV_WORD, /* one word of an environment name: "LLM" */
	HN_PATTERN_LABEL,    /* a label or annotation: "ray.io/cluster", a domain and a star, "key=value" */
	HN_PATTERN_OWNER,    /* "Kind" or "Kind.group" */
	HN_PATTERN_RESOURCE, /* "nvidia.com/gpu", "nvidia.com/mig-*" */
	HN_PATTERN_PORT,
	HN_PATTERN_MOUNT,   /* as PATH */
	HN_PATTERN_RUNTIME, /* runtime class */
	HN_PATTERN_CLAIM,   /* one word of a resource claim's or its template's name: "gpu" */
	HN_PATTERN_DEVICE,  /* an open device, without the number at its end: "nvidia", "renderd" */
	HN_PATTERN_LIBRARY, /* a mapped library, without what follows its first '.': "libtorch", "libcudnn_*" */
	HN_PATTERN_MAX,
};

struct hn_pattern {
	enum hn_pattern_kind kind;
	uint32_t signature;      /* index in the catalogue */
	float weight;            /* 0 to 1, negative: speaks against, 0: only silences a program's arguments */
	bool flattened;          /* an image's path in one segment: a mirror's name may stand before it */
	char *text;              /* normalised */
	struct hn_pattern *next; /* with the same key */
};

#define HN_PATTERN_TEXT_MAX 200
#define HN_PATTERN_AFFIX_MIN 3 /* letters of a word's beginning or end */
#define HN_PATTERN_AFFIX_MAX 12

/* The key of a signal in the catalogue's file, its default weight, and the name that evidence gives it. */
const char *hn_pattern_kind_name(enum hn_pattern_kind k);
float hn_pattern_kind_weight(enum hn_pattern_kind k);
const char *hn_pattern_kind_signal(enum hn_pattern_kind k);
/* HN_PATTERN_MAX: no such kind. */
enum hn_pattern_kind hn_pattern_kind_find(const char *name);

/* Normalises a pattern's text in place (case, '_' in flags, "*." of a file). NULL, or what is wrong with it. */
const char *hn_pattern_normalise(enum hn_pattern_kind k, char *text);
/* The index key, without the kind. Returns its length; `key` holds HN_PATTERN_TEXT_MAX bytes. */
size_t hn_pattern_key(enum hn_pattern_kind k, const char *text, char *key);

/* A path pattern against segments, from the right. */
bool hn_pattern_fits_path(const char *pattern, size_t len, const char *const segments[], size_t n);
/* "a*b" with one star, or no star at all. */
bool hn_pattern_fits_glob(const char *glob, size_t glob_len, const char *s);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A streaming JSON writer: no tree, commas and escapes by itself. Invalid UTF-8 becomes U+FFFD, controls \u00XX.
 * The caller opens and closes in order; the writer asserts it. */
#ifndef HOSTNETD_JSON_H
#define HOSTNETD_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hn_str;

#define HN_JSON_DEPTH 32

struct hn_json {
	struct hn_str *out; /* borrowed */
	unsigned depth;
	bool after_key;
	bool has_member[HN_JSON_DEPTH];
};

void hn_json_init(struct hn_json *j, struct hn_str *out);
void hn_json_object(struct hn_json *j);     /* { */
void hn_json_object_end(struct hn_json *j); /* } */
void hn_json_array(struct hn_json *j);      /* [ */
void hn_json_array_end(struct hn_json *j);  /* ] */
void hn_json_key(struct hn_json *j, const char *key);

void hn_json_string(struct hn_json *j, const char *s); /* NULL: null */
void hn_json_string_n(struct hn_json *j, const char *s, size_t n);
void hn_json_int(struct hn_json *j, int64_t v);
void hn_json_uint(struct hn_json *j, uint64_t v);
void hn_json_bool(struct hn_json *j, bool v);
void hn_json_fraction(struct hn_json *j, double v); /* at most three decimals, never NaN or an exponent */

/* One value that is JSON already. */
void hn_json_raw(struct hn_json *j, const char *json);

/* key and value at once. The _opt forms write nothing for NULL or "": a field that is not known is absent. */
void hn_json_kv_string(struct hn_json *j, const char *key, const char *s);
void hn_json_kv_opt(struct hn_json *j, const char *key, const char *s);
void hn_json_kv_int(struct hn_json *j, const char *key, int64_t v);
void hn_json_kv_uint(struct hn_json *j, const char *key, uint64_t v);
void hn_json_kv_bool(struct hn_json *j, const char *key, bool v);
void hn_json_kv_fraction(struct hn_json *j, const char *key, double v);
/* A list of words that end with a NUL each (the last one may lack it); absent without any. */
void hn_json_kv_words(struct hn_json *j, const char *key, const char *words, size_t n);

#endif

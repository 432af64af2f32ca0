/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer. What it writes is always valid UTF-8 and holds no raw control character. */
#include "hostnetd/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "hostnetd/str.h"
#include "hostnetd/utf8.h"

void hn_json_init(struct hn_json *j, struct hn_str *out)
{
	*j = (struct hn_json){.out = out};
}

/* Comma, if one is due, in front of a key or an element. */
static void begin_value(struct hn_json *j)
{
	if (j->after_key) {
		j->after_key = false;
		return;
	}
	if (j->has_member[j->depth])
		hn_str_putc(j->out, ',');
	j->has_member[j->depth] = true;
}

static void open_level(struct hn_json *j, char c)
{
	begin_value(j);
	assert(j->depth + 1 < HN_JSON_DEPTH);
	j->has_member[++j->depth] = false;
	hn_str_putc(j->out, c);
}

static void close_level(struct hn_json *j, char c)
{
	assert(j->depth > 0 && !j->after_key);
	j->depth--;
	hn_str_putc(j->out, c);
}

void hn_json_object(struct hn_json *j)
{
	open_level(j, '{');
}

void hn_json_object_end(struct hn_json *j)
{
	close_level(j, '}');
}

void hn_json_array(struct hn_json *j)
{
	open_level(j, '[');
}

void hn_json_array_end(struct hn_json *j)
{
	close_level(j, ']');
}

static void put_rune(struct hn_str *out, uint32_t rune, const char *bytes, size_t len)
{
	switch (rune) {
	case '"':
		hn_str_puts(out, "\\\"");
		break;
	case '\\':
		hn_str_puts(out, "\\\\");
		break;
	case '\n':
		hn_str_puts(out, "\\n");
		break;
	case '\r':
		hn_str_puts(out, "\\r");
		break;
	case '\t':
		hn_str_puts(out, "\\t");
		break;
	default:
		/* DEL and C1 may stand in JSON, but steer the terminal on which someone reads it. */
		if (rune < 0x20 || (rune >= 0x7f && rune < 0xa0))
			hn_str_printf(out, "\\u%04x", (unsigned)rune);
		else
			hn_str_append(out, bytes, len);
	}
}

static void put_quoted(struct hn_str *out, const char *s, size_t n)
{
	size_t plain = 0; /* bytes before s that wait to be copied at once */

	hn_str_putc(out, '"');
	while (n > 0) {
		uint32_t rune;
		size_t len = hn_utf8_decode(s, n, &rune);

		if (len > 0 && rune >= 0x20 && rune != '"' && rune != '\\' && (rune < 0x7f || rune >= 0xa0)) {
			plain += len;
			s += len;
			n -= len;
			continue;
		}
		hn_str_append(out, s - plain, plain);
		plain = 0;
		if (len == 0) {
			hn_str_puts(out, "\xef\xbf\xbd");
			len = 1;
		} else
			put_rune(out, rune, s, len);
		s += len;
		n -= len;
	}
	hn_str_append(out, s - plain, plain);
	hn_str_putc(out, '"');
}

void hn_json_key(struct hn_json *j, const char *key)
{
	assert(j->depth > 0 && !j->after_key);
	begin_value(j);
	put_quoted(j->out, key, strlen(key));
	hn_str_putc(j->out, ':');
	j->after_key = true;
}

void hn_json_string_n(struct hn_json *j, const char *s, size_t n)
{
	begin_value(j);
	put_quoted(j->out, s, n);
}

void hn_json_string(struct hn_json *j, const char *s)
{
	if (s) {
		hn_json_string_n(j, s, strlen(s));
		return;
	}
	begin_value(j);
	hn_str_puts(j->out, "null");
}

void hn_json_int(struct hn_json *j, int64_t v)
{
	begin_value(j);
	hn_str_printf(j->out, "%" PRId64, v);
}

void hn_json_uint(struct hn_json *j, uint64_t v)
{
	begin_value(j);
	hn_str_printf(j->out, "%" PRIu64, v);
}

void hn_json_bool(struct hn_json *j, bool v)
{
	begin_value(j);
	hn_str_puts(j->out, v ? "true" : "false");
}

void hn_json_raw(struct hn_json *j, const char *json)
{
	size_t n = strlen(json), plain = 0;

	begin_value(j);
	while (n > 0) {
		uint32_t rune;
		size_t len = hn_utf8_decode(json, n, &rune);
		bool steers = len > 0 && rune >= 0x7f && rune < 0xa0;

		if (len > 0 && !steers) {
			plain += len;
		} else {
			hn_str_append(j->out, json - plain, plain);
			plain = 0;
			if (steers)
				hn_str_printf(j->out, "\\u%04x", (unsigned)rune);
			else
				hn_str_puts(j->out, "\xef\xbf\xbd");
		}
		len += len == 0;
		json += len;
		n -= len;
	}
	hn_str_append(j->out, json - plain, plain);
}

/* By integers, since printf's decimal point is the locale's. */
void hn_json_fraction(struct hn_json *j, double v)
{
	const double limit = 1e12;
	unsigned long long thousandths, rest;
	bool negative;

	if (isnan(v))
		v = 0;
	negative = v < 0;
	if (negative)
		v = -v;
	if (v > limit)
		v = limit;
	thousandths = (unsigned long long)(v * 1000 + 0.5);
	begin_value(j);
	hn_str_printf(j->out, "%s%llu", negative && thousandths > 0 ? "-" : "", thousandths / 1000);
	rest = thousandths % 1000;
	if (rest == 0)
		return;
	if (rest % 100 == 0)
		hn_str_printf(j->out, ".%llu", rest / 100);
	else if (rest % 10 == 0)
		hn_str_printf(j->out, ".%02llu", rest / 10);
	else
		hn_str_printf(j->out, ".%03llu", rest);
}

void hn_json_kv_string(struct hn_json *j, const char *key, const char *s)
{
	hn_json_key(j, key);
	hn_json_string(j, s);
}

void hn_json_kv_opt(struct hn_json *j, const char *key, const char *s)
{
	if (s && s[0] != '\0')
		hn_json_kv_string(j, key, s);
}

void hn_json_kv_int(struct hn_json *j, const char *key, int64_t v)
{
	hn_json_key(j, key);
	hn_json_int(j, v);
}

void hn_json_kv_uint(struct hn_json *j, const char *key, uint64_t v)
{
	hn_json_key(j, key);
	hn_json_uint(j, v);
}

void hn_json_kv_bool(struct hn_json *j, const char *key, bool v)
{
	hn_json_key(j, key);
	hn_json_bool(j, v);
}

void hn_json_kv_fraction(struct hn_json *j, const char *key, double v)
{
	hn_json_key(j, key);
	hn_json_fraction(j, v);
}

void hn_json_kv_words(struct hn_json *j, const char *key, const char *words, size_t n)
{
	if (n == 0)
		return;
	hn_json_key(j, key);
	hn_json_array(j);
	while (n > 0) {
		size_t length = strnlen(words, n), step = length < n ? length + 1 : length;

		hn_json_string_n(j, words, length);
		words += step;
		n -= step;
	}
	hn_json_array_end(j);
}

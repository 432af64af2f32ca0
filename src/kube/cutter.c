// SPDX-License-Identifier: Apache-2.0
// The lexer of the outer object. Bytes are hostile: every state names what it accepts, all else is an error.
#include "cutter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum place {
	START, /* before { */
	FIRST_KEY,
	NEXT_KEY,
	KEY, /* in the string */
	COLON,
	VALUE,
	WORD,    /* true, null, 12 */
	STRING,  /* a string as value */
	SKIPPED, /* an object or array that nobody needs */
	AFTER_VALUE,
	FIRST_ITEM,
	NEXT_ITEM,
	ITEM,
	AFTER_ITEM,
	END,
};

/* Printed for a byte that does not fit. */
static const char *const expected[] = {
	[START] = "an object", [FIRST_KEY] = "a key",        [NEXT_KEY] = "a key",     [KEY] = "a key",
	[COLON] = "':'",       [VALUE] = "a value",          [WORD] = "a value",       [STRING] = "a string",
	[SKIPPED] = "a value", [AFTER_VALUE] = "',' or '}'", [FIRST_ITEM] = "an item", [NEXT_ITEM] = "an item",
	[ITEM] = "an item",    [AFTER_ITEM] = "',' or ']'",  [END] = "the end",
};

void hn_cutter_done(struct hn_cutter *c)
{
	hn_str_done(&c->buffer);
}

bool hn_cutter_complete(const struct hn_cutter *c)
{
	return c->place == END;
}

static int unexpected(const struct hn_cutter *c, char byte, struct hn_reason *reason)
{
	unsigned char value = (unsigned char)byte;
	char shown[8] = {byte, '\0'};

	if (value < 0x20 || value > 0x7e)
		snprintf(shown, sizeof(shown), "\\x%02x", value);
	return hn_reason_set(reason, -EBADMSG, "no pod list: byte %llu is '%s', %s was expected",
			     (unsigned long long)c->offset, shown, expected[c->place]);
}

static void word_begin(struct hn_cutter *c)
{
	c->word_len = 0;
	c->word_hash = 14695981039346656037ULL;
	c->word_escaped = false;
}

static void word_add(struct hn_cutter *c, char byte)
{
	if (c->word_len < sizeof(c->word) - 1)
		c->word[c->word_len] = byte;
	c->word_len++;
	c->word_hash = (c->word_hash ^ (unsigned char)byte) * 1099511628211ULL; /* FNV-1a */
}

static void word_end(struct hn_cutter *c)
{
	c->word[c->word_len < sizeof(c->word) ? c->word_len : sizeof(c->word) - 1] = '\0';
}

static bool is_items(const struct hn_cutter *c)
{
	return strcmp(c->key, "items") == 0;
}

static int word_value(struct hn_cutter *c, struct hn_reason *reason)
{
	bool is_null = strcmp(c->word, "null") == 0;

	if (!is_null && strcmp(c->word, "true") != 0 && strcmp(c->word, "false") != 0 && c->word[0] != '-' &&
	    (c->word[0] < '0' || c->word[0] > '9'))
		return hn_reason_set(reason, -EBADMSG, "no pod list: not JSON before byte %llu",
				     (unsigned long long)c->offset);
	if (is_items(c)) {
		/* Go writes an empty list that was never made as null. */
		if (!is_null)
			return hn_reason_set(reason, -EBADMSG, "no pod list: \"items\" is not a list");
		c->has_items = true;
	}
	return 0;
}

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_word(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
	       byte == '+' || byte == '-' || byte == '.';
}

/* In `place`. What is skipped may be wanted all the same: the list's metadata. */
static void value_open(struct hn_cutter *c, int place)
{
	c->place = place;
	c->keep = place == ITEM || (c->metadata && strcmp(c->key, "metadata") == 0);
	c->depth = 0;
	c->values = 0;
	c->why = NULL;
	hn_str_clear(&c->buffer);
}

/* The start of a value of the outer object. *again: the byte belongs to the value and must be read once more. */
static int value_start(struct hn_cutter *c, char byte, bool *again, struct hn_reason *reason)
{
	word_begin(c);
	if (byte == '[' && is_items(c)) {
		c->has_items = true;
		c->place = FIRST_ITEM;
	} else if ((byte == '{' || byte == '[') && !is_items(c)) {
		value_open(c, SKIPPED);
		*again = true;
	} else if (byte == '"' && !is_items(c)) {
		c->place = STRING;
	} else if (is_word(byte)) {
		c->place = WORD;
		*again = true;
	} else {
		return is_items(c) ? hn_reason_set(reason, -EBADMSG, "no pod list: \"items\" is not a list") :
				     unexpected(c, byte, reason);
	}
	return 0;
}

/* A byte of a string of the outer object. Returns true at its end. */
static bool string_byte(struct hn_cutter *c, char byte)
{
	if (c->escaped) {
		c->escaped = false;
	} else if (byte == '\\') {
		c->escaped = c->word_escaped = true;
	} else if (byte == '"') {
		word_end(c);
		return true;
	}
	word_add(c, byte);
	return false;
}

/* Other readers undo escapes and let the last of two keys count: nobody writes such an object by accident. */
static int key_end(struct hn_cutter *c, struct hn_reason *reason)
{
	memcpy(c->key, c->word, sizeof(c->key));
	c->place = COLON;
	if (c->word_escaped)
		return hn_reason_set(reason, -EBADMSG, "no pod list: an escape in the key before byte %llu",
				     (unsigned long long)c->offset);
	for (size_t i = 0; i < c->n_keys; i++)
		if (c->keys[i] == c->word_hash)
			return hn_reason_set(reason, -EBADMSG, "no pod list: \"%s\" is there twice", c->key);
	if (c->n_keys == HN_CUTTER_KEYS)
		return hn_reason_set(reason, -E2BIG, "no pod list: more than %d keys", HN_CUTTER_KEYS);
	c->keys[c->n_keys++] = c->word_hash;
	return 0;
}

static int text_end(struct hn_cutter *c, struct hn_reason *reason)
{
	bool is_kind = strcmp(c->key, "kind") == 0;

	c->place = AFTER_VALUE;
	if (!is_kind && strcmp(c->key, "apiVersion") != 0)
		return 0;
	if (c->word_escaped)
		return hn_reason_set(reason, -EBADMSG, "no pod list: an escape in \"%s\"", c->key);
	memcpy(is_kind ? c->kind : c->api_version, c->word, sizeof(c->word));
	return 0;
}

static int outer_byte(struct hn_cutter *c, char byte, bool *again, struct hn_reason *reason)
{
	*again = false;
	if (c->place == KEY || c->place == STRING) {
		if ((unsigned char)byte < 0x20)
			return unexpected(c, byte, reason);
		if (!string_byte(c, byte))
			return 0;
		return c->place == KEY ? key_end(c, reason) : text_end(c, reason);
	}
	if (c->place == WORD) {
		if (is_word(byte)) {
			word_add(c, byte);
			return 0;
		}
		word_end(c);
		c->place = AFTER_VALUE;
		*again = true;
		return word_value(c, reason);
	}
	if (is_space(byte))
		return 0;
	if ((c->place == FIRST_KEY || c->place == NEXT_KEY) && byte == '"') {
		c->place = KEY;
		word_begin(c);
	} else if (c->place == VALUE) {
		return value_start(c, byte, again, reason);
	} else if ((c->place == FIRST_ITEM || c->place == NEXT_ITEM) && byte == '{') {
		value_open(c, ITEM);
		*again = true;
	} else if (c->place == START && byte == '{') {
		c->place = FIRST_KEY;
	} else if (c->place == COLON && byte == ':') {
		c->place = VALUE;
	} else if (c->place == AFTER_VALUE && byte == ',') {
		c->place = NEXT_KEY;
	} else if ((c->place == AFTER_VALUE || c->place == FIRST_KEY) && byte == '}') {
		c->place = END;
	} else if (c->place == AFTER_ITEM && byte == ',') {
		c->place = NEXT_ITEM;
	} else if ((c->place == AFTER_ITEM || c->place == FIRST_ITEM) && byte == ']') {
		c->place = AFTER_VALUE;
	} else {
		return unexpected(c, byte, reason);
	}
	return 0;
}

static void read_over(struct hn_cutter *c, const char *why)
{
	if (!c->why)
		c->why = why;
	hn_str_done(&c->buffer);
}

static int bracket_open(struct hn_cutter *c, bool array, struct hn_reason *reason)
{
	if (c->depth >= HN_CUTTER_DEPTH) {
		if (c->place != ITEM || !c->over)
			return hn_reason_set(reason, -EBADMSG, "no pod list: nested deeper than %d at byte %llu",
					     HN_CUTTER_DEPTH, (unsigned long long)c->offset);
		read_over(c, "nested too deeply");
		c->depth++; /* what it is closed by nobody checks: no parser gets it */
		return 0;
	}
	if (array)
		c->arrays |= 1ULL << c->depth;
	else
		c->arrays &= ~(1ULL << c->depth);
	c->depth++;
	c->values++;
	return 0;
}

static int bracket_close(struct hn_cutter *c, char byte, struct hn_reason *reason)
{
	bool array = c->depth <= HN_CUTTER_DEPTH && c->arrays >> (c->depth - 1) & 1;

	if (c->depth <= HN_CUTTER_DEPTH && array != (byte == ']'))
		return unexpected(c, byte, reason);
	c->depth--;
	return 0;
}

/* Reads on in the open object or array. *ret: the bytes that belong to it; it is at its end when depth is 0. */
static int inner_span(struct hn_cutter *c, const char *bytes, size_t n, size_t *ret, struct hn_reason *reason)
{
	uint64_t start = c->offset;
	size_t i;

	for (i = 0; i < n; i++) {
		char byte = bytes[i];
		int r = 0;

		c->offset = start + i;
		if (c->in_string) {
			if ((unsigned char)byte < 0x20)
				return hn_reason_set(reason, -EBADMSG,
						     "no pod list: control character in the string at byte %llu",
						     (unsigned long long)c->offset);
			if (c->escaped)
				c->escaped = false;
			else if (byte == '\\')
				c->escaped = true;
			else if (byte == '"')
				c->in_string = false;
			continue;
		}
		if (byte == '"')
			c->in_string = true;
		else if (byte == '{' || byte == '[')
			r = bracket_open(c, byte == '[', reason);
		else if (byte == '}' || byte == ']')
			r = bracket_close(c, byte, reason);
		else if (byte == ',')
			c->values++;
		if (r < 0)
			return r;
		if (c->depth == 0) {
			i++;
			break;
		}
	}
	c->offset = start + i;
	*ret = i;
	return 0;
}

/* What inner_span read is kept within bounds, and handed over at its end. */
static int inner_keep(struct hn_cutter *c, const char *bytes, size_t n, struct hn_reason *reason)
{
	if (!c->keep)
		return 0;
	if (!c->why && (c->values > HN_CUTTER_ITEM_VALUES || n > HN_CUTTER_ITEM_BYTES - c->buffer.len)) {
		if (c->place != ITEM || !c->over)
			return hn_reason_set(
				reason, -E2BIG,
				"a pod before byte %llu is larger than %lu MiB or has more than %d values",
				(unsigned long long)c->offset, HN_CUTTER_ITEM_BYTES >> 20, HN_CUTTER_ITEM_VALUES);
		read_over(c, "too large, or of too many values");
	}
	if (c->why)
		return c->depth > 0 ? 0 : c->over(c->arg, c->why, reason);
	hn_str_append(&c->buffer, bytes, n);
	if (c->buffer.failed)
		return hn_reason_set(reason, -ENOMEM, "no memory for a pod");
	if (c->depth > 0)
		return 0;
	return (c->place == ITEM ? c->item : c->metadata)(c->arg, hn_str_get(&c->buffer), c->buffer.len, reason);
}

int hn_cutter_feed(struct hn_cutter *c, const char *bytes, size_t n, struct hn_reason *reason)
{
	size_t used = 0;
	bool again;
	int r = hn_cutter_feed_document(c, bytes, n, &used, reason);

	/* Nothing but space may follow. */
	for (; r == 0 && used < n; used++, c->offset++)
		r = outer_byte(c, bytes[used], &again, reason);
	return r;
}

int hn_cutter_feed_document(struct hn_cutter *c, const char *bytes, size_t n, size_t *ret_used,
			    struct hn_reason *reason)
{
	size_t i = 0;

	while (i < n && c->place != END) {
		bool again;
		int r;

		if (c->place == ITEM || c->place == SKIPPED) {
			size_t used = 0;

			r = inner_span(c, bytes + i, n - i, &used, reason);
			if (r == 0)
				r = inner_keep(c, bytes + i, used, reason);
			if (r < 0)
				return r;
			i += used;
			if (c->depth == 0)
				c->place = c->place == ITEM ? AFTER_ITEM : AFTER_VALUE;
			continue;
		}
		r = outer_byte(c, bytes[i], &again, reason);
		if (r < 0)
			return r;
		if (!again) {
			i++;
			c->offset++;
		}
	}
	*ret_used = i;
	return 0;
}

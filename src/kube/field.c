// SPDX-License-Identifier: Apache-2.0
#include "field.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "hostnetd/map.h"
#include "hostnetd/str.h"

#define SHARED_LENGTH 256 /* longer strings are rarely the same twice */

static void no_memory(struct hn_fields *f)
{
	if (f->error == 0)
		f->error = hn_reason_set(f->reason, -ENOMEM, "no memory left for the pod list");
}

void hn_field_wrong(struct hn_fields *f, const char *what, const char *expected)
{
	if (f->error == 0)
		f->error = hn_reason_set(f->reason, -EBADMSG, "%s is not %s", what, expected);
}

void *hn_field_list(struct hn_fields *f, size_t count, size_t size)
{
	void *list = count > 0 ? hn_arena_array(f->arena, count, size) : NULL;

	if (count > 0 && !list)
		no_memory(f);
	return list;
}

const char *hn_field_keep(struct hn_fields *f, const char *text, size_t max)
{
	size_t n = strnlen(text, max + 1);
	const char *kept;

	if (n == 0)
		return "";
	if (n > max) {
		/* Not in the middle of a UTF-8 character. */
		for (n = max; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
			;
	}
	kept = f->seen && n <= SHARED_LENGTH ? hn_map_get(f->seen, text, n) : NULL;
	if (kept)
		return kept;
	kept = hn_arena_copy(f->arena, text, n);
	if (!kept) {
		no_memory(f);
		return "";
	}
	/* A full map only means that the string may be kept twice. */
	if (f->seen && n <= SHARED_LENGTH && hn_map_put(f->seen, kept, n, (void *)kept) == -ENOMEM)
		no_memory(f);
	return kept;
}

const struct cJSON *hn_field_find(const struct cJSON *object, const char *key)
{
	const cJSON *value = object ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;

	return value && !cJSON_IsNull(value) ? value : NULL;
}

/* A number or a boolean of a YAML manifest has its text with it. */
static bool has_text(const cJSON *value)
{
	return (cJSON_IsString(value) || cJSON_IsNumber(value) || cJSON_IsBool(value)) && value->valuestring;
}

const char *hn_field_string(struct hn_fields *f, const struct cJSON *object, const char *key, const char *what)
{
	const cJSON *value = hn_field_find(object, key);

	if (!value)
		return "";
	if (!has_text(value)) {
		hn_field_wrong(f, what, "a string");
		return "";
	}
	return hn_field_keep(f, value->valuestring, HN_FIELD_STRING);
}

bool hn_field_bool(struct hn_fields *f, const struct cJSON *object, const char *key, const char *what)
{
	const cJSON *value = hn_field_find(object, key);

	if (value && !cJSON_IsBool(value))
		hn_field_wrong(f, what, "true or false");
	return cJSON_IsTrue(value);
}

const struct cJSON *hn_field_object(struct hn_fields *f, const struct cJSON *object, const char *key,
				    const char *what)
{
	const cJSON *value = hn_field_find(object, key);

	if (value && !cJSON_IsObject(value)) {
		hn_field_wrong(f, what, "an object");
		return NULL;
	}
	return value;
}

const struct cJSON *hn_field_array(struct hn_fields *f, const struct cJSON *object, const char *key,
				   const char *what)
{
	const cJSON *value = hn_field_find(object, key);

	if (value && !cJSON_IsArray(value)) {
		hn_field_wrong(f, what, "a list");
		return NULL;
	}
	return value;
}

const char *const *hn_field_strings(struct hn_fields *f, const struct cJSON *object, const char *key,
				    const char *what, size_t *ret_n)
{
	const cJSON *array = hn_field_array(f, object, key, what);
	size_t count = (size_t)cJSON_GetArraySize(array), n = 0;
	const char **list = hn_field_list(f, count, sizeof(*list));
	const cJSON *element;

	cJSON_ArrayForEach(element, array) {
		if (!list)
			break;
		if (!has_text(element))
			hn_field_wrong(f, what, "a list of strings");
		else
			list[n++] = hn_field_keep(f, element->valuestring, HN_FIELD_WORD);
	}
	*ret_n = n;
	return list;
}

const char *const *hn_field_members(struct hn_fields *f, const struct cJSON *object, const char *key,
				    const char *member, const char *what, size_t *ret_n)
{
	const cJSON *array = hn_field_array(f, object, key, what);
	size_t count = (size_t)cJSON_GetArraySize(array), n = 0;
	const char **list = hn_field_list(f, count, sizeof(*list));
	const cJSON *element;

	cJSON_ArrayForEach(element, array) {
		if (!list)
			break;
		if (!cJSON_IsObject(element))
			hn_field_wrong(f, what, "a list of objects");
		else
			list[n++] = hn_field_string(f, element, member, what);
	}
	*ret_n = n;
	return list;
}

const struct hn_pair *hn_field_pairs(struct hn_fields *f, const struct cJSON *object, const char *key,
				     const char *what, size_t max, size_t *ret_n)
{
	const cJSON *values = hn_field_object(f, object, key, what);
	size_t count = (size_t)cJSON_GetArraySize(values), n = 0;
	struct hn_pair *list = hn_field_list(f, count, sizeof(*list));
	const cJSON *element;

	cJSON_ArrayForEach(element, values) {
		if (!list)
			break;
		if (!has_text(element) && !cJSON_IsNull(element)) {
			hn_field_wrong(f, what, "an object of strings");
			break;
		}
		list[n].key = hn_field_keep(f, element->string, HN_FIELD_STRING);
		list[n].value = has_text(element) ? hn_field_keep(f, element->valuestring, max) : "";
		n++;
	}
	*ret_n = n;
	return list;
}

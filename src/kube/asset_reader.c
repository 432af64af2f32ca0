// SPDX-License-Identifier: Apache-2.0
// Bytes in, assets out. JSON is cut as it arrives, so that a list of any length takes the memory of one object; YAML is
// collected, since an alias may point anywhere in its document.
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asset.h"
#include "asset_list.h"
#include "cutter.h"
#include "manifest_yaml.h"
#include "twice.h"
#include "tree.h"

#define YAML_BYTES (32UL << 20)
#define JSON_BYTES (4ULL << 30)
#define OBJECT_MEMORY (32UL << 20)

enum form { UNKNOWN, JSON, YAML };

struct hn_asset_reader {
	struct hn_asset_source source;
	enum form form;
	unsigned document;
	uint64_t bytes;
	size_t objects, lists, items;
	bool inside;  /* a JSON document is open */
	bool partial; /* a list of a file says that there is more of it */
	struct hn_cutter cutter;
	struct hn_str whole;              /* YAML: all; JSON: the open document, while it may be a single object */
	bool too_long;                    /* for a single object */
	char api_version[128], kind[128]; /* of the list's items */
	char token[4096];
};

static int on_item(void *arg, const char *json, size_t n, struct hn_reason *reason);
static int on_metadata(void *arg, const char *json, size_t n, struct hn_reason *reason);

struct hn_asset_reader *hn_asset_reader_new(const struct hn_asset_source *source)
{
	struct hn_asset_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->source = *source;
	if (source->kind)
		hn_strcpy(r->kind, sizeof(r->kind), source->kind);
	if (source->api_version)
		hn_strcpy(r->api_version, sizeof(r->api_version), source->api_version);
	return r;
}

void hn_asset_reader_free(struct hn_asset_reader *r)
{
	if (!r)
		return;
	hn_cutter_done(&r->cutter);
	hn_str_done(&r->whole);
	free(r);
}

const char *hn_asset_reader_continue(const struct hn_asset_reader *r)
{
	return r->token;
}

bool hn_asset_reader_is_empty(const struct hn_asset_reader *r)
{
	return r->objects + r->lists == 0;
}

bool hn_asset_reader_is_partial(const struct hn_asset_reader *r)
{
	return r->partial;
}

/* One object that anybody may have made does not hide the others of an API server's list. */
static int give_up(struct hn_asset_reader *r, int error, struct hn_reason *reason)
{
	struct hn_reason why = *reason;

	if (!r->source.broken)
		return error;
	hn_reason_wrap(&why, error, "item %zu", r->items - 1);
	return r->source.broken(r->source.arg, why.text, reason);
}

/* A tree of one object, given away or not, is read and its memory is free again afterwards. */
static int read_object(struct hn_asset_reader *r, cJSON *root, unsigned line, struct hn_reason *reason)
{
	struct hn_arena arena = {.limit = OBJECT_MEMORY};
	struct hn_fields fields = {.arena = &arena, .reason = reason, .unnamed = true};
	struct hn_asset asset;
	/* What an API server sends it has written itself. */
	int got = r->source.kind || r->form == YAML ? 0 : hn_key_refuse_twice(root, reason);

	if (got == 0)
		got = hn_asset_list_check_item(&r->source, root, reason);
	if (got == 0)
		got = hn_asset_read(&fields, root, r->api_version[0] ? r->api_version : NULL,
				    r->kind[0] ? r->kind : NULL, r->source.kinds, &asset);
	r->objects++;
	if (got > 0) {
		asset.document = r->document;
		asset.line = line;
		got = r->source.found(r->source.arg, &asset, reason);
	} else if (got < 0) {
		got = give_up(r, got, reason);
	}
	hn_arena_done(&arena);
	return got;
}

static int parse(const char *json, size_t n, cJSON **ret, struct hn_reason *reason)
{
	const char *end = NULL;
	cJSON *root = hn_tree_parse(json, n, &end);

	if (!cJSON_IsObject(root) || end != json + n) {
		cJSON_Delete(root);
		return hn_reason_set(reason, -EBADMSG, "not JSON");
	}
	*ret = root;
	return 0;
}

/* "PodList": its items are Pods of the same version, which do not say so themselves. */
static void learn_kind(struct hn_asset_reader *r, const char *list_kind, const char *list_version)
{
	if (r->source.kind || !hn_asset_list_is(list_kind) || hn_asset_list_is_bare(list_kind))
		return;
	hn_strncpy(r->kind, sizeof(r->kind), list_kind, strlen(list_kind) - strlen("List"));
	hn_strcpy(r->api_version, sizeof(r->api_version), list_version);
}

static int read_item(struct hn_asset_reader *r, cJSON *root, unsigned line, struct hn_reason *reason);

/* Items of a list that is there whole. */
static int read_list(struct hn_asset_reader *r, cJSON *root, unsigned line, struct hn_reason *reason)
{
	const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(root, "metadata");
	const cJSON *kind = cJSON_GetObjectItemCaseSensitive(root, "kind");
	const cJSON *version = cJSON_GetObjectItemCaseSensitive(root, "apiVersion");
	cJSON *items = cJSON_GetObjectItemCaseSensitive(root, "items"), *item;
	const char *of = cJSON_IsString(version) ? version->valuestring : "";
	char token[sizeof(r->token)] = "";
	size_t index = 0;
	int got = hn_asset_list_check(&r->source, of, kind->valuestring, reason);

	if (got == 0)
		got = hn_asset_list_token(metadata, token, sizeof(token), reason);
	if (got < 0)
		return got;
	learn_kind(r, kind->valuestring, of);
	cJSON_ArrayForEach(item, items) {
		got = read_item(r, item, line, reason);
		if (got < 0)
			return hn_reason_wrap(reason, got, "item %zu", index);
		index++;
	}
	r->lists++;
	r->partial |= token[0] != '\0';
	return 0;
}

/* Items may be null, as Go writes a list that was never made. */
static bool is_whole_list(const cJSON *root)
{
	const cJSON *kind = cJSON_GetObjectItemCaseSensitive(root, "kind");
	const cJSON *items = cJSON_GetObjectItemCaseSensitive(root, "items");

	return cJSON_IsString(kind) && hn_asset_list_is(kind->valuestring) &&
	       (cJSON_IsArray(items) || cJSON_IsNull(items));
}

/* An object; or a list in a list of a file, as kubectl takes it. */
static int read_item(struct hn_asset_reader *r, cJSON *root, unsigned line, struct hn_reason *reason)
{
	char outer[sizeof(r->kind)], outer_version[sizeof(r->api_version)];
	int got;

	if (r->source.kind || !is_whole_list(root))
		return read_object(r, root, line, reason);
	got = r->form == YAML ? 0 : hn_key_refuse_twice(root, reason);
	if (got < 0)
		return got;
	memcpy(outer, r->kind, sizeof(outer));
	memcpy(outer_version, r->api_version, sizeof(outer_version));
	r->kind[0] = r->api_version[0] = '\0';
	got = read_list(r, root, line, reason);
	memcpy(r->kind, outer, sizeof(outer));
	memcpy(r->api_version, outer_version, sizeof(outer_version));
	return got;
}

static int on_item(void *arg, const char *json, size_t n, struct hn_reason *reason)
{
	struct hn_asset_reader *r = arg;
	cJSON *root = NULL;
	int got = parse(json, n, &root, reason);

	hn_str_clear(&r->whole);
	r->too_long = true;
	learn_kind(r, r->cutter.kind, r->cutter.api_version);
	r->items++;
	if (got == 0 && !r->source.kind)
		got = hn_asset_list_check_order(root, r->cutter.api_version, r->cutter.kind, reason);
	got = got < 0 ? give_up(r, got, reason) : read_item(r, root, 0, reason);
	cJSON_Delete(root);
	return got < 0 ? hn_reason_wrap(reason, got, "item %zu", r->items - 1) : 0;
}

/* Only where the source has `broken`. */
static int on_over(void *arg, const char *why, struct hn_reason *reason)
{
	struct hn_asset_reader *r = arg;

	r->items++;
	return give_up(r, hn_reason_set(reason, -E2BIG, "%s", why), reason);
}

static int on_metadata(void *arg, const char *json, size_t n, struct hn_reason *reason)
{
	struct hn_asset_reader *r = arg;
	cJSON *root = NULL;
	int got = parse(json, n, &root, reason);

	if (got < 0)
		return got;
	got = hn_asset_list_token(root, r->token, sizeof(r->token), reason);
	cJSON_Delete(root);
	return got;
}

static int json_end(struct hn_asset_reader *r, struct hn_reason *reason)
{
	bool list = r->cutter.has_items;
	cJSON *root = NULL;
	int got = 0;

	if (!list && r->source.kind)
		return hn_reason_set(reason, -EBADMSG, "no list: it has no \"items\"");
	/* What it has besides was not kept: in an object that is no list, a pod template. */
	if (list && !r->source.kind && r->cutter.kind[0] && !hn_asset_list_is(r->cutter.kind))
		return hn_reason_set(reason, -EBADMSG, "'items' in an object that is no list, but a %.64s",
				     r->cutter.kind);
	if (list)
		got = hn_asset_list_check(&r->source, r->cutter.api_version, r->cutter.kind, reason);
	if (got < 0)
		return got;
	if (!list && r->too_long)
		return hn_reason_set(reason, -E2BIG, "a single object of more than 4 MiB");
	if (!list)
		got = parse(hn_str_get(&r->whole), r->whole.len, &root, reason);
	if (!list && got == 0)
		got = read_object(r, root, 0, reason);
	cJSON_Delete(root);
	hn_str_clear(&r->whole);
	r->inside = false;
	r->lists += list && hn_asset_list_is(r->cutter.kind);
	r->partial |= list && !r->source.kind && r->token[0];
	return got < 0 ? got : 0;
}

static int json_begin(struct hn_asset_reader *r, struct hn_reason *reason)
{
	/* It would take the first one's continue token with it. */
	if (r->source.kind && r->document > 0)
		return hn_reason_set(reason, -EBADMSG, "a second document behind the list");
	hn_cutter_done(&r->cutter);
	r->cutter = (struct hn_cutter){
		.item = on_item, .metadata = on_metadata, .over = r->source.broken ? on_over : NULL, .arg = r};
	hn_str_clear(&r->whole);
	r->too_long = false;
	r->items = 0;
	r->token[0] = '\0';
	if (!r->source.kind)
		r->kind[0] = r->api_version[0] = '\0';
	r->document++;
	r->inside = true;
	return 0;
}

static int feed_json(struct hn_asset_reader *r, const char *bytes, size_t n, struct hn_reason *reason)
{
	size_t at = 0, used;
	int got;

	while (at < n) {
		if (!r->inside) {
			/* Documents may have --- between them. */
			if (strchr(" \t\r\n-", bytes[at]) && bytes[at]) {
				at++;
				continue;
			}
			got = json_begin(r, reason);
			if (got < 0)
				return got;
		}
		used = 0;
		got = hn_cutter_feed_document(&r->cutter, bytes + at, n - at, &used, reason);
		if (got < 0)
			return got;
		if (!r->too_long && !r->cutter.has_items) {
			r->too_long = r->whole.len + used > HN_CUTTER_ITEM_BYTES;
			if (!r->too_long)
				hn_str_append(&r->whole, bytes + at, used);
		}
		if (r->whole.failed)
			return hn_reason_set(reason, -ENOMEM, "no memory");
		at += used;
		if (hn_cutter_complete(&r->cutter)) {
			got = json_end(r, reason);
			if (got < 0)
				return got;
		}
	}
	return 0;
}

static int on_document(void *arg, cJSON *root, unsigned document, unsigned line, struct hn_reason *reason)
{
	struct hn_asset_reader *r = arg;
	int got;

	r->document = document;
	r->kind[0] = r->api_version[0] = '\0';
	if (is_whole_list(root))
		got = read_list(r, root, line, reason);
	else
		got = read_object(r, root, line, reason);
	cJSON_Delete(root);
	return got < 0 ? hn_reason_wrap(reason, got, "document %u, line %u", document, line) : 0;
}

static enum form form_of(struct hn_asset_reader *r, const char *bytes, size_t n)
{
	if (r->bytes == 0 && n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		return YAML;
	for (size_t i = 0; i < n; i++) {
		if (!memchr(" \t\r\n", bytes[i], 4))
			return bytes[i] == '{' ? JSON : YAML;
	}
	return UNKNOWN;
}

int hn_asset_reader_feed(struct hn_asset_reader *r, const char *bytes, size_t n, struct hn_reason *reason)
{
	int got = 0;

	if (r->form == UNKNOWN)
		r->form = form_of(r, bytes, n);
	r->bytes += n;
	if (r->form == JSON) {
		if (r->bytes > JSON_BYTES)
			return hn_reason_set(reason, -E2BIG, "%s: larger than 4 GiB", r->source.name);
		got = feed_json(r, bytes, n, reason);
		return got < 0 ? hn_reason_wrap(reason, got, "%s: document %u", r->source.name, r->document) : 0;
	}
	if (r->whole.len + n > YAML_BYTES)
		return hn_reason_set(reason, -E2BIG,
				     "%s: YAML of more than %lu MiB: give it as JSON, which is read in pieces",
				     r->source.name, YAML_BYTES >> 20);
	hn_str_append(&r->whole, bytes, n);
	return r->whole.failed ? hn_reason_set(reason, -ENOMEM, "%s: no memory", r->source.name) : 0;
}

int hn_asset_reader_finish(struct hn_asset_reader *r, struct hn_reason *reason)
{
	int got = 0;

	if (r->form == JSON && r->inside)
		got = hn_reason_set(reason, -EBADMSG, "document %u is cut off after %llu bytes", r->document,
				    (unsigned long long)r->bytes);
	else if (r->source.kind && r->document == 0)
		got = hn_reason_set(reason, -EBADMSG, "no list: nothing came");
	else if (r->form == YAML)
		got = hn_manifest_yaml(hn_str_get(&r->whole), r->whole.len, on_document, r, reason);
	return got < 0 ? hn_reason_wrap(reason, got, "%s", r->source.name) : 0;
}

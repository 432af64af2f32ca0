// SPDX-License-Identifier: Apache-2.0
// Which version serves a resource. A table that names one version would miss the objects of a cluster that has another.
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apiserver_ask.h"
#include "hostnetd/str.h"
#include "tree.h"

#define ANSWER_BYTES (1UL << 20) /* of hundreds of groups: 100 KiB. As a tree it is up to 32 times as large */
#define ANSWERS 256
#define VERSIONS 16 /* of one group */

struct answer {
	char path[300];
	const char *kind, *list; /* what it must be, and hold */
	enum hn_apiserver_outcome outcome;
	struct hn_reason reason;
	cJSON *tree;
};

struct hn_discovery {
	struct answer *answers[ANSWERS];
	size_t n;
};

void hn_discovery_free(struct hn_discovery *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n; i++) {
		cJSON_Delete(d->answers[i]->tree);
		free(d->answers[i]);
	}
	free(d);
}

static int on_body(void *arg, const char *bytes, size_t n, struct hn_reason *reason)
{
	struct hn_str *body = arg;

	hn_str_append(body, bytes, n);
	return body->failed ? hn_reason_set(reason, -ENOMEM, "no memory") : 0;
}

static const char *text_of(const cJSON *object, const char *key)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsString(value) ? value->valuestring : "";
}

/* An answer without content would mean that the server has none of what it does not name. */
static int check_content(const struct answer *answer, struct hn_reason *ret)
{
	if (strcmp(text_of(answer->tree, "kind"), answer->kind) == 0 &&
	    cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(answer->tree, answer->list)))
		return 0;
	return hn_reason_set(ret, -EBADMSG, "%s: what the server answers is no %s with %s", answer->path,
			     answer->kind, answer->list);
}

static void fetch(struct hn_apiserver *a, struct answer *answer)
{
	_cleanup_(hn_str_done) struct hn_str body = {0};
	struct hn_apiserver_ask ask = {
		.path = answer->path,
		.max_bytes = ANSWER_BYTES,
		.body = on_body,
		.arg = &body,
	};
	struct hn_apiserver_status status;
	enum hn_apiserver_step step = hn_apiserver_ask(a, &ask, &status, &answer->reason);

	answer->outcome = hn_apiserver_outcome_of(step);
	if (step != HN_APISERVER_WHOLE)
		return;
	answer->tree = hn_tree_parse(hn_str_get(&body), body.len, NULL);
	if (check_content(answer, &answer->reason) < 0)
		answer->outcome = HN_APISERVER_FAILED;
}

/* Asked once. NULL: no memory, or too many questions. */
static const struct answer *get(struct hn_apiserver *a, const char *path, const char *kind, const char *list)
{
	struct hn_discovery *d = a->discovery;
	struct answer *answer;

	if (!d)
		d = a->discovery = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->answers[i]->path, path) == 0)
			return d->answers[i];
	answer = d->n < ANSWERS ? calloc(1, sizeof(*answer)) : NULL;
	if (!answer)
		return NULL;
	d->answers[d->n++] = answer;
	hn_strcpy(answer->path, sizeof(answer->path), path);
	answer->kind = kind;
	answer->list = list;
	fetch(a, answer);
	return answer;
}

static const cJSON *find_named(const cJSON *list, const char *name)
{
	const cJSON *element;

	cJSON_ArrayForEach(element, list)
		if (strcmp(text_of(element, "name"), name) == 0)
			return element;
	return NULL;
}

/* What becomes part of a URL. */
static bool is_name(const char *text, size_t max)
{
	size_t n = strlen(text);

	return n > 0 && n < max && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-") == n;
}

static void add_version(const char *versions[static VERSIONS], size_t *n, const char *version)
{
	if (*n == VERSIONS || !is_name(version, HN_APISERVER_VERSION))
		return;
	for (size_t i = 0; i < *n; i++)
		if (strcmp(versions[i], version) == 0)
			return;
	versions[(*n)++] = version;
}

/* `wanted` first, where the group has it; then the preferred one; then the rest. The core group has one and is in no list. */
static size_t order_versions(const cJSON *group, const char *wanted, const char *versions[static VERSIONS])
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(group, "versions"), *element;
	size_t n = 0;

	if (!group) {
		versions[0] = "v1";
		return 1;
	}
	cJSON_ArrayForEach(element, list)
		if (wanted && strcmp(text_of(element, "version"), wanted) == 0)
			add_version(versions, &n, wanted);
	add_version(versions, &n, text_of(cJSON_GetObjectItemCaseSensitive(group, "preferredVersion"), "version"));
	cJSON_ArrayForEach(element, list)
		add_version(versions, &n, text_of(element, "version"));
	return n;
}

static enum hn_apiserver_outcome no_memory(struct hn_reason *ret)
{
	hn_reason_set(ret, -ENOMEM, "no memory for the API server's groups, or too many of them");
	return HN_APISERVER_FAILED;
}

/* The entry of a group in the list of groups; NULL: it has none. ABSENT is no answer: every server has that list. */
static enum hn_apiserver_outcome find_group(struct hn_apiserver *a, const char *name, const cJSON **ret_group,
					    struct hn_reason *ret)
{
	const struct answer *answer = get(a, "/apis", "APIGroupList", "groups");

	if (!answer)
		return no_memory(ret);
	*ret = answer->reason;
	if (answer->outcome != HN_APISERVER_LISTED)
		return answer->outcome == HN_APISERVER_ABSENT ? HN_APISERVER_FAILED : answer->outcome;
	*ret_group = find_named(cJSON_GetObjectItemCaseSensitive(answer->tree, "groups"), name);
	return HN_APISERVER_LISTED;
}

/* ABSENT: this version has no such resource. A version that the server names and then does not have is a fault: the
 * resource may be in it. */
static enum hn_apiserver_outcome find_in(struct hn_apiserver *a, const char *group, const char *version,
					 const char *resource, struct hn_apiserver_served *ret_served,
					 struct hn_reason *ret)
{
	const struct answer *answer;
	const cJSON *found;
	char path[300];

	snprintf(path, sizeof(path), "/%s%s/%s", group[0] ? "apis/" : "api", group, version);
	answer = get(a, path, "APIResourceList", "resources");
	if (!answer)
		return no_memory(ret);
	if (answer->outcome != HN_APISERVER_LISTED) {
		*ret = answer->reason;
		return answer->outcome == HN_APISERVER_ABSENT ? HN_APISERVER_FAILED : answer->outcome;
	}
	found = find_named(cJSON_GetObjectItemCaseSensitive(answer->tree, "resources"), resource);
	if (!found)
		return HN_APISERVER_ABSENT;
	hn_strcpy(ret_served->version, sizeof(ret_served->version), version);
	ret_served->cluster_wide = cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(found, "namespaced"));
	ret->text[0] = '\0';
	return HN_APISERVER_LISTED;
}

enum hn_apiserver_outcome hn_apiserver_find(struct hn_apiserver *a, const char *group, const char *resource,
					    const char *wanted, struct hn_apiserver_served *ret_served,
					    struct hn_reason *ret)
{
	enum hn_apiserver_outcome outcome = HN_APISERVER_LISTED, worst = HN_APISERVER_ABSENT;
	const char *versions[VERSIONS];
	const cJSON *found = NULL;
	struct hn_reason why;
	size_t n = 0;

	ret->text[0] = '\0';
	if (a->dead != HN_APISERVER_LISTED) {
		*ret = a->dead_reason;
		return a->dead;
	}
	if (group[0])
		outcome = find_group(a, group, &found, ret);
	if (outcome != HN_APISERVER_LISTED)
		return outcome;
	if (!group[0] || (found && is_name(group, 200)))
		n = order_versions(found, wanted, versions);
	hn_reason_set(ret, 0, "the server has no resource %.100s in %.100s", resource, group[0] ? group : "v1");
	if (found && n == 0) {
		worst = HN_APISERVER_FAILED;
		hn_reason_set(ret, -EBADMSG, "the server says that it has %.100s, and no version of it", group);
	}
	if (n == VERSIONS) {
		worst = HN_APISERVER_FAILED;
		hn_reason_set(ret, -E2BIG, "the server has %d versions of %.100s or more", VERSIONS, group);
	}
	for (size_t i = 0; i < n; i++) {
		outcome = find_in(a, group, versions[i], resource, ret_served, &why);
		if (outcome == HN_APISERVER_LISTED) {
			ret->text[0] = '\0';
			return outcome;
		}
		if (outcome != HN_APISERVER_ABSENT) {
			worst = outcome;
			*ret = why;
		}
	}
	return worst;
}

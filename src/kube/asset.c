// SPDX-License-Identifier: Apache-2.0
// Where an object's pods are: a table of paths says it. Wherever else a map has hostNetwork: true and containers it is taken for a
// pod spec: better one too many than a pass for what nobody looked at.
#include "asset.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "asset_list.h"
#include "hostnetd/str.h"
#include "pod_patch.h"
#include "podjson.h"

#define TEMPLATES_MAX 256
#define PATH_BYTES 512
#define EXTRA_MAX 256

enum form { TEMPLATE, POD_SPEC };

struct walk {
	struct hn_fields *f;
	cJSON *root;
	struct hn_asset *asset;
	const struct hn_workload_kind *kind; /* NULL: not known */
	struct hn_template *templates;       /* TEMPLATES_MAX of them */
	const cJSON **reached;               /* the pod specs that they are of */
	void (*found)(struct walk *w, cJSON *node, const char *path);
	cJSON *containers; /* where extra ones go */
	size_t n_extra;
	enum form form;
	bool patched; /* into the host network, whatever its pod specs say */
};

static void add_container(struct walk *w, cJSON *node, const char *path _unused_)
{
	const cJSON *image = hn_field_find(node, "image");
	cJSON *container;

	if (!cJSON_IsObject(node) || !cJSON_IsString(image))
		return;
	if (w->n_extra++ == EXTRA_MAX) {
		w->f->error = hn_reason_set(w->f->reason, -E2BIG, "more than %d containers beside the pod's own",
					    EXTRA_MAX);
		return;
	}
	container = cJSON_CreateObject();
	if (!container || !cJSON_AddItemToArray(w->containers, container)) {
		cJSON_Delete(container);
		return;
	}
	for (cJSON *member = node->child; member; member = member->next) {
		static const char *const wanted[] = {"image", "command",   "args",        "env",
						     "ports", "resources", "volumeMounts"};

		for (size_t i = 0; i < HN_ARRAY_SIZE(wanted); i++) {
			/* A whole spec may stand here, whose other members mean other things. */
			if (strcmp(member->string, wanted[i]) == 0 &&
			    (i == 0 || cJSON_IsArray(member) || (cJSON_IsObject(member) && i == 5)))
				cJSON_AddItemReferenceToObject(container, wanted[i], member);
		}
	}
	cJSON_AddStringToObject(container, "name", "main");
}

/* Calls `found` for each node that the rest of the path leads to. `at` is how it was reached. */
static void follow(struct walk *w, cJSON *node, const char *path, struct hn_str *at, unsigned depth)
{
	size_t n = strcspn(path, ".["), length = at->len;
	bool each = strncmp(path, "[*]", 3) == 0 || (n == 1 && path[0] == '*');
	char name[HN_WORKLOAD_PATH_NAME];
	cJSON *child;

	if (w->f->error < 0 || !node || cJSON_IsNull(node))
		return;
	if (path[0] == '\0') {
		w->found(w, node, hn_str_get(at));
		return;
	}
	if (depth > HN_WORKLOAD_PATH_STEPS || n >= sizeof(name)) { /* the table has no such path */
		w->f->error = hn_reason_set(w->f->reason, -E2BIG, "the path is too long: %.100s", path);
		return;
	}
	if (each) {
		size_t index = 0;
		const char *rest = path + (path[0] == '[' ? 3 : 1);

		if (*rest == '.')
			rest++;
		cJSON_ArrayForEach(child, node) {
			if (child->string)
				hn_str_printf(at, ".%.100s", child->string);
			else
				hn_str_printf(at, "[%zu]", index++);
			follow(w, child, rest, at, depth + 1);
			at->len = length;
			if (at->data)
				at->data[length] = '\0';
		}
		return;
	}
	memcpy(name, path, n);
	name[n] = '\0';
	hn_str_printf(at, "%s%s", at->len ? "." : "", name);
	follow(w, (cJSON *)hn_field_find(node, name), path + n + (path[n] == '.'), at, depth + 1);
	at->len = length;
	if (at->data)
		at->data[length] = '\0';
}

static void follow_all(struct walk *w, char **paths, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_(hn_str_done) struct hn_str at = {0};

		follow(w, w->root, paths[i], &at, 0);
		if (at.failed && w->f->error == 0)
			w->f->error = hn_reason_set(w->f->reason, -ENOMEM, "no memory");
	}
}

/* The containers that stand elsewhere in the object go into the pod spec. */
static void add_containers(struct walk *w, cJSON *spec)
{
	struct walk extra = *w;

	if (!w->kind || w->kind->n_containers == 0 || !cJSON_IsObject(spec))
		return;
	extra.containers = cJSON_GetObjectItemCaseSensitive(spec, "containers");
	if (!extra.containers)
		extra.containers = cJSON_AddArrayToObject(spec, "containers");
	if (!cJSON_IsArray(extra.containers))
		return;
	extra.found = add_container;
	follow_all(&extra, w->kind->containers, w->kind->n_containers);
}

static void add_template(struct walk *w, cJSON *node, const char *path)
{
	struct hn_asset *a = w->asset;
	struct hn_template *t;
	cJSON *spec = w->form == TEMPLATE ? (cJSON *)hn_field_object(w->f, node, "spec", path) : node;

	if (!cJSON_IsObject(node))
		hn_field_wrong(w->f, path, "an object");
	if (w->f->error < 0 || !spec)
		return;
	if (a->n_templates == TEMPLATES_MAX) {
		w->f->error = hn_reason_set(w->f->reason, -E2BIG, "more than %d pod templates", TEMPLATES_MAX);
		return;
	}
	add_containers(w, spec);
	w->reached[a->n_templates] = spec;
	t = &w->templates[a->n_templates++];
	*t = (struct hn_template){.path = hn_field_keep(w->f, path, PATH_BYTES), .pod = HN_PODJSON_EMPTY};
	hn_podjson_metadata(w->f, w->form == TEMPLATE ? hn_field_object(w->f, node, "metadata", "metadata") : NULL,
			    &t->pod);
	hn_podjson_spec(w->f, spec, NULL, &t->pod);
	t->pod.host_network |= w->patched;
	t->pod.uid = a->uid;
	t->pod.ns = a->ns;
	t->pod.name = a->name;
	t->pod.controller = (struct hn_owner){a->api_version, a->kind, a->name};
	t->pod.workload = a->controller.kind[0] ? a->controller : t->pod.controller;
}

static bool was_reached(const struct walk *w, const cJSON *spec)
{
	for (size_t i = 0; i < w->asset->n_templates; i++)
		if (w->reached[i] == spec)
			return true;
	return false;
}

/* A text is what somebody else fills in before a pod comes of it: nobody knows with what. */
static void look_at(struct walk *w, cJSON *node, const struct hn_str *at)
{
	const cJSON *host = hn_field_find(node, "hostNetwork");
	char what[PATH_BYTES];

	if (cJSON_IsTrue(host))
		add_template(w, node, hn_str_get(at));
	if (!cJSON_IsString(host) && !cJSON_IsNumber(host))
		return;
	snprintf(what, sizeof(what), "%.200s.hostNetwork", hn_str_get(at));
	hn_field_wrong(w->f, what, "true or false");
}

/* Also in what it found: pods that a pod spec of an unknown kind begets. */
static void search(struct walk *w, cJSON *node, struct hn_str *at, unsigned depth)
{
	size_t length = at->len, index = 0;
	cJSON *child;

	if (depth > 64 || w->f->error < 0)
		return;
	if (cJSON_IsObject(node) && cJSON_IsArray(hn_field_find(node, "containers")) && !was_reached(w, node))
		look_at(w, node, at);
	for (child = node->child; child; child = child->next) {
		/* What add_container refers to stands elsewhere, too. */
		if ((!cJSON_IsObject(child) && !cJSON_IsArray(child)) || child->type & cJSON_IsReference)
			continue;
		if (child->string)
			hn_str_printf(at, "%s%.100s", at->len ? "." : "", child->string);
		else
			hn_str_printf(at, "[%zu]", index++);
		search(w, child, at, depth + 1);
		at->len = length;
		if (at->data)
			at->data[length] = '\0';
	}
}

static void read_templates(struct walk *w)
{
	_cleanup_(hn_str_done) struct hn_str at = {0};

	w->templates = hn_field_list(w->f, TEMPLATES_MAX, sizeof(*w->templates));
	w->reached = hn_field_list(w->f, TEMPLATES_MAX, sizeof(const cJSON *));
	if (!w->templates || !w->reached)
		return;
	w->found = add_template;
	w->patched = w->asset->query == HN_QUERY_OTHER && hn_pod_patch_shares_network(w->root);
	if (w->kind) {
		w->form = TEMPLATE;
		follow_all(w, w->kind->templates, w->kind->n_templates);
		w->form = POD_SPEC;
		follow_all(w, w->kind->pod_specs, w->kind->n_pod_specs);
	}
	/* Another version of a custom kind may hold one elsewhere. */
	w->form = POD_SPEC;
	if (w->asset->query == HN_QUERY_OTHER)
		search(w, w->root, &at, 0);
	w->asset->templates = w->templates;
}

static void read_pod(struct walk *w)
{
	struct hn_template *t = hn_field_list(w->f, 1, sizeof(*t));

	if (!t)
		return;
	*t = (struct hn_template){.path = "", .pod = HN_PODJSON_EMPTY};
	hn_podjson_read(w->f, w->root, &t->pod);
	w->asset->templates = t;
	w->asset->n_templates = 1;
	if (t->pod.phase && (strcmp(t->pod.phase, "Succeeded") == 0 || strcmp(t->pod.phase, "Failed") == 0))
		w->asset->inactive = strcmp(t->pod.phase, "Failed") == 0 ? "phase: Failed" : "phase: Succeeded";
}

/* A Job's conditions (batch/v1, JobConditionType). */
static bool is_finished(const cJSON *root)
{
	const cJSON *c, *status, *type;

	cJSON_ArrayForEach(c, hn_field_find(hn_field_find(root, "status"), "conditions")) {
		type = hn_field_find(c, "type");
		status = hn_field_find(c, "status");
		if (cJSON_IsString(type) && cJSON_IsString(status) && strcmp(status->valuestring, "True") == 0 &&
		    (strcmp(type->valuestring, "Complete") == 0 || strcmp(type->valuestring, "Failed") == 0))
			return true;
	}
	return false;
}

static const char *inactive_why(const cJSON *root, enum hn_query query)
{
	const cJSON *spec = hn_field_find(root, "spec");
	const cJSON *replicas = hn_field_find(spec, "replicas");

	if (cJSON_IsNumber(replicas) && replicas->valuedouble == 0)
		return "replicas: 0";
	if (cJSON_IsTrue(hn_field_find(spec, "suspend")) ||
	    cJSON_IsTrue(hn_field_find(hn_field_find(spec, "runPolicy"), "suspend")))
		return "suspend: true";
	return query == HN_QUERY_JOBS && is_finished(root) ? "it has finished" : "";
}

/* Only what a pod's metadata has too. */
static void read_object(struct hn_fields *f, const cJSON *metadata, struct hn_asset *a)
{
	struct hn_pod as_pod = HN_PODJSON_EMPTY;

	hn_podjson_metadata(f, metadata, &as_pod);
	a->ns = as_pod.ns;
	a->name = as_pod.name;
	a->generated = !a->name[0];
	if (a->generated)
		a->name = hn_field_string(f, metadata, "generateName", "metadata.generateName");
	a->uid = as_pod.uid;
	a->controller = as_pod.controller;
	a->labels = as_pod.labels;
	a->n_labels = as_pod.n_labels;
	a->created = hn_field_string(f, metadata, "creationTimestamp", "metadata.creationTimestamp");
}

/* An owner of a kind that nobody looks at counts nothing. */
static bool owner_counts(const struct hn_workload_kinds *kinds, const struct hn_workload_kind *kind,
			 const struct hn_owner *owner)
{
	const struct hn_workload_kind *of =
		owner->kind[0] ? hn_workload_kinds_find(kinds, owner->api_version, owner->kind) : NULL;

	return of && (kind->unowned || (kind->query == HN_QUERY_JOBS && of->query == HN_QUERY_CRON_JOBS));
}

/* Kubernetes accepts none of the control's own kinds without containers: something cut this one off, or left it out. */
static void refuse_empty(struct hn_fields *f, const struct walk *w)
{
	const struct hn_asset *a = w->asset;

	if (f->error == 0 && a->query != HN_QUERY_OTHER &&
	    (a->n_templates == 0 || a->templates[0].pod.n_containers == 0))
		f->error = hn_reason_set(f->reason, -EBADMSG, "it has no %s: is it cut off?",
					 a->n_templates ? "containers" : "pod spec");
}

/* What holds no object of its own and must not pass for one that was looked at. */
static int refuse_kind(const struct hn_fields *f, const cJSON *root, const struct hn_asset *a,
		       const struct hn_workload_kinds *kinds)
{
	const cJSON *message = hn_field_find(root, "message");
	size_t n = strlen(a->kind);
	char of[64];
	int r;

	if (strcmp(a->api_version, "v1") == 0 && strcmp(a->kind, "Status") == 0)
		return hn_reason_set(f->reason, -EBADMSG, "an API server's answer instead of objects: %.200s",
				     cJSON_IsString(message) ? message->valuestring :
							       "a Status without a message");
	r = hn_asset_list_refuse_meta(a->api_version, a->kind, f->reason);
	if (r < 0)
		return r;
	if (!hn_ends_with(a->kind, "List") || !hn_strncpy(of, sizeof(of), a->kind, n - strlen("List")))
		return 0;
	if (of[0] && !hn_workload_kinds_find(kinds, a->api_version, of))
		return 0;
	return hn_reason_set(f->reason, -EBADMSG, "a %s without items of its own", a->kind);
}

int hn_asset_read(struct hn_fields *f, cJSON *root, const char *api_version, const char *kind,
		  const struct hn_workload_kinds *kinds, struct hn_asset *ret)
{
	struct hn_asset a = {.query = HN_QUERY_OTHER, .inactive = ""};
	struct walk w = {.f = f, .root = root, .asset = &a};

	if (!cJSON_IsObject(root))
		return hn_reason_set(f->reason, -EBADMSG, "no Kubernetes object");
	a.api_version = hn_field_string(f, root, "apiVersion", "apiVersion");
	a.kind = hn_field_string(f, root, "kind", "kind");
	if (!a.kind[0] && kind)
		a.kind = kind;
	if (!a.api_version[0] && api_version)
		a.api_version = api_version;
	if (f->error == 0 && (!a.kind[0] || !a.api_version[0]))
		return hn_reason_set(f->reason, -EBADMSG, "no Kubernetes object: it has no %s",
				     a.kind[0] ? "apiVersion" : "kind");
	if (f->error == 0)
		f->error = refuse_kind(f, root, &a, kinds);
	if (f->error < 0)
		return f->error;
	w.kind = hn_workload_kinds_find(kinds, a.api_version, a.kind);
	a.query = w.kind ? w.kind->query : HN_QUERY_OTHER;
	read_object(f, hn_field_object(f, root, "metadata", "metadata"), &a);
	a.owner_counts = w.kind && f->error == 0 && owner_counts(kinds, w.kind, &a.controller);
	if (f->error == 0 && w.kind && !a.name[0])
		hn_field_wrong(f, "metadata.name", "there");
	a.inactive = inactive_why(root, a.query);
	if (f->error == 0 && a.query == HN_QUERY_PODS)
		read_pod(&w);
	else if (f->error == 0)
		read_templates(&w);
	refuse_empty(f, &w);
	if (f->error < 0)
		return a.name && a.name[0] ?
			       hn_reason_wrap(f->reason, f->error, "%.64s %.64s/%.253s", a.kind, a.ns, a.name) :
			       f->error;
	*ret = a;
	return a.n_templates > 0;
}

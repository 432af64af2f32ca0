// SPDX-License-Identifier: Apache-2.0
// Only what attribution, the cause and the classification need is kept: never a value of an environment variable.
#include "podjson.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "hostnetd/str.h"
#include "owner.h"
#include "tree.h"

#define ANNOTATION_VALUE 256
#define LABEL_VALUE 63

static const struct hn_pair *find(const struct hn_pair *pairs, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(pairs[i].key, key) == 0)
			return &pairs[i];
	}
	return NULL;
}

/* kubectl puts the whole applied object here, values of environment variables and all. */
static void drop_applied(cJSON *metadata)
{
	cJSON *annotations = cJSON_GetObjectItemCaseSensitive(metadata, "annotations");
	cJSON *applied =
		cJSON_GetObjectItemCaseSensitive(annotations, "kubectl.kubernetes.io/last-applied-configuration");

	if (cJSON_IsString(applied))
		applied->valuestring[0] = '\0';
}

static void read_owner(struct hn_fields *f, const cJSON *owner, struct hn_owner *ret)
{
	ret->api_version = hn_field_string(f, owner, "apiVersion", "metadata.ownerReferences[].apiVersion");
	ret->kind = hn_field_string(f, owner, "kind", "metadata.ownerReferences[].kind");
	ret->name = hn_field_string(f, owner, "name", "metadata.ownerReferences[].name");
	if (!ret->kind[0] || !ret->name[0])
		hn_field_wrong(f, "metadata.ownerReferences", "a list of owners with kind and name");
}

/* The first that controls it is the controller. */
static void read_owners(struct hn_fields *f, const cJSON *metadata, struct hn_pod *pod)
{
	const cJSON *array = hn_field_array(f, metadata, "ownerReferences", "metadata.ownerReferences"), *owner;
	struct hn_owner *list = hn_field_list(f, (size_t)cJSON_GetArraySize(array), sizeof(*list));
	bool found = false;

	pod->controller = (struct hn_owner){"", "", ""};
	cJSON_ArrayForEach(owner, array) {
		if (!list)
			return;
		if (!cJSON_IsObject(owner)) {
			hn_field_wrong(f, "metadata.ownerReferences", "a list of objects");
			return;
		}
		if (!found && hn_field_bool(f, owner, "controller", "metadata.ownerReferences[].controller")) {
			read_owner(f, owner, &pod->controller);
			found = true;
		} else {
			read_owner(f, owner, &list[pod->n_owners++]);
		}
	}
	pod->owners = list;
}

void hn_podjson_metadata(struct hn_fields *f, const cJSON *metadata, struct hn_pod *pod)
{
	const struct hn_pair *source;

	pod->uid = hn_field_string(f, metadata, "uid", "metadata.uid");
	pod->ns = hn_field_string(f, metadata, "namespace", "metadata.namespace");
	pod->name = hn_field_string(f, metadata, "name", "metadata.name");
	pod->labels = hn_field_pairs(f, metadata, "labels", "metadata.labels", LABEL_VALUE, &pod->n_labels);
	pod->annotations = hn_field_pairs(f, metadata, "annotations", "metadata.annotations", ANNOTATION_VALUE,
					  &pod->n_annotations);
	source = find(pod->annotations, pod->n_annotations, "kubernetes.io/config.source");
	pod->is_static = source && strcmp(source->value, "api") != 0;
	pod->is_mirror = find(pod->annotations, pod->n_annotations, "kubernetes.io/config.mirror") != NULL;
	read_owners(f, metadata, pod);
}

/* Devices that are asked for by a claim: spec.resourceClaims[].resourceClaimTemplateName. */
static void read_claims(struct hn_fields *f, const cJSON *spec, struct hn_pod *pod)
{
	static const char of_template[] = "resourceClaimTemplateName", of_claim[] = "resourceClaimName";
	const char *what = "spec.resourceClaims", *template, *claim;
	const cJSON *array = hn_field_array(f, spec, "resourceClaims", what), *element;
	struct hn_pair *list = hn_field_list(f, (size_t)cJSON_GetArraySize(array), sizeof(*list));

	cJSON_ArrayForEach(element, array) {
		if (!list)
			return;
		if (!cJSON_IsObject(element)) {
			hn_field_wrong(f, what, "a list of objects");
			return;
		}
		template = hn_field_string(f, element, of_template, what);
		claim = hn_field_string(f, element, of_claim, what);
		list[pod->n_claims++] =
			template[0] ? (struct hn_pair){of_template, template} : (struct hn_pair){of_claim, claim};
	}
	pod->claims = list;
}

static struct hn_pair volume_of(struct hn_fields *f, const cJSON *volume)
{
	static const struct {
		const char *kind, *key;
	} rows[] = {{"hostPath", "path"}, {"nfs", "path"}, {"persistentVolumeClaim", "claimName"}};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		const cJSON *source = hn_field_object(f, volume, rows[i].kind, "spec.volumes");
		const char *text = source ? hn_field_string(f, source, rows[i].key, "spec.volumes") : "";

		if (text[0])
			return (struct hn_pair){rows[i].kind, text};
	}
	return (struct hn_pair){"", ""};
}

static void read_volumes(struct hn_fields *f, const cJSON *spec, struct hn_pod *pod)
{
	const cJSON *array = hn_field_array(f, spec, "volumes", "spec.volumes"), *element;
	struct hn_pair *list = hn_field_list(f, (size_t)cJSON_GetArraySize(array), sizeof(*list));

	cJSON_ArrayForEach(element, array) {
		if (!list)
			return;
		if (!cJSON_IsObject(element)) {
			hn_field_wrong(f, "spec.volumes", "a list of objects");
			return;
		}
		list[pod->n_volumes++] = volume_of(f, element);
	}
	pod->volumes = list;
}

static void read_workload(struct hn_fields *f, struct hn_pod *pod)
{
	struct hn_workload found;

	hn_owner_find(pod, &found);
	pod->workload.api_version = found.api_version;
	pod->workload.kind = found.kind;
	pod->workload.name = hn_field_keep(f, found.name, found.name_len);
}

void hn_podjson_read(struct hn_fields *f, cJSON *root, struct hn_pod *pod)
{
	const char *kind = hn_field_string(f, root, "kind", "kind");
	const cJSON *metadata, *spec, *status;

	/* In a PodList the items say no kind; in a List each does. */
	if (kind[0] && strcmp(kind, "Pod") != 0) {
		hn_field_wrong(f, "kind", "Pod");
		return;
	}
	metadata = hn_field_object(f, root, "metadata", "metadata");
	spec = hn_field_object(f, root, "spec", "spec");
	status = hn_field_object(f, root, "status", "status");
	if (f->error == 0 && (!metadata || !spec))
		hn_field_wrong(f, metadata ? "spec" : "metadata", "there");
	if (f->error < 0)
		return;
	drop_applied((cJSON *)metadata);
	hn_podjson_metadata(f, metadata, pod);
	if (!pod->name[0] && f->unnamed)
		pod->name = hn_field_string(f, metadata, "generateName", "metadata.generateName");
	if (!pod->name[0])
		hn_field_wrong(f, "metadata.name", "there");
	hn_podjson_spec(f, spec, status, pod);
	if (f->error == 0)
		read_workload(f, pod);
}

void hn_podjson_spec(struct hn_fields *f, const cJSON *spec, const cJSON *status, struct hn_pod *pod)
{
	pod->host_network = hn_field_bool(f, spec, "hostNetwork", "spec.hostNetwork");
	pod->host_pid = hn_field_bool(f, spec, "hostPID", "spec.hostPID");
	pod->runtime_class = hn_field_string(f, spec, "runtimeClassName", "spec.runtimeClassName");
	pod->phase = hn_field_string(f, status, "phase", "status.phase");
	read_claims(f, spec, pod);
	read_volumes(f, spec, pod);
	hn_podjson_containers(f, spec, status, pod);
}

int hn_podjson_parse(struct hn_fields *f, const char *json, size_t n, struct hn_pod *ret)
{
	struct hn_pod pod = HN_PODJSON_EMPTY;
	const char *end = NULL;
	cJSON *root = hn_tree_parse(json, n, &end);

	if (!cJSON_IsObject(root) || end != json + n) {
		cJSON_Delete(root);
		return hn_reason_set(f->reason, -EBADMSG, "not JSON");
	}
	hn_podjson_read(f, root, &pod);
	cJSON_Delete(root);
	if (f->error < 0) {
		if (pod.name[0])
			hn_reason_wrap(f->reason, f->error, "%.64s/%.253s", pod.ns, pod.name);
		return f->error;
	}
	*ret = pod;
	return 0;
}

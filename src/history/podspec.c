// SPDX-License-Identifier: Apache-2.0
#include "podspec.h"

#include <stdlib.h>
#include <string.h>

#include "hostnetd/json.h"
#include "hostnetd/redact.h"
#include "hostnetd/str.h"

static const struct {
	const char *spec, *status;
} lists[HN_CONTAINER_TYPE_MAX] = {
	[HN_CONTAINER_REGULAR] = {"containers", "containerStatuses"},
	[HN_CONTAINER_INIT] = {"initContainers", "initContainerStatuses"},
	[HN_CONTAINER_EPHEMERAL] = {"ephemeralContainers", "ephemeralContainerStatuses"},
};

static void put_pairs(struct hn_json *j, const char *key, const struct hn_pair *pairs, size_t n)
{
	hn_json_key(j, key);
	hn_json_object(j);
	for (size_t i = 0; i < n; i++)
		hn_json_kv_string(j, pairs[i].key, pairs[i].value);
	hn_json_object_end(j);
}

/* All words at once: a secret may be the word behind its option. */
static void put_words(struct hn_json *j, const char *key, const char *const *words, size_t n)
{
	_cleanup_(hn_str_done) struct hn_str in = {0};
	size_t left;
	char *out;

	for (size_t i = 0; i < n; i++)
		hn_str_append(&in, words[i], strlen(words[i]) + 1);
	if (!in.len || in.failed)
		return;
	left = in.len + n * 16; /* a short secret grows to "[redacted]" */
	out = malloc(left);
	if (!out)
		return;
	left = hn_redact_argv(in.data, in.len, out, left, NULL);
	hn_json_kv_words(j, key, out, left);
	free(out);
}

static void put_named(struct hn_json *j, const char *key, const char *member, const char *const *names, size_t n)
{
	if (!n)
		return;
	hn_json_key(j, key);
	hn_json_array(j);
	for (size_t i = 0; i < n; i++) {
		hn_json_object(j);
		hn_json_kv_string(j, member, names[i]);
		hn_json_object_end(j);
	}
	hn_json_array_end(j);
}

static void put_spec(struct hn_json *j, const struct hn_container *c)
{
	hn_json_object(j);
	hn_json_kv_string(j, "name", c->name);
	hn_json_kv_opt(j, "image", c->image);
	if (c->is_sidecar)
		hn_json_kv_string(j, "restartPolicy", "Always");
	put_words(j, "command", c->command, c->n_command);
	put_words(j, "args", c->args, c->n_args);
	put_named(j, "env", "name", c->env, c->n_env);
	put_named(j, "volumeMounts", "mountPath", c->mounts, c->n_mounts);
	if (c->n_ports) {
		hn_json_key(j, "ports");
		hn_json_array(j);
		for (size_t i = 0; i < c->n_ports; i++) {
			hn_json_object(j);
			hn_json_kv_uint(j, "containerPort", c->ports[i].number);
			hn_json_kv_opt(j, "name", c->ports[i].name);
			hn_json_kv_opt(j, "protocol", c->ports[i].protocol);
			hn_json_object_end(j);
		}
		hn_json_array_end(j);
	}
	if (c->n_resources) {
		hn_json_key(j, "resources");
		hn_json_object(j);
		put_pairs(j, "limits", c->resources, c->n_resources);
		hn_json_object_end(j);
	}
	if (c->privileged) {
		hn_json_key(j, "securityContext");
		hn_json_object(j);
		hn_json_kv_bool(j, "privileged", true);
		hn_json_object_end(j);
	}
	hn_json_object_end(j);
}

static void put_status(struct hn_json *j, const struct hn_container *c)
{
	_cleanup_(hn_str_done) struct hn_str id = {0};

	hn_json_object(j);
	hn_json_kv_string(j, "name", c->name);
	hn_json_kv_opt(j, "imageID", c->image_id);
	if (c->id[0]) {
		hn_str_printf(&id, "%s://%s", c->runtime, c->id);
		hn_json_kv_string(j, "containerID", hn_str_get(&id));
	}
	hn_json_object_end(j);
}

static void put_list(struct hn_json *j, const struct hn_pod *pod, enum hn_container_type type, bool spec)
{
	hn_json_key(j, spec ? lists[type].spec : lists[type].status);
	hn_json_array(j);
	for (size_t i = 0; i < pod->n_containers; i++)
		if (pod->containers[i].type == type) {
			if (spec)
				put_spec(j, &pod->containers[i]);
			else
				put_status(j, &pod->containers[i]);
		}
	hn_json_array_end(j);
}

static void put_owner(struct hn_json *j, const struct hn_owner *owner, bool controller)
{
	hn_json_object(j);
	hn_json_kv_opt(j, "apiVersion", owner->api_version);
	hn_json_kv_string(j, "kind", owner->kind);
	hn_json_kv_string(j, "name", owner->name);
	if (controller)
		hn_json_kv_bool(j, "controller", true);
	hn_json_object_end(j);
}

static void put_claims(struct hn_json *j, const struct hn_pod *pod)
{
	hn_json_key(j, "resourceClaims");
	hn_json_array(j);
	for (size_t i = 0; i < pod->n_claims; i++) {
		hn_json_object(j);
		hn_json_kv_string(j, pod->claims[i].key, pod->claims[i].value);
		hn_json_object_end(j);
	}
	hn_json_array_end(j);
}

/* Also those of which nothing is known: evidence names a volume by its place. */
static void put_volumes(struct hn_json *j, const struct hn_pod *pod)
{
	hn_json_key(j, "volumes");
	hn_json_array(j);
	for (size_t i = 0; i < pod->n_volumes; i++) {
		const struct hn_pair *volume = &pod->volumes[i];

		hn_json_object(j);
		if (volume->key[0]) {
			hn_json_key(j, volume->key);
			hn_json_object(j);
			hn_json_kv_string(j,
					  strcmp(volume->key, "persistentVolumeClaim") == 0 ? "claimName" : "path",
					  volume->value);
			hn_json_object_end(j);
		}
		hn_json_object_end(j);
	}
	hn_json_array_end(j);
}

/* Values of annotations are anything, secrets too. Those that say where a pod comes from are words, and so is what a
 * signature asks for, or what names the application: even so without what looks like a token. */
static void put_annotation(struct hn_json *j, const struct hn_pair *annotation,
			   const struct hn_catalogue *catalogue)
{
	char value[512];
	size_t n = 0;

	if (hn_starts_with(annotation->key, "kubernetes.io/config.") ||
	    (catalogue && hn_ai_asks_value(catalogue, annotation->key)))
		n = hn_redact_argv(annotation->value, strlen(annotation->value), value, sizeof(value), NULL);
	hn_json_key(j, annotation->key);
	hn_json_string_n(j, value, strnlen(value, n));
}

static void put_metadata(struct hn_json *j, const struct hn_pod *pod, const struct hn_catalogue *catalogue)
{
	hn_json_key(j, "metadata");
	hn_json_object(j);
	hn_json_kv_opt(j, "namespace", pod->ns);
	hn_json_kv_string(j, "name", pod->name);
	hn_json_kv_opt(j, "uid", pod->uid);
	put_pairs(j, "labels", pod->labels, pod->n_labels);
	hn_json_key(j, "annotations");
	hn_json_object(j);
	for (size_t i = 0; i < pod->n_annotations; i++)
		put_annotation(j, &pod->annotations[i], catalogue);
	hn_json_object_end(j);
	if (pod->controller.kind[0] || pod->n_owners) {
		hn_json_key(j, "ownerReferences");
		hn_json_array(j);
		if (pod->controller.kind[0])
			put_owner(j, &pod->controller, true);
		for (size_t i = 0; i < pod->n_owners; i++)
			put_owner(j, &pod->owners[i], false);
		hn_json_array_end(j);
	}
	hn_json_object_end(j);
}

void hn_podspec_json(const struct hn_pod *pod, const struct hn_catalogue *catalogue, struct hn_str *out)
{
	struct hn_json j;

	hn_json_init(&j, out);
	hn_json_object(&j);
	put_metadata(&j, pod, catalogue);
	hn_json_key(&j, "spec");
	hn_json_object(&j);
	hn_json_kv_bool(&j, "hostNetwork", pod->host_network);
	hn_json_kv_bool(&j, "hostPID", pod->host_pid);
	hn_json_kv_opt(&j, "runtimeClassName", pod->runtime_class);
	if (pod->n_claims)
		put_claims(&j, pod);
	if (pod->n_volumes)
		put_volumes(&j, pod);
	for (int type = 0; type < HN_CONTAINER_TYPE_MAX; type++)
		put_list(&j, pod, (enum hn_container_type)type, true);
	hn_json_object_end(&j);
	hn_json_key(&j, "status");
	hn_json_object(&j);
	hn_json_kv_opt(&j, "phase", pod->phase);
	for (int type = 0; type < HN_CONTAINER_TYPE_MAX; type++)
		put_list(&j, pod, (enum hn_container_type)type, false);
	hn_json_object_end(&j);
	hn_json_object_end(&j);
}

// SPDX-License-Identifier: Apache-2.0
// The three lists of containers, each with its list of statuses, joined by the container's name.
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "podjson.h"

/* Joining is quadratic, so both are bounded far above what a node can run. */
#define CONTAINERS_MAX 1024
#define RESOURCES_MAX 256

static const struct list {
	enum hn_container_type type;
	const char *spec, *spec_path;
	const char *status, *status_path;
} lists[] = {
	{HN_CONTAINER_INIT, "initContainers", "spec.initContainers", "initContainerStatuses",
	 "status.initContainerStatuses"},
	{HN_CONTAINER_REGULAR, "containers", "spec.containers", "containerStatuses", "status.containerStatuses"},
	{HN_CONTAINER_EPHEMERAL, "ephemeralContainers", "spec.ephemeralContainers", "ephemeralContainerStatuses",
	 "status.ephemeralContainerStatuses"},
};
_Static_assert(HN_ARRAY_SIZE(lists) == HN_CONTAINER_TYPE_MAX, "each type has its list");

static void read_ports(struct hn_fields *f, const cJSON *json, struct hn_container *container)
{
	const cJSON *array = hn_field_array(f, json, "ports", "ports of a container");
	struct hn_port *ports = hn_field_list(f, (size_t)cJSON_GetArraySize(array), sizeof(*ports));
	const cJSON *element;

	cJSON_ArrayForEach(element, array) {
		const cJSON *number = hn_field_find(element, "containerPort");
		struct hn_port *port;

		if (!ports)
			return;
		if (!cJSON_IsObject(element) || !cJSON_IsNumber(number) || !(number->valuedouble >= 1) ||
		    !(number->valuedouble <= 65535)) {
			hn_field_wrong(f, "containerPort", "a port");
			return;
		}
		port = &ports[container->n_ports++];
		port->number = (uint16_t)number->valuedouble;
		port->name = hn_field_string(f, element, "name", "name of a port");
		port->protocol = hn_field_string(f, element, "protocol", "protocol of a port");
		if (!port->protocol[0])
			port->protocol = "TCP";
	}
	container->ports = ports;
}

static const char *quantity(struct hn_fields *f, const cJSON *value)
{
	char text[32];

	if (cJSON_IsString(value))
		return hn_field_keep(f, value->valuestring, 64);
	if (!cJSON_IsNumber(value)) {
		hn_field_wrong(f, "resource of a container", "a quantity");
		return "";
	}
	snprintf(text, sizeof(text), "%.15g", value->valuedouble);
	return hn_field_keep(f, text, sizeof(text));
}

/* A request counts where there is no limit: accelerators have both or the limit alone. */
static void read_resources(struct hn_fields *f, const cJSON *json, struct hn_container *container)
{
	const cJSON *resources = hn_field_object(f, json, "resources", "resources of a container");
	const cJSON *limits = hn_field_object(f, resources, "limits", "limits of a container");
	const cJSON *requests = hn_field_object(f, resources, "requests", "requests of a container");
	size_t count = (size_t)cJSON_GetArraySize(limits) + (size_t)cJSON_GetArraySize(requests), n = 0;
	struct hn_pair *pairs;
	const cJSON *element;

	if (count > RESOURCES_MAX)
		hn_field_wrong(f, "resources of a container", "a reasonable number of them");
	pairs = f->error == 0 ? hn_field_list(f, count, sizeof(*pairs)) : NULL;
	if (!pairs)
		return;
	cJSON_ArrayForEach(element, limits) {
		pairs[n++] = (struct hn_pair){hn_field_keep(f, element->string, 316), quantity(f, element)};
	}
	cJSON_ArrayForEach(element, requests) {
		if (cJSON_GetObjectItemCaseSensitive(limits, element->string))
			continue;
		pairs[n++] = (struct hn_pair){hn_field_keep(f, element->string, 316), quantity(f, element)};
	}
	container->resources = pairs;
	container->n_resources = n;
}

/* "containerd://0123" -> both parts. */
static void split_id(struct hn_fields *f, const cJSON *status, struct hn_container *container)
{
	const char *whole = hn_field_string(f, status, "containerID", "containerID of a container");
	const char *scheme = strstr(whole, "://");

	container->runtime = scheme ? hn_field_keep(f, whole, (size_t)(scheme - whole)) : "";
	container->id = scheme ? hn_field_keep(f, scheme + 3, HN_FIELD_STRING) : whole;
}

static void read_status(struct hn_fields *f, const cJSON *statuses, struct hn_container *container)
{
	const cJSON *status;

	cJSON_ArrayForEach(status, statuses) {
		const cJSON *name = hn_field_find(status, "name");

		if (!cJSON_IsObject(status) || !cJSON_IsString(name)) {
			hn_field_wrong(f, "status of a container", "an object with a name");
			return;
		}
		if (strcmp(name->valuestring, container->name) != 0)
			continue;
		container->image_id = hn_field_string(f, status, "imageID", "imageID of a container");
		split_id(f, status, container);
		return;
	}
}

static void read_container(struct hn_fields *f, const cJSON *json, const cJSON *statuses, struct hn_container *c)
{
	const cJSON *security = hn_field_object(f, json, "securityContext", "securityContext of a container");

	c->name = hn_field_string(f, json, "name", "name of a container");
	/* Where custom workloads hold containers, their controllers name them. */
	if (!c->name[0] && !f->unnamed)
		hn_field_wrong(f, "name of a container", "there");
	c->is_sidecar =
		strcmp(hn_field_string(f, json, "restartPolicy", "restartPolicy of a container"), "Always") == 0 &&
		c->type == HN_CONTAINER_INIT;
	c->image = hn_field_string(f, json, "image", "image of a container");
	c->image_id = c->id = c->runtime = "";
	c->privileged = hn_field_bool(f, security, "privileged", "privileged of a container");
	c->command = hn_field_strings(f, json, "command", "command of a container", &c->n_command);
	c->args = hn_field_strings(f, json, "args", "args of a container", &c->n_args);
	c->env = hn_field_members(f, json, "env", "name", "env of a container", &c->n_env);
	c->mounts = hn_field_members(f, json, "volumeMounts", "mountPath", "volumeMounts of a container",
				     &c->n_mounts);
	read_ports(f, json, c);
	read_resources(f, json, c);
	read_status(f, statuses, c);
}

void hn_podjson_containers(struct hn_fields *f, const cJSON *spec, const cJSON *status, struct hn_pod *pod)
{
	const cJSON *specs[HN_CONTAINER_TYPE_MAX], *statuses[HN_CONTAINER_TYPE_MAX];
	struct hn_container *containers;
	size_t count = 0, n = 0;

	for (size_t i = 0; i < HN_ARRAY_SIZE(lists); i++) {
		specs[i] = hn_field_array(f, spec, lists[i].spec, lists[i].spec_path);
		statuses[i] = hn_field_array(f, status, lists[i].status, lists[i].status_path);
		count += (size_t)cJSON_GetArraySize(specs[i]);
		if (count > CONTAINERS_MAX)
			hn_field_wrong(f, lists[i].spec_path, "a list of at most 1024 containers");
		if (cJSON_GetArraySize(statuses[i]) > CONTAINERS_MAX)
			hn_field_wrong(f, lists[i].status_path, "a list of at most 1024 statuses");
	}
	if (f->error < 0)
		return;
	containers = hn_field_list(f, count, sizeof(*containers));
	for (size_t i = 0; containers && i < HN_ARRAY_SIZE(lists); i++) {
		const cJSON *json;
		unsigned index = 0;

		cJSON_ArrayForEach(json, specs[i]) {
			if (!cJSON_IsObject(json)) {
				hn_field_wrong(f, lists[i].spec_path, "a list of objects");
				return;
			}
			if (f->error < 0)
				return;
			containers[n].type = lists[i].type;
			containers[n].index = index++;
			read_container(f, json, statuses[i], &containers[n++]);
		}
	}
	pod->containers = containers;
	pod->n_containers = n;
}

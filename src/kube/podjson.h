/* SPDX-License-Identifier: Apache-2.0 */
/* One pod from its JSON. Pure. */
#ifndef HN_KUBE_PODJSON_H
#define HN_KUBE_PODJSON_H

#include <stddef.h>

#include "field.h"
#include "hostnetd/pod.h"

struct cJSON;

/* Fills `ret`, all of it in the fields' arena. -EBADMSG (no pod, a field of a wrong type) or -ENOMEM, with a reason. */
_must_check_ int hn_podjson_parse(struct hn_fields *f, const char *json, size_t n, struct hn_pod *ret);

#define HN_PODJSON_EMPTY                                                                                       \
	{                                                                                                      \
		.uid = "", .ns = "", .name = "", .runtime_class = "", .phase = "", .controller = {"", "", ""}, \
		.workload = {                                                                                  \
			"",                                                                                    \
			"",                                                                                    \
			""                                                                                     \
		}                                                                                              \
	}

/* The same of a parsed Pod, into HN_PODJSON_EMPTY. Errors stick in `f`. */
void hn_podjson_read(struct hn_fields *f, struct cJSON *root, struct hn_pod *pod);
/* Parts of it, for templates: what metadata says (NULL: nothing) and what spec and status say. */
void hn_podjson_metadata(struct hn_fields *f, const struct cJSON *metadata, struct hn_pod *pod);
void hn_podjson_spec(struct hn_fields *f, const struct cJSON *spec, const struct cJSON *status,
		     struct hn_pod *pod);

/* Part of it: the containers of spec and status (containerjson.c). Errors stick in `f`. */
void hn_podjson_containers(struct hn_fields *f, const struct cJSON *spec, const struct cJSON *status,
			   struct hn_pod *pod);

#endif

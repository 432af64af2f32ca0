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

/* Part of it: the containers of spec and status (containerjson.c). Errors stick in `f`. */
void hn_podjson_containers(struct hn_fields *f, const struct cJSON *spec, const struct cJSON *status,
			   struct hn_pod *pod);

#endif

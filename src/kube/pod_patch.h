/* SPDX-License-Identifier: Apache-2.0 */
/* A patch that a workflow engine lays over the pod spec it makes: Argo Workflows' podSpecPatch
 * (argoproj.io/v1alpha1, WorkflowSpec and Template), a strategic merge patch in a string, JSON or YAML. */
#ifndef HN_KUBE_POD_PATCH_H
#define HN_KUBE_POD_PATCH_H

#include <stdbool.h>

struct cJSON;

/* Whether any podSpecPatch in the object sets hostNetwork, as far as its text says. What a parameter puts there
 * ("{{inputs.parameters.x}}") is not known, and is taken for none: pipelines have it in every template. */
bool hn_pod_patch_shares_network(const struct cJSON *object);

#endif

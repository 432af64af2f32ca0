/* SPDX-License-Identifier: Apache-2.0 */
/* A pod as it is kept: in the kubelet's own form, so that the reader of pod lists reads it back. */
#ifndef HOSTNETD_HISTORY_PODSPEC_H
#define HOSTNETD_HISTORY_PODSPEC_H

#include "hostnetd/ai.h"
#include "hostnetd/pod.h"

struct hn_str;
/* What is known of the spec; environment variables are names only, secrets in arguments are redacted, of annotations' values
 * those are kept that the catalogue knows. */
void hn_podspec_json(const struct hn_pod *pod, const struct hn_catalogue *catalogue, struct hn_str *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A pod as it is kept: in the kubelet's own form, so that the reader of pod lists reads it back. */
#ifndef HOSTNETD_HISTORY_PODSPEC_H
#define HOSTNETD_HISTORY_PODSPEC_H

#include "hostnetd/pod.h"

struct hn_str;
/* What is known of the spec; environment variables are names only, secrets in arguments are redacted. */
void hn_podspec_json(const struct hn_pod *pod, struct hn_str *out);

#endif

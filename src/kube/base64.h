/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 of a text: what a kubeconfig's *-data keys hold. Pure. */
#ifndef HN_KUBE_BASE64_H
#define HN_KUBE_BASE64_H

#include "hostnetd/macro.h"
#include "hostnetd/str.h"

/* Appends. White space between is skipped, as YAML may fold it. -EINVAL: no base64, or no text is in it (a NUL). */
_must_check_ int hn_base64_decode(const char *text, struct hn_str *ret);
void hn_base64_encode(const char *text, struct hn_str *ret);

#endif

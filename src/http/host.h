/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a request is for. A page of another site whose name suddenly means our address (DNS rebinding) sends that name. */
#ifndef HN_HTTP_HOST_H
#define HN_HTTP_HOST_H

#include <stdbool.h>
#include <stddef.h>

enum hn_host { HN_HOST_OURS, HN_HOST_FOREIGN, HN_HOST_MALFORMED };

/* Judges a Host header: "NAME", "NAME:PORT", "1.2.3.4:80", "[::1]:80". Addresses and localhost pass, and `names`
 * without regard to case or a last dot. */
enum hn_host hn_host_judge(const char *host, const char *const names[], size_t n_names);

#endif

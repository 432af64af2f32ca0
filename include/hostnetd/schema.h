/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON Schema of each document that the program prints, by the document's own `schema` member. */
#ifndef HOSTNETD_SCHEMA_H
#define HOSTNETD_SCHEMA_H

#include <stddef.h>

/* "hostnetd.scan/v1", "hostnetd.event/v1", "hostnetd.doctor/v1", "hostnetd.history/v1", "hostnetd.bundle/v1", "hostnetd.audit/v1",
 * "hostnetd.classify/v1", "hostnetd.webhook/v1"; NULL for any other. The text is static and ends with a NUL too. */
const char *hn_schema_get(const char *name, size_t *ret_len);

#endif

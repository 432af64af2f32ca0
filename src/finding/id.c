// SPDX-License-Identifier: Apache-2.0
#include "id.h"

#include <openssl/sha.h>
#include <stdio.h>

void hn_finding_id(const char *node, const char *pod_uid, const char *container_id, enum hn_way way,
		   char ret[static HN_FINDING_ID_SIZE])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char text[1024];
	/* Each part is marked and ends with a newline, which none can hold: no two sets give one text. */
	int n = snprintf(text, sizeof(text), "node=%.255s\n%s=%.200s\nway=%s\n", node,
			 pod_uid[0] ? "pod" : "container", pod_uid[0] ? pod_uid : container_id, hn_way_name(way));

	SHA256((const unsigned char *)text, (size_t)n, digest);
	for (size_t i = 0; i < (HN_FINDING_ID_SIZE - 1) / 2; i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

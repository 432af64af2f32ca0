/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256, and what is said between the agent and the process that hashes what others run: requests and answers in turn,
 * each one packet. */
#ifndef HOSTNETD_HISTORY_HASH_H
#define HOSTNETD_HISTORY_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HN_HASH_TEXT 65

struct hn_hash_request {
	int64_t pid;
	uint64_t start_ns; /* a pid alone may have been given away again */
};

struct hn_hash_answer {
	int64_t size;
	int32_t result; /* 0: done; 1: it goes on; or -errno: -ESRCH: gone, or another process by now */
	char sha256[HN_HASH_TEXT];
};

void hn_hash_bytes(const void *bytes, size_t n, char ret[static HN_HASH_TEXT]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* One thing that a process holds: an open device, or a library that is mapped. Its name is the file's own and hostile:
 * whoever builds an image chooses it. */
#ifndef HOSTNETD_HELD_H
#define HOSTNETD_HELD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct hn_held {
	pid_t pid;
	uint64_t start_ns; /* of the process, CLOCK_BOOTTIME */
	bool library;      /* else a character device */
	unsigned fd;       /* of a device */
	char name[64];     /* terminated, cut */
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* One thing that was seen of a container and that the verdict takes in, whatever today's catalogue knows of it. With the
 * pod's spec these are all that a verdict rests on: what is kept of them can be judged again. */
#ifndef HOSTNETD_CLUE_H
#define HOSTNETD_CLUE_H

#include <stddef.h>
#include <sys/types.h>

enum hn_clue_kind { HN_CLUE_PROGRAM, HN_CLUE_DEVICE, HN_CLUE_LIBRARY, HN_CLUE_PORT, HN_CLUE_KIND_MAX };
const char *hn_clue_kind_name(enum hn_clue_kind v);    /* "program", "device", "library", "port" */
enum hn_clue_kind hn_clue_kind_find(const char *name); /* HN_CLUE_KIND_MAX: none */
const char *hn_clue_kind_plural(enum hn_clue_kind v);  /* for a person: "programs" */

/* All borrowed; texts are hostile. */
struct hn_clue {
	enum hn_clue_kind kind;
	pid_t pid;
	const char *container; /* of a program: the id, "" if not known */
	const char *name;      /* the program's path, the file's own name of a device or library; "" of a port */
	const char *argv;      /* of a program: NUL-separated */
	size_t argv_len;
	unsigned number; /* the port; of a device, its descriptor */
};

#endif

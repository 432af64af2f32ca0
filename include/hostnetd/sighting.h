/* SPDX-License-Identifier: Apache-2.0 */
/* What a probe saw of one thread at one moment. The whole agent lives on these: from BPF events and sweeps, from
 * /proc where BPF cannot load, or from a recording. All texts are hostile and borrowed: valid during the callback. */
#ifndef HOSTNETD_SIGHTING_H
#define HOSTNETD_SIGHTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hostnetd/time.h"

enum hn_sighting_kind {
	HN_SIGHTING_EXEC,      /* an armed task of the host netns called exec (or its exec armed it there) */
	HN_SIGHTING_ENTERED,   /* an armed thread switched into the host netns */
	HN_SIGHTING_LEFT,      /* an armed thread switched out of the host netns */
	HN_SIGHTING_EXIT,      /* the last thread of an armed process ended, or one that was in the host netns */
	HN_SIGHTING_LISTEN,    /* an armed task listens on a socket of the host netns */
	HN_SIGHTING_PRESENT,   /* a sweep found an armed thread in the host netns */
	HN_SIGHTING_CANDIDATE, /* a sweep found an unarmed task of a container's cgroup in the host netns */
	HN_SIGHTING_SOCKET, /* a sweep of file descriptors found a socket of the host netns, listening if it has a port */
	HN_SIGHTING_CONNECT, /* an armed task connects a socket of the host netns: to where it is told of, or it is in
				  another netns */
	HN_SIGHTING_REFUSED, /* an armed thread tried to enter a netns, perhaps the host's, and was not let in */
	HN_SIGHTING_ABSTRACT, /* an armed task's Unix socket of the host netns called an abstract name of the node's */
	HN_SIGHTING_KIND_MAX,
};

enum hn_contact {
	HN_CONTACT_NONE,
	HN_CONTACT_METADATA, /* a cloud's metadata service */
	HN_CONTACT_CONTROL,  /* a control port of this node: kubelet, etcd, a container runtime */
	HN_CONTACT_ABSTRACT, /* an abstract Unix socket of a process of the node's */
	HN_CONTACT_MAX,
};

#define HN_UNIX_NAME_SIZE 109 /* sun_path, and a NUL */

struct hn_endpoint {
	uint8_t protocol;    /* IPPROTO_TCP ...; 0: none */
	uint8_t family;      /* AF_INET or AF_INET6 */
	uint16_t port;       /* host byte order */
	uint8_t address[16]; /* network byte order; the first 4 for AF_INET */
};

/* Who started a process, or who started that one. */
#define HN_ANCESTORS 8
struct hn_ancestor {
	pid_t pid;
	char comm[16]; /* "" if it had ended; any bytes */
};

struct hn_sighting {
	enum hn_sighting_kind kind;
	struct hn_wall time;
	struct hn_mono mono;
	pid_t pid; /* process (tgid), in the agent's pid namespace */
	pid_t tid;
	pid_t parent;      /* tgid of the parent; 0: not known */
	uint64_t start_ns; /* the process's start, CLOCK_BOOTTIME; with pid its identity */
	uint64_t thread_start_ns;
	uint64_t entered_ns; /* when it came into the container's cgroup from outside; 0: not known */
	uint32_t uid;        /* effective user in the initial user namespace's numbers */
	uint64_t netns;      /* inode number of the thread's netns */
	uint64_t mntns;
	uint64_t cgroup_id; /* of the pids hierarchy, or of v2 */
	bool cgroup_v2;
	bool brief;         /* a further thread of a process: cgroup, exe and argv are not given */
	bool in_host_netns; /* the thread is */
	bool armed;         /* DESIGN.md, 'Set-up is not drift' */
	bool process_ended; /* EXIT: no thread of the process is left */
	const char *comm;   /* terminated; never NULL */
	const char *cgroup; /* "/a/b/c", topmost names; terminated; "" if not known. Of an armed task: where it
				    became one, whatever it moved to */
	bool cgroup_truncated;
	const char *exe;  /* path in the task's root; terminated; "" if not known */
	const char *argv; /* NUL-separated, argv_len bytes; not terminated; NULL if not known */
	size_t argv_len;
	bool argv_truncated;
	struct hn_endpoint endpoint; /* LISTEN and SOCKET: own; CONNECT: remote */
	int error;                   /* REFUSED: errno */
	enum hn_contact contact;     /* CONNECT, ABSTRACT: what is there */
	const char *unix_name;       /* ABSTRACT: "@name"; terminated, any bytes */
};

#endif

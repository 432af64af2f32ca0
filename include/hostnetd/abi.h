/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause */
/* The records that pass from the kernel side (bpf/) to user space (src/probe/): through the ring buffer and through the
 * iterators, in one form. Sizes are fixed, padding is an error on both sides. User space trusts none of it. */
#ifndef HOSTNETD_ABI_H
#define HOSTNETD_ABI_H

#include <linux/types.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

enum hn_record_kind {
	HN_RECORD_EXEC = 1,
	HN_RECORD_ENTERED, /* a thread switched into the host netns */
	HN_RECORD_LEFT,    /* ... out of it */
	HN_RECORD_EXIT,
	HN_RECORD_LISTEN,
	HN_RECORD_PRESENT,   /* sweep: an armed thread in the host netns */
	HN_RECORD_CANDIDATE, /* sweep: an unarmed task of a container's cgroup in the host netns */
	HN_RECORD_SOCKET, /* sweep of file descriptors: a socket of the host netns; with a port: a listening one */
	HN_RECORD_CONNECT, /* a socket of the host netns connects: to a watched address, or its task is in another netns */
	HN_RECORD_REFUSED, /* a thread tried to enter a netns and was not let in */
	HN_RECORD_ABSTRACT, /* a Unix socket of the host netns is connected to an abstract name of the node's: `argv` has it */
	HN_RECORD_KIND_MAX,
};

enum hn_record_flag {
	HN_RECORD_IN_HOST = 1 << 0, /* the thread is in the host netns */
	HN_RECORD_ARMED = 1 << 1,
	HN_RECORD_ENDED = 1 << 2,            /* EXIT: no thread of the process is left */
	HN_RECORD_CGROUP_V2 = 1 << 3,        /* cgroup_id is of the v2 hierarchy, else of pids */
	HN_RECORD_CGROUP_TRUNCATED = 1 << 4, /* names are missing at the lower end */
	HN_RECORD_EXE_TRUNCATED = 1 << 5,    /* ... at the upper end */
	HN_RECORD_ARGV_TRUNCATED = 1 << 6,
	HN_RECORD_HOME = 1 << 7,     /* the names are those of the container that the task first entered: its own
	                                        cgroup is no container's any more, or another one's */
	HN_RECORD_METADATA = 1 << 8, /* CONNECT: to a metadata service */
	HN_RECORD_CONTROL = 1 << 9,  /* CONNECT: to a control port of this node */
};

/* A destination that is worth a record; its value is one of the two flags above. */
struct hn_watch {
	__u8 address[16]; /* IPv4 as ::ffff:a.b.c.d; all 0: any address of this node */
	__u16 port;       /* host byte order; 0: any */
	__u16 unused;
};
#define HN_WATCHES_MAX 128

/* A container and a pod are among the topmost names; what is deeper was made by the container itself. */
#define HN_CGROUP_LEVELS 12
#define HN_CGROUP_NAMES 640 /* names, topmost first, each with its NUL */
#define HN_EXE_NAMES 384    /* names of the executable's path, the file's own first, each with its NUL */
#define HN_ARGV_SHORT 256
#define HN_ARGV_LONG 1280

struct hn_record {
	__u16 kind;
	__u16 size; /* of the whole record: it says which of the structs below this is */
	__u32 flags;
	__u64 time;  /* ns, CLOCK_BOOTTIME */
	__u64 start; /* of the process, ns, CLOCK_BOOTTIME */
	__u64 thread_start;
	__u64 entered; /* the container's cgroup; 0: nobody watched */
	__u64 cgroup_id;
	__u32 pid; /* tgid; all pids are those of the agent's pid namespace, 0: not visible there */
	__u32 tid;
	__u32 parent;
	__u32 uid;   /* effective, in the initial user namespace */
	__u32 netns; /* inode numbers */
	__u32 mntns;
	__u32 exe_mntns; /* of the mount that the executable lies on; 0: none (a memfd) */
	__u16 cgroup_len;
	__u16 exe_len;
	__u16 argv_len;
	__u16 port; /* LISTEN, SOCKET: own; CONNECT: remote. Host byte order; 0: none */
	__u8 family;
	__u8 protocol;
	__u8 address[16]; /* network byte order */
	__u16 error;      /* REFUSED: errno */
	char comm[16];
};

struct hn_record_named { /* ENTERED, LEFT, LISTEN, PRESENT, CANDIDATE, SOCKET, CONNECT, REFUSED */
	struct hn_record head;
	char cgroup[HN_CGROUP_NAMES];
	char exe[HN_EXE_NAMES];
};

struct hn_record_exec {
	struct hn_record head;
	char cgroup[HN_CGROUP_NAMES];
	char exe[HN_EXE_NAMES];
	char argv[HN_ARGV_SHORT];
};

struct hn_record_exec_long {
	struct hn_record head;
	char cgroup[HN_CGROUP_NAMES];
	char exe[HN_EXE_NAMES];
	char argv[HN_ARGV_LONG];
};

/* Records that are not urgent wait at most so long. */
#define HN_QUIET_NS 200000000ULL

/* The programs that hooks run. Each notes that it ran while `testing` is set: an attach that succeeds proves nothing. */
enum hn_program {
	HN_PROGRAM_NONE,
	HN_PROGRAM_CGROUP_ATTACH,
	HN_PROGRAM_NEWTASK,
	HN_PROGRAM_EXEC,
	HN_PROGRAM_EXIT,
	HN_PROGRAM_SOCK_STATE,
	HN_PROGRAM_SWITCH_FEXIT,
	HN_PROGRAM_INSTALL_FEXIT,
	HN_PROGRAM_SWITCH_KPROBE,
	HN_PROGRAM_INSTALL_KPROBE,
	HN_PROGRAM_EXIT_SETNS,
	HN_PROGRAM_EXIT_UNSHARE,
	HN_PROGRAM_SYS_EXIT,
	HN_PROGRAM_SOCK_CREATE,
	HN_PROGRAM_BIND4,
	HN_PROGRAM_BIND6,
	HN_PROGRAM_POST_BIND4,
	HN_PROGRAM_POST_BIND6,
	HN_PROGRAM_CONNECT4,
	HN_PROGRAM_CONNECT6,
	HN_PROGRAM_SENDMSG4,
	HN_PROGRAM_SENDMSG6,
	HN_PROGRAM_BIND_FEXIT,
	HN_PROGRAM_BIND6_FEXIT,
	HN_PROGRAM_SEND_FENTRY,
	HN_PROGRAM_SEND6_FENTRY,
	HN_PROGRAM_CONNECT_FENTRY,
	HN_PROGRAM_CONNECT6_FENTRY,
	HN_PROGRAM_UNIX_CONNECT,
	HN_PROGRAM_MAX = 32, /* room, so that the struct below needs no padding */
};

/* What the agent's own namespaces are, in the kernel side's .bss: find_host() fills it before anything is attached, and
 * user space sets what it was told. */
struct hn_host {
	__u64 pid_ns;     /* address of the agent's pid namespace */
	__u64 own_cgroup; /* keys of the agent's and of PID 1's cgroup, in the map of names */
	__u64 pid1_cgroup;
	__u64 nsproxy; /* address of PID 1's */
	__u64 woken;   /* when a record last woke user space, ns, CLOCK_BOOTTIME */
	__u32 pid_ns_level;
	__u32 netns;       /* inode number of the host netns; 0: not found */
	__u32 mntns;       /* of PID 1 */
	__u32 root_levels; /* a node that is itself a container: so many of the topmost cgroups are the node's own */
	__u32 generation;  /* of the running sweep */
	__u32 arming;      /* the sweep's second pass: the mount namespaces of the host's processes are known */
	__u32 pid1_is_own; /* the agent is PID 1 of its pid namespace */
	__u32 netns_given; /* `netns` is what somebody said, not what was found: the sweep looks whether it is one */
	__u32 netns_threads; /* that the sweep has met in it, where it was given */
	__u32 testing;
	__u8 fired[HN_PROGRAM_MAX];
};

/* A cgroup's topmost names, kept as first seen: on v1 a container may rename its own cgroup. */
struct hn_cgroup_names {
	__u32 class; /* private to the kernel side */
	__u16 len;
	__u16 truncated;
	char names[HN_CGROUP_NAMES];
};

/* Per-CPU counters. */
enum hn_counter {
	HN_COUNTER_LOST,       /* the ring was full */
	HN_COUNTER_SUPPRESSED, /* a known cgroup sent more than its share */
	HN_COUNTER_UNMARKED,   /* no memory for a task's mark */
	HN_COUNTER_SWEPT,      /* threads that sweeps looked at */
	HN_COUNTER_MAX,
};

/* A cgroup that user space knows well enough: its finding is open and complete. */
#define HN_QUOTA_PER_SECOND 10
struct hn_quota {
	__u64 window;     /* start of the current second, ns */
	__u32 sent;       /* records in it */
	__u32 suppressed; /* since user space put it back to 0 */
};

/* What a process holds: bpf/holds.bpf.c writes these and nothing else. */
enum hn_held_kind {
	HN_HELD_DEVICE = 1, /* an open character device */
	HN_HELD_LIBRARY,    /* a file mapped to be executed */
};
struct hn_held_record {
	__u64 start; /* of the process, ns, CLOCK_BOOTTIME */
	__u32 pid;
	__u32 kind;
	__u32 fd;      /* DEVICE */
	__u32 rdev;    /* DEVICE: major << 20 | minor */
	char name[64]; /* the file's own, terminated, cut */
};
#define HN_HELD_PROCESSES 64 /* asked about at once */

/* Cgroup ids are unique within one hierarchy only. */
#define HN_CGROUP_KEY_V2 (1ULL << 63)

#pragma GCC diagnostic pop

#endif

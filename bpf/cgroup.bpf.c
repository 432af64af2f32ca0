// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reading the names of a cgroup, topmost first. */
#include "cgroup.bpf.h"

/* A container can make cgroups of any depth below its own; beyond this many the walk gives up and the task's mark,
 * which names the cgroup that it entered first, is all that is known. */
#define WALK_LEVELS 512
#define NAME_BYTES 256 /* NAME_MAX and the NUL */

/* Eight bytes as the CPU loads them. */
#define WORD(a, b, c, d, e, f, g, h)                                                                    \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 |         \
	 (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)

static __always_inline __u64 word_at(const char *text)
{
	return *(const __u64 *)text;
}

/* 1 if x is 0, else 0, without a branch: the verifier would follow both sides of each of some hundred comparisons. The
 * barrier keeps the compiler from seeing through it. */
static __always_inline __u64 is_zero(__u64 x)
{
	__u64 negative = -x;

	barrier_var(negative);
	return ((x | negative) >> 63) ^ 1;
}

/* 1 if a < b. */
static __always_inline __u64 is_less(__u64 a, __u64 b)
{
	__u64 difference = a - b;

	barrier_var(difference);
	return difference >> 63;
}

/* Four bytes at `at`, which may wrap around within the 256 + 8 bytes that may be read. */
static __always_inline __u64 half_at(const char *name, __u64 at)
{
	return word_at(name + (at & (NAME_BYTES - 1))) & 0xffffffff;
}

/* The class of one name of `n` bytes with its NUL, at most NAME_BYTES; as many and 8 may be read. */
static __always_inline __u64 name_class(const char *name, __u64 n, bool top)
{
	__u64 first = word_at(name), last = word_at(name + ((n - 8) & (NAME_BYTES - 1))), strong, unit;
	const __u64 pod = WORD('-', 'p', 'o', 'd', 0, 0, 0, 0);

	strong = is_less(64, n); /* a 64-digit id, alone or with a prefix and .scope */
	strong |= is_less(35, n) & is_zero((first & 0xffffff) ^ WORD('p', 'o', 'd', 0, 0, 0, 0, 0));
	/* ...-pod<uid of 36 or 32>.slice */
	strong |= is_less(47, n) & is_zero(half_at(name, n - 47) ^ pod);
	strong |= is_less(43, n) & is_zero(half_at(name, n - 43) ^ pod);
	strong |= is_zero(first ^ WORD('m', 'a', 'c', 'h', 'i', 'n', 'e', '-'));
	strong |= is_zero(first ^ WORD('s', 'y', 's', 't', 'e', 'm', 'd', '-')) &
		  is_zero(word_at(name + 8) << 8 ^ WORD(0, 'n', 's', 'p', 'a', 'w', 'n', '@'));
	strong |= is_zero((first & 0xffffff) ^ WORD('l', 'x', 'c', 0, 0, 0, 0, 0));
	strong |= is_zero((first & 0xffffffffff) ^ WORD('n', 'o', 'm', 'a', 'd', 0, 0, 0));
	/* containerd's default, /NAMESPACE/NAME, is no systemd unit at the top. */
	unit = is_zero((last >> 8) ^ WORD('.', 's', 'l', 'i', 'c', 'e', 0, 0)) |
	       is_zero((last >> 8) ^ WORD('.', 's', 'c', 'o', 'p', 'e', 0, 0)) |
	       is_zero(last ^ WORD('s', 'e', 'r', 'v', 'i', 'c', 'e', 0));
	return (top & (unit ^ 1)) * CLASS_WEAK | strong * CLASS_STRONG;
}

/* Nodes of the topmost levels, from the node's own root on. */
static __always_inline void find_nodes(struct kernfs_node *kn, struct kernfs_node **nodes, int depth)
{
	struct cgroup *cgroup = BPF_CORE_READ(kn, priv);
	int level = depth;

	if (has_ancestors()) {
#pragma unroll
		for (int i = 0; i < HN_CGROUP_LEVELS; i++)
			nodes[i] = i < depth ? ancestor_node(cgroup, host.root_levels + i + 1) : NULL;
		return;
	}
	for (int i = 0; i < WALK_LEVELS && level > HN_CGROUP_LEVELS; i++) {
		kn = kernfs_parent(kn);
		level--;
	}
#pragma unroll
	for (int i = HN_CGROUP_LEVELS - 1; i >= 0; i--) {
		nodes[i] = NULL;
		if (level == i + 1) {
			nodes[i] = kn;
			kn = kernfs_parent(kn);
			level--;
		}
	}
}

/* Appends one name and adds its class. Returns false at the end: no name, or no room. A function of its own,
 * so that few registers are wanted: a number that is spilled to the stack loses its bounds before 6.7. */
struct reading {
	__u64 class;
	__u16 len; /* of its own: another CPU may read the same cgroup for the first time now; both write the same bytes */
};

static __noinline bool append_name(struct hn_cgroup_names *out, struct kernfs_node *kn, bool top, struct reading *reading)
{
	const char *name = BPF_CORE_READ(kn, name);
	/* Read back, not kept in a register: so the verifier knows as little of it in every round, and follows one
	 * state a round instead of one for each sum of lengths. */
	__u32 off = *(volatile __u16 *)&reading->len;
	char *at;
	long n;

	if (off > HN_CGROUP_NAMES - NAME_BYTES - 32) {
		out->truncated = 1;
		return false;
	}
	at = &out->names[off];
	n = bpf_probe_read_kernel_str(at, NAME_BYTES, name);
	if (n < 2 || n > NAME_BYTES)
		return false;
	reading->class |= name_class(at, n, top);
	*(volatile __u16 *)&reading->len += n;
	return true;
}

__noinline int read_names(__u64 node, __u64 key)
{
	struct hn_cgroup_names *out = bpf_map_lookup_elem(&cgroups, &key);
	struct kernfs_node *nodes[HN_CGROUP_LEVELS], *kn = (void *)node;
	struct cgroup *cgroup = BPF_CORE_READ(kn, priv);
	int depth = BPF_CORE_READ(cgroup, level) - (int)host.root_levels;
	struct reading reading = {};

	if (!out)
		return 0;
	find_nodes(kn, nodes, depth);
	out->truncated = depth > HN_CGROUP_LEVELS;
#pragma unroll
	for (int i = 0; i < HN_CGROUP_LEVELS; i++)
		if (!nodes[i] || !append_name(out, nodes[i], i == 0 && depth > 1, &reading))
			break;
	out->len = reading.len;
	/* Last: a reader on another CPU takes CLASS_NEW for "not read yet". */
	out->class = reading.class & CLASS_STRONG ? CLASS_STRONG : reading.class & CLASS_WEAK ? CLASS_WEAK : CLASS_HOST;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

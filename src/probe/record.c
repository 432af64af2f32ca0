// SPDX-License-Identifier: Apache-2.0
/* The ring is written by the kernel side, and read as if it were not: kinds, sizes and lengths are checked. */
#include "record.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/* One row a kind of record: what it becomes, and which sizes it may have. */
static const struct {
	enum hn_sighting_kind kind;
	uint16_t sizes[2];
} kinds[] = {
	[HN_RECORD_EXEC] = {HN_SIGHTING_EXEC, {sizeof(struct hn_record_exec), sizeof(struct hn_record_exec_long)}},
	[HN_RECORD_ENTERED] = {HN_SIGHTING_ENTERED, {sizeof(struct hn_record_named)}},
	[HN_RECORD_LEFT] = {HN_SIGHTING_LEFT, {sizeof(struct hn_record_named)}},
	[HN_RECORD_EXIT] = {HN_SIGHTING_EXIT, {sizeof(struct hn_record)}},
	[HN_RECORD_LISTEN] = {HN_SIGHTING_LISTEN, {sizeof(struct hn_record_named)}},
	[HN_RECORD_PRESENT] = {HN_SIGHTING_PRESENT, {sizeof(struct hn_record), sizeof(struct hn_record_named)}},
	[HN_RECORD_CANDIDATE] = {HN_SIGHTING_CANDIDATE, {sizeof(struct hn_record_named)}},
	[HN_RECORD_SOCKET] = {HN_SIGHTING_SOCKET, {sizeof(struct hn_record_named)}},
	[HN_RECORD_CONNECT] = {HN_SIGHTING_CONNECT, {sizeof(struct hn_record_named)}},
	[HN_RECORD_REFUSED] = {HN_SIGHTING_REFUSED, {sizeof(struct hn_record_named)}},
	[HN_RECORD_ABSTRACT] = {HN_SIGHTING_ABSTRACT, {sizeof(struct hn_record_exec)}},
};
static_assert(sizeof(kinds) / sizeof(kinds[0]) == HN_RECORD_KIND_MAX, "a row for every kind of record");
/* A hundred years of uptime, so that no sum of times overflows. */
#define TIME_MAX (100ULL * 366 * 86400 * HN_NSEC_PER_SEC)

static_assert(sizeof(struct hn_record_named) == sizeof(struct hn_record) + HN_CGROUP_NAMES + HN_EXE_NAMES,
	      "packed");

/* The names lie one behind the other, each with its NUL. Returns the length of the first at `at`, or 0 if there is none
 * left. A name that does not end within `len` ends there. */
static size_t next_name(const char *names, size_t at, size_t len)
{
	return at < len ? strnlen(names + at, len - at) : 0;
}

static void join_cgroup(const char *names, size_t len, char *path)
{
	size_t at = 0, out = 0, n;

	while ((n = next_name(names, at, len)) > 0) {
		path[out++] = '/';
		memcpy(path + out, names + at, n);
		out += n;
		at += n + 1;
	}
	if (out == 0)
		path[out++] = '/';
	path[out] = '\0';
}

/* The file's own name is first: writes from the end to the front. */
static const char *join_exe(const char *names, size_t len, bool truncated, char *path, size_t size)
{
	size_t at = 0, out = size - 1, n;

	path[out] = '\0';
	while ((n = next_name(names, at, len)) > 0 && out >= n + 4) {
		out -= n;
		memcpy(path + out, names + at, n);
		path[--out] = '/';
		at += n + 1;
	}
	if (truncated && out >= 3 && path[out] != '\0') {
		out -= 3;
		memcpy(path + out, "...", 3);
	}
	return path + out;
}

/* An IPv4 address on an IPv6 socket is the IPv4 address that is called. */
static void read_endpoint(const struct hn_record *head, struct hn_endpoint *ret)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	bool v4 = head->family == AF_INET6 && memcmp(head->address, mapped, sizeof(mapped)) == 0;

	if (head->family != AF_INET && head->family != AF_INET6)
		return;
	ret->family = v4 ? AF_INET : head->family;
	ret->protocol = head->protocol;
	ret->port = head->port;
	memcpy(ret->address, v4 ? head->address + 12 : head->address, v4 || ret->family == AF_INET ? 4 : 16);
}

/* An abstract name may hold any byte: as ss(8) does, a NUL is shown as @. */
static void read_abstract(const char *name, size_t n, char to[HN_UNIX_NAME_SIZE])
{
	if (n > HN_UNIX_NAME_SIZE - 1)
		n = HN_UNIX_NAME_SIZE - 1;
	for (size_t i = 0; i < n; i++)
		to[i] = name[i] ? name[i] : '@';
	to[n] = '\0';
}

int hn_record_read(const void *bytes, size_t n, int64_t offset_ns, struct hn_record_text *text,
		   struct hn_sighting *ret)
{
	const struct hn_record_exec_long *full = bytes;
	struct hn_record head;
	size_t argv_size;

	if (n < sizeof(head))
		return -EAGAIN;
	memcpy(&head, bytes, sizeof(head));
	if (head.kind == 0 || head.kind >= HN_RECORD_KIND_MAX || head.size == 0 ||
	    (head.size != kinds[head.kind].sizes[0] && head.size != kinds[head.kind].sizes[1]))
		return -EBADMSG;
	if (head.size > n)
		return -EAGAIN;
	argv_size = head.size == sizeof(struct hn_record_exec_long) ? HN_ARGV_LONG :
		    head.size == sizeof(struct hn_record_exec)      ? HN_ARGV_SHORT :
								      0;
	if (head.argv_len > argv_size || head.cgroup_len > HN_CGROUP_NAMES || head.exe_len > HN_EXE_NAMES)
		return -EBADMSG;
	if (head.size == sizeof(head) && (head.cgroup_len || head.exe_len))
		return -EBADMSG;
	if (head.time > TIME_MAX || head.start > TIME_MAX || head.thread_start > TIME_MAX ||
	    head.entered > TIME_MAX)
		return -EBADMSG;

	memcpy(text->comm, head.comm, sizeof(head.comm));
	text->comm[sizeof(head.comm)] = '\0';
	*ret = (struct hn_sighting){
		.kind = kinds[head.kind].kind,
		.mono = {(int64_t)head.time},
		.time = {(int64_t)head.time + offset_ns},
		.pid = (pid_t)head.pid,
		.tid = (pid_t)head.tid,
		.parent = (pid_t)head.parent,
		.start_ns = head.start,
		.thread_start_ns = head.thread_start,
		.entered_ns = head.entered,
		.uid = head.uid,
		.error = head.error,
		.netns = head.netns,
		.mntns = head.mntns,
		.cgroup_id = head.cgroup_id,
		.cgroup_v2 = head.flags & HN_RECORD_CGROUP_V2,
		.in_host_netns = head.flags & HN_RECORD_IN_HOST,
		.armed = head.flags & HN_RECORD_ARMED,
		.process_ended = head.flags & HN_RECORD_ENDED,
		.cgroup_truncated = head.flags & HN_RECORD_CGROUP_TRUNCATED,
		.argv_truncated = head.flags & HN_RECORD_ARGV_TRUNCATED,
		.brief = head.size == sizeof(head),
		.comm = text->comm,
		.cgroup = "",
		.exe = "",
	};
	if (head.size > sizeof(head)) {
		join_cgroup(full->cgroup, head.cgroup_len, text->cgroup);
		ret->cgroup = text->cgroup;
		ret->exe = join_exe(full->exe, head.exe_len, head.flags & HN_RECORD_EXE_TRUNCATED, text->exe,
				    sizeof(text->exe));
	}
	if (head.kind == HN_RECORD_ABSTRACT) {
		read_abstract(full->argv, head.argv_len, text->unix_name);
		ret->unix_name = text->unix_name;
		ret->contact = HN_CONTACT_ABSTRACT;
	} else if (head.argv_len) {
		ret->argv = full->argv;
		ret->argv_len = head.argv_len;
	}
	read_endpoint(&head, &ret->endpoint);
	if (head.flags & (HN_RECORD_METADATA | HN_RECORD_CONTROL))
		ret->contact = head.flags & HN_RECORD_METADATA ? HN_CONTACT_METADATA : HN_CONTACT_CONTROL;
	return head.size;
}

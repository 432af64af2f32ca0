/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a recording of a node's processes. Hostile input: bounded before it is parsed, since a parsed tree is many
 * times as large as its text. */
#include "replay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "cgroup_lines.h"
#include "hostnetd/cgroup.h"
#include "hostnetd/str.h"
#include "hostnetd/time.h"
#include "task_file.h"

#define FILE_LIMIT ((size_t)8 * 1024 * 1024)
#define VALUES_LIMIT 500000
#define ARGV_LIMIT 4096

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static void free_text(char **text)
{
	free(*text);
}

static void free_json(cJSON **json)
{
	cJSON_Delete(*json);
}

/* One recorded process; its texts are borrowed from the tree or from `argv` and `cgroup`. */
struct record {
	struct hn_sighting sighting;
	bool reported;
	struct hn_str argv;
	char cgroup[PATH_MAX];
};

/* The entry that is wrong goes into the reason. */
static int bad(struct hn_reason *reason, int index, const char *key, const char *want)
{
	return hn_reason_set(reason, -EBADMSG, "processes[%d].%s: %s", index, key, want);
}

static const char *get_string(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* A list of strings, or NULL. */
static const cJSON *get_strings(const cJSON *object, const char *key)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, key), *item;

	if (!cJSON_IsArray(list))
		return NULL;
	cJSON_ArrayForEach(item, list) {
		if (!cJSON_IsString(item))
			return NULL;
	}
	return list;
}

/* "Key:\tA\tB" among the lines of /proc/PID/status: the n-th number; false if it is not there. */
static bool status_number(const cJSON *status, const char *key, unsigned n, unsigned long *ret)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, status) {
		const char *c = item->valuestring;
		char *end;

		if (strncmp(c, key, strlen(key)) != 0 || c[strlen(key)] != ':')
			continue;
		c += strlen(key) + 1;
		for (unsigned i = 0; i <= n; i++, c = end) {
			c += strspn(c, "\t ");
			if (*c < '0' || *c > '9')
				return false;
			errno = 0;
			*ret = strtoul(c, &end, 10);
			if (errno || *ret > UINT32_MAX)
				return false;
		}
		return true;
	}
	return false;
}

static int read_cgroup(const cJSON *process, int index, struct record *r, struct hn_reason *reason)
{
	const cJSON *lines = get_strings(process, "cgroup"), *line;
	_cleanup_(hn_str_done) struct hn_str text = {0};
	struct hn_container_ref ref;

	if (!lines)
		return bad(reason, index, "cgroup", "want the lines of /proc/PID/cgroup as strings");
	cJSON_ArrayForEach(line, lines) {
		hn_str_puts(&text, line->valuestring);
		hn_str_putc(&text, '\n');
	}
	if (text.failed)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	if (hn_cgroup_lines_choose(hn_str_get(&text), text.len, r->cgroup, sizeof(r->cgroup), &ref,
				   &r->sighting.cgroup_truncated))
		return bad(reason, index, "cgroup", "no line has the form ID:CONTROLLERS:PATH");
	r->sighting.cgroup = r->cgroup;
	r->reported = hn_cgroup_is_container(&ref);
	return 0;
}

static int read_argv(const cJSON *process, int index, struct record *r, struct hn_reason *reason)
{
	const cJSON *list = get_strings(process, "argv"), *item;

	if (!list)
		return bad(reason, index, "argv", "want a list of strings");
	cJSON_ArrayForEach(item, list)
		hn_str_append(&r->argv, item->valuestring, strlen(item->valuestring) + 1);
	if (r->argv.failed)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	r->sighting.argv = hn_str_get(&r->argv);
	r->sighting.argv_truncated = r->argv.len > ARGV_LIMIT;
	r->sighting.argv_len = r->sighting.argv_truncated ? ARGV_LIMIT : r->argv.len;
	return 0;
}

static int read_namespaces(const cJSON *process, int index, uint64_t host_mntns, struct record *r,
			   struct hn_reason *reason)
{
	const cJSON *in_host = cJSON_GetObjectItemCaseSensitive(process, "inHostNetns");
	const char *netns = get_string(process, "netns"), *mntns = get_string(process, "mntns");

	if (!cJSON_IsBool(in_host))
		return bad(reason, index, "inHostNetns", "want true or false");
	if (!netns || hn_link_parse(netns, "net", &r->sighting.netns) != 0)
		return bad(reason, index, "netns", "want \"net:[INODE]\"");
	if (!mntns || hn_link_parse(mntns, "mnt", &r->sighting.mntns) != 0)
		return bad(reason, index, "mntns", "want \"mnt:[INODE]\"");
	r->sighting.in_host_netns = cJSON_IsTrue(in_host);
	r->sighting.armed = r->sighting.mntns != host_mntns;
	r->sighting.kind = r->sighting.armed ? HN_SIGHTING_PRESENT : HN_SIGHTING_CANDIDATE;
	return 0;
}

/* `r` is empty; its caller clears it, also after an error. */
static int read_process(const cJSON *process, int index, uint64_t host_mntns, struct record *r,
			struct hn_reason *reason)
{
	const cJSON *pid = cJSON_GetObjectItemCaseSensitive(process, "pid");
	const cJSON *status = get_strings(process, "status");
	const char *exe = get_string(process, "exe");
	unsigned long number;
	int err;

	if (!cJSON_IsObject(process))
		return hn_reason_set(reason, -EBADMSG, "processes[%d]: want an object", index);
	if (!cJSON_IsNumber(pid) || pid->valuedouble < 1 || pid->valuedouble > INT_MAX ||
	    pid->valuedouble != (double)pid->valueint)
		return bad(reason, index, "pid", "want a process id");
	r->sighting.pid = r->sighting.tid = pid->valueint;
	r->sighting.comm = get_string(process, "comm");
	if (!r->sighting.comm)
		return bad(reason, index, "comm", "want a string");
	r->sighting.exe = exe ? exe : "";
	if (!status || !status_number(status, "Uid", 1, &number))
		return bad(reason, index, "status", "want the lines of /proc/PID/status, with Uid and PPid");
	r->sighting.uid = (uint32_t)number;
	if (!status_number(status, "PPid", 0, &number) || number > INT_MAX)
		return bad(reason, index, "status", "want the lines of /proc/PID/status, with Uid and PPid");
	r->sighting.parent = (pid_t)number;
	err = read_argv(process, index, r, reason);
	if (!err)
		err = read_namespaces(process, index, host_mntns, r, reason);
	if (!err)
		err = read_cgroup(process, index, r, reason);
	return err;
}

/* Reads every process, and calls back only if `callback` is given: so the caller checks all before it reports
 * any. */
static int read_all(const cJSON *processes, uint64_t host_mntns, hn_sighting_callback *callback, void *arg,
		    struct record *r, struct hn_reason *reason)
{
	const struct hn_wall wall = hn_wall_now();
	const struct hn_mono mono = hn_mono_now();
	const cJSON *process;
	int err = 0, index = 0;

	cJSON_ArrayForEach(process, processes) {
		hn_str_clear(&r->argv);
		r->sighting = (struct hn_sighting){.time = wall, .mono = mono};
		err = read_process(process, index++, host_mntns, r, reason);
		if (err)
			break;
		if (callback && r->reported && r->sighting.in_host_netns)
			callback(&r->sighting, arg);
	}
	return err;
}

static int replay_tree(const cJSON *root, hn_sighting_callback *callback, void *arg, uint64_t *ret_host_netns,
		       struct hn_reason *reason)
{
	const cJSON *processes = cJSON_GetObjectItemCaseSensitive(root, "processes");
	const cJSON *mntns = cJSON_GetObjectItemCaseSensitive(root, "hostMntns");
	const char *netns = get_string(root, "hostNetns");
	uint64_t host_netns, host_mntns = 0;
	struct record *r;
	int err;

	if (!netns || hn_link_parse(netns, "net", &host_netns) != 0)
		return hn_reason_set(reason, -EBADMSG, "hostNetns: want \"net:[INODE]\"");
	if (mntns && (!cJSON_IsString(mntns) || hn_link_parse(mntns->valuestring, "mnt", &host_mntns) != 0))
		return hn_reason_set(reason, -EBADMSG, "hostMntns: want \"mnt:[INODE]\"");
	if (!cJSON_IsArray(processes))
		return hn_reason_set(reason, -EBADMSG, "processes: want a list");
	r = calloc(1, sizeof(*r));
	if (!r)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	err = read_all(processes, host_mntns, NULL, NULL, r, reason);
	if (!err)
		err = read_all(processes, host_mntns, callback, arg, r, reason);
	hn_str_done(&r->argv);
	free(r);
	if (err)
		return err;
	*ret_host_netns = host_netns;
	return 0;
}

int hn_replay_text(const char *text, size_t len, hn_sighting_callback *callback, void *arg,
		   uint64_t *ret_host_netns, struct hn_reason *reason)
{
	_cleanup_(free_json) cJSON *root = NULL;
	const char *end = NULL;
	size_t values = 0;

	if (len > FILE_LIMIT)
		return hn_reason_set(reason, -E2BIG, "larger than %zu bytes", FILE_LIMIT);
	/* Every value of JSON but the first stands behind one of these. */
	for (size_t i = 0; i < len; i++)
		values += text[i] == ',' || text[i] == '[' || text[i] == ':';
	if (values > VALUES_LIMIT)
		return hn_reason_set(reason, -E2BIG, "more than %d values", VALUES_LIMIT);
	root = cJSON_ParseWithLengthOpts(text, len, &end, false);
	if (!root)
		return hn_reason_set(reason, -EBADMSG, "not JSON at byte %td", end ? end - text : 0);
	while (end < text + len && strchr(" \t\r\n", *end) && *end)
		end++;
	if (end != text + len)
		return hn_reason_set(reason, -EBADMSG, "more than one document: byte %td", end - text);
	return replay_tree(root, callback, arg, ret_host_netns, reason);
}

static int read_file(int fd, char *buf, size_t size, size_t *ret_len)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, buf + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

int hn_replay_file(const char *path, hn_sighting_callback *callback, void *arg, uint64_t *ret_host_netns,
		   struct hn_reason *reason)
{
	_cleanup_(free_text) char *text = NULL;
	_cleanup_(close_fd) int fd = -1;
	size_t len = 0;
	int err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : 0;
	if (!err) {
		text = malloc(FILE_LIMIT + 1); /* one more, to see that there is more */
		err = text ? read_file(fd, text, FILE_LIMIT + 1, &len) : -ENOMEM;
	}
	if (err)
		return hn_reason_set(reason, err, "cannot read %s: %s", path, strerror(-err));
	err = hn_replay_text(text, len, callback, arg, ret_host_netns, reason);
	return err ? hn_reason_wrap(reason, err, "%s", path) : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses among the hierarchies of a task. On v1 and hybrid nodes they differ: some say "/" or the runtime's
 * service, and a privileged process moves in one of them only. */
#include "cgroup_lines.h"

#include <errno.h>
#include <string.h>

#include "hostnetd/str.h"

struct line {
	const char *path;
	size_t len;
	unsigned rank; /* the better, the higher */
	struct hn_container_ref ref;
};

/* Is `word` one of the controllers "a,b,c"? */
static bool has_controller(const char *list, size_t len, const char *word)
{
	const size_t n = strlen(word);

	for (size_t at = 0; at + n <= len; at++) {
		if ((at == 0 || list[at - 1] == ',') && memcmp(list + at, word, n) == 0 &&
		    (at + n == len || list[at + n] == ','))
			return true;
	}
	return false;
}

static unsigned hierarchy_rank(const char *controllers, size_t len)
{
	if (has_controller(controllers, len, "pids"))
		return 3;
	if (has_controller(controllers, len, "memory"))
		return 2;
	return len == 0 ? 1 : 0; /* v2 has none */
}

static unsigned meaning_rank(const struct hn_container_ref *ref)
{
	if (ref->pod_uid[0])
		return ref->container_id[0] ? 4 : 3;
	if (hn_cgroup_is_container(ref))
		return ref->weak ? 1 : 2;
	return 0;
}

/* "ID:CONTROLLERS:PATH"; the path may hold colons. */
static bool read_line(const char *text, size_t len, struct line *ret)
{
	const char *first = memchr(text, ':', len), *second, *end = text + len;

	if (!first)
		return false;
	first++;
	second = memchr(first, ':', (size_t)(end - first));
	if (!second || second + 1 == end)
		return false;
	ret->path = second + 1;
	ret->len = (size_t)(end - ret->path);
	hn_cgroup_parse(ret->path, ret->len, &ret->ref);
	ret->rank = 4 * meaning_rank(&ret->ref) + hierarchy_rank(first, (size_t)(second - first));
	return true;
}

/* Cuts after a whole name: half a name says something else. */
static bool copy_path(const struct line *line, char *buf, size_t size)
{
	char *slash;

	if (hn_strncpy(buf, size, line->path, line->len))
		return false;
	if (line->path[strlen(buf)] != '/') {
		slash = strrchr(buf, '/');
		*(slash ? slash : buf) = '\0';
	}
	return true;
}

int hn_cgroup_lines_choose(const char *text, size_t len, char *buf, size_t size, struct hn_container_ref *ret,
			   bool *ret_truncated)
{
	struct line best = {0}, line;
	bool truncated;

	if (size == 0)
		return -EINVAL;
	while (len > 0) {
		const char *newline = memchr(text, '\n', len);
		const size_t n = newline ? (size_t)(newline - text) : len;

		if (read_line(text, n, &line) && (!best.path || line.rank > best.rank))
			best = line;
		text += newline ? n + 1 : n;
		len -= newline ? n + 1 : n;
	}
	if (!best.path)
		return -ENOENT;
	truncated = copy_path(&best, buf, size);
	if (ret_truncated)
		*ret_truncated = truncated;
	if (ret)
		*ret = best.ref;
	return 0;
}

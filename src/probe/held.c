// SPDX-License-Identifier: Apache-2.0
#include "held.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hostnetd/str.h"

#define MEM_MAJOR 1
#define TTY_MAJOR 5
#define PTS_MAJOR 136 /* and the seven behind it */

/* The kernel's fixed numbers (Documentation/admin-guide/devices.txt); other accelerators get theirs when they load. */
static const struct {
	unsigned major, from, to; /* minors */
	const char *name;
} fixed[] = {
	{195, 0, 254, "nvidia"},
	{195, 255, 255, "nvidiactl"},
	{226, 128, 191, "renderD"},
};

bool hn_held_is_common(unsigned major)
{
	return major == MEM_MAJOR || major == TTY_MAJOR || (major >= PTS_MAJOR && major < PTS_MAJOR + 8);
}

void hn_held_name_device(struct hn_held *held, unsigned major, unsigned minor, const char *name)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(fixed); i++)
		if (major == fixed[i].major && minor >= fixed[i].from && minor <= fixed[i].to) {
			snprintf(held->name, sizeof(held->name), fixed[i].from == fixed[i].to ? "%s" : "%s%u",
				 fixed[i].name, minor);
			return;
		}
	(void)hn_strcpy(held->name, sizeof(held->name), name);
}

int hn_held_read(const struct hn_held_record *record, struct hn_held *ret)
{
	if ((record->kind != HN_HELD_DEVICE && record->kind != HN_HELD_LIBRARY) || record->pid == 0 ||
	    record->pid > INT32_MAX || strnlen(record->name, sizeof(record->name)) == sizeof(record->name))
		return -EBADMSG;
	*ret = (struct hn_held){
		.pid = (pid_t)record->pid, .start_ns = record->start, .library = record->kind == HN_HELD_LIBRARY};
	if (ret->library) {
		(void)hn_strcpy(ret->name, sizeof(ret->name), record->name);
		return 0;
	}
	ret->fd = record->fd;
	hn_held_name_device(ret, record->rdev >> 20, record->rdev & 0xfffff, record->name);
	return 0;
}

/* "7f12-7f34 r-xp 00000000 08:01 1234      /usr/lib/libx.so": what follows the fifth blank and its padding. */
bool hn_held_read_map(const char *line, struct hn_held *ret)
{
	const char *c = line, *slash;
	size_t n;

	for (int field = 0; field < 5; field++) {
		n = strcspn(c, " ");
		if (!c[n] || (field == 1 && (n != 4 || c[2] != 'x')))
			return false;
		c += n + 1;
	}
	c += strspn(c, " ");
	n = strcspn(c, "\n");
	if (*c != '/' || n == 0)
		return false;
	slash = memrchr(c, '/', n);
	n -= (size_t)(slash + 1 - c);
	(void)hn_strncpy(ret->name, sizeof(ret->name), slash + 1, n);
	ret->library = true;
	return n > 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the text of a task's files: the first byte says which. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/probe/cgroup_lines.h"
#include "../../src/probe/task_file.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void read_cgroup(const char *text, size_t len)
{
	struct hn_container_ref ref;
	char small[24], large[4096];
	bool cut_small, cut_large;
	int err = hn_cgroup_lines_choose(text, len, large, sizeof(large), &ref, &cut_large);

	must(hn_cgroup_lines_choose(text, len, small, sizeof(small), NULL, &cut_small) == err);
	if (err)
		return;
	must(strlen(small) < sizeof(small) && strlen(large) < sizeof(large));
	must(cut_small || strcmp(small, large) == 0);
	/* What was cut ends with a whole name. */
	must(strncmp(small, large, strlen(small)) == 0);
	must(!cut_small || !*small || large[strlen(small)] == '/' || cut_large);
}

static void read_stat(const char *text, size_t len)
{
	struct hn_task_stat stat;

	memset(&stat, 0x5a, sizeof(stat));
	if (hn_task_stat_parse(text, len, &stat) != 0)
		return;
	must(memchr(stat.comm, '\0', sizeof(stat.comm)) != NULL);
	must(stat.parent >= 0);
}

static void read_link(const char *text, size_t len)
{
	char link[128];
	uint64_t inode = 0;

	if (len >= sizeof(link))
		return;
	memcpy(link, text, len);
	link[len] = '\0';
	must(hn_link_parse(link, "net", &inode) == 0 ? inode > 0 : inode == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;

	if (size == 0)
		return 0;
	switch (data[0] % 3) {
	case 0:
		read_cgroup(text, size - 1);
		break;
	case 1:
		read_stat(text, size - 1);
		break;
	case 2:
		read_link(text, size - 1);
		break;
	}
	return 0;
}

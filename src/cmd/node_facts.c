// SPDX-License-Identifier: Apache-2.0
#include "node_facts.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#define CGROUP2_MAGIC 0x63677270

void hn_facts_cgroups(const char *root, struct hn_str *ret)
{
	char path[4096];
	struct statfs fs;
	bool unified;

	if (statfs(root, &fs) < 0) {
		hn_str_puts(ret, "not mounted here; read from the kernel all the same");
		return;
	}
	if (fs.f_type == CGROUP2_MAGIC) {
		hn_str_puts(ret, "v2");
		return;
	}
	snprintf(path, sizeof(path), "%s/unified", root);
	unified = statfs(path, &fs) == 0 && fs.f_type == CGROUP2_MAGIC;
	hn_str_puts(ret, unified ? "hybrid (v1 controllers, v2 under unified)" : "v1");
}

void hn_facts_kernel(struct hn_str *ret)
{
	struct utsname name;

	if (uname(&name) == 0)
		hn_str_printf(ret, "Linux %s %s", name.release, name.machine);
}

void hn_facts_lockdown(struct hn_str *ret)
{
	char line[128] = "", *open, *close;
	FILE *f = fopen("/sys/kernel/security/lockdown", "re");

	if (!f)
		return;
	if (fgets(line, sizeof(line), f) && (open = strchr(line, '[')) && (close = strchr(open, ']')))
		hn_str_append(ret, open + 1, (size_t)(close - open - 1));
	fclose(f);
}

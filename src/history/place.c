// SPDX-License-Identifier: Apache-2.0
#include "place.h"

#include <stdio.h>
#include <sys/stat.h>

#include "hostnetd/str.h"

void hn_place_take(struct hn_place *p, const char *path)
{
	struct stat file = {0}, log = {0};

	*p = (struct hn_place){0};
	hn_strcpy(p->path, sizeof(p->path), path);
	snprintf(p->log, sizeof(p->log), "%s-wal", p->path);
	if (stat(p->path, &file) == 0) {
		p->file_was.device = file.st_dev;
		p->file_was.inode = file.st_ino;
	}
	if (stat(p->log, &log) == 0) {
		p->log_was.device = log.st_dev;
		p->log_was.inode = log.st_ino;
	}
}

/* An inode that is open is nobody else's: its number is not given again. */
bool hn_place_holds(const struct hn_place *p, int64_t *ret_file, int64_t *ret_log)
{
	struct stat file, log;

	if (stat(p->path, &file) < 0 || file.st_ino != p->file_was.inode || file.st_dev != p->file_was.device)
		return false;
	if (stat(p->log, &log) < 0 || log.st_ino != p->log_was.inode || log.st_dev != p->log_was.device)
		return false;
	*ret_file = file.st_size;
	*ret_log = log.st_size;
	return true;
}

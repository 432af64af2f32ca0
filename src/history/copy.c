// SPDX-License-Identifier: Apache-2.0
#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTES_MAX ((int64_t)4 << 30) /* a hole in a file costs nobody anything but the one who copies it */
#define PIECE (64 * 1024)
#define FOLDER 256
/* The bytes of a database on which SQLite's locks lie. */
#define LOCKS_START 0x40000000
#define LOCKS_SIZE 512

static const char *const names[] = {"copy", "copy-wal", "copy-shm"};

bool hn_copy_in_use(int file)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCKS_START, .l_len = LOCKS_SIZE};

	return fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static int write_all(int to, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t written = write(to, bytes, n);

		if (written < 0)
			return -errno;
		bytes += written;
		n -= (size_t)written;
	}
	return 0;
}

static int copy(int from, const char *folder, const char *name)
{
	char path[FOLDER + 16], piece[PIECE];
	struct stat st;
	off_t at = 0;
	ssize_t n;
	int to, r = 0;

	if (fstat(from, &st) < 0)
		return -errno;
	if (st.st_size > BYTES_MAX)
		return -EFBIG;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		return -errno;
	while (r == 0 && at < st.st_size && (n = pread(from, piece, sizeof(piece), at)) != 0) {
		r = n < 0 ? -errno : write_all(to, piece, (size_t)n);
		at += n;
	}
	if (close(to) < 0 && r == 0)
		r = -errno;
	return r;
}

static void remove_all(const char *folder)
{
	char path[FOLDER + 16];

	for (size_t i = 0; i < HN_ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

int hn_copy_open(int file, int log, struct hn_db **ret, struct hn_reason *reason)
{
	_cleanup_(hn_db_cleanup) struct hn_db *db = NULL;
	const char *below = getenv("TMPDIR");
	char folder[FOLDER], path[FOLDER + 16];
	int64_t any;
	int r;

	if (snprintf(folder, sizeof(folder), "%s/hostnetd-XXXXXX", below && below[0] ? below : "/tmp") >= FOLDER)
		return hn_reason_set(reason, -ENAMETOOLONG, "TMPDIR is too long a name");
	if (!mkdtemp(folder))
		return hn_reason_set(reason, -errno, "no private copy of it and its log: %s: %s", folder,
				     strerror(errno));
	r = copy(file, folder, names[0]);
	if (r == 0)
		r = copy(log, folder, names[1]);
	if (r < 0)
		hn_reason_set(reason, r, "no private copy of it and its log can be made in %s: %s", folder,
			      strerror(-r));
	snprintf(path, sizeof(path), "%s/%s", folder, names[0]);
	if (r == 0)
		r = hn_db_open(path, HN_DB_READ, &db, reason);
	/* The first statement opens the log: from then on no name is needed. */
	if (r == 0)
		r = hn_db_integer(db, "PRAGMA schema_version", &any, reason);
	remove_all(folder);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(db);
	return 0;
}

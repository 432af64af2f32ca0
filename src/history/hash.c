// SPDX-License-Identifier: Apache-2.0
#include "hash.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostnetd/time.h"

#define FILE_BYTES ((int64_t)256 * 1024 * 1024)
#define TIME_NS (2 * HN_NSEC_PER_SEC) /* a file on a slow disk or a server that hangs costs no more */
#define TICK_NS 10000000LL            /* /proc/PID/stat counts in these */

static void put_hex(const unsigned char *digest, unsigned n, char ret[static HN_HASH_TEXT])
{
	ret[0] = '\0';
	for (unsigned i = 0; i < n && i < (HN_HASH_TEXT - 1) / 2; i++)
		snprintf(ret + 2 * (size_t)i, 3, "%02x", digest[i]);
}

void hn_hash_bytes(const void *bytes, size_t n, char ret[static HN_HASH_TEXT])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	ret[0] = '\0';
	if (EVP_Digest(bytes, n, digest, &length, EVP_sha256(), NULL) == 1)
		put_hex(digest, length, ret);
}

/* The process that was meant: a pid alone may have been given away again. */
static int check_start(const char *proc_root, pid_t pid, uint64_t start_ns)
{
	char path[256], text[1024], *at;
	FILE *f;
	size_t n;
	unsigned long long ticks = 0;

	snprintf(path, sizeof(path), "%.200s/%d/stat", proc_root, pid);
	f = fopen(path, "re");
	if (!f)
		return -ESRCH;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	at = strrchr(text, ')'); /* the name before it may hold anything */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, " %llu", &ticks) != 1)
		return -ESRCH;
	return ticks == start_ns / TICK_NS ? 0 : -ESRCH;
}

static int digest_file(int fd, EVP_MD_CTX *context, int64_t *ret_size)
{
	char buffer[1 << 14];
	int64_t end = hn_mono_now().ns + TIME_NS, size = 0;
	ssize_t n;

	if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		size += n;
		if (size > FILE_BYTES)
			return -EFBIG;
		if (hn_mono_now().ns > end)
			return -ETIMEDOUT;
		EVP_DigestUpdate(context, buffer, (size_t)n);
	}
	*ret_size = size;
	return n < 0 ? -errno : 0;
}

int hn_hash_exe(const char *proc_root, pid_t pid, uint64_t start_ns, char ret[static HN_HASH_TEXT],
		int64_t *ret_size)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *context;
	unsigned length = 0;
	char path[256];
	struct stat st;
	int fd, r;

	snprintf(path, sizeof(path), "%.200s/%d/exe", proc_root, pid);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	context = EVP_MD_CTX_new();
	r = check_start(proc_root, pid, start_ns); /* after the opening: the file is this process's */
	if (r == 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_BYTES))
		r = -EINVAL;
	if (r == 0)
		r = context ? digest_file(fd, context, ret_size) : -ENOMEM;
	if (r == 0 && EVP_DigestFinal_ex(context, digest, &length) == 1)
		put_hex(digest, length, ret);
	EVP_MD_CTX_free(context);
	close(fd);
	return r;
}

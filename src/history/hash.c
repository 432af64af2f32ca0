// SPDX-License-Identifier: Apache-2.0
/* The process that reads what others run. It can be left behind in a read that never ends, so it holds nothing: no
 * memory of the agent's, no file but its socket. */
#include "hash.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostnetd/history.h"
#include "hostnetd/time.h"

#define FILE_BYTES ((int64_t)256 * 1024 * 1024)
#define TIME_NS (10 * HN_NSEC_PER_SEC) /* a file on a slow disk costs no more */
#define WORD_NS HN_NSEC_PER_SEC        /* between two words that it goes on */
#define TICK_NS 10000000LL             /* /proc/PID/stat counts in these */
#define SLICE (64 * 1024)
#define KNOWN 64

/* A file as it is now: who writes to it changes its ctime, which nobody sets. */
struct identity {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct reading {
	const char *proc_root;
	int fd; /* the file that is being read; -1: none */
	EVP_MD_CTX *context;
	struct identity file;
	int64_t size, end;
	struct {
		struct identity file;
		char sha256[HN_HASH_TEXT]; /* "": empty */
	} known[KNOWN];
	size_t next;
};

static void end_file(struct reading *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
}

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
	if (!at)
		return -ESRCH;
	ticks = strtoull(at + 1, NULL, 10);
	return ticks == start_ns / TICK_NS ? 0 : -ESRCH;
}

static bool same_file(const struct identity *a, const struct identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static int begin(struct reading *h, pid_t pid, uint64_t start_ns)
{
	char path[256];
	struct stat st;
	int r;

	end_file(h);
	snprintf(path, sizeof(path), "%.200s/%d/exe", h->proc_root, pid);
	h->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (h->fd < 0)
		return -errno;
	r = check_start(h->proc_root, pid, start_ns); /* after the opening: the file is this process's */
	if (r == 0 && (fstat(h->fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_BYTES))
		r = -EINVAL;
	if (r == 0 && EVP_DigestInit_ex(h->context, EVP_sha256(), NULL) != 1)
		r = -ENOMEM;
	if (r < 0) {
		end_file(h);
		return r;
	}
	h->file = (struct identity){st.st_dev, st.st_ino, st.st_size, st.st_ctim};
	h->size = 0;
	h->end = hn_mono_now().ns + TIME_NS;
	return 0;
}

/* Keeps the digest only if nobody wrote to the file meanwhile. */
static int finish(struct reading *h, char ret[static HN_HASH_TEXT])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	struct identity now;
	struct stat st;

	if (fstat(h->fd, &st) < 0)
		return -errno;
	now = (struct identity){st.st_dev, st.st_ino, st.st_size, st.st_ctim};
	if (!same_file(&now, &h->file) || h->size != st.st_size)
		return -ESTALE;
	if (EVP_DigestFinal_ex(h->context, digest, &length) != 1)
		return -ENOMEM;
	put_hex(digest, length, ret);
	h->known[h->next].file = now;
	memcpy(h->known[h->next].sha256, ret, HN_HASH_TEXT);
	h->next = (h->next + 1) % KNOWN;
	return 0;
}

static int read_slice(struct reading *h)
{
	char buffer[1 << 14];
	ssize_t n = 1;

	for (size_t at = 0; at < SLICE && n > 0; at += sizeof(buffer)) {
		n = read(h->fd, buffer, sizeof(buffer));
		if (n < 0)
			return -errno;
		h->size += n;
		EVP_DigestUpdate(h->context, buffer, (size_t)n);
	}
	if (h->size > FILE_BYTES)
		return -EFBIG;
	return n == 0 ? 0 : hn_mono_now().ns > h->end ? -ETIMEDOUT : 1;
}

static int step(struct reading *h, char ret[static HN_HASH_TEXT], int64_t *ret_size)
{
	int r;

	for (size_t i = 0; i < KNOWN && h->size == 0; i++)
		if (h->known[i].sha256[0] && same_file(&h->known[i].file, &h->file)) {
			memcpy(ret, h->known[i].sha256, HN_HASH_TEXT);
			*ret_size = h->file.size;
			end_file(h);
			return 0;
		}
	r = read_slice(h);
	if (r == 0)
		r = finish(h, ret);
	if (r == 0)
		*ret_size = h->size;
	if (r <= 0)
		end_file(h);
	return r;
}

/* Tells that it is under way once a second: silence means that a call does not return. */
static int read_file(struct reading *h, int socket, const struct hn_hash_request *ask, struct hn_hash_answer *ret)
{
	const struct hn_hash_answer going = {.result = 1};
	int64_t word = hn_mono_now().ns + WORD_NS;
	int r = begin(h, (pid_t)ask->pid, ask->start_ns);

	if (r < 0)
		return r;
	while ((r = step(h, ret->sha256, &ret->size)) == 1)
		if (hn_mono_now().ns >= word) {
			word = hn_mono_now().ns + WORD_NS;
			if (send(socket, &going, sizeof(going), MSG_NOSIGNAL) != sizeof(going))
				return -EPIPE;
		}
	return r;
}

int hn_history_hasher_serve(const char *proc_root)
{
	struct reading reading = {.proc_root = proc_root, .fd = -1, .context = EVP_MD_CTX_new()};
	struct hn_hash_request ask;
	ssize_t n;
	int r = reading.context ? 0 : -ENOMEM;

	while (r == 0 && (n = recv(STDIN_FILENO, &ask, sizeof(ask), 0)) != 0) {
		struct hn_hash_answer answer = {0};

		if (n != sizeof(ask)) {
			r = n < 0 ? -errno : -EBADMSG;
			break;
		}
		answer.result = read_file(&reading, STDIN_FILENO, &ask, &answer);
		if (send(STDIN_FILENO, &answer, sizeof(answer), MSG_NOSIGNAL) != sizeof(answer))
			r = -EPIPE;
	}
	end_file(&reading);
	EVP_MD_CTX_free(reading.context);
	return r;
}

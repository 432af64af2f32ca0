// SPDX-License-Identifier: Apache-2.0
#include "hasher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hostnetd/history.h"
#include "hostnetd/str.h"
#include "hostnetd/time.h"

#define SILENT_NS (5 * HN_NSEC_PER_SEC) /* a word comes every second while it reads */
#define RETRY_NS (60 * HN_NSEC_PER_SEC) /* between two tries to have one ready */
#define SHUN_NS (300 * HN_NSEC_PER_SEC)
#define WAIT_MS 2
#define END_LOOKS 10 /* of 1 ms each: a finding may be waiting for its commit */
/* In some calls even SIGKILL waits for the file's server; whoever has many such mounts gets no more processes than this. */
#define STUCK 4
#define SHUNNED 16
#define OWNER 128

struct hn_hasher {
	const char *proc_root, *program;
	int fd; /* the process's socket; -1: there is none */
	pid_t child;
	pid_t asked; /* whose file is being read */
	char owner[OWNER];
	int64_t heard, retry; /* when it last said a word; when one may be started that nobody asked for */
	pid_t stuck[STUCK];   /* killed, and not gone yet; 0: none */
	struct {
		char owner[OWNER];
		int64_t until;
	} shunned[SHUNNED];
	size_t next;
};

struct hn_hasher *hn_hasher_new(const char *proc_root, const char *program)
{
	struct hn_hasher *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->proc_root = proc_root;
	h->program = program;
	h->fd = -1;
	return h;
}

/* False: as many as may be are still stuck. */
static bool reap(struct hn_hasher *h)
{
	bool room = false;

	for (size_t i = 0; i < STUCK; i++) {
		if (h->stuck[i] && waitpid(h->stuck[i], NULL, WNOHANG) != 0)
			h->stuck[i] = 0;
		room |= h->stuck[i] == 0;
	}
	return room;
}

/* One that does not end at once is looked after by reap(). */
static void end_child(struct hn_hasher *h)
{
	const struct timespec look = {0, HN_NSEC_PER_MSEC};
	pid_t gone = 0;

	if (h->fd < 0)
		return;
	close(h->fd);
	h->fd = -1;
	kill(h->child, SIGKILL);
	for (int i = 0; i < END_LOOKS && (gone = waitpid(h->child, NULL, WNOHANG)) == 0; i++)
		nanosleep(&look, NULL);
	for (size_t i = 0; i < STUCK && gone == 0; i++)
		if (!h->stuck[i]) {
			h->stuck[i] = h->child;
			break;
		}
}

void hn_hasher_free(struct hn_hasher *h)
{
	if (!h)
		return;
	end_child(h);
	free(h);
}

/* Started anew, not forked: a copy of the agent that stays in a read would keep the agent's memory. */
static int start_program(struct hn_hasher *h, int socket)
{
	char name[] = "hostnetd", word[] = HN_HISTORY_HASHER, proc_root[256];
	char *const argv[] = {name, word, proc_root, NULL}, *const nothing[] = {NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int r;

	if (!hn_strcpy(proc_root, sizeof(proc_root), h->proc_root))
		return -ENAMETOOLONG;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&files);
	r = posix_spawn_file_actions_adddup2(&files, socket, STDIN_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	if (r == 0)
		r = posix_spawn(&h->child, h->program, &files, &attributes, argv, nothing);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return -r;
}

static int start(struct hn_hasher *h, struct hn_reason *reason)
{
	int pair[2], r;

	if (!h->program)
		return -ENOSYS;
	if (!reap(h))
		return hn_reason_set(
			reason, -EHOSTDOWN,
			"no executable is hashed: %d processes that read one are still held up by file "
			"systems that do not answer",
			STUCK);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	r = start_program(h, pair[1]);
	close(pair[1]);
	if (r < 0) {
		close(pair[0]);
		return hn_reason_set(reason, r, "no executable is hashed: %s cannot be started again: %s",
				     h->program, strerror(-r));
	}
	h->fd = pair[0];
	return 0;
}

static int ended(struct hn_reason *reason)
{
	return hn_reason_set(reason, -EIO, "no executable is hashed: the process that does it ended");
}

static bool is_shunned(const struct hn_hasher *h, const char *owner, int64_t now)
{
	for (size_t i = 0; i < SHUNNED; i++)
		if (h->shunned[i].until > now && strcmp(h->shunned[i].owner, owner) == 0)
			return true;
	return false;
}

int hn_hasher_begin(struct hn_hasher *h, const char *owner, pid_t pid, uint64_t start_ns, struct hn_reason *reason)
{
	const struct hn_hash_request ask = {.pid = pid, .start_ns = start_ns};
	int64_t now = hn_mono_now().ns;
	bool fresh = h->fd < 0;
	int r;

	(void)!hn_strcpy(h->owner, sizeof(h->owner), owner); /* its beginning will do */
	h->asked = pid;
	h->heard = now;
	if (is_shunned(h, h->owner, now))
		return -EHOSTDOWN;
	for (;; fresh = true) {
		r = h->fd < 0 ? start(h, reason) : 0;
		if (r < 0)
			return r;
		if (send(h->fd, &ask, sizeof(ask), MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(ask))
			return 0;
		end_child(h); /* it may have been killed since, for want of memory */
		if (fresh)
			return ended(reason);
	}
}

static int hang(struct hn_hasher *h, struct hn_reason *reason)
{
	(void)!hn_strcpy(h->shunned[h->next].owner, OWNER, h->owner);
	h->shunned[h->next].until = hn_mono_now().ns + SHUN_NS;
	h->next = (h->next + 1) % SHUNNED;
	end_child(h);
	return hn_reason_set(
		reason, -ETIMEDOUT,
		"the file that process %d runs has no hash: its file system does not answer; for 5 minutes "
		"nothing of that container is hashed",
		h->asked);
}

int hn_hasher_step(struct hn_hasher *h, int wake, char ret[static HN_HASH_TEXT], int64_t *ret_size,
		   struct hn_reason *reason)
{
	struct pollfd wait[] = {{.fd = h->fd, .events = POLLIN}, {.fd = wake, .events = POLLIN}};
	struct hn_hash_answer answer;
	eventfd_t woken;
	ssize_t n;

	if (h->fd < 0)
		return -EIO;
	(void)poll(wait, HN_ARRAY_SIZE(wait), WAIT_MS);
	if (wait[1].revents)
		(void)!eventfd_read(wake, &woken);
	if (!wait[0].revents)
		return hn_mono_now().ns - h->heard > SILENT_NS ? hang(h, reason) : 1;
	n = recv(h->fd, &answer, sizeof(answer), MSG_DONTWAIT);
	if (n != sizeof(answer)) {
		end_child(h);
		return ended(reason);
	}
	h->heard = hn_mono_now().ns;
	if (answer.result)
		return answer.result;
	answer.sha256[HN_HASH_TEXT - 1] = '\0';
	memcpy(ret, answer.sha256, HN_HASH_TEXT);
	*ret_size = answer.size;
	return 0;
}

void hn_hasher_rest(struct hn_hasher *h)
{
	struct hn_reason ignored;
	int64_t now = hn_mono_now().ns;

	(void)reap(h);
	if (h->fd < 0 && now >= h->retry) {
		h->retry = now + RETRY_NS;
		(void)!start(h, &ignored); /* whoever needs it is told why */
	}
}

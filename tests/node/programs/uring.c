/* SPDX-License-Identifier: Apache-2.0 */
/* A thread enters /run/hostnet, lets io_uring's worker do a call for it, and goes home at once. The worker is a thread that the
 * kernel made then and there: it stays in the host's netns with no switch of its own.
 *   uring worker     the worker hangs in an open of a FIFO that nobody writes to
 *   uring socket     the worker makes a socket; then ring and worker are gone, and the process listens on the socket
 * Says "worker 0" or "borrowed PORT", or "errno N" where io_uring is not to be had, and stays. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIFO "/tmp/fifo"
#define OP_SOCKET 45 /* since 5.19: newer than some headers */

static char **words;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

static void enter(int fd)
{
	if (setns(fd, CLONE_NEWNET) < 0)
		die("setns");
}

static void *map(int ring, size_t size, off_t what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, what);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

static void describe(struct io_uring_sqe *sqe)
{
	sqe->flags = IOSQE_ASYNC; /* by a worker, from the start */
	if (strcmp(words[1], "socket") == 0) {
		sqe->opcode = OP_SOCKET;
		sqe->fd = AF_INET;
		sqe->off = SOCK_STREAM;
	} else {
		sqe->opcode = IORING_OP_OPENAT;
		sqe->fd = AT_FDCWD;
		sqe->addr = (uint64_t)(uintptr_t)FIFO;
		sqe->open_flags = O_RDONLY;
	}
}

/* Submits one call, and gives its result if it is one to wait for. */
static int call(int ring, const struct io_uring_params *p, int wait_for)
{
	size_t size = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	size_t sq_size = p->sq_off.array + p->sq_entries * sizeof(unsigned);
	char *queue = map(ring, size > sq_size ? size : sq_size, IORING_OFF_SQ_RING);
	struct io_uring_sqe *sqes = map(ring, p->sq_entries * sizeof(*sqes), IORING_OFF_SQES);
	const struct io_uring_cqe *done = (void *)(queue + p->cq_off.cqes);

	describe(sqes);
	*(unsigned *)(queue + p->sq_off.array) = 0;
	__atomic_store_n((unsigned *)(queue + p->sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, wait_for, wait_for ? IORING_ENTER_GETEVENTS : 0, NULL, 0) != 1)
		die("io_uring_enter");
	return wait_for ? done->res : 0;
}

static unsigned listen_on(int fd)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	if (bind(fd, (struct sockaddr *)&a, len) < 0 || listen(fd, 4) < 0 || getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		die("listen");
	return ntohs(a.sin_port);
}

static void *visit(void *arg)
{
	struct io_uring_params p = {.flags = IORING_SETUP_SINGLE_ISSUER};
	int home = open_file("/proc/thread-self/ns/net"), there = open_file("/run/hostnet"), ring, fd;

	ring = (int)syscall(SYS_io_uring_setup, 1, &p);
	if (ring < 0) {
		printf("errno %d\n", errno);
		fflush(stdout);
		return arg;
	}
	enter(there);
	fd = call(ring, &p, strcmp(words[1], "socket") == 0);
	if (fd < 0) {
		printf("errno %d\n", -fd);
	} else if (fd == 0) {
		usleep(100000); /* the worker is made by the kernel's own time */
		enter(home);
		printf("worker 0\n");
	} else {
		enter(home);
		close(ring);
		printf("borrowed %u\n", listen_on(fd));
	}
	fflush(stdout);
	if (fd == 0)
		for (;;)
			pause();
	return arg;
}

int main(int argc, char *argv[])
{
	pthread_t thread;

	words = argv;
	if (argc < 2)
		return 2;
	if (mkfifo(FIFO, 0600) < 0)
		die(FIFO);
	if (pthread_create(&thread, NULL, visit, NULL) != 0)
		die("pthread_create");
	for (;;)
		pause();
}

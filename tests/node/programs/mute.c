/* SPDX-License-Identifier: Apache-2.0 */
/* A file system whose server goes silent, for tests: mounts DIRECTORY by FUSE with one file in it, `program`, which is a
 * copy of FILE. Says "mounted"; after a line on standard input it takes every request and answers none that opens or reads. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PROGRAM 2 /* its node; 1 is the directory */
#define READ_MAX (1 << 17)

static const char *content;
static size_t size;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void load(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes;

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path);
	size = (size_t)st.st_size;
	bytes = malloc(size);
	if (!bytes || read(fd, bytes, size) != st.st_size)
		die(path);
	close(fd);
	content = bytes;
}

static struct fuse_attr attributes(__u64 node)
{
	return (struct fuse_attr){.ino = node,
				  .size = node == PROGRAM ? size : 0,
				  .mode = node == PROGRAM ? S_IFREG | 0755 : S_IFDIR | 0755,
				  .nlink = 1,
				  .blksize = 4096};
}

static void answer(int device, const struct fuse_in_header *to, int error, const void *body, size_t n)
{
	struct fuse_out_header head = {.len = (__u32)(sizeof(head) + n), .error = error, .unique = to->unique};
	struct iovec parts[] = {{&head, sizeof(head)}, {(void *)body, n}};

	/* The one who asked may have been killed. */
	if (writev(device, parts, 2) < 0 && errno != ENOENT)
		die("answer");
}

static void read_program(int device, const struct fuse_in_header *head, const struct fuse_read_in *what)
{
	size_t from = what->offset < size ? (size_t)what->offset : size;
	size_t n = what->size < size - from ? what->size : size - from;

	answer(device, head, 0, content + from, n);
}

static void serve(int device, const struct fuse_in_header *head, const void *body)
{
	const struct fuse_init_in *in = body;
	struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION,
				     .minor = FUSE_KERNEL_MINOR_VERSION,
				     .max_readahead = in->max_readahead,
				     .max_background = 12,
				     .congestion_threshold = 9,
				     .max_write = READ_MAX,
				     .time_gran = 1};
	struct fuse_entry_out entry = {.nodeid = PROGRAM, .attr = attributes(PROGRAM)};
	struct fuse_attr_out attr = {.attr_valid = 1, .attr = attributes(head->nodeid)};
	struct fuse_open_out opened = {.fh = 1};

	switch (head->opcode) {
	case FUSE_INIT:
		answer(device, head, 0, &init, sizeof(init));
		return;
	case FUSE_LOOKUP:
		if (strcmp(body, "program") == 0)
			answer(device, head, 0, &entry, sizeof(entry));
		else
			answer(device, head, -ENOENT, NULL, 0);
		return;
	case FUSE_GETATTR:
		answer(device, head, 0, &attr, sizeof(attr));
		return;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		answer(device, head, 0, &opened, sizeof(opened));
		return;
	case FUSE_READ:
		read_program(device, head, body);
		return;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		answer(device, head, 0, NULL, 0);
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return; /* they have no answer */
	default:
		answer(device, head, -ENOSYS, NULL, 0);
	}
}

int main(int argc, char *argv[])
{
	static char request[READ_MAX + 4096];
	const struct fuse_in_header *head = (const void *)request;
	struct pollfd inputs[] = {{.events = POLLIN}, {.events = POLLIN}};
	bool silent = false;
	char options[128], line[8];
	ssize_t n;

	if (argc != 3)
		return 2;
	load(argv[2]);
	inputs[0].fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (inputs[0].fd < 0)
		die("/dev/fuse");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", inputs[0].fd);
	if (mount("mute", argv[1], "fuse.mute", 0, options) < 0)
		die("mount");
	puts("mounted");
	fflush(stdout);
	for (;;) {
		if (poll(inputs, 2, -1) < 0)
			die("poll");
		if (inputs[1].revents) {
			if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
				return 0;
			silent = true;
			puts("silent");
			fflush(stdout);
		}
		if (!inputs[0].revents)
			continue;
		n = read(inputs[0].fd, request, sizeof(request));
		if (n < 0 && errno == ENODEV)
			return 0; /* unmounted */
		if (n < 0 && errno != EINTR && errno != ENOENT)
			die("request");
		if (n >= (ssize_t)sizeof(*head) && !(silent && (head->opcode == FUSE_OPEN || head->opcode == FUSE_READ)))
			serve(inputs[0].fd, head, request + sizeof(*head));
	}
}

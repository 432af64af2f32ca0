/* SPDX-License-Identifier: Apache-2.0 */
/* Enters a network namespace in one of the ways that a container can:
 *   joiner NETNS exec PROGRAM ARG...   the process enters, then execs
 *   joiner NETNS stay                  the process enters and never execs
 *   joiner NETNS thread                one thread enters and stays there, its leader does not
 *   joiner NETNS socket                one thread enters, opens a listening socket and goes back at once
 *   joiner NETNS visit SECONDS         the process enters, stays so long, goes back and lives on
 * NETNS is a file that is a namespace, as this program sees it. It says "joined INODE" (or "listening PORT") when it is done. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int open_netns(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

static void enter(int fd, const char *said)
{
	struct stat st;

	if (setns(fd, CLONE_NEWNET) < 0)
		die("setns");
	if (stat("/proc/thread-self/ns/net", &st) < 0)
		die("/proc/thread-self/ns/net");
	printf("%s %lu\n", said, (unsigned long)st.st_ino);
	fflush(stdout);
}

static void open_socket_there(const char *path)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int home = open_netns("/proc/thread-self/ns/net");
	int there = open_netns(path);

	if (setns(there, CLONE_NEWNET) < 0)
		die("setns");
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, 16) < 0)
		die("listen");
	if (setns(home, CLONE_NEWNET) < 0)
		die("setns back");
	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		die("getsockname");
	close(home);
	close(there);
	printf("listening %u\n", ntohs(address.sin_port));
	fflush(stdout);
}

static void *thread_stays(void *path)
{
	enter(open_netns(path), "joined");
	for (;;)
		pause();
	return NULL;
}

static void *thread_opens_socket(void *path)
{
	open_socket_there(path);
	return NULL;
}

int main(int argc, char *argv[])
{
	pthread_t thread;

	if (argc < 3) {
		fprintf(stderr, "usage: joiner NETNS exec PROGRAM ARG... | stay | thread | socket | visit SECONDS\n");
		return 2;
	}
	if (strcmp(argv[2], "exec") == 0 && argc > 3) {
		enter(open_netns(argv[1]), "joined");
		execvp(argv[3], argv + 3);
		die(argv[3]);
	} else if (strcmp(argv[2], "stay") == 0) {
		enter(open_netns(argv[1]), "joined");
	} else if (strcmp(argv[2], "visit") == 0 && argc > 3) {
		int home = open_netns("/proc/thread-self/ns/net");
		enter(open_netns(argv[1]), "joined");
		sleep((unsigned)strtoul(argv[3], NULL, 10));
		enter(home, "home");
	} else if (strcmp(argv[2], "thread") == 0 || strcmp(argv[2], "socket") == 0) {
		void *(*run)(void *) = strcmp(argv[2], "thread") == 0 ? thread_stays : thread_opens_socket;
		if (pthread_create(&thread, NULL, run, argv[1]) != 0)
			die("pthread_create");
	} else {
		fprintf(stderr, "joiner: what is %s?\n", argv[2]);
		return 2;
	}
	for (;;)
		pause();
}

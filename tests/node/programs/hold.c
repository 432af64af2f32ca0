/* SPDX-License-Identifier: Apache-2.0 */
/* Holds things, for tests: `--library NAME` maps a file of that name as a library is mapped, `--device NAME MAJOR:MINOR`
 * makes a device of that name and opens it, `--after SECONDS` waits first, as a server does that loads its model. Says
 * "holding N" and lives until it is killed. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void map_library(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/tmp/%s", name);
	fd = open(path, O_RDWR | O_CREAT, 0755);
	if (fd < 0 || ftruncate(fd, 4096) < 0 || mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		die(path);
	close(fd); /* the mapping keeps it */
}

static void open_device(const char *name, const char *number)
{
	unsigned numbers[2];
	char path[128];

	snprintf(path, sizeof(path), "/dev/%s", name);
	if (sscanf(number, "%u:%u", &numbers[0], &numbers[1]) != 2)
		die(number);
	if (mknod(path, S_IFCHR | 0600, makedev(numbers[0], numbers[1])) < 0 || open(path, O_RDONLY) < 0)
		die(path);
}

int main(int argc, char *argv[])
{
	unsigned held = 0;

	for (int i = 1; i + 1 < argc; i++) {
		if (!strcmp(argv[i], "--after")) {
			sleep((unsigned)strtoul(argv[++i], NULL, 10));
		} else if (!strcmp(argv[i], "--library")) {
			map_library(argv[++i]);
			held++;
		} else if (!strcmp(argv[i], "--device") && i + 2 < argc) {
			open_device(argv[i + 1], argv[i + 2]);
			i += 2;
			held++;
		}
	}
	printf("holding %u\n", held);
	fflush(stdout);
	for (;;)
		pause();
}

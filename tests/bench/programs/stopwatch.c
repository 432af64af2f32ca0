/* SPDX-License-Identifier: Apache-2.0 */
/* Writes down when each line of a program's standard output arrives:
 *   stopwatch FILE PROGRAM ARG...
 * The program keeps this process and its pid; a child reads its lines, puts "NS LINE" (CLOCK_REALTIME) into FILE and passes
 * on the lines about the agent itself only: who waits for the others would be measured with them. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int watch(int from, const char *path)
{
	FILE *file = fopen(path, "we");
	static char buf[1 << 20];
	size_t have = 0;
	ssize_t n;

	if (!file) {
		perror(path);
		return 1;
	}
	while ((n = read(from, buf + have, sizeof(buf) - have)) > 0) {
		int64_t at = now();
		char *begin = buf, *end;

		have += (size_t)n;
		while ((end = memchr(begin, '\n', have))) {
			size_t len = (size_t)(end - begin) + 1;

			fprintf(file, "%lld ", (long long)at);
			fwrite(begin, 1, len, file);
			fflush(file);
			if (memmem(begin, len, "\"type\":\"agent.", 14) && write(STDOUT_FILENO, begin, len) < 0)
				return 1;
			begin += len;
			have -= len;
		}
		memmove(buf, begin, have);
	}
	fclose(file);
	return 0;
}

int main(int argc, char *argv[])
{
	int ends[2];
	pid_t pid;

	if (argc < 3 || pipe(ends) < 0) {
		fprintf(stderr, "usage: stopwatch FILE PROGRAM ARG...\n");
		return 2;
	}
	pid = fork();
	if (pid < 0) {
		perror("fork");
		return 1;
	}
	if (pid == 0) {
		close(ends[1]);
		return watch(ends[0], argv[1]);
	}
	dup2(ends[1], STDOUT_FILENO);
	close(ends[0]);
	close(ends[1]);
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* noise SECONDS WORKERS: so many workers execute a small program as fast as they can, each by vfork. It says "rate N" (execs a
 * second), and stays. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void execute(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/proc/self/exe", "noise", NULL);
		_exit(1);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		exit(1);
}

static unsigned long work(double end)
{
	unsigned long n = 0;

	for (; now() < end; n++)
		execute();
	return n;
}

int main(int argc, char *argv[])
{
	unsigned long *done, sum = 0;
	double seconds;
	int workers;

	if (argc < 3) /* this is the small program */
		return 0;
	seconds = atof(argv[1]);
	workers = atoi(argv[2]);
	done = mmap(NULL, sizeof(*done) * (size_t)workers, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (done == MAP_FAILED)
		return 1;
	for (int i = 0; i < workers; i++)
		if (fork() == 0) {
			done[i] = work(now() + seconds);
			_exit(0);
		}
	for (int i = 0; i < workers; i++)
		wait(NULL);
	for (int i = 0; i < workers; i++)
		sum += done[i];
	printf("rate %.0f\n", (double)sum / seconds);
	fflush(stdout);
	for (;;)
		pause();
}

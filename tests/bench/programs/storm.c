/* SPDX-License-Identifier: Apache-2.0 */
/* Loads of one kind, timed by themselves:
 *   storm exec COUNT PROGRAM                     fork, exec, wait, one after another
 *   storm pulse COUNT PROGRAM                    the same once for each SIGUSR1, for as long as it lives
 *   storm syscall COUNT                          getppid
 *   storm rate PER_SECOND SECONDS WORKERS PROGRAM  execs at a pace, each by vfork
 *   storm stalls SECONDS                         runs and looks at the clock: how often it did not run for a millisecond
 * They say "took NS" (for one of them), or "rate N" (execs in a second that were reached) and "count N", or "stalls N MS". */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NSEC 1000000000LL

static char *const words[] = {
	"nothing", "--model", "Qwen/Qwen2.5-7B-Instruct", "--host", "0.0.0.0",
	"--port",  "8000",    "--tensor-parallel-size",   "8",      "--gpu-memory-utilization",
	"0.92",    NULL};
static char *const environment[] = {"PATH=/bin", NULL};

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void finish(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "storm: a child failed\n");
		exit(1);
	}
}

static void fork_and_exec(const char *program)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		execve(program, words, environment);
		_exit(127);
	}
	finish(pid);
}

static void vfork_and_exec(const char *program)
{
	pid_t pid = vfork();

	if (pid < 0)
		die("vfork");
	if (pid == 0) {
		execve(program, words, environment);
		_exit(127);
	}
	finish(pid);
}

static void storm_exec(long count, const char *program)
{
	int64_t begun;

	for (int i = 0; i < 20; i++)
		fork_and_exec(program);
	begun = now();
	for (long i = 0; i < count; i++)
		fork_and_exec(program);
	printf("took %.1f\n", (double)(now() - begun) / (double)count);
	fflush(stdout);
}

static void storm_pulse(long count, const char *program)
{
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* One first, unasked: so that the container has executed something. */
	do
		storm_exec(count, program);
	while (sigwait(&set, &number) == 0);
}

static void storm_syscall(long count)
{
	int64_t begun = now();

	for (long i = 0; i < count; i++)
		syscall(SYS_getppid);
	printf("took %.2f\n", (double)(now() - begun) / (double)count);
}

/* One worker's share: what is late is caught up with, so that a short hold-up does not lower the rate. */
static long work(long per_second, double seconds, const char *program)
{
	int64_t begun = now(), step = NSEC / per_second, end = begun + (int64_t)(seconds * NSEC);
	long done = 0;

	for (int64_t at; (at = now()) < end;) {
		if (at < begun + done * step)
			continue;
		vfork_and_exec(program);
		done++;
	}
	return done;
}

static void storm_rate(long per_second, double seconds, int workers, const char *program)
{
	long *done = mmap(NULL, sizeof(*done) * (size_t)workers, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long sum = 0;

	if (done == MAP_FAILED)
		die("mmap");
	for (int i = 0; i < workers; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			done[i] = work(per_second / workers, seconds, program);
			_exit(0);
		}
	}
	for (int i = 0; i < workers; i++)
		wait(NULL);
	for (int i = 0; i < workers; i++)
		sum += done[i];
	printf("count %ld\nrate %.0f\n", sum, (double)sum / seconds);
}

static void storm_stalls(double seconds)
{
	int64_t last = now(), end = last + (int64_t)(seconds * NSEC), sum = 0;
	long count = 0;

	for (int64_t at; last < end; last = at) {
		at = now();
		if (at - last > NSEC / 1000) {
			count++;
			sum += at - last;
		}
	}
	printf("stalls %ld %.1f\n", count, (double)sum / 1e6);
}

int main(int argc, char *argv[])
{
	if (argc == 4 && strcmp(argv[1], "exec") == 0)
		storm_exec(atol(argv[2]), argv[3]);
	else if (argc == 4 && strcmp(argv[1], "pulse") == 0)
		storm_pulse(atol(argv[2]), argv[3]);
	else if (argc == 3 && strcmp(argv[1], "stalls") == 0)
		storm_stalls(atof(argv[2]));
	else if (argc == 3 && strcmp(argv[1], "syscall") == 0)
		storm_syscall(atol(argv[2]));
	else if (argc == 6 && strcmp(argv[1], "rate") == 0)
		storm_rate(atol(argv[2]), atof(argv[3]), atoi(argv[4]), argv[5]);
	else {
		fprintf(stderr,
			"usage: storm exec|pulse COUNT PROGRAM | syscall COUNT | stalls SECONDS | rate PER_SECOND SECONDS WORKERS PROGRAM\n");
		return 2;
	}
	return 0;
}

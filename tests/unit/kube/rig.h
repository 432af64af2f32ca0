/* SPDX-License-Identifier: Apache-2.0 */
/* A kubelet stand-in on loopback, and an event loop that runs until the kubelet under test has called back. */
#ifndef HN_TESTS_KUBE_RIG_H
#define HN_TESTS_KUBE_RIG_H

#include <dirent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "hostnetd/kubelet.h"

#define PODS_FILE "tests/data/kubelet/pods.json"
#define STANDIN "tests/node/kubelet_standin.py"
#define VLLM_UID "44f38239-e0bf-46fd-85bb-76627501bd36"
#define GUARD_SECONDS 30 /* a test that takes so long has failed */

extern char **environ;

struct rig {
	char dir[64];
	pid_t pid;
	unsigned port;
	struct event_base *base;
	unsigned calls, until; /* of the callback */
	bool guarded;
};

static inline const char *rig_path(const struct rig *rig, const char *name)
{
	static char paths[32][128]; /* a few are in use at once */
	static unsigned next;
	char *path = paths[next++ % 32];

	snprintf(path, sizeof(paths[0]), "%s/%s", rig->dir, name);
	return path;
}

static inline void rig_write(const struct rig *rig, const char *name, const char *text)
{
	char new_path[128];
	FILE *file;

	snprintf(new_path, sizeof(new_path), "%s/%s.new", rig->dir, name);
	file = fopen(new_path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(new_path, rig_path(rig, name)), 0);
}

static inline void rig_copy(const struct rig *rig, const char *from, const char *to)
{
	FILE *file = fopen(rig_path(rig, from), "re");
	char text[16384];
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	rig_write(rig, to, text);
}

static inline void rig_fault(const struct rig *rig, const char *fault)
{
	rig_write(rig, "control", fault);
}

static inline pid_t run_standin(char *const argv[], int out)
{
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;

	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&actions, out, 1);
	assert_int_equal(posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

/* Makes a CA and certificates in the folder `tls` of the rig, anew. */
static inline void rig_make_tls(const struct rig *rig, const char *san)
{
	char *argv[] = {(char *)"python3",
			(char *)STANDIN,
			(char *)"--make-tls",
			(char *)"--tls-dir",
			(char *)rig_path(rig, "tls"),
			(char *)"--san",
			(char *)san,
			NULL};
	int status = -1;
	pid_t pid = run_standin(argv, -1);

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Starts a stand-in and waits until it listens. */
static inline void rig_await(struct rig *rig, char **argv)
{
	int out[2];
	char line[64];
	FILE *reader;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	rig->pid = run_standin(argv, out[1]);
	close(out[1]);
	reader = fdopen(out[0], "r");
	assert_non_null(reader);
	if (!fgets(line, sizeof(line), reader) || sscanf(line, "listening %u", &rig->port) != 1)
		fail_msg("the stand-in does not start");
	fclose(reader);
}

/* tls, client_cert: NULL for none. The token that it wants is in the rig's file "server.token". */
static inline void rig_start(struct rig *rig, const char *san, bool client_cert)
{
	char *argv[24] = {(char *)"python3",        (char *)STANDIN,
			  (char *)"--pods",         (char *)rig_path(rig, "pods.json"),
			  (char *)"--control",      (char *)rig_path(rig, "control"),
			  (char *)"--log",          (char *)rig_path(rig, "log"),
			  (char *)"--token-file",   (char *)rig_path(rig, "server.token"),
			  (char *)"--slow-seconds", (char *)"0.6"};
	int n = 12;

	if (san) {
		rig_make_tls(rig, san);
		rig_copy(rig, "tls/ca.crt", "ca.crt");
		argv[n++] = (char *)"--tls-dir";
		argv[n++] = (char *)rig_path(rig, "tls");
	}
	if (client_cert) {
		argv[n++] = (char *)"--client-ca";
		argv[n++] = (char *)rig_path(rig, "tls/ca.crt");
	}
	rig_await(rig, argv);
}

static inline void rig_stop(struct rig *rig)
{
	if (rig->pid > 0) {
		kill(rig->pid, SIGTERM);
		waitpid(rig->pid, NULL, 0);
	}
	rig->pid = 0;
}

static inline void rig_new(struct rig *rig)
{
	*rig = (struct rig){.dir = "/tmp/hostnetd-unit-XXXXXX"};
	if (getenv("TMPDIR"))
		snprintf(rig->dir, sizeof(rig->dir), "%.40s/hostnetd-XXXXXX", getenv("TMPDIR"));
	assert_non_null(mkdtemp(rig->dir));
	rig->base = event_base_new();
	assert_non_null(rig->base);
	signal(SIGPIPE, SIG_IGN);
}

static inline void empty_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char file[4096];

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' && (!entry->d_name[1] || !strcmp(entry->d_name, "..")))
			continue;
		assert_in_range(snprintf(file, sizeof(file), "%s/%s", path, entry->d_name), 1, sizeof(file) - 1);
		if (entry->d_type == DT_DIR)
			empty_folder(file);
		else
			unlink(file);
	}
	closedir(dir);
	rmdir(path);
}

static inline void rig_free(struct rig *rig)
{
	rig_stop(rig);
	event_base_free(rig->base);
	empty_folder(rig->dir);
}

/* --- the kubelet under test ---------------------------------------------------------------------------------- */

static inline void rig_callback(struct hn_kubelet *kubelet _unused_, void *arg)
{
	struct rig *rig = arg;

	if (++rig->calls >= rig->until)
		event_base_loopbreak(rig->base);
}

static inline void rig_guard(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct rig *rig = arg;

	rig->guarded = true;
	event_base_loopbreak(rig->base);
}

/* Runs the loop until `more` callbacks have come. */
static inline void rig_wait(struct rig *rig, unsigned more)
{
	struct event *guard = evtimer_new(rig->base, rig_guard, rig);
	struct timeval limit = {GUARD_SECONDS, 0};

	assert_non_null(guard);
	event_add(guard, &limit);
	rig->until = rig->calls + more;
	event_base_dispatch(rig->base);
	event_free(guard);
	if (rig->guarded)
		fail_msg("no callback within %d s", GUARD_SECONDS);
}

/* Runs the loop for a while, whatever comes. */
static inline void rig_run(struct rig *rig, unsigned milliseconds)
{
	struct timeval limit = {milliseconds / 1000, milliseconds % 1000 * 1000};

	rig->until = UINT32_MAX;
	event_base_loopexit(rig->base, &limit);
	event_base_dispatch(rig->base);
}

static inline struct hn_kubelet *rig_kubelet(struct rig *rig, const struct hn_kubelet_settings *settings)
{
	struct hn_kubelet *kubelet = NULL;
	struct hn_reason reason = {""};

	if (hn_kubelet_new(settings, rig->base, rig_callback, rig, &kubelet, &reason) < 0)
		fail_msg("%s", reason.text);
	return kubelet;
}

/* Asks once and waits for the answer. */
static inline void rig_ask(struct rig *rig, struct hn_kubelet *kubelet)
{
	hn_kubelet_want(kubelet, HN_KUBELET_NOW);
	rig_wait(rig, 1);
}

static inline void expect(const struct hn_kubelet *kubelet, enum hn_kubelet_state state, const char *says)
{
	if (hn_kubelet_state(kubelet) != state || !strstr(hn_kubelet_problem(kubelet), says))
		fail_msg("%s \"%s\", not %s \"%s\"", hn_kubelet_state_name(hn_kubelet_state(kubelet)),
			 hn_kubelet_problem(kubelet), hn_kubelet_state_name(state), says);
	assert_true((state == HN_KUBELET_OK || state == HN_KUBELET_UNASKED) ==
		    (hn_kubelet_problem(kubelet)[0] == '\0'));
}

/* Number of requests in the stand-in's log that contain `text`. */
static inline unsigned rig_logged(const struct rig *rig, const char *text)
{
	FILE *log = fopen(rig_path(rig, "log"), "re");
	unsigned count = 0;
	char line[1024];

	if (!log)
		return 0;
	while (fgets(line, sizeof(line), log))
		count += strstr(line, text) != NULL;
	fclose(log);
	return count;
}

#endif

// SPDX-License-Identifier: Apache-2.0
#include "exec_plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECONDS 60              /* most ask a cloud's API */
#define INTERACTIVE_SECONDS 600 /* a person logs in */
#define LOOK_MS 20

struct plugin {
	const struct hn_kubeconfig_exec *exec;
	bool interactive;
	pid_t pid;
	int out; /* its standard output */
	struct hn_mono until;
};

/* Secrets were in it. */
static void wipe_str(struct hn_str *s)
{
	if (s->data)
		explicit_bzero(s->data, s->cap);
	hn_str_done(s);
}

int hn_exec_plugin_check(const struct hn_kubeconfig_exec *exec, struct hn_reason *reason)
{
	const char *version = exec->api_version ? exec->api_version : "", *mode = exec->interactive_mode;

	if (!exec->command)
		return hn_reason_set(reason, -EINVAL, "exec: it has no command");
	if (strcmp(version, "client.authentication.k8s.io/v1") != 0 &&
	    strcmp(version, "client.authentication.k8s.io/v1beta1") != 0)
		return hn_reason_set(reason, -EINVAL,
				     "exec: apiVersion must be client.authentication.k8s.io/v1 or v1beta1");
	if (!mode && hn_ends_with(version, "/v1"))
		return hn_reason_set(reason, -EINVAL,
				     "exec: client.authentication.k8s.io/v1 needs interactiveMode");
	if (mode && strcmp(mode, "Never") != 0 && strcmp(mode, "IfAvailable") != 0 && strcmp(mode, "Always") != 0)
		return hn_reason_set(reason, -EINVAL,
				     "exec: interactiveMode must be Never, IfAvailable or Always");
	if (mode && strcmp(mode, "Always") == 0 && !isatty(STDIN_FILENO))
		return hn_reason_set(reason, -EINVAL,
				     "exec: interactiveMode is Always, and standard input is no terminal");
	return 0;
}

/* --- environment ------------------------------------------------------------------------------------------------- */

static bool replaced(const struct hn_kubeconfig_exec *exec, const char *variable)
{
	size_t n = strcspn(variable, "=");

	if (n == strlen("KUBERNETES_EXEC_INFO") && strncmp(variable, "KUBERNETES_EXEC_INFO", n) == 0)
		return true;
	for (size_t i = 0; i < exec->n_variables; i++)
		if (strlen(exec->names[i]) == n && strncmp(exec->names[i], variable, n) == 0)
			return true;
	return false;
}

static char *variable_of(const char *name, const char *value)
{
	struct hn_str s = {0};

	hn_str_puts(&s, name);
	hn_str_putc(&s, '=');
	hn_str_puts(&s, value);
	return s.data;
}

/* NULL-terminated: ours, but what the kubeconfig names, and the request. What begins at `*ret_own` is owned. */
static char **make_environment(const struct hn_kubeconfig_exec *exec, const char *info, size_t *ret_own)
{
	size_t n = 0, ours = 0;
	char **list;

	while (environ[ours])
		ours++;
	list = calloc(ours + exec->n_variables + 2, sizeof(*list));
	if (!list)
		return NULL;
	for (size_t i = 0; i < ours; i++)
		if (!replaced(exec, environ[i]))
			list[n++] = environ[i];
	*ret_own = n;
	for (size_t i = 0; i < exec->n_variables; i++)
		list[n++] = variable_of(exec->names[i], exec->values[i]);
	list[n] = variable_of("KUBERNETES_EXEC_INFO", info);
	return list;
}

static void free_environment(char **list, size_t own)
{
	for (size_t i = own; list && list[i]; i++)
		free(list[i]);
	free(list);
}

/* --- the process ------------------------------------------------------------------------------------------------- */

static int spawn(struct plugin *p, char *const argv[], char *const envp[], int out)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int r;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return -ENOMEM;
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	/* A group of its own can be ended whole; but it could not read from the terminal. */
	posix_spawnattr_setflags(&attributes,
				 POSIX_SPAWN_SETSIGDEF | (p->interactive ? 0 : POSIX_SPAWN_SETPGROUP));
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!p->interactive)
		posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	r = -posix_spawnp(&p->pid, p->exec->command, &actions, &attributes, argv, envp);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

static int64_t left_ms(const struct plugin *p)
{
	int64_t left = (p->until.ns - hn_mono_now().ns) / HN_NSEC_PER_MSEC;

	return left > 0 ? left : 0;
}

/* 0 at its end; -ETIMEDOUT, -E2BIG, -errno. */
static int read_output(struct plugin *p, struct hn_str *ret)
{
	struct pollfd poll_fd = {.fd = p->out, .events = POLLIN};
	char piece[4096];
	ssize_t n;
	int r;

	for (;;) {
		r = poll(&poll_fd, 1, (int)left_ms(p));
		if (r < 0 && errno != EINTR)
			return -errno;
		if (left_ms(p) == 0)
			return -ETIMEDOUT;
		if (r <= 0)
			continue;
		n = read(p->out, piece, sizeof(piece));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		if (n > 0)
			hn_str_append(ret, piece, (size_t)n);
		if (ret->len > HN_CREDENTIAL_BYTES)
			return -E2BIG;
	}
	explicit_bzero(piece, sizeof(piece));
	return ret->failed ? -ENOMEM : 0;
}

/* Its exit status by wait(2); -ETIMEDOUT. */
static int wait_for(struct plugin *p, int *ret_status)
{
	const struct timespec look = {0, LOOK_MS * HN_NSEC_PER_MSEC};
	pid_t got;

	while ((got = waitpid(p->pid, ret_status, WNOHANG)) == 0) {
		if (left_ms(p) == 0)
			return -ETIMEDOUT;
		nanosleep(&look, NULL);
	}
	if (got > 0)
		p->pid = 0;
	return got > 0 ? 0 : -errno;
}

static void stop(struct plugin *p)
{
	if (p->pid <= 0)
		return;
	kill(p->interactive ? p->pid : -p->pid, SIGKILL);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	p->pid = 0;
}

static int failed(const struct hn_kubeconfig_exec *exec, int error, int status, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str hint = {0};

	if (exec->install_hint) {
		hn_str_puts(&hint, ". Its installHint: ");
		hn_str_visible(&hint, exec->install_hint, strnlen(exec->install_hint, 300));
	}
	/* POSIX lets a spawn that fails late exit with 127; a shell says so, too, of a program that it does not find. */
	if (error == -ENOENT || (error == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127))
		return hn_reason_set(reason, -EINVAL, "there is no such program%s", hn_str_get(&hint));
	if (error == -ETIMEDOUT)
		return hn_reason_set(reason, error, "it did not end in time, and was ended");
	if (error == -E2BIG)
		return hn_reason_set(reason, error, "it printed more than 1 MiB, and was ended");
	if (error < 0)
		return hn_reason_set(reason, error, "%s%s", strerror(-error), hn_str_get(&hint));
	if (WIFSIGNALED(status))
		return hn_reason_set(reason, -EINVAL, "it was ended by signal %d%s", WTERMSIG(status),
				     hn_str_get(&hint));
	return hn_reason_set(reason, -EINVAL, "it failed with exit code %d%s", WEXITSTATUS(status),
			     hn_str_get(&hint));
}

static int run(struct plugin *p, char *const envp[], struct hn_str *output, struct hn_reason *reason)
{
	char *argv[HN_KUBECONFIG_WORDS + 2] = {(char *)p->exec->command};
	int pipe_fds[2], status = 0, r;

	for (size_t i = 0; i < p->exec->n_args; i++)
		argv[i + 1] = (char *)p->exec->args[i];
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return hn_reason_set(reason, -errno, "%s", strerror(errno));
	p->out = pipe_fds[0];
	r = spawn(p, argv, envp, pipe_fds[1]);
	close(pipe_fds[1]);
	if (r == 0)
		r = read_output(p, output);
	if (r == 0)
		r = wait_for(p, &status);
	stop(p);
	close(p->out);
	return r < 0 || status != 0 ? failed(p->exec, r, status, reason) : 0;
}

int hn_exec_plugin_run(const struct hn_kubeconfig_exec *exec, const struct hn_kubeconfig_cluster *cluster,
		       const char *ca_pem, int64_t timeout_ns, struct hn_credential *ret, struct hn_reason *reason)
{
	bool never = exec->interactive_mode && strcmp(exec->interactive_mode, "Never") == 0;
	_cleanup_(wipe_str) struct hn_str output = {0};
	_cleanup_(hn_str_done) struct hn_str info = {0}, shown = {0};
	struct plugin p = {.exec = exec, .interactive = !never && isatty(STDIN_FILENO)};
	char **envp = NULL;
	size_t own = 0;
	int r;

	if (timeout_ns <= 0)
		timeout_ns = (p.interactive ? INTERACTIVE_SECONDS : SECONDS) * HN_NSEC_PER_SEC;
	p.until.ns = hn_mono_now().ns + timeout_ns;
	hn_credential_request(exec, cluster, ca_pem, p.interactive, &info);
	if (!info.failed)
		envp = make_environment(exec, hn_str_get(&info), &own);
	r = envp ? run(&p, envp, &output, reason) : hn_reason_set(reason, -ENOMEM, "no memory");
	free_environment(envp, own);
	if (r == 0)
		r = hn_credential_parse(hn_str_get(&output), output.len, exec->api_version, ret, reason);
	if (r < 0) {
		hn_str_visible(&shown, exec->command, strnlen(exec->command, 100));
		return hn_reason_wrap(reason, r, "exec plugin %s", hn_str_get(&shown));
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* One row a wrapper. Pure. */
#include "wrapper.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "hostnetd/macro.h"

static const struct row {
	const char *name;
	const char *sub;    /* the word that must follow; NULL: none */
	const char *values; /* options that take the next word, each with a space after it */
	size_t positional;  /* words of its own after the options */
} rows[] = {
	/* sorted by name, for bsearch */
	{"aws-vault", "exec", "", 1},
	{"bundle", "exec", "", 0},
	{"catatonit", NULL, "", 0},
	{"catchsegv", NULL, "", 0},
	{"chamber", "exec", "", 1},
	{"chroot", NULL, "", 1},
	{"chrt", NULL, "", 1},
	{"command", NULL, "", 0},
	{"compute-sanitizer", NULL, "--tool ", 0},
	{"conda", "run", "-n --name -p --prefix --cwd ", 0},
	{"ddtrace-run", NULL, "", 0},
	{"doppler", "run", "-p --project -c --config -t --token ", 0},
	{"dotenv", "run", "", 0},
	{"dumb-init", NULL, "--rewrite -r ", 0},
	{"env", NULL, "-u --unset -C --chdir ", 0},
	{"eval", NULL, "", 0},
	{"exec", NULL, "-a ", 0},
	{"export", NULL, "", 0},
	{"firejail", NULL, "", 0},
	{"gdb", NULL, "-ex ", 0},
	{"gosu", NULL, "", 1},
	{"hatch", "run", "", 0},
	{"infisical", "run", "", 0},
	{"ionice", NULL, "-c -n -p ", 0},
	{"jemalloc.sh", NULL, "", 0},
	{"mamba", "run", "-n --name -p --prefix --cwd ", 0},
	{"memray", "run", "-o --output ", 0},
	{"micromamba", "run", "-n --name -p --prefix --cwd ", 0},
	{"mpiexec", NULL, "-n -np -H --host --hostfile -hostfile -x -bind-to --bind-to -map-by --map-by -N -env ",
	 0},
	{"mpirun", NULL, "-n -np -H --host --hostfile -hostfile -x -bind-to --bind-to -map-by --map-by -N -env ",
	 0},
	{"ncu", NULL, "-o -k --set ", 0},
	{"newrelic-admin", "run-program", "", 0},
	{"nice", NULL, "-n --adjustment ", 0},
	{"nohup", NULL, "", 0},
	{"nsys", "profile", "-o -t --trace --output -s -c ", 0},
	{"numactl", NULL, "-N -m -C -i -p --cpunodebind --membind --physcpubind --interleave --preferred ", 0},
	{"nvidia_entrypoint.sh", NULL, "", 0},
	{"op", "run", "--env-file ", 0},
	{"opentelemetry-instrument", NULL, "", 0},
	{"orterun", NULL, "-n -np -H --host --hostfile -hostfile -x -bind-to --bind-to -map-by --map-by ", 0},
	{"pdm", "run", "-p --project ", 0},
	{"pipenv", "run", "", 0},
	{"pixi", "run", "-e --environment --manifest-path ", 0},
	{"pm2-runtime", "start", "--name -i ", 0},
	{"poetry", "run", "-C --directory -P --project ", 0},
	{"py-spy", "record", "-o -d -r -f ", 0},
	{"runuser", NULL, "-u -g ", 0},
	{"rye", "run", "", 0},
	{"s6-setuidgid", NULL, "", 1},
	{"scalene", NULL, "", 0},
	{"setpriv", NULL, "", 0},
	{"setsid", NULL, "", 0},
	{"srun", NULL, "-n -N -p -c -w -G ", 0},
	{"stdbuf", NULL, "-i -o -e ", 0},
	{"strace", NULL, "-o -e -p ", 0},
	{"su-exec", NULL, "", 1},
	{"sudo", NULL, "-u -g -h -p -C ", 0},
	{"taskset", NULL, "", 1},
	{"time", NULL, "-o -f ", 0},
	{"timeout", NULL, "-s --signal -k --kill-after ", 1},
	{"tini", NULL, "-p -e ", 0},
	{"tini-static", NULL, "-p -e ", 0},
	{"unshare", NULL, "", 0},
	{"uv", "run",
	 "-p --python --with --directory --project --env-file --extra --group --package --with-requirements ", 0},
	{"vault-env", NULL, "", 0},
	{"watchmedo", "auto-restart", "-d --directory -p --pattern ", 0},
	{"xargs", NULL, "-n -P -I -L ", 0},
	{"xvfb-run", NULL, "-n -s -e -f --server-args --server-num ", 0},
};

static int by_name(const void *name, const void *row)
{
	return strcmp(name, ((const struct row *)row)->name);
}

static bool listed(const char *values, const char *option)
{
	size_t n = strlen(option);

	for (const char *p = values; (p = strstr(p, option)); p += n)
		if ((p == values || p[-1] == ' ') && p[n] == ' ')
			return true;
	return false;
}

size_t hn_wrapper_options(const struct hn_word *w, size_t n, const char *values)
{
	size_t i = 0;

	while (i < n && w[i].text[0] == '-') {
		const char *option = w[i++].text;

		if (!strcmp(option, "--"))
			break;
		if (!strcmp(option, "--mca") || !strcmp(option, "-mca"))
			i += 2;
		else if (strlen(option) < 40 && listed(values, option))
			i++;
	}
	return i < n ? i : n;
}

/* entrypoint.sh, docker-entrypoint.sh, start.sh: what follows is a command, if it is no option. */
static bool entry_script(const char *base)
{
	static const char *const names[] = {"start.sh", "run.sh", "launch.sh", "wrapper.sh",  "startup.sh",
					    "init.sh",  "init",   "launch",    "docker-start"};
	const char *word = strstr(base, "entrypoint");

	for (size_t i = 0; i < HN_ARRAY_SIZE(names); i++)
		if (!strcmp(base, names[i]))
			return true;
	return word && (word == base || word[-1] == '-' || word[-1] == '_' || word[-1] == '.');
}

size_t hn_wrapper_length(const struct hn_word *w, size_t n)
{
	const char *base = hn_command_basename(w[0].text);
	const struct row *r;
	size_t len = 1;

	if (entry_script(base))
		return n > 1 && w[1].text[0] != '-' ? 1 : 0;
	r = bsearch(base, rows, HN_ARRAY_SIZE(rows), sizeof(rows[0]), by_name);
	if (!r)
		return 0;
	if (r->sub) {
		if (n < 2 || strcmp(w[1].text, r->sub) != 0)
			return 0;
		len = 2;
	}
	len += hn_wrapper_options(w + len, n - len, r->values);
	len += r->positional;
	if (len < n && !strcmp(w[len].text, "--"))
		len++;
	return len < n ? len : 0;
}

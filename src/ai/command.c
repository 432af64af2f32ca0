/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one command: strips wrappers, then asks what kind of program is left. Pure; linear in the words. */
#include "command.h"

#include <ctype.h>
#include <string.h>

#include "hostnetd/macro.h"
#include "hostnetd/str.h"
#include "wrapper.h"

#define WRAPPERS_MAX 16

const char *hn_command_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add(struct hn_command_names *to, const char *text, unsigned arg)
{
	if (to->n < HN_COMMAND_NAMES && *text)
		to->name[to->n++] = (struct hn_word){text, arg};
}

static bool one_of(const char *s, const char *const list[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(s, list[i]))
			return true;
	return false;
}
#define ONE_OF(s, ...)                                            \
	({                                                        \
		static const char *const list_[] = {__VA_ARGS__}; \
		one_of(s, list_, HN_ARRAY_SIZE(list_));           \
	})

/* python3.12 is python: a name, then a version. */
static bool versioned(const char *base, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(base, name, n) != 0)
		return false;
	return strspn(base + n, "0123456789.") == strlen(base + n);
}

static bool assignment(const char *w)
{
	size_t n = 0;

	while (isalnum((unsigned char)w[n]) || w[n] == '_')
		n++;
	return n && w[n] == '=' && !isdigit((unsigned char)w[0]);
}

static bool has_suffix(const char *w, const char *const list[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (hn_ends_with(w, list[i]))
			return true;
	return false;
}

static bool source_file(const char *w)
{
	static const char *const ends[] = {".py", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl", ".jar"};

	return has_suffix(w, ends, HN_ARRAY_SIZE(ends));
}

static void arguments(struct hn_command *c, const struct hn_word *w, size_t n)
{
	c->rest = w;
	c->n_rest = n;
}

/* A shell: its -c script, or the file that it reads. Returns the words that are done with; n: all. */
static size_t read_shell(struct hn_command *c, const struct hn_word *w, size_t n, bool su)
{
	size_t i = 1;

	for (; i < n; i++) {
		const char *o = w[i].text;

		if (o[0] != '-' && o[0] != '+') {
			if (su)
				continue;
			return i; /* a file: what follows is read as a command, see entry_script */
		}
		if (!strcmp(o, "--rcfile") || !strcmp(o, "--init-file") || (o[1] != '-' && strpbrk(o, "oO")))
			i++; /* -o pipefail, -euo pipefail */
		if (o[0] == '-' && o[1] != '-' && strchr(o, 'c') && i + 1 < n) {
			i++;
			while ((!strcmp(w[i].text, "--") || (w[i].text[0] == '-' && w[i].text[1])) && i + 1 < n)
				i++; /* bash -c -l SCRIPT */
			c->shell = w[i].text;
			c->shell_arg = w[i].arg;
			arguments(c, w + i + 1, n - i - 1);
			return n;
		}
	}
	return n;
}

/* python: -m MODULE, -c CODE, or a script. Returns the index from which to go on, as if that were the command. */
static size_t read_python(struct hn_command *c, const struct hn_word *w, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const char *o = w[i].text;
		const char *m;

		if (o[0] != '-')
			return i;
		if (o[1] == '-')
			continue;
		m = strpbrk(o + 1, "mcWX");
		if (!m)
			continue;
		if (*m == 'm' && (m[1] || i + 1 < n)) {
			const struct hn_word module = {m[1] ? m + 1 : w[i + 1].text,
						       m[1] ? w[i].arg : w[i + 1].arg};

			add(&c->modules, module.text, module.arg);
			if (!m[1] && !strchr(module.text, '.'))
				return i + 1; /* also a program of this name: python -m uvicorn app:app */
			arguments(c, w + i + (m[1] ? 1 : 2), n - i - (m[1] ? 1 : 2));
			return n;
		}
		if (*m == 'c' && i + 1 < n) {
			c->code = w[i + 1].text;
			c->code_arg = w[i + 1].arg;
			return n;
		}
		if (!m[1])
			i++;
	}
	return n;
}

static size_t read_node(const struct hn_word *w, size_t n)
{
	size_t i = 1;

	if (n > 1 && ONE_OF(w[1].text, "run", "x"))
		i++;
	i += hn_wrapper_options(w + i, n - i, "-r --require --import --loader -C -e --env-file ");
	return i;
}

static void read_java(struct hn_command *c, const struct hn_word *w, size_t n)
{
	size_t i =
		1 + hn_wrapper_options(w + 1, n - 1, "-cp -classpath --class-path -p --module-path --add-opens ");

	if (i < n && i > 1 && !strcmp(w[i - 1].text, "-jar"))
		add(&c->scripts, w[i].text, w[i].arg);
	else if (i < n)
		add(&c->modules, w[i].text, w[i].arg);
	if (i < n)
		arguments(c, w + i + 1, n - i - 1);
}

/* npx, uvx and their like: the package, which is a program as well. Returns true if it was one. */
static bool read_runner(struct hn_command *c, const char *base, const struct hn_word *w, size_t n)
{
	const char *values = "-p --package --from --with --python --index-url -w --workspace --call --registry ";
	size_t i = 0, from;

	if (ONE_OF(base, "npx", "uvx", "bunx", "pnpx"))
		i = 1;
	else if (n > 1 && ((ONE_OF(base, "npm", "pnpm", "yarn") && ONE_OF(w[1].text, "exec", "dlx", "x")) ||
			   (!strcmp(base, "pipx") && !strcmp(w[1].text, "run")) ||
			   (!strcmp(base, "bun") && !strcmp(w[1].text, "x"))))
		i = 2;
	else if (n > 2 && !strcmp(base, "uv") && !strcmp(w[1].text, "tool") && !strcmp(w[2].text, "run"))
		i = 3;
	if (!i)
		return false;
	from = i;
	i += hn_wrapper_options(w + i, n - i, values);
	for (; from < i && from + 1 < n; from++)
		if (ONE_OF(w[from].text, "-p", "--package", "--from", "--with"))
			add(&c->packages, w[from + 1].text, w[from + 1].arg);
	if (i < n) {
		add(&c->packages, w[i].text, w[i].arg);
		add(&c->programs, w[i].text, w[i].arg);
		arguments(c, w + i + 1, n - i - 1);
	}
	return true;
}

static bool read_installer(struct hn_command *c, const char *base, const struct hn_word *w, size_t n)
{
	size_t i = 1;

	if (n > 2 && !strcmp(base, "uv") && !strcmp(w[1].text, "pip"))
		i = 2;
	else if (!(versioned(base, "pip") ||
		   ONE_OF(base, "npm", "pnpm", "yarn", "bun", "uv", "pipx", "conda", "mamba")))
		return false;
	if (i >= n || !ONE_OF(w[i].text, "install", "i", "add", "global"))
		return false;
	c->installs = true;
	for (i++; i < n; i++)
		if (w[i].text[0] != '-' && !ONE_OF(w[i].text, "add", "install"))
			add(&c->packages, w[i].text, w[i].arg);
	return true;
}

/* node …/node_modules/@scope/name/cli.js, …/node_modules/.bin/name */
static void package_of_path(struct hn_command *c, const struct hn_word *w)
{
	const char *at = NULL, *p = w->text;

	while ((p = strstr(p, "node_modules/")))
		at = p += strlen("node_modules/");
	if (at && strncmp(at, ".bin/", 5) != 0)
		add(&c->packages, at, w->arg);
}

/* A name with blanks is a title that the process gave itself: "gunicorn: master [app:app]". */
static void program(struct hn_command *c, const struct hn_word *w, size_t n)
{
	const char *base = hn_command_basename(w->text);

	if (strchr(w->text, '/'))
		package_of_path(c, w);
	if (source_file(base) || hn_ends_with(base, ".sh"))
		add(&c->scripts, w->text, w->arg);
	else
		add(&c->programs, w->text, w->arg);
	if (!source_file(base) && strchr(w->text, '/'))
		add(&c->scripts, w->text, w->arg);
	arguments(c, w + 1, n - 1);
}

void hn_command_read(struct hn_command *c, const struct hn_word *w, size_t n)
{
	memset(c, 0, sizeof(*c));
	for (size_t turn = 0; n && turn < WRAPPERS_MAX; turn++) {
		const char *base = hn_command_basename(w[0].text);
		size_t done = 0;

		if (assignment(w[0].text)) {
			add(&c->env, w[0].text, w[0].arg);
			done = 1;
		} else if (ONE_OF(base, "sh", "bash", "ash", "dash", "zsh", "ksh", "busybox")) {
			done = read_shell(c, w, n, false);
		} else if (!strcmp(base, "su")) {
			done = read_shell(c, w, n, true);
		} else if (versioned(base, "python") || versioned(base, "pypy")) {
			done = read_python(c, w, n);
		} else if (ONE_OF(base, "node", "nodejs", "bun", "deno", "tsx", "ts-node") &&
			   !read_runner(c, base, w, n)) {
			done = read_node(w, n);
		} else if (!strcmp(base, "java")) {
			read_java(c, w, n);
			return;
		} else if (c->packages.n || read_runner(c, base, w, n) || read_installer(c, base, w, n)) {
			return;
		} else {
			done = hn_wrapper_length(w, n);
			if (done && hn_ends_with(base, ".sh"))
				add(&c->scripts, w[0].text, w[0].arg);
		}
		if (!done) {
			program(c, w, n);
			return;
		}
		w += done;
		n -= done;
	}
}

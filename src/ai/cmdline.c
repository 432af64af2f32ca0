/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded: a shell inside a shell three deep, 64 KiB of script, 1,024 commands a script: a start script of some
 * hundred ends in what it is for. Pure. */
#include "cmdline.h"

#include <ctype.h>
#include <string.h>

#include "command.h"
#include "hostnetd/str.h"
#include "match.h"

#define DEPTH_MAX 3
#define SCRIPT_MAX (64 * 1024)
#define COMMANDS_MAX 1024
#define INSTALLED_FACTOR 0.8f

static void read_command(struct hn_hits *h, const struct hn_word *w, size_t n, unsigned depth);

static void at(struct hn_hits *h, unsigned arg)
{
	h->at.index = arg;
	if (h->at.field == HN_FIELD_EXE)
		h->at.field = HN_FIELD_ARGV;
}

static __attribute__((noinline)) void read_script(struct hn_hits *h, const struct hn_command *c, unsigned depth)
{
	struct hn_shell s;

	hn_shell_init(&s, c->shell, strnlen(c->shell, SCRIPT_MAX), c->shell_arg, c->rest, c->n_rest);
	for (size_t i = 0; i < COMMANDS_MAX && hn_shell_next(&s); i++)
		read_command(h, s.words.w, s.words.n, depth + 1);
}

/* import a, from a.b import c: the modules of a line of Python. */
static void read_code(struct hn_hits *h, const char *code)
{
	const char *end = code + strnlen(code, SCRIPT_MAX);

	for (const char *p = code; p < end;) {
		size_t n = strcspn(p, " \t\n;(");
		bool import = (n == 6 && !strncmp(p, "import", n)) || (n == 4 && !strncmp(p, "from", n));

		p += n + (p[n] != '\0');
		if (import && p < end) {
			char module[128];

			n = strcspn(p, " \t\n;,(");
			if (n && n < sizeof(module)) {
				(void)hn_strncpy(module, sizeof(module), p, n);
				hn_match_module(h, module);
			}
		}
		if (p > end)
			break;
	}
}

/* app.main:app, or a module's name with dots. */
static bool application(const char *w)
{
	size_t n = 0;

	while (isalnum((unsigned char)w[n]) || w[n] == '_' || w[n] == '.')
		n++;
	return n && !isdigit((unsigned char)w[0]) && w[0] != '.' &&
	       (!w[n] || (w[n] == ':' && isalpha((unsigned char)w[n + 1])));
}

static bool runs_one_of(const struct hn_command *c, const char *const names[], size_t n)
{
	for (size_t i = 0; i < c->programs.n; i++)
		for (size_t j = 0; j < n; j++)
			if (!strcmp(hn_command_basename(c->programs.name[i].text), names[j]))
				return true;
	return false;
}

/* They start Python programs on several devices: "accelerate launch -m MODULE". */
static bool launches(const struct hn_command *c)
{
	static const char *const names[] = {"torchrun",   "accelerate", "deepspeed",
					    "horovodrun", "colossalai", "coverage"};

	for (size_t i = 0; i < c->modules.n; i++)
		if (!strncmp(c->modules.name[i].text, "torch.distributed.", 18))
			return true;
	return runs_one_of(c, names, HN_ARRAY_SIZE(names));
}

static bool serves_application(const struct hn_command *c)
{
	static const char *const servers[] = {"uvicorn",        "gunicorn", "hypercorn", "granian",  "daphne",
					      "waitress-serve", "celery",   "arq",       "dramatiq", "uwsgi",
					      "taskiq",         "flask",    "fastapi",   "faust",    "streamlit",
					      "gradio",         "chainlit", "litestar"};

	return runs_one_of(c, servers, HN_ARRAY_SIZE(servers));
}

static void read_arguments(struct hn_hits *h, const struct hn_command *c, unsigned depth)
{
	bool server = serves_application(c), launcher = launches(c), secret = false;
	const char *flag = NULL;

	for (size_t i = 0; i < c->n_rest; i++) {
		const char *w = c->rest[i].text;

		at(h, c->rest[i].arg);
		if (!strcmp(w, "--") && i + 1 < c->n_rest) {
			if (c->rest[i + 1].text[0] != '-')
				read_command(h, c->rest + i + 1, c->n_rest - i - 1, depth + 1);
			return;
		}
		if (w[0] == '-' && w[1]) {
			const char *value = strchr(w, '=');

			secret = hn_match_is_secret(w);
			flag = w;
			hn_match_flag(h, w, i + 1 < c->n_rest ? c->rest[i + 1].text : NULL);
			if (launcher && i + 1 < c->n_rest && (!strcmp(w, "-m") || !strcmp(w, "--module")))
				hn_match_module(h, c->rest[i + 1].text);
			if (value && !secret)
				hn_match_value(h, value + 1);
			continue;
		}
		if (flag && secret) { /* the secret itself */
			flag = NULL;
			continue;
		}
		flag = NULL;
		if (server && application(w))
			hn_match_module(h, w);
		if (hn_ends_with(w, ".py"))
			hn_match_script(h, w);
		hn_match_value(h, w);
	}
}

static void read_command(struct hn_hits *h, const struct hn_word *w, size_t n, unsigned depth)
{
	bool silent = false;
	struct hn_command c;

	if (depth > DEPTH_MAX)
		return;
	hn_command_read(&c, w, n);
	for (size_t i = 0; i < c.env.n; i++) {
		char name[HN_PATTERN_TEXT_MAX];

		at(h, c.env.name[i].arg);
		if (hn_strncpy(name, sizeof(name), c.env.name[i].text, strcspn(c.env.name[i].text, "=")))
			hn_match_env(h, name);
	}
	for (size_t i = 0; i < c.programs.n; i++) {
		at(h, c.programs.name[i].arg);
		silent |= hn_match_program(h, c.programs.name[i].text, c.rest, c.n_rest);
	}
	for (size_t i = 0; i < c.programs.n && !silent; i++) {
		at(h, c.programs.name[i].arg);
		hn_match_file(h, hn_command_basename(c.programs.name[i].text)); /* a llamafile is a program */
	}
	for (size_t i = 0; i < c.modules.n; i++) {
		at(h, c.modules.name[i].arg);
		hn_match_module(h, c.modules.name[i].text);
	}
	for (size_t i = 0; i < c.packages.n; i++) {
		at(h, c.packages.name[i].arg);
		hn_match_package(h, c.packages.name[i].text, c.installs ? INSTALLED_FACTOR : 1);
	}
	if (silent)
		return;
	for (size_t i = 0; i < c.scripts.n; i++) {
		at(h, c.scripts.name[i].arg);
		hn_match_script(h, c.scripts.name[i].text);
	}
	if (c.code) {
		at(h, c.code_arg);
		read_code(h, c.code);
	}
	if (c.shell)
		read_script(h, &c, depth);
	else
		read_arguments(h, &c, depth);
}

void hn_cmdline_match(struct hn_hits *h, const struct hn_word *w, size_t n)
{
	if (n)
		read_command(h, w, n, 0);
}

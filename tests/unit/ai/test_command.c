/* SPDX-License-Identifier: Apache-2.0 */
/* What a command line runs once its wrappers are off. */
#include "rig.h"

#include "ai/command.h"

/* program, script, module, package: the last of each; "": none. rest: the first word of the arguments. */
static const struct {
	const char *line, *program, *script, *module, *package, *rest;
} rows[] = {
	{"vllm serve x", "vllm", "", "", "", "serve"},
	{"/opt/venv/bin/vllm serve x", "/opt/venv/bin/vllm", "/opt/venv/bin/vllm", "", "", "serve"},
	{"exec vllm serve", "vllm", "", "", "", "serve"},
	{"tini -- ollama serve", "ollama", "", "", "", "serve"},
	{"/sbin/tini -g -s -- ollama serve", "ollama", "", "", "", "serve"},
	{"dumb-init -r 15:3 ollama serve", "ollama", "", "", "", "serve"},
	{"catatonit -- ollama serve", "ollama", "", "", "", "serve"},
	{"env A=1 B=2 ollama serve", "ollama", "", "", "", "serve"},
	{"A=1 ollama serve", "ollama", "", "", "", "serve"},
	{"nohup nice -n 5 ollama serve", "ollama", "", "", "", "serve"},
	{"numactl -N 0 -m 0 ollama serve", "ollama", "", "", "", "serve"},
	{"numactl --cpunodebind=0 ollama serve", "ollama", "", "", "", "serve"},
	{"timeout -k 5 60 ollama serve", "ollama", "", "", "", "serve"},
	{"gosu app ollama serve", "ollama", "", "", "", "serve"},
	{"su-exec app:app ollama serve", "ollama", "", "", "", "serve"},
	{"chroot /host ollama serve", "ollama", "", "", "", "serve"},
	{"nsys profile -o out ollama serve", "ollama", "", "", "", "serve"},
	{"nsys status ollama serve", "nsys", "", "", "", "status"}, /* near miss: no wrapper */
	{"conda run -n llm --no-capture-output ollama serve", "ollama", "", "", "", "serve"},
	{"uv run --with vllm ollama serve", "ollama", "", "", "", "serve"},
	{"poetry run ollama serve", "ollama", "", "", "", "serve"},
	{"mpirun -np 8 -H a:4,b:4 --mca x y -x LD_PATH ollama serve", "ollama", "", "", "", "serve"},
	{"/opt/nvidia/nvidia_entrypoint.sh ollama serve", "ollama", "/opt/nvidia/nvidia_entrypoint.sh", "", "",
	 "serve"},
	{"/docker-entrypoint.sh ollama serve", "ollama", "/docker-entrypoint.sh", "", "", "serve"},
	{"/docker-entrypoint.sh --flag", "", "/docker-entrypoint.sh", "", "", "--flag"},
	{"tini", "tini", "", "", "", NULL}, /* a wrapper with nothing to wrap is a program */
	{"sudo -u x tini -- uv run python3.12 -m vllm.entrypoints.openai.api_server --port 1", "", "",
	 "vllm.entrypoints.openai.api_server", "", "--port"},
	{"python -u -m vllm.x", "", "", "vllm.x", "", NULL},
	{"python -mvllm.x a", "", "", "vllm.x", "", "a"},
	{"python3 -m uvicorn app:app", "uvicorn", "", "uvicorn", "", "app:app"},
	{"python3 -X dev -W ignore main.py --x", "", "main.py", "", "", "--x"},
	{"python3 /usr/local/bin/vllm serve", "/usr/local/bin/vllm", "/usr/local/bin/vllm", "", "", "serve"},
	{"python3-config -m vllm", "python3-config", "", "", "", "-m"}, /* near miss: no python */
	{"node dist/index.js gateway", "", "dist/index.js", "", "", "gateway"},
	{"node --env-file .env server.js", "", "server.js", "", "", NULL},
	{"node /app/node_modules/@openai/codex/cli.js exec", "", "/app/node_modules/@openai/codex/cli.js", "",
	 "@openai/codex/cli.js", "exec"},
	{"java -Xmx1g -cp a.jar org.pytorch.serve.ModelServer --x", "", "", "org.pytorch.serve.ModelServer", "",
	 "--x"},
	{"java -Dx=y -jar /opt/app.jar --x", "", "/opt/app.jar", "", "", "--x"},
	{"npx -y @playwright/mcp --port 1", "@playwright/mcp", "", "", "@playwright/mcp", "--port"},
	{"npx --package a b", "b", "", "", "b", NULL},
	{"uvx --from mcp-server-time server", "server", "", "", "server", NULL},
	{"pnpm dlx flowise start", "flowise", "", "", "flowise", "start"},
	{"npm start", "npm", "", "", "", "start"},
	{"pip install -q vllm", "", "", "", "vllm", NULL},
	{"pip3.11 install vllm==0.6", "", "", "", "vllm==0.6", NULL},
	{"pip list vllm", "pip", "", "", "", "list"}, /* near miss: installs nothing */
	{"uv tool run aider", "aider", "", "", "aider", NULL},
	{"uv pip install vllm", "", "", "", "vllm", NULL},
	{"yarn global add flowise", "", "", "", "flowise", NULL},
	{"VLLM::EngineCore", "VLLM::EngineCore", "", "", "", NULL},
};

static const char *last(const struct hn_command_names *n)
{
	return n->n ? n->name[n->n - 1].text : "";
}

static void read_line(struct hn_command *c, struct rig_words *w, const char *line)
{
	static struct hn_word words[RIG_WORDS];

	rig_cut(w, line);
	for (size_t i = 0; i < w->n; i++)
		words[i] = (struct hn_word){w->word[i], (unsigned)i};
	hn_command_read(c, words, w->n);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_command c;
		struct rig_words w;
		const char *rest;

		read_line(&c, &w, rows[i].line);
		rest = c.n_rest ? c.rest[0].text : NULL;
		if (strcmp(last(&c.programs), rows[i].program) || strcmp(last(&c.scripts), rows[i].script) ||
		    strcmp(last(&c.modules), rows[i].module) || strcmp(last(&c.packages), rows[i].package) ||
		    !rest != !rows[i].rest || (rest && strcmp(rest, rows[i].rest)))
			fail_msg("%s\n got program '%s' script '%s' module '%s' package '%s' rest '%s'",
				 rows[i].line, last(&c.programs), last(&c.scripts), last(&c.modules),
				 last(&c.packages), rest ? rest : "(none)");
	}
}

static void test_shell(void **state)
{
	struct hn_command c;
	struct rig_words w;

	(void)state;
	read_line(&c, &w, "/bin/bash -lc 'exec vllm serve' a b");
	assert_string_equal(c.shell, "exec vllm serve");
	assert_int_equal(c.shell_arg, 2);
	assert_int_equal(c.n_rest, 2);
	read_line(&c, &w, "tini -- sh -euo pipefail -c x");
	assert_string_equal(c.shell, "x");
	read_line(&c, &w, "bash -ceuo pipefail y");
	assert_string_equal(c.shell, "y");
	read_line(&c, &w, "bash -c -l -- z");
	assert_string_equal(c.shell, "z");
	read_line(&c, &w, "bash --rcfile /x -ec v");
	assert_string_equal(c.shell, "v");
	read_line(&c, &w, "su -c 'ollama serve' app");
	assert_string_equal(c.shell, "ollama serve");
	read_line(&c, &w, "sh /run.sh -c x"); /* near miss: the script's own -c */
	assert_null(c.shell);
	assert_string_equal(last(&c.scripts), "/run.sh");
}

static void test_python_code(void **state)
{
	struct hn_command c;
	struct rig_words w;

	(void)state;
	read_line(&c, &w, "python3 -c 'import vllm'");
	assert_string_equal(c.code, "import vllm");
	assert_int_equal(c.code_arg, 2);
}

static void test_environment(void **state)
{
	struct hn_command c;
	struct rig_words w;

	(void)state;
	read_line(&c, &w, "env HF_TOKEN=x 2=3 run");
	assert_int_equal(c.env.n, 1);
	assert_string_equal(c.env.name[0].text, "HF_TOKEN=x");
	assert_string_equal(last(&c.programs), "2=3"); /* no name begins with a digit */
}

static void test_installed_or_run(void **state)
{
	struct hn_command c;
	struct rig_words w;

	(void)state;
	read_line(&c, &w, "pip install vllm");
	assert_true(c.installs);
	read_line(&c, &w, "uvx vllm");
	assert_false(c.installs);
}

/* Wrappers around wrappers end somewhere. */
static void test_bounds(void **state)
{
	static struct hn_word words[HN_WORDS_MAX];
	struct hn_command c;

	(void)state;
	for (size_t i = 0; i < HN_WORDS_MAX; i++)
		words[i] = (struct hn_word){"exec", (unsigned)i};
	hn_command_read(&c, words, HN_WORDS_MAX);
	assert_int_equal(c.programs.n, 0);
	for (size_t i = 0; i < HN_WORDS_MAX; i++)
		words[i] = (struct hn_word){i ? "p" : "npx", (unsigned)i};
	hn_command_read(&c, words, HN_WORDS_MAX);
	assert_int_equal(c.packages.n, 1);
	words[0].text = "pip";
	words[1].text = "install";
	hn_command_read(&c, words, HN_WORDS_MAX);
	assert_int_equal(c.packages.n, HN_COMMAND_NAMES);
	hn_command_read(&c, words, 0);
	assert_int_equal(c.programs.n + c.packages.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_shell),
		cmocka_unit_test(test_python_code),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_installed_or_run),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}

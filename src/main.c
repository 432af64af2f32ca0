// SPDX-License-Identifier: Apache-2.0
/* The table of commands. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/misplaced.h"
#include "hostnetd/history.h"
#include "hostnetd/log.h"
#include "hostnetd/schema.h"

static const struct command {
	const char *name;
	enum hn_command bit;
	int (*run)(const struct hn_settings *settings);
	const char *words; /* what may stand before the options; "": nothing */
	const char *summary;
	const char *help;
} commands[] = {
	{"scan", HN_COMMAND_SCAN, hn_command_scan, "", "look once: which AI workloads share the host network now?",
	 "Exit code: 0 passed, 1 findings, 2 could not look or could not see everything.\n"
	 "\n"
	 "Examples:\n"
	 "  hostnetd scan\n"
	 "  hostnetd scan --output json | jq '.findings[].workload'\n"
	 "  hostnetd scan --pods-file pods.json\n"},
	{"run", HN_COMMAND_RUN, hn_command_run, "", "watch: report them as they come, change and go",
	 "Runs until SIGTERM or Ctrl-C. One JSON object a line where standard output is no terminal.\n"
	 "\n"
	 "Examples:\n"
	 "  hostnetd run\n"
	 "  hostnetd run --output json | jq 'select(.type == \"finding.opened\")'\n"
	 "  hostnetd run --kubelet-url https://10.0.0.4:10250 --kubelet-tls-server-name node-4\n"},
	{"audit", HN_COMMAND_AUDIT, hn_command_audit, "",
	 "the control over Kubernetes objects: which AI workloads declare the host network?",
	 "From files and manifests, before admission, or from the API server (kubeconfig, or the service account).\n"
	 "Exit code: 0 passed, 1 findings, 2 could not look or could not see everything.\n"
	 "\n"
	 "Examples:\n"
	 "  hostnetd audit\n"
	 "  hostnetd audit --namespace ml --selector 'team in (research)' --fail-on likely\n"
	 "  kubectl get pods,deploy,sts,ds,jobs,cronjobs -A -o json | hostnetd audit --file -\n"
	 "  helm template chart | hostnetd audit --file - --output junit > report.xml\n"
	 "  hostnetd audit --file manifests.yaml --output sarif\n"
	 "  hostnetd audit --emit-policy vap --exceptions exceptions.yaml | kubectl apply -f -\n"},
	{"classify", HN_COMMAND_CLASSIFY, hn_command_classify, "",
	 "AI or not, and why: pods of a file, without a node",
	 "Needs --pods-file or --list, neither root nor a cluster. One JSON object a line where standard output is no\n"
	 "terminal. Exit code: 0 done, whatever the verdicts; 2 could not.\n"
	 "\n"
	 "Examples:\n"
	 "  kubectl get pods -A -o json | hostnetd classify --pods-file -\n"
	 "  hostnetd classify --pods-file pods.json --explain\n"
	 "  hostnetd classify --pods-file pods.json --output json | jq 'select(.hostNetwork and .verdict == \"ai\")'\n"
	 "  hostnetd classify --pods-file pods.json --signatures mine.yaml\n"
	 "  hostnetd classify --list --signatures mine.yaml --output json | jq 'select(.category == \"agent\").name'\n"},
	{"history", HN_COMMAND_HISTORY, hn_command_history, "[FINDING-ID | export [FINDING-ID] | verify FILE] ",
	 "what was: findings, and the whole story of one",
	 "Reads the file that 'run' writes, or a copy of it on any machine; needs no root there.\n"
	 "\n"
	 "Examples:\n"
	 "  hostnetd history --since 24h --namespace ml\n"
	 "  hostnetd history 3f2a9c            one finding's story; the id's beginning will do\n"
	 "  hostnetd history --store copy.db --rejudge --signatures new.yaml\n"
	 "  hostnetd history export 3f2a9c --output-file ticket.jsonl\n"
	 "  hostnetd history verify ticket.jsonl\n"},
	{"doctor", HN_COMMAND_DOCTOR, hn_command_doctor, "",
	 "say what this node and this account can and cannot do",
	 "Exit code: 0 everything, 1 degraded, 2 cannot detect.\n"
	 "\n"
	 "Examples:\n"
	 "  hostnetd doctor\n"
	 "  hostnetd doctor --output json | jq '.checks[] | select(.status != \"ok\")'\n"},
};

static void usage(FILE *to)
{
	fputs("hostnetd finds the AI workloads that share a Kubernetes node's host network.\n\n"
	      "Usage: hostnetd COMMAND [OPTIONS]\n\nCommands:\n",
	      to);
	for (size_t i = 0; i < HN_ARRAY_SIZE(commands); i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fputs("\n'hostnetd COMMAND --help' explains each. 'hostnetd --version' prints what this is;\n"
	      "'hostnetd --schema hostnetd.scan/v1' prints a document's JSON Schema.\n",
	      to);
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(commands); i++)
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

/* How it would be written rightly, under the error that names the word. */
static void say_rightly(const struct command *c, const char *stray)
{
	const char *right = stray ? hn_misplaced_word(c->name, stray) : NULL;

	if (right)
		fprintf(stderr, "It is written %s.\n", right);
	else if (stray && find(stray))
		fprintf(stderr, "One command at a time: 'hostnetd %s [OPTIONS]' or 'hostnetd %s [OPTIONS]'.\n",
			c->name, stray);
	else if (stray)
		fprintf(stderr, "It is written 'hostnetd %s %s[OPTIONS]'.\n", c->name, c->words);
	fprintf(stderr, "'hostnetd %s --help' lists the options.\n", c->name);
}

/* No command stands where one should. */
static void say_no_command(int argc, char *argv[])
{
	const char *name = argc > 1 ? argv[1] : "", *right = hn_misplaced_word("", name);
	const struct command *c = NULL;

	for (int i = 2; i < argc && !c; i++)
		c = find(argv[i]);
	if (name[0] == '-') /* without its value: it may be a secret */
		hn_error("'%.*s' stands before the command: write 'hostnetd %s %.*s ...'", (int)strcspn(name, "="),
			 name, c ? c->name : "COMMAND", (int)strcspn(name, "="), name);
	else if (right)
		hn_error("unknown command '%s': %s", name, right);
	else if (hn_misplaced_is_id(name))
		hn_error("unknown command '%s': a finding's story is 'hostnetd history %s'", name, name);
	else if (name[0])
		hn_error("unknown command '%s'", name);
	if (c || right)
		fputs("'hostnetd --help' lists the commands.\n", stderr);
	else
		usage(stderr);
}

static int run_command(const struct command *c, int argc, char *argv[])
{
	struct hn_settings settings;
	struct hn_reason reason = {{0}};
	const char *words[HN_WORDS_MAX];
	size_t n = 0;
	int r;

	while (c->words[0] && n < HN_WORDS_MAX && argc > 1 && argv[1][0] != '-') {
		words[n++] = argv[1];
		argc--;
		argv++;
	}
	r = hn_settings_read(&settings, c->bit, argc, argv, &reason);
	settings.n_words = n;
	memcpy(settings.words, words, n * sizeof(words[0]));

	if (r < 0) {
		hn_error("%s", reason.text);
		say_rightly(c, settings.stray);
		r = HN_EXIT_TROUBLE;
	} else if (r > 0) {
		printf("Usage: hostnetd %s %s[OPTIONS]\n\n%s: %s\n%s\nOptions:\n", c->name, c->words, c->name,
		       c->summary, c->help);
		hn_settings_help(c->bit);
		r = HN_EXIT_OK;
	} else {
		r = c->run(&settings);
	}
	hn_settings_done(&settings);
	return r;
}

int main(int argc, char *argv[])
{
	const char *name = argc > 1 ? argv[1] : "";
	const struct command *command = find(name);

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* ignored, a child's pid would be another's before it is waited for */
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		usage(stdout);
		return HN_EXIT_OK;
	}
	if (strcmp(name, "--version") == 0) {
		printf("hostnetd %s (%s)\n", HN_VERSION, HN_COMMIT);
		return HN_EXIT_OK;
	}
	if (strcmp(name, "--schema") == 0 && argc == 3) {
		size_t len;
		const char *schema = hn_schema_get(argv[2], &len);

		if (schema) {
			fputs(schema, stdout);
			return HN_EXIT_OK;
		}
		hn_error("no schema '%s': there are hostnetd.scan/v1, hostnetd.event/v1, hostnetd.doctor/v1, "
			 "hostnetd.history/v1, hostnetd.bundle/v1, hostnetd.audit/v1 and hostnetd.classify/v1",
			 argv[2]);
		return HN_EXIT_TROUBLE;
	}
	/* 'run' starts this program once more; nobody else does. */
	if (strcmp(name, HN_HISTORY_HASHER) == 0 && argc == 3)
		return hn_history_hasher_serve(argv[2]) < 0 ? HN_EXIT_TROUBLE : HN_EXIT_OK;
	if (command)
		return run_command(command, argc - 1, argv + 1);
	say_no_command(argc, argv);
	return HN_EXIT_TROUBLE;
}

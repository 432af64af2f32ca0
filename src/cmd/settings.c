// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostnetd/log.h"
#include "hostnetd/str.h"
#include "hostnetd/time.h"

#define DEFAULT_STORE "/var/lib/hostnetd/hostnetd.db"
#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount/"
#define SECONDS(n) ((n)*HN_NSEC_PER_SEC)

enum {
	SCAN = HN_COMMAND_SCAN,
	RUN = HN_COMMAND_RUN,
	DOCTOR = HN_COMMAND_DOCTOR,
	CLASSIFY = HN_COMMAND_CLASSIFY,
	HISTORY = HN_COMMAND_HISTORY,
	AUDIT = HN_COMMAND_AUDIT,
	NODE = SCAN | RUN | DOCTOR, /* those that look at this node */
	ALL = NODE | CLASSIFY | HISTORY | AUDIT,
};

static const char *const outputs[] = {"auto", "table", "json", "junit", "sarif", NULL};
static const char *const policies[] = {"vap", "kyverno", "gatekeeper", NULL}; /* as enum hn_policy_format */
static const char *const fail_ons[] = {"ai", "likely", NULL};
static const char *const netns_hooks[] = {"auto",       "free",   "any",  "fexit", "kprobe",
					  "tracepoint", "tp_btf", "none", NULL};
static const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};

#define FIELD(f) offsetof(struct hn_settings, f)
/* clang-format off */
static const struct hn_option rows[] = {
	{"help", HN_OPTION_FLAG, NULL, "this text", NULL, NULL, FIELD(help), ALL, 0, 0},
	{"output", HN_OPTION_CHOICE, "table|json", "form of the output; audit also writes junit and sarif", "table on a terminal", outputs, FIELD(output),
	 ALL, 0, 0},
	{"fail-on", HN_OPTION_CHOICE, "ai|likely", "which verdict makes the control fail", "ai", fail_ons, FIELD(fail_on),
	 SCAN | AUDIT, 0, 0},
	{"config", HN_OPTION_STRING, "FILE", "more settings, as YAML or JSON; flags and environment win", NULL, NULL,
	 FIELD(config), ALL, 0, 0},
	{"log-level", HN_OPTION_CHOICE, "LEVEL", "error, warning, info or debug, on standard error", "info", log_levels,
	 FIELD(log_level), ALL, 0, 0},
	{"node-name", HN_OPTION_STRING, "NAME", "name in reports", "$NODE_NAME, then the host name", NULL,
	 FIELD(node_name), NODE, 0, 0},
	{"cluster-name", HN_OPTION_STRING, "NAME", "name in reports", NULL, NULL, FIELD(cluster_name), NODE, 0, 0},
	{"kubelet-url", HN_OPTION_STRING, "URL", "base URL of the kubelet; /pods is added",
	 "https://$HOST_IP:10250, then https://127.0.0.1:10250", NULL, FIELD(kubelet_url), NODE, 0, 0},
	{"kubelet-token-file", HN_OPTION_STRING, "FILE", "bearer token; read again when it changes",
	 "the service account's", NULL, FIELD(kubelet_token_file), NODE, 0, 0},
	{"kubelet-ca-file", HN_OPTION_STRING, "FILE", "who signed the kubelet's certificate", "the service account's", NULL,
	 FIELD(kubelet_ca_file), NODE, 0, 0},
	{"kubelet-client-cert", HN_OPTION_STRING, "FILE", "client certificate", NULL, NULL, FIELD(kubelet_client_cert), NODE,
	 0, 0},
	{"kubelet-client-key", HN_OPTION_STRING, "FILE", "its key", NULL, NULL, FIELD(kubelet_client_key), NODE, 0, 0},
	{"kubelet-tls-server-name", HN_OPTION_STRING, "NAME", "name that the kubelet's certificate must carry",
	 "the URL's host", NULL, FIELD(kubelet_tls_server_name), NODE, 0, 0},
	{"kubelet-insecure-tls", HN_OPTION_FLAG, NULL, "do not verify the kubelet's certificate: anyone on the path can lie",
	 NULL, NULL, FIELD(kubelet_insecure_tls), NODE, 0, 0},
	{"pods-file", HN_OPTION_STRING, "FILE",
	 "a PodList in JSON instead of a kubelet; read again when it changes; - is standard input (classify)", NULL, NULL,
	 FIELD(pods_file), NODE | CLASSIFY, 0, 0},
	{"kubelet-interval", HN_OPTION_DURATION, "TIME", "how often the pods are read again besides when needed", "5m",
	 NULL, FIELD(kubelet_interval), RUN, SECONDS(1), SECONDS(86400)},
	{"sweep-interval", HN_OPTION_DURATION, "TIME", "time between sweeps", "30s; 5s without a netns hook", NULL,
	 FIELD(sweep_interval), RUN, 100 * HN_NSEC_PER_MSEC, SECONDS(86400)},
	{"unmanaged-grace", HN_OPTION_DURATION, "TIME", "between the two answers that 'unmanaged' needs", "3s", NULL,
	 FIELD(unmanaged_grace), SCAN | RUN, 0, SECONDS(3600)},
	{"host-netns", HN_OPTION_STRING, "auto|PATH|INODE", "which network namespace is the node's", "auto", NULL,
	 FIELD(host_netns), NODE, 0, 0},
	{"netns-hook", HN_OPTION_CHOICE, "WAY", "how to see a switch of netns: auto, free (costs no other system call), any (also tp_btf), fexit, kprobe, tracepoint, tp_btf or none", "auto",
	 netns_hooks, FIELD(netns_hook), RUN | DOCTOR, 0, 0},
	{"proc-root", HN_OPTION_STRING, "DIR", "the node's procfs", "/proc", NULL, FIELD(proc_root), NODE, 0, 0},
	{"cgroup-root", HN_OPTION_STRING, "DIR", "the node's cgroup tree", "/sys/fs/cgroup", NULL,
	 FIELD(cgroup_root), NODE, 0, 0},
	{"metadata-address", HN_OPTION_LIST, "ADDRESS", "one more address of a metadata service", "the known clouds'", NULL,
	 FIELD(metadata_addresses), RUN, 0, 0},
	{"signatures", HN_OPTION_LIST, "FILE", "more signatures over the built-in catalogue", NULL, NULL, FIELD(signatures),
	 SCAN | RUN | CLASSIFY | HISTORY | AUDIT, 0, 0},
	{"exceptions", HN_OPTION_STRING, "FILE", "rules that accept findings until a day; read again when it changes", NULL,
	 NULL, FIELD(exceptions), NODE | AUDIT, 0, 0},
	{"store", HN_OPTION_STRING, "FILE", "the history, an SQLite file; 'none' keeps none",
	 "/var/lib/hostnetd/hostnetd.db; none for scan", NULL, FIELD(store), SCAN | RUN | HISTORY, 0, 0},
	{"history-size", HN_OPTION_STRING, "SIZE", "bound of the history: the oldest goes first", "256Mi", NULL,
	 FIELD(history_size_text), RUN, 0, 0},
	{"history-age", HN_OPTION_DURATION, "TIME", "how long the history is kept", "2160h (90 days)", NULL,
	 FIELD(history_age), RUN, SECONDS(60), SECONDS(315360000)},
	{"since", HN_OPTION_STRING, "TIME", "from then on: 24h (ago), 2026-11-24 or 2026-11-24T20:31:07Z", NULL, NULL,
	 FIELD(since), HISTORY, 0, 0},
	{"until", HN_OPTION_STRING, "TIME", "up to then", NULL, NULL, FIELD(until), HISTORY, 0, 0},
	{"namespace", HN_OPTION_STRING, "NAME", "of this namespace only; in audit also objects of a file that name none", "all",
	 NULL, FIELD(ns), AUDIT | HISTORY, 0, 0},
	{"pod", HN_OPTION_STRING, "NAME", "of this pod only", NULL, NULL, FIELD(pod), HISTORY, 0, 0},
	{"workload", HN_OPTION_STRING, "NAME", "of this workload only", NULL, NULL, FIELD(workload), HISTORY, 0, 0},
	{"cause", HN_OPTION_STRING, "CAUSE", "declared, joined, socket or unmanaged", NULL, NULL, FIELD(cause), HISTORY,
	 0, 0},
	{"state", HN_OPTION_STRING, "STATE", "open, resolved, excepted, sharing or gone", NULL, NULL, FIELD(state), HISTORY,
	 0, 0},
	{"rejudge", HN_OPTION_FLAG, NULL, "judge what was kept again, by today's catalogue and --signatures", NULL, NULL,
	 FIELD(rejudge), HISTORY, 0, 0},
	{"output-file", HN_OPTION_STRING, "FILE", "where export writes; must not exist", "standard output", NULL,
	 FIELD(output_file), HISTORY, 0, 0},
	{"listen", HN_OPTION_STRING, "ADDR:PORT|unix:PATH|none", "API and dashboard",
	 "127.0.0.1:9464 in a netns of its own, else unix:/run/hostnetd/api.sock", NULL, FIELD(listen), RUN, 0, 0},
	{"metrics-listen", HN_OPTION_STRING, "ADDR:PORT", "/metrics, /healthz and /readyz, without a token; nothing else", "off",
	 NULL, FIELD(metrics_listen), RUN, 0, 0},
	{"api-token-file", HN_OPTION_STRING, "FILE", "bearer token that the API asks for; read again when it changes", NULL,
	 NULL, FIELD(api_token_file), RUN, 0, 0},
	{"tls-cert-file", HN_OPTION_STRING, "FILE", "certificate of --listen, with its chain; read again when it changes", NULL,
	 NULL, FIELD(tls_cert_file), RUN, 0, 0},
	{"tls-key-file", HN_OPTION_STRING, "FILE", "its key", NULL, NULL, FIELD(tls_key_file), RUN, 0, 0},
	{"api-host", HN_OPTION_LIST, "NAME", "a name that clients may call the API by", "localhost, and addresses", NULL,
	 FIELD(api_hosts), RUN, 0, 0},
	{"replay", HN_OPTION_STRING, "FILE", "recorded processes instead of this node's; needs no root", NULL, NULL,
	 FIELD(replay), SCAN, 0, 0},
	{"explain", HN_OPTION_FLAG, NULL, "one line a pod that says why, for a person", NULL, NULL, FIELD(explain), CLASSIFY,
	 0, 0},
	{"list", HN_OPTION_FLAG, NULL, "print the catalogue in force instead", NULL, NULL, FIELD(list), CLASSIFY, 0, 0},
	{"file", HN_OPTION_LIST, "FILE",
	 "Kubernetes objects in JSON or YAML instead of the API server's; - is standard input; may be repeated", NULL, NULL,
	 FIELD(files), AUDIT, 0, 0},
	{"emit-policy", HN_OPTION_CHOICE, "vap|kyverno|gatekeeper",
	 "write the control as an admission policy, with the exceptions in it, and look at nothing", NULL, policies,
	 FIELD(emit_policy), AUDIT, 0, 0},
	{"findings", HN_OPTION_LIST, "FILE",
	 "what an agent saw, as scan --output json or run print it, beside what is declared; - is standard input; may be repeated",
	 NULL, NULL, FIELD(findings), AUDIT, 0, 0},
	{"with-runtime", HN_OPTION_LIST, "URL", "the same from an agent's API: http(s)://ADDR:PORT or unix:PATH; may be repeated",
	 NULL, NULL, FIELD(with_runtime), AUDIT, 0, 0},
	{"runtime-token-file", HN_OPTION_STRING, "FILE", "bearer token for the agents", NULL, NULL, FIELD(runtime_token_file),
	 AUDIT, 0, 0},
	{"runtime-ca-file", HN_OPTION_STRING, "FILE", "who signed the agents' certificates", "the system's", NULL,
	 FIELD(runtime_ca_file), AUDIT, 0, 0},
	{"workload-kinds", HN_OPTION_LIST, "FILE", "more kinds that hold pod templates, over the built-in ones", NULL, NULL,
	 FIELD(workload_kinds), AUDIT, 0, 0},
	{"selector", HN_OPTION_STRING, "LABELS", "objects with these labels only, as kubectl takes them: app=x,tier notin (a,b)",
	 NULL, NULL, FIELD(selector), AUDIT, 0, 0},
	{"kubeconfig", HN_OPTION_STRING, "FILE", "which API server, and who we are for it",
	 "$KUBECONFIG, then ~/.kube/config, then the service account", NULL, FIELD(kubeconfig), AUDIT, 0, 0},
	{"context", HN_OPTION_STRING, "NAME", "context of the kubeconfig", "its current one", NULL, FIELD(context), AUDIT, 0,
	 0},
	{"request-timeout", HN_OPTION_DURATION, "TIME", "for one page of the API server's or an agent's", "60s", NULL,
	 FIELD(request_timeout), AUDIT, SECONDS(1), SECONDS(3600)},
	{NULL, HN_OPTION_FLAG, NULL, NULL, NULL, NULL, 0, 0, 0, 0},
};
/* clang-format on */

static char *copy_if_readable(const char *path)
{
	return access(path, R_OK) == 0 ? strdup(path) : NULL;
}

static char *default_node_name(void)
{
	const char *given = getenv("NODE_NAME");
	char name[256] = "";

	if (given && given[0])
		return strdup(given);
	if (gethostname(name, sizeof(name) - 1) < 0 || !name[0])
		return strdup("localhost");
	return strdup(name);
}

static char *default_kubelet_url(void)
{
	const char *ip = getenv("HOST_IP");
	struct hn_str url = {0};

	if (!ip || !ip[0])
		ip = "127.0.0.1";
	hn_str_printf(&url, strchr(ip, ':') && ip[0] != '[' ? "https://[%s]:10250" : "https://%s:10250", ip);
	return url.data;
}

/* -EINVAL where the file is another thing: no process would be in it, and the scan would pass. */
static int stat_netns(const char *path, struct stat *ret)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = fstat(fd, ret) < 0 ? -errno : ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET ? 0 : -EINVAL;
	close(fd);
	return r;
}

static int read_host_netns(struct hn_settings *s, struct hn_reason *reason)
{
	char *end;
	struct stat st;
	unsigned long long inode;
	int r;

	if (!s->host_netns || strcmp(s->host_netns, "auto") == 0)
		return 0;
	inode = strtoull(s->host_netns, &end, 10);
	if (*end == '\0' && end != s->host_netns) {
		if (inode == 0 || inode > UINT32_MAX)
			return hn_reason_set(reason, -EINVAL, "--host-netns %s: no inode number of a namespace",
					     s->host_netns);
		s->host_netns_inode = inode;
		return 0;
	}
	r = stat_netns(s->host_netns, &st);
	if (r == -EINVAL)
		return hn_reason_set(reason, r,
				     "--host-netns %s: not the file of a network namespace, as /proc/1/ns/net is",
				     s->host_netns);
	if (r < 0)
		return hn_reason_set(reason, -EINVAL, "--host-netns %s: %s", s->host_netns, strerror(-r));
	s->host_netns_inode = st.st_ino;
	return 0;
}

static int check_addresses(const struct hn_settings *s, struct hn_reason *reason)
{
	unsigned char bytes[16];

	for (size_t i = 0; i < s->metadata_addresses.n; i++)
		if (inet_pton(AF_INET, s->metadata_addresses.items[i], bytes) != 1 &&
		    inet_pton(AF_INET6, s->metadata_addresses.items[i], bytes) != 1)
			return hn_reason_set(reason, -EINVAL, "--metadata-address %s: no IPv4 or IPv6 address",
					     s->metadata_addresses.items[i]);
	return 0;
}

/* "256Mi": bytes with Ki, Mi or Gi, as Kubernetes writes them. */
static int read_history_size(struct hn_settings *s, struct hn_reason *reason)
{
	static const struct {
		const char *name;
		unsigned shift;
	} units[] = {{"", 0}, {"Ki", 10}, {"Mi", 20}, {"Gi", 30}};
	const char *text = s->history_size_text ? s->history_size_text : "256Mi";
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	for (size_t i = 0; i < HN_ARRAY_SIZE(units); i++)
		if (errno == 0 && end != text && strcmp(end, units[i].name) == 0 && number > 0 &&
		    number <= (1LL << 40) >> units[i].shift) {
			s->history_size = number << units[i].shift;
			if (s->history_size >= 1 << 20)
				return 0;
		}
	return hn_reason_set(reason, -EINVAL, "--history-size %s: a size from 1Mi to 1024Gi, as 256Mi", text);
}

static void read_boot_id(struct hn_settings *s)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!f)
		return;
	if (!fgets(s->boot_id, sizeof(s->boot_id), f))
		s->boot_id[0] = '\0';
	s->boot_id[strcspn(s->boot_id, "\n")] = '\0';
	fclose(f);
}

int hn_settings_read(struct hn_settings *s, enum hn_command command, int argc, char *const argv[],
		     struct hn_reason *reason)
{
	int r;

	*s = (struct hn_settings){
		.log_level = HN_LOG_INFO,
		.emit_policy = -1,
		.kubelet_interval = SECONDS(300),
		.unmanaged_grace = SECONDS(3),
		.history_age = SECONDS(90LL * 86400),
	};
	r = hn_options_parse(rows, command, argc, argv, s, reason);
	if (r < 0)
		return r;
	if (s->help)
		return 1;
	hn_log_set_level((enum hn_log_level)s->log_level);
	if (command != HN_COMMAND_AUDIT && s->output > HN_OUTPUT_JSON)
		return hn_reason_set(reason, -EINVAL, "--output %s: only audit writes that", outputs[s->output]);
	if (s->ns && (!s->ns[0] || s->ns[strspn(s->ns, "abcdefghijklmnopqrstuvwxyz0123456789-")]))
		return hn_reason_set(reason, -EINVAL, "--namespace %s: no name of a namespace", s->ns);
	if (s->emit_policy >= 0 && (s->files.n || s->ns || s->selector || s->output != HN_OUTPUT_AUTO))
		return hn_reason_set(reason, -EINVAL,
				     "--emit-policy looks at no object and writes YAML: leave out --file, "
				     "--namespace, --selector and --output");
	if (s->pods_file && s->kubelet_url)
		return hn_reason_set(reason, -EINVAL, "--pods-file and --kubelet-url exclude each other");
	if (!s->store)
		s->store = strdup(command == HN_COMMAND_SCAN ? "none" : DEFAULT_STORE);
	r = read_history_size(s, reason);
	if (r < 0)
		return r;
	if (!s->node_name)
		s->node_name = default_node_name();
	if (!s->kubelet_url && !s->pods_file)
		s->kubelet_url = default_kubelet_url();
	if (!s->kubelet_token_file && !s->pods_file)
		s->kubelet_token_file = copy_if_readable(SERVICE_ACCOUNT "token");
	if (!s->kubelet_ca_file && !s->pods_file)
		s->kubelet_ca_file = copy_if_readable(SERVICE_ACCOUNT "ca.crt");
	if (!s->proc_root)
		s->proc_root = strdup("/proc");
	if (!s->cgroup_root)
		s->cgroup_root = strdup("/sys/fs/cgroup");
	if (!s->store || !s->node_name || !s->proc_root || !s->cgroup_root)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	read_boot_id(s);
	r = check_addresses(s, reason);
	return r < 0 ? r : read_host_netns(s, reason);
}

void hn_settings_done(struct hn_settings *s)
{
	hn_options_done(rows, s);
}

void hn_settings_help(enum hn_command command)
{
	struct hn_str text = {0};
	unsigned width = hn_settings_width();

	hn_options_help(rows, command, width ? width : 100, &text);
	fputs(hn_str_get(&text), stdout);
	hn_str_done(&text);
}

void hn_settings_kubelet(const struct hn_settings *s, struct hn_kubelet_settings *ret)
{
	*ret = (struct hn_kubelet_settings){
		.url = s->kubelet_url,
		.pods_file = s->pods_file,
		.token_file = s->kubelet_token_file,
		.ca_file = s->kubelet_ca_file,
		.client_cert = s->kubelet_client_cert,
		.client_key = s->kubelet_client_key,
		.tls_server_name = s->kubelet_tls_server_name,
		.insecure_tls = s->kubelet_insecure_tls,
		.interval_ns = s->kubelet_interval,
		.seed = (uint64_t)hn_wall_now().ns ^ (uint64_t)getpid(),
	};
}

void hn_settings_apiserver(const struct hn_settings *s, struct hn_apiserver_settings *ret)
{
	*ret = (struct hn_apiserver_settings){
		.kubeconfig = s->kubeconfig,
		.kubeconfig_list = getenv("KUBECONFIG"),
		.home = getenv("HOME"),
		.service_host = getenv("KUBERNETES_SERVICE_HOST"),
		.service_port = getenv("KUBERNETES_SERVICE_PORT"),
		.context = s->context,
		.timeout_ns = s->request_timeout,
	};
}

void hn_settings_probe(const struct hn_settings *s, bool events, struct hn_probe_settings *ret)
{
	*ret = (struct hn_probe_settings){
		.events = events,
		.host_netns = s->host_netns_inode,
		.proc_root = s->proc_root,
		.cgroup_root = s->cgroup_root,
		.replay_file = s->replay,
		.netns_hook = s->netns_hook ? netns_hooks[s->netns_hook] : NULL,
		.metadata_addresses = (const char *const *)s->metadata_addresses.items,
		.n_metadata_addresses = s->metadata_addresses.n,
	};
}

bool hn_settings_table(const struct hn_settings *s)
{
	return s->output == HN_OUTPUT_TABLE || (s->output == HN_OUTPUT_AUTO && isatty(STDOUT_FILENO));
}

bool hn_settings_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && no[0]);
}

unsigned hn_settings_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

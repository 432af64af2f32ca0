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
#include "settings_table.h"

#define DEFAULT_STORE "/var/lib/hostnetd/hostnetd.db"
#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount/"
#define SECONDS(n) ((n)*HN_NSEC_PER_SEC)

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

static bool is_flag(const char *arg, const char *name)
{
	size_t n = strlen(name);

	if (arg[0] == '-' && arg[1] == 'o' && (arg[2] == '\0' || arg[2] == '='))
		return strcmp(name, "output") == 0;
	return strncmp(arg, "--", 2) == 0 && strncmp(arg + 2, name, n) == 0 &&
	       (arg[2 + n] == '\0' || arg[2 + n] == '=');
}

/* A policy is made of the catalogue and the exceptions. Whoever asks for more must not believe that it is in it; what the
 * environment or a file says for other commands does no harm. */
static int check_policy_flags(int argc, char *const argv[], struct hn_reason *reason)
{
	static const char *const fine[] = {"help",      "emit-policy", "signatures", "exceptions",
					   "log-level", "config",      NULL};

	for (const struct hn_option *row = hn_setting_rows; row->name; row++) {
		bool ignored = (row->commands & HN_COMMAND_AUDIT) != 0;

		for (size_t i = 0; fine[i]; i++)
			ignored = ignored && strcmp(row->name, fine[i]) != 0;
		for (int i = 1; ignored && i < argc; i++)
			if (is_flag(argv[i], row->name))
				return hn_reason_set(
					reason, -EINVAL,
					"--emit-policy looks at nothing, and writes YAML: leave out --%s, which would change "
					"nothing of the policy",
					row->name);
	}
	return 0;
}

int hn_settings_read(struct hn_settings *s, enum hn_command command, int argc, char *const argv[],
		     struct hn_reason *reason)
{
	int r;

	*s = (struct hn_settings){
		.log_level = HN_LOG_INFO,
		.emit_policy = -1,
		.kubelet_interval = SECONDS(300),
		.compare_interval = SECONDS(300),
		.unmanaged_grace = SECONDS(3),
		.report_interval = SECONDS(30),
		.report_heartbeat = SECONDS(600),
		.runtime_max_age = SECONDS(1800),
		.history_age = SECONDS(90LL * 86400),
	};
	r = hn_options_parse(hn_setting_rows, command, argc, argv, s, reason);
	if (r > 0)
		s->stray = argv[r];
	if (r != 0)
		return r < 0 ? r : -EINVAL;
	if (s->help)
		return 1;
	hn_log_set_level((enum hn_log_level)s->log_level);
	if (s->output > HN_OUTPUT_JSON &&
	    command != (s->output == HN_OUTPUT_OCSF ? HN_COMMAND_RUN : HN_COMMAND_AUDIT))
		return hn_reason_set(reason, -EINVAL, "--output %s: only %s writes that",
				     hn_setting_outputs[s->output], s->output == HN_OUTPUT_OCSF ? "run" : "audit");
	if (s->ns && (!s->ns[0] || s->ns[strspn(s->ns, "abcdefghijklmnopqrstuvwxyz0123456789-")]))
		return hn_reason_set(reason, -EINVAL, "--namespace %s: no name of a namespace", s->ns);
	r = s->emit_policy >= 0 ? check_policy_flags(argc, argv, reason) : 0;
	if (r < 0)
		return r;
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
	hn_options_done(hn_setting_rows, s);
}

void hn_settings_help(enum hn_command command)
{
	struct hn_str text = {0};
	unsigned width = hn_settings_width();

	hn_options_help(hn_setting_rows, command, width ? width : 100, &text);
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

void hn_settings_sinks(const struct hn_settings *s, struct hn_sink_settings *ret)
{
	*ret = (struct hn_sink_settings){
		.webhook_url = s->webhook_url,
		.webhook_secret_file = s->webhook_secret_file,
		.webhook_ca_file = s->webhook_ca_file,
		.webhook_ocsf = s->webhook_format == 1,
		.report_objects = s->report_objects > 0,
		.report_kind = s->report_objects > 1 ?
				       hn_report_kind_find(hn_setting_report_objects[s->report_objects]) :
				       NULL,
		.kubernetes_events = s->kubernetes_events,
		.report_interval_ns = s->report_interval,
		.report_heartbeat_ns = s->report_heartbeat,
		.otlp_url = s->otlp_url,
		.otlp_headers_file = s->otlp_headers_file,
		.otlp_ca_file = s->otlp_ca_file,
	};
	hn_settings_apiserver(s, &ret->apiserver);
}

void hn_settings_probe(const struct hn_settings *s, bool events, struct hn_probe_settings *ret)
{
	*ret = (struct hn_probe_settings){
		.events = events,
		.host_netns = s->host_netns_inode,
		.proc_root = s->proc_root,
		.cgroup_root = s->cgroup_root,
		.replay_file = s->replay,
		.netns_hook = s->netns_hook ? hn_setting_netns_hooks[s->netns_hook] : NULL,
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

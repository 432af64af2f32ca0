/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator can set: one table for flags, environment, configuration file and --help. */
#ifndef HOSTNETD_SETTINGS_H
#define HOSTNETD_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "hostnetd/apiserver.h"
#include "hostnetd/kubelet.h"
#include "hostnetd/macro.h"
#include "hostnetd/option.h"
#include "hostnetd/probe.h"
#include "hostnetd/reason.h"
#include "hostnetd/sink.h"

enum hn_command {
	HN_COMMAND_SCAN = 1 << 0,
	HN_COMMAND_RUN = 1 << 1,
	HN_COMMAND_DOCTOR = 1 << 2,
	HN_COMMAND_CLASSIFY = 1 << 3,
	HN_COMMAND_HISTORY = 1 << 4,
	HN_COMMAND_AUDIT = 1 << 5,
};

enum hn_output {
	HN_OUTPUT_AUTO,
	HN_OUTPUT_TABLE,
	HN_OUTPUT_JSON,
	HN_OUTPUT_JUNIT,
	HN_OUTPUT_SARIF,
	HN_OUTPUT_OCSF
};
enum hn_fail_on { HN_FAIL_ON_AI, HN_FAIL_ON_LIKELY };

#define HN_WORDS_MAX 2

struct hn_settings {
	bool help, explain, list;
	char *config;
	int output, fail_on, log_level;
	char *node_name, *cluster_name;
	char *kubelet_url, *kubelet_token_file, *kubelet_ca_file, *kubelet_client_cert, *kubelet_client_key;
	char *kubelet_tls_server_name, *pods_file;
	bool kubelet_insecure_tls;
	int64_t kubelet_interval, sweep_interval, unmanaged_grace;
	char *proc_root, *cgroup_root, *host_netns, *replay, *exceptions;
	int netns_hook; /* index into hn_setting_netns_hooks, 0: auto */
	char *store, *history_size_text, *since, *until, *ns, *pod, *workload, *cause, *state, *output_file;
	bool rejudge;
	const char *words[HN_WORDS_MAX]; /* what stands before the options: FINDING-ID, export ... */
	size_t n_words;
	const char *stray; /* what is no option, and ended the reading; NULL: nothing */
	int64_t history_age;
	struct hn_strings signatures, metadata_addresses, api_hosts;
	struct hn_strings files, workload_kinds; /* audit's */
	int emit_policy;                         /* enum hn_policy_format; -1: none */
	struct hn_strings findings, with_runtime;
	char *selector, *kubeconfig, *context, *runtime_token_file, *runtime_ca_file;
	int64_t request_timeout;
	char *listen, *metrics_listen, *api_token_file, *tls_cert_file, *tls_key_file;
	int report_objects; /* 0: none, 1: auto, then one row of hn_report_kinds each */
	bool kubernetes_events, compare_apiserver;
	int64_t compare_interval, report_interval, report_heartbeat, runtime_max_age;
	char *webhook_url, *webhook_secret_file, *webhook_ca_file;
	int webhook_format;
	char *otlp_url, *otlp_headers_file, *otlp_ca_file;
	/* Not options: what follows from them. */
	uint64_t host_netns_inode; /* 0: find it */
	int64_t history_size;      /* bytes */
	char boot_id[64];
};

/* Reads the options of one command. 0; 1 if --help was asked for; -EINVAL with a reason. The defaults that depend on
 * the machine (node name, kubelet's URL, service account) are filled in. */
_must_check_ int hn_settings_read(struct hn_settings *s, enum hn_command command, int argc, char *const argv[],
				  struct hn_reason *reason);
void hn_settings_done(struct hn_settings *s);
/* The table of options of one command on standard output. */
void hn_settings_help(enum hn_command command);

/* The kubelet's part of the settings; borrows from `s`. */
void hn_settings_kubelet(const struct hn_settings *s, struct hn_kubelet_settings *ret);
/* The API server's part, and what the environment says of it; borrows from both. */
void hn_settings_apiserver(const struct hn_settings *s, struct hn_apiserver_settings *ret);
/* Which sinks, and where they send; borrows from `s`. */
void hn_settings_sinks(const struct hn_settings *s, struct hn_sink_settings *ret);
void hn_settings_probe(const struct hn_settings *s, bool events, struct hn_probe_settings *ret);
/* True where the output is a table: asked for, or standard output is a terminal. */
bool hn_settings_table(const struct hn_settings *s);
bool hn_settings_colour(void);
unsigned hn_settings_width(void); /* of the terminal; 0: standard output is none */

#endif

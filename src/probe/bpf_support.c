// SPDX-License-Identifier: Apache-2.0
/* Features are tried, never derived from a version; what fails is said with its mend. */
#include "bpf_support.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf_attach.h"
#include "hostnetd/log.h"

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"

int hn_bpf_ready(struct hn_reason *reason)
{
	if (access(VMLINUX_BTF, R_OK) < 0) {
		int error = -errno;

		return hn_reason_set(reason, error,
				     "cannot read " VMLINUX_BTF
				     " (%s): the kernel needs CONFIG_DEBUG_INFO_BTF, and a "
				     "container needs /sys mounted",
				     strerror(-error));
	}
	return 0;
}

static bool has_trampolines(void)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FEXIT);
	int id = libbpf_find_vmlinux_btf_id("switch_task_namespaces", BPF_TRACE_FEXIT), fd;

	if (id <= 0)
		return false;
	opts.attach_btf_id = (__u32)id;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "hostnetd_try", "Dual BSD/GPL", insns, HN_ARRAY_SIZE(insns),
			   &opts);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* May a program of this type ask for a task's mark? Since some kernel after 6.12. One that calls the helper with a wrong
 * argument: EACCES if it may, EINVAL if there is no such helper for it, EPERM without CAP_NET_ADMIN. */
static bool may_ask_for_marks(enum bpf_prog_type type, enum bpf_attach_type attach)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_task_storage_get},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);
	int fd = bpf_prog_load(type, "hostnetd_try", "Dual BSD/GPL", insns, HN_ARRAY_SIZE(insns), &opts);

	if (fd >= 0)
		close(fd);
	return fd == -EACCES;
}

bool hn_bpf_has(enum hn_hook_need need)
{
	switch (need) {
	case HN_NEED_NOTHING:
		return true;
	case HN_NEED_TRAMPOLINES:
		return has_trampolines();
	case HN_NEED_TRACEFS:
		return hn_bpf_tracepoint_id("syscalls/sys_exit_setns") >= 0;
	case HN_NEED_KPROBES:
		return access("/sys/bus/event_source/devices/kprobe/type", R_OK) == 0;
	case HN_NEED_CGROUP_MARKS:
		return may_ask_for_marks(BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE) &&
		       may_ask_for_marks(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT);
	}
	return false;
}

bool hn_bpf_has_task_storage(void)
{
	return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL) == 1;
}

int hn_bpf_load_reason(int error, struct hn_reason *reason)
{
	if (error == -EPERM || error == -EACCES)
		return hn_reason_set(
			reason, error,
			"the kernel refused to load the BPF programs (%s): the agent needs CAP_BPF and "
			"CAP_PERFMON (or root), and a seccomp profile that allows bpf(2); a kernel in lockdown "
			"'confidentiality' refuses them too. 'hostnetd doctor' looks closer",
			strerror(-error));
	return hn_reason_set(
		reason, error,
		"the kernel refused the BPF programs (%s): it may be older than 5.10, lack BTF for a field, or be in "
		"lockdown 'confidentiality'; 'hostnetd doctor' looks closer, HOSTNETD_LOG_LEVEL=debug shows the verifier's words",
		strerror(-error));
}

/* A program's refusal comes with the verifier's log, of many lines: all of them, at debug. */
static int log_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char *text, *save, *line;

	/* Its hint about ulimit -l is wrong where the kernel simply refuses a program. */
	if (level == LIBBPF_DEBUG || vasprintf(&text, fmt, ap) < 0)
		return 0;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		hn_debug("%s", line);
	free(text);
	return 0;
}

void hn_bpf_log_quietly(void)
{
	libbpf_set_print(log_libbpf);
}

// SPDX-License-Identifier: Apache-2.0
/* Features are tried, never derived from a version; what fails is said with its mend. */
#include "bpf_support.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf_attach.h"
#include "hostnetd/capability.h"
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

/* Debian's and Ubuntu's kernels know 3 and 4, which refuse perf events to CAP_PERFMON too. */
static bool perf_is_refused(void)
{
	FILE *f = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
	char text[16] = "";

	if (!f)
		return false;
	(void)!fgets(text, sizeof(text), f);
	fclose(f);
	return strtol(text, NULL, 10) > 2 && !hn_has_capability(CAP_SYS_ADMIN);
}

const char *hn_bpf_lacks(enum hn_hook_need need, const char *cgroup_root)
{
	int fd;

	switch (need) {
	case HN_NEED_CGROUP_MARKS:
		if (!hn_has_capability(CAP_NET_ADMIN))
			return "CAP_NET_ADMIN and the host's cgroup tree would show them at once, on kernels after 6.12 "
			       "(rights.cgroupHooks in the chart; else --cgroup-root)";
		fd = hn_bpf_open_cgroup2(cgroup_root);
		if (fd < 0)
			return "the root of the host's cgroup tree is not here: mount the host's /sys/fs/cgroup, "
			       "read-only, and name it by --cgroup-root (rights.cgroupHooks in the chart)";
		close(fd);
		return NULL;
	case HN_NEED_TRACEFS:
		if (perf_is_refused())
			return NULL;
		return hn_bpf_tracepoint_id("syscalls/sys_exit_setns") < 0 ?
			       "the node's /sys/kernel/tracing, mounted read-only, would show it at once, for about "
			       "30 ns on every system call (rights.tracefs in the chart)" :
			       NULL;
	case HN_NEED_KPROBES:
		return hn_bpf_has(need) && perf_is_refused() ?
			       "kernel.perf_event_paranoid above 2 refuses kprobes without CAP_SYS_ADMIN: set it to 2" :
			       NULL;
	case HN_NEED_NOTHING:
	case HN_NEED_TRAMPOLINES:
		break;
	}
	return NULL;
}

bool hn_bpf_has_task_storage(void)
{
	return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL) == 1;
}

/* With CAP_BPF nothing but a filter of system calls, or SELinux, refuses the smallest of maps. */
static bool syscall_is_refused(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "hostnetd_try", 4, 4, 1, NULL);

	if (fd < 0)
		return fd == -EPERM || fd == -EACCES;
	close(fd);
	return false;
}

static int refused_reason(int error, struct hn_reason *reason)
{
	bool bpf = hn_has_capability(CAP_BPF), perfmon = hn_has_capability(CAP_PERFMON);

	if (!bpf || !perfmon)
		return hn_reason_set(
			reason, error,
			"the kernel refused to load the BPF programs (%s): %s%s%s missing; add what is "
			"missing to securityContext.capabilities.add, or run as root",
			strerror(-error), bpf ? "" : "CAP_BPF", bpf || perfmon ? "" : " and ",
			perfmon ? " is" :
			bpf     ? "CAP_PERFMON is" :
				  "CAP_PERFMON are");
	if (syscall_is_refused())
		return hn_reason_set(
			reason, error,
			"bpf(2) is refused (%s) although CAP_BPF and CAP_PERFMON are held: by a seccomp profile "
			"(RuntimeDefault allows it with them since containerd 1.6.9 and Docker 23.0), or by SELinux (seLinuxType: spc_t)",
			strerror(-error));
	return hn_reason_set(
		reason, error,
		"the kernel refused to load the BPF programs (%s) although CAP_BPF and CAP_PERFMON are "
		"held: a kernel in lockdown 'confidentiality' does; 'hostnetd doctor' looks closer",
		strerror(-error));
}

int hn_bpf_load_reason(int error, struct hn_reason *reason)
{
	if (error == -EPERM || error == -EACCES)
		return refused_reason(error, reason);
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

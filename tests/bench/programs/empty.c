/* SPDX-License-Identifier: Apache-2.0 */
/* Attaches a BPF program that does nothing to a tracepoint: the zero line of what a program costs there.
 *   empty TRACEPOINT
 * It says "ready" and lives until it is ended; /proc/PID/fdinfo has the program's own counters. */
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

int main(int argc, char *argv[])
{
	const struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr load, attach;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: empty TRACEPOINT\n");
		return 2;
	}
	memset(&load, 0, sizeof(load));
	load.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	load.insns = (uintptr_t)program;
	load.insn_cnt = sizeof(program) / sizeof(program[0]);
	load.license = (uintptr_t) "GPL";
	strcpy(load.prog_name, "empty");
	fd = bpf(BPF_PROG_LOAD, &load);
	if (fd < 0) {
		perror("BPF_PROG_LOAD");
		return 1;
	}
	memset(&attach, 0, sizeof(attach));
	attach.raw_tracepoint.name = (uintptr_t)argv[1];
	attach.raw_tracepoint.prog_fd = (uint32_t)fd;
	if (bpf(BPF_RAW_TRACEPOINT_OPEN, &attach) < 0) {
		perror("BPF_RAW_TRACEPOINT_OPEN");
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	for (;;)
		pause();
}

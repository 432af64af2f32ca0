/* SPDX-License-Identifier: Apache-2.0 */
/* Does what the hooks wait for, harmlessly, in a child process: a hook that attached and stays silent is no hook. */
#ifndef PROBE_SELFTEST_H
#define PROBE_SELFTEST_H

#include <stdint.h>

/* Forks, executes this program's --version, calls setns and unshare without an effect, makes sockets on loopback, and
 * moves itself to the cgroup behind `cgroup_fd` (-1: does not). Ends within two seconds. Returns bits 1 << enum hn_program
 * of what it could not do here: of those programs nothing is known. */
uint64_t hn_selftest_run(int cgroup_fd);

#endif

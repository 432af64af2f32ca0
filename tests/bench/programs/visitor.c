/* SPDX-License-Identifier: Apache-2.0 */
/* A container's process that goes into the host's netns and back, once for each byte of its standard input, and answers with
 * a byte; after a visit the agent looks at sockets.
 *   visitor CGROUPS           comes into the pod, then execs itself
 *   visitor - HOST_NETNS_FD   is there */
#include "place.h"

int main(int argc, char *argv[])
{
	char byte, text[16];
	int home, host;

	if (argc == 2) {
		host = open("/proc/self/ns/net", O_RDONLY);
		if (host < 0)
			die("/proc/self/ns/net");
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		enter_cgroups(argv[1]);
		leave_namespaces("own");
		snprintf(text, sizeof(text), "%d", host);
		execv("/proc/self/exe", (char *[]){"vllm", "-", text, NULL});
		die("exec");
	}
	if (argc != 3)
		return 2;
	host = atoi(argv[2]);
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	while (read(STDIN_FILENO, &byte, 1) == 1) {
		if (setns(host, CLONE_NEWNET) < 0 || setns(home, CLONE_NEWNET) < 0)
			die("setns");
		if (write(STDOUT_FILENO, &byte, 1) != 1)
			return 1;
	}
	return 0;
}

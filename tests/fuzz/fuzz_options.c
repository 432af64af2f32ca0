/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a --config file, with a row of every type. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hostnetd/option.h"
#include "hostnetd/time.h"

struct settings {
	bool help, flag;
	char *config, *text;
	struct hn_strings list;
	int64_t duration;
	int choice;
};

static const char *const choices[] = {"table", "json", NULL};
#define FIELD(f) offsetof(struct settings, f)
static const struct hn_option rows[] = {
	{"help", HN_OPTION_FLAG, NULL, "", NULL, NULL, FIELD(help), 1, 0, 0},
	{"config", HN_OPTION_STRING, "FILE", "", NULL, NULL, FIELD(config), 1, 0, 0},
	{"node-name", HN_OPTION_STRING, "NAME", "", NULL, NULL, FIELD(text), 1, 0, 0},
	{"kubelet-insecure-tls", HN_OPTION_FLAG, NULL, "", NULL, NULL, FIELD(flag), 1, 0, 0},
	{"signatures", HN_OPTION_LIST, "FILE", "", NULL, NULL, FIELD(list), 1, 0, 0},
	{"sweep-interval", HN_OPTION_DURATION, "TIME", "", NULL, NULL, FIELD(duration), 1, HN_NSEC_PER_SEC / 2,
	 3600 * HN_NSEC_PER_SEC},
	{"output", HN_OPTION_CHOICE, NULL, "", NULL, choices, FIELD(choice), 1, 0, 0},
	{0},
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings s = {.duration = HN_NSEC_PER_SEC};
	struct hn_reason reason = {""};
	char path[32];
	char *argv[] = {(char *)"hostnetd", (char *)"--config", path, NULL};
	int fd = memfd_create("config", MFD_CLOEXEC), r;

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = hn_options_parse(rows, 1, 3, argv, &s, &reason);
	close(fd);
	must(r == 0 || r == -22 || r == -12);
	must((r == 0) == (reason.text[0] == '\0') && memchr(reason.text, '\0', sizeof(reason.text)));
	must(!s.help && s.config && strcmp(s.config, path) == 0);
	must(s.list.n <= HN_STRINGS_MAX);
	for (size_t i = 0; i < s.list.n; i++)
		must(strlen(s.list.items[i]) <= size);
	must(!s.text || strlen(s.text) <= size);
	must(s.duration >= HN_NSEC_PER_SEC / 2 && s.duration <= 3600 * HN_NSEC_PER_SEC);
	must(s.choice == 0 || s.choice == 1);
	hn_options_done(rows, &s);
	must(!s.text && !s.config && s.list.n == 0);
	return 0;
}

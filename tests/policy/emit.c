/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a policy: emit vap|kyverno|gatekeeper [EXCEPTIONS] */
#include <stdio.h>
#include <string.h>

#include "hostnetd/file.h"
#include "hostnetd/policy.h"
#include "hostnetd/str.h"

int main(int argc, char **argv)
{
	static const char *const formats[] = {"vap", "kyverno", "gatekeeper"};
	struct hn_catalogue *catalogue = NULL;
	struct hn_exceptions *rules = NULL;
	struct hn_file file = {0};
	struct hn_reason reason = {""};
	struct hn_str out = {0};
	int format = 0, r;

	while (argc > 1 && format < HN_POLICY_FORMAT_MAX && strcmp(argv[1], formats[format]) != 0)
		format++;
	r = argc < 2 || format == HN_POLICY_FORMAT_MAX ? -1 : hn_catalogue_new(NULL, 0, &catalogue, &reason);
	if (r == 0 && argc > 2)
		r = hn_file_read(argv[2], &file, &reason);
	if (r == 0 && argc > 2)
		r = hn_exceptions_parse(argv[2], file.bytes, file.n, &rules, &reason);
	if (r == 0) {
		hn_report_policy(catalogue, rules, hn_wall_now(), (enum hn_policy_format)format, &out);
		fputs(hn_str_get(&out), stdout);
	} else {
		fprintf(stderr, "emit: %s\n", reason.text);
	}
	hn_str_done(&out);
	hn_file_done(&file);
	hn_exceptions_free(rules);
	hn_catalogue_free(catalogue);
	return r < 0;
}

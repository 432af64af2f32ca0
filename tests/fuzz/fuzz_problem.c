/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what a kubelet answers badly: the first says how it failed, the next two the status. What people read is
 * one line that their terminal can show. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/kube/problem.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hn_kubelet_settings settings = {.url = "https://10.0.0.5:10250", .timeout_ns = 10000000000};
	struct hn_https_answer answer = {0};
	struct hn_reason reason = {"not touched"};
	enum hn_kubelet_state state;
	size_t n;

	if (size < 3)
		return 0;
	/* Most of the words come from the body: a status that was answered is the rule. */
	answer.failure = data[0] < 128 ? HN_HTTPS_FINE : (enum hn_https_failure)(data[0] % (HN_HTTPS_BODY + 1));
	answer.phase = (enum hn_https_phase)(data[0] % HN_HTTPS_PHASE_MAX);
	answer.token_withheld = data[0] & 8;
	settings.token_file = data[0] & 16 ? "/run/token" : NULL;
	settings.client_cert = data[0] & 32 ? "/run/cert" : NULL;
	answer.status = data[1] << 8 | data[2];
	data += 3;
	size -= 3;
	n = size < sizeof(answer.text) - 1 ? size : sizeof(answer.text) - 1;
	memcpy(answer.text, data, n);
	n = size < sizeof(answer.location) - 1 ? size : sizeof(answer.location) - 1;
	memcpy(answer.location, data, n);
	memcpy(answer.reason.text, data, n);
	state = hn_problem_explain(&settings, &answer, &reason);
	must(state < HN_KUBELET_STATE_MAX && state != HN_KUBELET_NONE && state != HN_KUBELET_UNASKED);
	must((state == HN_KUBELET_OK) == (answer.failure == HN_HTTPS_FINE && answer.status == 200));
	must((state == HN_KUBELET_OK) == (reason.text[0] == '\0'));
	must(memchr(reason.text, '\0', sizeof(reason.text)) != NULL);
	/* Words of our own files and libraries come in `reason`, and are not the other side's. */
	if (answer.failure == HN_HTTPS_FINE || answer.failure == HN_HTTPS_BODY)
		for (const char *c = reason.text; *c; c++)
			must((unsigned char)*c >= ' ' && *c != 0x7f);
	return 0;
}

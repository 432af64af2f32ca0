/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what an API server answers badly: the first says how it failed, the next two the status. What people read
 * is one line that their terminal can show. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/kube/apiserver_answer.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct hn_apiserver_question question = {"https://k", "/api/v1/pods", 1000000000, true};
	struct hn_https_answer answer = {0};
	struct hn_apiserver_status status;
	struct hn_reason reason = {"not touched"};
	enum hn_apiserver_step step;
	size_t n;

	if (size < 3)
		return 0;
	answer.failure = data[0] < 128 ? HN_HTTPS_FINE : (enum hn_https_failure)(data[0] % (HN_HTTPS_BODY + 1));
	answer.phase = (enum hn_https_phase)(data[0] % HN_HTTPS_PHASE_MAX);
	answer.token_withheld = data[0] & 8;
	answer.status = data[1] << 8 | data[2];
	data += 3;
	size -= 3;
	n = size < sizeof(answer.text) - 1 ? size : sizeof(answer.text) - 1;
	memcpy(answer.text, data, n);
	n = size < sizeof(answer.location) - 1 ? size : sizeof(answer.location) - 1;
	memcpy(answer.location, data, n);
	memcpy(answer.reason.text, data, n);
	hn_apiserver_status_read(answer.text, &status);
	must(memchr(status.message, '\0', sizeof(status.message)) &&
	     memchr(status.token, '\0', sizeof(status.token)));
	step = hn_apiserver_judge(&question, &answer, &status, &reason);
	must((step == HN_APISERVER_WHOLE) == (answer.failure == HN_HTTPS_FINE && answer.status == 200));
	must((step == HN_APISERVER_WHOLE) == (reason.text[0] == '\0'));
	for (const char *c = reason.text; *c; c++)
		must((unsigned char)*c >= ' ' && *c != 0x7f);
	return 0;
}

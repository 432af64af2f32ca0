// SPDX-License-Identifier: Apache-2.0
// Any text as a selector of labels: what is accepted can be matched, what is not says why.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/asset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hn_pair labels[] = {{"app", "vllm"}, {"tier", ""}};
	_cleanup_(hn_selector_cleanup) struct hn_selector *s = NULL;
	struct hn_reason reason = {""};
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if ((hn_selector_parse(text, &s, &reason) == 0) != (reason.text[0] == '\0'))
		abort();
	if (s)
		(void)hn_selector_match(s, labels, HN_ARRAY_SIZE(labels));
	free(text);
	return 0;
}

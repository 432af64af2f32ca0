/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what an exec plugin prints. What is accepted can be sent; what is refused is not shown. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/kube/exec_credential.h"
#include "../../include/hostnetd/token.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hn_credential c = {0};
	struct hn_reason reason = {""};
	int r = hn_credential_parse((const char *)data, size, "client.authentication.k8s.io/v1", &c, &reason);

	must(r == 0 || r == -EINVAL);
	must((r == 0) == (reason.text[0] == '\0'));
	must(r == 0 ? c.token || c.client_cert : !c.token && !c.client_cert && !c.client_key);
	must(!c.token || hn_token_is_good(c.token, strlen(c.token)));
	must(!c.client_cert == !c.client_key);
	hn_credential_done(&c);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as two kubeconfig files, cut at the first NUL. What is chosen holds texts or nothing; a mistake names its
 * file and stays one line. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/kube/base64.h"
#include "../../src/kube/kubeconfig.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void text(const char *s)
{
	must(!s || (s[0] && strlen(s) <= HN_KUBECONFIG_DATA + 64));
}

static void look_at(const struct hn_kubeconfig_choice *c)
{
	struct hn_str plain = {0};

	must(c->context && c->file && c->cluster && c->cluster_name);
	must(!c->user == !c->user_name);
	text(c->cluster->server);
	text(c->cluster->ca_file);
	if (c->cluster->ca_data && hn_base64_decode(c->cluster->ca_data, &plain) == 0)
		must(strlen(hn_str_get(&plain)) == plain.len);
	hn_str_done(&plain);
	if (!c->user)
		return;
	text(c->user->token);
	text(c->user->client_key);
	if (!c->user->exec)
		return;
	must(c->user->exec->n_args <= HN_KUBECONFIG_WORDS && c->user->exec->n_variables <= HN_KUBECONFIG_WORDS);
	for (size_t i = 0; i < c->user->exec->n_args; i++)
		must(c->user->exec->args[i] != NULL);
	for (size_t i = 0; i < c->user->exec->n_variables; i++)
		must(c->user->exec->names[i] && c->user->exec->values[i] && !strchr(c->user->exec->names[i], '='));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = memchr(data, '\0', size);
	size_t first = cut ? (size_t)(cut - data) : size;
	struct hn_kubeconfig *k = hn_kubeconfig_new();
	struct hn_kubeconfig_choice choice;
	struct hn_reason reason = {""};
	int r = hn_kubeconfig_add(k, "dir/fuzz", (const char *)data, first, &reason);

	must(r == 0 || r == -EINVAL || r == -ENOMEM);
	must(r == 0 || r == -ENOMEM || strncmp(reason.text, "dir/fuzz:", 9) == 0);
	if (r == 0 && cut)
		r = hn_kubeconfig_add(k, "dir/fuzz2", (const char *)cut + 1, size - first - 1, &reason);
	if (r == 0 && hn_kubeconfig_choose(k, NULL, &choice, &reason) == 0)
		look_at(&choice);
	for (const char *c = reason.text; *c; c++)
		must((unsigned char)*c >= ' ' && *c != 0x7f);
	hn_kubeconfig_free(k);
	return 0;
}

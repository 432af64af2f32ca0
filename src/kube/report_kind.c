// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/report_kind.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* openreports.io is what wgpolicyk8s.io became: where both are served, somebody asked for the new one. */
const struct hn_report_kind hn_report_kinds[] = {
	{"openreports", "openreports.io", "v1alpha1", "Report", "reports", "ClusterReport", "clusterreports", true,
	 false},
	{"wgpolicyk8s", "wgpolicyk8s.io", "v1alpha2", "PolicyReport", "policyreports", "ClusterPolicyReport",
	 "clusterpolicyreports", false, true},
	{NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, false},
};

const struct hn_report_kind *hn_report_kind_find(const char *word)
{
	for (const struct hn_report_kind *k = hn_report_kinds; k->word; k++)
		if (strcmp(k->word, word) == 0)
			return k;
	return NULL;
}

#define NO_NAMESPACE "-" /* no namespace can be called so */
#define COUNT_MAX 1000000

void hn_report_name(const char *node, const char *ns, char ret[static HN_REPORT_NAME_SIZE])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char text[512];
	int n = snprintf(text, sizeof(text), "node=%.255s\nnamespace=%.63s\n", node, ns);

	SHA256((const unsigned char *)text, (size_t)n, digest);
	n = snprintf(ret, HN_REPORT_NAME_SIZE, "hostnetd-");
	for (size_t i = 0; i < 16; i++)
		n += snprintf(ret + n, HN_REPORT_NAME_SIZE - (size_t)n, "%02x", digest[i]);
}

/* --- claims -------------------------------------------------------------------------------------------------------- */

void hn_report_claim_put(const struct hn_report_claim *claim, struct hn_str *out)
{
	hn_str_printf(out, "%s%s=%u.%u.%u", out->len ? "," : "", claim->ns[0] ? claim->ns : NO_NAMESPACE,
		      claim->ai, claim->likely, claim->excepted);
}

static bool take_number(const char **at, char end, unsigned *ret)
{
	char *stop;
	unsigned long n;

	if (**at < '0' || **at > '9')
		return false;
	n = strtoul(*at, &stop, 10);
	if (n > COUNT_MAX || (*stop != end && !(end == ',' && *stop == '\0')))
		return false;
	*at = *stop ? stop + 1 : stop;
	*ret = (unsigned)n;
	return true;
}

bool hn_report_claim_next(const char **at, struct hn_report_claim *ret, int *ret_error)
{
	struct hn_report_claim claim = {.ai = 0};
	size_t n = strcspn(*at, "=");

	if (**at == '\0')
		return false;
	*ret_error = -EBADMSG;
	if ((*at)[n] != '=' || !hn_strncpy(claim.ns, sizeof(claim.ns), *at, n))
		return false;
	if (strcmp(claim.ns, NO_NAMESPACE) == 0)
		claim.ns[0] = '\0';
	else if (!hn_is_dns_label(claim.ns))
		return false;
	*at += n + 1;
	if (!take_number(at, '.', &claim.ai) || !take_number(at, '.', &claim.likely) ||
	    !take_number(at, ',', &claim.excepted))
		return false;
	*ret_error = 0;
	*ret = claim;
	return true;
}

/* --- names --------------------------------------------------------------------------------------------------------- */

static bool is_small(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_dns(const char *text, size_t n)
{
	if (n == 0 || n > 63 || !is_small(text[0]) || !is_small(text[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_small(text[i]) && text[i] != '-')
			return false;
	return true;
}

bool hn_is_dns_label(const char *text)
{
	return is_dns(text, strlen(text));
}

bool hn_is_dns_subdomain(const char *text)
{
	if (strlen(text) > 253)
		return false;
	for (;;) {
		size_t n = strcspn(text, ".");

		if (!is_dns(text, n))
			return false;
		if (text[n] == '\0')
			return true;
		text += n + 1;
	}
}

static bool is_letter(char c)
{
	return is_small(c) || (c >= 'A' && c <= 'Z');
}

bool hn_is_label_value(const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n > 63 || !is_letter(text[0]) || !is_letter(text[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_letter(text[i]) && !strchr("-_.", text[i]))
			return false;
	return true;
}

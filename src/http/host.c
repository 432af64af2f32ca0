// SPDX-License-Identifier: Apache-2.0
#include "host.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "hostnetd/str.h"

static bool is_port(const char *text)
{
	if (text[0] == '\0')
		return true;
	return text[0] == ':' && strlen(text) <= 6 && text[1 + strspn(text + 1, "0123456789")] == '\0';
}

static bool is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");

	return n > 0 && name[n] == '\0';
}

static enum hn_host judge_address6(const char *host)
{
	const char *end = strchr(host, ']');
	char address[INET6_ADDRSTRLEN];
	unsigned char bytes[16];

	if (!end || !is_port(end + 1) ||
	    !hn_strncpy(address, sizeof(address), host + 1, (size_t)(end - host - 1)) ||
	    inet_pton(AF_INET6, address, bytes) != 1)
		return HN_HOST_MALFORMED;
	return HN_HOST_OURS;
}

enum hn_host hn_host_judge(const char *host, const char *const names[], size_t n_names)
{
	char name[256];
	unsigned char bytes[4];
	size_t n;

	if (host[0] == '[')
		return judge_address6(host);
	n = strcspn(host, ":");
	if (!is_port(host + n) || !hn_strncpy(name, sizeof(name), host, n) || !is_name(name))
		return HN_HOST_MALFORMED;
	if (inet_pton(AF_INET, name, bytes) == 1)
		return HN_HOST_OURS;
	if (name[n - 1] == '.')
		name[n - 1] = '\0';
	if (strcasecmp(name, "localhost") == 0)
		return HN_HOST_OURS;
	for (size_t i = 0; i < n_names; i++)
		if (strcasecmp(name, names[i]) == 0)
			return HN_HOST_OURS;
	return HN_HOST_FOREIGN;
}

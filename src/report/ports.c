/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints in order and without repetition: several processes may listen on one (SO_REUSEPORT, fork). */
#include "ports.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static size_t address_size(const struct hn_endpoint *e)
{
	return e->family == AF_INET ? 4 : sizeof(e->address);
}

static int compare(const void *left, const void *right)
{
	const struct hn_endpoint *a = left, *b = right;

	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->address, b->address, address_size(a));
}

size_t hn_ports_collect(const struct hn_finding *f, struct hn_endpoint out[static HN_FINDING_LISTENING])
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_listening; i++)
		out[i] = f->listening[i].endpoint;
	qsort(out, f->n_listening, sizeof(*out), compare);
	for (size_t i = 0; i < f->n_listening; i++)
		if (n == 0 || compare(&out[n - 1], &out[i]) != 0)
			out[n++] = out[i];
	return n;
}

const char *hn_ports_protocol(const struct hn_endpoint *e)
{
	switch (e->protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	case IPPROTO_DCCP:
		return "dccp";
	case IPPROTO_UDPLITE:
		return "udplite";
	case IPPROTO_RAW:
		return "raw";
	default:
		return "";
	}
}

const char *hn_ports_address(const struct hn_endpoint *e, char buf[static INET6_ADDRSTRLEN])
{
	buf[0] = '\0';
	if ((e->family == AF_INET || e->family == AF_INET6) &&
	    !inet_ntop(e->family, e->address, buf, INET6_ADDRSTRLEN))
		buf[0] = '\0';
	return buf;
}

void hn_ports_json(struct hn_json *j, const struct hn_finding *f)
{
	struct hn_endpoint endpoints[HN_FINDING_LISTENING];
	size_t n = hn_ports_collect(f, endpoints);

	hn_json_key(j, "listening");
	hn_json_array(j);
	for (size_t i = 0; i < n; i++) {
		char address[INET6_ADDRSTRLEN];

		hn_json_object(j);
		hn_json_kv_opt(j, "protocol", hn_ports_protocol(&endpoints[i]));
		hn_json_kv_opt(j, "address", hn_ports_address(&endpoints[i], address));
		hn_json_kv_uint(j, "port", endpoints[i].port);
		hn_json_object_end(j);
	}
	hn_json_array_end(j);
}

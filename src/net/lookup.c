// SPDX-License-Identifier: Apache-2.0
// evdns calls back once even for a request that was cancelled, and sometimes before it returns. So a lookup lives until
// that call, and hands over in a round of its own.
#include "lookup.h"

#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct hn_lookup {
	struct evdns_base *dns;
	struct evdns_getaddrinfo_request *request;
	struct event *deliver;
	bool answered, cancelled;
	char addresses[HN_LOOKUP_ADDRESSES][HN_LOOKUP_ADDRESS_SIZE];
	size_t n;
	const char *problem;
	hn_lookup_done *done;
	void *arg;
};

static void lookup_free(struct hn_lookup *l)
{
	if (l->deliver)
		event_free(l->deliver);
	if (l->dns)
		evdns_base_free(l->dns, 0);
	free(l);
}

static void on_deliver(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct hn_lookup *l = arg;

	if (!l->cancelled)
		l->done(l->arg, l->addresses, l->n, l->problem);
	lookup_free(l);
}

static void add_address(struct hn_lookup *l, const struct sockaddr *address)
{
	const void *bytes = NULL;

	if (address->sa_family == AF_INET)
		bytes = &((const struct sockaddr_in *)address)->sin_addr;
	else if (address->sa_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)address)->sin6_addr;
	if (bytes && inet_ntop(address->sa_family, bytes, l->addresses[l->n], HN_LOOKUP_ADDRESS_SIZE))
		l->n++;
}

static void on_answer(int result, struct evutil_addrinfo *list, void *arg)
{
	struct timeval soon = {0, 0};
	struct hn_lookup *l = arg;

	l->answered = true;
	l->request = NULL;
	for (const struct evutil_addrinfo *ai = list; ai && l->n < HN_LOOKUP_ADDRESSES; ai = ai->ai_next)
		add_address(l, ai->ai_addr);
	if (list)
		evutil_freeaddrinfo(list);
	l->problem = result ? evutil_gai_strerror(result) : "it has no address";
	event_add(l->deliver, &soon);
}

struct hn_lookup *hn_lookup_new(struct event_base *base, const char *name, hn_lookup_done *done, void *arg)
{
	struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct hn_lookup *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->done = done;
	l->arg = arg;
	l->deliver = evtimer_new(base, on_deliver, l);
	l->dns = evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (!l->deliver || !l->dns) {
		lookup_free(l);
		return NULL;
	}
	/* A missing file leaves evdns' default: a name server on this node. */
	(void)evdns_base_resolv_conf_parse(l->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");
	l->request = evdns_getaddrinfo(l->dns, name, NULL, &hints, on_answer, l);
	/* It may have answered already; then what it returned is NULL. */
	return l;
}

void hn_lookup_cancel(struct hn_lookup *l)
{
	if (!l)
		return;
	l->cancelled = true;
	if (l->answered)
		lookup_free(l);
	else if (l->request)
		evdns_getaddrinfo_cancel(l->request);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a finding listens on, as it is shown: each endpoint once, in order. */
#ifndef HOSTNETD_REPORT_PORTS_H
#define HOSTNETD_REPORT_PORTS_H

#include <netinet/in.h>
#include <stddef.h>

#include "hostnetd/finding.h"
#include "hostnetd/json.h"

/* Fills `out` with the finding's different endpoints, by port, and returns how many there are. */
size_t hn_ports_collect(const struct hn_finding *f, struct hn_endpoint out[static HN_FINDING_LISTENING]);
const char *hn_ports_protocol(const struct hn_endpoint *e); /* "tcp" ...; "" if it has no name */
/* The address as text; "" if the family is not known. Returns buf. */
const char *hn_ports_address(const struct hn_endpoint *e, char buf[static INET6_ADDRSTRLEN]);
/* The member "listening": protocol, address and port of each. */
void hn_ports_json(struct hn_json *j, const struct hn_finding *f);

#endif

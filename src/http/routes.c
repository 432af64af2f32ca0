// SPDX-License-Identifier: Apache-2.0
#include "routes.h"

#include <string.h>

#include "hostnetd/json.h"
#include "hostnetd/str.h"
#include "query.h"
#include "server_self.h"

#define BIT(p) HN_HTTP_BIT(HN_HTTP_##p)
#define TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

static void answer_healthz(struct hn_request *r)
{
	static const char ok[] = "{\"status\":\"ok\"}\n";

	hn_reply_bytes(r, 200, HN_HTTP_JSON, ok, sizeof(ok) - 1);
}

static void answer_readyz(struct hn_request *r)
{
	struct hn_reason why = {{0}};

	if (r->server->source->ready(r->server->source->self, &why))
		answer_healthz(r);
	else
		hn_reply_error(r, 503, "%s", why.text);
}

static void answer_metrics(struct hn_request *r)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};
	const char *accept = hn_request_header(r, "Accept");
	bool open = accept && strstr(accept, "application/openmetrics-text");

	r->server->source->metrics(r->server->source->self, open, &text);
	hn_reply_text(r, 200, open ? OPENMETRICS_TYPE : TEXT_TYPE, &text);
}

static void answer_status(struct hn_request *r)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};

	r->server->source->status(r->server->source->self, &text);
	hn_reply_text(r, 200, HN_HTTP_JSON, &text);
}

static void answer_drift(struct hn_request *r)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};

	if (r->server->source->drift(r->server->source->self, &text))
		hn_reply_text(r, 200, HN_HTTP_JSON, &text);
	else
		hn_reply_error(r, 404, "nothing is compared: the agent runs without --compare-apiserver");
}

static void answer_findings(struct hn_request *r)
{
	hn_reply_list(r, HN_HTTP_FINDINGS);
}

static void answer_finding(struct hn_request *r)
{
	hn_reply_list(r, HN_HTTP_FINDING);
}

static void answer_sharing(struct hn_request *r)
{
	hn_reply_list(r, HN_HTTP_SHARING);
}

static void answer_events(struct hn_request *r)
{
	hn_reply_list(r, HN_HTTP_EVENTS);
}

/* clang-format off */
const struct hn_route hn_routes[] = {
	{"/healthz", true, false, 0, answer_healthz},
	{"/readyz", true, false, 0, answer_readyz},
	{"/metrics", true, true, 0, answer_metrics},
	{"/api/v1/status", false, true, 0, answer_status},
	{"/api/v1/drift", false, true, 0, answer_drift},
	{"/api/v1/findings", false, true, BIT(STATE) | BIT(CAUSE) | BIT(SEVERITY) | BIT(VERDICT) | BIT(NAMESPACE) | BIT(POD) |
	 BIT(WORKLOAD) | BIT(Q) | BIT(LIMIT) | BIT(CURSOR), answer_findings},
	{"/api/v1/findings/{id}", false, true, 0, answer_finding},
	{"/api/v1/events", false, true, BIT(SINCE) | BIT(UNTIL) | BIT(OF_FINDING) | BIT(TYPE) | BIT(LIMIT) | BIT(CURSOR),
	 answer_events},
	{"/api/v1/sharing", false, true, BIT(CAUSE) | BIT(VERDICT) | BIT(NAMESPACE) | BIT(POD) | BIT(WORKLOAD) | BIT(Q) |
	 BIT(LIMIT) | BIT(CURSOR), answer_sharing},
	{"/api/v1/stream", false, true, 0, hn_reply_stream},
};
/* clang-format on */
const size_t hn_n_routes = HN_ARRAY_SIZE(hn_routes);

const struct hn_route *hn_route_find(const char *path, const char **ret_id)
{
	for (size_t i = 0; i < hn_n_routes; i++) {
		const char *form = hn_routes[i].path, *id = strchr(form, '{');
		size_t n = id ? (size_t)(id - form) : 0;

		*ret_id = NULL;
		if (!id && strcmp(form, path) == 0)
			return &hn_routes[i];
		if (id && strncmp(form, path, n) == 0 && path[n] && !strchr(path + n, '/')) {
			*ret_id = path + n;
			return &hn_routes[i];
		}
	}
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes: one row each. */
#ifndef HN_HTTP_ROUTES_H
#define HN_HTTP_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

struct hn_request;

struct hn_route {
	const char *path;    /* as the OpenAPI document writes it: "/api/v1/findings/{id}" */
	bool for_metrics;    /* also where only metrics are served */
	bool needs_token;    /* where there is one */
	unsigned parameters; /* HN_HTTP_BIT() of those that its query may have */
	void (*answer)(struct hn_request *r);
};
extern const struct hn_route hn_routes[];
extern const size_t hn_n_routes;

/* A file of the program's own, compressed by gzip: the page's, and the OpenAPI document. */
struct hn_http_file {
	const char *path, *type, *packed, *packed_end;
};
extern const struct hn_http_file hn_http_files[];
extern const size_t hn_n_http_files;
void hn_http_file_answer(struct hn_request *r, const struct hn_http_file *file);

/* The route of a path; `ret_id` the part that {id} stands for, else NULL. NULL: there is none. */
const struct hn_route *hn_route_find(const char *path, const char **ret_id);
const struct hn_http_file *hn_http_file_find(const char *path);

#endif

// SPDX-License-Identifier: Apache-2.0
// The pages of a list. Every loop here is bounded: by pages, by restarts, by the time that may be waited.
#include "hostnetd/apiserver.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "apiserver_ask.h"
#include "hostnetd/str.h"

#define TIMEOUT_DEFAULT_NS (60 * HN_NSEC_PER_SEC)
#define PATIENCE_NS (60 * HN_NSEC_PER_SEC)
#define PAGE_OBJECTS 500
#define PAGE_BYTES (512UL << 20) /* nothing of it is kept here; 500 objects of etcd's largest are 750 MiB */
#define PAGES 2000               /* a million objects */
#define RESTARTS 3
#define BREATH_NS (200 * HN_NSEC_PER_MSEC) /* a server behind a balancer may be gone for a moment */

/* A list on its way. */
struct walk {
	struct hn_apiserver *a;
	const struct hn_apiserver_list *list;
	struct hn_str token; /* continue; empty on the first page */
	unsigned pages, restarts;
};

static void put_path(const struct walk *w, struct hn_str *out)
{
	hn_str_printf(out, "%s?limit=%d", w->list->path, PAGE_OBJECTS);
	if (w->list->selector && w->list->selector[0]) {
		hn_str_puts(out, "&labelSelector=");
		hn_str_query(out, w->list->selector);
	}
	if (w->token.len > 0) {
		hn_str_puts(out, "&continue=");
		hn_str_query(out, w->token.data);
	}
}

static enum hn_apiserver_step set_token(struct walk *w, const char *token, struct hn_reason *ret)
{
	size_t n = strlen(token);

	if (n > HN_APISERVER_CONTINUE) {
		hn_reason_set(ret, -E2BIG, "the server's continue token has %zu bytes", n);
		return HN_APISERVER_USELESS;
	}
	if (n > 0 && n == w->token.len && strcmp(token, w->token.data) == 0) {
		hn_reason_set(ret, -ELOOP,
			      "the server gives the same page for ever: its continue token stays the same");
		return HN_APISERVER_USELESS;
	}
	hn_str_clear(&w->token);
	hn_str_puts(&w->token, token);
	return HN_APISERVER_WHOLE;
}

/* One page, and the token of the next. */
static enum hn_apiserver_step read_page(struct walk *w, struct hn_apiserver_status *status, struct hn_reason *ret)
{
	_cleanup_(hn_str_done) struct hn_str path = {0};
	struct hn_apiserver_ask ask = {
		.max_bytes = PAGE_BYTES,
		.body = w->list->bytes,
		.arg = w->list->arg,
	};
	enum hn_apiserver_step step;
	const char *token = NULL;

	put_path(w, &path);
	if (path.failed || w->token.failed) {
		hn_reason_set(ret, -ENOMEM, "no memory");
		return HN_APISERVER_USELESS;
	}
	ask.path = path.data;
	step = hn_apiserver_ask(w->a, &ask, status, ret);
	if (step != HN_APISERVER_WHOLE)
		return step;
	if (w->list->page(w->list->arg, &token, ret) < 0)
		return HN_APISERVER_USELESS;
	return set_token(w, token ? token : "", ret);
}

/* The list has changed too much, or a page broke off: from the start, without what came. True if there is a way. */
static bool again(struct walk *w, enum hn_apiserver_step step, const struct hn_apiserver_status *status)
{
	bool gone = step == HN_APISERVER_GONE && w->token.len > 0;

	if (!gone && step != HN_APISERVER_BROKEN_OFF)
		return false;
	if (w->restarts < RESTARTS) {
		if (!gone)
			hn_apiserver_pause(BREATH_NS << w->restarts);
		w->restarts++;
		hn_str_clear(&w->token);
		w->list->begin(w->list->arg);
		return true;
	}
	/* A cluster so busy that no list gets to its end: what the token of the 410 leads to is another snapshot. Every
	 * object that was there all the time is in one of the two. */
	if (!gone || !status->token[0] || strcmp(status->token, w->token.data) == 0)
		return false;
	hn_str_clear(&w->token);
	hn_str_puts(&w->token, status->token);
	return true;
}

static enum hn_apiserver_step walk(struct walk *w, struct hn_reason *ret)
{
	struct hn_apiserver_status status;
	enum hn_apiserver_step step;

	w->list->begin(w->list->arg);
	for (;;) {
		if (w->pages++ == PAGES) {
			hn_reason_set(ret, -E2BIG, "the list has more than %d pages of %d objects", PAGES,
				      PAGE_OBJECTS);
			return HN_APISERVER_USELESS;
		}
		step = read_page(w, &status, ret);
		if (step == HN_APISERVER_WHOLE && w->token.len == 0)
			return step;
		if (step != HN_APISERVER_WHOLE && !again(w, step, &status))
			return step;
	}
}

enum hn_apiserver_outcome hn_apiserver_list(struct hn_apiserver *a, const struct hn_apiserver_list *list,
					    struct hn_reason *ret)
{
	struct walk w = {.a = a, .list = list};
	enum hn_apiserver_step step;

	ret->text[0] = '\0';
	if (a->dead != HN_APISERVER_LISTED) {
		*ret = a->dead_reason;
		return a->dead;
	}
	step = walk(&w, ret);
	hn_str_done(&w.token);
	return hn_apiserver_outcome_of(step);
}

/* --- life -------------------------------------------------------------------------------------------------------- */

int hn_apiserver_open(const struct hn_apiserver_settings *settings, struct hn_apiserver **ret,
		      struct hn_reason *reason)
{
	_cleanup_(hn_apiserver_cleanup) struct hn_apiserver *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return hn_reason_set(reason, -ENOMEM, "no memory for the API server");
	a->timeout_ns = settings->timeout_ns > 0 ? settings->timeout_ns : TIMEOUT_DEFAULT_NS;
	a->patience_ns = PATIENCE_NS;
	a->base = event_base_new();
	if (!a->base)
		return hn_reason_set(reason, -ENOMEM, "no memory for the API server");
	r = hn_login_open(settings, &a->login, reason);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(a);
	return 0;
}

void hn_apiserver_free(struct hn_apiserver *a)
{
	if (!a)
		return;
	hn_discovery_free(a->discovery);
	hn_tls_free(a->tls);
	hn_login_free(a->login);
	if (a->base)
		event_base_free(a->base);
	free(a);
}

const char *hn_apiserver_name(const struct hn_apiserver *a)
{
	return a->login->name;
}

bool hn_apiserver_is_dead(const struct hn_apiserver *a)
{
	return a->dead != HN_APISERVER_LISTED;
}

const char *hn_apiserver_warning(const struct hn_apiserver *a)
{
	return a->login->warning[0] ? a->login->warning : NULL;
}

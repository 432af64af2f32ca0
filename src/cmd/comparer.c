// SPDX-License-Identifier: Apache-2.0
#include "comparer.h"

#include <string.h>

#include "hostnetd/drift.h"
#include "hostnetd/log.h"

#define INTERVAL_NS \
	(300 * HN_NSEC_PER_SEC) /* a list by node is an index look-up there: 5,000 nodes are 17 a second */

static const struct hn_catalogue *catalogue_of(void *arg)
{
	return hn_signatures_catalogue(((const struct hn_comparer *)arg)->signatures);
}

static const struct hn_exceptions *rules_of(void *arg)
{
	const struct hn_exception_book *book = ((const struct hn_comparer *)arg)->exceptions->book;

	return book ? hn_exception_book_rules(book) : NULL;
}

static void keep(struct hn_comparer *c, const struct hn_audit *declared, const char *problem)
{
	hn_str_clear(&c->document);
	hn_report_drift_json(c->who, hn_wall_now(), declared, problem, &c->document);
}

/* A flapping API server is said once, and once that it is back. */
static void say(struct hn_comparer *c, const char *problem)
{
	if (strcmp(problem, c->said.text) == 0)
		return;
	if (problem[0])
		hn_warning("nothing to compare with: %s", problem);
	else
		hn_info("the API server is asked again for this node's pods");
	hn_reason_set(&c->said, 0, "%s", problem);
}

/* Of a container that has just come the kubelet may not have spoken yet: it is in the document, and no news. */
static void say_strays(struct hn_comparer *c, const struct hn_drift *drift)
{
	size_t n = 0;

	for (size_t i = 0; i < drift->n_strays; i++)
		n += drift->strays[i].observed->cause[0] && hn_drift_stray_fails(&drift->strays[i], true);
	if (n != c->strays)
		hn_info("beside the API server's view of this node: %zu AI %s the host network and %s declared nowhere; "
			"/api/v1/drift has all",
			n, n == 1 ? "workload shares" : "workloads share", n == 1 ? "is" : "are");
	c->strays = n;
}

void hn_comparer_look(struct hn_comparer *c)
{
	const struct hn_audit *declared = NULL;
	struct hn_reason reason = {{0}};

	if (!c->agent || !c->declared || !hn_declared_whole(c->declared))
		return;
	if (hn_declared_compare(c->declared, c->agent, c->who, &declared, &reason) < 0)
		declared = NULL;
	keep(c, declared, reason.text);
	if (declared)
		say_strays(c, declared->drift);
}

static void on_answer(void *arg)
{
	struct hn_comparer *c = arg;
	const char *problem = hn_declared_problem(c->declared);

	if (!c->agent)
		return;
	say(c, problem);
	if (problem[0])
		keep(c, NULL, problem);
	hn_comparer_look(c);
}

int hn_comparer_open(struct hn_comparer *c, const struct hn_settings *s, struct event_base *base,
		     struct hn_reason *reason)
{
	const struct hn_declared_parts parts = {.settings = s,
						.base = base,
						.interval_ns = INTERVAL_NS,
						.catalogue = catalogue_of,
						.exceptions = rules_of,
						.answered = on_answer,
						.arg = c};

	if (!s->compare_apiserver)
		return 0;
	keep(c, NULL, "the API server has not answered yet");
	return hn_declared_new(&parts, &c->declared, reason);
}

void hn_comparer_close(struct hn_comparer *c)
{
	hn_declared_free(c->declared);
	c->declared = NULL;
	hn_str_done(&c->document);
}

void hn_comparer_again(struct hn_comparer *c)
{
	hn_declared_again(c->declared);
}

const struct hn_str *hn_comparer_document(const struct hn_comparer *c)
{
	return c->declared ? &c->document : NULL;
}

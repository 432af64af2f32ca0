// SPDX-License-Identifier: Apache-2.0
// Which nodes are not covered, and why: in words for a person. The texts of the objects are made visible.
#include <stdio.h>
#include <string.h>

#include "fleet.h"

#define TOLD 60 /* nodes by name; the rest is counted */
#define AHEAD_NS (300 * HN_NSEC_PER_SEC)

static void put_visible(struct hn_str *out, const char *text)
{
	hn_str_visible(out, text, strlen(text));
}

static void put_missing(const struct hn_fleet_node *node, struct hn_str *out)
{
	for (const struct hn_fleet_claim *c = node->claims; c; c = c->next) {
		const struct hn_report_claim *want = &c->claimed, *has = &c->found;

		if (want->ai == has->ai && want->likely == has->likely && want->excepted == has->excepted)
			continue;
		hn_str_printf(
			out,
			"its own report counts %u open, %u likely and %u excepted findings %s%s, where %u, %u and %u "
			"are: being written just now, cut off, or changed by somebody else",
			want->ai, want->likely, want->excepted,
			want->ns[0] ? "in namespace " : "without a namespace", want->ns, has->ai, has->likely,
			has->excepted);
		return;
	}
}

static unsigned open_of(const struct hn_fleet_node *node)
{
	unsigned n = 0;

	for (const struct hn_fleet_claim *c = node->claims; c; c = c->next)
		n += c->claimed.ai + c->claimed.likely;
	return n;
}

static void put_age(const struct hn_fleet *f, const struct hn_fleet_node *node, struct hn_str *out)
{
	int64_t age = f->settings->now.ns - node->seen.ns;
	char text[HN_TIME_TEXT];
	unsigned open = open_of(node);

	if (!hn_wall_known(node->seen)) {
		hn_str_puts(out, "its report object does not say when it was written");
		return;
	}
	if (age < -AHEAD_NS) {
		hn_str_puts(out, "its report object is from the future: is its clock, or ours, right?");
		return;
	}
	if (age <= f->settings->max_age_ns)
		return;
	hn_str_printf(out, "its report object is %s old: does the agent run there, and may it write?",
		      hn_age_format(age, text));
	if (open)
		hn_str_printf(out, " It had %u open finding%s", open, open == 1 ? "" : "s");
}

/* Empty: it is covered. */
static void put_why(const struct hn_fleet *f, const struct hn_fleet_node *node, struct hn_str *out)
{
	if (!node->kind) {
		hn_str_puts(out, "it has no report object: does the agent run there, with --report-objects?");
		return;
	}
	put_age(f, node, out);
	if (out->len)
		return;
	if (node->fault[0])
		put_visible(out, node->fault);
	else if (!node->complete) {
		hn_str_puts(out, "the agent could not see everything: ");
		put_visible(out, node->why[0] ? node->why : "it does not say why");
	} else
		put_missing(node, out);
}

static int tell(const struct hn_fleet *f, const char *what, const char *why, struct hn_reason *reason)
{
	return f->settings->gap(f->settings->arg, what, why, reason);
}

int hn_fleet_judge(struct hn_fleet *f, bool nodes_known, struct hn_reason *reason)
{
	size_t told = 0, more = 0;
	char text[300];
	int r = 0;

	for (size_t i = 0; r == 0 && i < f->n; i++) {
		_cleanup_(hn_str_done) struct hn_str why = {0};

		put_why(f, f->nodes[i], &why);
		/* The report of a node that has gone goes soon after it. */
		if (why.len == 0 || (nodes_known && !f->nodes[i]->listed))
			continue;
		if (told++ >= TOLD) {
			more++;
			continue;
		}
		snprintf(text, sizeof(text), "node %s", f->nodes[i]->name);
		r = tell(f, text, hn_str_get(&why), reason);
	}
	snprintf(text, sizeof(text), "%zu more nodes", more);
	if (r == 0 && more)
		r = tell(f, text, "as the nodes before", reason);
	snprintf(text, sizeof(text),
		 "%zu objects carry hostnetd's label and are no agent's: they are left out; who wrote them?",
		 f->strangers);
	if (r == 0 && f->strangers)
		r = tell(f, "report objects", text, reason);
	if (r == 0 && f->n == 0)
		r = tell(f, f->settings->name, "it has no node and no report object", reason);
	return r;
}

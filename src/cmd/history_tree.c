// SPDX-License-Identifier: Apache-2.0
#include "history_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/macro.h"
#include "hostnetd/map.h"
#include "hostnetd/str.h"
#include "hostnetd/utf8.h"

#include "history.h"

#define SHOWN_MAX 16384
#define KNOWN_MAX 1000000 /* a story has no more events */
#define INDENT_MAX 16     /* levels: what is deeper has its depth beside it */
#define BYTES_MAX ((size_t)16 * 1024 * 1024)
#define KEY_SIZE 192

struct node {
	char *pid, *start, *parent, *ancestors, *label;
	size_t order;
	struct node *above, *first, *next; /* `first` below it, and `next` to it */
	enum { UNSEEN, ON_PATH, SEEN } mark;
};

struct hn_tree {
	struct hn_map *known; /* identity -> node, or the map itself where the node is left out */
	struct node **nodes;
	size_t n, room;
};

struct hn_tree *hn_tree_new(void)
{
	struct hn_tree *t = calloc(1, sizeof(*t));

	if (t)
		t->known = hn_map_new(KNOWN_MAX);
	if (t && !t->known) {
		free(t);
		return NULL;
	}
	return t;
}

static void free_node(struct node *n)
{
	free(n->pid);
	free(n->start);
	free(n->parent);
	free(n->ancestors);
	free(n->label);
	free(n);
}

void hn_tree_free(struct hn_tree *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		free_node(t->nodes[i]);
	free(t->nodes);
	hn_map_free(t->known);
	free(t);
}

static struct node *new_node(const struct hn_tree_process *p)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->pid = strdup(p->pid);
	n->start = strdup(p->start);
	n->parent = strdup(p->parent);
	n->ancestors = strdup(p->ancestors);
	n->label = strdup(p->label);
	if (n->pid && n->start && n->parent && n->ancestors && n->label)
		return n;
	free_node(n);
	return NULL;
}

static bool rename_node(struct node *n, const char *label)
{
	char *copy = strdup(label);

	if (!copy)
		return false;
	free(n->label);
	n->label = copy;
	return true;
}

static bool add_node(struct hn_tree *t, const struct hn_tree_process *p, const char *key, size_t length)
{
	struct node *n;

	if (t->n == SHOWN_MAX) /* a map that is full is of no less use: so many are told of at least */
		return hn_map_put(t->known, key, length, t->known) != -ENOMEM;
	if (t->n == t->room) {
		size_t room = t->room ? t->room * 2 : 64;
		struct node **grown = reallocarray(t->nodes, room, sizeof(struct node *));

		if (!grown)
			return false;
		t->nodes = grown;
		t->room = room;
	}
	n = new_node(p);
	if (!n)
		return false;
	n->order = t->n;
	t->nodes[t->n++] = n;
	return hn_map_put(t->known, key, length, n) == 0;
}

bool hn_tree_take(struct hn_tree *t, const struct hn_tree_process *p)
{
	char key[KEY_SIZE];
	size_t length = hn_map_key3(key, sizeof(key), p->pid, p->start, "");
	void *known = hn_map_get(t->known, key, length);

	if (!known)
		return add_node(t, p, key, length);
	return known == t->known || !p->is_exec || rename_node(known, p->label);
}

/* By pid, and those of one pid by their start: times of one form are compared as texts. */
static int compare(const void *a, const void *b)
{
	const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
	int r = strcmp(x->pid, y->pid);

	if (r == 0)
		r = strcmp(x->start, y->start);
	return r ? r : (x->order > y->order) - (x->order < y->order);
}

/* The youngest of that pid that had started when the child did; the youngest of all where the child's start is not known. */
static struct node *find_parent(struct node *const *sorted, size_t n, const struct node *child)
{
	size_t low = 0, high = n;

	if (!child->parent[0] || strcmp(child->parent, child->pid) == 0)
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int r = strcmp(sorted[middle]->pid, child->parent);

		if (r < 0 || (r == 0 && (!child->start[0] || strcmp(sorted[middle]->start, child->start) <= 0)))
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && strcmp(sorted[low - 1]->pid, child->parent) == 0 ? sorted[low - 1] : NULL;
}

/* Who is above itself is above nobody: only a file that lies says so. */
static void break_circles(struct hn_tree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct node *at = t->nodes[i];

		for (; at->mark == UNSEEN; at = at->above) {
			at->mark = ON_PATH;
			if (!at->above)
				break;
			if (at->above->mark == ON_PATH)
				at->above = NULL;
			if (!at->above)
				break;
		}
		for (at = t->nodes[i]; at && at->mark == ON_PATH; at = at->above)
			at->mark = SEEN;
	}
}

static bool join(struct hn_tree *t)
{
	struct node **sorted = calloc(t->n, sizeof(struct node *));

	if (!sorted)
		return false;
	memcpy(sorted, t->nodes, t->n * sizeof(struct node *));
	qsort(sorted, t->n, sizeof(struct node *), compare);
	for (size_t i = 0; i < t->n; i++) {
		t->nodes[i]->above = find_parent(sorted, t->n, t->nodes[i]);
		t->nodes[i]->first = t->nodes[i]->next = NULL;
		t->nodes[i]->mark = UNSEEN;
	}
	free(sorted);
	break_circles(t);
	for (size_t i = t->n; i-- > 0;) {
		struct node *n = t->nodes[i];

		if (!n->above)
			continue;
		n->next = n->above->first;
		n->above->first = n;
	}
	return true;
}

/* Who started it, of those above the finding's own processes. */
static void put_origin(struct hn_str *out, const struct node *n)
{
	_cleanup_(hn_str_done) struct hn_str origin = {0};

	if (!n->parent[0])
		return;
	hn_str_printf(&origin, " (started by %s%s)", n->ancestors[0] ? "" : "process ",
		      n->ancestors[0] ? n->ancestors : n->parent);
	hn_history_show(out, hn_str_get(&origin));
}

static void put_node(const struct node *n, size_t depth, unsigned width, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str label = {0};
	unsigned indent = 2 * (unsigned)(depth < INDENT_MAX ? depth : INDENT_MAX);

	hn_str_printf(out, "  %*s", (int)indent, "");
	if (depth > INDENT_MAX)
		hn_str_printf(out, "(%zu deep) ", depth);
	hn_history_show(out, n->pid);
	hn_str_putc(out, ' ');
	hn_str_puts(&label, n->label);
	if (!depth)
		put_origin(&label, n);
	hn_str_wrap(out, hn_str_get(&label), indent + (depth > INDENT_MAX ? 24 : 12), indent + 12, width);
	hn_str_putc(out, '\n');
	out->failed |= label.failed;
}

void hn_tree_put(struct hn_tree *t, unsigned width, struct hn_str *out)
{
	size_t begin = out->len, put = 0, left;

	if (!t->n)
		return;
	if (!join(t)) {
		out->failed = true;
		return;
	}
	hn_str_puts(out, "\nProcesses\n");
	for (size_t i = 0; i < t->n; i++) {
		const struct node *at = t->nodes[i]->above ? NULL : t->nodes[i];
		size_t depth = 0;

		while (at && out->len - begin < BYTES_MAX) {
			put_node(at, depth, width, out);
			put++;
			if (at->first) {
				at = at->first;
				depth++;
				continue;
			}
			for (; at->above && !at->next; at = at->above)
				depth--;
			at = at->above ? at->next : NULL;
		}
	}
	left = hn_map_count(t->known) - put;
	if (left)
		hn_str_printf(out, "  and %zu more %s not shown\n", left,
			      left == 1 ? "process is" : "processes are");
}

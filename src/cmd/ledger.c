// SPDX-License-Identifier: Apache-2.0
#include "ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PUT_MAX 65536
#define PUT_BYTES ((size_t)4 * 1024 * 1024)
#define PAGE_BYTES ((size_t)64 * 1024)

void hn_ledger_init(struct hn_ledger *l, size_t most)
{
	*l = (struct hn_ledger){.most = most};
}

static void drop_pages(struct hn_ledger *l)
{
	for (size_t i = 0; i < l->n; i++)
		hn_str_done(&l->pages[i].clues);
	l->n = l->bytes = 0;
}

void hn_ledger_forget(struct hn_ledger *l)
{
	hn_map_free(l->put);
	l->put = NULL;
	l->put_bytes = 0;
}

void hn_ledger_done(struct hn_ledger *l)
{
	drop_pages(l);
	free(l->pages);
	l->pages = NULL;
	l->room = 0;
	hn_ledger_forget(l);
}

/* Finding, kind, number of a port, name and arguments. */
static void make_key(const struct hn_finding *f, const struct hn_clue *clue, struct hn_str *key)
{
	hn_str_append(key, f->id, sizeof(f->id));
	hn_str_printf(key, "%d %u ", (int)clue->kind, clue->kind == HN_CLUE_PORT ? clue->number : 0);
	hn_str_append(key, clue->name, strlen(clue->name) + 1);
	hn_str_append(key, clue->argv, clue->argv_len);
}

/* True if it is new. When there is no room to remember, it begins anew: the file takes nothing twice. */
static bool remember(struct hn_ledger *l, const struct hn_str *key)
{
	if (l->put && hn_map_get(l->put, key->data, key->len))
		return false;
	if (l->put_bytes + key->len > PUT_BYTES || (l->put && hn_map_count(l->put) >= PUT_MAX))
		hn_ledger_forget(l);
	if (!l->put)
		l->put = hn_map_new(PUT_MAX);
	if (l->put && hn_map_put(l->put, key->data, key->len, l) == 0)
		l->put_bytes += key->len;
	return true;
}

static struct hn_ledger_page *page_of(struct hn_ledger *l, const char *finding)
{
	struct hn_ledger_page *last = l->n ? &l->pages[l->n - 1] : NULL, *grown;

	if (last && last->clues.len < PAGE_BYTES && strcmp(last->finding, finding) == 0)
		return last;
	if (!l->pages || l->n == l->room) {
		grown = reallocarray(l->pages, l->room + 16, sizeof(*grown));
		if (!grown)
			return NULL;
		l->pages = grown;
		l->room += 16;
	}
	last = &l->pages[l->n++];
	*last = (struct hn_ledger_page){.clues = {0}};
	hn_strcpy(last->finding, sizeof(last->finding), finding);
	return last;
}

void hn_ledger_take(struct hn_ledger *l, const struct hn_finding *finding, const struct hn_clue *clue)
{
	_cleanup_(hn_str_done) struct hn_str key = {0};
	struct hn_ledger_page *page;
	size_t before;

	make_key(finding, clue, &key);
	if (key.failed) {
		l->lost = true;
		return;
	}
	if (!remember(l, &key))
		return;
	page = hn_ledger_full(l) ? NULL : page_of(l, finding->id);
	if (!page) {
		l->lost = true;
		return;
	}
	before = page->clues.len;
	hn_history_add_clue(&page->clues, clue, hn_wall_now());
	l->bytes += page->clues.len - before;
}

bool hn_ledger_full(const struct hn_ledger *l)
{
	return l->bytes >= l->most;
}

void hn_ledger_flush(struct hn_ledger *l, struct hn_history *h)
{
	for (size_t i = 0; i < l->n; i++)
		hn_history_put_clues(h, l->pages[i].finding, &l->pages[i].clues);
	drop_pages(l);
	if (!l->lost)
		return;
	l->lost = false;
	hn_history_lose_clues(h);
	hn_ledger_forget(l);
}

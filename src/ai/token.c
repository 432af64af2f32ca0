/* SPDX-License-Identifier: Apache-2.0 */
#include "token.h"

#include <ctype.h>
#include <string.h>

bool hn_token_lower(struct hn_token *t, const char *text, size_t n)
{
	if (!n || n >= sizeof(t->text))
		return false;
	for (size_t i = 0; i < n; i++)
		t->text[i] = (char)tolower((unsigned char)text[i]);
	t->text[n] = '\0';
	t->n = n;
	return true;
}

bool hn_path_cut(struct hn_path *p, const char *text, size_t n)
{
	char *begin, *end;

	p->n = 0;
	if (n >= sizeof(p->text)) {
		text += n - (sizeof(p->text) - 1);
		n = sizeof(p->text) - 1;
	}
	for (size_t i = 0; i < n; i++)
		p->text[i] = (char)tolower((unsigned char)text[i]);
	p->text[n] = '\0';
	for (begin = p->text; begin; begin = end ? end + 1 : NULL) {
		end = strchr(begin, '/');
		if (end)
			*end = '\0';
		if (!*begin || !strcmp(begin, "."))
			continue;
		if (p->n == HN_SEGMENTS_MAX) {
			memmove(p->segment, p->segment + 1, (HN_SEGMENTS_MAX - 1) * sizeof(p->segment[0]));
			p->n--;
		}
		p->segment[p->n++] = begin;
	}
	return p->n > 0;
}

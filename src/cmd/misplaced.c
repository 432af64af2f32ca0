// SPDX-License-Identifier: Apache-2.0
#include "misplaced.h"

#include <stddef.h>
#include <string.h>

#include "hostnetd/macro.h"

#define ID_LEAST 6 /* digits: shorter ones are words too, as "add" */

const char *hn_misplaced_word(const char *command, const char *word)
{
	static const struct {
		const char *command, *word, *right;
	} rows[] = {
		{"", "findings", "'hostnetd scan' shows those of now, 'hostnetd history' those on record"},
		{"", "list", "'hostnetd scan' shows the findings of now, 'hostnetd history' those on record"},
		{"", "export", "'hostnetd history export [FINDING-ID]'"},
		{"", "verify", "'hostnetd history verify FILE'"},
		{"", "rejudge", "'hostnetd history --rejudge --signatures FILE'"},
		{"", "explain", "'hostnetd classify --pods-file FILE --explain'"},
		{"", "signatures", "'hostnetd classify --list'"},
		{"", "policy", "'hostnetd audit --emit-policy vap'"},
		{"", "exceptions", "'hostnetd run --exceptions FILE'"},
		{"", "watch", "'hostnetd run'"},
		{"", "serve", "'hostnetd run --listen ADDRESS'"},
		{"", "status", "'hostnetd doctor'"},
		{"", "version", "'hostnetd --version'"},
		{"", "schema", "'hostnetd --schema NAME'"},
		{"history", "export", "'hostnetd history export [FINDING-ID] [OPTIONS]'"},
		{"history", "verify", "'hostnetd history verify FILE'"},
		{"history", "rejudge", "'hostnetd history --rejudge --signatures FILE'"},
		{"history", "list", "'hostnetd history [OPTIONS]'"},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].command, command) == 0 && strcmp(rows[i].word, word) == 0)
			return rows[i].right;
	return NULL;
}

bool hn_misplaced_is_id(const char *word)
{
	size_t n = strlen(word);

	return n >= ID_LEAST && strspn(word, "0123456789abcdefABCDEF") == n;
}

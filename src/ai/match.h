/* SPDX-License-Identifier: Apache-2.0 */
/* One token of the input against the catalogue's index. Tokens are compared whole, never as substrings; one that is
 * longer than any pattern matches nothing. Each call is linear in its token. */
#ifndef AI_MATCH_H
#define AI_MATCH_H

#include "hits.h"
#include "shell.h"

void hn_match_image(struct hn_hits *h, const char *image);
/* A program's name or path, and its arguments. Returns true if it is one whose arguments say nothing: a proxy, curl … */
bool hn_match_program(struct hn_hits *h, const char *path, const struct hn_word *rest, size_t n_rest);
void hn_match_script(struct hn_hits *h, const char *path);
void hn_match_module(struct hn_hits *h, const char *module);
void hn_match_package(struct hn_hits *h, const char *package, float factor);
/* `value` may be NULL. */
void hn_match_flag(struct hn_hits *h, const char *flag, const char *value);
/* An argument that is no flag, or a flag's value. */
void hn_match_value(struct hn_hits *h, const char *value);
void hn_match_env(struct hn_hits *h, const char *name);
void hn_match_label(struct hn_hits *h, const char *key, const char *value);
/* The value of such a label or annotation is a name of what runs. */
bool hn_match_names_application(const char *key);
void hn_match_owner(struct hn_hits *h, const struct hn_owner *owner);
/* RESOURCE, PORT, RUNTIME: the whole text. */
void hn_match_name(struct hn_hits *h, enum hn_pattern_kind kind, const char *name);
/* A file's name, for its ending. */
void hn_match_file(struct hn_hits *h, const char *base);
/* A claim's name: each word of it. */
void hn_match_claim(struct hn_hits *h, const char *name);
/* What a process holds, by the file's own name. */
void hn_match_held(struct hn_hits *h, bool library, const char *name);
/* PATH or MOUNT. */
void hn_match_path(struct hn_hits *h, enum hn_pattern_kind kind, const char *path);
/* Is this flag's or variable's value a secret by its name? */
bool hn_match_is_secret(const char *name);

#endif

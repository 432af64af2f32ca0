/* SPDX-License-Identifier: Apache-2.0 */
/* A command line against the catalogue: wrappers stripped, shell scripts taken apart, programs and arguments matched. */
#ifndef AI_CMDLINE_H
#define AI_CMDLINE_H

#include "hits.h"
#include "shell.h"

/* `h->at` says where argument 0 stands; its index is replaced by each word's own. */
void hn_cmdline_match(struct hn_hits *h, const struct hn_word *w, size_t n);

#endif

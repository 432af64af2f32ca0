/* SPDX-License-Identifier: Apache-2.0 */
/* Takes secrets out of a command line before it is kept or sent. Pure. */
#ifndef HOSTNETD_REDACT_H
#define HOSTNETD_REDACT_H

#include <stddef.h>

/* Copies NUL-separated arguments to out, with "[redacted]" for the value of --api-key=..., --token ..., NAME_SECRET=...,
 * X-Api-Key: ..., "password": ..., for words that look like a known token, and for the password of a URL; also within
 * an argument, as in a shell's line. Returns the length, at most `size`;
 * *ret_cut (may be NULL) tells whether something did not fit. */
size_t hn_redact_argv(const char *argv, size_t len, char *out, size_t size, _Bool *ret_cut);

#endif

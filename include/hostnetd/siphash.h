/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-2-4 (Aumasson, Bernstein): whoever does not know the key cannot choose keys of a table that collide. */
#ifndef HOSTNETD_SIPHASH_H
#define HOSTNETD_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hn_siphash(const void *data, size_t n, const uint64_t key[static 2]);

#endif

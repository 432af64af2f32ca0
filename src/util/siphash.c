/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-2-4 as its paper gives it; the test holds it against the paper's vectors. */
#include "hostnetd/siphash.h"

struct state {
	uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

static void rounds(struct state *s, unsigned n)
{
	while (n-- > 0) {
		s->a += s->b;
		s->b = rotate(s->b, 13) ^ s->a;
		s->a = rotate(s->a, 32);
		s->c += s->d;
		s->d = rotate(s->d, 16) ^ s->c;
		s->a += s->d;
		s->d = rotate(s->d, 21) ^ s->a;
		s->c += s->b;
		s->b = rotate(s->b, 17) ^ s->c;
		s->c = rotate(s->c, 32);
	}
}

static uint64_t little_endian(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

uint64_t hn_siphash(const void *data, size_t n, const uint64_t key[static 2])
{
	const unsigned char *p = data;
	uint64_t word, length = (uint64_t)n << 56;
	struct state s = {
		.a = key[0] ^ 0x736f6d6570736575,
		.b = key[1] ^ 0x646f72616e646f6d,
		.c = key[0] ^ 0x6c7967656e657261,
		.d = key[1] ^ 0x7465646279746573,
	};

	for (; n >= 8; p += 8, n -= 8) {
		word = little_endian(p, 8);
		s.d ^= word;
		rounds(&s, 2);
		s.a ^= word;
	}
	word = length | little_endian(p, n);
	s.d ^= word;
	rounds(&s, 2);
	s.a ^= word;
	s.c ^= 0xff;
	rounds(&s, 4);
	return s.a ^ s.b ^ s.c ^ s.d;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Puts a file of the repo into the program: the path is from the repo's top, where the compiler runs. The Makefile
 * lists embedded files as prerequisites of the object. */
#ifndef HOSTNETD_EMBED_H
#define HOSTNETD_EMBED_H

#define HN_EMBED(symbol, path)                                                                             \
	__asm__(".section .rodata\n"                                                                       \
		".balign 16\n" #symbol ":\n.incbin \"" path "\"\n" #symbol "_end:\n.byte 0\n.previous\n"); \
	extern const char symbol[] __attribute__((visibility("hidden")));                                  \
	extern const char symbol##_end[] __attribute__((visibility("hidden")))

#endif

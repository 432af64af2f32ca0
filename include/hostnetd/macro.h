/* SPDX-License-Identifier: Apache-2.0 */
/* Ownership and contract helpers that every folder uses. No functions of the domain here. */
#ifndef HOSTNETD_MACRO_H
#define HOSTNETD_MACRO_H

#include <stddef.h>

/* Runs f(&variable) when the variable leaves its scope. Every f takes a NULL or empty object. */
#define _cleanup_(f) __attribute__((cleanup(f)))
#define _must_check_ __attribute__((warn_unused_result))
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))
#define _unused_ __attribute__((unused))

#define HN_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Hands the pointer over: the variable is NULL afterwards, so its cleanup does nothing. */
#define TAKE_PTR(p)                         \
	({                                  \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

/* The same for a file descriptor; -1 means none. */
#define TAKE_FD(fd)                \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

/* Defines name(T **p), the cleanup function of an owning pointer, from its free function. */
#define HN_DEFINE_CLEANUP(type, free_function, name) \
	static inline void name(type **p)            \
	{                                            \
		free_function(*p);                   \
	}

#endif

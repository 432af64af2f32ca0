/* SPDX-License-Identifier: Apache-2.0 */
/* Has a file changed since it was read? Follows symbolic links, so that the swap of a mounted secret's ..data counts. */
#ifndef HOSTNETD_FILESTAMP_H
#define HOSTNETD_FILESTAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct hn_filestamp {
	uint64_t dev, ino, size;
	int64_t modified_ns, changed_ns;
	bool settled; /* it had not been written for a while when the stamp was taken */
};

void hn_filestamp_of(const struct stat *st, struct hn_filestamp *ret);
/* A missing or unreadable file has an empty stamp. */
void hn_filestamp_take(const char *path, struct hn_filestamp *ret);
/* True if what was read under stamp `old` is still what `now` shows. A stamp that was not settled proves nothing: a
 * second write in the same tick of the file system's clock would look the same. */
bool hn_filestamp_same(const struct hn_filestamp *old, const struct hn_filestamp *now);
/* True if the stamps differ. */
bool hn_filestamp_differs(const struct hn_filestamp *old, const struct hn_filestamp *now);

#endif

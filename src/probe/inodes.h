/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets of the host netns, as the tables below /proc/1/net list them: which file descriptors of whom are among them
 * is then told by the number in the link "socket:[N]". */
#ifndef PROBE_INODES_H
#define PROBE_INODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/macro.h"
#include "hostnetd/sighting.h"

struct hn_inode {
	uint64_t number;
	struct hn_endpoint listens; /* protocol 0: it does not, or is of a family without ports */
};

struct hn_inodes {
	struct hn_inode *items; /* sorted by number */
	size_t n, cap;
};

/* Reads tcp, udp, raw (each also of IPv6), packet and netlink; a table that the kernel does not have is empty. Of UDP, whose
 * clients have a port too, those below the range that the kernel chooses from count as listening. -errno if none can be
 * read; -E2BIG beyond a million sockets. */
_must_check_ int hn_inodes_read(int proc_fd, struct hn_inodes *ret);
void hn_inodes_done(struct hn_inodes *i);
const struct hn_inode *hn_inodes_find(const struct hn_inodes *i,
				      uint64_t number); /* NULL: not of the host netns */

/* One line of a table, for the tests. False: it has no socket (a head, an orphan, no sense). */
enum hn_inode_table { HN_TABLE_STREAM, HN_TABLE_DATAGRAM, HN_TABLE_RAW, HN_TABLE_PACKET, HN_TABLE_NETLINK };
bool hn_inode_parse(char *line, enum hn_inode_table table, uint8_t family, struct hn_inode *ret);

#endif

// SPDX-License-Identifier: Apache-2.0
/* The forms are those of net/ipv4/tcp_ipv4.c (tcp4_seq_show), udp.c, raw.c, net/packet/af_packet.c (packet_seq_show) and
 * net/netlink/af_netlink.c (netlink_seq_show). */
#include "inodes.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOCKETS_MAX 1000000
#define STATE_LISTEN 0x0a
#define STATE_CLOSE 0x07
#define FIRST_CLIENT_PORT 32768 /* net.ipv4.ip_local_port_range begins here unless somebody changed it */
#define WORDS_MAX 16

static const struct {
	const char *path;
	enum hn_inode_table table;
	uint8_t family;
} tables[] = {
	{"1/net/tcp", HN_TABLE_STREAM, AF_INET},      {"1/net/tcp6", HN_TABLE_STREAM, AF_INET6},
	{"1/net/udp", HN_TABLE_DATAGRAM, AF_INET},    {"1/net/udp6", HN_TABLE_DATAGRAM, AF_INET6},
	{"1/net/raw", HN_TABLE_RAW, AF_INET},         {"1/net/raw6", HN_TABLE_RAW, AF_INET6},
	{"1/net/packet", HN_TABLE_PACKET, AF_PACKET}, {"1/net/netlink", HN_TABLE_NETLINK, AF_NETLINK},
};

/* Which word of a line is the inode. */
static const unsigned inode_word[] = {
	[HN_TABLE_STREAM] = 9, [HN_TABLE_DATAGRAM] = 9, [HN_TABLE_RAW] = 9,
	[HN_TABLE_PACKET] = 8, [HN_TABLE_NETLINK] = 9,
};

static bool read_hex(const char *text, size_t digits, uint32_t *ret)
{
	char copy[9] = "", *end;

	if (strlen(text) < digits)
		return false;
	memcpy(copy, text, digits);
	*ret = (uint32_t)strtoul(copy, &end, 16);
	return end == copy + digits;
}

/* "0100007F:1F90": words of the address in the machine's byte order, and the port as a number. */
static bool read_address(const char *text, uint8_t family, struct hn_endpoint *ret)
{
	unsigned words = family == AF_INET6 ? 4 : 1;
	uint32_t word;

	for (unsigned i = 0; i < words; i++, text += 8) {
		if (!read_hex(text, 8, &word))
			return false;
		memcpy(ret->address + 4 * i, &word, 4);
	}
	if (*text != ':' || !read_hex(text + 1, 4, &word))
		return false;
	ret->family = family;
	ret->port = (uint16_t)word;
	return true;
}

bool hn_inode_parse(char *line, enum hn_inode_table table, uint8_t family, struct hn_inode *ret)
{
	char *words[WORDS_MAX], *save, *end;
	uint32_t state;
	size_t n = 0;

	*ret = (struct hn_inode){0};
	for (char *word = strtok_r(line, " \n", &save); word && n < WORDS_MAX; word = strtok_r(NULL, " \n", &save))
		words[n++] = word;
	if (n <= inode_word[table])
		return false;
	ret->number = strtoull(words[inode_word[table]], &end, 10);
	if (*end != '\0' || ret->number == 0)
		return false;
	if (table > HN_TABLE_DATAGRAM)
		return true;
	if (!read_hex(words[3], 2, &state) || !read_address(words[1], family, &ret->listens))
		return false;
	if (table == HN_TABLE_STREAM && state == STATE_LISTEN)
		ret->listens.protocol = IPPROTO_TCP;
	else if (table == HN_TABLE_DATAGRAM && state == STATE_CLOSE && ret->listens.port &&
		 ret->listens.port < FIRST_CLIENT_PORT)
		ret->listens.protocol = IPPROTO_UDP;
	else
		ret->listens = (struct hn_endpoint){0};
	return true;
}

static int add(struct hn_inodes *i, const struct hn_inode *item)
{
	if (i->n == SOCKETS_MAX)
		return -E2BIG;
	if (i->n == i->cap) {
		size_t cap = i->cap ? 2 * i->cap : 256;
		struct hn_inode *grown = reallocarray(i->items, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		i->items = grown;
		i->cap = cap;
	}
	i->items[i->n++] = *item;
	return 0;
}

static int read_table(int proc_fd, size_t which, struct hn_inodes *ret)
{
	int fd = openat(proc_fd, tables[which].path, O_RDONLY | O_CLOEXEC), r = 0;
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	struct hn_inode item;
	char line[512];

	if (!file) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r == 0 && fgets(line, sizeof(line), file))
		if (hn_inode_parse(line, tables[which].table, tables[which].family, &item))
			r = add(ret, &item);
	if (r == 0 && ferror(file))
		r = -EIO;
	fclose(file);
	return r;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = ((const struct hn_inode *)a)->number, y = ((const struct hn_inode *)b)->number;

	return x < y ? -1 : x > y;
}

int hn_inodes_read(int proc_fd, struct hn_inodes *ret)
{
	int r = 0, last = -ENOENT;
	bool any = false;

	*ret = (struct hn_inodes){0};
	for (size_t i = 0; i < HN_ARRAY_SIZE(tables); i++) {
		r = read_table(proc_fd, i, ret);
		if (r == 0)
			any = true;
		else if (r != -ENOENT)
			last = r;
		if (r == -ENOMEM || r == -E2BIG)
			break;
	}
	if (!any || r == -ENOMEM || r == -E2BIG) {
		hn_inodes_done(ret);
		return last;
	}
	if (ret->n)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_number);
	return 0;
}

void hn_inodes_done(struct hn_inodes *i)
{
	free(i->items);
	*i = (struct hn_inodes){0};
}

const struct hn_inode *hn_inodes_find(const struct hn_inodes *i, uint64_t number)
{
	const struct hn_inode key = {.number = number};

	return i->n ? bsearch(&key, i->items, i->n, sizeof(key), by_number) : NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The tables below /proc/1/net, as kernels print them. */
#include "../../../src/probe/inodes.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static bool parse(const char *text, enum hn_inode_table table, uint8_t family, struct hn_inode *ret)
{
	char line[512];

	snprintf(line, sizeof(line), "%s", text);
	return hn_inode_parse(line, table, family, ret);
}

static void test_lines(void **state)
{
	static const struct {
		const char *line, *address;
		enum hn_inode_table table;
		uint8_t family, protocol;
		uint16_t port;
		uint64_t number;
	} rows[] = {
		{"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 81234 1 0 100 0 0 10 0\n",
		 "127.0.0.1", HN_TABLE_STREAM, AF_INET, IPPROTO_TCP, 8080, 81234},
		{"   1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 81235 1 0\n",
		 NULL, HN_TABLE_STREAM, AF_INET, 0, 0, 81235},
		{"   0: 00000000000000000000000001000000:18EB 00000000000000000000000000000000:0000 0A 00000000:00000000 "
		 "00:00000000 00000000     0        0 9 1 0\n",
		 "::1", HN_TABLE_STREAM, AF_INET6, IPPROTO_TCP, 6379, 9},
		{"  12: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 10 2 0 0\n",
		 "0.0.0.0", HN_TABLE_DATAGRAM, AF_INET, IPPROTO_UDP, 53, 10},
		/* A client's port is the kernel's choice. */
		{"  13: 00000000:C350 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 11 2 0 0\n",
		 NULL, HN_TABLE_DATAGRAM, AF_INET, 0, 0, 11},
		{"  14: 00000000:0035 08080808:0035 01 00000000:00000000 00:00000000 00000000     0        0 12 2 0 0\n",
		 NULL, HN_TABLE_DATAGRAM, AF_INET, 0, 0, 12},
		{"   1: 00000000:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 13 2 0 0\n",
		 NULL, HN_TABLE_RAW, AF_INET, 0, 0, 13},
		{"ffff8881 3      3    0003   2     1 0        0      14\n", NULL, HN_TABLE_PACKET, AF_PACKET, 0,
		 0, 14},
		{"ffff8881 0   1234       00000001 0        0        0     2        0        15\n", NULL,
		 HN_TABLE_NETLINK, AF_NETLINK, 0, 0, 15},
	};
	struct hn_inode inode;
	uint8_t wanted[16];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(parse(rows[i].line, rows[i].table, rows[i].family, &inode));
		assert_int_equal(inode.number, rows[i].number);
		assert_int_equal(inode.listens.protocol, rows[i].protocol);
		if (!rows[i].protocol)
			continue;
		assert_int_equal(inode.listens.port, rows[i].port);
		assert_int_equal(inode.listens.family, rows[i].family);
		assert_int_equal(inet_pton(rows[i].family, rows[i].address, wanted), 1);
		assert_memory_equal(inode.listens.address, wanted, rows[i].family == AF_INET ? 4 : 16);
	}
}

static void test_what_is_no_socket(void **state)
{
	static const char *const lines[] = {
		"",
		"\n",
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n",
		/* an orphan */
		"   2: 0100007F:1F90 0100007F:D431 04 00000000:00000000 00:00000000 00000000     0        0 0 1 0\n",
		"   0: 0100007F 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 81234 1\n",
		"   0: XYZ0007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 81234 1\n",
		"   0: 0100007F:1F 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 81234 1\n",
		"   0: 0100007F:1F90 00000000:0000 Q 00000000:00000000 00:00000000 00000000     0        0 81234 1\n",
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 8x 1\n",
	};
	struct hn_inode inode;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(parse(lines[i], HN_TABLE_STREAM, AF_INET, &inode));
}

static void write_table(int root, const char *name, const char *text)
{
	int fd = openat(root, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* A kernel without IPv6 has no tcp6; one without any table is no /proc. */
static void test_tables(void **state)
{
	char path[] = "/tmp/hostnetd-inodes-XXXXXX";
	struct hn_inodes inodes;
	int root;

	(void)state;
	assert_non_null(mkdtemp(path));
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
	assert_true(hn_inodes_read(root, &inodes) < 0);
	assert_int_equal(mkdirat(root, "1", 0700), 0);
	assert_int_equal(mkdirat(root, "1/net", 0700), 0);
	write_table(
		root, "1/net/tcp",
		"  sl  local_address\n"
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 300 1\n"
		"   1: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1\n");
	write_table(
		root, "1/net/packet",
		"sk       RefCnt Type Proto  Iface R Rmem   User   Inode\nffff8881 3      3    0003   2     1 0        0      20\n");
	assert_int_equal(hn_inodes_read(root, &inodes), 0);
	assert_int_equal(inodes.n, 3);
	assert_int_equal(hn_inodes_find(&inodes, 300)->listens.port, 8080);
	assert_int_equal(hn_inodes_find(&inodes, 7)->listens.port, 8081);
	assert_int_equal(hn_inodes_find(&inodes, 20)->listens.protocol, 0);
	assert_null(hn_inodes_find(&inodes, 21));
	hn_inodes_done(&inodes);
	assert_null(hn_inodes_find(&inodes, 20));
	unlinkat(root, "1/net/tcp", 0);
	unlinkat(root, "1/net/packet", 0);
	unlinkat(root, "1/net", AT_REMOVEDIR);
	unlinkat(root, "1", AT_REMOVEDIR);
	close(root);
	rmdir(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_what_is_no_socket),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in an entry: containers, processes, ports, calls. */
#include "rig.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static void test_new(void **state)
{
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_SOCKET);
	assert_int_equal(rig.e->finding.state, HN_STATE_GONE);
	assert_int_equal(rig.e->finding.way, HN_WAY_SOCKET);
	assert_string_equal(rig.e->finding.pod_uid, UID);
	assert_int_equal(strlen(rig.e->finding.id), 32);
	assert_false(hn_entry_present(rig.e)); /* nobody was seen */
	come(&rig, PLAIN(1));
	assert_true(hn_entry_present(rig.e));
	all_gone(&rig);
	assert_false(hn_entry_present(rig.e));
	rig_free(&rig);
	hn_entry_free(NULL);
}

static void test_containers(void **state)
{
	struct hn_container_ref ref;
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	assert_int_equal(come_to(&rig, "c1", PLAIN(1)), 0);
	assert_int_equal(come_to(&rig, "c2", PLAIN(2)), 1);
	assert_int_equal(come_to(&rig, "c1", PLAIN(3)), 0);
	assert_int_equal(rig.e->finding.n_containers, 2);
	assert_string_equal(rig.e->finding.containers[1].id, "c2");
	assert_string_equal(rig.e->finding.containers[1].runtime, "containerd");
	assert_true(rig.e->seats[1].first.ns == rig.now);
	assert_true(rig.e->changed & BIT(CONTAINERS));
	/* One that is known is no change. */
	rig.e->changed = 0;
	ref = a_ref(UID, "c2");
	assert_int_equal(hn_entry_container(rig.e, &ref, (struct hn_mono){1}), 1);
	assert_int_equal(rig.e->changed, 0);
	rig_free(&rig);
}

/* A pod whose container restarts for ever: the oldest that has left makes room. */
static void test_containers_without_end(void **state)
{
	struct rig rig;
	char id[16];

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	for (int i = 0; i < HN_FINDING_CONTAINERS; i++) {
		snprintf(id, sizeof(id), "c%d", i);
		rig.now += SECOND;
		assert_int_equal(come_to(&rig, id, PLAIN(i + 1)), i);
	}
	/* All are there: the last place is shared. */
	assert_int_equal(come_to(&rig, "late", PLAIN(99)), HN_FINDING_CONTAINERS - 1);
	assert_string_equal(rig.e->finding.containers[HN_FINDING_CONTAINERS - 1].id, "c31");
	leave_from(&rig, 9, 10);
	leave_from(&rig, 7, 8);
	assert_int_equal(come_to(&rig, "late2", PLAIN(100)),
			 HN_FINDING_CONTAINERS - 1); /* not confirmed by a sweep */
	rig.e->finding.containers[9].present = rig.e->finding.containers[7].present = false;
	rig.e->finding.containers[7].known = true;
	hn_strcpy(rig.e->finding.containers[7].name, 64, "old");
	rig.e->changed = 0;
	assert_int_equal(come_to(&rig, "new", PLAIN(101)), 7);
	assert_int_equal(rig.e->finding.n_containers, HN_FINDING_CONTAINERS);
	assert_string_equal(rig.e->finding.containers[7].id, "new");
	assert_string_equal(rig.e->finding.containers[7].name, "");
	assert_false(rig.e->finding.containers[7].known);
	assert_int_equal(rig.e->seats[7].processes, 1);
	assert_true(rig.e->changed & BIT(CONTAINERS));
	assert_int_equal(come_to(&rig, "newer", PLAIN(102)), 9);
	rig_free(&rig);
}

static void test_a_process(void **state)
{
	const struct hn_finding_process *p;
	struct hn_sighting s = EXEC(7, "/usr/bin/python3", "python3\0--api-key\0abc\0-v");
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	s.uid = 1000;
	come(&rig, s);
	assert_int_equal(rig.e->finding.n_processes, 1);
	p = &rig.e->finding.processes[0];
	assert_int_equal(p->pid, 7);
	assert_int_equal(p->uid, 1000);
	assert_int_equal(p->threads, 1);
	assert_true(p->started.ns == WALL_AT_BOOT + 90 * SECOND);
	assert_string_equal(p->exe, "/usr/bin/python3");
	assert_string_equal(p->comm, "comm");
	assert_int_equal(p->argv_len, sizeof("python3\0--api-key\0[redacted]\0-v"));
	assert_memory_equal(p->argv, "python3\0--api-key\0[redacted]\0-v", p->argv_len);
	assert_false(p->argv_truncated);
	assert_true(rig.e->finding.first_seen.ns == WALL_AT_BOOT + rig.now);
	assert_int_equal(rig.e->changed, BIT(CONTAINERS) | BIT(PROCESSES));
	rig_free(&rig);
}

static void test_what_is_no_change(void **state)
{
	static const char long_exe[] =
		"/a/very/long/path/that/goes/on/and/on/and/on/0123456789012345678901234567890123456789"
		"/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
		"/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
		"/0123456789012345678901234567890123456789/python3";
	struct rig rig;

	(void)state;
	assert_true(sizeof(long_exe) > sizeof(((struct hn_finding_process *)0)->exe));
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	come(&rig, EXEC(7, long_exe, "python3"));
	rig.e->changed = 0;
	rig.e->dirty = false;
	rig.now += SECOND;
	see(&rig, EXEC(7, long_exe, "python3"));
	see(&rig, PRESENT(7, long_exe));
	see(&rig, PRESENT(7, ""));
	assert_int_equal(rig.e->changed, 0);
	assert_false(rig.e->dirty);
	assert_true(rig.e->last.ns == rig.now);
	assert_true(rig.e->finding.last_seen.ns == WALL_AT_BOOT + rig.now);
	assert_true(rig.e->finding.first_seen.ns == WALL_AT_BOOT + rig.now - SECOND);
	assert_memory_equal(rig.e->finding.processes[0].argv, "python3", 8);
	/* Another thread: the process, and no program. */
	see(&rig, (struct hn_sighting){.kind = HN_SIGHTING_PRESENT,
				       .pid = 7,
				       .tid = 8,
				       .start_ns = 90 * SECOND,
				       .brief = true,
				       .armed = true,
				       .comm = "worker",
				       .cgroup = "",
				       .exe = ""});
	assert_int_equal(rig.e->changed, 0);
	assert_string_equal(rig.e->finding.processes[0].comm, "comm");
	/* Another program, other arguments. */
	see(&rig, EXEC(7, "/bin/sh", "python3"));
	assert_int_equal(rig.e->changed, BIT(PROCESSES));
	rig.e->changed = 0;
	see(&rig, EXEC(7, "/bin/sh", "sh"));
	assert_int_equal(rig.e->changed, BIT(PROCESSES));
	assert_int_equal(rig.e->finding.n_processes, 1);
	rig_free(&rig);
}

/* A recording does not know when a process started; nobody guesses. */
static void test_start_not_known(void **state)
{
	struct hn_sighting s = PLAIN(7);
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	s.start_ns = 0;
	come(&rig, s);
	assert_true(rig.e->finding.processes[0].started.ns == 0);
	rig_free(&rig);
}

static void test_a_pid_used_again(void **state)
{
	struct hn_sighting s = PLAIN(7);
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	come(&rig, s);
	s.start_ns = 95 * SECOND;
	come(&rig, s);
	assert_int_equal(rig.e->finding.n_processes, 2);
	leave_from(&rig, 0, 7);
	assert_int_equal(rig.e->finding.n_processes, 1);
	assert_true(rig.e->finding.processes[0].start_ns == 95 * SECOND);
	rig_free(&rig);
}

static void test_more_processes_than_are_kept(void **state)
{
	const int all = HN_FINDING_PROCESSES + 8;
	struct hn_finding *f;
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	f = &rig.e->finding;
	for (int pid = 1; pid <= all; pid++)
		come(&rig, PLAIN(pid));
	assert_int_equal(f->n_processes, HN_FINDING_PROCESSES);
	assert_int_equal(f->processes_not_kept, 8);
	/* A sweep sees them all again: none is counted twice, and nothing has changed. */
	rig.e->changed = 0;
	rig.e->dirty = false;
	for (int pid = 1; pid <= all; pid++)
		see(&rig, PRESENT(pid, "/bin/sleep"));
	assert_int_equal(f->processes_not_kept, 8);
	assert_int_equal(rig.e->changed, 0);
	assert_false(rig.e->dirty);
	/* One without a row ends, one with a row ends; who is seen next gets its row. */
	leave_from(&rig, 0, all);
	assert_int_equal(f->processes_not_kept, 7);
	assert_int_equal(rig.e->changed, BIT(PROCESSES));
	leave_from(&rig, 0, 1);
	assert_int_equal(f->n_processes, HN_FINDING_PROCESSES - 1);
	see(&rig, PRESENT(all - 1, "/bin/sleep"));
	assert_int_equal(f->n_processes, HN_FINDING_PROCESSES);
	assert_int_equal(f->processes_not_kept, 6);
	for (int pid = 2; pid < all; pid++)
		leave_from(&rig, 0, pid);
	assert_int_equal(f->n_processes, 0);
	assert_int_equal(f->processes_not_kept, 0);
	rig_free(&rig);
}

static struct hn_sighting listen_on(pid_t pid, uint16_t port)
{
	struct hn_sighting s = PRESENT(pid, "");

	s.kind = HN_SIGHTING_LISTEN;
	s.endpoint = (struct hn_endpoint){.protocol = IPPROTO_TCP, .family = AF_INET, .port = port};
	return s;
}

static void test_listening(void **state)
{
	struct hn_sighting s;
	struct hn_finding *f;
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	f = &rig.e->finding;
	come(&rig, PLAIN(1));
	come(&rig, PLAIN(2));
	rig.e->changed = 0;
	s = listen_on(1, 8000);
	hn_entry_listen(rig.e, &s);
	assert_int_equal(rig.e->changed, BIT(NETWORK));
	rig.e->changed = 0;
	rig.e->dirty = false;
	hn_entry_listen(rig.e, &s);
	assert_int_equal(rig.e->changed, 0);
	assert_false(rig.e->dirty);
	assert_int_equal(f->n_listening, 1);
	/* Two processes may share a port; it ends with both. */
	s = listen_on(2, 8000);
	hn_entry_listen(rig.e, &s);
	s = listen_on(2, 9000);
	hn_entry_listen(rig.e, &s);
	assert_int_equal(f->n_listening, 3);
	leave_from(&rig, 0, 2);
	assert_int_equal(f->n_listening, 1);
	assert_int_equal(f->listening[0].pid, 1);
	assert_true(rig.e->changed & BIT(NETWORK));
	/* Bounded. */
	for (uint16_t port = 1; port <= 100; port++) {
		s = listen_on(1, port);
		hn_entry_listen(rig.e, &s);
	}
	assert_int_equal(f->n_listening, HN_FINDING_LISTENING);
	leave_from(&rig, 0, 1);
	assert_int_equal(f->n_listening, 0);
	rig_free(&rig);
}

/* Calls to what a workload has no business with: each destination once, with the time of the last call. */
static void test_contacts(void **state)
{
	struct hn_sighting s = PRESENT(1, "");
	struct hn_finding *f;
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	f = &rig.e->finding;
	come(&rig, PLAIN(1));
	rig.e->changed = 0;
	s.kind = HN_SIGHTING_CONNECT;
	s.contact = HN_CONTACT_METADATA;
	s.endpoint = (struct hn_endpoint){.protocol = IPPROTO_TCP, .family = AF_INET, .port = 80};
	s.time.ns = 5;
	hn_entry_contact(rig.e, &s);
	assert_int_equal(rig.e->changed, BIT(NETWORK));
	s.time.ns = 6;
	s.pid = 2; /* whoever calls */
	hn_entry_contact(rig.e, &s);
	assert_int_equal(f->n_contacts, 1);
	assert_int_equal(f->contacts[0].what, HN_CONTACT_METADATA);
	assert_int_equal(f->contacts[0].endpoint.port, 80);
	assert_true(f->contacts[0].time.ns == 6);
	s.contact = HN_CONTACT_CONTROL;
	hn_entry_contact(rig.e, &s);
	assert_int_equal(f->n_contacts, 2);
	/* They stay when the caller has ended; bounded. */
	leave_from(&rig, 0, 1);
	assert_int_equal(f->n_contacts, 2);
	for (uint16_t port = 100; port < 200; port++) {
		s.endpoint.port = port;
		hn_entry_contact(rig.e, &s);
	}
	assert_int_equal(f->n_contacts, HN_FINDING_CONTACTS);
	assert_int_equal(f->contacts[0].endpoint.port, 80);
	rig_free(&rig);
}

/* Each container's records come from a cgroup of its own; the kernel's limit is told of all. */
static void test_cgroups(void **state)
{
	struct hn_sighting s = PLAIN(1);
	struct rig rig;
	unsigned other;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	s.cgroup_id = 70;
	s.cgroup_v2 = true;
	come(&rig, s);
	s = PLAIN(2);
	s.cgroup_id = 71;
	other = come_to(&rig, "c2", s);
	assert_int_equal(rig.e->seats[0].cgroup_id, 70);
	assert_true(rig.e->seats[0].cgroup_v2);
	assert_int_equal(rig.e->seats[other].cgroup_id, 71);
	assert_false(rig.e->seats[other].cgroup_v2);
	rig.e->seats[other].limited = true;
	see_in(&rig, other, s, NULL);
	assert_true(rig.e->seats[other].limited);
	s.cgroup_id = 72;
	see_in(&rig, other, s, NULL);
	assert_int_equal(rig.e->seats[other].cgroup_id, 72);
	assert_false(rig.e->seats[other].limited);
	s.brief = true; /* gives none */
	s.cgroup_id = 0;
	see_in(&rig, other, s, NULL);
	assert_int_equal(rig.e->seats[other].cgroup_id, 72);
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_containers_without_end),
		cmocka_unit_test(test_a_process),
		cmocka_unit_test(test_what_is_no_change),
		cmocka_unit_test(test_start_not_known),
		cmocka_unit_test(test_a_pid_used_again),
		cmocka_unit_test(test_more_processes_than_are_kept),
		cmocka_unit_test(test_listening),
		cmocka_unit_test(test_contacts),
		cmocka_unit_test(test_cgroups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
/* Where not all that was seen is kept: it is said, and nobody is acquitted for want of evidence. */
#include "rejudge_rig.h"

#define UID "2f1d3c4b-5a69-4788-96a5-b4c3d2e1f001"
#define OTHER "2f1d3c4b-5a69-4788-96a5-b4c3d2e1f002"
/* The kept form that had no clues: see tests/unit/history/rig.h. */
#define AS_VERSION_3 \
	"DROP INDEX events_watching; DROP TABLE clues; ALTER TABLE findings DROP COLUMN whole; ALTER TABLE exceptions DROP COLUMN expired; PRAGMA user_version = 3;"
#define OLDER "evidence incomplete: an older hostnetd wrote it, which kept less than its verdict rested on\n"
#define LOST "evidence incomplete: some of what was seen was lost before it was written\n"
#define ZNEW                                                                                      \
	"\n- name: znew\n  category: agent\n  exe: [{znew: 0.97}]\n  device: [{zdevice: 0.97}]\n" \
	"  examples: {match: [{exe: znew}], near-miss: [{exe: other}]}"
#define ZAGAINST                                                         \
	"\n- name: zagainst\n  not-ai: true\n  exe: [{zagainst: 0.9}]\n" \
	"  examples: {match: [{exe: zagainst}], near-miss: [{exe: other}]}"
#define ZIMAGE                                                                    \
	"\n- name: zimage\n  category: agent\n  image: [{zimage/server: 0.97}]\n" \
	"  examples: {match: [{image: zimage/server}], near-miss: [{image: other/server}]}"

static void expect(const char *printed, const char *what)
{
	if (!strstr(printed, what))
		fail_msg("no '%s' in: %s", what, printed);
}

static void run_program(struct rig *rig, struct hn_entry *e, const char *exe)
{
	rig_exec(rig, e, 7, exe, "", 0, NULL);
	while (e->finding.n_processes) /* the next is another */
		hn_entry_forget(e, e->finding.processes[0].pid, e->finding.processes[0].start_ns);
}

/* All there is of the pod: that program, which came and went. */
static void ran(struct rig *rig, const char *uid, const struct hn_pod *pod, const char *exe)
{
	struct hn_entry *e = rig_entry(uid, pod);

	if (exe)
		run_program(rig, e, exe);
	rig_end(rig, e, pod);
}

static void what_did_not_fit_is_counted(void **state)
{
	struct hn_entry *e = rig_entry(UID, NULL);
	struct rig rig;
	char exe[32];

	(void)state;
	rig_new(&rig, ZNEW);
	for (int i = 0; i < HN_HISTORY_PROGRAMS + 5; i++) {
		snprintf(exe, sizeof(exe), "/bin/p%d", i);
		run_program(&rig, e, exe);
	}
	run_program(&rig, e, "/bin/znew"); /* the one that tells is not among the first */
	hn_entry_judge(e, rig.catalogue, NULL);
	assert_int_equal(e->finding.ai.verdict, HN_AI);
	rig_end(&rig, e, NULL);
	rig_close(&rig);
	/* By the catalogue of its day, and by one that does not know it: nothing is taken back. */
	for (int with = 0; with < 2; with++) {
		const char *printed = rig_rejudge(&rig, HN_OUTPUT_TABLE, with);

		expect(printed, "was ai, undecided: by what is kept it would be not-ai\n");
		expect(printed,
		       "evidence incomplete: it holds the first 128 programs; 6 more were seen\n"
		       "1 looked at, 0 judged differently; of 1 the evidence is incomplete, 1 undecided for that\n");
	}
	expect(rig_rejudge(&rig, HN_OUTPUT_JSON, true),
	       "\"rejudged\":[],\"incomplete\":[{\"was\":{\"verdict\":\"ai\"");
	expect(hn_str_get(&rig.printed), "\"byWhatIsKept\":{\"verdict\":\"not-ai\"");
	expect(hn_str_get(&rig.printed),
	       "\"evidenceIncomplete\":[\"it holds the first 128 programs; 6 more were seen\"]");
	rig_free(&rig);
}

static void of_a_flood_so_much_is_counted(void **state)
{
	struct hn_entry *e = rig_entry(UID, NULL);
	struct rig rig;
	char name[32];

	(void)state;
	rig_new(&rig, NULL);
	for (int i = 0; i < HN_HISTORY_DEVICES + HN_HISTORY_CLUES_LEFT + 200; i++) {
		snprintf(name, sizeof(name), "d%dx", i);
		rig_hold(&rig, e, false, name);
	}
	rig_end(&rig, e, NULL);
	rig_close(&rig);
	expect(rig_rejudge(&rig, HN_OUTPUT_TABLE, false),
	       "it holds the first 64 devices; 1024 or more were seen\n");
	rig_free(&rig);
}

/* One that was AI by what it held, one that was not by what it ran. */
static void an_older_store(struct rig *rig)
{
	struct hn_entry *held = rig_entry(UID, NULL), *ran = rig_entry(OTHER, NULL);

	rig_hold(rig, held, false, "zdevice0");
	rig_end(rig, held, NULL);
	hn_history_put(
		rig->history,
		&(struct hn_history_event){
			.seq = 1,
			.time = hn_wall_now(),
			.type = "process.exec",
			.finding = ran->finding.id,
			.json = "{\"process\":{\"pid\":7,\"exe\":\"/bin/zold\",\"argv\":[\"zold\",\"serve\"]}}"});
	run_program(rig, ran, "/bin/zold");
	rig_end(rig, ran, NULL);
}

static void an_older_form_acquits_nobody(void **state)
{
	const char *printed;
	struct rig rig;

	(void)state;
	rig_new(&rig, ZNEW);
	an_older_store(&rig);
	rig_close(&rig);
	rig_sql(&rig, AS_VERSION_3);
	printed = rig_rejudge(&rig, HN_OUTPUT_TABLE, true);
	expect(printed, "was ai, undecided: by what is kept it would be not-ai\n              " OLDER);
	expect(printed, "was not-ai\n              " OLDER);
	expect(printed,
	       "2 looked at, 0 judged differently; of 2 the evidence is incomplete, 1 undecided for that\n");
	/* What is kept is enough to find it. */
	rig_signatures(&rig, "\n- name: zold\n  category: agent\n  argv: [{zold serve: 0.97}]\n"
			     "  examples: {match: [{argv: zold serve}], near-miss: [{argv: zold}]}");
	printed = rig_rejudge(&rig, HN_OUTPUT_TABLE, true);
	expect(printed, "was not-ai, now ai zold\n              " OLDER);
	expect(printed,
	       "2 looked at, 1 judged differently; of 2 the evidence is incomplete, 1 undecided for that\n");
	rig_free(&rig);
}

/* The agent goes on with it: what it saw before is not known any more, what comes new is whole. */
static void an_older_row_stays_incomplete(void **state)
{
	const char *printed;
	struct rig rig;

	(void)state;
	rig_new(&rig, ZNEW);
	an_older_store(&rig);
	rig_close(&rig);
	rig_sql(&rig, AS_VERSION_3);
	rig_open(&rig);
	hn_ledger_forget(&rig.ledger);
	ran(&rig, UID, NULL, "/bin/znew");
	ran(&rig, "2f1d3c4b-5a69-4788-96a5-b4c3d2e1f003", NULL, "/bin/znew");
	rig_close(&rig);
	printed = rig_rejudge(&rig, HN_OUTPUT_TABLE, true);
	assert_int_equal(rig_count(printed, OLDER), 2);
	expect(printed, "3 looked at, 0 judged differently; of 2 the evidence is incomplete\n");
	rig_free(&rig);
}

static const char *const none = "";
#define A_POD(...)                                                                            \
	{                                                                                     \
		.uid = UID, .ns = "ml", .name = "p", .phase = none, .runtime_class = none,    \
		.controller = {none, none, none}, .workload = {"v1", "Pod", "p"}, __VA_ARGS__ \
	}

/* What spoke against AI ran, and is not kept: an image that says AI proves nothing there. */
static void what_spoke_against_is_missed(void **state)
{
	const struct hn_container container = {
		.name = "c", .image = "r.example/zimage/server:1", .image_id = none, .id = none, .runtime = none};
	const struct hn_pod pod = A_POD(.containers = &container, .n_containers = 1);
	const char *printed;
	struct rig rig;

	(void)state;
	rig_new(&rig, ZAGAINST);
	ran(&rig, UID, &pod, "/bin/zagainst");
	rig_close(&rig);
	/* All is kept: the program still speaks against it, or the catalogue has changed. */
	rig_signatures(&rig, ZAGAINST ZIMAGE);
	assert_string_equal(rig_rejudge(&rig, HN_OUTPUT_TABLE, true), "1 looked at, 0 judged differently\n");
	rig_signatures(&rig, ZIMAGE);
	expect(rig_rejudge(&rig, HN_OUTPUT_TABLE, true),
	       "was not-ai, now ai zimage\n1 looked at, 1 judged differently\n");
	rig_sql(&rig, "UPDATE findings SET whole = NULL; DELETE FROM clues");
	rig_signatures(&rig, ZAGAINST ZIMAGE);
	printed = rig_rejudge(&rig, HN_OUTPUT_TABLE, true);
	expect(printed, "was not-ai, undecided: by what is kept it would be ai zimage\n              " OLDER);
	expect(printed,
	       "1 looked at, 0 judged differently; of 1 the evidence is incomplete, 1 undecided for that\n");
	rig_free(&rig);
}

static void what_was_lost_is_told(void **state)
{
	struct hn_history_stats stats;
	struct rig rig;

	(void)state;
	rig_new(&rig, ZNEW);
	ran(&rig, UID, NULL, "/bin/znew");
	hn_history_lose_clues(rig.history);
	hn_history_stats(rig.history, &stats);
	assert_int_equal(stats.clues_lost, 1);
	ran(&rig, OTHER, NULL, "/bin/znew"); /* begins when all is well again */
	rig_close(&rig);
	/* It had ended before: nothing of it is missing. */
	assert_string_equal(rig_rejudge(&rig, HN_OUTPUT_TABLE, true), "2 looked at, 0 judged differently\n");
	rig_sql(&rig, "UPDATE findings SET state = 'sharing' WHERE uid = '" UID "'");
	rig_open(&rig);
	hn_history_lose_clues(rig.history);
	rig_close(&rig);
	expect(rig_rejudge(&rig, HN_OUTPUT_TABLE, true), "was ai\n              " LOST);
	assert_int_equal(rig_count(hn_str_get(&rig.printed), LOST), 1);
	rig_free(&rig);
}

/* A signature asks for the value of an annotation that nobody asked for when the pod was there. */
static void a_value_that_was_not_kept(void **state)
{
	const struct hn_pair annotations[] = {{"example.ai/use", "hunter2"}};
	const struct hn_pod pod = A_POD(.annotations = annotations, .n_annotations = 1);
	struct rig rig;

	(void)state;
	rig_new(&rig, NULL);
	ran(&rig, UID, &pod, NULL);
	rig_close(&rig);
	assert_string_equal(rig_rejudge(&rig, HN_OUTPUT_TABLE, false), "1 looked at, 0 judged differently\n");
	rig_signatures(&rig, "\n- name: zuse\n  category: agent\n  label: [example.ai/use=chat]\n"
			     "  examples: {match: [{label: example.ai/use=chat}], near-miss: [{label: a=b}]}");
	expect(rig_rejudge(&rig, HN_OUTPUT_TABLE, true),
	       "Pod ml/p\n              was not-ai\n"
	       "              evidence incomplete: the value of annotation example.ai/use is not kept\n");
	rig_sql(&rig, "DELETE FROM pods");
	expect(rig_rejudge(&rig, HN_OUTPUT_TABLE, false), "its pod's spec is not kept, or cannot be read\n");
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_did_not_fit_is_counted),  cmocka_unit_test(of_a_flood_so_much_is_counted),
		cmocka_unit_test(an_older_form_acquits_nobody), cmocka_unit_test(an_older_row_stays_incomplete),
		cmocka_unit_test(what_spoke_against_is_missed), cmocka_unit_test(what_was_lost_is_told),
		cmocka_unit_test(a_value_that_was_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

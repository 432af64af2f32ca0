/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of the rules outlives a restart, and so does what they except. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

static void take_one(const struct hn_finding *finding, void *arg)
{
	*(struct hn_finding *)arg = *finding;
}

static struct hn_exception_book *a_book(const char *rules, int64_t now)
{
	struct hn_exception_book *b = hn_exception_book_new();
	struct hn_exceptions *x = NULL;
	struct hn_reason reason = {""};

	if (hn_exceptions_parse("x.yaml", rules, strlen(rules), &x, &reason) < 0)
		fail_msg("%s", reason.text);
	assert_int_equal(hn_exception_book_set(b, x, (struct hn_wall){now}), 0);
	return b;
}

static void count_expired(const struct hn_exception *e, enum hn_exception_news news, void *arg)
{
	(void)e;
	*(unsigned *)arg += news == HN_EXCEPTION_HAS_EXPIRED;
}

static void count_unused(const struct hn_exception *e, enum hn_exception_news news, void *arg)
{
	(void)e;
	*(unsigned *)arg += news == HN_EXCEPTION_IS_UNUSED;
}

/* Another run: closes the store, and opens it again. */
static struct hn_history *again(struct rig *rig, struct hn_history *h)
{
	hn_history_free(h);
	return open_store(rig, 1 << 24);
}

static void rules_are_remembered(void **state)
{
#define RULE(name, match) \
	"- {name: \"" name "\", reason: why, expires: 2199-01-31, match: {namespaces: [" match "]}}\n"
	const int64_t month = HN_EXCEPTION_UNUSED_NS, start = 1000 * month;
	static const char both[] = "exceptions:\n" RULE("a rule", "ml") RULE("gone", "x");
	static const char one[] = "exceptions:\n" RULE("a rule", "ml");
	struct hn_judgement ai = {.verdict = HN_AI};
	struct hn_exception_facts facts = {
		.cause = HN_CAUSE_DECLARED, .ns = "ml", .workload = {"", "", ""}, .ai = &ai};
	struct hn_exception_memory m;
	struct hn_exception_book *b = a_book(both, start);
	struct hn_finding f = {.id = ID, .state = HN_STATE_EXCEPTED};
	struct hn_history *h;
	unsigned unused = 0;
	size_t cursor = 0;
	struct rig rig;
	char json[512];

	(void)state;
	rig_new(&rig);
	h = open_store(&rig, 1 << 24);
	assert_non_null(hn_exception_book_cover(b, &facts, (struct hn_wall){start + 1}));
	hn_history_put_exceptions(h, b);
	snprintf(json, sizeof(json),
		 "{\"exception\":{\"name\":\"a rule\",\"reason\":\"why\",\"ticket\":\"T\","
		 "\"expires\":\"2199-02-01T00:00:00.000000Z\"}}");
	hn_history_put_finding(h, &f, json);
	hn_exception_book_free(b);

	/* A day before the month is over, counted from its use. */
	h = again(&rig, h);
	b = a_book(one, start + month / 2);
	hn_history_recall_exceptions(h, b);
	hn_exception_book_check(b, (struct hn_wall){start + month}, count_unused, &unused);
	assert_int_equal(unused, 0);
	hn_exception_book_check(b, (struct hn_wall){start + 1 + month}, count_unused, &unused);
	assert_int_equal(unused, 1);
	hn_history_put_exceptions(h, b);
	/* A finding comes back with its rule, and that rule's digest. */
	assert_true(hn_exception_book_next(b, &cursor, &m));
	f = (struct hn_finding){.id = ""};
	hn_history_restore(h, take_one, &f);
	assert_string_equal(f.id, ID);
	assert_int_equal(f.state, HN_STATE_EXCEPTED);
	assert_string_equal(f.exception.name, "a rule");
	assert_string_equal(f.exception.reason, "why");
	assert_string_equal(f.exception.ticket, "T");
	assert_string_equal(f.exception.approved_by, "");
	assert_true(f.exception.expires.ns == hn_exceptions_at(hn_exception_book_rules(b), 0)->expires.ns);
	assert_true(f.exception.digest == m.digest && m.digest != 0);
	hn_exception_book_free(b);

	/* It was told, and is not told again; the other rule was taken out, and is new when it comes back. */
	h = again(&rig, h);
	b = a_book(both, start + 2 * month);
	hn_history_recall_exceptions(h, b);
	hn_exception_book_check(b, (struct hn_wall){start + 2 * month + 2}, count_unused, &unused);
	assert_int_equal(unused, 1);
	for (cursor = 0; hn_exception_book_next(b, &cursor, &m);)
		assert_true(m.since.ns == (strcmp(m.name, "gone") == 0 ? start + 2 * month : start));
	hn_exception_book_free(b);
	hn_history_free(h);
	rig_free(&rig);
#undef RULE
}

/* Once, not at each start; another day is told anew. */
static void expiry_is_told_once(void **state)
{
#define RULE(day) "exceptions:\n- {name: r, reason: why, expires: " day ", match: {namespaces: [ml]}}\n"
	static const char *const rules[] = {RULE("2026-01-31"), RULE("2026-01-31"), RULE("2026-02-01")};
	static const unsigned wanted[] = {1, 1, 2};
	struct hn_wall now;
	struct hn_history *h = NULL;
	unsigned expired = 0;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	assert_int_equal(hn_wall_parse("2026-03-01T00:00:00Z", &now), 0);
	for (size_t i = 0; i < HN_ARRAY_SIZE(rules); i++) {
		struct hn_exception_book *b = a_book(rules[i], now.ns + (int64_t)i);

		h = again(&rig, h);
		hn_history_recall_exceptions(h, b);
		hn_exception_book_check(b, now, count_expired, &expired);
		assert_int_equal(expired, wanted[i]);
		hn_history_put_exceptions(h, b);
		hn_exception_book_free(b);
	}
	hn_history_free(h);
	rig_free(&rig);
#undef RULE
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_remembered),
		cmocka_unit_test(expiry_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// When the kubelet is asked, and what stays known; over plain HTTP and from a file.
#include <sys/stat.h>

#include "rig.h"

#define ONE_POD(uid) \
	"{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"p\",\"uid\":\"" uid "\"},\"spec\":{}}]}"

static struct rig rig;
static char url[64], pods[128];

static int start(void **state _unused_)
{
	rig_new(&rig);
	rig_write(&rig, "pods.json", ONE_POD("first"));
	snprintf(pods, sizeof(pods), "%s", rig_path(&rig, "pods.json"));
	return 0;
}

static int start_server(void **state)
{
	start(state);
	rig_write(&rig, "server.token", "t");
	rig_write(&rig, "client.token", "t");
	rig_start(&rig, NULL, false);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", rig.port);
	return 0;
}

static int stop(void **state _unused_)
{
	rig_free(&rig);
	return 0;
}

static struct hn_kubelet_settings by_url(void)
{
	static char token[128];

	snprintf(token, sizeof(token), "%s", rig_path(&rig, "client.token"));
	return (struct hn_kubelet_settings){.url = url, .token_file = token};
}

static void no_source(void **state _unused_)
{
	const struct hn_kubelet_settings settings = {.interval_ns = HN_NSEC_PER_SEC};
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = rig_kubelet(&rig, &settings);

	hn_kubelet_want(kubelet, HN_KUBELET_NOW);
	rig_run(&rig, 50);
	assert_int_equal(rig.calls, 0);
	assert_int_equal(hn_kubelet_state(kubelet), HN_KUBELET_NONE);
	assert_string_equal(hn_kubelet_problem(kubelet), "");
	assert_null(hn_kubelet_pods(kubelet));
	assert_false(hn_kubelet_ever_listed(kubelet, "first"));
}

static void asks_nothing_by_itself(void **state _unused_)
{
	const struct hn_kubelet_settings settings = by_url();
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = rig_kubelet(&rig, &settings);

	rig_run(&rig, 100);
	assert_int_equal(rig.calls, 0);
	assert_int_equal(rig_logged(&rig, ""), 0);
	assert_int_equal(hn_kubelet_state(kubelet), HN_KUBELET_UNASKED);
}

/* A thousand wishes while a slow answer comes: one more request, sent after them, never beside it. */
static void one_at_a_time(void **state _unused_)
{
	const struct hn_kubelet_settings settings = by_url();
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = rig_kubelet(&rig, &settings);
	struct hn_mono before = hn_mono_now(), wish;

	rig_fault(&rig, "slow");
	for (int i = 0; i < 1000; i++)
		hn_kubelet_want(kubelet, HN_KUBELET_NOW);
	rig_run(&rig, 200);
	assert_int_equal(rig.calls, 0); /* it runs */
	wish = hn_mono_now();
	for (int i = 0; i < 1000; i++)
		hn_kubelet_want(kubelet, i % 2 ? HN_KUBELET_NOW : HN_KUBELET_SOON);
	rig_wait(&rig, 1);
	expect(kubelet, HN_KUBELET_OK, "");
	assert_true(hn_kubelet_requested(kubelet).ns >= before.ns && hn_kubelet_requested(kubelet).ns < wish.ns);
	rig_wait(&rig, 1);
	assert_true(hn_kubelet_requested(kubelet).ns >= wish.ns);
	assert_true(hn_kubelet_requested(kubelet).ns >= before.ns + HN_NSEC_PER_SEC);
	rig_run(&rig, 1300);
	assert_int_equal(rig.calls, 2);
	assert_int_equal(rig_logged(&rig, "\"running\": 1,"), 2);
	assert_int_equal(rig_logged(&rig, "\"running\""), 2);
}

static void routine(void **state _unused_)
{
	struct hn_kubelet_settings settings = by_url();
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = NULL;

	settings.interval_ns = 100 * HN_NSEC_PER_MSEC; /* less than the bound of one a second */
	kubelet = rig_kubelet(&rig, &settings);
	rig_ask(&rig, kubelet);
	rig_write(&rig, "pods.json", ONE_POD("second"));
	rig_wait(&rig, 1);
	expect(kubelet, HN_KUBELET_OK, "");
	assert_non_null(hn_podlist_find(hn_kubelet_pods(kubelet), "second"));
	assert_null(hn_podlist_find(hn_kubelet_pods(kubelet), "first"));
	/* a pod that went is not forgotten */
	assert_true(hn_kubelet_ever_listed(kubelet, "first"));
	assert_true(hn_kubelet_ever_listed(kubelet, "second"));
	assert_false(hn_kubelet_ever_listed(kubelet, "third"));
}

static void backs_off(void **state _unused_)
{
	const struct hn_kubelet_settings settings = by_url();
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = rig_kubelet(&rig, &settings);

	rig_fault(&rig, "500");
	for (int i = 0; i < 25; i++) {
		hn_kubelet_want(kubelet, HN_KUBELET_NOW);
		rig_run(&rig, 100);
	}
	/* one at once, one after 1 s and a bit; the next is due after 2 s more or less */
	assert_in_range(rig.calls, 1, 2);
	expect(kubelet, HN_KUBELET_BAD_ANSWER, "500");
}

static void refused_and_back(void **state _unused_)
{
	const struct hn_kubelet_settings settings = by_url();
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = rig_kubelet(&rig, &settings);

	rig_fault(&rig, "refuse");
	rig_run(&rig, 200);
	rig_ask(&rig, kubelet);
	expect(kubelet, HN_KUBELET_UNREACHABLE, "Connection refused");
	rig_fault(&rig, "none");
	rig_wait(&rig, 1);
	expect(kubelet, HN_KUBELET_OK, "");
}

static void free_it(struct hn_kubelet *kubelet, void *arg)
{
	hn_kubelet_free(kubelet);
	rig_callback(NULL, arg);
}

static void freed_in_its_callback(void **state _unused_)
{
	const struct hn_kubelet_settings web = by_url(), file = {.pods_file = pods};
	const struct hn_kubelet_settings *settings[] = {&web, &file};

	for (size_t i = 0; i < HN_ARRAY_SIZE(settings); i++) {
		struct hn_kubelet *kubelet = NULL;
		struct hn_reason reason;

		assert_int_equal(hn_kubelet_new(settings[i], rig.base, free_it, &rig, &kubelet, &reason), 0);
		hn_kubelet_want(kubelet, HN_KUBELET_NOW);
		rig_wait(&rig, 1);
		rig_run(&rig, 20);
	}
	assert_int_equal(rig.calls, 2);
}

/* --- a file ------------------------------------------------------------------------------------------------------ */

static void file_is_a_source(void **state _unused_)
{
	const struct hn_kubelet_settings settings = {.pods_file = PODS_FILE, .url = "not looked at"};
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = rig_kubelet(&rig, &settings);
	struct hn_mono before = hn_mono_now(), first;

	rig_ask(&rig, kubelet);
	expect(kubelet, HN_KUBELET_OK, "");
	assert_int_equal(hn_podlist_count(hn_kubelet_pods(kubelet)), 15);
	assert_true(hn_kubelet_ever_listed(kubelet, VLLM_UID));
	first = hn_kubelet_requested(kubelet);
	assert_true(first.ns >= before.ns);
	/* an unchanged file is a new answer all the same: `unmanaged` needs two */
	rig_ask(&rig, kubelet);
	assert_int_equal(hn_kubelet_answers(kubelet), 2);
	assert_true(hn_kubelet_requested(kubelet).ns >= first.ns + HN_NSEC_PER_SEC);
	assert_int_equal(hn_podlist_count(hn_kubelet_pods(kubelet)), 15);
}

/* Without a wish: the watch sees it. A bad file leaves the old list in use. */
static void file_changes(void **state _unused_)
{
	const struct hn_kubelet_settings settings = {.pods_file = pods, .interval_ns = 3600 * HN_NSEC_PER_SEC};
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = rig_kubelet(&rig, &settings);

	rig_ask(&rig, kubelet);
	expect(kubelet, HN_KUBELET_OK, "");
	assert_non_null(hn_podlist_find(hn_kubelet_pods(kubelet), "first"));
	rig_write(&rig, "pods.json", "{\"kind\":\"PodList\",\"items\":[{\x1b[31m");
	rig_wait(&rig, 1);
	expect(kubelet, HN_KUBELET_BAD_ANSWER, "pods.json: ");
	assert_null(strchr(hn_kubelet_problem(kubelet), '\x1b'));
	assert_non_null(hn_podlist_find(hn_kubelet_pods(kubelet), "first"));
	rig_write(&rig, "pods.json", ONE_POD("second"));
	do {
		rig_wait(&rig, 1); /* a try of the back-off may come first */
	} while (hn_kubelet_state(kubelet) != HN_KUBELET_OK);
	assert_non_null(hn_podlist_find(hn_kubelet_pods(kubelet), "second"));
	assert_int_equal(unlink(pods), 0);
	do {
		rig_wait(&rig, 1); /* the second reading of a file that had just been written may come first */
	} while (hn_kubelet_state(kubelet) == HN_KUBELET_OK);
	expect(kubelet, HN_KUBELET_UNREACHABLE, "pods.json: No such file");
	assert_non_null(hn_podlist_find(hn_kubelet_pods(kubelet), "second"));
}

static void file_of_another_kind(void **state _unused_)
{
	const struct hn_kubelet_settings settings = {.pods_file = rig_path(&rig, "fifo")};
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = NULL;

	assert_int_equal(mkfifo(rig_path(&rig, "fifo"), 0600), 0);
	kubelet = rig_kubelet(&rig, &settings);
	rig_ask(&rig, kubelet);
	expect(kubelet, HN_KUBELET_UNREACHABLE, "not a regular file");
}

/* A large file is read in slices: the loop's other work goes on meanwhile. */
static void on_tick(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	++*(unsigned *)arg;
}

static void large_file_yields(void **state _unused_)
{
	const struct hn_kubelet_settings settings = {.pods_file = pods};
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = NULL;
	struct timeval at_once = {0, 1}; /* 0 would not repeat */
	FILE *file = fopen(pods, "we");
	struct event *tick;
	unsigned ticks = 0;

	assert_non_null(file);
	fputs("{\"kind\":\"PodList\",\"items\":[", file);
	for (int i = 0; i < 5000; i++)
		fprintf(file, "%s{\"metadata\":{\"name\":\"p\",\"uid\":\"%d\"},\"spec\":{},\"x\":\"%03000d\"}",
			i ? "," : "", i, i);
	fputs("]}", file);
	assert_int_equal(fclose(file), 0);
	kubelet = rig_kubelet(&rig, &settings);
	tick = event_new(rig.base, -1, EV_PERSIST, on_tick, &ticks);
	assert_non_null(tick);
	event_add(tick, &at_once);
	rig_ask(&rig, kubelet);
	event_free(tick);
	expect(kubelet, HN_KUBELET_OK, "");
	assert_int_equal(hn_podlist_count(hn_kubelet_pods(kubelet)), 5000);
	assert_true(ticks > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_source, start, stop),
		cmocka_unit_test_setup_teardown(asks_nothing_by_itself, start_server, stop),
		cmocka_unit_test_setup_teardown(one_at_a_time, start_server, stop),
		cmocka_unit_test_setup_teardown(routine, start_server, stop),
		cmocka_unit_test_setup_teardown(backs_off, start_server, stop),
		cmocka_unit_test_setup_teardown(refused_and_back, start_server, stop),
		cmocka_unit_test_setup_teardown(freed_in_its_callback, start_server, stop),
		cmocka_unit_test_setup_teardown(file_is_a_source, start, stop),
		cmocka_unit_test_setup_teardown(file_changes, start, stop),
		cmocka_unit_test_setup_teardown(file_of_another_kind, start, stop),
		cmocka_unit_test_setup_teardown(large_file_yields, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

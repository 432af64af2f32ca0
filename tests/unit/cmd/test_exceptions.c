/* SPDX-License-Identifier: Apache-2.0 */
/* The file of --exceptions as a ConfigMap's volume renews it, and as an editor writes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/exceptions.h"
#include "hostnetd/log.h"

#define RULE(name) "exceptions:\n- {name: " name ", reason: why, expires: 2199-01-31, match: {namespaces: [ml]}}\n"

struct rig {
	char folder[64], file[96];
	struct hn_exception_file f;
};

static void at(const struct rig *rig, const char *name, char path[static 128])
{
	snprintf(path, 128, "%s/%s", rig->folder, name);
}

static void write_file(const struct rig *rig, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	at(rig, name, path);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* As the kubelet: a new folder, and a link that is swapped. */
static void mount(const struct rig *rig, const char *folder, const char *text)
{
	char path[128], link[128], name[64];

	at(rig, folder, path);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(name, sizeof(name), "%s/rules.yaml", folder);
	write_file(rig, name, text);
	at(rig, "..new", link);
	assert_int_equal(symlink(folder, link), 0);
	at(rig, "..data", path);
	assert_int_equal(rename(link, path), 0);
}

static void rig_new(struct rig *rig)
{
	*rig = (struct rig){.folder = ""};
	snprintf(rig->folder, sizeof(rig->folder), "%.40s/hostnetd-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(rig->folder));
	snprintf(rig->file, sizeof(rig->file), "%s/rules.yaml", rig->folder);
	hn_log_set_level(HN_LOG_ERROR);
}

static void rig_free(struct rig *rig)
{
	static const char *const names[] = {
		"rules.yaml", "..data", "a/rules.yaml", "b/rules.yaml", "c/rules.yaml", "a", "b", "c"};
	char path[128];

	hn_exception_file_done(&rig->f);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		at(rig, names[i], path);
		remove(path);
	}
	assert_int_equal(rmdir(rig->folder), 0);
}

static bool in_force(const struct rig *rig, const char *name)
{
	return hn_exceptions_find(hn_exception_book_rules(rig->f.book), name) != NULL;
}

static void test_swap_of_the_link(void **state)
{
	struct hn_reason reason = {""};
	struct rig rig;

	(void)state;
	rig_new(&rig);
	mount(&rig, "a", RULE("first"));
	assert_int_equal(symlink("..data/rules.yaml", rig.file), 0);
	assert_int_equal(hn_exception_file_open(&rig.f, rig.file, &reason), 0);
	assert_true(in_force(&rig, "first"));
	assert_true(hn_wall_known(rig.f.read));
	mount(&rig, "b", RULE("third"));
	assert_true(hn_exception_file_refresh(&rig.f));
	assert_true(in_force(&rig, "third"));
	assert_false(in_force(&rig, "first"));
	/* A mistake leaves what was there, and is known by its place. */
	rig.f.read.ns = 5;
	mount(&rig, "c", "exceptions:\n- {name: x, reason: why, expires: soon}\n");
	assert_false(hn_exception_file_refresh(&rig.f));
	assert_true(in_force(&rig, "third"));
	assert_non_null(strstr(rig.f.problem.text, "rules.yaml:2: expires: "));
	assert_int_equal(rig.f.read.ns, 5);
	assert_false(hn_exception_file_refresh(&rig.f));
	rig_free(&rig);
}

static void test_gone_and_back(void **state)
{
	struct hn_reason reason = {""};
	struct rig rig;

	(void)state;
	rig_new(&rig);
	write_file(&rig, "rules.yaml", RULE("first"));
	assert_int_equal(hn_exception_file_open(&rig.f, rig.file, &reason), 0);
	assert_int_equal(unlink(rig.file), 0);
	assert_false(hn_exception_file_refresh(&rig.f));
	assert_true(in_force(&rig, "first"));
	assert_non_null(strstr(rig.f.problem.text, rig.file));
	write_file(&rig, "rules.yaml", RULE("second"));
	assert_true(hn_exception_file_refresh(&rig.f));
	assert_string_equal(rig.f.problem.text, "");
	assert_true(in_force(&rig, "second"));
	rig_free(&rig);
}

static void test_start(void **state)
{
	struct hn_reason reason = {""};
	struct rig rig;

	(void)state;
	rig_new(&rig);
	/* No such option: nothing is read, ever. */
	assert_int_equal(hn_exception_file_open(&rig.f, NULL, &reason), 0);
	assert_null(rig.f.book);
	assert_false(hn_exception_file_refresh(&rig.f));
	/* At the start a mistake is an error, and so is a file that is not there. */
	assert_true(hn_exception_file_open(&rig.f, rig.file, &reason) < 0);
	assert_non_null(strstr(reason.text, rig.file));
	hn_exception_file_done(&rig.f);
	write_file(&rig, "rules.yaml", "exceptions:\n- name: x\n");
	assert_true(hn_exception_file_open(&rig.f, rig.file, &reason) < 0);
	assert_non_null(strstr(reason.text, "reason: is missing"));
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_swap_of_the_link),
		cmocka_unit_test(test_gone_and_back),
		cmocka_unit_test(test_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in catalogue keeps what its examples promise; files over it add, replace and remove; mistakes are named. */
#include <errno.h>
#include <unistd.h>

#include "rig.h"

#define ENTRIES_MAX 1000

struct entries {
	const struct hn_catalogue *catalogue;
	size_t n, examples, wrong;
	struct {
		char name[48];
		unsigned match, near_miss;
	} entry[ENTRIES_MAX];
};

/* An example as a pod's or a process's signal: what matches it? False: such a kind cannot be an example. */
static bool example_hits(struct hn_hits *h, enum hn_pattern_kind kind, const char *text)
{
	static struct rig r;
	struct rig_words w;
	struct hn_pair claim;
	char copy[512], version[256] = "";

	rig_init(&r);
	assert_true(hn_strcpy(copy, sizeof(copy), text));
	if (kind == HN_PATTERN_IMAGE) {
		r.container.image = copy;
	} else if (kind == HN_PATTERN_ARGV) {
		rig_command(&r, text);
	} else if (kind == HN_PATTERN_EXE) {
		rig_process(&r, "", text);
		hn_signals_process(h, &r.process);
	} else if (kind == HN_PATTERN_ENV) {
		rig_env(&r, text);
	} else if (kind == HN_PATTERN_RESOURCE) {
		rig_resource(&r, copy);
	} else if (kind == HN_PATTERN_CLAIM) {
		rig_cut(&w, text);
		claim = (struct hn_pair){"resourceClaimName", w.word[0]};
		r.pod.claims = &claim;
		r.pod.n_claims = 1;
	} else if (kind == HN_PATTERN_PORT) {
		r.port.number = (uint16_t)strtoul(copy, NULL, 10);
		r.container.ports = &r.port;
		r.container.n_ports = 1;
	} else if (kind == HN_PATTERN_DEVICE || kind == HN_PATTERN_LIBRARY) {
		struct hn_held held = {.library = kind == HN_PATTERN_LIBRARY};

		assert_true(hn_strcpy(held.name, sizeof(held.name), text));
		r.process.held = &held;
		r.process.n_held = 1;
		hn_signals_process(h, &r.process);
	} else if (kind == HN_PATTERN_MOUNT) {
		rig_cut(&w, text);
		r.container.mounts = w.word;
		r.container.n_mounts = 1;
	} else if (kind == HN_PATTERN_LABEL) {
		char *value = strchr(copy, '=');

		if (value)
			*value++ = '\0';
		rig_label(&r, copy, value ? value : "");
	} else if (kind == HN_PATTERN_OWNER) {
		char *group = strchr(copy, '.');

		if (group) {
			*group++ = '\0';
			snprintf(version, sizeof(version), "%s/v1", group);
		}
		r.pod.controller = (struct hn_owner){version, copy, "x"};
	} else {
		return false;
	}
	hn_signals_pod(h, &r.pod);
	hn_signals_container(h, &r.container);
	return true;
}

static size_t entry(struct entries *e, const char *name)
{
	for (size_t i = 0; i < e->n; i++)
		if (!strcmp(e->entry[i].name, name))
			return i;
	assert_true(e->n < ENTRIES_MAX);
	assert_true(hn_strcpy(e->entry[e->n].name, sizeof(e->entry[0].name), name));
	return e->n++;
}

static int on_example(void *arg, const char *name, bool match, enum hn_pattern_kind kind, const char *text)
{
	static struct hn_hits h;
	struct entries *e = arg;
	size_t i = entry(e, name);
	bool hit;

	hn_hits_init(&h, e->catalogue);
	e->examples++;
	e->entry[i].match += match;
	e->entry[i].near_miss += !match;
	if (!example_hits(&h, kind, text)) {
		print_error("%s: '%s' cannot be an example\n", name, hn_pattern_kind_name(kind));
		e->wrong++;
		return 0;
	}
	hit = rig_hit(&h, name) != NULL;
	if (hit != match) {
		print_error("%s: %s %s: %s matches\n", name, hn_pattern_kind_name(kind), text,
			    hit ? "it" : "nothing");
		e->wrong++;
	}
	return 0;
}

static int on_signature(void *arg, struct hn_signature *s, struct hn_reason *reason)
{
	(void)reason;
	(void)entry(arg, s->name);
	hn_signature_free(s);
	return 0;
}

static void read_entries(struct entries *e, const struct hn_catalogue *c)
{
	const struct hn_signature_reader to = {on_signature, on_example, e};
	struct hn_reason reason = {""};
	const char *bytes;
	size_t n;

	memset(e, 0, sizeof(*e));
	e->catalogue = c;
	hn_catalogue_builtin(&bytes, &n);
	if (hn_signature_read("built-in", bytes, n, &to, &reason))
		fail_msg("%s", reason.text);
}

static void test_every_example_holds(void **state)
{
	struct hn_catalogue *c = rig_catalogue(NULL, 0);
	static struct entries e;

	(void)state;
	read_entries(&e, c);
	assert_int_equal(e.wrong, 0);
	assert_true(e.examples >= 2 * e.n);
	assert_int_equal(e.n, hn_catalogue_count(c));
	hn_catalogue_free(c);
}

static void test_every_entry_has_both(void **state)
{
	struct hn_catalogue *c = rig_catalogue(NULL, 0);
	static struct entries e;

	(void)state;
	read_entries(&e, c);
	for (size_t i = 0; i < e.n; i++)
		if (!e.entry[i].match || !e.entry[i].near_miss)
			fail_msg("%s: %u matches, %u near misses", e.entry[i].name, e.entry[i].match,
				 e.entry[i].near_miss);
	hn_catalogue_free(c);
}

static void test_every_entry_says_its_source(void **state)
{
	struct hn_catalogue *c = rig_catalogue(NULL, 0);
	size_t n, names = 0, sources = 0;
	const char *bytes, *end;

	(void)state;
	hn_catalogue_builtin(&bytes, &n);
	for (end = bytes + n; bytes < end; bytes++) {
		names += !strncmp(bytes, "\n- name: ", 9);
		sources += !strncmp(bytes, "\n  source: ", 11);
	}
	assert_int_equal(names, hn_catalogue_count(c));
	assert_int_equal(sources, names);
	hn_catalogue_free(c);
}

/* A file of this run; the caller unlinks it. */
static void write_file(char path[64], const char *text)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	snprintf(path, 64, "%s/hn-signatures-XXXXXX", dir && strlen(dir) < 32 ? dir : "/tmp");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static enum hn_verdict verdict_of(const struct hn_catalogue *c, const char *image)
{
	static struct rig r;

	rig_init(&r);
	r.container.image = image;
	return rig_judge(&r, c).verdict;
}

static void test_files_over_it(void **state)
{
	char first[64], second[64];
	const char *files[] = {first, second};
	struct hn_catalogue *plain = rig_catalogue(NULL, 0), *c;
	size_t n = hn_catalogue_count(plain);

	(void)state;
	write_file(
		first,
		"signatures:\n- {name: house-model, category: inference, image: house/model}\n"
		"- {name: qdrant, category: vector-db, image: house/qdrant-fork}\n- {name: milvus, remove: true}\n");
	write_file(second, "signatures:\n- {name: house-model, category: training, image: house/trainer}\n");
	assert_int_equal(verdict_of(plain, "house/model:1"), HN_NOT_AI);
	assert_int_equal(verdict_of(plain, "qdrant/qdrant:1"), HN_AI);
	assert_int_equal(verdict_of(plain, "milvusdb/milvus:1"), HN_AI);
	c = rig_catalogue(files, 1);
	assert_int_equal(hn_catalogue_count(c), n); /* one more, one less */
	assert_int_equal(verdict_of(c, "house/model:1"), HN_AI);
	assert_int_equal(verdict_of(c, "house/qdrant-fork:1"), HN_AI);
	assert_int_not_equal(verdict_of(c, "qdrant/qdrant:1"), HN_AI); /* replaced as a whole */
	assert_int_not_equal(verdict_of(c, "milvusdb/milvus:1"), HN_AI);
	hn_catalogue_free(c);
	c = rig_catalogue(files, 2); /* the later file wins */
	assert_int_equal(hn_catalogue_count(c), n);
	assert_int_equal(verdict_of(c, "house/model:1"), HN_NOT_AI);
	assert_int_equal(verdict_of(c, "house/trainer:1"), HN_AI);
	hn_catalogue_free(c);
	hn_catalogue_free(plain);
	unlink(first);
	unlink(second);
}

static void assert_refused(const char *path, int want, const char *reason_holds)
{
	const char *files[] = {path};
	struct hn_catalogue *c = (struct hn_catalogue *)&files;
	struct hn_reason reason = {""};

	assert_int_equal(hn_catalogue_new(files, 1, &c, &reason), want);
	assert_ptr_equal(c, &files); /* untouched */
	if (!strstr(reason.text, reason_holds))
		fail_msg("'%s' does not hold '%s'", reason.text, reason_holds);
}

static void test_files_that_cannot_be_used(void **state)
{
	char path[64], at_line[128];

	(void)state;
	assert_refused("/nonexistent/signatures.yaml", -ENOENT, "/nonexistent/signatures.yaml");
	write_file(path, "signatures:\n- {name: x, remove: true}\n");
	snprintf(at_line, sizeof(at_line), "%s:2: remove: there is no signature x", path);
	assert_refused(path, -EINVAL, at_line);
	unlink(path);
	write_file(path,
		   "signatures:\n- {name: x, category: agent, exe: x}\n- {name: x, category: agent, exe: y}\n");
	snprintf(at_line, sizeof(at_line), "%s:3: name: x is twice in this file", path);
	assert_refused(path, -EINVAL, at_line);
	unlink(path);
}

static const struct mistake {
	const char *yaml, *reason;
} mistakes[] = {
	{"", "m.yaml:1: signatures: the file must hold one key"},
	{"signature: []\n", "m.yaml:1: signatures: the file must hold one key"},
	{"signatures: {}\n", "m.yaml:1: signatures: the file must hold one key"},
	{"signatures: []\nmore: 1\n", "m.yaml:2: signatures: the file must hold one key"},
	{"signatures:\n- x\n", "m.yaml:2: signatures: each must hold keys"},
	{"signatures:\n- category: agent\n  exe: x\n", "name: is missing"},
	{"signatures:\n- name: ''\n", "m.yaml:2: name: is empty"},
	{"signatures:\n- name: 'a\\tb'\n  name: \"a\\tb\"\n", "m.yaml:3: name: holds a control character"},
	{"signatures:\n- name: 0123456789012345678901234567890123456789012345678\n",
	 "m.yaml:2: name: is too long"},
	{"signatures:\n- name: x\n  exe: x\n", "category: is missing"},
	{"signatures:\n- name: x\n  category: toys\n", "m.yaml:3: category: must be inference"},
	{"signatures:\n- name: x\n  category: agent\n", "x: has no signals"},
	{"signatures:\n- name: x\n  category: agent\n  not-ai: true\n  exe: x\n",
	 "category: a not-ai entry has none"},
	{"signatures:\n- name: x\n  not-ai: maybe\n", "m.yaml:3: not-ai: must be true or false"},
	{"signatures:\n- name: x\n  vague: 1\n", "m.yaml:3: vague: must be true or false"},
	{"signatures:\n- name: x\n  remove: true\n  exe: x\n", "remove: an entry that removes has no signals"},
	{"signatures:\n- name: x\n  cap: 0\n", "m.yaml:3: cap: must be a number above 0"},
	{"signatures:\n- name: x\n  cap: 1.5\n", "m.yaml:3: cap: must be a number above 0"},
	{"signatures:\n- name: x\n  cap: 0.5.5\n", "m.yaml:3: cap: must be a number above 0"},
	{"signatures:\n- name: x\n  toys: y\n", "m.yaml:3: toys: there is no such key"},
	{"signatures:\n- name: x\n  source: [y]\n", "m.yaml:3: source: must be one text"},
	{"signatures:\n- name: x\n  exe: [[y]]\n", "m.yaml:3: exe: must be a text"},
	{"signatures:\n- name: x\n  exe: ''\n", "m.yaml:3: exe: is empty"},
	{"signatures:\n- name: x\n  exe: a*b\n", "m.yaml:3: exe: has a '*' inside a word"},
	{"signatures:\n- name: x\n  exe: a-*-*\n", "m.yaml:3: exe: has more than one '*'"},
	{"signatures:\n- name: x\n  argv: a *\n", "m.yaml:3: argv: may not hold '*'"},
	{"signatures:\n- name: x\n  image: '*'\n", "m.yaml:3: image: would match everything"},
	{"signatures:\n- name: x\n  file: gguf\n", "m.yaml:3: file: must look like *.gguf"},
	{"signatures:\n- name: x\n  flag: model\n", "m.yaml:3: flag: must begin with '-'"},
	{"signatures:\n- name: x\n  model: qwen\n", "m.yaml:3: model: must look like meta-llama/*"},
	{"signatures:\n- name: x\n  env: '*_A'\n", "m.yaml:3: env: may have '*' at its end only"},
	{"signatures:\n- name: x\n  exe: {y: 2}\n", "m.yaml:3: exe: the weight must be a number from 0 to 1"},
	{"signatures:\n- name: x\n  exe: {y: -1}\n", "m.yaml:3: exe: the weight must be a number from 0 to 1"},
	{"signatures:\n- name: x\n  exe: {y: 0.5, z: 0.5}\n", "m.yaml:3: exe: one text and its weight"},
	{"signatures:\n- name: x\n  category: agent\n  exe: {y: 0}\n", "exe: weight 0 is for not-ai only"},
	{"signatures:\n- examples: {match: {exe: y}}\n", "m.yaml:2: examples: must come after the name"},
	{"signatures:\n- name: x\n  examples: [y]\n", "m.yaml:3: examples: must hold match and near-miss"},
	{"signatures:\n- name: x\n  examples: {hit: {exe: y}}\n",
	 "m.yaml:3: examples: must hold match and near-miss"},
	{"signatures:\n- name: x\n  examples: {match: {toy: y}}\n", "m.yaml:3: examples: unknown kind of signal"},
	{"signatures:\n- name: x\n  examples: {match: {exe: [y]}}\n", "m.yaml:3: examples: must be a text"},
	{"signatures:\n- name: x\n  examples: {match: [y]}\n", "m.yaml:3: examples: must be like {image: TEXT}"},
	{"signatures:\n- name: x\n  category: agent\n  exe: &a y\n- name: z\n  exe: *a\n", "m.yaml:6: "},
	{"signatures:\n- name: [\n", "m.yaml:"},
	{"signatures:\n- name: \xff\n", "m.yaml:"},
	{"signatures: []\n---\nsignatures: []\n", "m.yaml:"},
};

static int drop(void *arg, struct hn_signature *s, struct hn_reason *reason)
{
	(void)arg;
	(void)reason;
	hn_signature_free(s);
	return 0;
}

static void test_mistakes(void **state)
{
	const struct hn_signature_reader to = {.on_signature = drop};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(mistakes); i++) {
		struct hn_reason reason = {""};
		int err = hn_signature_read("m.yaml", mistakes[i].yaml, strlen(mistakes[i].yaml), &to, &reason);

		if (err != -EINVAL || strncmp(reason.text, "m.yaml:", 7) != 0 ||
		    !strstr(reason.text, mistakes[i].reason))
			fail_msg("row %zu: %d '%s', want '%s'", i, err, reason.text, mistakes[i].reason);
	}
}

static int refuse(void *arg, const char *name, bool match, enum hn_pattern_kind kind, const char *text)
{
	(void)arg;
	(void)name;
	(void)kind;
	(void)text;
	return match ? 0 : -EINVAL;
}

static void test_example_that_is_refused(void **state)
{
	const struct hn_signature_reader to = {.on_signature = drop, .on_example = refuse};
	const char *yaml =
		"signatures:\n- name: x\n  category: agent\n  exe: x\n  examples:\n    match: {exe: x}\n"
		"    near-miss: {exe: y}\n";
	struct hn_reason reason = {""};

	(void)state;
	assert_int_equal(hn_signature_read("m.yaml", yaml, strlen(yaml), &to, &reason), -EINVAL);
	assert_string_equal(reason.text, "m.yaml:7: examples: is not as it says");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_example_holds),         cmocka_unit_test(test_every_entry_has_both),
		cmocka_unit_test(test_every_entry_says_its_source), cmocka_unit_test(test_files_over_it),
		cmocka_unit_test(test_files_that_cannot_be_used),   cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_example_that_is_refused),
	};

	return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
/* One container for each kind of evidence that a verdict rests on: what was kept of it is judged as it was when it lived, and
 * tomorrow's signature of that kind finds this one and no other. A kind or a place without a row here fails. */
#include "rejudge_rig.h"

#include "ai/hits.h"
#include "ai/pattern.h"

#define ARGV(words) .argv = words, .argv_n = sizeof(words)
#define FILLER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FILLER_1024                                                                                              \
	FILLER FILLER FILLER FILLER FILLER FILLER FILLER FILLER FILLER FILLER FILLER FILLER FILLER FILLER FILLER \
		FILLER

/* `pattern`: in the new catalogue. `path`: where the evidence is said to be. The rest is what the container is: members of
 * the pod's metadata, spec and container in JSON, a program, what it holds, where it listens. */
static const struct row {
	enum hn_pattern_kind kind;
	enum hn_field field;
	const char *pattern, *path;
	const char *image, *metadata, *spec, *container;
	const char *exe, *argv;
	size_t argv_n;
	const char *device, *library;
	uint16_t port;
} rows[] = {
	{HN_PATTERN_IMAGE, HN_FIELD_IMAGE, "zimage/server", "spec.containers[0].image",
	 .image = "r.example/zimage/server:1"},
	{HN_PATTERN_WORD, HN_FIELD_IMAGE, "zimageword", "spec.containers[0].image",
	 .image = "r.example/my-zimageword:1"},
	{HN_PATTERN_IMAGE, HN_FIELD_IMAGE, "zephemeral/server", "spec.ephemeralContainers[0].image",
	 .spec = ",\"ephemeralContainers\":[{\"name\":\"e\",\"image\":\"r.example/zephemeral/server:1\"}]"},
	{HN_PATTERN_ARGV, HN_FIELD_COMMAND, "zcommand serve", "spec.containers[0].command[0]",
	 .container = ",\"command\":[\"zcommand\",\"serve\"]"},
	{HN_PATTERN_FLAG, HN_FIELD_ARGS, "--zargs-model", "spec.containers[0].args[2]",
	 .container = ",\"args\":[\"--api-key\",\"hunter2\",\"--zargs-model\",\"x\"]"},
	{HN_PATTERN_ENV, HN_FIELD_ENV, "ZENV_HOME", "spec.containers[0].env[0]",
	 .container = ",\"env\":[{\"name\":\"ZENV_HOME\",\"value\":\"hunter2\"}]"},
	{HN_PATTERN_ENV_WORD, HN_FIELD_ENV, "ZENVWORD", "spec.containers[0].env[0]",
	 .container = ",\"env\":[{\"name\":\"A_ZENVWORD_B\"}]"},
	{HN_PATTERN_RESOURCE, HN_FIELD_RESOURCE, "z.example/accelerator", "spec.containers[0].resources",
	 .container = ",\"resources\":{\"requests\":{\"z.example/accelerator\":\"1\"}}"},
	{HN_PATTERN_PORT, HN_FIELD_PORT, "45121", "spec.containers[0].ports[0]",
	 .container = ",\"ports\":[{\"containerPort\":45121}]"},
	{HN_PATTERN_MOUNT, HN_FIELD_MOUNT, "/zmount", "spec.containers[0].volumeMounts[0]",
	 .container = ",\"volumeMounts\":[{\"name\":\"v\",\"mountPath\":\"/zmount/a\"}]"},
	{HN_PATTERN_LABEL, HN_FIELD_LABEL, "zlabel.ai/*", "metadata.labels[zlabel.ai/name]",
	 .metadata = ",\"labels\":{\"zlabel.ai/name\":\"x\"}"},
	{HN_PATTERN_LABEL, HN_FIELD_LABEL, "tier=zlabel", "metadata.labels[tier=zlabel]",
	 .metadata = ",\"labels\":{\"tier\":\"zlabel\"}"},
	{HN_PATTERN_LABEL, HN_FIELD_ANNOTATION, "zannotation.ai/use", "metadata.annotations[zannotation.ai/use]",
	 .metadata = ",\"annotations\":{\"zannotation.ai/use\":\"hunter2\"}"},
	{HN_PATTERN_LABEL, HN_FIELD_ANNOTATION, "konghq.com/plugins=zplugin",
	 "metadata.annotations[konghq.com/plugins=zplugin]",
	 .metadata = ",\"annotations\":{\"konghq.com/plugins\":\"zplugin\"}"},
	{HN_PATTERN_OWNER, HN_FIELD_CONTROLLER, "ZController.zowner.ai", "workload",
	 .metadata =
		 ",\"ownerReferences\":[{\"apiVersion\":\"zowner.ai/v1\",\"kind\":\"ZController\",\"name\":\"x\","
		 "\"controller\":true}]"},
	{HN_PATTERN_OWNER, HN_FIELD_CONTROLLER, "ZPart.zowner.ai", "metadata.ownerReferences",
	 .metadata = ",\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"DaemonSet\",\"name\":\"d\","
		     "\"controller\":true},{\"apiVersion\":\"zowner.ai/v1\",\"kind\":\"ZPart\",\"name\":\"x\"}]"},
	{HN_PATTERN_OWNER, HN_FIELD_WORKLOAD, "Rollout.argoproj.io", "workload",
	 .metadata = ",\"labels\":{\"rollouts-pod-template-hash\":\"abc12\"},\"ownerReferences\":[{\"apiVersion\":"
		     "\"apps/v1\",\"kind\":\"ReplicaSet\",\"name\":\"web-abc12\",\"controller\":true}]"},
	{HN_PATTERN_RUNTIME, HN_FIELD_RUNTIME, "zruntime", "spec.runtimeClassName",
	 .spec = ",\"runtimeClassName\":\"zruntime\""},
	{HN_PATTERN_CLAIM, HN_FIELD_CLAIM, "zclaim", "spec.resourceClaims[0]",
	 .spec = ",\"resourceClaims\":[{\"name\":\"c\",\"resourceClaimTemplateName\":\"one-zclaim\"}]"},
	{HN_PATTERN_MOUNT, HN_FIELD_VOLUME, "/zvolume", "spec.volumes[1]",
	 .spec = ",\"volumes\":[{\"name\":\"e\",\"emptyDir\":{}},{\"name\":\"h\",\"hostPath\":{\"path\":\"/zvolume/a\"}}]"},
	{HN_PATTERN_MOUNT, HN_FIELD_VOLUME, "zweights", "spec.volumes[0]",
	 .spec = ",\"volumes\":[{\"name\":\"p\",\"persistentVolumeClaim\":{\"claimName\":\"zweights\"}}]"},
	{HN_PATTERN_EXE, HN_FIELD_EXE, "zexe", "process 7 exe", .exe = "/usr/bin/zexe"},
	{HN_PATTERN_WORD, HN_FIELD_EXE, "zexeword", "process 7 exe", .exe = "/usr/bin/zexeword-server"},
	{HN_PATTERN_ARGV, HN_FIELD_ARGV, "zargv serve", "process 7 argv[0]", ARGV("zargv\0serve")},
	{HN_PATTERN_MODULE, HN_FIELD_ARGV, "zmodule", "process 7 argv[2]", ARGV("python3\0-m\0zmodule.api")},
	{HN_PATTERN_PACKAGE, HN_FIELD_ARGV, "zpackage", "process 7 argv[2]", ARGV("npx\0-y\0zpackage")},
	{HN_PATTERN_SCRIPT, HN_FIELD_ARGV, "zscript/main.py", "process 7 argv[1]",
	 ARGV("python3\0/opt/zscript/main.py")},
	{HN_PATTERN_FLAG, HN_FIELD_ARGV, "--zflag-model", "process 7 argv[3]",
	 ARGV("serve\0--token\0hunter2\0--zflag-model=x")},
	{HN_PATTERN_FLAG, HN_FIELD_ARGV, "--zfar-behind", "process 7 argv[2]",
	 ARGV("serve\0" FILLER_1024 "\0--zfar-behind")},
	{HN_PATTERN_FILE, HN_FIELD_ARGV, "*.zfile", "process 7 argv[1]", ARGV("run\0/data/a.zfile")},
	{HN_PATTERN_MODEL, HN_FIELD_ARGV, "zmodel/*", "process 7 argv[1]", ARGV("serve\0zmodel/seven-b")},
	{HN_PATTERN_PATH, HN_FIELD_ARGV, "/mnt/zpath", "process 7 argv[1]", ARGV("serve\0/mnt/zpath/a")},
	{HN_PATTERN_HOST, HN_FIELD_ARGV, "api.zhost.ai", "process 7 argv[2]",
	 ARGV("serve\0--url\0https://api.zhost.ai/v1")},
	{HN_PATTERN_DEVICE, HN_FIELD_FD, "zdevice", "process 7 fd 5", .device = "zdevice0"},
	{HN_PATTERN_LIBRARY, HN_FIELD_MAP, "libzlibrary", "process 7 map", .library = "libzlibrary.so.1"},
	{HN_PATTERN_PORT, HN_FIELD_LISTENS, "45122", "process 7 listens", .port = 45122},
};
#define ROWS HN_ARRAY_SIZE(rows)

static void put_signature(struct hn_str *out, size_t i)
{
	const char *kind = hn_pattern_kind_name(rows[i].kind);

	hn_str_printf(out,
		      "\n- name: new-%zu\n  category: inference\n  %s: [{\"%s\": 0.97}]\n"
		      "  examples: {match: [{%s: \"%s\"}], near-miss: [{%s: \"other\"}]}",
		      i, kind, rows[i].pattern, kind, rows[i].pattern, kind);
}

static void uid_of(size_t i, char ret[static HN_POD_UID_SIZE])
{
	snprintf(ret, HN_POD_UID_SIZE, "2f1d3c4b-5a69-4788-96a5-b4c3d2e1f%03zu", i % 1000);
}

static struct hn_podlist *list_pods(void)
{
	_cleanup_(hn_podlist_reader_cleanup) struct hn_podlist_reader *reader = hn_podlist_reader_new(1 << 20);
	struct hn_podlist *pods = NULL;
	struct hn_reason reason = {""};
	struct hn_str text = {0};
	char uid[HN_POD_UID_SIZE];

	hn_str_puts(&text, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[");
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];

		uid_of(i, uid);
		hn_str_printf(
			&text,
			"%s{\"metadata\":{\"namespace\":\"ml\",\"name\":\"p%zu\",\"uid\":\"%s\"%s},\"spec\":{"
			"\"hostNetwork\":true%s,\"containers\":[{\"name\":\"c\",\"image\":\"%s\"%s}]}}",
			i ? "," : "", i, uid, row->metadata ? row->metadata : "", row->spec ? row->spec : "",
			row->image ? row->image : "r.example/plain:1", row->container ? row->container : "");
	}
	hn_str_puts(&text, "]}");
	if (hn_podlist_reader_feed(reader, text.data, text.len, &reason) < 0 ||
	    hn_podlist_reader_finish(reader, &pods, &reason) < 0)
		fail_msg("%s", reason.text);
	hn_str_done(&text);
	return pods;
}

/* Each lives and ends; `expected`: the verdict of its day. Fills in the findings' ids. */
static void live(struct rig *rig, bool known, char ids[][HN_FINDING_ID_SIZE])
{
	_cleanup_(hn_podlist_cleanup) struct hn_podlist *pods = list_pods();
	char uid[HN_POD_UID_SIZE];

	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		const struct hn_judgement *ai;
		const struct hn_pod *pod;
		struct hn_entry *e;

		uid_of(i, uid);
		pod = hn_podlist_find(pods, uid);
		assert_non_null(pod);
		e = rig_entry(uid, pod);
		rig_exec(rig, e, 7, row->exe ? row->exe : "/bin/app", row->argv ? row->argv : "",
			 row->argv ? row->argv_n : 0, pod);
		if (row->device)
			rig_hold(rig, e, false, row->device);
		if (row->library)
			rig_hold(rig, e, true, row->library);
		if (row->port)
			rig_listen(rig, e, row->port);
		hn_entry_judge(e, rig->catalogue, pod);
		ai = &e->finding.ai;
		if (known != (ai->verdict != HN_NOT_AI) || (known && strcmp(ai->evidence[0].path, row->path) != 0))
			fail_msg("%s: %s by %s", row->pattern, hn_verdict_name(ai->verdict),
				 ai->n_evidence ? ai->evidence[0].path : "nothing");
		memcpy(ids[i], e->finding.id, HN_FINDING_ID_SIZE);
		rig_end(rig, e, pod);
	}
	rig_close(rig);
}

static void no_kind_is_left_out(void **state)
{
	bool kinds[HN_PATTERN_MAX] = {false}, fields[HN_FIELD_MAX] = {false}, clues[HN_CLUE_KIND_MAX] = {false};

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		kinds[rows[i].kind] = fields[rows[i].field] = true;
		clues[HN_CLUE_PROGRAM] |= rows[i].exe || rows[i].argv;
		clues[HN_CLUE_DEVICE] |= rows[i].device != NULL;
		clues[HN_CLUE_LIBRARY] |= rows[i].library != NULL;
		clues[HN_CLUE_PORT] |= rows[i].port;
	}
	for (int i = 0; i < HN_PATTERN_MAX; i++)
		if (!kinds[i])
			fail_msg("no container for patterns of kind %s",
				 hn_pattern_kind_name((enum hn_pattern_kind)i));
	for (int i = 0; i < HN_FIELD_MAX; i++)
		if (!fields[i])
			fail_msg("no container for evidence in field %d", i);
	for (int i = 0; i < HN_CLUE_KIND_MAX; i++)
		if (!clues[i])
			fail_msg("no container with a %s", hn_clue_kind_name((enum hn_clue_kind)i));
}

static void the_same_catalogue_changes_nothing(void **state)
{
	char ids[ROWS][HN_FINDING_ID_SIZE], sum[64];
	struct hn_str all = {0};
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		put_signature(&all, i);
	rig_new(&rig, hn_str_get(&all));
	live(&rig, true, ids);
	snprintf(sum, sizeof(sum), "%zu looked at, 0 judged differently\n", ROWS);
	assert_string_equal(rig_rejudge(&rig, HN_OUTPUT_TABLE, true), sum);
	/* The test can fail: without its signatures none of them is AI. */
	snprintf(sum, sizeof(sum), "%zu looked at, %zu judged differently\n", ROWS, ROWS);
	if (!strstr(rig_rejudge(&rig, HN_OUTPUT_TABLE, false), sum))
		fail_msg("%s", hn_str_get(&rig.printed));
	hn_str_done(&all);
	rig_free(&rig);
}

static void a_new_signature_finds_its_own(void **state)
{
	char ids[ROWS][HN_FINDING_ID_SIZE], sum[64];
	struct rig rig;

	(void)state;
	rig_new(&rig, NULL);
	live(&rig, false, ids);
	for (size_t i = 0; i < ROWS; i++) {
		struct hn_str one = {0};
		const char *printed;

		put_signature(&one, i);
		rig_signatures(&rig, hn_str_get(&one));
		printed = rig_rejudge(&rig, HN_OUTPUT_JSON, true);
		snprintf(sum, sizeof(sum), "\"finding\":{\"id\":\"%s\"", ids[i]);
		if (rig_count(printed, "\"now\":") != 1 || !strstr(printed, sum) ||
		    !strstr(printed, "\"incomplete\":[],\"lookedAt\":"))
			fail_msg("%s: %s", rows[i].pattern, printed);
		hn_str_done(&one);
	}
	rig_free(&rig);
}

static void no_secret_is_kept(void **state)
{
	char ids[ROWS][HN_FINDING_ID_SIZE];
	struct rig rig;
	char buffer[1 << 16];
	size_t n;
	FILE *file;

	(void)state;
	rig_new(&rig, NULL);
	live(&rig, false, ids);
	file = fopen(rig.store, "re");
	assert_non_null(file);
	while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0)
		assert_null(memmem(buffer, n, "hunter2", 7));
	fclose(file);
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_kind_is_left_out),
		cmocka_unit_test(the_same_catalogue_changes_nothing),
		cmocka_unit_test(a_new_signature_finds_its_own),
		cmocka_unit_test(no_secret_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Each kind of pattern against what it must and must not match. The patterns are this file's own. */
#include <unistd.h>

#include "rig.h"

static const char signatures[] =
	"signatures:\n"
	"- {name: t-image, category: agent, image: [acme/serve_it, toolroom/*, acme/kit-*, solo-acme, one]}\n"
	"- {name: t-exe, category: agent, exe: [acmed, 'acme::', acme-*]}\n"
	"- {name: t-argv, category: agent, argv: [acmectl serve --fast]}\n"
	"- {name: t-module, category: agent, module: [acmepy, acme.deep]}\n"
	"- {name: t-package, category: agent, package: ['@acme/*', acme-pkg]}\n"
	"- {name: t-script, category: agent, script: [acme/run.py]}\n"
	"- {name: t-flag, category: agent, flag: [--acme-rank, --acme=on]}\n"
	"- {name: t-file, category: agent, file: '*.acm'}\n"
	"- {name: t-model, category: agent, model: acme-ai/*}\n"
	"- {name: t-path, category: agent, path: [/mnt/acme, acme/cache]}\n"
	"- {name: t-host, category: agent, host: [api.acme.test, '*.acme.example']}\n"
	"- {name: t-word, category: agent, word: acmeword}\n"
	"- {name: t-env, category: agent, env: [ACME_TOKEN, ACME_*]}\n"
	"- {name: t-env-word, category: agent, env-word: ACMEW}\n"
	"- {name: t-label, category: agent, label: [acme.io/x, acme.dev/*, tier=acme]}\n"
	"- {name: t-owner, category: agent, owner: [AcmeJob.acme.io, Acme.acme.io, AnyAcme]}\n"
	"- {name: t-resource, category: agent, resource: [acme.com/npu, acme.com/slice-*]}\n"
	"- {name: t-port, category: agent, port: '45678'}\n"
	"- {name: t-mount, category: agent, mount: /acme}\n"
	"- {name: t-runtime, category: agent, runtime: acmert}\n"
	"- {name: t-quiet, not-ai: true, exe: [{acmecurl: 0}]}\n";

static struct hn_catalogue *catalogue;
static struct hn_hits hits;
static struct rig r;

static int set_up(void **state)
{
	(void)state;
	catalogue = rig_catalogue_of(signatures);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	hn_catalogue_free(catalogue);
	return 0;
}

static void begin(void)
{
	rig_init(&r);
	hn_hits_init(&hits, catalogue);
}

static const struct rig_row images[] = {
	{"acme/serve_it", "t-image", "acme/serve_it"},
	{"acme/serve_it:v1", "t-image", "acme/serve_it:v1"},
	{"acme/serve_it@sha256:00ff", "t-image", "acme/serve_it@sha256:00ff"},
	{"r.example:5000/m/acme/serve_it:v1@sha256:00ff", "t-image",
	 "r.example:5000/m/acme/serve_it:v1@sha256:00ff"},
	{"ACME/Serve_It", "t-image", "ACME/Serve_It"},
	{"r.example/acme-serve-it:1", "t-image", "r.example/acme-serve-it:1"}, /* flattened */
	{"r.example/docker.io_acme_serve_it:1", "t-image", "r.example/docker.io_acme_serve_it:1"},
	{"r.example/xacme-serve-it:1", "t-image", NULL},
	{"r.example/acme-serve-it2:1", "t-image", NULL},
	{"acme/serve_its", "t-image", NULL},
	{"xacme/serve_it", "t-image", NULL},
	{"serve_it", "t-image", NULL},
	{"acme/serve_it/more", "t-image", NULL},
	{"r.example/x/toolroom/any/below:1", "t-image", "r.example/x/toolroom/any/below:1"},
	{"toolroom", "t-image", NULL}, /* a star is never nothing */
	{"toolrooms/any", "t-image", NULL},
	{"acme/kit-a", "t-image", "acme/kit-a"},
	{"acme/kit-", "t-image", NULL},
	{"acme/kita", "t-image", NULL},
	{"team-solo-acme", "t-image", "team-solo-acme"}, /* a name of several words, with others before it */
	{"teamsolo-acme", "t-image", NULL},
	{"two-one", "t-image", NULL}, /* one word is too few for that */
	{"x/my-acmeword_a:1", "t-word", "acmeword"},
	{"x/my-acmewords:1", "t-word", NULL},
	{"acmeword/app:1", "t-word", "acmeword"},
	{"r.acmeword.example/team/app:1", "t-word", NULL}, /* a host's name says nothing */
	{"x/app:acmeword", "t-word", NULL},                /* nor does a tag */
	{"", "t-image", NULL},
	{"///:@", "t-image", NULL},
};

static void test_images(void **state)
{
	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(images); i++) {
		begin();
		r.container.image = images[i].text;
		hn_signals_container(&hits, &r.container);
		rig_assert_hit(&hits, images[i].text, images[i].signature, images[i].value);
	}
}

/* Words in front make a name less certain; a path in one segment is still the whole path. */
static void test_how_sure_a_flattened_name_is(void **state)
{
	(void)state;
	begin();
	r.container.image = "team-solo-acme";
	hn_signals_container(&hits, &r.container);
	assert_true(rig_hit(&hits, "t-image")->factor == 0.9f);
	begin();
	r.container.image = "docker.io_acme_serve_it";
	hn_signals_container(&hits, &r.container);
	assert_true(rig_hit(&hits, "t-image")->factor == 1);
}

static const struct rig_row lines[] = {
	{"acmed --x", "t-exe", "acmed"},
	{"/usr/bin/acmed", "t-exe", "acmed"},
	{"ACMED", "t-exe", "acmed"},
	{"acmed2", "t-exe", NULL},
	{"/acmed/other", "t-exe", NULL}, /* the folder is no program */
	{"acme-tool", "t-exe", "acme-tool"},
	{"acmetool", "t-exe", NULL},
	{"acme::Worker_3", "t-exe", "acme::worker_3"},
	{"acmes::Worker_3", "t-exe", NULL},
	{"sh -c 'A=1 exec acmed'", "t-exe", "acmed"},
	{"sh -c 'echo acmed'", "t-exe", NULL},
	{"sh -c 'sh -c \"sh -c acmed\"'", "t-exe", "acmed"},
	{"acmectl serve --fast", "t-argv", "acmectl serve --fast"},
	{"acmectl -v serve --fast=yes", "t-argv", "acmectl serve --fast"},
	{"acmectl --fast serve", "t-argv", NULL}, /* the order counts */
	{"acmectl serve --faster", "t-argv", NULL},
	{"acmectls serve --fast", "t-argv", NULL},
	{"python -m acmepy", "t-module", "acmepy"},
	{"python -m acmepy.x.y", "t-module", "acmepy.x.y"},
	{"python -m acmepyx.y", "t-module", NULL},
	{"python -m acme.deep.z", "t-module", "acme.deep.z"},
	{"python -m acme.deeper", "t-module", NULL},
	{"uvicorn acmepy.main:app", "t-module", "acmepy.main"},
	{"gunicorn -w 4 -k x acmepy:app", "t-module", "acmepy"},
	{"other acmepy.main:app", "t-module", NULL}, /* no server of applications */
	{"java -cp x acmepy.Main", "t-module", "acmepy.main"},
	{"torchrun --nnodes 2 -m acmepy.train", "t-module", "acmepy.train"},
	{"other -m acmepy.train", "t-module", NULL},
	{"python -c 'import os; from acmepy import x'", "t-module", "acmepy"},
	{"python -c 'print(\"acmepy\")'", "t-module", NULL},
	{"npx -y @acme/thing@1.2", "t-package", "@acme/thing"},
	{"npx -y @acmes/thing", "t-package", NULL},
	{"uvx acme_pkg[x]==2", "t-package", "acme-pkg"},
	{"pip install acme-pkg>=1", "t-package", "acme-pkg"},
	{"pip install acme-pkgs", "t-package", NULL},
	{"node /x/node_modules/@acme/thing/cli.js", "t-package", "@acme/thing"},
	{"python /srv/acme/run.py", "t-script", "run.py"},
	{"python /srv/acmes/run.py", "t-script", NULL},
	{"python /srv/acme/run.pyc", "t-script", NULL},
	{"python3 /usr/lib/python3.11/site-packages/acmepy/x/serve.py", "t-module", "acmepy.x.serve"},
	{"python3 -u /opt/v/lib/site-packages/x/dist-packages/acmepy.py", "t-module", "acmepy"},
	{"python3 /usr/lib/site-packages/acmepys/serve.py", "t-module", NULL},
	{"python3 /usr/lib/site-packages/other/acmepy.py", "t-module", NULL},
	{"python3 /srv/acmepy/serve.py", "t-module", NULL}, /* anybody's folder */
	{"python3 /usr/lib/site-packages/acmepy/data.json", "t-module", NULL},
	{"python3 /usr/lib/site-packages/acme/run.py", "t-script", "run.py"},
	{"other --acme-rank 3", "t-flag", "--acme-rank"},
	{"other --acme_rank=3", "t-flag", "--acme-rank"},
	{"other --acme-ranks 3", "t-flag", NULL},
	{"other --acme on", "t-flag", "--acme=on"},
	{"other --acme=ON", "t-flag", "--acme=on"},
	{"other --acme off", "t-flag", NULL},
	{"other -m /data/x.ACM", "t-file", "x.acm"},
	{"other --m=/data/x.acm", "t-file", "x.acm"},
	{"other a=/data/x.acm,b=y", "t-file", "x.acm"},
	{"other s3://bucket/x.acm?y=z", "t-file", "x.acm"},
	{"other /data/x.acm.gz", "t-file", NULL},
	{"other /data/acm", "t-file", NULL},
	{"other acme-ai/Model-7B", "t-model", "acme-ai/model-7b"},
	{"other --model=acme-ai/x", "t-model", "acme-ai/x"},
	{"other hf://acme-ai/x", "t-model", "acme-ai/x"},
	{"other /cache/models--acme-ai--x/snapshots/1", "t-model", "acme-ai"},
	{"other acme-ai/x/y", "t-model", NULL},
	{"other ./acme-ai/x", "t-model", NULL},
	{"other https://acme-ai/x", "t-model", NULL},
	{"other /mnt/acme/1", "t-path", "/mnt/acme"},
	{"other /mnt/acmes/1", "t-path", NULL},
	{"other /x/mnt/acme", "t-path", NULL},
	{"other /home/a/acme/cache/b", "t-path", "acme/cache"},
	{"other https://api.acme.test/v1", "t-host", "api.acme.test"},
	{"other --url=https://u:p@api.acme.test:443/v1", "t-host", "api.acme.test"},
	{"other https://api.acme.tests/v1", "t-host", NULL},
	{"other https://eu.acme.example/v1", "t-host", "eu.acme.example"},
	{"other https://acme.example/v1", "t-host", NULL},
	{"other https://x.test/?u=https://api.acme.test", "t-host", NULL},
	{"python acmeword-2.py", "t-word", "acmeword"},
	{"python -m my_acmeword", "t-word", "acmeword"},
	{"other acmeword", "t-word", NULL}, /* an argument is no name */
	{"env ACME_TOKEN=x other", "t-env", "ACME_TOKEN"},
	{"sh -c 'ACME_TOKEN=x other'", "t-env", "ACME_TOKEN"},
	{"acmecurl -f x.acm", "t-file", NULL}, /* its arguments say nothing */
	{"acmecurls -f x.acm", "t-file", "x.acm"},
	{"other -- acmed", "t-exe", "acmed"},
	{"other acmed", "t-exe", NULL},
};

static void test_command_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(lines); i++) {
		begin();
		rig_command(&r, lines[i].text);
		hn_signals_container(&hits, &r.container);
		rig_assert_hit(&hits, lines[i].text, lines[i].signature, lines[i].value);
	}
}

/* A process's lines are the same, and a silent program stays silent though its executable was seen first. */
static void test_processes(void **state)
{
	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(lines); i++) {
		begin();
		rig_process(&r, "", lines[i].text);
		hn_signals_process(&hits, &r.process);
		rig_assert_hit(&hits, lines[i].text, lines[i].signature, lines[i].value);
	}
	begin();
	rig_process(&r, "/usr/bin/acmecurl", "acmecurl -f x.acm");
	hn_signals_process(&hits, &r.process);
	rig_assert_hit(&hits, "silent", "t-file", NULL);
	begin();
	rig_process(&r, "/usr/bin/acmed (deleted)", "");
	hn_signals_process(&hits, &r.process);
	rig_assert_hit(&hits, "deleted", "t-exe", "acmed");
	begin();
	rig_process(&r, "", "'gunicorn: master [acmepy.main:app]'");
	hn_signals_process(&hits, &r.process);
	rig_assert_hit(&hits, "title", "t-module", "acmepy.main");
}

static const struct {
	const char *name, *signature, *value;
	float factor;
} variables[] = {
	{"ACME_TOKEN", "t-env", "ACME_TOKEN", 1},
	{"ACME_ANY_THING", "t-env", "ACME_ANY_THING", 1},
	{"ACME_SERVER_URL", "t-env", "ACME_SERVER_URL", 0.4f}, /* a client's as well */
	{"ACMES_TOKEN", "t-env", NULL, 0},
	{"acme_token", "t-env", NULL, 0},
	{"X_ACMEW_Y", "t-env-word", "X_ACMEW_Y", 1},
	{"X_ACMEW_HOST", "t-env-word", "X_ACMEW_HOST", 0.4f},
	{"X_ACMEWS_Y", "t-env-word", NULL, 0},
	{"", "t-env", NULL, 0},
	{"___", "t-env", NULL, 0},
};

static void test_environment(void **state)
{
	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(variables); i++) {
		begin();
		r.env.word[0] = variables[i].name;
		r.container.env = r.env.word;
		r.container.n_env = 1;
		hn_signals_container(&hits, &r.container);
		rig_assert_hit(&hits, variables[i].name, variables[i].signature, variables[i].value);
		if (variables[i].value)
			assert_true(rig_hit(&hits, variables[i].signature)->factor == variables[i].factor);
	}
}

static void test_labels(void **state)
{
	static const struct rig_row rows[] = {
		{"acme.io/x", "", "acme.io/x"},       {"acme.io/y", "", NULL},
		{"acme.dev/any", "", "acme.dev/any"}, {"acme.devs/any", "", NULL},
		{"tier", "acme", "tier=acme"},        {"tier", "acmes", NULL},
		{"Tier", "ACME", "tier=acme"},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		begin();
		rig_label(&r, rows[i].text, rows[i].signature);
		hn_signals_pod(&hits, &r.pod);
		rig_assert_hit(&hits, rows[i].text, "t-label", rows[i].value);
	}
}

static void test_owners(void **state)
{
	static const struct {
		const char *version, *kind;
		float factor;
	} rows[] = {
		{"acme.io/v1", "AcmeJob", 1},
		{"", "AcmeJob", 1},
		{"other.io/v1", "AcmeJob", 0.8f},
		{"acme.io/v1", "Acme", 1},
		{"", "Acme", 0.6f},
		{"other.io/v1", "Acme", 0},
		{"acme.ioo/v1", "Acme", 0},
		{"any.io/v1", "AnyAcme", 1},
		{"acme.io/v1", "AcmeJobs", 0},
		{"", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		const struct hn_hit *h;

		begin();
		r.pod.controller = (struct hn_owner){rows[i].version, rows[i].kind, "x"};
		hn_signals_pod(&hits, &r.pod);
		h = rig_hit(&hits, "t-owner");
		if ((h ? h->factor : 0) != rows[i].factor)
			fail_msg("%s %s: %f", rows[i].version, rows[i].kind, h ? (double)h->factor : 0.0);
	}
}

static void test_resources_ports_mounts_runtime(void **state)
{
	static const char *const mounts[] = {"/acme/x", "/acmes"};

	(void)state;
	begin();
	rig_resource(&r, "acme.com/slice-1g");
	r.port.number = 45678;
	r.container.ports = &r.port;
	r.container.n_ports = 1;
	r.container.mounts = mounts;
	r.container.n_mounts = 1;
	r.pod.runtime_class = "acmert";
	hn_signals_pod(&hits, &r.pod);
	hn_signals_container(&hits, &r.container);
	rig_assert_hit(&hits, "resource", "t-resource", "acme.com/slice-1g");
	rig_assert_hit(&hits, "port", "t-port", "45678");
	rig_assert_hit(&hits, "mount", "t-mount", "/acme");
	rig_assert_hit(&hits, "runtime", "t-runtime", "acmert");
	begin();
	rig_resource(&r, "acme.com/npus");
	r.port.number = 45679;
	r.container.ports = &r.port;
	r.container.n_ports = 1;
	r.container.mounts = mounts + 1;
	r.container.n_mounts = 1;
	r.pod.runtime_class = "acmerts";
	hn_signals_pod(&hits, &r.pod);
	hn_signals_container(&hits, &r.container);
	assert_int_equal(hits.n, 0);
	begin();
	rig_resource(&r, "acme.com/npu");
	r.resource.value = "0"; /* asked for none */
	hn_signals_container(&hits, &r.container);
	rig_assert_hit(&hits, "none", "t-resource", NULL);
}

/* One token counts once for a signature, by its heaviest pattern. */
static void test_one_token_counts_once(void **state)
{
	size_t n = 0;

	(void)state;
	begin();
	rig_env(&r, "ACME_TOKEN ACME_OTHER");
	hn_signals_container(&hits, &r.container);
	for (size_t i = 0; i < hits.n; i++)
		n += !strcmp(hn_catalogue_signature(catalogue, hits.hit[i].pattern->signature)->name, "t-env");
	assert_int_equal(n, 2); /* ACME_TOKEN and ACME_*, but not ACME_* for the first one too */
	begin();
	rig_env(&r, "ACME_TOKEN");
	hn_signals_container(&hits, &r.container);
	assert_int_equal(hits.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_how_sure_a_flattened_name_is),
		cmocka_unit_test(test_command_lines),
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_resources_ports_mounts_runtime),
		cmocka_unit_test(test_one_token_counts_once),
	};

	return cmocka_run_group_tests_name("match", tests, set_up, tear_down);
}

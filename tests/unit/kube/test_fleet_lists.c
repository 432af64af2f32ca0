// SPDX-License-Identifier: Apache-2.0
// The fleet's lists from an API server: what of them cannot be read is said, and hides nothing else.
#include "api_rig.h"

#include "hostnetd/fleet.h"
#include "hostnetd/report_kind.h"

static struct rig rig;
static struct hn_apiserver *api;
static char gaps[4096];

#define LABELLED                                                                                     \
	"{\"metadata\":{\"name\":\"%s\",\"namespace\":\"ml\",\"labels\":{\"" HN_REPORT_LABEL_MANAGED \
	"\":\"" HN_REPORT_MANAGER "\"}},\"x\":"

/* Three objects of nobody's with our label, one of them nested deeper than anything of Kubernetes, one a list of a quarter million. */
static void write_reports(void)
{
	struct hn_str text = {0};

	hn_str_puts(&text, "{\"kind\":\"List\",\"items\":[");
	hn_str_printf(&text, LABELLED "1,\"kind\":\"Report\"},", "a");
	hn_str_printf(&text, LABELLED, "deep");
	for (int i = 0; i < 80; i++)
		hn_str_putc(&text, '[');
	for (int i = 0; i < 80; i++)
		hn_str_putc(&text, ']');
	hn_str_printf(&text, "}," LABELLED "[0", "wide");
	for (int i = 0; i < 250000; i++)
		hn_str_puts(&text, ",0");
	hn_str_printf(&text, "]}," LABELLED "1}]}", "b");
	rig_write(&rig, "objects/apis/openreports.io/v1alpha1/reports.json", text.data);
	hn_str_done(&text);
}

static int start(void **state _unused_)
{
	static const char *const folders[] = {"objects",
					      "objects/api",
					      "objects/api/v1",
					      "objects/apis",
					      "objects/apis/openreports.io",
					      "objects/apis/openreports.io/v1alpha1"};
	struct hn_apiserver_settings settings = {.timeout_ns = 30 * HN_NSEC_PER_SEC};

	rig_new(&rig);
	for (size_t i = 0; i < HN_ARRAY_SIZE(folders); i++)
		assert_int_equal(mkdir(rig_path(&rig, folders[i]), 0700), 0);
	rig_write(&rig, "objects/api/v1/nodes.json",
		  "{\"kind\":\"List\",\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}}]}");
	rig_write(&rig, "objects/apis/openreports.io/v1alpha1/clusterreports.json", "{\"items\":[]}");
	write_reports();
	rig_write(&rig, "server.token", "good-token");
	rig_write(&rig, "client.token", "good-token\n");
	api_start(&rig, false);
	settings.kubeconfig = api_kubeconfig(&rig, "certificate-authority: ca.crt", "tokenFile: client.token");
	api = api_open(&settings);
	return 0;
}

static int stop(void **state _unused_)
{
	hn_apiserver_free(api);
	rig_free(&rig);
	return 0;
}

static int on_gap(void *arg _unused_, const char *what, const char *why, struct hn_reason *reason _unused_)
{
	size_t used = strlen(gaps);

	snprintf(gaps + used, sizeof(gaps) - used, "%s: %s\n", what, why);
	return 0;
}

static void read_fleet(void)
{
	const struct hn_fleet_settings settings = {
		.name = "cluster", .now = hn_wall_now(), .max_age_ns = 1800 * HN_NSEC_PER_SEC, .gap = on_gap};
	struct hn_observations *o = hn_observations_new();
	struct hn_reason reason = {""};

	gaps[0] = '\0';
	if (hn_fleet_read(api, &settings, o, &reason) < 0)
		fail_msg("%s", reason.text);
	hn_observations_free(o);
}

#define NO_REPORT "node n1: it has no report object: does the agent run there, with --report-objects?\n"
#define STRANGERS(n)         \
	"report objects: " n \
	" objects carry hostnetd's label and are no agent's: they are left out; who wrote them?\n"

static void what_is_beyond_the_bounds(void **state _unused_)
{
	read_fleet();
	assert_string_equal(
		gaps,
		"reports: 2 objects of the list cannot be read (nested too deeply)\n" NO_REPORT STRANGERS("2"));
}

/* A page after it that is not asked for may hold anything. */
static void what_says_that_more_comes(void **state _unused_)
{
	rig_fault(&rig, "long-token reports");
	read_fleet();
	assert_non_null(strstr(gaps, "reports: "));
	assert_non_null(strstr(gaps, "metadata.continue is longer than 4095 bytes"));
	rig_fault(&rig, "long-token nodes");
	read_fleet();
	assert_non_null(strstr(gaps, "nodes: "));
	assert_non_null(strstr(gaps, "metadata.continue is longer than 4095 bytes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_beyond_the_bounds),
		cmocka_unit_test(what_says_that_more_comes),
	};

	return cmocka_run_group_tests(tests, start, stop);
}

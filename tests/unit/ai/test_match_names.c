/* SPDX-License-Identifier: Apache-2.0 */
/* Words of names, claims, volumes, and the names of what processes hold. The patterns are this file's own. */
#include <unistd.h>

#include "rig.h"

static const char signatures[] = "signatures:\n"
				 "- {name: t-word, category: agent, word: [acmeword, 'zyx*', '*qrs']}\n"
				 "- {name: t-claim, category: agent, claim: acmepu}\n"
				 "- {name: t-mount, category: agent, mount: /acme}\n"
				 "- {name: t-device, category: agent, device: acmedev}\n"
				 "- {name: t-library, category: agent, library: [libacme, libacme_*]}\n";

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

/* A word of a name: whole, its beginning, its end; of a label that names the application, of an owner's kind. */
static void test_words(void **state)
{
	static const struct rig_row rows[] = {
		{"team/acmeword-api:1", "t-word", "acmeword"},
		{"team/zyxlm:1", "t-word", "zyxlm"},
		{"team/fastqrs:1", "t-word", "fastqrs"},
		{"team/zyx:1", "t-word", NULL},
		{"team/azyxlm:1", "t-word", NULL},
		{"team/qrst:1", "t-word", NULL},
	};
	static const struct rig_row kinds[] = {{"ACMEWORDService", "t-word", "acmeword"},
					       {"BigAcmewordJob", "t-word", "acmeword"},
					       {"ZyxlmSet", "t-word", "zyxlm"},
					       {"BigacmewordJob", "t-word", NULL}};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		begin();
		r.container.image = rows[i].text;
		hn_signals_container(&hits, &r.container);
		rig_assert_hit(&hits, rows[i].text, rows[i].signature, rows[i].value);
	}
	for (size_t i = 0; i < HN_ARRAY_SIZE(kinds); i++) {
		struct hn_owner part_of = {"", kinds[i].text, "x"};

		begin();
		r.pod.owners = &part_of; /* no controller: it says what the pod is part of */
		r.pod.n_owners = 1;
		hn_signals_pod(&hits, &r.pod);
		rig_assert_hit(&hits, kinds[i].text, kinds[i].signature, kinds[i].value);
	}
	begin();
	rig_label(&r, "app.kubernetes.io/name", "my-acmeword");
	hn_signals_pod(&hits, &r.pod);
	rig_assert_hit(&hits, "label", "t-word", "acmeword");
	begin();
	rig_label(&r, "team", "my-acmeword");
	hn_signals_pod(&hits, &r.pod);
	rig_assert_hit(&hits, "label of a team", "t-word", NULL);
}

static void test_claims_and_volumes(void **state)
{
	const struct hn_pair claims[] = {{"resourceClaimName", "one-acmepu"}},
			     others[] = {{"resourceClaimName", "one-acmepus"}},
			     volumes[] = {{"hostPath", "/acme"}};

	(void)state;
	begin();
	r.pod.claims = claims;
	r.pod.volumes = volumes;
	r.pod.n_claims = r.pod.n_volumes = 1;
	hn_signals_pod(&hits, &r.pod);
	rig_assert_hit(&hits, "claim", "t-claim", "acmepu");
	rig_assert_hit(&hits, "volume", "t-mount", "/acme");
	begin();
	r.pod.claims = others;
	r.pod.n_claims = 1;
	hn_signals_pod(&hits, &r.pod);
	assert_int_equal(hits.n, 0);
}

static void test_what_is_held(void **state)
{
	static const struct {
		bool library;
		const char *name, *signature; /* NULL: none */
	} rows[] = {
		{false, "acmedev0", "t-device"},
		{false, "acmedev", "t-device"},
		{false, "acmedev12", "t-device"},
		{false, "acmedevx0", NULL},
		{false, "libacme", NULL},
		{true, "libacme.so.12.4", "t-library"},
		{true, "libacme_gpu.so", "t-library"},
		{true, "libacme-0a1b2c3d.so.1", "t-library"},
		{true, "libacme-0a1b2c3.so.1", NULL},
		{true, "libacmes.so", NULL},
		{true, "acmedev", NULL},
		{true, "", NULL},
		{true, ".so", NULL},
		{false, "123", NULL},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_held held = {.pid = 7, .library = rows[i].library, .fd = 3};
		size_t signature;
		double weight;

		assert_true(hn_strcpy(held.name, sizeof(held.name), rows[i].name));
		begin();
		r.process.held = &held;
		r.process.n_held = 1;
		hn_signals_process(&hits, &r.process);
		assert_int_equal(hits.n, rows[i].signature != NULL);
		assert_int_equal(hn_ai_knows_held(catalogue, &held, &signature, &weight),
				 rows[i].signature != NULL);
		if (rows[i].signature)
			rig_assert_hit(&hits, rows[i].name, rows[i].signature, rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_claims_and_volumes),
		cmocka_unit_test(test_what_is_held),
	};

	return cmocka_run_group_tests_name("match names", tests, set_up, tear_down);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What other systems get: OCSF and OTLP against golden files. That these obey the standards' schemas is checked by `make check`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "golden.h"
#include "hostnetd/ocsf.h"
#include "hostnetd/otlp.h"
#include "lines.h"
#include "sample.h"

static void put_change(struct hn_str *out, enum hn_change_type type, const struct hn_finding *f)
{
	const struct hn_change change = {
		.type = type, .time = {SAMPLE_NOW}, .changed = 1U << HN_CHANGED_STATE, .finding = f};

	hn_report_ocsf_change(&sample_who, &change, 1795465867123456ULL, out);
	hn_str_putc(out, '\n');
}

static struct hn_health health(bool passed, bool complete, uint64_t open)
{
	struct hn_health h = {.identity = sample_who,
			      .time = {SAMPLE_NOW},
			      .complete = complete,
			      .open = open,
			      .passed = passed};

	h.open_by_severity[HN_SEVERITY_CRITICAL] = open;
	if (!complete)
		h.incomplete[h.n_incomplete++] = "kubelet https://n1:10250: 403 \033[31m";
	return h;
}

static void ocsf_detections(void **state _unused_)
{
	static struct sample s;
	struct hn_str out = {0};

	sample_early(&s);
	put_change(&out, HN_CHANGE_OPENED, &s.finding);
	sample_vllm(&s);
	put_change(&out, HN_CHANGE_UPDATED, &s.finding);
	sample_drifter(&s);
	put_change(&out, HN_CHANGE_OPENED, &s.finding);
	sample_rogue(&s);
	s.finding.state = HN_STATE_RESOLVED;
	put_change(&out, HN_CHANGE_RESOLVED, &s.finding);
	sample_excepted(&s);
	put_change(&out, HN_CHANGE_OPENED, &s.finding);
	check_lines(&out, 5);
	check_golden("ocsf.jsonl", &out);
	hn_str_done(&out);
}

static void ocsf_names_an_escape_where_there_was_one(void **state _unused_)
{
	static const enum hn_cause causes[] = {HN_CAUSE_UNKNOWN, HN_CAUSE_DECLARED, HN_CAUSE_JOINED,
					       HN_CAUSE_SOCKET, HN_CAUSE_UNMANAGED};
	static struct sample s;

	sample_vllm(&s);
	for (size_t i = 0; i < HN_ARRAY_SIZE(causes); i++) {
		struct hn_str out = {0};

		s.finding.cause = causes[i];
		put_change(&out, HN_CHANGE_OPENED, &s.finding);
		assert_int_equal(strstr(hn_str_get(&out), "T1611") != NULL, i > 1);
		hn_str_done(&out);
	}
}

static void ocsf_control(void **state _unused_)
{
	struct hn_ocsf_control before = {0};
	struct hn_str out = {0};
	struct hn_health all[] = {health(false, false, 0), health(false, true, 2), health(false, false, 1),
				  health(true, true, 0), health(true, true, 0)};

	for (size_t i = 0; i < HN_ARRAY_SIZE(all); i++) {
		hn_report_ocsf_control(&all[i], &before, &out);
		hn_str_putc(&out, '\n');
	}
	check_lines(&out, HN_ARRAY_SIZE(all));
	check_golden("ocsf-control.jsonl", &out);
	hn_str_done(&out);
}

static void put_event(struct hn_str *out, struct hn_event event)
{
	event.seq = 1795465867123456ULL;
	event.time.ns = SAMPLE_NOW;
	hn_report_otlp_event(&event, out);
	hn_str_putc(out, ',');
}

static void otlp_records(void **state _unused_)
{
	static struct sample vllm, drifter, early;
	struct hn_str out = {0};
	struct hn_health h = health(false, false, 1);
	struct hn_change opened = {.type = HN_CHANGE_OPENED, .finding = &early.finding},
			 updated = {.type = HN_CHANGE_UPDATED, .changed = 6, .finding = &vllm.finding},
			 resolved = {.type = HN_CHANGE_RESOLVED, .finding = &drifter.finding};
	struct hn_sighting attempt = {.pid = 77, .comm = "sh\n", .exe = "/bin/sh", .error = 1};
	struct hn_notice refused = {.type = HN_NOTICE_ATTEMPT_REFUSED,
				    .text = "",
				    .attempt = &attempt,
				    .finding = &vllm.finding,
				    .container = &vllm.containers[0]},
			 lost = {.type = HN_NOTICE_AGENT_LOST, .text = "the ring was full", .count = 12};
	struct hn_happening contact = {.type = HN_HAPPENING_CONTACT,
				       .finding = &vllm.finding,
				       .container = &vllm.containers[0],
				       .process = &vllm.processes[0],
				       .text = ""},
			    omitted = {.type = HN_HAPPENING_OMITTED, .count = 40, .text = ""};

	sample_early(&early);
	sample_vllm(&vllm);
	sample_drifter(&drifter);
	contact.endpoint = vllm.finding.contacts[0].endpoint;
	hn_report_otlp_begin(&sample_who, &out);
	put_event(&out, (struct hn_event){.change = &opened});
	put_event(&out, (struct hn_event){.change = &updated});
	put_event(&out, (struct hn_event){.change = &resolved});
	put_event(&out, (struct hn_event){.notice = &refused});
	put_event(&out, (struct hn_event){.notice = &lost});
	put_event(&out, (struct hn_event){.happening = &contact});
	put_event(&out, (struct hn_event){.happening = &omitted});
	hn_report_otlp_control(&h, &out);
	hn_report_otlp_end(&out);
	hn_str_putc(&out, '\n');
	check_lines(&out, 1);
	check_golden("otlp.json", &out);
	hn_str_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ocsf_detections),
		cmocka_unit_test(ocsf_names_an_escape_where_there_was_one),
		cmocka_unit_test(ocsf_control),
		cmocka_unit_test(otlp_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* One line a change, for a person who watches `run`. Never more than one line, whatever a name holds. */
#include <inttypes.h>
#include <string.h>

#include "hostnetd/report.h"
#include "hostnetd/str.h"
#include "words.h"

static void put_time(struct hn_str *out, bool colour, struct hn_wall t)
{
	char text[HN_TIME_TEXT];

	hn_wall_format(t, text);
	text[19] = 'Z'; /* whole seconds will do */
	text[20] = '\0';
	hn_words_painted(out, colour, HN_PAINT_QUIET, text);
	hn_str_puts(out, "  ");
}

/* "changed: pod, cause"; the names come from our own table. */
static void put_changed(struct hn_str *out, unsigned changed)
{
	const char *comma = "";

	hn_str_puts(out, "; changed: ");
	for (unsigned f = 0; f < HN_CHANGED_MAX; f++) {
		if (!(changed & (1U << f)))
			continue;
		hn_str_printf(out, "%s%s", comma, hn_change_field_name((enum hn_change_field)f));
		comma = ", ";
	}
}

static void put_finding(struct hn_str *out, const struct hn_finding *f)
{
	_cleanup_(hn_str_done) struct hn_str ports = {0}, contacts = {0};
	const char *cause = hn_cause_name(f->cause);

	hn_words_workload(out, f);
	if (f->pod_name[0] != '\0' && f->workload_kind[0] != '\0' && !hn_streq(f->workload_kind, "Pod")) {
		hn_str_puts(out, ", pod ");
		hn_words_name(out, f->pod_name);
	}
	hn_str_printf(out, ": %s", cause[0] != '\0' ? cause : "cause not known yet");
	hn_str_puts(out, "; ");
	hn_words_product(out, &f->ai);
	hn_words_ports(&ports, f);
	if (ports.len > 0)
		hn_str_printf(out, "; listens on %s", hn_str_get(&ports));
	hn_words_contacts(&contacts, f);
	if (contacts.len > 0)
		hn_str_printf(out, "; called %s", hn_str_get(&contacts));
}

void hn_report_change_text(const struct hn_identity *who, const struct hn_change *change, bool colour,
			   struct hn_str *out)
{
	static const char *const words[] = {[HN_CHANGE_NONE] = "",
					    [HN_CHANGE_OPENED] = "OPENED  ",
					    [HN_CHANGE_UPDATED] = "updated ",
					    [HN_CHANGE_RESOLVED] = "resolved"};
	const struct hn_finding *f = change->finding;
	char age[HN_TIME_TEXT];

	_Static_assert(HN_ARRAY_SIZE(words) == HN_CHANGE_TYPE_MAX, "a word for each type of change");
	(void)who; /* one node, and its name does not change from line to line */
	if (change->type <= HN_CHANGE_NONE || change->type >= HN_CHANGE_TYPE_MAX)
		return;
	put_time(out, colour, change->time);
	hn_words_painted(out, colour,
			 f->state == HN_STATE_EXCEPTED      ? HN_PAINT_QUIET :
			 change->type == HN_CHANGE_OPENED   ? HN_PAINT_WORSE :
			 change->type == HN_CHANGE_RESOLVED ? HN_PAINT_GOOD :
							      HN_PAINT_NONE,
			 change->type == HN_CHANGE_OPENED && f->state == HN_STATE_EXCEPTED ? "excepted" :
											     words[change->type]);
	hn_str_puts(out, "  ");
	hn_words_painted(out, colour, hn_words_severity_paint(f->severity), hn_severity_name(f->severity));
	hn_str_puts(out, "  ");
	put_finding(out, f);
	if (f->exception.name[0] != '\0') {
		hn_str_puts(out, "; ");
		hn_words_exception(out, f);
	}
	if (change->type == HN_CHANGE_UPDATED && change->changed != 0)
		put_changed(out, change->changed);
	if (change->type == HN_CHANGE_RESOLVED && hn_wall_known(f->first_seen))
		hn_str_printf(out, "; after %s", hn_age_format(change->time.ns - f->first_seen.ns, age));
	hn_str_putc(out, '\n');
}

void hn_report_notice_text(const struct hn_identity *who, const struct hn_notice *notice, bool colour,
			   struct hn_str *out)
{
	put_time(out, colour, notice->time);
	hn_words_painted(out, colour,
			 notice->type == HN_NOTICE_AGENT_GAP || notice->type == HN_NOTICE_AGENT_LOST ||
					 notice->type == HN_NOTICE_ATTEMPT_REFUSED ||
					 notice->type == HN_NOTICE_POD_DIFFERS ?
				 HN_PAINT_DOUBTFUL :
				 HN_PAINT_QUIET,
			 hn_notice_type_name(notice->type));
	if (notice->type == HN_NOTICE_AGENT_STARTED && who->node && who->node[0] != '\0') {
		hn_str_puts(out, "  node ");
		hn_words_name(out, who->node);
	}
	if (notice->type == HN_NOTICE_AGENT_LOST)
		hn_str_printf(out, "  %llu record%s lost", (unsigned long long)notice->count,
			      notice->count == 1 ? "" : "s");
	if (notice->finding) {
		hn_str_puts(out, "  ");
		hn_words_workload(out, notice->finding);
	}
	if (notice->container) {
		hn_str_puts(out, ", container ");
		hn_words_container(out, notice->container);
	}
	if (notice->finding) {
		hn_str_puts(out, "; ");
		hn_words_product(out, &notice->finding->ai);
	}
	if (notice->attempt) {
		hn_str_printf(out, "; process %d ", (int)notice->attempt->pid);
		hn_words_name(out, notice->attempt->comm);
		hn_str_printf(out, " (uid %" PRIu32 ") tried setns: %s", notice->attempt->uid,
			      strerror(notice->attempt->error));
	}
	if (notice->exception) {
		hn_str_puts(out, "  rule ");
		hn_words_name(out, notice->exception->name);
		hn_str_putc(out, ':');
	}
	if (notice->text && notice->text[0] != '\0') {
		hn_str_puts(out, notice->exception ? " " : "  ");
		hn_words_name(out, notice->text);
	}
	hn_str_putc(out, '\n');
}

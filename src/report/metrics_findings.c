// SPDX-License-Identifier: Apache-2.0
/* The metrics about findings: counts with bounded labels, and the worst findings by name. */
#include <inttypes.h>
#include <string.h>

#include "hostnetd/health.h"
#include "hostnetd/str.h"
#include "sheet.h"

const char *const hn_health_categories[HN_HEALTH_CATEGORIES] = {
	"inference", "gateway", "agent", "vector-db", "training", "notebook", "ml-platform", "other",
};

unsigned hn_health_category(const char *category)
{
	unsigned i = 0;

	while (i < HN_HEALTH_CATEGORIES - 1 && strcmp(hn_health_categories[i], category) != 0)
		i++;
	return i;
}

static const char *cause_label(unsigned cause)
{
	return cause == HN_CAUSE_UNKNOWN ? "unknown" : hn_cause_name((enum hn_cause)cause);
}

static void put_finding_row(struct hn_sheet *s, unsigned state, unsigned cause, unsigned severity,
			    unsigned category)
{
	uint64_t n = s->h->findings[state][cause][severity][category];

	if (n)
		hn_str_printf(s->out,
			      "%s{state=\"%s\",cause=\"%s\",severity=\"%s\",category=\"%s\"} %" PRIu64 "\n",
			      s->name, hn_state_name((enum hn_state)state), cause_label(cause),
			      hn_severity_name((enum hn_severity)severity), hn_health_categories[category], n);
}

void hn_sheet_findings(struct hn_sheet *s)
{
	for (unsigned state = 0; state < HN_STATE_MAX; state++)
		for (unsigned cause = 0; cause < HN_CAUSE_MAX; cause++)
			for (unsigned severity = 0; severity < HN_SEVERITY_MAX; severity++)
				for (unsigned category = 0; category < HN_HEALTH_CATEGORIES; category++)
					put_finding_row(s, state, cause, severity, category);
}

void hn_sheet_open_findings(struct hn_sheet *s)
{
	for (unsigned i = 0; i < HN_SEVERITY_MAX; i++)
		hn_sheet_labelled(s, "severity", hn_severity_name((enum hn_severity)i), s->h->open_by_severity[i]);
}

void hn_sheet_sharing(struct hn_sheet *s)
{
	for (unsigned i = 0; i < HN_CAUSE_MAX; i++)
		hn_sheet_labelled(s, "cause", cause_label(i), s->h->sharing[i]);
}

static void put_label(struct hn_sheet *s, const char *label, const char *value)
{
	hn_str_printf(s->out, ",%s=\"", label);
	hn_sheet_value(s->out, value);
	hn_str_putc(s->out, '"');
}

/* Never a process's or a container's id, nor a command line: those have no bound. A finding's id is the same for as long as
 * its pod shares. */
void hn_sheet_finding_info(struct hn_sheet *s)
{
	for (size_t i = 0; i < s->h->n_listed; i++) {
		const struct hn_finding *f = s->h->listed[i];

		hn_str_printf(s->out, "%s{finding=\"%s\"", s->name, f->id);
		put_label(s, "state", hn_state_name(f->state));
		put_label(s, "cause", cause_label(f->cause));
		put_label(s, "way", hn_way_name(f->way));
		put_label(s, "severity", hn_severity_name(f->severity));
		put_label(s, "category", hn_health_categories[hn_health_category(f->ai.category)]);
		put_label(s, "namespace", f->pod_namespace);
		put_label(s, "pod", f->pod_name);
		put_label(s, "workload_kind", f->workload_kind);
		put_label(s, "workload", f->workload_name);
		hn_str_puts(s->out, "} 1\n");
	}
}

void hn_sheet_finding_first_seen(struct hn_sheet *s)
{
	for (size_t i = 0; i < s->h->n_listed; i++)
		hn_sheet_labelled(s, "finding", s->h->listed[i]->id,
				  (uint64_t)(s->h->listed[i]->first_seen.ns / HN_NSEC_PER_SEC));
}

void hn_sheet_finding_cut(struct hn_sheet *s)
{
	hn_sheet_put(s, s->h->not_listed);
}

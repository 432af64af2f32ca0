// SPDX-License-Identifier: Apache-2.0
/* What the API's queries ask for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/str.h"
#include "serve_self.h"

#define LIMIT 100
#define LIMIT_MAX 500

static const char *state_name(int i)
{
	return i == HN_STATE_SHARING || i == HN_STATE_GONE ? "" : hn_state_name((enum hn_state)i);
}

static const char *cause_name(int i)
{
	return hn_cause_name((enum hn_cause)i);
}

static const char *severity_name(int i)
{
	return hn_severity_name((enum hn_severity)i);
}

static const char *verdict_name(int i)
{
	return hn_verdict_name((enum hn_verdict)i);
}

/* One of a fixed set of words; names that are "" are not for the API. */
static int read_word(const struct hn_http_query *query, enum hn_http_param p, const char *(*name)(int), int max,
		     int *ret, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str words = {0};
	const char *value = query->values[p];

	*ret = HN_FILTER_ANY;
	if (!value)
		return 0;
	for (int i = 0; i < max; i++) {
		if (strcmp(name(i), value) == 0 && value[0]) {
			*ret = i;
			return 0;
		}
		if (name(i)[0])
			hn_str_printf(&words, "%s%s", words.len ? ", " : "", name(i));
	}
	return hn_reason_set(reason, -EINVAL, "parameter '%s' is one of: %s", hn_http_param_name(p),
			     hn_str_get(&words));
}

static int read_text(const struct hn_http_query *query, enum hn_http_param p, char *ret, size_t size,
		     struct hn_reason *reason)
{
	if (!hn_strcpy(ret, size, query->values[p]))
		return hn_reason_set(reason, -EINVAL, "parameter '%s' has at most %zu bytes",
				     hn_http_param_name(p), size - 1);
	return 0;
}

static const char *change_type(int i)
{
	return hn_change_type_name((enum hn_change_type)i);
}

static const char *notice_type(int i)
{
	return hn_notice_type_name((enum hn_notice_type)i);
}

static const char *happening_type(int i)
{
	return hn_happening_type_name((enum hn_happening_type)i);
}

/* "finding" takes all that begin with "finding." */
static bool takes_type(const char *wanted, const char *type)
{
	size_t n = strlen(wanted);

	return strncmp(wanted, type, n) == 0 && (type[n] == '\0' || type[n] == '.');
}

static int read_type(const struct hn_http_query *query, char *ret, size_t size, struct hn_reason *reason)
{
	static const struct {
		const char *(*name)(int);
		int max;
	} kinds[] = {{change_type, HN_CHANGE_TYPE_MAX},
		     {notice_type, HN_NOTICE_TYPE_MAX},
		     {happening_type, HN_HAPPENING_TYPE_MAX}};
	const char *value = query->values[HN_HTTP_TYPE];

	if (!value)
		return 0;
	for (size_t k = 0; k < HN_ARRAY_SIZE(kinds); k++)
		for (int i = 0; i < kinds[k].max; i++)
			if (takes_type(value, kinds[k].name(i)) && hn_strcpy(ret, size, value))
				return 0;
	return hn_reason_set(reason, -EINVAL,
			     "parameter 'type' is an event's, as finding.opened, or what stands before its dot");
}

bool hn_filter_is_id(const char *text)
{
	return strlen(text) == HN_FINDING_ID_SIZE - 1 &&
	       strspn(text, "0123456789abcdef") == HN_FINDING_ID_SIZE - 1;
}

static int read_finding(const struct hn_http_query *query, char *ret, size_t size, struct hn_reason *reason)
{
	const char *value = query->values[HN_HTTP_OF_FINDING];

	if (!value)
		return 0;
	if (!hn_filter_is_id(value) || !hn_strcpy(ret, size, value))
		return hn_reason_set(reason, -EINVAL, "parameter 'finding' is an id of %d hexadecimal digits",
				     HN_FINDING_ID_SIZE - 1);
	return 0;
}

static int read_time(const struct hn_http_query *query, enum hn_http_param p, struct hn_wall *ret,
		     struct hn_reason *reason)
{
	const char *value = query->values[p];
	int64_t ago;

	if (!value)
		return 0;
	if (hn_wall_parse(value, ret) == 0)
		return 0;
	if (hn_duration_parse(value, &ago) < 0)
		return hn_reason_set(reason, -EINVAL,
				     "parameter '%s' is a time as 2026-11-24T20:31:07Z, or how long ago, as 1h",
				     hn_http_param_name(p));
	ret->ns = hn_wall_now().ns - ago;
	return 0;
}

static int read_span(const struct hn_http_query *query, struct hn_wall *since, struct hn_wall *until,
		     struct hn_reason *reason)
{
	if (read_time(query, HN_HTTP_SINCE, since, reason) < 0 ||
	    read_time(query, HN_HTTP_UNTIL, until, reason) < 0)
		return -EINVAL;
	if (hn_wall_known(*since) && hn_wall_known(*until) && since->ns > until->ns)
		return hn_reason_set(reason, -EINVAL,
				     "parameter 'since' is after 'until': nothing is between them");
	return 0;
}

static int read_limit(const struct hn_http_query *query, unsigned *ret, struct hn_reason *reason)
{
	const char *value = query->values[HN_HTTP_LIMIT];

	*ret = LIMIT;
	if (!value)
		return 0;
	*ret = strlen(value) <= 3 && value[strspn(value, "0123456789")] == '\0' ?
		       (unsigned)strtoul(value, NULL, 10) :
		       0;
	if (*ret < 1 || *ret > LIMIT_MAX)
		return hn_reason_set(reason, -EINVAL, "parameter 'limit' is 1 to %d", LIMIT_MAX);
	return 0;
}

int hn_filter_read(const struct hn_http_query *query, struct hn_filter *ret, struct hn_reason *reason)
{
	struct hn_filter f = {0};

	if (read_word(query, HN_HTTP_STATE, state_name, HN_STATE_MAX, &f.state, reason) < 0 ||
	    read_word(query, HN_HTTP_CAUSE, cause_name, HN_CAUSE_MAX, &f.cause, reason) < 0 ||
	    read_word(query, HN_HTTP_SEVERITY, severity_name, HN_SEVERITY_MAX, &f.severity, reason) < 0 ||
	    read_word(query, HN_HTTP_VERDICT, verdict_name, HN_VERDICT_MAX, &f.verdict, reason) < 0 ||
	    read_text(query, HN_HTTP_NAMESPACE, f.namespace, sizeof(f.namespace), reason) < 0 ||
	    read_text(query, HN_HTTP_POD, f.pod, sizeof(f.pod), reason) < 0 ||
	    read_text(query, HN_HTTP_WORKLOAD, f.workload, sizeof(f.workload), reason) < 0 ||
	    read_text(query, HN_HTTP_Q, f.q, sizeof(f.q), reason) < 0 ||
	    read_type(query, f.type, sizeof(f.type), reason) < 0 ||
	    read_finding(query, f.finding, sizeof(f.finding), reason) < 0 ||
	    read_span(query, &f.since, &f.until, reason) < 0 || read_limit(query, &f.limit, reason) < 0)
		return -EINVAL;
	*ret = f;
	return 0;
}

static bool holds(const char *text, const char *part)
{
	return strcasestr(text, part) != NULL;
}

static bool mentions(const struct hn_finding *f, const char *q)
{
	if (holds(f->pod_namespace, q) || holds(f->pod_name, q) || holds(f->pod_uid, q) ||
	    holds(f->workload_kind, q) || holds(f->workload_name, q) || holds(f->ai.product, q) ||
	    holds(f->ai.category, q) || holds(f->id, q))
		return true;
	for (size_t i = 0; i < f->n_containers; i++)
		if (holds(f->containers[i].name, q) || holds(f->containers[i].image, q) ||
		    holds(f->containers[i].id, q))
			return true;
	return false;
}

/* "vllm" or "StatefulSet/vllm". */
static bool is_workload(const struct hn_finding *f, const char *wanted)
{
	size_t kind = strlen(f->workload_kind);

	if (strcmp(f->workload_name, wanted) == 0)
		return true;
	return kind > 0 && strncmp(wanted, f->workload_kind, kind) == 0 && wanted[kind] == '/' &&
	       strcmp(wanted + kind + 1, f->workload_name) == 0;
}

bool hn_filter_takes(const struct hn_filter *f, const struct hn_finding *finding)
{
	if ((f->state >= 0 && (int)finding->state != f->state) ||
	    (f->cause >= 0 && (int)finding->cause != f->cause) ||
	    (f->severity >= 0 && (int)finding->severity != f->severity) ||
	    (f->verdict >= 0 && (int)finding->ai.verdict != f->verdict))
		return false;
	if (f->namespace[0] && strcmp(f->namespace, finding->pod_namespace) != 0)
		return false;
	if (f->pod[0] && strcmp(f->pod, finding->pod_name) != 0 && strcmp(f->pod, finding->pod_uid) != 0)
		return false;
	if (f->workload[0] && !is_workload(finding, f->workload))
		return false;
	return !f->q[0] || mentions(finding, f->q);
}

bool hn_filter_takes_event(const struct hn_filter *f, const struct hn_http_event *event)
{
	if ((hn_wall_known(f->since) && event->time.ns < f->since.ns) ||
	    (hn_wall_known(f->until) && event->time.ns > f->until.ns))
		return false;
	if (f->finding[0] && strcmp(f->finding, event->finding) != 0)
		return false;
	return !f->type[0] || takes_type(f->type, event->type);
}

// SPDX-License-Identifier: Apache-2.0
/* `hostnetd audit`: what objects declare, from files or from the API server. Touches no node. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit_cluster.h"
#include "audit_runtime.h"
#include "commands.h"
#include "exceptions.h"
#include "hostnetd/drift.h"
#include "hostnetd/log.h"
#include "hostnetd/policy.h"

#define SLICE 65536

struct files {
	struct hn_audit *audit;
	const char *name;
};

static int on_asset(void *arg, const struct hn_asset *asset, struct hn_reason *reason)
{
	const struct files *f = arg;

	return hn_audit_add(f->audit, f->name, asset, reason);
}

static int read_all(int fd, const char *name, struct hn_asset_reader *reader, struct hn_reason *reason)
{
	char slice[SLICE];
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = read(fd, slice, sizeof(slice))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = -errno;
			return hn_reason_set(reason, r, "%s: %s", name, strerror(-r));
		}
		r = hn_asset_reader_feed(reader, slice, (size_t)n, reason);
	}
	return r < 0 ? r : hn_asset_reader_finish(reader, reason);
}

static int read_file(struct hn_audit *audit, const struct hn_workload_kinds *kinds, const char *path,
		     struct hn_reason *reason)
{
	bool standard = strcmp(path, "-") == 0;
	struct files f = {.audit = audit, .name = standard ? HN_AUDIT_STANDARD_INPUT : path};
	const struct hn_asset_source source = {.name = f.name, .kinds = kinds, .found = on_asset, .arg = &f};
	_cleanup_(hn_asset_reader_cleanup) struct hn_asset_reader *reader = hn_asset_reader_new(&source);
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;

	if (fd < 0 || !reader) {
		r = reader ? -errno : -ENOMEM;
		return hn_reason_set(reason, r, "%s: %s", path, strerror(-r));
	}
	r = read_all(fd, f.name, reader, reason);
	if (r == 0 && hn_asset_reader_is_empty(reader))
		r = hn_audit_gap(audit, f.name, "holds no Kubernetes object", reason);
	if (r == 0 && hn_asset_reader_is_partial(reader))
		r = hn_audit_gap(audit, f.name,
				 "a list in it goes on (metadata.continue): fetch it without a limit", reason);
	if (!standard)
		close(fd);
	return r;
}

static int gather(const struct hn_settings *s, const struct hn_workload_kinds *kinds, struct hn_audit *audit,
		  struct hn_reason *reason)
{
	int r = 0;

	if (s->files.n == 0)
		return hn_audit_cluster(s, kinds, audit, reason);
	for (size_t i = 0; r == 0 && i < s->files.n; i++)
		r = read_file(audit, kinds, s->files.items[i], reason);
	return r;
}

static int report(const struct hn_settings *s, const struct hn_audit *audit)
{
	_cleanup_(hn_str_done) struct hn_str out = {0};
	char folder[PATH_MAX];
	const struct hn_audit_page page = {
		.version = HN_VERSION,
		.time = hn_wall_now(),
		.likely_fails = s->fail_on == HN_FAIL_ON_LIKELY,
		.width = hn_settings_width(),
		.colour = hn_settings_colour(),
		.folder = getcwd(folder, sizeof(folder)),
	};

	if (hn_settings_table(s))
		hn_report_audit_table(audit, &page, &out);
	else if (s->output == HN_OUTPUT_JUNIT)
		hn_report_audit_junit(audit, &page, &out);
	else if (s->output == HN_OUTPUT_SARIF)
		hn_report_audit_sarif(audit, &page, &out);
	else
		hn_report_audit_json(audit, &page, &out);
	for (size_t i = 0; i < audit->n_gaps && !hn_settings_table(s); i++)
		hn_warning("not covered: %s: %s", audit->gaps[i].what, audit->gaps[i].why);
	if (hn_audit_matched_nothing(audit))
		hn_warning("nothing matched --namespace/--selector");
	for (size_t i = 0; i < hn_exceptions_count(audit->exceptions); i++) {
		const struct hn_exception *e = hn_exceptions_at(audit->exceptions, i);

		if (hn_exception_expired(e, audit->now))
			hn_warning("the exception '%s' has expired: it covers nothing any more", e->name);
	}
	if (hn_output_write(&out) != HN_EXIT_OK)
		return HN_EXIT_TROUBLE;
	if (hn_audit_failed(audit, page.likely_fails))
		return HN_EXIT_FINDINGS;
	return hn_audit_passed(audit, page.likely_fails) ? HN_EXIT_OK : HN_EXIT_TROUBLE;
}

/* The words about a rule that is left out are in the policy; here only that there are such. */
static int emit_policy(const struct hn_settings *s, const struct hn_audit *audit)
{
	_cleanup_(hn_str_done) struct hn_str out = {0};
	struct hn_reason reason = {{0}};

	if (hn_report_policy(audit->policy, (enum hn_policy_format)s->emit_policy, &out, &reason) < 0) {
		hn_error("%s", reason.text);
		return HN_EXIT_TROUBLE;
	}
	for (size_t i = 0; i < hn_exceptions_count(audit->exceptions); i++) {
		const struct hn_exception *e = hn_exceptions_at(audit->exceptions, i);

		if (!hn_admission_has_rule(e, audit->now))
			hn_warning("the exception '%s' is not in the policy: its comments say why", e->name);
		else if (hn_admission_unreached(e))
			hn_warning(
				"the exception '%s' does not cover all pods of a %s in the policy: its comments say why",
				e->name, hn_admission_unreached(e));
	}
	return hn_output_write(&out);
}

int hn_command_audit(const struct hn_settings *s)
{
	_cleanup_(hn_catalogue_cleanup) struct hn_catalogue *catalogue = NULL;
	_cleanup_(hn_workload_kinds_cleanup) struct hn_workload_kinds *kinds = NULL;
	_cleanup_(hn_selector_cleanup) struct hn_selector *selector = NULL;
	_cleanup_(hn_admission_policy_cleanup) struct hn_admission_policy *policy = NULL;
	_cleanup_(hn_observations_cleanup) struct hn_observations *observed = NULL;
	_cleanup_(hn_drift_done) struct hn_drift drift = {0};
	struct hn_exception_file exceptions = {0};
	_cleanup_(hn_audit_done) struct hn_audit audit = {.ns = s->ns, .now = hn_wall_now()};
	struct hn_reason reason = {{0}};
	int r = hn_catalogue_new((const char *const *)s->signatures.items, s->signatures.n, &catalogue, &reason);

	if (r == 0)
		r = hn_workload_kinds_new((const char *const *)s->workload_kinds.items, s->workload_kinds.n,
					  &kinds, &reason);
	if (r == 0 && s->selector)
		r = hn_selector_parse(s->selector, &selector, &reason);
	if (r == 0 && s->exceptions)
		r = hn_exception_file_open(&exceptions, s->exceptions, &reason);
	audit.exceptions = r == 0 && s->exceptions ? hn_exception_book_rules(exceptions.book) : NULL;
	audit.catalogue = catalogue;
	audit.selector = selector;
	if (r == 0 && (s->emit_policy >= 0 || s->findings.n + s->with_runtime.n > 0))
		r = hn_admission_policy_new(catalogue, audit.exceptions, audit.now, &policy, &reason);
	audit.policy = policy;
	if (r == 0 && s->emit_policy >= 0) {
		r = emit_policy(s, &audit);
		hn_exception_file_done(&exceptions);
		return r;
	}
	if (r == 0)
		r = hn_audit_runtime(s, &audit, &observed, &reason);
	if (r == 0)
		r = gather(s, kinds, &audit, &reason);
	if (r == 0)
		r = hn_audit_roll_up(&audit, &reason);
	if (r == 0 && observed)
		r = hn_drift_compare(&audit, observed, &drift, &reason);
	audit.drift = observed ? &drift : NULL;
	if (r == 0)
		r = report(s, &audit);
	else
		hn_error("%s", reason.text);
	hn_exception_file_done(&exceptions);
	return r < 0 ? HN_EXIT_TROUBLE : r;
}

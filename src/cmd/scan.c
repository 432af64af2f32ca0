// SPDX-License-Identifier: Apache-2.0
/* `hostnetd scan`: what shares the host network now? Sweeps, asks the kubelet, answers, ends. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "declared.h"
#include "exceptions.h"
#include "scan_store.h"
#include "hostnetd/agent.h"
#include "hostnetd/log.h"
#include "hostnetd/str.h"

#define CLUES_BYTES ((size_t)64 * 1024 * 1024) /* nothing can be written before the scan has ended */
#define LIMIT_NS (15 * HN_NSEC_PER_SEC)
#define SECOND_LOOK_NS HN_NSEC_PER_SEC

struct scanner {
	struct event_base *base;
	struct event *timer;
	struct hn_agent *agent;
	struct hn_kubelet *kubelet;
	struct hn_exception_file exceptions;
	const struct hn_catalogue *catalogue;
	struct hn_declared *declared; /* NULL: not asked for */
	struct hn_mono deadline, second_look;
	bool looked_twice, kubelet_done;
	struct hn_reason sweep_problem;
	struct hn_ledger ledger; /* what the verdicts took in, for --store */
};

/* The kubelet is asked until it has said what is needed, or has failed. */
static bool finished(struct scanner *sc)
{
	enum hn_kubelet_state state = hn_kubelet_state(sc->kubelet);
	bool waits;

	if (hn_mono_now().ns >= sc->deadline.ns)
		return true;
	if (state == HN_KUBELET_UNASKED)
		return false;
	if (sc->declared && !hn_declared_answered(sc->declared))
		return false;
	waits = state == HN_KUBELET_OK && hn_agent_waits(sc->agent);
	return !waits && (sc->looked_twice || hn_agent_candidates(sc->agent) == 0);
}

static void go_on(struct scanner *sc)
{
	struct timeval after = {0, 0};
	int64_t ns;

	if (!sc->looked_twice && hn_agent_candidates(sc->agent) && hn_mono_now().ns >= sc->second_look.ns) {
		sc->looked_twice = true;
		if (hn_agent_sweep(sc->agent, &sc->sweep_problem) < 0)
			hn_warning("%s", sc->sweep_problem.text);
	}
	ns = hn_agent_tick(sc->agent);
	if (finished(sc)) {
		event_base_loopbreak(sc->base);
		return;
	}
	if (ns > 20 * HN_NSEC_PER_MSEC)
		ns = 20 * HN_NSEC_PER_MSEC;
	after.tv_usec = ns / 1000;
	event_add(sc->timer, &after);
}

static void on_timer(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	go_on(arg);
}

static void on_answer(struct hn_kubelet *kubelet _unused_, void *arg)
{
	struct scanner *sc = arg;

	if (!sc->agent)
		return;
	hn_agent_answered(sc->agent);
	hn_agent_settle(sc->agent);
	go_on(sc);
}

struct gathered {
	const struct hn_finding **findings;
	size_t n, open, undecided;
	bool failed;
	struct hn_reason reasons[HN_INCOMPLETE_MAX];
	size_t n_reasons;
};

static void gather(const struct scanner *sc, const struct hn_settings *s, struct gathered *g)
{
	const struct hn_entry *e;
	size_t cursor = 0, n = 0;

	while (hn_agent_next(sc->agent, &cursor))
		n++;
	g->findings = calloc(n + 1, sizeof(*g->findings));
	cursor = 0;
	while (g->findings && (e = hn_agent_next(sc->agent, &cursor))) {
		if (!hn_entry_present(e))
			continue;
		g->findings[g->n++] = &e->finding;
		if (e->finding.cause == HN_CAUSE_UNKNOWN)
			g->undecided++;
		if (e->finding.state == HN_STATE_OPEN) {
			g->open++;
			if (e->finding.ai.verdict == HN_AI || s->fail_on == HN_FAIL_ON_LIKELY)
				g->failed = true;
		}
	}
}

static void add_reasons(const struct scanner *sc, struct hn_probe *probe, const struct hn_probe_stats *stats,
			struct gathered *g)
{
	enum hn_kubelet_state state = hn_kubelet_state(sc->kubelet);

	if (hn_probe_degraded(probe)[0])
		hn_reason_set(&g->reasons[g->n_reasons++], 0, "only /proc was read: %.400s",
			      hn_probe_degraded(probe));
	if (state == HN_KUBELET_UNASKED)
		hn_reason_set(&g->reasons[g->n_reasons++], 0, "the kubelet did not answer in time");
	else if (state != HN_KUBELET_OK)
		hn_reason_set(&g->reasons[g->n_reasons++], 0, "%s", hn_kubelet_problem(sc->kubelet));
	if (sc->sweep_problem.text[0])
		hn_reason_set(&g->reasons[g->n_reasons++], 0, "%s", sc->sweep_problem.text);
	if (g->undecided && state == HN_KUBELET_OK)
		hn_reason_set(&g->reasons[g->n_reasons++], 0,
			      "%zu that share the host network are not known to the kubelet yet: scan again",
			      g->undecided);
	if (hn_agent_candidates(sc->agent))
		hn_reason_set(&g->reasons[g->n_reasons++], 0,
			      "%zu processes in containers' cgroups are still being set up: scan again in 10 s",
			      hn_agent_candidates(sc->agent));
	if (stats->malformed || stats->unmarked || hn_agent_dropped(sc->agent))
		hn_reason_set(&g->reasons[g->n_reasons++], 0, "not every process could be kept (memory)");
	if (!g->findings)
		hn_reason_set(&g->reasons[g->n_reasons++], 0, "no memory");
}

static void compare(const struct scanner *sc, struct hn_scan *scan, struct gathered *g)
{
	struct hn_reason *reason = &g->reasons[g->n_reasons];

	if (!sc->declared)
		return;
	if (!hn_declared_answered(sc->declared))
		hn_reason_set(reason, 0, "the API server did not answer in time");
	else if (!hn_declared_whole(sc->declared))
		hn_reason_set(reason, 0, "%s", hn_declared_problem(sc->declared));
	else if (hn_declared_compare(sc->declared, sc->agent, &scan->identity, &scan->declared, reason) == 0)
		return;
	g->n_reasons++;
}

/* Prints the document. Returns the exit code. */
static int print_scan(const struct hn_settings *s, const struct hn_scan *scan, bool failed)
{
	int result = failed ? HN_EXIT_FINDINGS : scan->complete ? HN_EXIT_OK : HN_EXIT_TROUBLE;
	bool table = hn_settings_table(s);
	struct hn_str out = {0};

	if (table)
		hn_report_scan_table(scan, hn_settings_width(), hn_settings_colour(), &out);
	else
		hn_report_scan_json(scan, &out);
	if (hn_output_write(&out) != HN_EXIT_OK)
		result = HN_EXIT_TROUBLE;
	for (size_t i = 0; i < scan->n_incomplete && !table; i++)
		hn_warning("incomplete: %s", scan->incomplete[i]);
	hn_str_done(&out);
	return result;
}

static int report(struct scanner *sc, const struct hn_settings *s, struct hn_probe *probe)
{
	struct gathered g = {0};
	struct hn_probe_stats stats;
	struct hn_scan scan = {.time = hn_wall_now()};
	struct hn_reason reason = {""};
	int result;

	hn_probe_stats(probe, &stats);
	gather(sc, s, &g);
	add_reasons(sc, probe, &stats, &g);
	hn_identity_of(s, hn_probe_host_netns(probe), &scan.identity);
	compare(sc, &scan, &g);
	scan.likely_fails = s->fail_on == HN_FAIL_ON_LIKELY;
	scan.findings = g.findings;
	scan.n_findings = g.n;
	scan.complete = g.n_reasons == 0;
	scan.passed = scan.complete && !g.failed;
	for (size_t i = 0; i < g.n_reasons; i++)
		scan.incomplete[scan.n_incomplete++] = g.reasons[i].text;
	scan.coverage = (struct hn_coverage){
		.hooks = hn_probe_hooks(probe),
		.kubelet = hn_kubelet_state_name(hn_kubelet_state(sc->kubelet)),
		.kubelet_problem = hn_kubelet_problem(sc->kubelet),
		.processes_seen = stats.swept,
		.lost = stats.lost,
	};
	result = print_scan(s, &scan, g.failed);
	if (hn_scan_store(s, &scan, hn_kubelet_pods(sc->kubelet), sc->catalogue, &sc->ledger, &reason) < 0) {
		hn_error("%s", reason.text);
		if (result == HN_EXIT_OK)
			result = HN_EXIT_TROUBLE;
	}
	free(g.findings);
	return result;
}

/* Nothing could be looked at: that too is a document, so that nobody takes silence for a pass. */
static int report_blind(const struct hn_settings *s, const struct hn_reason *reason)
{
	struct hn_scan scan = {.time = hn_wall_now(), .n_incomplete = 1, .incomplete = {reason->text}};

	hn_identity_of(s, 0, &scan.identity);
	scan.coverage = (struct hn_coverage){
		.hooks = "none", .kubelet = hn_kubelet_state_name(HN_KUBELET_UNASKED), .kubelet_problem = ""};
	return print_scan(s, &scan, false);
}

static const struct hn_catalogue *catalogue_of(void *arg)
{
	return ((const struct scanner *)arg)->catalogue;
}

static const struct hn_exceptions *rules_of(void *arg)
{
	const struct hn_exception_book *book = ((const struct scanner *)arg)->exceptions.book;

	return book ? hn_exception_book_rules(book) : NULL;
}

static void on_declared(void *arg, struct hn_podlist *list)
{
	struct scanner *sc = arg;

	hn_podlist_free(list);
	if (sc->agent && sc->timer)
		go_on(sc);
}

static int ask_apiserver(struct scanner *sc, const struct hn_settings *s, const struct hn_catalogue *catalogue,
			 struct hn_reason *reason)
{
	const struct hn_declared_parts parts = {.settings = s,
						.base = sc->base,
						.catalogue = catalogue_of,
						.exceptions = rules_of,
						.answered = on_declared,
						.arg = sc};

	sc->catalogue = catalogue;
	return s->compare_apiserver ? hn_declared_new(&parts, &sc->declared, reason) : 0;
}

/* A scan tells of its rules on standard error: what has expired explains what is open. */
static void on_notice(const struct hn_notice *notice, void *arg _unused_)
{
	char expires[HN_TIME_TEXT];

	if (notice->type == HN_NOTICE_EXCEPTION_EXPIRED)
		hn_warning("exception %s has expired (%.19sZ)", notice->exception->name,
			   hn_wall_format(notice->exception->expires, expires));
}

static void on_clue(const struct hn_finding *finding, const struct hn_clue *clue, void *arg)
{
	hn_ledger_take(&((struct scanner *)arg)->ledger, finding, clue);
}

static int look(struct scanner *sc, const struct hn_settings *s, struct hn_probe *probe,
		const struct hn_catalogue *catalogue, struct hn_reason *reason)
{
	_cleanup_(hn_agent_cleanup) struct hn_agent *agent = NULL;
	struct hn_agent_settings settings = {
		.node = s->node_name,
		.catalogue = catalogue,
		.probe = probe,
		.kubelet = sc->kubelet,
		.exceptions = sc->exceptions.book,
		.on_notice = on_notice,
		.grace_ns = s->unmanaged_grace,
		.on_clue = strcmp(s->store, "none") != 0 ? on_clue : NULL,
		.arg = sc,
	};
	size_t cursor = 0;
	int r;

	sc->catalogue = catalogue;
	hn_ledger_init(&sc->ledger, CLUES_BYTES);
	agent = hn_agent_new(&settings);
	if (!agent)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	sc->agent = agent;
	r = hn_agent_sweep(agent, reason);
	if (r < 0 && !hn_agent_next(agent, &cursor)) {
		sc->agent = NULL;
		return r;
	}
	if (r < 0) /* what it saw before is reported all the same */
		sc->sweep_problem = *reason;
	hn_agent_settle(agent);
	sc->deadline.ns = hn_mono_now().ns + LIMIT_NS + s->unmanaged_grace;
	sc->second_look.ns = hn_mono_now().ns + SECOND_LOOK_NS;
	hn_kubelet_want(sc->kubelet, HN_KUBELET_NOW);
	sc->timer = evtimer_new(sc->base, on_timer, sc);
	go_on(sc);
	event_base_dispatch(sc->base);
	event_free(sc->timer);
	r = report(sc, s, probe);
	hn_ledger_done(&sc->ledger);
	sc->agent = NULL;
	return r;
}

int hn_command_scan(const struct hn_settings *s)
{
	_cleanup_(hn_probe_cleanup) struct hn_probe *probe = NULL;
	_cleanup_(hn_catalogue_cleanup) struct hn_catalogue *catalogue = NULL;
	struct hn_kubelet_settings kubelet_settings;
	struct hn_probe_settings probe_settings;
	struct hn_reason reason = {{0}};
	struct scanner sc = {.base = event_base_new()};
	int result;

	if (!sc.base) {
		hn_error("no memory");
		return HN_EXIT_TROUBLE;
	}
	if (s->kubelet_insecure_tls)
		hn_warning("--kubelet-insecure-tls: the kubelet's certificate is NOT verified");
	hn_settings_probe(s, false, &probe_settings);
	hn_settings_kubelet(s, &kubelet_settings);
	result = hn_catalogue_new((const char *const *)s->signatures.items, s->signatures.n, &catalogue, &reason);
	if (result == 0)
		result = hn_exception_file_open(&sc.exceptions, s->exceptions, &reason);
	if (result == 0)
		result = hn_kubelet_new(&kubelet_settings, sc.base, on_answer, &sc, &sc.kubelet, &reason);
	if (result == 0)
		result = ask_apiserver(&sc, s, catalogue, &reason);
	if (result == 0)
		result = hn_probe_open(&probe_settings, &probe, &reason);
	if (result == 0)
		result = look(&sc, s, probe, catalogue, &reason);
	if (result < 0) {
		hn_error("%s", reason.text);
		/* Before there is a kubelet to ask it was a mistake in the settings, and no scan. */
		result = sc.kubelet ? report_blind(s, &reason) : HN_EXIT_TROUBLE;
	}
	hn_declared_free(sc.declared);
	hn_kubelet_free(sc.kubelet);
	hn_exception_file_done(&sc.exceptions);
	event_base_free(sc.base);
	return result;
}

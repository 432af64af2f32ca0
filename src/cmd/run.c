// SPDX-License-Identifier: Apache-2.0
/* `hostnetd run`: watches until it is told to stop. One thread, one loop; the ring, the kubelet and the timers are in
 * it, and no turn of it does more than its budget. */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "comparer.h"
#include "exceptions.h"
#include "hostnetd/agent.h"
#include "hostnetd/log.h"
#include "hostnetd/memory.h"
#include "hostnetd/str.h"
#include "outlets.h"
#include "printout.h"
#include "pusher.h"
#include "recorder.h"
#include "rights.h"
#include "serve.h"
#include "signatures.h"

#define DRAIN_BUDGET 256
#define IDLE_NS (5 * HN_NSEC_PER_SEC) /* a reader of standard output that has gone is noticed within */
#define SWEEP_NS (30 * HN_NSEC_PER_SEC)
#define SWEEP_BLIND_NS (5 * HN_NSEC_PER_SEC) /* without a netns hook */
#define SOCKETS_NS (60 * HN_NSEC_PER_SEC)
#define EXCEPTIONS_NS (2 * HN_NSEC_PER_SEC)  /* between two looks at the file */
#define REMEMBER_NS (3600 * HN_NSEC_PER_SEC) /* what a kill may cost of the days that a rule was of use */
/* 0 is for the ring and the timer; libevent gives the middle one to whoever does not ask. */
#define PRIORITIES 2
#define LAST_TURNS 16
#define FIRST_OTHER 1

struct runner {
	struct event_base *base;
	struct event *timer, *ring;
	struct hn_agent *agent;
	struct hn_kubelet *kubelet;
	struct hn_signatures *signatures;
	struct hn_exception_file exceptions;
	struct hn_mono exceptions_due, remember_due;
	struct hn_printout printout;
	struct hn_pusher pusher;
	struct hn_comparer comparer;
	struct hn_vitals vitals;
	bool stopping;
	struct hn_outlets outlets;
	struct hn_recorder recorder;
	struct hn_serve *serve;
	const struct hn_identity *who;
	char said[sizeof(((struct hn_reason *)0)->text)]; /* of the kubelet, last logged: its problem, or "ok" */
	int result;
};

static void on_change(const struct hn_change *change, void *arg)
{
	hn_outlets_change(&((struct runner *)arg)->outlets, change);
}

static void on_notice(const struct hn_notice *notice, void *arg)
{
	struct runner *r = arg;

	hn_outlets_notice(&r->outlets, notice);
	if (notice->exception) /* it is told once */
		r->remember_due.ns = 0;
}

static void on_happening(const struct hn_happening *happening, void *arg)
{
	hn_outlets_happening(&((struct runner *)arg)->outlets, happening);
}

static void on_clue(const struct hn_finding *finding, const struct hn_clue *clue, void *arg)
{
	hn_recorder_take_clue(&((struct runner *)arg)->recorder, finding, clue);
}

static bool listed_before(const char *uid, void *arg)
{
	return hn_recorder_listed_before(&((struct runner *)arg)->recorder, uid);
}

static void say(struct runner *r, enum hn_notice_type type, const char *text)
{
	struct hn_notice notice = {.type = type, .time = hn_wall_now(), .text = text};

	on_notice(&notice, r);
}

static void serve_event(void *self, const struct hn_event *event)
{
	hn_serve_event(((struct runner *)self)->serve, event);
}

static void use_catalogue(const struct hn_catalogue *catalogue, void *arg)
{
	struct runner *r = arg;

	hn_agent_use_catalogue(r->agent, catalogue);
	r->recorder.catalogue = catalogue;
	hn_comparer_again(&r->comparer);
}

static void refresh_exceptions(struct runner *r)
{
	struct hn_mono now = hn_mono_now();

	if (now.ns >= r->exceptions_due.ns) {
		r->exceptions_due.ns = now.ns + EXCEPTIONS_NS;
		if (hn_exception_file_refresh(&r->exceptions)) {
			hn_agent_reconsider(r->agent);
			hn_comparer_again(&r->comparer);
			r->remember_due.ns = 0;
		}
	}
	if (now.ns < r->remember_due.ns)
		return;
	r->remember_due.ns = now.ns + REMEMBER_NS;
	hn_recorder_remember(&r->recorder, r->exceptions.book);
}

/* Takes what waits. After records there may be more that wake nobody for a while: it looks again soon. */
static void turn(struct runner *r)
{
	int taken = hn_agent_drain(r->agent, DRAIN_BUDGET);
	int64_t ns;
	struct timeval after;

	hn_signatures_refresh(r->signatures, hn_mono_now(), use_catalogue, r);
	refresh_exceptions(r);
	hn_agent_settle(r->agent);
	hn_serve_look(r->serve);
	hn_recorder_catch_up(&r->recorder, r->agent, &r->outlets, r->exceptions.book);
	hn_recorder_say(&r->recorder);
	hn_pusher_look(&r->pusher);
	ns = hn_agent_tick(r->agent);
	if (taken > 0 && ns > HN_PROBE_QUIET_NS)
		ns = HN_PROBE_QUIET_NS;
	if (ns > IDLE_NS)
		ns = IDLE_NS;
	if (taken == DRAIN_BUDGET)
		ns = 0;
	after.tv_sec = ns / HN_NSEC_PER_SEC;
	after.tv_usec = ns % HN_NSEC_PER_SEC / 1000;
	event_add(r->timer, &after);
}

static void on_timer(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct runner *r = arg;

	if (hn_printout_is_gone()) {
		hn_error("nobody reads standard output any more: stopping");
		r->result = HN_EXIT_TROUBLE;
		event_base_loopbreak(r->base);
		return;
	}
	turn(r);
}

static void on_ring(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct runner *r = arg;

	turn(r);
}

static void on_signal(evutil_socket_t number _unused_, short what _unused_, void *arg)
{
	event_base_loopbreak(arg);
}

static void on_answer(struct hn_kubelet *kubelet, void *arg)
{
	struct runner *r = arg;
	bool ok = hn_kubelet_state(kubelet) == HN_KUBELET_OK;
	const char *now = ok ? "ok" : hn_kubelet_problem(kubelet);

	if (r->stopping)
		return;
	if (strcmp(now, r->said) != 0) {
		if (ok)
			hn_info("the kubelet lists %zu pods", hn_podlist_count(hn_kubelet_pods(kubelet)));
		else
			hn_warning("%s; findings go on with what is known", now);
		if (!r->said[0])
			hn_memory_give_back();
	}
	hn_strcpy(r->said, sizeof(r->said), now);
	hn_agent_answered(r->agent);
	turn(r);
	hn_comparer_answered(&r->comparer);
	if (ok)
		hn_recorder_answered(&r->recorder, r->agent);
}

static int loop(struct runner *r, struct hn_probe *probe)
{
	struct event *stop[2];
	const int signals[] = {SIGTERM, SIGINT};
	int fd = hn_probe_fd(probe);

	r->timer = evtimer_new(r->base, on_timer, r);
	r->ring = event_new(r->base, fd, EV_READ | EV_PERSIST, on_ring, r);
	event_priority_set(r->timer, 0);
	event_priority_set(r->ring, 0);
	for (int i = 0; i < 2; i++) {
		stop[i] = evsignal_new(r->base, signals[i], on_signal, r->base);
		event_add(stop[i], NULL);
	}
	say(r, HN_NOTICE_AGENT_STARTED, hn_probe_hooks(probe));
	if (fd >= 0)
		event_add(r->ring, NULL);
	hn_kubelet_want(r->kubelet, HN_KUBELET_NOW);
	turn(r);
	event_base_dispatch(r->base);
	say(r, HN_NOTICE_AGENT_STOPPED, "");
	hn_printout_last(&r->printout);
	/* What is left to send is sent by the loop: nothing else may come of it any more. */
	r->stopping = true;
	r->comparer.agent = NULL;
	event_del(r->ring);
	event_del(r->timer);
	hn_pusher_stop(&r->pusher);
	for (int i = 0; i < 2; i++)
		event_free(stop[i]);
	event_free(r->ring);
	event_free(r->timer);
	return r->result;
}

static int start_serving(const struct hn_settings *s, struct runner *r, struct hn_probe *probe,
			 struct hn_reason *reason)
{
	struct hn_serve_parts parts = {
		.settings = s,
		.who = r->who,
		.base = r->base,
		.probe = probe,
		.agent = r->agent,
		.kubelet = r->kubelet,
		.history = r->recorder.history,
		.vitals = &r->vitals,
		.drift = hn_comparer_document(&r->comparer),
	};

	return hn_serve_new(&parts, &r->serve, reason);
}

/* Before the agent goes, of which the API speaks. */
static void stop_serving(struct runner **r)
{
	hn_serve_free((*r)->serve);
	(*r)->serve = NULL;
}

static int watch(const struct hn_settings *s, struct runner *r, struct hn_probe *probe, struct hn_reason *reason)
{
	_cleanup_(hn_agent_cleanup) struct hn_agent *agent = NULL;
	_cleanup_(stop_serving) struct runner *serving _unused_ = r;
	struct hn_agent_settings settings = {
		.node = s->node_name,
		.catalogue = hn_signatures_catalogue(r->signatures),
		.probe = probe,
		.kubelet = r->kubelet,
		.exceptions = r->exceptions.book,
		.sweep_interval_ns = s->sweep_interval          ? s->sweep_interval :
				     hn_probe_sees_netns(probe) ? SWEEP_NS :
								  SWEEP_BLIND_NS,
		.socket_interval_ns = SOCKETS_NS,
		.grace_ns = s->unmanaged_grace,
		.on_change = on_change,
		.on_notice = on_notice,
		/* Standard output alone does not listen. */
		.on_happening = r->outlets.n > 1 ? on_happening : NULL,
		.on_clue = on_clue,
		.listed_before = listed_before,
		.arg = r,
	};
	int result;

	if (hn_probe_degraded(probe)[0])
		hn_warning("BPF cannot be used, only /proc is read: %s", hn_probe_degraded(probe));
	hn_rights_say(probe, r->recorder.history != NULL);
	if (!hn_probe_sees_netns(probe))
		hn_warning("no hook sees a thread change its network namespace: sweeps come every %d s instead",
			   (int)(settings.sweep_interval_ns / HN_NSEC_PER_SEC));
	agent = r->agent = hn_agent_new(&settings);
	if (!agent)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	r->recorder.catalogue = settings.catalogue;
	r->comparer.agent = agent;
	r->vitals.agent = agent;
	r->vitals.probe = probe;
	hn_recorder_resume(&r->recorder, agent, &r->outlets);
	result = start_serving(s, r, probe, reason);
	if (result == 0)
		result = hn_agent_sweep(agent, reason);
	if (result < 0)
		return result;
	hn_agent_settle(agent);
	result = loop(r, probe);
	r->agent = NULL;
	return result;
}

/* What the kernel tells comes before what clients ask: after each callback of theirs the loop looks at the ring again. */
static struct event_base *new_base(void)
{
	struct event_config *config = event_config_new();
	struct timeval no_limit = {1, 0};
	struct event_base *base;

	if (!config)
		return NULL;
	event_config_set_max_dispatch_interval(config, &no_limit, 1, FIRST_OTHER);
	base = event_base_new_with_config(config);
	event_config_free(config);
	if (base && event_base_priority_init(base, PRIORITIES) < 0) {
		event_base_free(base);
		return NULL;
	}
	return base;
}

/* A connection that was freed while a callback of it was on its way lives until that has run. */
static void free_base(struct event_base *base)
{
	for (int turns = 0; turns < LAST_TURNS && event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE) > 0;
	     turns++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_free(base);
}

int hn_command_run(const struct hn_settings *s)
{
	_cleanup_(hn_probe_cleanup) struct hn_probe *probe = NULL;
	_cleanup_(hn_signatures_cleanup) struct hn_signatures *signatures = NULL;
	struct hn_kubelet_settings kubelet_settings;
	struct hn_probe_settings probe_settings;
	struct hn_identity who;
	struct hn_reason reason = {{0}};
	struct runner r = {0};
	int result;

	hn_settings_probe(s, true, &probe_settings);
	hn_settings_kubelet(s, &kubelet_settings);
	result = hn_signatures_new(&s->signatures, &signatures, &reason);
	if (result == 0)
		result = hn_exception_file_open(&r.exceptions, s->exceptions, &reason);
	if (result == 0)
		result = hn_probe_open(&probe_settings, &probe, &reason);
	if (result < 0) {
		hn_exception_file_done(&r.exceptions);
		hn_error("%s", reason.text);
		return HN_EXIT_TROUBLE;
	}
	r.signatures = signatures;
	if (s->kubelet_insecure_tls)
		hn_warning(
			"--kubelet-insecure-tls: the kubelet's certificate is NOT verified; whoever answers at %s is "
			"believed, and gets the token",
			s->kubelet_url);
	r.base = new_base();
	hn_identity_of(s, hn_probe_host_netns(probe), &who);
	r.who = &who;
	if (!r.base || hn_printout_open(&r.printout, s, r.base, &who) < 0) {
		hn_error("no memory");
		return HN_EXIT_TROUBLE;
	}
	/* A reader of the stream that comes back to another run of the agent must not be served that one's events for its own:
	 * microseconds since the epoch, which a double holds exactly. */
	r.outlets.seq = (uint64_t)(hn_wall_now().ns / 1000);
	result = hn_recorder_open(&r.recorder, s, &who, &r.outlets, &reason);
	if (result == 0)
		hn_recorder_recall(&r.recorder, r.exceptions.book);
	hn_outlets_add(&r.outlets, hn_printout_take, &r.printout);
	if (!hn_streq(s->listen, "none"))
		hn_outlets_add(&r.outlets, serve_event, &r);
	r.vitals = (struct hn_vitals){.settings = s,
				      .who = &who,
				      .history = r.recorder.history,
				      .exceptions = &r.exceptions,
				      .started = hn_wall_now()};
	if (result == 0)
		result = hn_pusher_open(&r.pusher, s, r.base, &r.vitals, &r.printout, &r.outlets, &reason);
	if (result == 0)
		result = hn_kubelet_new(&kubelet_settings, r.base, on_answer, &r, &r.kubelet, &reason);
	r.comparer.who = &who;
	r.comparer.signatures = signatures;
	r.comparer.exceptions = &r.exceptions;
	r.comparer.outlets = &r.outlets;
	r.recorder.kubelet = r.vitals.kubelet = r.comparer.kubelet = r.kubelet;
	if (result == 0)
		result = hn_comparer_open(&r.comparer, s, r.base, kubelet_settings.seed, &reason);
	r.vitals.podcheck = r.comparer.check;
	if (result == 0)
		result = watch(s, &r, probe, &reason);
	if (result < 0) {
		hn_error("%s", reason.text);
		result = HN_EXIT_TROUBLE;
	}
	hn_recorder_remember(&r.recorder, r.exceptions.book);
	hn_comparer_close(&r.comparer);
	hn_pusher_close(&r.pusher);
	hn_recorder_close(&r.recorder);
	hn_kubelet_free(r.kubelet);
	hn_exception_file_done(&r.exceptions);
	hn_printout_close(&r.printout);
	free_base(r.base);
	return result;
}

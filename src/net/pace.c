// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/pace.h"

#define SPACING_NS HN_NSEC_PER_SEC
#define BACKOFF_MAX_NS (60 * HN_NSEC_PER_SEC)

void hn_pace_init(struct hn_pace *p, int64_t interval_ns, uint64_t seed)
{
	*p = (struct hn_pace){
		.interval_ns = interval_ns,
		.random = seed,
		.due = HN_PACE_NEVER,
		.not_before = INT64_MIN,
		.started = INT64_MIN,
	};
}

/* splitmix64: jitter must differ between nodes, not be secret. */
static uint64_t draw(struct hn_pace *p)
{
	uint64_t x = p->random += 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* ns * (1 - percent/100 ... 1 + percent/100) */
static int64_t jitter(struct hn_pace *p, int64_t ns, int percent)
{
	int64_t thousandths = (int64_t)(draw(p) % (uint64_t)(20 * percent + 1)) - 10 * percent;

	return ns + ns / 1000 * thousandths;
}

static void due_by(struct hn_pace *p, int64_t when)
{
	if (when < p->due)
		p->due = when;
}

void hn_pace_want(struct hn_pace *p, struct hn_mono now, int64_t delay_ns)
{
	due_by(p, now.ns + delay_ns);
}

void hn_pace_started(struct hn_pace *p, struct hn_mono now)
{
	p->running = true;
	p->started = now.ns;
	p->not_before = now.ns + SPACING_NS;
	/* What is wanted from here on is wanted of the next one. */
	p->due = HN_PACE_NEVER;
}

static int64_t backoff(struct hn_pace *p)
{
	int64_t ns = SPACING_NS;

	for (unsigned i = 1; i < p->failures && ns < BACKOFF_MAX_NS; i++)
		ns *= 2;
	if (ns > BACKOFF_MAX_NS)
		ns = BACKOFF_MAX_NS;
	ns = jitter(p, ns, 25);
	if (ns < SPACING_NS)
		return SPACING_NS;
	return ns > BACKOFF_MAX_NS ? BACKOFF_MAX_NS : ns;
}

void hn_pace_finished(struct hn_pace *p, struct hn_mono now, bool ok)
{
	p->running = false;
	if (ok) {
		p->failures = 0;
		if (p->interval_ns > 0)
			due_by(p, p->started + jitter(p, p->interval_ns, 10));
		return;
	}
	if (p->failures < 64)
		p->failures++;
	p->not_before = now.ns + backoff(p);
	due_by(p, p->not_before);
}

void hn_pace_hold(struct hn_pace *p, struct hn_mono now, int64_t ns)
{
	int64_t until = now.ns + ns + ns / 1000 * (int64_t)(draw(p) % 251);

	if (until > p->not_before)
		p->not_before = until;
}

void hn_pace_forgive(struct hn_pace *p)
{
	p->failures = 0;
	p->not_before = p->started == INT64_MIN ? INT64_MIN : p->started + SPACING_NS;
}

int64_t hn_pace_next(const struct hn_pace *p, struct hn_mono now)
{
	int64_t when = p->due > p->not_before ? p->due : p->not_before;

	if (p->running || p->due == HN_PACE_NEVER)
		return HN_PACE_NEVER;
	return when > now.ns ? when - now.ns : 0;
}

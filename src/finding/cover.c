/* SPDX-License-Identifier: Apache-2.0 */
/* Which rule of the operator's covers an entry. */
#include <string.h>

#include "hostnetd/entry.h"
#include "hostnetd/str.h"

#define PROCESSES 64

static void copy_rule(struct hn_finding_exception *to, const struct hn_exception *e)
{
	memset(to, 0, sizeof(*to));
	if (!e)
		return;
	hn_strcpy(to->name, sizeof(to->name), e->name);
	hn_strcpy(to->reason, sizeof(to->reason), e->reason);
	hn_strcpy(to->approved_by, sizeof(to->approved_by), e->approved_by);
	hn_strcpy(to->ticket, sizeof(to->ticket), e->ticket);
	to->expires = e->expires;
	to->digest = e->digest;
}

/* Programs of containers that are there: what ran in one that has left does not use the network any more. */
static size_t gather_processes(const struct hn_entry *e, struct hn_exception_process ret[static PROCESSES],
			       bool *ret_more)
{
	size_t n = 0;

	/* Of what is held only the heaviest is kept, not who else holds it. */
	*ret_more = e->n_telling == HN_ENTRY_TELLING || e->n_holdings > 0 || e->crowded;
	for (size_t i = 0; i < e->n_telling; i++) {
		const struct hn_telling *t = &e->telling[i];

		for (size_t k = 0; k < e->finding.n_containers; k++) {
			if (!(t->containers & 1U << k) || !e->finding.containers[k].present)
				continue;
			if (n == PROCESSES) {
				*ret_more = true;
				return n;
			}
			ret[n++] = (struct hn_exception_process){
				.view = {.pid = t->pid, .exe = t->exe, .argv = t->argv, .argv_len = t->argv_len},
				.container_id = e->finding.containers[k].id};
		}
	}
	return n;
}

/* Of a former run, and nobody knows of which container. */
static bool has_remembered(const struct hn_entry *e)
{
	for (size_t i = 0; i < e->n_telling; i++)
		if (e->telling[i].unplaced)
			return true;
	return e->n_remembered > 0;
}

static const struct hn_exception *find_rule(const struct hn_entry *e, struct hn_exception_book *book,
					    const struct hn_catalogue *catalogue, const struct hn_pod *pod,
					    struct hn_wall now)
{
	const struct hn_finding *f = &e->finding;
	struct hn_exception_process processes[PROCESSES];
	uint16_t ports[HN_FINDING_LISTENING];
	struct hn_exception_facts facts = {
		.cause = f->cause,
		.ns = f->pod_namespace,
		.workload = {f->workload_api_version, f->workload_kind, f->workload_name},
		.pod = pod,
		.covered_by = f->exception.name[0] ? f->exception.digest : 0,
		.ai = &f->ai,
		.remembers = has_remembered(e),
		/* While its spec is not at hand the verdict is the former run's as a whole. */
		.known = e->n_remembered && (pod || !f->pod_known) ? &e->known : NULL,
		.catalogue = catalogue,
		.processes = processes,
		.n_ports = f->n_listening,
		.ports = ports,
		.more_ports = f->n_listening == HN_FINDING_LISTENING,
		.ports_unseen = e->unheard,
	};

	for (size_t i = 0; i < f->n_listening; i++)
		ports[i] = f->listening[i].endpoint.port;
	facts.n_processes = gather_processes(e, processes, &facts.more_processes);
	return hn_exception_book_cover(book, &facts, now);
}

void hn_entry_cover(struct hn_entry *e, struct hn_exception_book *book, const struct hn_catalogue *catalogue,
		    const struct hn_pod *pod, struct hn_wall now)
{
	struct hn_finding *f = &e->finding;
	bool told = f->state == HN_STATE_OPEN || f->state == HN_STATE_EXCEPTED || f->state == HN_STATE_RESOLVED;
	struct hn_finding_exception covering;

	if (f->ai.verdict == HN_NOT_AI || (told && !hn_entry_present(e)))
		return;
	copy_rule(&covering, book ? find_rule(e, book, catalogue, pod, now) : NULL);
	if (memcmp(&covering, &f->exception, sizeof(covering)) == 0)
		return;
	f->exception = covering;
	e->changed |= 1U << HN_CHANGED_EXCEPTION;
}

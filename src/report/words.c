/* SPDX-License-Identifier: Apache-2.0 */
/* Each fact of a finding in words. No line breaks and no layout: that is the table's. */
#include "words.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "hostnetd/admission.h"
#include "hostnetd/macro.h"
#include "ports.h"

#define ID_SHOWN 12 /* as docker and crictl do */
#define PROCESSES_SHOWN 4

void hn_words_painted(struct hn_str *out, bool colour, enum hn_paint paint, const char *text)
{
	static const char *const codes[] = {
		[HN_PAINT_NONE] = "",
		[HN_PAINT_GOOD] = "\033[32m",
		[HN_PAINT_BAD] = "\033[31m",
		[HN_PAINT_WORSE] = "\033[1;31m",
		[HN_PAINT_DOUBTFUL] = "\033[33m",
		[HN_PAINT_QUIET] = "\033[2m",
	};
	_Static_assert(HN_ARRAY_SIZE(codes) == HN_PAINT_MAX, "a code for each paint");

	if (colour && codes[paint][0] != '\0')
		hn_str_printf(out, "%s%s\033[0m", codes[paint], text);
	else
		hn_str_puts(out, text);
}

enum hn_paint hn_words_severity_paint(enum hn_severity severity)
{
	switch (severity) {
	case HN_SEVERITY_CRITICAL:
		return HN_PAINT_WORSE;
	case HN_SEVERITY_HIGH:
		return HN_PAINT_BAD;
	case HN_SEVERITY_MEDIUM:
		return HN_PAINT_DOUBTFUL;
	case HN_SEVERITY_MAX:
		break;
	}
	return HN_PAINT_NONE;
}

void hn_words_name(struct hn_str *out, const char *name)
{
	hn_str_visible(out, name, strlen(name));
}

static void put_id(struct hn_str *out, const char *id)
{
	hn_str_visible(out, id, strnlen(id, ID_SHOWN));
}

/* The pod's or the workload's name in its namespace. */
static void put_full_name(struct hn_str *out, const char *ns, const char *name)
{
	if (ns[0] != '\0') {
		hn_words_name(out, ns);
		hn_str_putc(out, '/');
	}
	hn_words_name(out, name);
}

void hn_words_kind(struct hn_str *out, const char *api_version, const char *kind)
{
	size_t n;
	const char *group = hn_owner_group(api_version, &n);

	hn_str_puts(out, kind);
	for (size_t i = 0; n > 0 && i < hn_admission_n_kinds; i++) {
		const struct hn_admission_kind *own = &hn_admission_kinds[i];

		if (strcmp(own->kind, kind) == 0 && (strlen(own->group) != n || memcmp(own->group, group, n) != 0))
			hn_str_printf(out, ".%.*s", (int)n, group);
	}
}

void hn_words_exception(struct hn_str *out, const struct hn_finding *f)
{
	const struct hn_finding_exception *e = &f->exception;
	char expires[HN_TIME_TEXT];

	if (e->name[0] == '\0')
		return;
	hn_wall_format(e->expires, expires);
	hn_str_puts(out, "rule ");
	hn_words_name(out, e->name);
	hn_str_printf(out, " until %.10s %.5s UTC: ", expires, expires + 11);
	hn_words_name(out, e->reason);
}

void hn_words_workload(struct hn_str *out, const struct hn_finding *f)
{
	if (f->workload_kind[0] != '\0') {
		_cleanup_(hn_str_done) struct hn_str kind = {0};

		hn_words_kind(&kind, f->workload_api_version, f->workload_kind);
		hn_words_name(out, hn_str_get(&kind));
		hn_str_putc(out, ' ');
		put_full_name(out, f->pod_namespace, f->workload_name);
	} else if (f->pod_name[0] != '\0') {
		hn_str_puts(out, "Pod ");
		put_full_name(out, f->pod_namespace, f->pod_name);
	} else if (f->pod_uid[0] != '\0') {
		hn_str_puts(out, "Pod with uid ");
		hn_words_name(out, f->pod_uid);
	} else if (f->n_containers > 0) {
		hn_str_puts(out, "container ");
		if (f->containers[0].name[0] != '\0')
			hn_words_name(out, f->containers[0].name);
		else
			put_id(out, f->containers[0].id);
		if (f->containers[0].runtime[0] != '\0') {
			hn_str_puts(out, " of ");
			hn_words_name(out, f->containers[0].runtime);
		}
	} else
		hn_str_puts(out, "unknown workload");
}

void hn_words_pod(struct hn_str *out, const struct hn_finding *f)
{
	if (f->pod_name[0] != '\0') {
		put_full_name(out, f->pod_namespace, f->pod_name);
		if (f->pod_uid[0] != '\0') {
			hn_str_puts(out, " (uid ");
			hn_words_name(out, f->pod_uid);
			hn_str_putc(out, ')');
		}
	} else if (f->pod_uid[0] != '\0') {
		hn_str_puts(out, "uid ");
		hn_words_name(out, f->pod_uid);
		hn_str_puts(out, f->cause == HN_CAUSE_UNMANAGED ? ", which the kubelet does not know" :
								  ", its name is not known yet");
	} else
		hn_str_puts(out, "none: it runs outside Kubernetes");
}

void hn_words_container(struct hn_str *out, const struct hn_finding_container *c)
{
	if (c->name[0] != '\0')
		hn_words_name(out, c->name);
	else if (c->id[0] != '\0')
		put_id(out, c->id);
	else
		hn_str_puts(out, "not known");
	if (c->known && c->type == HN_CONTAINER_INIT)
		hn_str_puts(out, " (init container)");
	if (c->known && c->type == HN_CONTAINER_EPHEMERAL)
		hn_str_puts(out, " (ephemeral container)");
	if (c->image[0] != '\0') {
		hn_str_puts(out, ", image ");
		hn_words_name(out, c->image);
	}
}

void hn_words_cause(struct hn_str *out, const struct hn_finding *f)
{
	switch (f->cause) {
	case HN_CAUSE_DECLARED:
		hn_str_puts(out, "declared: hostNetwork: true in the pod's spec");
		return;
	case HN_CAUSE_JOINED:
		hn_str_puts(out,
			    "joined behind admission's back: a process of it is in the host network, the pod's "
			    "spec does not ask for that");
		return;
	case HN_CAUSE_SOCKET:
		hn_str_puts(
			out,
			"socket behind admission's back: it uses a socket of the host network from its own, the "
			"pod's spec does not ask for that");
		return;
	case HN_CAUSE_UNMANAGED:
		hn_str_puts(out, "unmanaged: started around the kubelet, which knows no such pod");
		return;
	case HN_CAUSE_UNKNOWN:
	case HN_CAUSE_MAX:
		break;
	}
	hn_str_puts(out, f->way == HN_WAY_SOCKET ? "uses a socket of the host network" : "is in the host network");
	hn_str_puts(out, "; whether its spec asks for that is not known until the kubelet answers");
}

void hn_words_product(struct hn_str *out, const struct hn_judgement *ai)
{
	if (ai->verdict == HN_NOT_AI) {
		hn_str_puts(out, "no sign of AI");
		return;
	}
	if (ai->verdict == HN_LIKELY_AI)
		hn_str_puts(out, "likely ");
	if (ai->product[0] == '\0' && ai->category[0] == '\0')
		hn_str_puts(out, "AI");
	hn_words_name(out, ai->product);
	if (ai->product[0] != '\0' && ai->category[0] != '\0')
		hn_str_puts(out, ", ");
	hn_words_name(out, ai->category);
}

const char *hn_words_signal(const char *signal)
{
	static const struct {
		const char *signal, *word;
	} words[] = {{"argv", "command line"},
		     {"exe", "program"},
		     {"env", "environment variable"},
		     {"owner", "owner's kind"}};

	for (size_t i = 0; i < HN_ARRAY_SIZE(words); i++)
		if (hn_streq(words[i].signal, signal))
			return words[i].word;
	return signal;
}

void hn_words_evidence(struct hn_str *out, const struct hn_judgement *ai)
{
	const struct hn_evidence *best = NULL;

	for (size_t i = 0; i < ai->n_evidence; i++)
		if (ai->evidence[i].weight > 0 && (!best || ai->evidence[i].weight > best->weight))
			best = &ai->evidence[i];
	if (!best)
		return;
	hn_words_name(out, hn_words_signal(best->signal));
	hn_str_putc(out, ' ');
	hn_words_name(out, best->value);
	if (best->path[0] != '\0') {
		hn_str_puts(out, " (");
		hn_words_name(out, best->path);
		hn_str_putc(out, ')');
	}
}

void hn_words_ports(struct hn_str *out, const struct hn_finding *f)
{
	struct hn_endpoint endpoints[HN_FINDING_LISTENING];
	size_t n = hn_ports_collect(f, endpoints);

	for (size_t i = 0; i < n; i++) {
		const char *protocol = hn_ports_protocol(&endpoints[i]);
		char address[INET6_ADDRSTRLEN];

		hn_ports_address(&endpoints[i], address);
		hn_str_printf(out, endpoints[i].family == AF_INET6 ? "%s%s%s[%s]:%u" : "%s%s%s%s:%u",
			      i > 0 ? ", " : "", protocol, protocol[0] != '\0' ? " " : "", address,
			      endpoints[i].port);
	}
}

void hn_words_contacts(struct hn_str *out, const struct hn_finding *f)
{
	static const char *const words[] = {[HN_CONTACT_NONE] = "",
					    [HN_CONTACT_METADATA] = "metadata service",
					    [HN_CONTACT_CONTROL] = "control port",
					    [HN_CONTACT_ABSTRACT] = "abstract socket"};

	static_assert(HN_ARRAY_SIZE(words) == HN_CONTACT_MAX, "words for each contact");
	for (size_t i = 0; i < f->n_contacts; i++) {
		const struct hn_finding_contact *c = &f->contacts[i];
		char address[INET6_ADDRSTRLEN];

		if (c->what == HN_CONTACT_ABSTRACT) {
			hn_str_printf(out, "%s%s ", i > 0 ? ", " : "", words[c->what]);
			hn_str_visible(out, c->name, strlen(c->name));
			continue;
		}
		hn_ports_address(&c->endpoint, address);
		hn_str_printf(out, c->endpoint.family == AF_INET6 ? "%s%s [%s]:%u" : "%s%s %s:%u",
			      i > 0 ? ", " : "", words[c->what], address, c->endpoint.port);
	}
}

void hn_words_facts(struct hn_str *out, const struct hn_finding *f)
{
	const struct {
		bool holds;
		const char *text;
	} facts[] = {
		{f->pod_privileged, "privileged"},
		{f->pod_host_pid, "hostPID: true"},
		{f->pod_static, "static pod"},
		{f->pod_mirror, "mirror pod"},
	};
	bool first = true;

	for (size_t i = 0; i < HN_ARRAY_SIZE(facts); i++) {
		if (!facts[i].holds)
			continue;
		hn_str_printf(out, "%s%s", first ? "" : ", ", facts[i].text);
		first = false;
	}
}

void hn_words_processes(struct hn_str *out, const struct hn_finding *f)
{
	size_t shown = f->n_processes < PROCESSES_SHOWN ? f->n_processes : PROCESSES_SHOWN;
	size_t more = f->n_processes - shown + f->processes_not_kept;

	for (size_t i = 0; i < shown; i++) {
		const struct hn_finding_process *p = &f->processes[i];

		hn_str_printf(out, "%s%d ", i > 0 ? ", " : "", (int)p->pid);
		hn_words_name(out, p->comm);
		hn_str_printf(out, " (uid %" PRIu32 ")", p->uid);
	}
	if (more > 0)
		hn_str_printf(out, "%s%zu more", shown > 0 ? " and " : "", more);
}

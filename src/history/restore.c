// SPDX-License-Identifier: Apache-2.0
#include "restore.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/str.h"

#include "reader.h"

/* The value whose name this is, or `fallback`. */
#define BY_NAME(type, function, max, fallback)                 \
	static type function##_of(const char *name)            \
	{                                                      \
		for (int v = 0; v < (max); v++)                \
			if (hn_streq(function((type)v), name)) \
				return (type)v;                \
		return fallback;                               \
	}
BY_NAME(enum hn_state, hn_state_name, HN_STATE_MAX, HN_STATE_GONE)
BY_NAME(enum hn_way, hn_way_name, HN_WAY_MAX, HN_WAY_NAMESPACE)
BY_NAME(enum hn_cause, hn_cause_name, HN_CAUSE_MAX, HN_CAUSE_UNKNOWN)
BY_NAME(enum hn_severity, hn_severity_name, HN_SEVERITY_MAX, HN_SEVERITY_HIGH)
BY_NAME(enum hn_verdict, hn_verdict_name, HN_VERDICT_MAX, HN_NOT_AI)

/* The signals have static names in the verdict. */
static const char *signal_of(const char *name)
{
	static const char *const signals[] = {"image",   "argv",     "exe",  "env",   "label",
					      "owner",   "resource", "port", "mount", "device",
					      "library", "runtime",  "claim"};

	for (size_t i = 0; i < HN_ARRAY_SIZE(signals); i++)
		if (hn_streq(signals[i], name))
			return signals[i];
	return NULL;
}

#define COLUMNS                                                                                                 \
	"SELECT id, state, way, cause, severity, verdict, ns, pod, uid, kind, workload, first_seen, last_seen," \
	" resolved_at, json_extract(body, '$.occurrences'), json_extract(body, '$.workload.apiVersion'),"       \
	" json_extract(body, '$.pod.static'), json_extract(body, '$.pod.hostNetwork'),"                         \
	" json_extract(body, '$.pod.hostPID'), json_extract(body, '$.pod.privileged'),"                         \
	" json_extract(body, '$.pod.mirror'), json_extract(body, '$.ai.category'),"                             \
	" json_extract(body, '$.ai.product'), json_extract(body, '$.ai.score'),"                                \
	" json_extract(body, '$.exception.name'), json_extract(body, '$.exception.reason'),"                    \
	" json_extract(body, '$.exception.approvedBy'), json_extract(body, '$.exception.ticket'),"              \
	" json_extract(body, '$.exception.expires'),"                                                           \
	" (SELECT digest FROM exceptions WHERE name = json_extract(body, '$.exception.name'))"                  \
	" FROM findings WHERE "
/* Last: to look into a body takes longer than all else. */
#define SOUND " AND length(body) < 1000000 AND json_valid(body)"

/* What is open first. Of what is over by its verdict a container may be there still, and its coming was told. No text of
 * JSON has such a mark within. */
static const char findings_sql[] =
	COLUMNS "(state IN ('open', 'sharing', 'excepted') OR"
		" (state = 'resolved' AND (resolved_at > ?1 OR instr(body, '\"shares\":true'))))" SOUND
		" ORDER BY state = 'resolved', last_seen DESC LIMIT ?2";
static const char finding_sql[] = COLUMNS "id = ?1" SOUND;
static const char containers_sql[] =
	"SELECT json_extract(c.value, '$.id'), json_extract(c.value, '$.name'), json_extract(c.value, '$.image'),"
	" json_extract(c.value, '$.imageID'), json_extract(c.value, '$.type'), coalesce(json_extract(c.value, '$.shares'), f.state <> 'resolved')"
	" FROM findings f, json_each(f.body, '$.containers') c WHERE f.id = ?1 LIMIT 32";
static const char evidence_sql[] =
	"SELECT json_extract(e.value, '$.signal'), json_extract(e.value, '$.source'), json_extract(e.value, '$.path'),"
	" json_extract(e.value, '$.value'), json_extract(e.value, '$.signature'), json_extract(e.value, '$.weight')"
	" FROM findings f, json_each(f.body, '$.ai.evidence') e WHERE f.id = ?1 LIMIT 16";

#define CONTACTS(what, list)                                                                    \
	"SELECT " what ", json_extract(c.value, '$.address'), json_extract(c.value, '$.port')," \
	" json_extract(c.value, '$.name'), json_extract(c.value, '$.time')"                     \
	" FROM findings f, json_each(f.body, '$.network." list "') c WHERE f.id = ?1 AND c.type = 'object'"
static const char contacts_sql[] = CONTACTS("1", "metadataAccess") " UNION ALL " CONTACTS(
	"2", "controlAccess") " UNION ALL " CONTACTS("3", "abstractAccess") " LIMIT 16";
_Static_assert(HN_CONTACT_METADATA == 1 && HN_CONTACT_CONTROL == 2 && HN_CONTACT_ABSTRACT == 3 &&
		       HN_FINDING_CONTACTS == 16,
	       "as the query says");

/* A rule that was changed meanwhile has another digest, and covers nothing on its old word. */
static void read_exception(struct hn_query *q, struct hn_finding_exception *e)
{
	if (hn_wall_parse(hn_query_text(q, 28), &e->expires) < 0)
		return;
	hn_strcpy(e->name, sizeof(e->name), hn_query_text(q, 24));
	hn_strcpy(e->reason, sizeof(e->reason), hn_query_text(q, 25));
	hn_strcpy(e->approved_by, sizeof(e->approved_by), hn_query_text(q, 26));
	hn_strcpy(e->ticket, sizeof(e->ticket), hn_query_text(q, 27));
	e->digest = (uint64_t)hn_query_int(q, 29);
}

static void read_row(struct hn_query *q, struct hn_finding *f)
{
	f->state = hn_state_name_of(hn_query_text(q, 1));
	f->way = hn_way_name_of(hn_query_text(q, 2));
	f->cause = hn_cause_name_of(hn_query_text(q, 3));
	f->severity = hn_severity_name_of(hn_query_text(q, 4));
	f->ai.verdict = hn_verdict_name_of(hn_query_text(q, 5));
	hn_strcpy(f->id, sizeof(f->id), hn_query_text(q, 0));
	hn_strcpy(f->pod_namespace, sizeof(f->pod_namespace), hn_query_text(q, 6));
	hn_strcpy(f->pod_name, sizeof(f->pod_name), hn_query_text(q, 7));
	hn_strcpy(f->pod_uid, sizeof(f->pod_uid), hn_query_text(q, 8));
	hn_strcpy(f->workload_kind, sizeof(f->workload_kind), hn_query_text(q, 9));
	hn_strcpy(f->workload_name, sizeof(f->workload_name), hn_query_text(q, 10));
	f->first_seen.ns = hn_query_int(q, 11);
	f->last_seen.ns = hn_query_int(q, 12);
	f->resolved_at.ns = hn_query_int(q, 13);
	f->occurrences = (unsigned)hn_query_int(q, 14);
	hn_strcpy(f->workload_api_version, sizeof(f->workload_api_version), hn_query_text(q, 15));
	f->pod_known = f->pod_name[0] != '\0';
	f->pod_static = hn_query_int(q, 16);
	f->pod_host_network = hn_query_int(q, 17);
	f->pod_host_pid = hn_query_int(q, 18);
	f->pod_privileged = hn_query_int(q, 19);
	f->pod_mirror = hn_query_int(q, 20);
	hn_strcpy(f->ai.category, sizeof(f->ai.category), hn_query_text(q, 21));
	hn_strcpy(f->ai.product, sizeof(f->ai.product), hn_query_text(q, 22));
	f->ai.score = hn_query_real(q, 23);
	read_exception(q, &f->exception);
}

static int read_containers(struct hn_db *db, struct hn_finding *f, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int r = hn_db_query(db, containers_sql, &q, reason);

	if (r < 0)
		return r;
	hn_query_set_text(q, 1, f->id);
	while ((r = hn_query_step(q, reason)) == 1 && f->n_containers < HN_FINDING_CONTAINERS) {
		struct hn_finding_container *c = hn_finding_add_container(f);
		const char *type = hn_query_text(q, 4);

		if (!c)
			return hn_reason_set(reason, -ENOMEM, "no memory");
		hn_strcpy(c->id, sizeof(c->id), hn_query_text(q, 0));
		hn_strcpy(c->name, sizeof(c->name), hn_query_text(q, 1));
		hn_strcpy(c->image, sizeof(c->image), hn_query_text(q, 2));
		hn_strcpy(c->image_id, sizeof(c->image_id), hn_query_text(q, 3));
		c->known = type[0] != '\0';
		c->present = hn_query_int(q, 5);
		c->type = hn_streq(type, "init")      ? HN_CONTAINER_INIT :
			  hn_streq(type, "ephemeral") ? HN_CONTAINER_EPHEMERAL :
							HN_CONTAINER_REGULAR;
	}
	return r < 0 ? r : 0;
}

static int read_evidence(struct hn_db *db, struct hn_finding *f, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int r = hn_db_query(db, evidence_sql, &q, reason);

	if (r < 0)
		return r;
	hn_query_set_text(q, 1, f->id);
	while ((r = hn_query_step(q, reason)) == 1 && f->ai.n_evidence < HN_EVIDENCE_MAX) {
		struct hn_evidence *e = &f->ai.evidence[f->ai.n_evidence];

		e->signal = signal_of(hn_query_text(q, 0));
		if (!e->signal)
			continue;
		e->observed = hn_streq(hn_query_text(q, 1), "observed");
		hn_strcpy(e->path, sizeof(e->path), hn_query_text(q, 2));
		hn_strcpy(e->value, sizeof(e->value), hn_query_text(q, 3));
		hn_strcpy(e->signature, sizeof(e->signature), hn_query_text(q, 4));
		e->weight = hn_query_real(q, 5);
		f->ai.n_evidence++;
	}
	return r < 0 ? r : 0;
}

static bool read_address(const char *text, struct hn_endpoint *ret)
{
	ret->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(ret->family, text, ret->address) == 1;
}

static int read_contacts(struct hn_db *db, struct hn_finding *f, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int r = hn_db_query(db, contacts_sql, &q, reason);

	if (r < 0)
		return r;
	hn_query_set_text(q, 1, f->id);
	while ((r = hn_query_step(q, reason)) == 1 && f->n_contacts < HN_FINDING_CONTACTS) {
		struct hn_finding_contact c = {.what = (enum hn_contact)hn_query_int(q, 0)};
		int64_t port = hn_query_int(q, 2);

		if (c.what == HN_CONTACT_ABSTRACT)
			hn_strcpy(c.name, sizeof(c.name), hn_query_text(q, 3));
		else if (!read_address(hn_query_text(q, 1), &c.endpoint) || port < 0 || port > UINT16_MAX)
			continue;
		c.endpoint.port = (uint16_t)port;
		if (hn_wall_parse(hn_query_text(q, 4), &c.time) == 0)
			f->contacts[f->n_contacts++] = c;
	}
	return r < 0 ? r : 0;
}

/* Of tens of KiB each: one by one they would be copied again and again. NULL: no memory. */
static struct hn_finding *room(struct hn_restored *r, size_t *places)
{
	size_t wanted = *places ? *places * 2 : 16;
	struct hn_finding *grown;

	if (r->n == *places) {
		grown = reallocarray(r->findings, wanted, sizeof(*grown));
		if (!grown)
			return NULL;
		r->findings = grown;
		*places = wanted;
	}
	return &r->findings[r->n];
}

static int read_findings(struct hn_db *db, struct hn_mono by, struct hn_restored *ret, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	size_t places = 0;
	int r = hn_db_query(db, findings_sql, &q, reason);

	if (r < 0)
		return r;
	hn_query_set_int(q, 1, hn_wall_now().ns - 600 * HN_NSEC_PER_SEC);
	hn_query_set_int(q, 2, HN_FINDINGS_MAX);
	while ((r = hn_query_step(q, reason)) == 1 && ret->n < HN_FINDINGS_MAX) {
		struct hn_finding *f = room(ret, &places);

		if (!f)
			return hn_reason_set(reason, -ENOMEM, "no memory");
		if (hn_mono_now().ns >= by.ns)
			return hn_reason_set(reason, -ETIMEDOUT, "there is no time for more");
		*f = (struct hn_finding){0};
		read_row(q, f);
		r = read_containers(db, f, reason);
		if (r == 0)
			r = read_evidence(db, f, reason);
		if (r == 0)
			r = read_contacts(db, f, reason);
		if (r < 0) {
			hn_finding_done(f);
			return r;
		}
		ret->n++;
	}
	return r < 0 ? r : 0;
}

int hn_restore_one(struct hn_db *db, const char *id, struct hn_finding *ret, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int r = hn_db_query(db, finding_sql, &q, reason);

	if (r < 0)
		return r;
	hn_query_set_text(q, 1, id);
	r = hn_query_step(q, reason);
	if (r == 0)
		return hn_reason_set(reason, -ENOENT, "it is not in the history");
	if (r < 0)
		return r;
	*ret = (struct hn_finding){0};
	read_row(q, ret);
	r = read_containers(db, ret, reason);
	if (r < 0)
		hn_finding_done(ret);
	return r;
}

static int read_listed(struct hn_db *db, void (*listed)(const char *uid, void *arg), void *arg,
		       struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int r = hn_db_query(db, "SELECT uid FROM listed ORDER BY time DESC LIMIT 16384", &q, reason);

	while (r >= 0 && (r = hn_query_step(q, reason)) == 1)
		listed(hn_query_text(q, 0), arg);
	return r;
}

static int read_exceptions(struct hn_db *db, struct hn_restored *ret, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int r = hn_db_query(db, "SELECT name, since, matched, told, expired FROM exceptions LIMIT 10000", &q,
			    reason);

	while (r >= 0 && (r = hn_query_step(q, reason)) == 1) {
		struct hn_exception_memory *grown =
			reallocarray(ret->exceptions, ret->n_exceptions + 1, sizeof(*grown));
		struct hn_exception_memory *m;

		if (!grown)
			return hn_reason_set(reason, -ENOMEM, "no memory");
		ret->exceptions = grown;
		m = &grown[ret->n_exceptions++];
		*m = (struct hn_exception_memory){.since.ns = hn_query_int(q, 1),
						  .matched.ns = hn_query_int(q, 2),
						  .told.ns = hn_query_int(q, 3),
						  .expired.ns = hn_query_int(q, 4)};
		hn_strcpy(m->name, sizeof(m->name), hn_query_text(q, 0));
	}
	return r;
}

int hn_restore_read(struct hn_db *db, int64_t ns, struct hn_restored *ret,
		    void (*listed)(const char *uid, void *arg), void *arg, struct hn_reason *reason)
{
	const struct hn_mono by = {hn_mono_now().ns + ns};
	int64_t seq = 0;
	int r;

	hn_db_limit(db, ns);
	r = hn_db_integer(db, "SELECT max(seq) FROM events", &seq, reason);
	if (r == 0)
		r = hn_watching_last(db, &ret->until, &ret->clean, reason);
	if (r == 0)
		r = read_findings(db, by, ret, reason);
	ret->cut = r == -ETIMEDOUT;
	if (ret->cut)
		r = 0;
	if (r == 0)
		r = read_listed(db, listed, arg, reason);
	if (r == 0)
		r = read_exceptions(db, ret, reason);
	hn_db_limit(db, 0);
	ret->last_seq = seq > 0 ? (uint64_t)seq : 0;
	return r;
}

void hn_restored_forget(struct hn_restored *r)
{
	for (size_t i = 0; i < r->n; i++)
		hn_finding_done(&r->findings[i]);
	free(r->findings);
	r->findings = NULL;
	r->n = 0;
}

void hn_restored_done(struct hn_restored *r)
{
	hn_restored_forget(r);
	free(r->exceptions);
	*r = (struct hn_restored){0};
}

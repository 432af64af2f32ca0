/* SPDX-License-Identifier: Apache-2.0 */
/* Three frames around the same variables and the same expression. */
#include "hostnetd/policy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hostnetd/str.h"
#include "policy_cel.h"

#define NAME "hostnetd-ai-host-network"
#define RULE_MAX 50000        /* characters of one rule */
#define SHARE_MAX 90000       /* of the rules in one variable */
#define POLICY_MAX (1U << 20) /* etcd keeps 1.5 MiB of one object (its --max-request-bytes) */
#define MESSAGE \
	"AI workloads may not use host networking (hostNetwork: true): use pod networking, or a Service or gateway"

/* A block keeps CEL's quotes as they are; CEL is put in one line. */
static void put_cel(struct hn_str *out, unsigned indent, const char *dash, const char *key, const char *cel)
{
	hn_str_printf(out, "%*s%s%s: |-\n%*s%s\n", (int)indent, "", dash, key, (int)(indent + strlen(dash) + 2),
		      "", cel);
}

static void put_variable(struct hn_str *out, unsigned indent, const char *name, const char *cel)
{
	hn_str_printf(out, "%*s- name: %s\n", (int)indent, "", name);
	put_cel(out, indent + 2, "", "expression", cel);
}

static void put_share(struct hn_str *out, unsigned indent, const char *name, unsigned number, const char *cel)
{
	char numbered[32];

	snprintf(numbered, sizeof(numbered), "%s%u", name, number);
	put_variable(out, indent, numbered, cel);
}

/* cel-go reads no more than 100,000 characters of one expression (parser/options.go), and each has a cost limit: so rules are
 * in variables of their own, few enough in each. */
static int put_exceptions(struct hn_str *out, unsigned indent, const struct hn_admission_policy *p,
			  struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str rule = {0}, share = {0}, any = {0};
	unsigned shares = 0;

	for (size_t i = 0, n = hn_exceptions_count(p->exceptions); i < n; i++) {
		const struct hn_exception *e = hn_exceptions_at(p->exceptions, i);

		hn_str_clear(&rule);
		if (hn_admission_has_rule(e, p->now))
			hn_policy_cel_exception(e, &rule);
		if (rule.len > RULE_MAX)
			return hn_reason_set(
				reason, -E2BIG,
				"the exception '%.255s' is too long for a policy: %zu characters of CEL, %d "
				"at most: make two of it",
				e->name, rule.len, RULE_MAX);
		if (rule.len > 0)
			hn_str_printf(&share, "%s(%s)", share.len ? " || " : "", hn_str_get(&rule));
		if (share.len <= SHARE_MAX - RULE_MAX && (i + 1 < n || share.len == 0))
			continue;
		hn_str_printf(&any, "variables.excepted%u || ", ++shares);
		put_share(out, indent, "excepted", shares, hn_str_get(&share));
		hn_str_clear(&share);
	}
	hn_str_puts(&any, "false");
	put_variable(out, indent, "excepted", hn_str_get(&any));
	out->failed |= rule.failed || share.failed;
	return 0;
}

/* Whose the object is, where a rule asks for that. */
static void put_owners(struct hn_str *out, unsigned indent, const struct hn_admission_policy *p)
{
	_cleanup_(hn_str_done) struct hn_str owners = {0}, believed = {0};
	const struct hn_workload_kinds *kinds = NULL;

	for (size_t i = 0; i < hn_exceptions_count(p->exceptions) && !kinds; i++)
		if (hn_admission_has_rule(hn_exceptions_at(p->exceptions, i), p->now))
			kinds = hn_exceptions_at(p->exceptions, i)->kinds;
	if (!kinds)
		return;
	hn_policy_cel_owners(&owners);
	hn_policy_cel_believed(kinds, &believed);
	put_variable(out, indent, "owners", hn_str_get(&owners));
	put_variable(out, indent, "believed", hn_str_get(&believed));
}

/* Variables "name1", "name2", one a share; in `any` all of them. */
static void put_shares(struct hn_str *out, unsigned indent, const struct hn_admission_policy *p, const char *name,
		       bool (*put)(const struct hn_admission_policy *p, unsigned part, struct hn_str *out),
		       struct hn_str *any)
{
	_cleanup_(hn_str_done) struct hn_str cel = {0};

	for (unsigned part = 0; put(p, part, &cel); part++) {
		put_share(out, indent, name, part + 1, hn_str_get(&cel));
		hn_str_printf(any, "variables.%s%u || ", name, part + 1);
		hn_str_clear(&cel);
	}
}

/* Each is asked only if those before it say no, and has a cost limit of its own. */
static void put_signs(struct hn_str *out, unsigned indent, const struct hn_admission_policy *p)
{
	static const struct {
		const char *name;
		bool (*put)(const struct hn_admission_policy *p, struct hn_str *out);
		const char *before, *after; /* in the sum of all */
	} rows[] = {
		{"programs", hn_policy_cel_programs, "", " || "},
		{"commands", hn_policy_cel_commands, "", " || "},
		{"modules", hn_policy_cel_modules, "", " || "},
		{"environment", hn_policy_cel_environment, "((", " || "},
		{"labels", hn_policy_cel_labels, "", ")"},
	};
	_cleanup_(hn_str_done) struct hn_str cel = {0}, any = {0}, others = {0};

	put_shares(out, indent, p, "images", hn_policy_cel_images, &any);
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		put_variable(out, indent, rows[i].name, rows[i].put(p, &cel) ? hn_str_get(&cel) : "false");
		hn_str_printf(&any, "%svariables.%s%s", rows[i].before, rows[i].name, rows[i].after);
		hn_str_clear(&cel);
	}
	put_shares(out, indent, p, "others", hn_policy_cel_others, &others);
	hn_str_printf(&any, " && !(%sfalse))", hn_str_get(&others));
	put_variable(out, indent, "ai", hn_str_get(&any));
}

#define PLACE "spec.template" /* where most kinds have it */

/* `format` with "object.spec.template" and its like for each '@': "object.kind == 'Pod' ? object.spec : ...". */
static void put_place(struct hn_str *out, unsigned indent, const char *name, const char *format)
{
	_cleanup_(hn_str_done) struct hn_str cel = {0};

	for (size_t i = 0; i <= hn_admission_n_kinds; i++) {
		const struct hn_admission_kind *k = i < hn_admission_n_kinds ? &hn_admission_kinds[i] : NULL;
		const char *path = k ? k->path : PLACE;

		if (k && strcmp(path, PLACE) == 0)
			continue;
		if (k)
			hn_str_printf(&cel, "object.kind == '%s' ? ", k->kind);
		for (const char *f = format; *f; f++)
			if (*f == '@')
				hn_str_printf(&cel, "object%s%s", path[0] ? "." : "", path);
			else
				hn_str_putc(&cel, *f);
		hn_str_puts(&cel, k ? " : " : "");
	}
	put_variable(out, indent, name, hn_str_get(&cel));
}

/* ['ReplicaSet', 'Job']: the kinds of which these updates pass. */
static void put_kinds_with(enum hn_admission_update update, struct hn_str *out)
{
	const char *before = "[";

	for (size_t i = 0; i < hn_admission_n_kinds; i++) {
		if (hn_admission_kinds[i].update != update)
			continue;
		hn_str_printf(out, "%s'%s'", before, hn_admission_kinds[i].kind);
		before = ", ";
	}
	hn_str_putc(out, ']');
}

/* An update is not refused for what it cannot change, or for what is on its way out: finalizers go by updates. A
 * ReplicaSet's template can change, but its pods are new ones. */
static void put_settled(struct hn_str *out, unsigned indent)
{
	_cleanup_(hn_str_done) struct hn_str cel = {0};

	hn_str_puts(&cel, "has(object.metadata.deletionTimestamp) || (oldObject != null && (object.kind in ");
	put_kinds_with(HN_UPDATE_PASSES, &cel);
	hn_str_puts(&cel, " || (object.kind in ");
	put_kinds_with(HN_UPDATE_OF_IMAGES, &cel);
	hn_str_puts(&cel, " && variables.containers.map(c, has(c.image) ? c.image : '') =="
			  " oldObject.spec.containers.map(c, has(c.image) ? c.image : ''))))");
	put_variable(out, indent, "settled", hn_str_get(&cel));
}

static int put_variables(struct hn_str *out, unsigned indent, const struct hn_admission_policy *p,
			 struct hn_reason *reason)
{
	hn_str_printf(out, "%*svariables:\n", (int)indent, "");
	put_variable(out, indent, "meta", "object.metadata");
	/* A template's metadata may be absent. */
	put_place(out, indent, "podLabels",
		  "(has(@.metadata) && has(@.metadata.labels) ? @.metadata.labels : {})");
	put_place(out, indent, "podSpec", "@.spec");
	put_variable(out, indent, "containers", "variables.podSpec.containers");
	put_variable(out, indent, "hostNetwork",
		     "has(variables.podSpec.hostNetwork) && variables.podSpec.hostNetwork");
	put_settled(out, indent);
	put_signs(out, indent, p);
	put_owners(out, indent, p);
	return put_exceptions(out, indent, p, reason);
}

static void put_validations(struct hn_str *out, unsigned indent)
{
	hn_str_printf(out, "%*svalidations:\n", (int)indent, "");
	put_cel(out, indent, "- ", "expression",
		"!variables.hostNetwork || variables.settled || !variables.ai || variables.excepted");
	hn_str_printf(out, "%*s  message: \"%s\"\n", (int)indent, "", MESSAGE);
}

static void put_constraints(struct hn_str *out)
{
	hn_str_puts(out, "  matchConstraints:\n    resourceRules:\n");
	for (size_t i = 0; i < hn_admission_n_kinds; i++) {
		const struct hn_admission_kind *k = &hn_admission_kinds[i];

		hn_str_printf(
			out,
			"    - apiGroups: [\"%s\"]\n      apiVersions: [v1]\n      operations: %s\n      resources: [%s]\n",
			k->group, k->update == HN_UPDATE_PASSES ? "[CREATE]" : "[CREATE, UPDATE]", k->resource);
	}
}

static void put_head(struct hn_str *out, const struct hn_admission_policy *p)
{
	char time[HN_TIME_TEXT];

	hn_str_printf(
		out,
		"# Made by hostnetd on %.10s from a catalogue of %zu signatures. It denies hostNetwork to what one strong\n"
		"# sign in the spec shows as AI. Signs that only add up, custom workloads, and who joins later: see scan and run.\n"
		"# CEL knows no clock: make it anew when an exception ends.\n",
		hn_wall_format(p->now, time), p->n_signatures);
	for (size_t i = 0; i < hn_exceptions_count(p->exceptions); i++) {
		const struct hn_exception *e = hn_exceptions_at(p->exceptions, i);
		const char *unreached = hn_admission_unreached(e);
		const char *says =
			hn_exception_expired(e, p->now)   ? "LEFT OUT, it has expired" :
			!hn_admission_has_rule(e, p->now) ? "LEFT OUT, CEL cannot say it" :
			e->categories.n || e->products.n  ? "in force for ALL AI that its other keys name" :
							    "in force";

		hn_str_puts(out, "# exception ");
		hn_str_visible(out, e->name, strlen(e->name));
		hn_str_printf(out, ", until %.16sZ: %s\n", hn_wall_format(e->expires, time), says);
		if (unreached && !hn_exception_expired(e, p->now))
			hn_str_printf(
				out,
				"#   not for pods that a further controller makes, as of a %s: add a rule with images or labels\n",
				unreached);
	}
}

static void put_kinds(struct hn_str *out)
{
	for (size_t i = 0; i < hn_admission_n_kinds; i++)
		hn_str_printf(out, "    - apiGroups: [\"%s\"]\n      kinds: [%s]\n", hn_admission_kinds[i].group,
			      hn_admission_kinds[i].kind);
}

static int put_gatekeeper(struct hn_str *out, const struct hn_admission_policy *p, struct hn_reason *reason)
{
	int r;

	hn_str_puts(out,
		    "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata:\n"
		    "  name: hostnetdaihostnetwork\nspec:\n  crd:\n    spec:\n      names:\n"
		    "        kind: HostnetdAiHostNetwork\n  targets:\n  - target: admission.k8s.gatekeeper.sh\n"
		    "    code:\n    - engine: K8sNativeValidation\n      source:\n");
	r = put_variables(out, 8, p, reason);
	put_validations(out, 8);
	hn_str_puts(out,
		    "---\napiVersion: constraints.gatekeeper.sh/v1beta1\nkind: HostnetdAiHostNetwork\nmetadata:\n"
		    "  name: " NAME "\nspec:\n  match:\n    kinds:\n");
	put_kinds(out);
	return r;
}

static int put_plain(struct hn_str *out, const struct hn_admission_policy *p, enum hn_policy_format format,
		     struct hn_reason *reason)
{
	int r;

	hn_str_printf(out, "apiVersion: %s\nkind: %s\nmetadata:\n  name: " NAME "\nspec:\n",
		      format == HN_POLICY_VAP ? "admissionregistration.k8s.io/v1" : "policies.kyverno.io/v1",
		      format == HN_POLICY_VAP ? "ValidatingAdmissionPolicy" : "ValidatingPolicy");
	hn_str_puts(out, format == HN_POLICY_VAP ? "  failurePolicy: Fail\n" : "  validationActions: [Deny]\n");
	put_constraints(out);
	r = put_variables(out, 2, p, reason);
	put_validations(out, 2);
	if (format == HN_POLICY_VAP)
		hn_str_puts(
			out,
			"---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\n"
			"metadata:\n  name: " NAME "\nspec:\n  policyName: " NAME
			"\n  validationActions: [Deny]\n");
	return r;
}

int hn_report_policy(const struct hn_admission_policy *p, enum hn_policy_format format, struct hn_str *out,
		     struct hn_reason *reason)
{
	int r;

	put_head(out, p);
	r = format == HN_POLICY_GATEKEEPER ? put_gatekeeper(out, p, reason) : put_plain(out, p, format, reason);
	if (r == 0 && out->len > POLICY_MAX)
		r = hn_reason_set(
			reason, -E2BIG,
			"the policy would have %zu bytes, and an API server takes %u of one object at most: "
			"it has %zu exceptions, put fewer into it",
			out->len, POLICY_MAX, hn_exceptions_count(p->exceptions));
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Three frames around the same variables and the same expression. */
#include "hostnetd/policy.h"

#include <stdio.h>
#include <string.h>

#include "hostnetd/str.h"
#include "policy_cel.h"

#define NAME "hostnetd-ai-host-network"
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

bool hn_report_policy_has(const struct hn_exception *e, struct hn_wall now)
{
	_cleanup_(hn_str_done) struct hn_str ignored = {0};

	return !hn_exception_expired(e, now) && hn_policy_cel_exception(e, &ignored);
}

static void put_exceptions(struct hn_str *out, const struct hn_exceptions *x, struct hn_wall now)
{
	hn_str_puts(out, "false");
	for (size_t i = 0; i < hn_exceptions_count(x); i++) {
		_cleanup_(hn_str_done) struct hn_str one = {0};

		if (!hn_exception_expired(hn_exceptions_at(x, i), now) &&
		    hn_policy_cel_exception(hn_exceptions_at(x, i), &one))
			hn_str_printf(out, " || (%s)", hn_str_get(&one));
	}
}

/* Each is asked only if those before it say no, and has a cost limit of its own. */
static void put_signs(struct hn_str *out, unsigned indent, const struct hn_catalogue *c)
{
	static const struct {
		const char *name;
		void (*put)(const struct hn_catalogue *c, struct hn_str *out);
	} others[] = {
		{"programs", hn_policy_cel_programs},
		{"modules", hn_policy_cel_modules},
		{"environment", hn_policy_cel_environment},
		{"labels", hn_policy_cel_labels},
	};
	_cleanup_(hn_str_done) struct hn_str cel = {0}, any = {0}, not_ai = {0};

	hn_policy_cel_not_ai(c, &not_ai);
	for (unsigned part = 0; hn_policy_cel_images(c, &not_ai, part, &cel); part++) {
		char name[24];

		snprintf(name, sizeof(name), "images%u", part + 1);
		put_variable(out, indent, name, hn_str_get(&cel));
		hn_str_printf(&any, "variables.%s || ", name);
		hn_str_clear(&cel);
	}
	for (size_t i = 0; i < HN_ARRAY_SIZE(others); i++) {
		others[i].put(c, &cel);
		put_variable(out, indent, others[i].name, hn_str_get(&cel));
		hn_str_printf(&any, "%svariables.%s", i ? " || " : "", others[i].name);
		hn_str_clear(&cel);
	}
	put_variable(out, indent, "ai", hn_str_get(&any));
}

static void put_variables(struct hn_str *out, unsigned indent, const struct hn_catalogue *c,
			  const struct hn_exceptions *x, struct hn_wall now)
{
	static const char path[] = "object.kind == 'Pod' ? object.%s : object.kind == 'CronJob' ? "
				   "object.spec.jobTemplate.spec.template.%s : object.spec.template.%s";
	_cleanup_(hn_str_done) struct hn_str cel = {0};

	hn_str_printf(out, "%*svariables:\n", (int)indent, "");
	put_variable(out, indent, "meta", "object.metadata");
	for (int i = 0; i < 2; i++) {
		const char *part = i ? "spec" : "metadata";

		hn_str_clear(&cel);
		/* A template's metadata may be absent. */
		if (i)
			hn_str_printf(&cel, path, part, part, part);
		else
			hn_str_puts(&cel, "object.kind == 'Pod' ? object.metadata : object.kind == 'CronJob' ? "
					  "(has(object.spec.jobTemplate.spec.template.metadata) ? "
					  "object.spec.jobTemplate.spec.template.metadata : object.metadata) : "
					  "(has(object.spec.template.metadata) ? object.spec.template.metadata : "
					  "object.metadata)");
		put_variable(out, indent, i ? "podSpec" : "podMeta", hn_str_get(&cel));
	}
	put_variable(out, indent, "containers", "variables.podSpec.containers");
	put_variable(out, indent, "hostNetwork",
		     "has(variables.podSpec.hostNetwork) && variables.podSpec.hostNetwork");
	/* An update is not refused for what it cannot change, or for what is on its way out: whoever mends a Deployment lets its controller
	 * scale the old ReplicaSet down, and finalizers go by updates. A ReplicaSet's template can change, but its pods are new ones. */
	put_variable(out, indent, "settled",
		     "has(object.metadata.deletionTimestamp) || "
		     "(oldObject != null && object.kind in ['Pod', 'ReplicaSet', 'Job'])");
	put_signs(out, indent, c);
	hn_str_clear(&cel);
	put_exceptions(&cel, x, now);
	put_variable(out, indent, "excepted", hn_str_get(&cel));
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
	static const struct {
		const char *group, *resources, *operations;
	} rows[] = {
		{"", "[pods]", "[CREATE]"},
		{"apps", "[replicasets]", "[CREATE]"},
		{"apps", "[deployments, statefulsets, daemonsets]", "[CREATE, UPDATE]"},
		{"batch", "[jobs]", "[CREATE]"},
		{"batch", "[cronjobs]", "[CREATE, UPDATE]"},
	};

	hn_str_puts(out, "  matchConstraints:\n    resourceRules:\n");
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++)
		hn_str_printf(
			out,
			"    - apiGroups: [\"%s\"]\n      apiVersions: [v1]\n      operations: %s\n      resources: %s\n",
			rows[i].group, rows[i].operations, rows[i].resources);
}

static void put_head(struct hn_str *out, const struct hn_catalogue *c, const struct hn_exceptions *x,
		     struct hn_wall now)
{
	char time[HN_TIME_TEXT];

	hn_str_printf(
		out,
		"# Made by hostnetd on %.10s from a catalogue of %zu signatures. It denies hostNetwork to what one strong\n"
		"# sign in the spec shows as AI. Signs that only add up, custom workloads, and who joins later: see scan and run.\n"
		"# CEL knows no clock: make it anew when an exception ends.\n",
		hn_wall_format(now, time), hn_catalogue_count(c));
	for (size_t i = 0; i < hn_exceptions_count(x); i++) {
		const struct hn_exception *e = hn_exceptions_at(x, i);
		const char *says = hn_exception_expired(e, now)  ? "LEFT OUT, it has expired" :
				   !hn_report_policy_has(e, now) ? "LEFT OUT, CEL cannot say it" :
				   e->categories.n || e->products.n ?
								   "in force for ALL AI that its other keys name" :
								   "in force";

		hn_str_puts(out, "# exception ");
		hn_str_visible(out, e->name, strlen(e->name));
		hn_str_printf(out, ", until %.16sZ: %s\n", hn_wall_format(e->expires, time), says);
	}
}

static void put_gatekeeper(struct hn_str *out, const struct hn_catalogue *c, const struct hn_exceptions *x,
			   struct hn_wall now)
{
	hn_str_puts(out,
		    "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata:\n"
		    "  name: hostnetdaihostnetwork\nspec:\n  crd:\n    spec:\n      names:\n"
		    "        kind: HostnetdAiHostNetwork\n  targets:\n  - target: admission.k8s.gatekeeper.sh\n"
		    "    code:\n    - engine: K8sNativeValidation\n      source:\n");
	put_variables(out, 8, c, x, now);
	put_validations(out, 8);
	hn_str_puts(out,
		    "---\napiVersion: constraints.gatekeeper.sh/v1beta1\nkind: HostnetdAiHostNetwork\nmetadata:\n"
		    "  name: " NAME "\nspec:\n  match:\n    kinds:\n"
		    "    - apiGroups: [\"\"]\n      kinds: [Pod]\n"
		    "    - apiGroups: [apps]\n      kinds: [Deployment, StatefulSet, DaemonSet, ReplicaSet]\n"
		    "    - apiGroups: [batch]\n      kinds: [Job, CronJob]\n");
}

void hn_report_policy(const struct hn_catalogue *c, const struct hn_exceptions *x, struct hn_wall now,
		      enum hn_policy_format format, struct hn_str *out)
{
	put_head(out, c, x, now);
	if (format == HN_POLICY_GATEKEEPER) {
		put_gatekeeper(out, c, x, now);
		return;
	}
	hn_str_printf(out, "apiVersion: %s\nkind: %s\nmetadata:\n  name: " NAME "\nspec:\n",
		      format == HN_POLICY_VAP ? "admissionregistration.k8s.io/v1" : "policies.kyverno.io/v1alpha1",
		      format == HN_POLICY_VAP ? "ValidatingAdmissionPolicy" : "ValidatingPolicy");
	hn_str_puts(out, format == HN_POLICY_VAP ? "  failurePolicy: Fail\n" : "  validationActions: [Deny]\n");
	put_constraints(out);
	put_variables(out, 2, c, x, now);
	put_validations(out, 2);
	if (format == HN_POLICY_VAP)
		hn_str_puts(
			out,
			"---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\n"
			"metadata:\n  name: " NAME "\nspec:\n  policyName: " NAME
			"\n  validationActions: [Deny]\n");
}

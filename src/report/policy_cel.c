/* SPDX-License-Identifier: Apache-2.0 */
/* The table of signs as CEL. A regular expression costs the API server a quarter of its length times a tenth of the text's,
 * whatever it is made of (cel-go, interpreter/runtimecost.go); 1,000,000 is what one expression, and so one variable, may cost,
 * and 10,000,000 all that a request needs (apiserver, pkg/apis/cel/config.go). Beyond that the request fails, AI or not: so
 * the longest alternation, that of the images, is in shares. */
#include "policy_cel.h"

#include <stdint.h>
#include <string.h>

#include "hostnetd/str.h"

#define SHARE 4000 /* bytes of patterns: 1,000 a tenth of an image's name */

/* Of what hn_admission_sayable() lets pass. */
static void put_pattern(struct hn_str *out, const char *text, const struct hn_admission_form *form)
{
	for (const char *whole = text; *text; text++)
		if (*text == '*')
			hn_str_puts(out, form->below && hn_admission_star_is_below(whole, text) ? form->below :
												  form->star);
		else if (*text == '?')
			hn_str_puts(out, ".");
		else if (strchr(".+(){}|$", *text))
			hn_str_printf(out, "[%c]", *text);
		else
			hn_str_putc(out, *text);
}

/* "(^|/)(a|b|c)$" of the patterns that the part-th share of them has; false, and nothing is put, if there are none. */
static bool put_regex(struct hn_str *out, const struct hn_admission_patterns *patterns,
		      const struct hn_admission_form *form, size_t share, unsigned part)
{
	size_t bytes = 0, n = 0;

	for (size_t i = 0; i < patterns->n; i++) {
		_cleanup_(hn_str_done) struct hn_str one = {0};

		put_pattern(&one, patterns->items[i], form);
		if (bytes / share == part)
			hn_str_printf(out, "%s%s%s", n ? "" : form->before, n ? "|" : "(", hn_str_get(&one));
		n += bytes / share == part;
		bytes += one.len + 1;
	}
	if (n)
		hn_str_printf(out, ")%s", form->after);
	return n > 0;
}

static bool put_sign(struct hn_str *out, const struct hn_admission_policy *p, enum hn_admission_sign sign)
{
	return put_regex(out, &p->signs[sign], hn_admission_sign_form(sign), SIZE_MAX, 0);
}

bool hn_policy_cel_images(const struct hn_admission_policy *p, unsigned part, struct hn_str *out)
{
	const struct hn_admission_form *form = hn_admission_sign_form(HN_SIGN_IMAGE);
	_cleanup_(hn_str_done) struct hn_str image = {0}, not_ai = {0};

	if (!put_regex(&image, &p->signs[HN_SIGN_IMAGE], form, SHARE, part))
		return false;
	hn_str_printf(out, "variables.containers.exists(c, has(c.image) && c.image.matches('%s')", image.data);
	if (put_regex(&not_ai, &p->not_ai, form, SIZE_MAX, 0))
		hn_str_printf(out, " && !c.image.matches('%s')", not_ai.data);
	hn_str_puts(out, ")");
	return true;
}

/* One in which the condition holds of command and arguments, one list `w`, whose word `s` is the program. The rest is as in
 * src/finding/admission.c. */
static void put_words(struct hn_str *out, const char *condition)
{
	hn_str_printf(
		out,
		"variables.containers.exists(c, [(has(c.command) ? c.command : []) + (has(c.args) ? c.args : [])]"
		".exists(w, [w.size() > 1 && w[1] == '--' ? 2 : w.size() > 2 && w[1].startsWith('-') && "
		"w[2] == '--' ? 3 : 0].exists(s, %s)))",
		condition);
}

static void put_program(struct hn_str *out, const char *condition, const struct hn_str *regex)
{
	_cleanup_(hn_str_done) struct hn_str cel = {0};

	hn_str_printf(&cel, "w.size() > s && %sw[s].size() <= %d && w[s].matches('%s')", condition,
		      HN_SIGN_TEXT_MAX, hn_str_get(regex));
	put_words(out, hn_str_get(&cel));
}

bool hn_policy_cel_programs(const struct hn_admission_policy *p, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str regex = {0};

	if (!put_sign(&regex, p, HN_SIGN_PROGRAM))
		return false;
	put_program(out, "(s > 0 || (has(c.command) && size(c.command) > 0) || w[0].contains('/')) && ", &regex);
	return true;
}

bool hn_policy_cel_others(const struct hn_admission_policy *p, unsigned part, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str images = {0}, programs = {0};

	if (put_regex(&images, &p->others[HN_SIGN_IMAGE], hn_admission_sign_form(HN_SIGN_IMAGE), SHARE, part))
		hn_str_printf(out, "variables.containers.exists(c, has(c.image) && c.image.matches('%s'))",
			      images.data);
	if (!put_regex(&programs, &p->others[HN_SIGN_PROGRAM], hn_admission_sign_form(HN_SIGN_PROGRAM), SHARE,
		       part))
		return images.len > 0;
	hn_str_puts(out, images.len ? " || " : "");
	put_program(out, "", &programs);
	return true;
}

bool hn_policy_cel_commands(const struct hn_admission_policy *p, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str regex = {0}, cel = {0};

	if (!put_sign(&regex, p, HN_SIGN_COMMAND))
		return false;
	hn_str_printf(&cel,
		      "w.size() > s + 1 && w[s].size() <= %d && w[s + 1].size() <= %d && "
		      "(w[s] + ' ' + w[s + 1]).matches('%s')",
		      HN_SIGN_TEXT_MAX, HN_SIGN_TEXT_MAX, regex.data);
	put_words(out, hn_str_get(&cel));
	return true;
}

bool hn_policy_cel_modules(const struct hn_admission_policy *p, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str regex = {0}, cel = {0};

	if (!put_sign(&regex, p, HN_SIGN_MODULE))
		return false;
	hn_str_printf(&cel,
		      "w.size() > s && w[s].size() <= %d && w[s].matches('(^|/)python[0-9.]*$') && "
		      "[s + 1, s + 2].exists(i, w.size() > i + 1 && w[i] == '-m' && "
		      "(i == s + 1 || (w[s + 1].startsWith('-') && w[s + 1] != '-m')) && "
		      "w[i + 1].size() <= %d && w[i + 1].matches('%s'))",
		      HN_SIGN_TEXT_MAX, HN_SIGN_TEXT_MAX, regex.data);
	put_words(out, hn_str_get(&cel));
	return true;
}

bool hn_policy_cel_environment(const struct hn_admission_policy *p, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str regex = {0};

	if (!put_sign(&regex, p, HN_SIGN_ENVIRONMENT))
		return false;
	hn_str_printf(out, "variables.containers.exists(c, has(c.env) && c.env.exists(e, e.name.matches('%s')))",
		      regex.data);
	return true;
}

bool hn_policy_cel_labels(const struct hn_admission_policy *p, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str regex = {0};

	if (!put_sign(&regex, p, HN_SIGN_LABEL))
		return false;
	/* A pattern with a value is "key=value", one without fits any. */
	hn_str_printf(out, "variables.podLabels.exists(k, (k + '=' + variables.podLabels[k]).matches('%s'))",
		      regex.data);
	return true;
}

static void put_globs(struct hn_str *out, const struct hn_exception_globs *globs)
{
	for (size_t i = 0; i < globs->n; i++) {
		hn_str_puts(out, i ? "|" : "");
		put_pattern(out, globs->items[i], &hn_admission_glob);
	}
}

/* The kinds of the policy that the rule means, for the object itself; false: none. */
static bool put_own_kinds(struct hn_str *out, const struct hn_exception_workload *w)
{
	size_t n = 0;

	for (size_t i = 0; i < hn_admission_n_kinds; i++) {
		const struct hn_admission_kind *k = &hn_admission_kinds[i];

		if (hn_admission_names_kind(w, k->group, k->kind))
			hn_str_printf(out, "%s'%s'", n++ ? ", " : "object.kind in [", k->kind);
	}
	hn_str_puts(out, n ? "]" : "");
	return n > 0;
}

/* What its controller made stands between: NAME-SUFFIX. */
static void put_made(struct hn_str *out, const struct hn_exception_workload *w, const char *name)
{
	static const struct {
		const char *group, *kind, *between, *suffix;
	} rows[] = {{"apps", "Deployment", "ReplicaSet", "[a-z0-9]+"}, {"batch", "CronJob", "Job", "[0-9]+"}};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++)
		if (hn_admission_names_kind(w, rows[i].group, rows[i].kind))
			hn_str_printf(
				out,
				" || (o.kind == '%s' && o.api.startsWith('%s/') && o.name.matches('^(%s)-%s$'))",
				rows[i].between, rows[i].group, name, rows[i].suffix);
}

/* The object itself; or what belongs to it, directly or by the ReplicaSet or Job that its controller made. */
static void put_workload(struct hn_str *out, const struct hn_exception_workload *w)
{
	_cleanup_(hn_str_done) struct hn_str kind = {0}, name = {0}, group = {0};

	put_pattern(&kind, w->kind ? w->kind : "*", &hn_admission_glob);
	put_pattern(&name, w->name ? w->name : "*", &hn_admission_glob);
	put_pattern(&group, w->group ? w->group : "*", &hn_admission_glob);
	if (put_own_kinds(out, w))
		hn_str_printf(out, " && has(variables.meta.name) && variables.meta.name.matches('^(%s)$') || ",
			      hn_str_get(&name));
	hn_str_printf(out, "variables.%s.exists(o, (o.kind.matches('^(%s)$') && o.name.matches('^(%s)$')",
		      w->group ? "owners" : "believed", hn_str_get(&kind), hn_str_get(&name));
	if (w->group)
		hn_str_printf(out, " && o.api.matches('^(%s)/')", hn_str_get(&group));
	hn_str_putc(out, ')');
	put_made(out, w, hn_str_get(&name));
	hn_str_putc(out, ')');
}

static void put_owner(struct hn_str *out, const char *group, size_t n, const char *kind, const char *before)
{
	hn_str_puts(out, before);
	for (size_t i = 0; i < n; i++)
		hn_str_printf(out, group[i] == '.' ? "[%c]" : "%c", group[i]);
	hn_str_printf(out, "/[^ ]* %s", kind);
}

/* As src/kube/owner.c reads them: what was in "extensions" is "apps", and of a pod some kinds are no controller. */
void hn_policy_cel_owners(struct hn_str *out)
{
	const struct hn_owner *indirect;

	hn_str_puts(out, "(has(variables.meta.ownerReferences) ? variables.meta.ownerReferences : [])"
			 ".filter(o, has(o.controller) && o.controller)"
			 ".map(o, {'kind': o.kind, 'name': o.name, 'api': !o.apiVersion.contains('/') ? '/' : "
			 "o.apiVersion.startsWith('extensions/') ? 'apps/' : o.apiVersion})"
			 ".filter(o, object.kind != 'Pod' || !(o.api + ' ' + o.kind).matches('^(");
	for (size_t i = 0; (indirect = hn_owner_indirect(i)); i++) {
		size_t n;
		const char *group = hn_owner_group(indirect->api_version, &n);

		put_owner(out, group, n, indirect->kind, i ? "|" : "");
	}
	hn_str_puts(out, ")$'))");
}

void hn_policy_cel_believed(const struct hn_workload_kinds *kinds, struct hn_str *out)
{
	size_t n = hn_workload_kinds_count(kinds);

	hn_str_puts(out, "variables.owners.filter(o, !(o.kind in [");
	for (size_t i = 0; i < n; i++)
		hn_str_printf(out, "%s'%s'", i ? ", " : "", hn_workload_kinds_at(kinds, i)->kind);
	hn_str_puts(out, "]) || (o.api + ' ' + o.kind).matches('^(");
	for (size_t i = 0; i < n; i++) {
		const struct hn_workload_kind *k = hn_workload_kinds_at(kinds, i);

		put_owner(out, k->group, strlen(k->group), k->kind, i ? "|" : "");
	}
	hn_str_puts(out, ")$'))");
}

static void put_labels(struct hn_str *out, const struct hn_exception_pairs *labels)
{
	for (size_t i = 0; i < labels->n; i++) {
		const char *key = labels->items[i].first;
		bool first = i == 0 || strcmp(labels->items[i - 1].first, key) != 0;

		if (first)
			hn_str_printf(out,
				      "%s && '%s' in variables.podLabels && variables.podLabels['%s'].matches('^(",
				      i ? ")$')" : "", key, key);
		else
			hn_str_putc(out, '|');
		put_pattern(out, labels->items[i].second, &hn_admission_glob);
	}
	if (labels->n)
		hn_str_puts(out, ")$')");
}

static void put_ports(struct hn_str *out, const struct hn_exception *e)
{
	hn_str_puts(out, " && variables.containers.all(c, !has(c.ports) || c.ports.all(p, ");
	for (size_t i = 0; i < e->n_ports; i++)
		hn_str_printf(out, "%s(p.containerPort >= %u && p.containerPort <= %u)", i ? " || " : "",
			      e->ports[i].first, e->ports[i].last);
	hn_str_puts(out, "))");
}

void hn_policy_cel_exception(const struct hn_exception *e, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str globs = {0};

	hn_str_puts(out, "true");
	if (e->namespaces.n) {
		put_globs(&globs, &e->namespaces);
		hn_str_printf(out,
			      " && has(variables.meta.namespace) && variables.meta.namespace.matches('^(%s)$')",
			      hn_str_get(&globs));
	}
	for (size_t i = 0; i < e->workloads.n; i++) {
		hn_str_puts(out, i ? " || " : " && (");
		put_workload(out, &e->workloads.items[i]);
	}
	hn_str_puts(out, e->workloads.n ? ")" : "");
	put_labels(out, &e->labels);
	if (e->images.n) {
		hn_str_clear(&globs);
		put_globs(&globs, &e->images);
		/* Each container: more than the agent asks, never less. */
		hn_str_printf(out, " && variables.containers.all(c, has(c.image) && c.image.matches('^(%s)$'))",
			      hn_str_get(&globs));
	}
	if (e->n_ports)
		put_ports(out, e);
}

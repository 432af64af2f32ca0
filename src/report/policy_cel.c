/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions from the catalogue's patterns. A regular expression costs the API server a quarter of its length times a
 * tenth of the text's, whatever it is made of (cel-go, interpreter/runtimecost.go); 1,000,000 is what one expression, and so one
 * variable, may cost, and 10,000,000 all that a request needs (apiserver, pkg/apis/cel/config.go). Beyond that the request fails, AI
 * or not: so the longest alternation, that of the images, is in shares. */
#include "policy_cel.h"

#include <stdint.h>
#include <string.h>

#include "hostnetd/glob.h"
#include "hostnetd/str.h"

#define STRONG 0.8   /* alone it makes a pod AI */
#define TEXT_MAX 256 /* of an argument that is looked at: a shell's script would cost too much */
#define SHARE 4000   /* bytes of patterns: 1,000 a tenth of an image's name */

/* False where the text cannot be in a regular expression without a backslash, or in CEL's quotes. */
static bool put_regex(struct hn_str *out, const char *text, const char *star)
{
	if (text[strcspn(text, "'\\^[]")])
		return false;
	for (; *text; text++)
		if (*text == '*')
			hn_str_puts(out, star);
		else if (*text == '?')
			hn_str_puts(out, ".");
		else if (strchr(".+(){}|$", *text))
			hn_str_printf(out, "[%c]", *text);
		else
			hn_str_putc(out, *text);
	return true;
}

/* "a|b|c" of the strong patterns of this kind, of those that the part-th share of them has; "" if there are none. */
static void put_share(struct hn_str *out, const struct hn_catalogue *c, const char *kind, size_t share,
		      unsigned part)
{
	const char *star = strcmp(kind, "image") == 0 ? "[^:@]+" : "[^ ]*", *bar = "";
	size_t bytes = 0;

	for (size_t i = 0; i < hn_catalogue_count(c); i++) {
		struct hn_signature_view s;

		hn_catalogue_describe(c, i, &s);
		for (size_t k = 0; k < s.n_patterns && !s.against && s.cap >= STRONG; k++) {
			_cleanup_(hn_str_done) struct hn_str one = {0};
			struct hn_pattern_view p;

			hn_catalogue_describe_pattern(c, i, k, &p);
			if (strcmp(p.kind, kind) != 0 || p.weight < STRONG || !put_regex(&one, p.text, star))
				continue;
			if (bytes / share == part) {
				hn_str_printf(out, "%s%s", bar, hn_str_get(&one));
				bar = "|";
			}
			bytes += one.len + 1;
		}
	}
}

static void put_alternation(struct hn_str *out, const struct hn_catalogue *c, const char *kind)
{
	put_share(out, c, kind, SIZE_MAX, 0);
}

/* Is there a strong pattern for all of its owner's images? */
static bool under_wildcard(const struct hn_catalogue *c, const char *image)
{
	size_t owner = strcspn(image, "/");

	for (size_t i = 0; image[owner] && i < hn_catalogue_count(c); i++) {
		struct hn_signature_view s;

		hn_catalogue_describe(c, i, &s);
		for (size_t k = 0; k < s.n_patterns && !s.against; k++) {
			struct hn_pattern_view p;

			hn_catalogue_describe_pattern(c, i, k, &p);
			if (strcmp(p.kind, "image") == 0 && p.weight >= STRONG &&
			    strncmp(p.text, image, owner + 1) == 0 && strcmp(p.text + owner + 1, "*") == 0)
				return true;
		}
	}
	return false;
}

/* A vendor of AI that also publishes another's database: what the catalogue names as no AI is none. */
void hn_policy_cel_not_ai(const struct hn_catalogue *c, struct hn_str *out)
{
	for (size_t i = 0; i < hn_catalogue_count(c); i++) {
		struct hn_signature_view s;

		hn_catalogue_describe(c, i, &s);
		for (size_t k = 0; k < s.n_patterns && s.against; k++) {
			_cleanup_(hn_str_done) struct hn_str one = {0};
			struct hn_pattern_view p;

			hn_catalogue_describe_pattern(c, i, k, &p);
			if (strcmp(p.kind, "image") == 0 && under_wildcard(c, p.text) &&
			    put_regex(&one, p.text, "[^:@]+"))
				hn_str_printf(out, "%s%s", out->len ? "|" : "", hn_str_get(&one));
		}
	}
}

bool hn_policy_cel_images(const struct hn_catalogue *c, const struct hn_str *not_ai, unsigned part,
			  struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str image = {0};

	put_share(&image, c, "image", SHARE, part);
	if (!image.len)
		return false;
	hn_str_printf(
		out,
		"variables.containers.exists(c, has(c.image) && c.image.matches('(^|/)(%s)(:[^/@]*)?(@.*)?$')",
		image.data);
	if (not_ai->len)
		hn_str_printf(out, " && !c.image.matches('(^|/)(%s)(:[^/@]*)?(@.*)?$')", not_ai->data);
	hn_str_puts(out, ")");
	return true;
}

void hn_policy_cel_programs(const struct hn_catalogue *c, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str exe = {0};

	put_alternation(&exe, c, "exe");
	/* The program is the command's first word, or the arguments' where the image's entry point is a shell's. */
	if (exe.len)
		hn_str_printf(out,
			      "variables.containers.exists(c, has(c.command) && size(c.command) > 0 && "
			      "c.command[0].size() <= %d && c.command[0].matches('(^|/)(%s)$'))",
			      TEXT_MAX, exe.data);
	else
		hn_str_puts(out, "false");
}

void hn_policy_cel_modules(const struct hn_catalogue *c, struct hn_str *out)
{
	static const char *const lists[] = {"command", "args"};
	_cleanup_(hn_str_done) struct hn_str module = {0};

	put_alternation(&module, c, "module");
	if (!module.len)
		hn_str_puts(out, "false");
	for (size_t i = 0; module.len && i < HN_ARRAY_SIZE(lists); i++)
		hn_str_printf(out,
			      "%svariables.containers.exists(c, has(c.%s) && c.%s.exists(a, a == '-m') && "
			      "c.%s.exists(a, a.size() <= %d && a.matches('^(%s)([.].*)?$')))",
			      i ? " || " : "", lists[i], lists[i], lists[i], TEXT_MAX, module.data);
}

void hn_policy_cel_environment(const struct hn_catalogue *c, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str env = {0};

	put_alternation(&env, c, "env");
	if (env.len)
		hn_str_printf(
			out,
			"variables.containers.exists(c, has(c.env) && c.env.exists(e, e.name.matches('^(%s)$')))",
			env.data);
	else
		hn_str_puts(out, "false");
}

void hn_policy_cel_labels(const struct hn_catalogue *c, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str labels = {0};

	put_alternation(&labels, c, "label");
	if (!labels.len) {
		hn_str_puts(out, "false");
		return;
	}
	/* A pattern with a value is "key=value", one without fits any. */
	hn_str_printf(out,
		      "has(variables.podMeta.labels) && variables.podMeta.labels.exists(k, (k + '=' + "
		      "variables.podMeta.labels[k]).matches('^(%s)(=.*)?$'))",
		      labels.data);
}

static bool put_globs(struct hn_str *out, const struct hn_exception_globs *globs)
{
	for (size_t i = 0; i < globs->n; i++) {
		hn_str_puts(out, i ? "|" : "");
		if (!put_regex(out, globs->items[i], ".*"))
			return false;
	}
	return true;
}

/* The object itself; or a pod that belongs to it, directly or by the ReplicaSet or Job that its controller made. */
static bool put_workload(struct hn_str *out, const struct hn_exception_pair *p)
{
	_cleanup_(hn_str_done) struct hn_str kind = {0}, name = {0};

	if (!put_regex(&kind, p->first ? p->first : "*", ".*") ||
	    !put_regex(&name, p->second ? p->second : "*", ".*"))
		return false;
	hn_str_printf(
		out,
		"(object.kind.matches('^(%s)$') && has(variables.meta.name) && "
		"variables.meta.name.matches('^(%s)$')) || "
		"(has(variables.meta.ownerReferences) && variables.meta.ownerReferences.exists(o, has(o.controller) && "
		"o.controller && ((o.kind.matches('^(%s)$') && o.name.matches('^(%s)$'))",
		hn_str_get(&kind), hn_str_get(&name), hn_str_get(&kind), hn_str_get(&name));
	hn_str_printf(
		out,
		" || (o.kind == 'ReplicaSet' && 'Deployment'.matches('^(%s)$') && o.name.matches('^(%s)-[a-z0-9]+$'))"
		" || (o.kind == 'Job' && 'CronJob'.matches('^(%s)$') && o.name.matches('^(%s)-[0-9]+$')))))",
		hn_str_get(&kind), hn_str_get(&name), hn_str_get(&kind), hn_str_get(&name));
	return true;
}

static bool put_labels(struct hn_str *out, const struct hn_exception_pairs *labels)
{
	for (size_t i = 0; i < labels->n; i++) {
		const char *key = labels->items[i].first;
		bool first = i == 0 || strcmp(labels->items[i - 1].first, key) != 0;

		if (key[strcspn(key, "'\\")])
			return false;
		if (first)
			hn_str_printf(out,
				      "%s && has(variables.podMeta.labels) && '%s' in variables.podMeta.labels && "
				      "variables.podMeta.labels['%s'].matches('^(",
				      i ? ")$')" : "", key, key);
		else
			hn_str_putc(out, '|');
		if (!put_regex(out, labels->items[i].second, ".*"))
			return false;
	}
	if (labels->n)
		hn_str_puts(out, ")$')");
	return true;
}

static void put_ports(struct hn_str *out, const struct hn_exception *e)
{
	hn_str_puts(out, " && variables.containers.all(c, !has(c.ports) || c.ports.all(p, ");
	for (size_t i = 0; i < e->n_ports; i++)
		hn_str_printf(out, "%s(p.containerPort >= %u && p.containerPort <= %u)", i ? " || " : "",
			      e->ports[i].first, e->ports[i].last);
	hn_str_puts(out, "))");
}

static bool narrow(const struct hn_exception_globs *globs)
{
	for (size_t i = 0; i < globs->n; i++)
		if (hn_glob_is_open(globs->items[i]))
			return false;
	return globs->n > 0;
}

static bool narrow_pairs(const struct hn_exception_pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++)
		if (!pairs->items[i].second || hn_glob_is_open(pairs->items[i].second))
			return false;
	return pairs->n > 0;
}

/* Do its keys name workloads, whatever product they are? */
static bool names_workloads(const struct hn_exception *e)
{
	return narrow(&e->namespaces) &&
	       (narrow_pairs(&e->workloads) || narrow_pairs(&e->labels) || narrow(&e->images));
}

bool hn_policy_cel_exception(const struct hn_exception *e, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str text = {0}, globs = {0};

	/* Which product it is, is a matter of weights: CEL cannot tell. */
	if (((e->categories.n || e->products.n) && !names_workloads(e)) || !(e->causes & 1U << HN_CAUSE_DECLARED))
		return false;
	hn_str_puts(&text, "true");
	if (e->namespaces.n) {
		if (!put_globs(&globs, &e->namespaces))
			return false;
		hn_str_printf(&text,
			      " && has(variables.meta.namespace) && variables.meta.namespace.matches('^(%s)$')",
			      hn_str_get(&globs));
	}
	for (size_t i = 0; i < e->workloads.n; i++) {
		hn_str_puts(&text, i ? " || " : " && (");
		if (!put_workload(&text, &e->workloads.items[i]))
			return false;
	}
	hn_str_puts(&text, e->workloads.n ? ")" : "");
	if (!put_labels(&text, &e->labels))
		return false;
	if (e->images.n) {
		hn_str_clear(&globs);
		if (!put_globs(&globs, &e->images))
			return false;
		/* Each container: more than the agent asks, never less. */
		hn_str_printf(&text, " && variables.containers.all(c, has(c.image) && c.image.matches('^(%s)$'))",
			      hn_str_get(&globs));
	}
	if (e->n_ports)
		put_ports(&text, e);
	hn_str_append(out, text.data, text.len);
	return true;
}

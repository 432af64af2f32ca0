/* SPDX-License-Identifier: Apache-2.0 */
#include "hostnetd/admission.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admission_form.h"
#include "hostnetd/str.h"

#define STRONG 0.8 /* alone it makes a pod AI */

static const char *const texts[] = {
	[HN_ADMISSION_UNKNOWN] = "what its pod declares was not known yet",
	[HN_ADMISSION_UNSEEN] = "what it declares is not among the objects, or shows no AI",
	[HN_ADMISSION_DENIES] = "its declaration has hostNetwork: true and a sign of AI that the policy carries",
	[HN_ADMISSION_EXCEPTED] = "an exception in the policy lets it in",
	[HN_ADMISSION_WEAK] =
		"no sign of AI in its declaration is strong enough for a policy, or one that it can carry",
	[HN_ADMISSION_KIND] =
		"a policy does not look at objects of this kind, only at the pods that are made of them",
	[HN_ADMISSION_STATIC] = "a static pod starts from a file of its node, whatever the API server says",
	[HN_ADMISSION_RUNTIME] =
		"it declares nothing that the control denies: it took the host network at run time",
	[HN_ADMISSION_UNMANAGED] = "it never came by the API server",
};
_Static_assert(HN_ARRAY_SIZE(texts) == HN_ADMISSION_MAX, "a text for each answer");

const struct hn_admission_kind hn_admission_kinds[] = {
	{"", "Pod", "pods", "", HN_UPDATE_OF_IMAGES},
	{"apps", "Deployment", "deployments", "spec.template", HN_UPDATE_IS_JUDGED},
	{"apps", "StatefulSet", "statefulsets", "spec.template", HN_UPDATE_IS_JUDGED},
	{"apps", "DaemonSet", "daemonsets", "spec.template", HN_UPDATE_IS_JUDGED},
	/* Whoever mends a Deployment lets its controller scale the old ReplicaSet down. */
	{"apps", "ReplicaSet", "replicasets", "spec.template", HN_UPDATE_PASSES},
	{"batch", "Job", "jobs", "spec.template", HN_UPDATE_PASSES},
	{"batch", "CronJob", "cronjobs", "spec.jobTemplate.spec.template", HN_UPDATE_IS_JUDGED},
};
const size_t hn_admission_n_kinds = HN_ARRAY_SIZE(hn_admission_kinds);

/* The catalogue's kinds of patterns, of which each sign is made. */
static const char *const pattern_kinds[] = {
	[HN_SIGN_IMAGE] = "image",   [HN_SIGN_PROGRAM] = "exe",     [HN_SIGN_COMMAND] = "argv",
	[HN_SIGN_MODULE] = "module", [HN_SIGN_ENVIRONMENT] = "env", [HN_SIGN_LABEL] = "label",
};
_Static_assert(HN_ARRAY_SIZE(pattern_kinds) == HN_SIGN_MAX, "a kind for each sign");

const char *hn_admission_text(enum hn_admission a)
{
	return texts[a];
}

bool hn_admission_known(enum hn_admission a)
{
	return a != HN_ADMISSION_UNKNOWN && a != HN_ADMISSION_UNSEEN;
}

/* --- the table --------------------------------------------------------------------------------------------------- */

static int add(struct hn_admission_patterns *to, const char *text)
{
	if (to->n == to->cap) {
		size_t cap = to->cap ? 2 * to->cap : 64;
		char **grown = reallocarray(to->items, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		to->items = grown;
		to->cap = cap;
	}
	to->items[to->n] = strdup(text);
	if (!to->items[to->n])
		return -ENOMEM;
	to->n++;
	return 0;
}

/* Of a command the first two words are looked at: further ones may stand anywhere behind. A title ("ray::") is what a process
 * calls itself later. */
static bool stands_in_a_spec(enum hn_admission_sign sign, const char *text)
{
	const char *space = strchr(text, ' ');

	if (sign == HN_SIGN_COMMAND)
		return space && !strchr(space + 1, ' ');
	return sign != HN_SIGN_PROGRAM || !hn_ends_with(text, ":");
}

static int add_signs(struct hn_admission_policy *p, const struct hn_catalogue *c, size_t i)
{
	struct hn_signature_view s;
	int r = 0;

	hn_catalogue_describe(c, i, &s);
	for (size_t k = 0; r == 0 && k < s.n_patterns && !s.against && s.cap >= STRONG; k++) {
		struct hn_pattern_view v;

		hn_catalogue_describe_pattern(c, i, k, &v);
		if (v.weight < STRONG || !hn_admission_sayable(v.text))
			continue;
		for (enum hn_admission_sign sign = 0; r == 0 && sign < HN_SIGN_MAX; sign++)
			if (strcmp(v.kind, pattern_kinds[sign]) == 0 && stands_in_a_spec(sign, v.text))
				r = add(&p->signs[sign], v.text);
	}
	return r;
}

/* Is there a strong pattern for all of its owner's images? */
static bool under_wildcard(const struct hn_admission_patterns *images, const char *image)
{
	size_t owner = strcspn(image, "/");

	for (size_t i = 0; image[owner] && i < images->n; i++)
		if (strncmp(images->items[i], image, owner + 1) == 0 &&
		    strcmp(images->items[i] + owner + 1, "*") == 0)
			return true;
	return false;
}

/* What the catalogue names as no AI is none: also what a vendor of AI publishes beside it. */
static int add_others(struct hn_admission_policy *p, const struct hn_catalogue *c, size_t i)
{
	struct hn_signature_view s;
	int r = 0;

	hn_catalogue_describe(c, i, &s);
	for (size_t k = 0; r == 0 && k < s.n_patterns && s.against; k++) {
		struct hn_pattern_view v;

		hn_catalogue_describe_pattern(c, i, k, &v);
		if (!hn_admission_sayable(v.text))
			continue;
		if (strcmp(v.kind, pattern_kinds[HN_SIGN_IMAGE]) == 0 &&
		    under_wildcard(&p->signs[HN_SIGN_IMAGE], v.text))
			r = add(&p->not_ai, v.text);
		for (enum hn_admission_sign sign = 0; r == 0 && sign < HN_ARRAY_SIZE(p->others); sign++)
			if (strcmp(v.kind, pattern_kinds[sign]) == 0 && v.weight < 0)
				r = add(&p->others[sign], v.text);
	}
	return r;
}

static void patterns_done(struct hn_admission_patterns *patterns)
{
	for (size_t i = 0; i < patterns->n; i++)
		free(patterns->items[i]);
	free(patterns->items);
}

void hn_admission_policy_free(struct hn_admission_policy *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < HN_SIGN_MAX; i++)
		patterns_done(&p->signs[i]);
	for (size_t i = 0; i < HN_ARRAY_SIZE(p->others); i++)
		patterns_done(&p->others[i]);
	patterns_done(&p->not_ai);
	free(p);
}

int hn_admission_policy_new(const struct hn_catalogue *c, const struct hn_exceptions *exceptions,
			    struct hn_wall now, struct hn_admission_policy **ret, struct hn_reason *reason)
{
	_cleanup_(hn_admission_policy_cleanup) struct hn_admission_policy *p = calloc(1, sizeof(*p));
	int r = p ? 0 : -ENOMEM;
	size_t n = hn_catalogue_count(c);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_signs(p, c, i);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_others(p, c, i);
	if (r < 0)
		return hn_reason_set(reason, r, "no memory");
	p->n_signatures = n;
	p->exceptions = exceptions;
	p->now = now;
	*ret = TAKE_PTR(p);
	return 0;
}

/* --- the claim --------------------------------------------------------------------------------------------------- */

static bool fits_any(const struct hn_admission_patterns *patterns, enum hn_admission_sign sign, const char *text)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (hn_admission_fits(hn_admission_sign_form(sign), patterns->items[i], text))
			return true;
	return false;
}

static bool any(const struct hn_admission_policy *p, enum hn_admission_sign sign, const char *text)
{
	return fits_any(&p->signs[sign], sign, text);
}

static bool image_is_ai(const struct hn_admission_policy *p, const char *image)
{
	return image[0] && any(p, HN_SIGN_IMAGE, image) && !fits_any(&p->not_ai, HN_SIGN_IMAGE, image);
}

static bool short_enough(const char *word)
{
	size_t characters = 0;

	for (; *word; word++)
		characters += ((unsigned char)*word & 0xc0) != 0x80;
	return characters <= HN_SIGN_TEXT_MAX;
}

/* Command and arguments as one list; NULL behind its end. */
static const char *word_of(const struct hn_container *k, size_t i)
{
	return i < k->n_command ? k->command[i] : i - k->n_command < k->n_args ? k->args[i - k->n_command] : NULL;
}

/* Where the program stands: "tini -- vllm", "tini -g -- vllm". */
static size_t program_at(const struct hn_container *k)
{
	const char *second = word_of(k, 1), *third = word_of(k, 2);

	if (second && strcmp(second, "--") == 0)
		return 2;
	return second && third && second[0] == '-' && strcmp(third, "--") == 0 ? 3 : 0;
}

static bool program_is_ai(const struct hn_admission_policy *p, const struct hn_container *k)
{
	size_t at = program_at(k);
	const char *first = word_of(k, at), *second = word_of(k, at + 1);
	char both[2 * (4 * HN_SIGN_TEXT_MAX + 1)];

	if (!first || !short_enough(first))
		return false;
	/* Arguments alone go to the image's own program: they are a command themselves, or the name of something. */
	if ((at > 0 || k->n_command || strchr(first, '/')) && any(p, HN_SIGN_PROGRAM, first))
		return true;
	if (!second || !short_enough(second))
		return false;
	snprintf(both, sizeof(both), "%s %s", first, second);
	return any(p, HN_SIGN_COMMAND, both);
}

static bool is_python(const char *word)
{
	const char *slash = strrchr(word, '/'), *base = slash ? slash + 1 : word;

	return strncmp(base, "python", 6) == 0 && !base[6 + strspn(base + 6, "0123456789.")];
}

/* Behind a program that is no Python's, "-m" means anything. */
static bool module_is_ai(const struct hn_admission_policy *p, const struct hn_container *k)
{
	size_t at = program_at(k);
	const char *word = word_of(k, at);

	if (!word || !short_enough(word) || !is_python(word))
		return false;
	word = word_of(k, ++at);
	if (word && word[0] == '-' && strcmp(word, "-m") != 0)
		word = word_of(k, ++at);
	if (!word || strcmp(word, "-m") != 0)
		return false;
	word = word_of(k, at + 1);
	return word && short_enough(word) && any(p, HN_SIGN_MODULE, word);
}

static bool container_is_ai(const struct hn_admission_policy *p, const struct hn_container *k)
{
	return image_is_ai(p, k->image) || program_is_ai(p, k) || module_is_ai(p, k);
}

static bool container_is_known(const struct hn_admission_policy *p, const struct hn_container *k)
{
	const char *program = word_of(k, program_at(k));

	return (k->image[0] && fits_any(&p->others[HN_SIGN_IMAGE], HN_SIGN_IMAGE, k->image)) ||
	       (program && short_enough(program) &&
		fits_any(&p->others[HN_SIGN_PROGRAM], HN_SIGN_PROGRAM, program));
}

static bool has_variable(const struct hn_admission_policy *p, const struct hn_container *k)
{
	for (size_t i = 0; i < k->n_env; i++)
		if (any(p, HN_SIGN_ENVIRONMENT, k->env[i]))
			return true;
	return false;
}

static bool has_label(const struct hn_admission_policy *p, const struct hn_pod *pod)
{
	for (size_t i = 0; i < pod->n_labels; i++) {
		_cleanup_(hn_str_done) struct hn_str both = {0};

		hn_str_printf(&both, "%s=%s", pod->labels[i].key, pod->labels[i].value);
		if (any(p, HN_SIGN_LABEL, hn_str_get(&both)))
			return true;
	}
	return false;
}

static bool pod_is_ai(const struct hn_admission_policy *p, const struct hn_pod *pod)
{
	bool said = has_label(p, pod), known = false;

	for (size_t i = 0; i < pod->n_containers; i++) {
		const struct hn_container *k = &pod->containers[i];

		if (k->type != HN_CONTAINER_REGULAR)
			continue;
		if (container_is_ai(p, k))
			return true;
		said |= has_variable(p, k);
		known |= container_is_known(p, k);
	}
	return said && !known;
}

/* In any version of its group: the API server asks about it as v1 (matchPolicy: Equivalent, the default). */
static const struct hn_admission_kind *kind_of(const struct hn_asset *asset)
{
	const char *slash = strchr(asset->api_version, '/');
	size_t n = slash ? (size_t)(slash - asset->api_version) : 0;

	for (size_t i = 0; i < hn_admission_n_kinds; i++) {
		const struct hn_admission_kind *k = &hn_admission_kinds[i];

		if (strcmp(asset->kind, k->kind) == 0 && strlen(k->group) == n &&
		    strncmp(asset->api_version, k->group, n) == 0)
			return k;
	}
	return NULL;
}

static const struct hn_pod *pod_of(const struct hn_asset *asset, const struct hn_admission_kind *kind)
{
	for (size_t i = 0; i < asset->n_templates; i++)
		if (strcmp(asset->templates[i].path, kind->path) == 0)
			return &asset->templates[i].pod;
	return NULL;
}

enum hn_admission hn_admission_judge(const struct hn_admission_policy *p, const struct hn_asset *asset)
{
	const struct hn_admission_kind *kind = kind_of(asset);
	const struct hn_pod *pod = kind ? pod_of(asset, kind) : NULL;

	if (!kind)
		return HN_ADMISSION_KIND;
	if (!pod || !pod->host_network || !pod_is_ai(p, pod))
		return HN_ADMISSION_WEAK;
	for (size_t i = 0; i < hn_exceptions_count(p->exceptions); i++) {
		const struct hn_exception *e = hn_exceptions_at(p->exceptions, i);

		if (hn_admission_has_rule(e, p->now) && hn_admission_rule_covers(e, asset, pod))
			return HN_ADMISSION_EXCEPTED;
	}
	return HN_ADMISSION_DENIES;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Weighs what was found. A pod is as telling as its most telling container, together with what its labels, its owner
 * and its processes say; init containers count less. What speaks against AI takes weight from what it explains: an
 * image or a program from its own container, never from a process that was seen. Pure. */
#include <stdlib.h>
#include <string.h>

#include "hostnetd/ai.h"
#include "hostnetd/str.h"
#include "signals.h"

#define AI_FROM 0.8
#define LIKELY_FROM 0.5
#define INIT_FACTOR 0.3f
/* How much of what speaks against a container speaks against what was prepared for it: pause after a vllm image. */
#define PREPARED_FACTOR 0.5f
/* How much of what speaks against a container speaks against the pod's labels and owner: the etcd of a Milvus. */
#define POD_FACTOR 0.8f
/* And what speaks against the pod, a SparkApplication, against its containers. */
#define OWNER_FACTOR 0.5f
/* A program that is AI by itself says more than the image that it was put into. */
#define PROGRAM_IS_STRONG 0.8f
/* So does such an image: of its container's variables, labels and owner, which cost whoever writes a pod nothing, none speaks
 * against it; another image's name or a program does. */
#define IMAGE_IS_STRONG 0.8f
#define OBSERVED_BONUS 0.02f
#define VAGUE_FACTOR 0.3f

struct weighed {
	const struct hn_hit *hit;
	float weight;
};

#define WEIGHED_MAX (4 * HN_HITS_MAX)

struct opinion {
	float score;
	const struct hn_signature *best;
	size_t n;
	struct weighed item[WEIGHED_MAX];
};

const char *hn_verdict_name(enum hn_verdict v)
{
	static const char *const names[] = {[HN_NOT_AI] = "not-ai", [HN_LIKELY_AI] = "likely", [HN_AI] = "ai"};

	_Static_assert(HN_ARRAY_SIZE(names) == HN_VERDICT_MAX, "one name a verdict");
	return names[v];
}

static bool of_program(const struct hn_hit *hit)
{
	return hit->at.field == HN_FIELD_COMMAND || hit->at.field == HN_FIELD_ARGS || hn_hit_observed(hit);
}

static float either(float a, float b)
{
	return 1 - (1 - a) * (1 - b);
}

/* What the programs of these hits say for AI. */
static float for_programs(const struct hn_hits *h)
{
	float p = 0;

	for (size_t i = 0; i < h->n; i++)
		if (of_program(&h->hit[i]) && h->hit[i].pattern->weight > 0)
			p = either(p, h->hit[i].pattern->weight * h->hit[i].factor);
	return p;
}

static bool of_image(const struct hn_hit *hit)
{
	return hit->at.field == HN_FIELD_IMAGE;
}

static bool of_all_else(const struct hn_hit *hit)
{
	return !of_program(hit) && !of_image(hit);
}

/* What speaks against, of hits of one sort. */
static float against(const struct hn_hits *h, bool (*sort)(const struct hn_hit *))
{
	float p = 0;

	for (size_t i = 0; i < h->n; i++)
		if (sort(&h->hit[i]) && h->hit[i].pattern->weight < 0)
			p = either(p, -h->hit[i].pattern->weight * h->hit[i].factor);
	return p;
}

static void add(struct opinion *o, const struct hn_hit *hit, float weight)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->item[i].hit->pattern == hit->pattern) {
			if (weight > o->item[i].weight)
				o->item[i] = (struct weighed){hit, weight};
			return;
		}
	if (o->n < WEIGHED_MAX)
		o->item[o->n++] = (struct weighed){hit, weight};
}

/* What is left of the hits for AI. */
struct left {
	float program, image, rest; /* image: one that says it alone */
};

static float left_of(const struct hn_hit *hit, const struct left *left)
{
	if (of_program(hit))
		return left->program;
	return of_image(hit) && hit->pattern->weight * hit->factor >= IMAGE_IS_STRONG ? left->image : left->rest;
}

static void add_all(struct opinion *o, const struct hn_hits *h, const struct left *left)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct hn_hit *hit = &h->hit[i];
		float w = hit->pattern->weight;

		if (w > 0)
			add(o, hit, w * hit->factor * left_of(hit, left));
		else if (w < 0)
			add(o, hit, w * hit->factor);
	}
}

/* An accelerator that is asked for, its open device and its libraries are one fact: of these the heaviest counts. */
static bool counts_once(const struct hn_hit *hit)
{
	enum hn_pattern_kind k = hit->pattern->kind;

	return k == HN_PATTERN_RESOURCE || k == HN_PATTERN_CLAIM || k == HN_PATTERN_DEVICE ||
	       k == HN_PATTERN_LIBRARY;
}

static int by_signature(const void *a, const void *b)
{
	const struct weighed *x = a, *y = b;
	uint32_t i = x->hit->pattern->signature, j = y->hit->pattern->signature;

	return (i > j) - (i < j);
}

static int by_weight(const void *a, const void *b)
{
	const struct weighed *x = a, *y = b;
	float i = x->weight < 0 ? -x->weight : x->weight, j = y->weight < 0 ? -y->weight : y->weight;

	if (i > j || i < j)
		return i > j ? -1 : 1;
	return (x->hit > y->hit) - (x->hit < y->hit);
}

/* Who names category and product: one that knows the product goes before one that does not, if it would do alone; among
 * those the one with the most telling single sign, since a special pattern weighs more than a general one. */
static float rank_of(const struct hn_signature *s, float sum, float top, bool observed)
{
	float bonus = observed ? OBSERVED_BONUS : 0;

	if (*s->product && !s->vague && sum >= LIKELY_FROM)
		return 2 + top + bonus + 0.01f * sum;
	return s->vague ? VAGUE_FACTOR * sum : sum + bonus;
}

/* Weak signs of one signature add up to its cap; signatures add up. */
static void weigh(struct opinion *o, const struct hn_catalogue *c)
{
	float none = 1, best = 0;

	qsort(o->item, o->n, sizeof(o->item[0]), by_signature);
	for (size_t i = 0, next; i < o->n; i = next) {
		uint32_t index = o->item[i].hit->pattern->signature;
		const struct hn_signature *s = hn_catalogue_signature(c, index);
		float p = 0, top = 0, once = 0, rank;
		bool observed = false;

		for (next = i; next < o->n && o->item[next].hit->pattern->signature == index; next++) {
			float w = o->item[next].weight;

			if (w <= 0)
				continue;
			if (!counts_once(o->item[next].hit))
				p = either(p, w);
			else if (w > once)
				once = w;
			top = w > top ? w : top;
			observed |= hn_hit_observed(o->item[next].hit);
		}
		p = either(p, once);
		if (p > s->cap)
			p = s->cap;
		none *= 1 - p;
		rank = rank_of(s, p, top, observed);
		if (p > 0 && rank > best) {
			best = rank;
			o->best = s;
		}
	}
	o->score = 1 - none;
	qsort(o->item, o->n, sizeof(o->item[0]), by_weight);
}

struct found {
	struct hn_hits pod, init, processes, container;
	size_t n_main;
};

static void weigh_container(struct opinion *o, const struct found *f)
{
	float programs = for_programs(&f->container), seen = for_programs(&f->processes);
	float image = against(&f->container, of_image), other = against(&f->container, of_program), observed = 0;
	float own, left, init;

	o->n = 0;
	o->best = NULL;
	if (programs >= PROGRAM_IS_STRONG)
		other = 0;
	/* What runs outweighs the image; with several containers nobody can tell whose process it is. */
	if (seen < LIKELY_FROM && f->n_main == 1)
		observed = against(&f->processes, of_program);
	own = (1 - image) * (1 - other);
	left = own * (1 - against(&f->container, of_all_else)) *
	       (1 - OWNER_FACTOR * against(&f->pod, of_all_else));
	add_all(o, &f->processes, &(struct left){1, 1, 1});
	add_all(o, &f->container,
		&(struct left){programs >= PROGRAM_IS_STRONG ? 1 : left, own * (1 - observed),
			       left * (1 - observed)});
	add_all(o, &f->pod, &(struct left){1, 1, 1 - POD_FACTOR * (1 - left)});
	init = INIT_FACTOR * (1 - PREPARED_FACTOR * (1 - left * (1 - observed)));
	add_all(o, &f->init, &(struct left){init, init, init});
	weigh(o, f->container.catalogue);
}

/* A sidecar is an init container that stays. */
static bool runs_before(const struct hn_container *c)
{
	return c->type == HN_CONTAINER_INIT && !c->is_sidecar;
}

static void conclude(const struct opinion *o, const struct hn_catalogue *c, struct hn_judgement *ret)
{
	ret->score = (double)o->score;
	ret->verdict = ret->score >= AI_FROM ? HN_AI : ret->score >= LIKELY_FROM ? HN_LIKELY_AI : HN_NOT_AI;
	if (ret->verdict != HN_NOT_AI && o->best) {
		(void)hn_strcpy(ret->category, sizeof(ret->category), o->best->category);
		(void)hn_strcpy(ret->product, sizeof(ret->product), o->best->product);
	}
	for (size_t i = 0; i < o->n && ret->n_evidence < HN_EVIDENCE_MAX; i++) {
		const struct hn_hit *hit = o->item[i].hit;
		struct hn_evidence *e = &ret->evidence[ret->n_evidence++];

		e->signal = hit->signal;
		e->observed = hn_hit_observed(hit);
		e->weight = (double)o->item[i].weight;
		hn_hit_path(hit, e->path, sizeof(e->path));
		(void)hn_strcpy(e->value, sizeof(e->value), hit->value);
		(void)hn_strcpy(e->signature, sizeof(e->signature),
				hn_catalogue_signature(c, hit->pattern->signature)->name);
	}
}

/* Reads the container into f and keeps its opinion if it is the most telling yet. */
static void consider(struct found *f, const struct hn_container *k, struct opinion *best,
		     struct hn_hits *best_hits)
{
	struct opinion o;

	hn_hits_init(&f->container, f->pod.catalogue);
	if (k)
		hn_signals_container(&f->container, k);
	weigh_container(&o, f);
	if (best->n && o.score <= best->score)
		return;
	*best_hits = f->container;
	*best = o;
	for (size_t i = 0; i < best->n; i++) { /* the container's hits are read over by the next one */
		const struct hn_hit *hit = best->item[i].hit;

		if (hit >= f->container.hit && hit < f->container.hit + HN_HITS_MAX)
			best->item[i].hit = best_hits->hit + (hit - f->container.hit);
	}
}

void hn_ai_judge(const struct hn_catalogue *c, const struct hn_pod *pod, const struct hn_process_view *processes,
		 size_t n_processes, struct hn_judgement *ret)
{
	struct opinion best;
	struct hn_hits best_hits;
	struct found f;

	hn_hits_init(&f.pod, c);
	hn_hits_init(&f.init, c);
	hn_hits_init(&f.processes, c);
	f.n_main = best.n = 0;
	best.score = 0;
	best.best = NULL;
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < n_processes; i++)
		hn_signals_process(&f.processes, &processes[i]);
	if (pod)
		hn_signals_pod(&f.pod, pod);
	for (size_t i = 0; pod && i < pod->n_containers; i++) {
		if (runs_before(&pod->containers[i]))
			hn_signals_container(&f.init, &pod->containers[i]);
		else
			f.n_main++;
	}
	for (size_t i = 0; pod && i < pod->n_containers; i++)
		if (!runs_before(&pod->containers[i]))
			consider(&f, &pod->containers[i], &best, &best_hits);
	if (!f.n_main)
		consider(&f, NULL, &best, &best_hits);
	conclude(&best, c, ret);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Every list is read to its end, in time that is linear in it: nothing hides behind a thousand others. Of argv the first
 * 64 KiB and 1,024 words are read. hostNetwork is not read at all. Pure. */
#include "signals.h"

#include <stdio.h>
#include <string.h>

#include "cmdline.h"
#include "command.h"
#include "hostnetd/str.h"
#include "match.h"
#include "remembered.h"
#include "token.h"

#define ARGV_MAX (64 * 1024)

static size_t at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

static const char *text(const char *s)
{
	return s ? s : "";
}

static void read_pairs(struct hn_hits *h, enum hn_field field, const struct hn_pair *pairs, size_t n)
{
	h->at = (struct hn_locus){.field = field};
	for (size_t i = 0; i < n; i++) {
		h->at.index = (unsigned)i;
		hn_match_label(h, text(pairs[i].key), text(pairs[i].value));
	}
}

static void read_owner(struct hn_hits *h, enum hn_field field, const struct hn_owner *given)
{
	const struct hn_owner owner = {text(given->api_version), text(given->kind), text(given->name)};

	h->at = (struct hn_locus){.field = field};
	hn_match_owner(h, &owner);
}

void hn_signals_pod(struct hn_hits *h, const struct hn_pod *pod)
{
	read_pairs(h, HN_FIELD_LABEL, pod->labels, pod->n_labels);
	read_pairs(h, HN_FIELD_ANNOTATION, pod->annotations, pod->n_annotations);
	read_owner(h, HN_FIELD_WORKLOAD, &pod->workload);
	read_owner(h, HN_FIELD_CONTROLLER, &pod->controller);
	for (size_t i = 0; i < pod->n_owners; i++)
		read_owner(h, HN_FIELD_CONTROLLER, &pod->owners[i]);
	h->at = (struct hn_locus){.field = HN_FIELD_RUNTIME};
	hn_match_name(h, HN_PATTERN_RUNTIME, text(pod->runtime_class));
	for (size_t i = 0; i < pod->n_claims; i++) {
		h->at = (struct hn_locus){.field = HN_FIELD_CLAIM, .index = (unsigned)i};
		hn_match_claim(h, text(pod->claims[i].value));
	}
	for (size_t i = 0; i < pod->n_volumes; i++) {
		h->at = (struct hn_locus){.field = HN_FIELD_VOLUME, .index = (unsigned)i};
		hn_match_path(h, HN_PATTERN_MOUNT, text(pod->volumes[i].value));
	}
}

static void read_words(struct hn_hits *h, const struct hn_container *k)
{
	const char *first = k->n_command || !k->n_args ? "" : text(k->args[0]);
	struct hn_words words;
	size_t bytes = 0;

	words.n = 0;
	/* Options of the image's program: "" stands for it. */
	if (first[0] == '-' && strnlen(first, ARGV_MAX) < ARGV_MAX)
		words.w[words.n++] = (struct hn_word){"", 0};
	/* The command is matched with the arguments behind it; where there is none, the image's own program gets the
	 * arguments, and the first of them may be a program too (an entry point's). */
	for (size_t i = 0; i < k->n_command + k->n_args && words.n < HN_WORDS_MAX; i++) {
		bool command = i < k->n_command;
		const char *w = text(command ? k->command[i] : k->args[i - k->n_command]);

		bytes += strnlen(w, ARGV_MAX) + 1;
		if (bytes > ARGV_MAX)
			break;
		words.w[words.n++] = (struct hn_word){w, (unsigned)i};
	}
	h->at.field = HN_FIELD_COMMAND;
	hn_cmdline_match(h, words.w, words.n);
	for (size_t i = 0; i < h->n; i++) { /* the index counted through both lists */
		struct hn_locus *at = &h->hit[i].at;

		/* h may hold other containers' too */
		if (at->field == HN_FIELD_COMMAND && at->type == k->type && at->container == k->index &&
		    at->index >= k->n_command) {
			at->field = HN_FIELD_ARGS;
			at->index -= (unsigned)k->n_command;
		}
	}
}

static void match_port(struct hn_hits *h, uint16_t port)
{
	char number[8];

	snprintf(number, sizeof(number), "%u", (unsigned)port);
	hn_match_name(h, HN_PATTERN_PORT, number);
}

void hn_signals_container(struct hn_hits *h, const struct hn_container *k)
{
	h->at = (struct hn_locus){.field = HN_FIELD_IMAGE, .type = k->type, .container = k->index};
	hn_match_image(h, text(k->image));
	read_words(h, k);
	h->at.field = HN_FIELD_RESOURCE;
	for (size_t i = 0; i < k->n_resources; i++)
		if (strcmp(text(k->resources[i].value), "0") != 0)
			hn_match_name(h, HN_PATTERN_RESOURCE, text(k->resources[i].key));
	h->at.field = HN_FIELD_ENV;
	for (size_t i = 0; i < k->n_env; i++) {
		h->at.index = (unsigned)i;
		hn_match_env(h, text(k->env[i]));
	}
	h->at.field = HN_FIELD_PORT;
	for (size_t i = 0; i < k->n_ports; i++) {
		h->at.index = (unsigned)i;
		match_port(h, k->ports[i].number);
	}
	h->at.field = HN_FIELD_MOUNT;
	for (size_t i = 0; i < k->n_mounts; i++) {
		h->at.index = (unsigned)i;
		hn_match_path(h, HN_PATTERN_MOUNT, text(k->mounts[i]));
	}
}

/* Cuts NUL-separated bytes, which need not end in a NUL, into words of `copy`. */
static void cut_argv(struct hn_words *words, char *copy, size_t n, const char *argv)
{
	memcpy(copy, argv, n);
	copy[n] = '\0';
	for (size_t i = 0; i < n && words->n < HN_WORDS_MAX; i += strlen(copy + i) + 1) {
		words->w[words->n] = (struct hn_word){copy + i, (unsigned)words->n};
		words->n++;
	}
}

/* A title that a process gave itself, in one piece: "gunicorn: master [app:app]". Cut it as a shell would. */
static void cut_title(struct hn_words *words, char *title)
{
	char *save, *w = strtok_r(title, " []()", &save);

	for (words->n = 0; w && words->n < HN_WORDS_MAX; w = strtok_r(NULL, " []()", &save)) {
		size_t n = strlen(w);

		if (n > 1 && w[n - 1] == ':')
			w[n - 1] = '\0';
		words->w[words->n++] = (struct hn_word){w, 0};
	}
}

static __attribute__((noinline)) void read_argv(struct hn_hits *h, const struct hn_process_view *p)
{
	struct hn_words words;
	size_t n = at_most(p->argv_len, ARGV_MAX);
	char copy[ARGV_MAX + 1];

	words.n = 0;
	while (n && !p->argv[n - 1]) /* a title leaves the rest of the old argv empty */
		n--;
	cut_argv(&words, copy, n, p->argv);
	if (words.n == 1 && strchr(words.w[0].text, ' '))
		cut_title(&words, copy);
	h->at.field = HN_FIELD_ARGV;
	hn_cmdline_match(h, words.w, words.n);
}

void hn_signals_process(struct hn_hits *h, const struct hn_process_view *p)
{
	char exe[512];

	(void)hn_strcpy(exe, sizeof(exe), p->exe);
	if (hn_ends_with(exe, " (deleted)"))
		exe[strlen(exe) - strlen(" (deleted)")] = '\0';
	h->at = (struct hn_locus){.field = HN_FIELD_EXE, .pid = p->pid};
	if (!hn_match_program(h, exe, NULL, 0))
		hn_match_script(h, exe);
	if (p->argv && p->argv_len)
		read_argv(h, p);
	for (size_t i = 0; i < p->n_held; i++) {
		const struct hn_held *held = &p->held[i];

		h->at = (struct hn_locus){
			.field = held->library ? HN_FIELD_MAP : HN_FIELD_FD, .pid = held->pid, .index = held->fd};
		hn_match_held(h, held->library, held->name);
	}
	h->at = (struct hn_locus){.field = HN_FIELD_LISTENS, .pid = p->pid};
	for (size_t i = 0; i < p->n_ports; i++)
		match_port(h, p->ports[i]);
	hn_remembered_match(h, p->remembered, p->n_remembered);
}

bool hn_ai_knows_held(const struct hn_catalogue *c, const struct hn_held *held, size_t *ret_signature,
		      double *ret_weight)
{
	struct hn_hits h;

	hn_hits_init(&h, c);
	hn_match_held(&h, held->library, held->name);
	if (!h.n)
		return false;
	*ret_signature = h.hit[0].pattern->signature;
	*ret_weight = (double)(h.hit[0].pattern->weight * h.hit[0].factor);
	return true;
}

bool hn_ai_asks_value(const struct hn_catalogue *c, const char *key)
{
	struct hn_token t;

	return hn_match_names_application(key) ||
	       (hn_token_lower(&t, key, strlen(key)) && hn_catalogue_asks_value(c, t.text, t.n));
}

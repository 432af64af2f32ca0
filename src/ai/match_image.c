/* SPDX-License-Identifier: Apache-2.0 */
/* Images: the repository's path without host and tag, as its maker or a mirror writes it. Pure. */
#include <string.h>

#include "hostnetd/str.h"
#include "match.h"
#include "search.h"

/* team-llm-gateway: a name of several words, with others before it. */
#define PREFIXED_FACTOR 0.9f

static void fits_flattened(struct hn_search *s, const struct hn_pattern *p)
{
	if (strcmp(p->text, s->full) != 0 || !strchr(p->text, '-'))
		return;
	hn_search_add(s, p, p->flattened ? 1 : PREFIXED_FACTOR);
}

/* "ghcr.io_vllm-project_vllm-openai": what mirrors make of a path. Each end of it that begins a word is looked up. */
static size_t match_flattened(struct hn_hits *h, const char *segment, const char *image)
{
	struct hn_search s = {.h = h, .kind = HN_PATTERN_IMAGE, .fits = fits_flattened, .value = image};
	char flat[HN_PATTERN_TEXT_MAX];
	size_t n = strlen(segment);

	if (!hn_strcpy(flat, sizeof(flat), segment))
		return 0;
	for (char *p = flat; *p; p++)
		if (*p == '_')
			*p = '-';
	for (size_t i = 0; i < n; i++)
		if (!i || flat[i - 1] == '-') {
			s.full = flat + i;
			hn_search_key(&s, flat + i, n - i);
		}
	return s.found;
}

void hn_match_image(struct hn_hits *h, const char *image)
{
	size_t n = strcspn(image, "@"), slash = n;
	struct hn_path path;

	while (slash && image[slash - 1] != '/')
		slash--;
	if (memchr(image + slash, ':', n - slash))
		n = slash + strcspn(image + slash, ":");
	if (!hn_path_cut(&path, image, n))
		return;
	if (hn_search_segments(h, HN_PATTERN_IMAGE, &path, image) +
	    match_flattened(h, path.segment[path.n - 1], image))
		return;
	hn_search_words(h, path.segment[path.n - 1], 1, "image");
	if (path.n > 1 && !strchr(path.segment[path.n - 2], '.'))
		hn_search_words(h, path.segment[path.n - 2], 1, "image");
}

// SPDX-License-Identifier: Apache-2.0
#include "signatures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/filestamp.h"
#include "hostnetd/log.h"
#include "hostnetd/str.h"

#define LOOK_NS (2 * HN_NSEC_PER_SEC)

struct hn_signatures {
	const struct hn_strings *files;
	struct hn_filestamp *stamps; /* of the files as they were last read, well or badly */
	struct hn_catalogue *catalogue;
	struct hn_mono looked;
	char said[sizeof(((struct hn_reason *)0)->text)]; /* the mistake that was last logged; "" if none stands */
};

static void take_stamps(struct hn_signatures *s)
{
	for (size_t i = 0; i < s->files->n; i++)
		hn_filestamp_take(s->files->items[i], &s->stamps[i]);
}

static bool unchanged(const struct hn_signatures *s)
{
	struct hn_filestamp now;

	for (size_t i = 0; i < s->files->n; i++) {
		hn_filestamp_take(s->files->items[i], &now);
		if (!hn_filestamp_same(&s->stamps[i], &now))
			return false;
	}
	return true;
}

/* The stamps first: what is written while the files are read is seen as a change. */
static int read_files(struct hn_signatures *s, struct hn_catalogue **ret, struct hn_reason *reason)
{
	take_stamps(s);
	return hn_catalogue_new((const char *const *)s->files->items, s->files->n, ret, reason);
}

int hn_signatures_new(const struct hn_strings *files, struct hn_signatures **ret, struct hn_reason *reason)
{
	_cleanup_(hn_signatures_cleanup) struct hn_signatures *s = calloc(1, sizeof(*s));
	int r;

	if (!s || !(s->stamps = calloc(files->n + 1, sizeof(*s->stamps))))
		return hn_reason_set(reason, -ENOMEM, "no memory");
	s->files = files;
	r = read_files(s, &s->catalogue, reason);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

void hn_signatures_free(struct hn_signatures *s)
{
	if (!s)
		return;
	hn_catalogue_free(s->catalogue);
	free(s->stamps);
	free(s);
}

const struct hn_catalogue *hn_signatures_catalogue(const struct hn_signatures *s)
{
	return s->catalogue;
}

void hn_signatures_refresh(struct hn_signatures *s, struct hn_mono now,
			   void (*use)(const struct hn_catalogue *catalogue, void *arg), void *arg)
{
	struct hn_catalogue *fresh = NULL;
	struct hn_reason reason;

	if (s->files->n == 0 || now.ns - s->looked.ns < LOOK_NS)
		return;
	s->looked = now;
	if (unchanged(s))
		return;
	if (read_files(s, &fresh, &reason) < 0) {
		if (strcmp(s->said, reason.text) != 0)
			hn_warning("%s; the signatures that were read before stay in use", reason.text);
		(void)hn_strcpy(s->said, sizeof(s->said), reason.text);
		return;
	}
	if (s->said[0])
		hn_info("the signatures can be read again");
	s->said[0] = '\0';
	use(fresh, arg);
	hn_catalogue_free(s->catalogue);
	s->catalogue = fresh;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Who is woken by what a sink says hears of one thing's coming at most once a minute, and of its going too. What comes in between
 * is held, replaced by what comes after it, and told when its minute is over, if it still holds then. The first word is never
 * held, and nothing is lost: where there is no room to hold, it is told at once. Pure: time is an argument. */
#ifndef HN_SINK_DAMPER_H
#define HN_SINK_DAMPER_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/finding.h"
#include "hostnetd/time.h"

#define HN_DAMPER_NS (60 * HN_NSEC_PER_SEC)
#define HN_DAMPER_NEVER INT64_MAX

enum hn_damper_kind {
	HN_DAMPER_CAME,
	HN_DAMPER_EXCEPTED, /* came, or stays, and a rule covers it */
	HN_DAMPER_WENT,
	HN_DAMPER_CHANGED, /* neither */
	HN_DAMPER_KIND_MAX,
};

enum hn_damper_word { HN_DAMPER_TELL, HN_DAMPER_HOLD };

struct hn_damper;

/* Holds at most so many bytes, and knows at most so many keys. NULL: no memory. */
struct hn_damper *hn_damper_new(size_t max_keys, size_t max_bytes);
void hn_damper_free(struct hn_damper *d);
HN_DEFINE_CLEANUP(struct hn_damper, hn_damper_free, hn_damper_cleanup)

/* May it be told now? HOLD: give its text to hn_damper_keep(), worded as *ret_as: what is held may be a coming that is not told
 * yet, or a coming and going that comes to a change. */
enum hn_damper_word hn_damper_ask(struct hn_damper *d, const char *key, enum hn_damper_kind kind,
				  struct hn_mono now, enum hn_damper_kind *ret_as);
/* False: no room, tell it now. */
bool hn_damper_keep(struct hn_damper *d, const char *key, const char *text, size_t n);
/* When the next held one is due; NEVER: nothing is held. */
int64_t hn_damper_next(const struct hn_damper *d);
/* One that is due, as told now; the caller frees it. NULL: none is. */
char *hn_damper_take(struct hn_damper *d, struct hn_mono now);
size_t hn_damper_held(const struct hn_damper *d);

/* The kind of a finding's change. */
enum hn_damper_kind hn_damper_kind_of(const struct hn_change *change);
/* The type that a change of this kind is told as. */
enum hn_change_type hn_damper_type(enum hn_damper_kind as);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What the admission policy is made of, and what it would say of an object. One table feeds both the policy that
 * hn_report_policy() writes and the claim that something would have been stopped, so that neither says what the other does
 * not. Pure. */
#ifndef HOSTNETD_ADMISSION_H
#define HOSTNETD_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/ai.h"
#include "hostnetd/asset.h"
#include "hostnetd/exception.h"
#include "hostnetd/macro.h"
#include "hostnetd/time.h"

/* Would the policy have stopped it? Why, or why not. */
enum hn_admission {
	HN_ADMISSION_UNKNOWN,  /* of its pod nobody knew yet what it declares */
	HN_ADMISSION_UNSEEN,   /* it declares the host network, but what else is not among the objects */
	HN_ADMISSION_DENIES,   /* hostNetwork: true and a sign that the policy carries stand in what is declared */
	HN_ADMISSION_EXCEPTED, /* an exception in the policy lets it in */
	HN_ADMISSION_WEAK,     /* no sign that the policy carries is in what is declared */
	HN_ADMISSION_KIND,     /* objects of its kind are none that the policy looks at */
	HN_ADMISSION_STATIC,   /* a static pod: the kubelet starts it from a file */
	HN_ADMISSION_RUNTIME,  /* what it declares is allowed: it took the host network later */
	HN_ADMISSION_UNMANAGED, /* never came by the API server */
	HN_ADMISSION_MAX,
};
const char *hn_admission_text(enum hn_admission a); /* a sentence's end for a person */
bool hn_admission_known(enum hn_admission a);       /* false: neither yes nor no can be said */

/* Which updates are judged as new objects are. */
enum hn_admission_update {
	HN_UPDATE_PASSES,    /* its network cannot change, or that makes nothing run */
	HN_UPDATE_OF_IMAGES, /* a pod's network cannot change, what it runs can */
	HN_UPDATE_IS_JUDGED,
};

/* Objects that the policy looks at. */
struct hn_admission_kind {
	const char *group, *kind, *resource;
	const char *path; /* of its pod template; "" for a pod */
	enum hn_admission_update update;
};
extern const struct hn_admission_kind hn_admission_kinds[];
extern const size_t hn_admission_n_kinds;

/* How a pattern stands in the text that is looked at: as a regular expression, and the same for us. */
struct hn_admission_form {
	const char *before, *star, *after; /* around the alternation of patterns; what their '*' is */
	bool after_slash;                  /* `before`: it may begin behind a '/' */
	const char *not_before;            /* bytes that may not stand in front of where it begins */
	const char *not_star;              /* bytes that the star does not take */
	const char *below, *not_below;     /* the same of a star that is all behind a last '/'; NULL: as any */
	bool star_some;                    /* it takes one at least */
	enum { HN_AFTER_NOTHING, HN_AFTER_TAG, HN_AFTER_DOT, HN_AFTER_VALUE } ends; /* `after` */
};

enum hn_admission_sign {
	HN_SIGN_IMAGE,       /* of a container */
	HN_SIGN_PROGRAM,     /* what command and arguments start; arguments alone: if it is a path */
	HN_SIGN_COMMAND,     /* the program and the word behind it */
	HN_SIGN_MODULE,      /* of "python -m MODULE", with one more option before it at most */
	HN_SIGN_ENVIRONMENT, /* a variable's name */
	HN_SIGN_LABEL,       /* key=value of the pod's labels */
	HN_SIGN_MAX,
};
#define HN_SIGN_TEXT_MAX \
	256 /* characters of a word of a command: a shell's script would cost the API server too much */
const struct hn_admission_form *hn_admission_sign_form(enum hn_admission_sign sign);
bool hn_admission_star_is_below(const char *pattern, const char *star); /* see `below` */
extern const struct hn_admission_form hn_admission_glob;                /* of an exception: the whole text */

struct hn_admission_patterns {
	size_t n, cap;
	char **items;
};

struct hn_admission_policy {
	size_t n_signatures;
	/* Any of one is enough. Variables and labels, which say who a pod speaks to as well as what it is, count only where no
	 * container's image or program is one of `others`. */
	struct hn_admission_patterns signs[HN_SIGN_MAX];
	struct hn_admission_patterns others[HN_SIGN_PROGRAM + 1]; /* what the catalogue knows to be no AI */
	struct hn_admission_patterns not_ai;                      /* images that HN_SIGN_IMAGE does not count */
	const struct hn_exceptions *exceptions;                   /* borrowed; NULL: none */
	struct hn_wall now;
};

/* The catalogue's strong signs, as far as CEL can say them. -ENOMEM with a reason. */
_must_check_ int hn_admission_policy_new(const struct hn_catalogue *c, const struct hn_exceptions *exceptions,
					 struct hn_wall now, struct hn_admission_policy **ret,
					 struct hn_reason *reason);
void hn_admission_policy_free(struct hn_admission_policy *p);
HN_DEFINE_CLEANUP(struct hn_admission_policy, hn_admission_policy_free, hn_admission_policy_cleanup)

/* Is the rule in the policy? Not one that has ended, or that CEL cannot say. CEL tells no category and no product: a rule that
 * names one admits all AI that its other keys name, where these are a namespace and a workload's name, an image or a
 * label; else it is left out. Nor one all of whose workloads make their pods through a further controller, which alone a
 * pod names. */
bool hn_admission_has_rule(const struct hn_exception *e, struct hn_wall now);
/* The first kind that it names, or may mean by a wildcard or by naming none, of whose pods the policy denies all, or some, all
 * the same; NULL: none. */
const char *hn_admission_unreached(const struct hn_exception *e);
/* Does the rule mean objects of this kind, whatever their name? */
bool hn_admission_names_kind(const struct hn_exception_workload *w, const char *group, const char *kind);

/* The object as it would be created now. DENIES, EXCEPTED, WEAK or KIND. */
enum hn_admission hn_admission_judge(const struct hn_admission_policy *p, const struct hn_asset *asset);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns as RE2 reads the regular expressions that are made of them: by characters, and '.' is none of a new line. */
#include "admission_form.h"

#include <string.h>

/* A star of an image is a part of one segment, as the catalogue means it; a/STAR is all below a. */
static const struct hn_admission_form forms[HN_SIGN_MAX] = {
	[HN_SIGN_IMAGE] = {"(^|/)", "[^:@/]+", "(:[^/@]*)?(@.*)?$", true, "", ":@/", "[^:@]+", ":@", true,
			   HN_AFTER_TAG},
	[HN_SIGN_PROGRAM] = {"(^|/)", "[^ /]+", "$", true, "", " /", NULL, NULL, true, HN_AFTER_NOTHING},
	[HN_SIGN_COMMAND] = {"^([^ ]*/)?", "[^ /]+", "$", true, " ", " /", NULL, NULL, true, HN_AFTER_NOTHING},
	[HN_SIGN_MODULE] = {"^", "[^ ]+", "([.].*)?$", false, "", " ", NULL, NULL, true, HN_AFTER_DOT},
	[HN_SIGN_ENVIRONMENT] = {"^", "[^ ]+", "$", false, "", " ", NULL, NULL, true, HN_AFTER_NOTHING},
	[HN_SIGN_LABEL] = {"^", "[^ ]+", "(=.*)?$", false, "", " ", NULL, NULL, true, HN_AFTER_VALUE},
};
const struct hn_admission_form hn_admission_glob = {"^",  ".*", "$",  false, "",
						    "\n", NULL, NULL, false, HN_AFTER_NOTHING};

bool hn_admission_star_is_below(const char *pattern, const char *star)
{
	return star > pattern && star[-1] == '/' && star[1] == '\0';
}

const struct hn_admission_form *hn_admission_sign_form(enum hn_admission_sign sign)
{
	return &forms[sign];
}

/* All that it is held against is ASCII; of the rest YAML 1.1 takes some for the end of a line (U+0085, U+2028, U+2029), and
 * what stood behind it for more YAML. */
bool hn_admission_sayable(const char *pattern)
{
	for (const char *p = pattern; *p; p++)
		if (strchr("'\\^[]", *p) || *p < ' ' || *p > '~')
			return false;
	return true;
}

/* One character's bytes. */
static size_t character(const char *at)
{
	size_t n = 1;

	while (((unsigned char)at[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static bool any_to_the_end(const char *rest)
{
	return !strchr(rest, '\n');
}

static bool ends(const struct hn_admission_form *form, const char *rest)
{
	if (!*rest)
		return true;
	switch (form->ends) {
	case HN_AFTER_NOTHING:
		return false;
	case HN_AFTER_TAG:
		if (*rest == ':')
			rest += 1 + strcspn(rest + 1, "/@");
		return !*rest || (*rest == '@' && any_to_the_end(rest));
	case HN_AFTER_DOT:
		return *rest == '.' && any_to_the_end(rest);
	case HN_AFTER_VALUE:
		return *rest == '=' && any_to_the_end(rest);
	}
	return false;
}

static bool takes(const char *refused, const char *at)
{
	return *at && !strchr(refused, *at);
}

/* Only the last star may have to take more: what stands before it has been found as early as can be. */
static bool fits_here(const struct hn_admission_form *form, const char *pattern, const char *text)
{
	const char *whole = pattern, *star = NULL, *resume = NULL, *refused = form->not_star;

	for (;;) {
		if (!*pattern && ends(form, text))
			return true;
		if (*pattern == '*' && form->below && hn_admission_star_is_below(whole, pattern))
			refused = form->not_below;
		if (*pattern == '*' && (!form->star_some || takes(refused, text))) {
			star = ++pattern;
			text += form->star_some ? character(text) : 0;
			resume = text;
		} else if (*pattern == '?' && *text && *text != '\n') {
			pattern++;
			text += character(text);
		} else if (*pattern && *pattern != '*' && *pattern != '?' && *pattern == *text) {
			pattern++;
			text++;
		} else if (star && takes(star[0] ? form->not_star : refused, resume)) {
			pattern = star;
			text = resume += character(resume);
		} else {
			return false;
		}
	}
}

bool hn_admission_fits(const struct hn_admission_form *form, const char *pattern, const char *text)
{
	if (fits_here(form, pattern, text))
		return true;
	for (const char *p = text; form->after_slash && *p && !strchr(form->not_before, *p); p++)
		if (*p == '/' && fits_here(form, pattern, p + 1))
			return true;
	return false;
}

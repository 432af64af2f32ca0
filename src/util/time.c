/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks and times as text. */
#include "hostnetd/time.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "hostnetd/macro.h"

static int64_t read_clock(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts) < 0)
		return 0;
	return ts.tv_sec * HN_NSEC_PER_SEC + ts.tv_nsec;
}

struct hn_wall hn_wall_now(void)
{
	return (struct hn_wall){read_clock(CLOCK_REALTIME)};
}

struct hn_mono hn_mono_now(void)
{
	return (struct hn_mono){read_clock(CLOCK_BOOTTIME)};
}

bool hn_wall_known(struct hn_wall t)
{
	return t.ns != 0;
}

const char *hn_wall_format(struct hn_wall t, char buf[static HN_TIME_TEXT])
{
	int64_t seconds = t.ns / HN_NSEC_PER_SEC, rest = t.ns % HN_NSEC_PER_SEC;
	time_t whole;
	struct tm tm;

	if (rest < 0) {
		seconds--;
		rest += HN_NSEC_PER_SEC;
	}
	whole = seconds;
	gmtime_r(&whole, &tm); /* int64_t nanoseconds end in the year 2262: cannot fail */
	snprintf(buf, HN_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ", (unsigned)(tm.tm_year + 1900) % 10000,
		 (unsigned)(tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100,
		 (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100, (unsigned)(rest / 1000) % 1000000);
	return buf;
}

/* Reads a text by a form: 0 is a digit of the next number, anything else itself. False: it has another form. */
static bool read_form(const char *text, const char *form, int numbers[])
{
	int *number = numbers - 1;

	for (size_t i = 0; form[i]; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';

		if (form[i] != '0') {
			if (text[i] != form[i])
				return false;
			continue;
		}
		if (!digit)
			return false;
		if (i == 0 || form[i - 1] != '0')
			*++number = 0;
		*number = *number * 10 + (text[i] - '0');
	}
	return true;
}

/* "Z", "+02:00": seconds east of UTC. */
static int parse_offset(const char *text, int64_t *ret)
{
	int numbers[2];

	*ret = 0;
	if (strcasecmp(text, "Z") == 0)
		return 0;
	if (strspn(text, "+-") != 1 || strlen(text) != 6 || !read_form(text + 1, "00:00", numbers) ||
	    numbers[0] > 23 || numbers[1] > 59)
		return -EINVAL;
	*ret = (text[0] == '-' ? -1 : 1) * (int64_t)(numbers[0] * 3600 + numbers[1] * 60);
	return 0;
}

int hn_wall_parse(const char *text, struct hn_wall *ret)
{
	static const char *const forms[] = {"0000-00-00T00:00:00", "0000-00-00t00:00:00", "0000-00-00 00:00:00"};
	int64_t fraction = 0, unit = HN_NSEC_PER_SEC, offset;
	const char *rest = text + strlen(forms[0]);
	struct tm tm, same;
	time_t seconds;
	int n[6];

	if (!read_form(text, forms[0], n) && !read_form(text, forms[1], n) && !read_form(text, forms[2], n))
		return -EINVAL;
	if (n[0] < 1970 || n[0] > 2199 || n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > 31 || n[3] > 23 ||
	    n[4] > 59 || n[5] > 60)
		return -EINVAL;
	if (*rest == '.') {
		if (rest[1] < '0' || rest[1] > '9')
			return -EINVAL;
		while (*++rest >= '0' && *rest <= '9') {
			unit /= 10;
			fraction += unit * (*rest - '0');
		}
	}
	if (parse_offset(rest, &offset) < 0)
		return -EINVAL;
	tm = (struct tm){
		.tm_year = n[0] - 1900,
		.tm_mon = n[1] - 1,
		.tm_mday = n[2],
		.tm_hour = n[3],
		.tm_min = n[4],
		.tm_sec = n[5],
	};
	/* The 31st of February would become a day of March; a leap second may become the next day's first. */
	same = tm;
	same.tm_sec = 0;
	timegm(&same);
	if (same.tm_mday != tm.tm_mday)
		return -EINVAL;
	seconds = timegm(&tm);
	ret->ns = (seconds - offset) * HN_NSEC_PER_SEC + fraction;
	if (!hn_wall_known(*ret))
		ret->ns = 1;
	return 0;
}

const char *hn_age_format(int64_t ns, char buf[static HN_TIME_TEXT])
{
	int64_t seconds = ns > 0 ? ns / HN_NSEC_PER_SEC : 0, minutes = seconds / 60, hours = minutes / 60;

	if (seconds < 60)
		snprintf(buf, HN_TIME_TEXT, "%" PRId64 "s", seconds);
	else if (minutes < 60)
		snprintf(buf, HN_TIME_TEXT, "%" PRId64 "m", minutes);
	else if (hours < 24 && minutes % 60 != 0)
		snprintf(buf, HN_TIME_TEXT, "%" PRId64 "h%" PRId64 "m", hours, minutes % 60);
	else if (hours < 24)
		snprintf(buf, HN_TIME_TEXT, "%" PRId64 "h", hours);
	else
		snprintf(buf, HN_TIME_TEXT, "%" PRId64 "d", hours / 24);
	return buf;
}

static const struct unit {
	const char *name;
	int64_t ns;
} units[] = {
	{"ms", HN_NSEC_PER_MSEC},      {"s", HN_NSEC_PER_SEC},         {"m", 60 * HN_NSEC_PER_SEC},
	{"h", 3600 * HN_NSEC_PER_SEC}, {"d", 86400 * HN_NSEC_PER_SEC},
};

#define LONGEST_NS (3653LL * 86400 * HN_NSEC_PER_SEC)

static const struct unit *find_unit(const char *name, size_t n)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == n && memcmp(units[i].name, name, n) == 0)
			return &units[i];
	return NULL;
}

int hn_duration_parse(const char *text, int64_t *ret_ns)
{
	const char *p = text;
	int64_t total = 0, last = INT64_MAX;

	if (*p == '\0')
		return -EINVAL;
	while (*p != '\0') {
		int64_t number = 0;
		size_t n = strspn(p, "0123456789");
		const struct unit *unit;

		if (n == 0 || n > 18)
			return -EINVAL;
		for (size_t i = 0; i < n; i++)
			number = number * 10 + (p[i] - '0');
		p += n;
		n = strspn(p, "abcdefghijklmnopqrstuvwxyz");
		/* A bare number is seconds, but only alone: "1h30" could mean either. */
		unit = n == 0 && total == 0 && last == INT64_MAX && *p == '\0' ? find_unit("s", 1) :
										 find_unit(p, n);
		if (!unit || unit->ns >= last || number > LONGEST_NS / unit->ns)
			return -EINVAL;
		last = unit->ns;
		total += number * unit->ns;
		if (total > LONGEST_NS)
			return -EINVAL;
		p += n;
	}
	*ret_ns = total;
	return 0;
}

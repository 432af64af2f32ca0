// SPDX-License-Identifier: Apache-2.0
#include "audit_runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/fleet.h"
#include "hostnetd/log.h"
#include "hostnetd/str.h"

#define TOLD_NS (60 * HN_NSEC_PER_SEC)
#define CLUSTER "cluster" /* instead of an URL: the report objects of all agents */

static int read_all(int fd, struct hn_str *ret)
{
	char slice[65536];
	ssize_t n;

	while ((n = read(fd, slice, sizeof(slice))) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			hn_str_append(ret, slice, (size_t)n);
		if (ret->failed)
			return -ENOMEM;
		if (ret->len > HN_OBSERVED_BYTES)
			return -EFBIG;
	}
	return 0;
}

static int read_file(struct hn_observations *o, const char *path, struct hn_observed_age *age,
		     struct hn_reason *ret_gap, struct hn_reason *reason)
{
	bool standard = strcmp(path, "-") == 0;
	_cleanup_(hn_str_done) struct hn_str bytes = {0};
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r = fd < 0 ? -errno : read_all(fd, &bytes);

	if (fd >= 0 && !standard)
		close(fd);
	if (r < 0)
		return hn_reason_set(reason, r, "--findings %.300s: %s", path, strerror(-r));
	return hn_observations_read(o, standard ? "standard input" : path, hn_str_get(&bytes), bytes.len, age,
				    ret_gap, reason);
}

/* Even what is new enough may be from before the last change. */
static void tell_age(const char *path, const struct hn_observed_age *age)
{
	int64_t old = age->now.ns - age->oldest.ns;
	char text[HN_TIME_TEXT];

	if (hn_wall_known(age->oldest) && old >= TOLD_NS)
		hn_info("--findings %s: what it says is %s old", path, hn_age_format(old, text));
}

static int check(const struct hn_settings *s, struct hn_reason *reason)
{
	size_t standard = 0;

	for (size_t i = 0; i < s->files.n; i++)
		standard += strcmp(s->files.items[i], "-") == 0;
	for (size_t i = 0; i < s->findings.n; i++)
		standard += strcmp(s->findings.items[i], "-") == 0;
	if (standard > 1)
		return hn_reason_set(reason, -EINVAL, "standard input (-) can be read once only");
	if (s->selector && (s->findings.n || s->with_runtime.n))
		return hn_reason_set(
			reason, -EINVAL,
			"--selector cannot be with --findings or --with-runtime: what an agent saw has no "
			"labels; --namespace can");
	return 0;
}

static int add_gap(void *arg, const char *what, const char *why, struct hn_reason *reason)
{
	return hn_audit_gap(arg, what, why, reason);
}

/* An API server that is not even known is an error, as it is for the six lists. */
static int read_cluster(const struct hn_settings *s, struct hn_audit *audit, struct hn_observations *o,
			struct hn_reason *reason)
{
	const struct hn_fleet_settings fleet = {.name = CLUSTER,
						.now = audit->now,
						.max_age_ns = s->runtime_max_age,
						.gap = add_gap,
						.arg = audit};
	_cleanup_(hn_apiserver_cleanup) struct hn_apiserver *api = NULL;
	struct hn_apiserver_settings settings;
	int r;

	hn_settings_apiserver(s, &settings);
	r = hn_apiserver_open(&settings, &api, reason);
	if (r < 0)
		return hn_reason_wrap(reason, r, "--with-runtime " CLUSTER);
	if (s->files.n > 0 && hn_apiserver_warning(api))
		hn_warning("%s", hn_apiserver_warning(api)); /* else it is said with the lists */
	return hn_fleet_read(api, &fleet, o, reason);
}

static int ask(const struct hn_settings *s, struct hn_audit *audit, const char *url, struct hn_observations *o,
	       struct hn_reason *reason)
{
	const struct hn_observed_settings agents = {.token_file = s->runtime_token_file,
						    .ca_file = s->runtime_ca_file,
						    .timeout_ns = s->request_timeout};
	struct hn_reason gap = {{0}};
	int r;

	if (strcmp(url, CLUSTER) == 0)
		return read_cluster(s, audit, o, reason);
	r = hn_observations_ask(o, url, &agents, &gap, reason);
	return r == 0 && gap.text[0] ? hn_audit_gap(audit, url, gap.text, reason) : r;
}

int hn_audit_runtime(const struct hn_settings *s, struct hn_audit *audit, struct hn_observations **ret,
		     struct hn_reason *reason)
{
	_cleanup_(hn_observations_cleanup) struct hn_observations *o = NULL;
	struct hn_reason gap = {{0}};
	int r = check(s, reason);

	if (r < 0 || s->findings.n + s->with_runtime.n == 0)
		return r;
	o = hn_observations_new();
	if (!o)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	for (size_t i = 0; r == 0 && i < s->findings.n; i++) {
		struct hn_observed_age age = {.now = audit->now, .max_ns = s->runtime_max_age};

		r = read_file(o, s->findings.items[i], &age, &gap, reason);
		if (r == 0)
			tell_age(s->findings.items[i], &age);
		if (r == 0 && gap.text[0])
			r = hn_audit_gap(audit, s->findings.items[i], gap.text, reason);
	}
	for (size_t i = 0; r == 0 && i < s->with_runtime.n; i++)
		r = ask(s, audit, s->with_runtime.items[i], o, reason);
	if (r == 0)
		*ret = TAKE_PTR(o);
	return r;
}

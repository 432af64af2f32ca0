// SPDX-License-Identifier: Apache-2.0
// The kubelet shows a pod's controller only. Two controllers are made by a third and carry its name: the rows below
// cut it off. A controller that no row knows is the workload itself. A pod that names such a third one as its controller is
// taken for nobody's: else it would be covered by what was excepted for that one, and nothing in the cluster would own it.
#include "owner.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "hostnetd/str.h"

static const char *label(const struct hn_pod *pod, const char *key)
{
	for (size_t i = 0; i < pod->n_labels; i++) {
		if (strcmp(pod->labels[i].key, key) == 0)
			return pod->labels[i].value;
	}
	return "";
}

/* Length of the maker's name in NAME-HASH, where the pod's label says what the hash is; 0: the controller was not made
 * so. A ReplicaSet that a person made has no such label, or a name without it. */
static size_t cut_hash(const struct hn_pod *pod, const char *hash_label)
{
	const char *hash = label(pod, hash_label);
	size_t name_len = strlen(pod->controller.name);
	size_t hash_len = strlen(hash);

	if (hash_len == 0 || name_len < hash_len + 2 || !hn_ends_with(pod->controller.name, hash) ||
	    pod->controller.name[name_len - hash_len - 1] != '-')
		return 0;
	return name_len - hash_len - 1;
}

/* CronJobs name their Jobs NAME-TIME: minutes since the epoch (8 digits, since the controller of Kubernetes 1.21) or
 * seconds (10 digits, before). Schedules have whole minutes, so seconds are a multiple of 60, and `date +%s` in a name
 * that a person chose mostly is not. Minutes start in 2020, which keeps dates such as 20260131 out up to 2629. */
#define CRONJOB_NAME_MAX 52
#define MINUTES_FIRST 26297280U
#define SECONDS_FIRST 1400000000U

static bool is_schedule(const char *digits, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(digits[i] - '0');
	}
	if (n == 8)
		return value >= MINUTES_FIRST;
	return n == 10 && value >= SECONDS_FIRST && value % 60 == 0;
}

static size_t cut_schedule(const struct hn_pod *pod, const char *unused _unused_)
{
	/* The Job's own labels on the pod must agree with the name, else it is not the Job controller's work. */
	static const char *const name_labels[] = {"job-name", "batch.kubernetes.io/job-name"};
	const char *name = pod->controller.name;
	const char *dash = strrchr(name, '-');
	size_t length;

	for (size_t i = 0; i < HN_ARRAY_SIZE(name_labels); i++) {
		const char *said = label(pod, name_labels[i]);

		if (said[0] && strcmp(said, name) != 0)
			return 0;
	}
	if (!dash)
		return 0;
	length = (size_t)(dash - name);
	if (length == 0 || length > CRONJOB_NAME_MAX || strlen(dash + 1) > 10 ||
	    !is_schedule(dash + 1, strlen(dash + 1)))
		return 0;
	return length;
}

static const struct rule {
	const char *group; /* of the controller; "" is the core group */
	const char *kind;
	size_t (*cut)(const struct hn_pod *pod, const char *hash_label); /* NULL: the pod itself is the workload */
	const char *hash_label;
	struct hn_owner workload; /* apart from its name */
} rules[] = {
	{"apps", "ReplicaSet", cut_hash, "pod-template-hash", {"apps/v1", "Deployment", ""}},
	{"apps", "ReplicaSet", cut_hash, "rollouts-pod-template-hash", {"argoproj.io/v1alpha1", "Rollout", ""}},
	{"batch", "Job", cut_schedule, NULL, {"batch/v1", "CronJob", ""}},
	{"", "Node", NULL, NULL, {NULL, NULL, NULL}}, /* the mirror of a static pod */
};

const char *hn_owner_group(const char *api_version, size_t *ret_len)
{
	static const char moved[] = "extensions";
	const char *slash = strchr(api_version, '/');
	size_t n = slash ? (size_t)(slash - api_version) : 0;

	/* Owners named before 1.16 keep the group that they were made in. */
	if (n == strlen(moved) && memcmp(api_version, moved, n) == 0) {
		*ret_len = strlen("apps");
		return "apps";
	}
	*ret_len = n;
	return api_version;
}

bool hn_owner_in_group(const char *api_version, const char *group)
{
	size_t n;
	const char *of = hn_owner_group(api_version, &n);

	return n == strlen(group) && memcmp(of, group, n) == 0;
}

bool hn_owner_same_group(const char *api_version, const char *other_version)
{
	size_t n, m;
	const char *a = hn_owner_group(api_version, &n), *b = hn_owner_group(other_version, &m);

	return n == m && memcmp(a, b, n) == 0;
}

const struct hn_owner *hn_owner_indirect(size_t i)
{
	return i < HN_ARRAY_SIZE(rules) && rules[i].cut ? &rules[i].workload : NULL;
}

bool hn_owner_is_indirect(const struct hn_owner *owner)
{
	const struct hn_owner *one;

	for (size_t i = 0; (one = hn_owner_indirect(i)); i++)
		if (hn_owner_same_group(owner->api_version, one->api_version) &&
		    strcmp(owner->kind, one->kind) == 0)
			return true;
	return false;
}

void hn_owner_find(const struct hn_pod *pod, struct hn_workload *ret)
{
	const struct hn_owner *controller = &pod->controller;
	struct hn_workload found = {controller->api_version, controller->kind, controller->name, 0};
	bool itself = controller->kind[0] == '\0' || hn_owner_is_indirect(controller);

	found.name_len = strlen(found.name);
	for (size_t i = 0; !itself && i < HN_ARRAY_SIZE(rules); i++) {
		const struct rule *rule = &rules[i];
		size_t length;

		if (!hn_owner_in_group(controller->api_version, rule->group) ||
		    strcmp(controller->kind, rule->kind) != 0)
			continue;
		itself = !rule->cut;
		length = rule->cut ? rule->cut(pod, rule->hash_label) : 0;
		if (length > 0) {
			found = (struct hn_workload){rule->workload.api_version, rule->workload.kind,
						     controller->name, length};
			break;
		}
	}
	if (itself)
		found = (struct hn_workload){"v1", "Pod", pod->name, strlen(pod->name)};
	*ret = found;
}

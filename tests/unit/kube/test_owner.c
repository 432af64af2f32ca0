// SPDX-License-Identifier: Apache-2.0
// Each rule with what it matches and with near misses that differ in one thing.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../../src/kube/owner.h"

static const struct row {
	const char *api_version, *kind, *name; /* of the controller */
	const char *label, *value;
	const char *expect; /* API KIND NAME */
} rows[] = {
	{"", "", "", "app", "x", "v1 Pod the-pod"},
	{"v1", "Node", "n1", NULL, NULL, "v1 Pod the-pod"},
	{"example.org/v1", "Node", "n1", NULL, NULL, "example.org/v1 Node n1"},
	/* ReplicaSet */
	{"apps/v1", "ReplicaSet", "tgi-89df5769b", "pod-template-hash", "89df5769b", "apps/v1 Deployment tgi"},
	{"extensions/v1beta1", "ReplicaSet", "a-b-1234", "pod-template-hash", "1234", "apps/v1 Deployment a-b"},
	{"apps/v1", "ReplicaSet", "tgi-89df5769b", NULL, NULL, "apps/v1 ReplicaSet tgi-89df5769b"},
	{"apps/v1", "ReplicaSet", "tgi-89df5769b", "pod-template-hash", "", "apps/v1 ReplicaSet tgi-89df5769b"},
	{"apps/v1", "ReplicaSet", "tgi-89df5769b", "pod-template-hash", "89df5769c",
	 "apps/v1 ReplicaSet tgi-89df5769b"},
	{"apps/v1", "ReplicaSet", "tgi-89df5769b", "pod-template-hash", "df5769b",
	 "apps/v1 ReplicaSet tgi-89df5769b"},
	{"apps/v1", "ReplicaSet", "tgi-89df5769b", "controller-revision-hash", "89df5769b",
	 "apps/v1 ReplicaSet tgi-89df5769b"},
	{"apps/v1", "ReplicaSet", "-89df5769b", "pod-template-hash", "89df5769b", "apps/v1 ReplicaSet -89df5769b"},
	{"apps/v1", "ReplicaSet", "89df5769b", "pod-template-hash", "89df5769b", "apps/v1 ReplicaSet 89df5769b"},
	{"apps.example.org/v1", "ReplicaSet", "tgi-8", "pod-template-hash", "8",
	 "apps.example.org/v1 ReplicaSet tgi-8"},
	{"apps/v1", "ReplicaSet", "roll-5d8", "rollouts-pod-template-hash", "5d8",
	 "argoproj.io/v1alpha1 Rollout roll"},
	/* Job: minutes */
	{"batch/v1", "Job", "embed-29924482", "job-name", "embed-29924482", "batch/v1 CronJob embed"},
	{"batch/v1", "Job", "embed-29924482", "batch.kubernetes.io/job-name", "embed-29924482",
	 "batch/v1 CronJob embed"},
	{"batch/v1", "Job", "embed-29924482", NULL, NULL, "batch/v1 CronJob embed"},
	{"batch/v1beta1", "Job", "a-b-c-26297280", NULL, NULL, "batch/v1 CronJob a-b-c"},
	{"batch/v1", "Job", "embed-29924482", "job-name", "other", "batch/v1 Job embed-29924482"},
	{"batch/v1", "Job", "embed-2992448", NULL, NULL, "batch/v1 Job embed-2992448"},
	{"batch/v1", "Job", "embed-299244821", NULL, NULL, "batch/v1 Job embed-299244821"},
	{"batch/v1", "Job", "embed-2992448a", NULL, NULL, "batch/v1 Job embed-2992448a"},
	{"batch/v1", "Job", "embed-20261123", NULL, NULL, "batch/v1 Job embed-20261123"},
	{"batch/v1", "Job", "embed29924482", NULL, NULL, "batch/v1 Job embed29924482"},
	{"batch/v1", "Job", "-29924482", NULL, NULL, "batch/v1 Job -29924482"},
	{"batch/v1", "Job", "train-2", NULL, NULL, "batch/v1 Job train-2"},
	{"batch/v1", "Job", "train-", NULL, NULL, "batch/v1 Job train-"},
	{"batch.volcano.sh/v1alpha1", "Job", "train-29924482", NULL, NULL,
	 "batch.volcano.sh/v1alpha1 Job train-29924482"},
	{"batch/v1", "Job", "a12345678901234567890123456789012345678901234567890z-29924482", NULL, NULL,
	 "batch/v1 CronJob a12345678901234567890123456789012345678901234567890z"},
	{"batch/v1", "Job", "ab12345678901234567890123456789012345678901234567890z-29924482", NULL, NULL,
	 "batch/v1 Job ab12345678901234567890123456789012345678901234567890z-29924482"},
	/* Job: seconds, before Kubernetes 1.21 */
	{"batch/v1", "Job", "embed-1795468920", NULL, NULL, "batch/v1 CronJob embed"},
	{"batch/v1", "Job", "embed-1795468921", NULL, NULL, "batch/v1 Job embed-1795468921"},
	{"batch/v1", "Job", "embed-0000000060", NULL, NULL, "batch/v1 Job embed-0000000060"},
	{"batch/v1", "Job", "embed-17954689200", NULL, NULL, "batch/v1 Job embed-17954689200"},
	/* what Kubernetes does not do: these own their pods through another one */
	{"apps/v1", "Deployment", "tgi", "pod-template-hash", "8", "v1 Pod the-pod"},
	{"extensions/v1beta1", "Deployment", "tgi", NULL, NULL, "v1 Pod the-pod"},
	{"batch/v1", "CronJob", "embed", NULL, NULL, "v1 Pod the-pod"},
	{"argoproj.io/v1alpha1", "Rollout", "roll", NULL, NULL, "v1 Pod the-pod"},
	{"evil.example.org/v1", "Deployment", "tgi", NULL, NULL, "evil.example.org/v1 Deployment tgi"},
	{"batch.volcano.sh/v1alpha1", "CronJob", "embed", NULL, NULL, "batch.volcano.sh/v1alpha1 CronJob embed"},
	/* any other by its own kind */
	{"apps/v1", "StatefulSet", "vllm-29924482", NULL, NULL, "apps/v1 StatefulSet vllm-29924482"},
	{"apps/v1", "DaemonSet", "ne-8f6bd79f7", "pod-template-hash", "8f6bd79f7",
	 "apps/v1 DaemonSet ne-8f6bd79f7"},
	{"ray.io/v1", "RayCluster", "rc", NULL, NULL, "ray.io/v1 RayCluster rc"},
	{"v1", "ReplicationController", "rc-1", "pod-template-hash", "1", "v1 ReplicationController rc-1"},
};

static void table(void **state _unused_)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		const struct hn_pair labels[] = {{"app", "x"}, {row->label, row->value}};
		const struct hn_pod pod = {
			.uid = "u",
			.ns = "ns",
			.name = "the-pod",
			.controller = {row->api_version, row->kind, row->name},
			.labels = labels,
			.n_labels = row->label ? 2 : 1,
		};
		struct hn_workload got;
		char text[256];

		hn_owner_find(&pod, &got);
		snprintf(text, sizeof(text), "%s %s %.*s", got.api_version, got.kind, (int)got.name_len, got.name);
		if (strcmp(text, row->expect) != 0)
			fail_msg("row %zu, %s %s: %s, not %s", i, row->kind, row->name, text, row->expect);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

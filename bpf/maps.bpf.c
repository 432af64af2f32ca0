// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The definitions of what common.bpf.h declares. It is linked first: libbpf 1.1's linker keeps the offset 0 of a map
 * whose extern declaration it met before the definition, and the object cannot be opened then. */
#include "contact.bpf.h"

struct hn_host host;
struct ring_map ring SEC(".maps");
struct counters_map counters SEC(".maps");
const volatile bool marks_by_key;
struct marks_map marks SEC(".maps");
struct marks_keyed_map marks_keyed SEC(".maps");
struct cgroups_map cgroups SEC(".maps");
struct homes_map homes SEC(".maps");
struct watches_map watches SEC(".maps");
struct contacts_map contacts SEC(".maps");
struct quotas_map quotas SEC(".maps");
struct host_mntns_map host_mntns SEC(".maps");
struct container_mntns_map container_mntns SEC(".maps");
const char no_names[sizeof(struct hn_cgroup_names)] = {};

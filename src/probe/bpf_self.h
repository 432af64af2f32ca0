/* SPDX-License-Identifier: Apache-2.0 */
/* The BPF source from inside: bpf_load.c brings it up, bpf.c reads what it says. */
#ifndef HOSTNETD_BPF_SELF_H
#define HOSTNETD_BPF_SELF_H

#include <bpf/libbpf.h>

#include "hostnetd/str.h"

#include "bpf_handles.h"
#include "hooks.h"
#include "record.h"
#include "source.h"

struct bpf_source {
	struct hostnetd_bpf *skel;     /* while it is brought up */
	struct hn_bpf_handles handles; /* from then on */
	struct ring_buffer *ring;
	struct bpf_link *links[HN_HOOK_GROUP_MAX][HN_HOOK_PROGRAMS];
	const struct hn_hook *hooks[HN_HOOK_GROUP_MAX]; /* NULL: none could be attached, or it stayed silent */
	const char *mends[HN_HOOK_GROUP_MAX];           /* which right would give the group a hook; NULL: none */
	bool marks_by_key;                              /* 5.10: no task storage */
	bool no_vma_iterator;                           /* before 5.12 */
	struct hn_str description;
	uint64_t host_netns;
	const char *host_netns_source;
	uint64_t records, malformed, suppressed_seen;
	/* during drain and sweep */
	hn_sighting_callback *callback;
	void *arg;
	unsigned budget;
	int64_t offset_ns;
	struct hn_record_text text;
	unsigned char *buffer; /* READ_BYTES, for iterators */
};

/* Loads the embedded object, finds the host's namespaces, attaches the best hooks that this kernel allows. */
_must_check_ int hn_bpf_load(struct bpf_source *s, const struct hn_probe_settings *settings,
			     struct hn_reason *reason);
void hn_bpf_unload(struct bpf_source *s);

#endif

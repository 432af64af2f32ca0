// SPDX-License-Identifier: Apache-2.0
/* What the helper thread does besides writing, in small steps: whoever waits for a finding waits for no more than one. */
#include <errno.h>
#include <stdio.h>

#include "store.h"

#define HEARTBEAT_NS (10 * HN_NSEC_PER_SEC)
#define QUIET_NS (50 * HN_NSEC_PER_MSEC)
#define MISSING_NS (60 * HN_NSEC_PER_SEC) /* what was moved is waited for so long, if it cannot be made whole */
#define MEASURE_NS HN_NSEC_PER_SEC        /* between two looks at the file, where nothing is written */

int hn_helper_beat(struct hn_history *h, bool clean, struct hn_reason *reason)
{
	char sql[256];

	if (!h->settings.watches)
		return 0;
	if (!h->session) {
		h->session_started = hn_wall_now().ns;
		snprintf(sql, sizeof(sql),
			 "INSERT INTO sessions(started, heartbeat, clean) VALUES(%lld, %lld, %d)",
			 (long long)h->session_started, (long long)h->session_started, clean);
		if (hn_db_exec(h->db, sql, reason) < 0)
			return -EIO;
		return hn_db_integer(h->db, "SELECT max(id) FROM sessions", &h->session, reason);
	}
	snprintf(sql, sizeof(sql), "UPDATE sessions SET heartbeat = %lld, clean = %d WHERE id = %lld",
		 (long long)hn_wall_now().ns, clean, (long long)h->session);
	return hn_db_exec(h->db, sql, reason);
}

static void leave(struct hn_history *h)
{
	h->session = 0;
	h->reopen.ns = hn_mono_now().ns + HN_HISTORY_RETRY_NS;
	h->known = false; /* what is put in its place may have a past of its own */
	hn_helper_leave_behind(h);
}

bool hn_upkeep_in_place(struct hn_history *h)
{
	struct hn_reason reason = {""}, why = {""};
	int64_t file = 0, log = 0;
	bool holds = hn_place_holds(&h->place, &file, &log), enough;
	struct hn_mono now = hn_mono_now();
	int r;

	if (holds || !h->missing.ns)
		h->missing.ns = holds ? 0 : now.ns;
	pthread_mutex_lock(&h->lock);
	if (holds)
		h->stats.bytes = file + log;
	enough = h->stop || now.ns - h->missing.ns >= MISSING_NS;
	pthread_mutex_unlock(&h->lock);
	if (holds)
		return true;
	/* What was moved gets all that was written. As long as somebody reads it that cannot be. */
	r = hn_db_checkpoint(h->db, true, &why);
	hn_reason_set(&reason, -ENOENT, "it is not where it was: moved away, deleted or replaced, or its log was");
	if ((r == 0 || enough) && hn_helper_close(h))
		hn_reason_set(
			&reason, -ENOENT,
			"it is not where it was: moved away, deleted or replaced; its log, which could not be "
			"written back (%.100s), is %.200s-wal.left",
			why.text, h->stats.path);
	hn_helper_fail(h, NULL, 0, -ENOENT, &reason);
	if (!h->db)
		leave(h);
	return false;
}

void hn_upkeep(struct hn_history *h)
{
	struct hn_reason reason = {""};
	struct hn_mono now = hn_mono_now();
	bool beat = now.ns >= h->heartbeat.ns;
	int r = 0;

	if (beat || now.ns - h->measured.ns >= MEASURE_NS) {
		h->measured = now;
		if (!hn_upkeep_in_place(h))
			return;
		hn_space_look(&h->space, h->place.path);
	}
	/* The log takes room that may be had. */
	if (h->no_room) {
		h->no_room = false;
		r = hn_db_checkpoint(h->db, true, &reason);
		if (r == 0)
			h->retry.ns = now.ns + HN_NSEC_PER_SEC; /* not at once: the room may not do */
		else if (r == -EBUSY)
			r = 0;
	}
	if (r == 0 && beat) {
		h->heartbeat.ns = now.ns + HEARTBEAT_NS;
		h->prune = true;
		r = hn_helper_beat(h, false, &reason);
	}
	if (r == 0)
		r = hn_helper_tell_loss(h, &reason);
	if (r == 0 && h->prune) {
		r = hn_space_step(&h->space, h->db, hn_wall_now().ns - h->settings.max_age_ns, &reason);
		h->prune = r > 0;
		h->unpruned = 0;
	}
	if (r >= 0)
		r = hn_space_write_back(&h->space, h->db, now.ns - h->wrote.ns >= QUIET_NS, h->unsaved, &reason);
	if (r > 0) {
		h->unsaved = false;
		/* The first to write into a log that begins anew waits for the disk: let it be this one. */
		r = hn_helper_beat(h, false, &reason);
	}
	if (r < 0 && r != -EBUSY)
		hn_helper_fail(h, NULL, 0, r, &reason);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a process holds: the kernel side's record, and lines of /proc/PID/maps; names go on to the catalogue. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/ai.h"

#include "probe/held.h"

static struct hn_catalogue *catalogue;

static void check(const struct hn_held *held)
{
	const struct hn_process_view view = {.pid = held->pid, .exe = "", .held = held, .n_held = 1};
	struct hn_judgement j;
	size_t signature;
	double weight;

	assert(memchr(held->name, '\0', sizeof(held->name)));
	hn_ai_judge(catalogue, NULL, &view, 1, &j);
	assert(j.verdict != HN_AI || held->library); /* an accelerator alone is no AI */
	assert((j.n_evidence > 0) == hn_ai_knows_held(catalogue, held, &signature, &weight));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hn_held held = {.pid = 1};
	struct hn_held_record record;
	char *line;

	if (!catalogue) {
		struct hn_reason reason;

		if (hn_catalogue_new(NULL, 0, &catalogue, &reason) < 0)
			abort();
	}
	if (size == sizeof(record)) {
		memcpy(&record, data, size);
		if (hn_held_read(&record, &held) == 0)
			check(&held);
	}
	line = malloc(size + 1);
	if (!line)
		return 0;
	memcpy(line, data, size);
	line[size] = '\0';
	held = (struct hn_held){.pid = 1};
	if (hn_held_read_map(line, &held))
		check(&held);
	free(line);
	return 0;
}

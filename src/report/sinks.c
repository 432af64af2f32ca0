/* SPDX-License-Identifier: Apache-2.0 */
/* The table of sinks. A new one is its own file and a row here. */
#include "hostnetd/report.h"
#include "hostnetd/str.h"
#include "stream.h"

const struct hn_sink_ops *const hn_sinks[] = {&hn_sink_json, &hn_sink_table, NULL};

const struct hn_sink_ops *hn_sink_find(const char *name)
{
	for (size_t i = 0; hn_sinks[i]; i++)
		if (hn_streq(hn_sinks[i]->name, name))
			return hn_sinks[i];
	return NULL;
}

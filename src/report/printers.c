/* SPDX-License-Identifier: Apache-2.0 */
/* The table of printers: what `run` can put on standard output. A new one is its own file and a row here. */
#include "hostnetd/report.h"
#include "hostnetd/str.h"
#include "stream.h"

const struct hn_printer_ops *const hn_printers[] = {&hn_printer_json, &hn_printer_table, &hn_printer_ocsf, NULL};

const struct hn_printer_ops *hn_printer_find(const char *name)
{
	for (size_t i = 0; hn_printers[i]; i++)
		if (hn_streq(hn_printers[i]->name, name))
			return hn_printers[i];
	return NULL;
}

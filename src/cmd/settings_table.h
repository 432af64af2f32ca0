/* SPDX-License-Identifier: Apache-2.0 */
/* The table of options: one row each, for flags, environment, configuration file and --help. */
#ifndef HOSTNETD_SETTINGS_TABLE_H
#define HOSTNETD_SETTINGS_TABLE_H

#include "hostnetd/option.h"

extern const struct hn_option hn_setting_rows[];
extern const char *const hn_setting_report_objects[];
extern const char *const hn_setting_outputs[];     /* as enum hn_output */
extern const char *const hn_setting_netns_hooks[]; /* as hn_settings.netns_hook */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Takes a pod and its processes apart and notes what the catalogue knows of them. */
#ifndef AI_SIGNALS_H
#define AI_SIGNALS_H

#include "hits.h"

/* Labels, annotations, owners, runtime class. */
void hn_signals_pod(struct hn_hits *h, const struct hn_pod *pod);
/* Everything in one container's spec. */
void hn_signals_container(struct hn_hits *h, const struct hn_container *k);
void hn_signals_process(struct hn_hits *h, const struct hn_process_view *p);

#endif

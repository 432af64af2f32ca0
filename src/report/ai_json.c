/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where a verdict becomes JSON. */
#include "ai_json.h"

static void put_evidence(struct hn_json *j, const struct hn_evidence *e)
{
	hn_json_object(j);
	hn_json_kv_string(j, "signal", e->signal);
	hn_json_kv_string(j, "source", e->observed ? "observed" : "declared");
	hn_json_kv_opt(j, "path", e->path);
	hn_json_kv_opt(j, "value", e->value);
	hn_json_kv_fraction(j, "weight", e->weight);
	hn_json_kv_opt(j, "signature", e->signature);
	hn_json_object_end(j);
}

void hn_ai_json_members(struct hn_json *j, const struct hn_judgement *ai)
{
	hn_json_kv_string(j, "verdict", hn_verdict_name(ai->verdict));
	hn_json_kv_opt(j, "category", ai->category);
	hn_json_kv_opt(j, "product", ai->product);
	hn_json_kv_fraction(j, "score", ai->score);
	hn_json_key(j, "evidence");
	hn_json_array(j);
	for (size_t i = 0; i < ai->n_evidence; i++)
		put_evidence(j, &ai->evidence[i]);
	hn_json_array_end(j);
}

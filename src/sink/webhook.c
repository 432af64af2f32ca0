// SPDX-License-Identifier: Apache-2.0
/* POST of a batch of events, signed as the Standard Webhooks say: an id that stays the same when it is sent again, the time of the
 * try, and an HMAC-SHA256 over both and the body. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "address.h"
#include "feed.h"
#include "hmac.h"
#include "hostnetd/json.h"
#include "hostnetd/ocsf.h"
#include "key.h"

#define ID_BYTES 16

struct webhook {
	const struct hn_identity *who;
	struct hn_address address;
	struct hn_key key; /* no path: not signed */
	struct hn_feed *feed;
	bool ocsf;
	struct hn_ocsf_control control;
	char id[2 * ID_BYTES + 1]; /* of the batch under way */
	char time[24], signature[4 + HN_HMAC_BASE64];
	struct hn_https_header headers[3];
};

/* --- what is sent -------------------------------------------------------------------------------------------------- */

static void render(void *self, const struct hn_event *event, struct hn_str *out)
{
	struct webhook *w = self;

	if (!w->ocsf)
		hn_report_event_whole_json(w->who, event, out);
	else if (event->change)
		hn_report_ocsf_change(w->who, event->change, event->seq, out);
}

static void new_id(struct webhook *w)
{
	unsigned char bytes[ID_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		memcpy(bytes, &(int64_t[2]){hn_wall_now().ns, hn_mono_now().ns}, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(w->id + 2 * i, 3, "%02x", bytes[i]);
}

static void put_events(struct hn_json *j, const struct hn_feed_batch *batch)
{
	hn_json_array(j);
	for (const struct hn_record *one = batch->records; one; one = one->next)
		hn_json_raw(j, one->text);
	hn_json_array_end(j);
}

static void wrap(void *self, const struct hn_feed_batch *batch, struct hn_str *out)
{
	struct webhook *w = self;
	struct hn_json j;

	new_id(w);
	hn_json_init(&j, out);
	if (w->ocsf) {
		put_events(&j, batch);
		return;
	}
	hn_json_object(&j);
	hn_json_kv_string(&j, "schema", "hostnetd.webhook/v1");
	hn_json_kv_string(&j, "delivery", w->id);
	hn_json_kv_opt(&j, "agentVersion", w->who->agent_version);
	hn_json_kv_opt(&j, "cluster", w->who->cluster);
	hn_json_kv_opt(&j, "node", w->who->node);
	hn_json_kv_opt(&j, "bootId", w->who->boot_id);
	hn_json_kv_uint(&j, "dropped", batch->dropped);
	hn_json_key(&j, "events");
	put_events(&j, batch);
	hn_json_object_end(&j);
}

static int sign(struct webhook *w, const struct hn_parcel *parcel, struct hn_reason *reason)
{
	const struct hn_piece pieces[] = {
		{w->id, strlen(w->id)},
		{".", 1},
		{w->time, strlen(w->time)},
		{".", 1},
		{parcel->content, parcel->content_len},
	};
	unsigned char mac[HN_HMAC_BYTES];
	int r = hn_key_refresh(&w->key, reason);

	if (r < 0)
		return r;
	r = hn_hmac_sha256(w->key.bytes, w->key.n, pieces, HN_ARRAY_SIZE(pieces), mac);
	if (r < 0)
		return hn_reason_set(reason, r, "no signature could be made");
	memcpy(w->signature, "v1,", 3);
	hn_hmac_base64(mac, w->signature + 3);
	return 0;
}

static int address(void *self, struct hn_parcel *ret, struct hn_reason *reason)
{
	struct webhook *w = self;

	snprintf(w->time, sizeof(w->time), "%lld", (long long)(hn_wall_now().ns / HN_NSEC_PER_SEC));
	w->headers[0] = (struct hn_https_header){"webhook-id", w->id, false};
	w->headers[1] = (struct hn_https_header){"webhook-timestamp", w->time, false};
	w->headers[2] = (struct hn_https_header){"webhook-signature", w->signature, false};
	ret->path = w->address.target;
	ret->headers = w->headers;
	ret->n_headers = w->key.path ? 3 : 2;
	return w->key.path ? sign(w, ret, reason) : 0;
}

static enum hn_delivery judge(void *self _unused_, const struct hn_https_answer *answer, const char *body _unused_,
			      struct hn_reason *reason _unused_)
{
	return hn_delivery_of(answer);
}

static const struct hn_feed_ops feed_ops = {
	.damped = true,
	.render = render,
	.wrap = wrap,
	.address = address,
	.judge = judge,
};

/* --- the row ------------------------------------------------------------------------------------------------------- */

static bool wanted(const struct hn_sink_settings *s)
{
	return s->webhook_url != NULL;
}

static void webhook_free(void *self)
{
	struct webhook *w = self;

	if (!w)
		return;
	hn_feed_free(w->feed);
	hn_address_done(&w->address);
	hn_key_done(&w->key);
	free(w);
}

static int webhook_open(const struct hn_sink_parts *parts, void **ret_self, struct hn_reason *reason)
{
	const struct hn_sink_settings *s = parts->settings;
	struct hn_courier_settings courier;
	struct webhook *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	w->who = parts->who;
	w->key.path = s->webhook_secret_file;
	w->ocsf = s->webhook_ocsf;
	r = hn_address_open_whole(&w->address, s->webhook_url, "--webhook-url", s->webhook_ca_file, reason);
	if (r == 0 && w->key.path) {
		r = hn_key_refresh(&w->key, reason);
		if (r < 0)
			hn_reason_wrap(reason, r, "--webhook-secret-file");
	}
	if (r == 0) {
		courier = hn_address_courier(&w->address, parts);
		w->feed = hn_feed_new(&feed_ops, w, &courier);
		if (!w->feed)
			r = hn_reason_set(reason, -ENOMEM, "no memory");
	}
	if (r < 0) {
		webhook_free(w);
		return r;
	}
	*ret_self = w;
	return 0;
}

static void webhook_take(void *self, const struct hn_event *event)
{
	hn_feed_take(((struct webhook *)self)->feed, event);
}

static void webhook_control(void *self, const struct hn_health *health)
{
	struct webhook *w = self;
	_cleanup_(hn_str_done) struct hn_str text = {0};

	if (w->ocsf)
		hn_report_ocsf_control(health, &w->control, &text);
	else
		hn_report_control_json(health, &text);
	hn_feed_put(w->feed, HN_WEIGHT_FINDING, &text);
}

static void webhook_hurry(void *self)
{
	hn_feed_hurry(((struct webhook *)self)->feed);
}

static bool webhook_is_idle(const void *self)
{
	return hn_feed_is_idle(((const struct webhook *)self)->feed);
}

static void webhook_health(const void *self, struct hn_sink_health *ret)
{
	hn_feed_health(((const struct webhook *)self)->feed, ret);
}

/* A GET: a batch would wake somebody, and whoever takes a POST answers something. */
static int webhook_question(void *self, struct hn_courier_settings *ret_where, struct hn_parcel *ret,
			    struct hn_reason *reason _unused_)
{
	struct webhook *w = self;

	*ret_where = (struct hn_courier_settings){.url = &w->address.url, .tls = w->address.tls};
	ret->path = w->address.target;
	return 0;
}

const struct hn_sink_row hn_sink_webhook = {
	.name = "webhook",
	.wanted = wanted,
	.open = webhook_open,
	.take = webhook_take,
	.control = webhook_control,
	.hurry = webhook_hurry,
	.is_idle = webhook_is_idle,
	.health = webhook_health,
	.question = webhook_question,
	.free = webhook_free,
};

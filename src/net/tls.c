// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/filestamp.h"
#include "hostnetd/str.h"
#include "tls_load.h"

#define NAMES_SHOWN 8

struct hn_tls {
	struct hn_tls_settings settings;
	SSL_CTX *context; /* NULL: must be made */
	struct hn_filestamp stamps[3];
};

static void context_cleanup(SSL_CTX **context)
{
	SSL_CTX_free(*context);
}

static bool is_address(const char *name)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

/* --- the handshake --------------------------------------------------------------------------------------------- */

static void show_general_name(const GENERAL_NAME *name, struct hn_str *out)
{
	char text[INET6_ADDRSTRLEN];

	if (name->type == GEN_DNS || name->type == GEN_IPADD) {
		const ASN1_STRING *value = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
		const unsigned char *bytes = ASN1_STRING_get0_data(value);
		int n = ASN1_STRING_length(value);

		if (out->len > 0)
			hn_str_puts(out, ", ");
		if (name->type == GEN_DNS)
			hn_str_visible(out, (const char *)bytes, n > 0 ? (size_t)(n < 100 ? n : 100) : 0);
		else if ((n == 4 || n == 16) && inet_ntop(n == 4 ? AF_INET : AF_INET6, bytes, text, sizeof(text)))
			hn_str_puts(out, text);
	}
}

static void show_names(X509 *certificate, struct hn_tls_verdict *verdict)
{
	_cleanup_(hn_str_done) struct hn_str names = {0};
	GENERAL_NAMES *list = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	int count = list ? sk_GENERAL_NAME_num(list) : 0;

	for (int i = 0; i < count && i < NAMES_SHOWN; i++)
		show_general_name(sk_GENERAL_NAME_value(list, i), &names);
	if (count > NAMES_SHOWN)
		hn_str_puts(&names, ", ...");
	GENERAL_NAMES_free(list);
	hn_strcpy(verdict->names, sizeof(verdict->names), hn_str_get(&names));
}

static enum hn_tls_fault fault_of(int error)
{
	switch (error) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return HN_TLS_WRONG_NAME;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return HN_TLS_EXPIRED;
	default:
		return HN_TLS_NOT_TRUSTED;
	}
}

static int on_verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct hn_tls_verdict *verdict = SSL_get_app_data(ssl);
	X509 *leaf = X509_STORE_CTX_get0_cert(store);

	if (ok || !verdict || !leaf)
		return ok;
	verdict->fault = fault_of(X509_STORE_CTX_get_error(store));
	hn_strcpy(verdict->detail, sizeof(verdict->detail),
		  X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
	verdict->name_matches = is_address(verdict->name) ? X509_check_ip_asc(leaf, verdict->name, 0) == 1 :
							    X509_check_host(leaf, verdict->name, 0, 0, NULL) == 1;
	show_names(leaf, verdict);
	return 0;
}

static void on_info(const SSL *ssl, int where, int value)
{
	struct hn_tls_verdict *verdict = SSL_get_app_data(ssl);

	if (!verdict)
		return;
	if (where & SSL_CB_HANDSHAKE_DONE)
		verdict->handshake_done = true;
	/* With TLS 1.3 the server judges our certificate after our side of the handshake is done. */
	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL) {
		verdict->fault = HN_TLS_REFUSED;
		hn_strcpy(verdict->detail, sizeof(verdict->detail), SSL_alert_desc_string_long(value));
	}
}

static int make_context(struct hn_tls *t, struct hn_reason *reason)
{
	_cleanup_(context_cleanup) SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	int r;

	if (!context)
		return hn_reason_set(reason, -ENOMEM, "no memory for TLS");
	ERR_clear_error();
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_verify(context, t->settings.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
			   t->settings.insecure ? NULL : on_verify);
	SSL_CTX_set_info_callback(context, on_info);
	/* The node's own serving certificate may be given as CA although no CA signed it. */
	if (t->settings.ca_file || t->settings.ca_pem)
		X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
	r = hn_tls_load(&t->settings, context, reason);
	if (r < 0)
		return r;
	SSL_CTX_free(t->context);
	t->context = TAKE_PTR(context);
	return 0;
}

static void take_stamps(const struct hn_tls_settings *s, struct hn_filestamp stamps[static 3])
{
	const char *const paths[3] = {
		s->insecure || s->ca_pem ? NULL : s->ca_file,
		s->client_cert_pem ? NULL : s->client_cert,
		s->client_key_pem ? NULL : s->client_key,
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(paths); i++) {
		if (paths[i])
			hn_filestamp_take(paths[i], &stamps[i]);
		else
			stamps[i] = (struct hn_filestamp){.settled = true};
	}
}

int hn_tls_refresh(struct hn_tls *t, struct hn_reason *reason)
{
	struct hn_filestamp now[3];
	bool same = t->context != NULL;
	int r;

	take_stamps(&t->settings, now);
	for (size_t i = 0; i < HN_ARRAY_SIZE(now); i++)
		same = same && hn_filestamp_same(&t->stamps[i], &now[i]);
	if (same)
		return 0;
	SSL_CTX_free(t->context);
	t->context = NULL;
	r = make_context(t, reason);
	if (r == 0)
		memcpy(t->stamps, now, sizeof(now));
	return r;
}

int hn_tls_new(const struct hn_tls_settings *settings, struct hn_tls **ret, struct hn_reason *reason)
{
	struct hn_tls *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return hn_reason_set(reason, -ENOMEM, "no memory for TLS");
	t->settings = *settings;
	r = hn_tls_refresh(t, reason);
	if (r < 0) {
		hn_tls_free(t);
		return r;
	}
	*ret = t;
	return 0;
}

void hn_tls_free(struct hn_tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->context);
	free(t);
}

static bool expect_name(SSL *ssl, const char *name)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (is_address(name))
		return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
	return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

struct bufferevent *hn_tls_bufferevent(struct hn_tls *t, struct event_base *base, const char *name,
				       struct hn_tls_verdict *verdict)
{
	struct bufferevent *bev;
	SSL *ssl = t->context ? SSL_new(t->context) : NULL;

	if (!ssl)
		return NULL;
	memset(verdict, 0, sizeof(*verdict));
	hn_strcpy(verdict->name, sizeof(verdict->name), name);
	SSL_set_app_data(ssl, verdict);
	if (!expect_name(ssl, name)) {
		SSL_free(ssl);
		return NULL;
	}
	bev = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
	if (!bev)
		SSL_free(ssl);
	return bev;
}

void hn_tls_judge(struct bufferevent *bev, struct hn_tls_verdict *verdict)
{
	unsigned long error;
	int why;

	/* libevent adds codes of SSL_get_error() to the list, which belong to no library: what the socket says is
	 * the caller's. */
	do {
		error = bufferevent_get_openssl_error(bev);
	} while (error != 0 && (ERR_GET_LIB(error) == 0 || ERR_SYSTEM_ERROR(error)));
	why = ERR_GET_REASON(error);
	ERR_clear_error();
	if (verdict->fault != HN_TLS_FINE || error == 0 || why == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return;
	verdict->fault = HN_TLS_OTHER;
	if (why == SSL_R_WRONG_VERSION_NUMBER || why == SSL_R_HTTP_REQUEST || why == SSL_R_UNKNOWN_PROTOCOL)
		verdict->fault = HN_TLS_NO_TLS;
	hn_strcpy(verdict->detail, sizeof(verdict->detail), ERR_reason_error_string(error) ?: "TLS error");
}

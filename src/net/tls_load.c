// SPDX-License-Identifier: Apache-2.0
// What is given in memory never touches a disk: a key in a temporary file would be one to forget.
#include "tls_load.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string.h>

#define CERTIFICATES 1024 /* in one bundle */

static void bio_cleanup(BIO **bio)
{
	BIO_free(*bio);
}

static void key_cleanup(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static int unusable(struct hn_reason *reason, const char *name, const char *what)
{
	unsigned long error = ERR_peek_last_error();
	const char *words = ERR_GET_LIB(error) == ERR_LIB_SYS ? strerror(ERR_GET_REASON(error)) :
								ERR_reason_error_string(error);

	hn_reason_set(reason, -EINVAL, "%s: no usable %s in PEM form (%s)", name, what, words ? words : "empty");
	ERR_clear_error();
	return -EINVAL;
}

/* A key with a pass phrase would make OpenSSL ask on the terminal. */
static int no_password(char *buffer _unused_, int size _unused_, int writing _unused_, void *arg _unused_)
{
	return -1;
}

/* --- from memory ------------------------------------------------------------------------------------------------- */

/* Hands each certificate over to `take`, the first with true. Returns how many there were, or -EINVAL. */
static int each_certificate(const char *pem, SSL_CTX *context, int (*take)(SSL_CTX *context, X509 *c, bool first))
{
	_cleanup_(bio_cleanup) BIO *bio = BIO_new_mem_buf(pem, -1);
	unsigned long error;
	X509 *certificate;
	int n = 0;

	while (bio && n < CERTIFICATES && (certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL))) {
		int ok = take(context, certificate, n++ == 0);

		X509_free(certificate);
		if (ok != 1)
			return -EINVAL;
	}
	error = ERR_peek_last_error();
	if (n == 0 || n == CERTIFICATES || ERR_GET_REASON(error) != PEM_R_NO_START_LINE)
		return -EINVAL;
	ERR_clear_error();
	return n;
}

static int take_ca(SSL_CTX *context, X509 *certificate, bool first _unused_)
{
	return X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
}

static int take_client(SSL_CTX *context, X509 *certificate, bool first)
{
	return first ? SSL_CTX_use_certificate(context, certificate) :
		       SSL_CTX_add1_chain_cert(context, certificate);
}

static int use_key(SSL_CTX *context, const char *pem)
{
	_cleanup_(bio_cleanup) BIO *bio = BIO_new_mem_buf(pem, -1);
	_cleanup_(key_cleanup) EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;

	return key ? SSL_CTX_use_PrivateKey(context, key) : 0;
}

/* --- both -------------------------------------------------------------------------------------------------------- */

static int load_ca(const struct hn_tls_settings *s, SSL_CTX *context, struct hn_reason *reason)
{
	const char *what = "CA certificate";

	if (s->insecure)
		return 0;
	if (s->ca_pem)
		return each_certificate(s->ca_pem, context, take_ca) < 0 ?
			       unusable(reason, "certificate-authority-data", what) :
			       0;
	if (s->ca_file)
		return SSL_CTX_load_verify_locations(context, s->ca_file, NULL) != 1 ?
			       unusable(reason, s->ca_file, what) :
			       0;
	return SSL_CTX_set_default_verify_paths(context) != 1 ?
		       unusable(reason, "the system's certificates", what) :
		       0;
}

/* The own side's. */
static int load_identity(const struct hn_tls_settings *s, SSL_CTX *context, const char *what,
			 struct hn_reason *reason)
{
	const char *cert = s->client_cert_pem ? "client-certificate-data" : s->client_cert;
	const char *key_file = s->client_key ? s->client_key : s->client_cert;
	const char *key = s->client_key_pem ? "client-key-data" : key_file;
	bool ok;

	ok = s->client_cert_pem ? each_certificate(s->client_cert_pem, context, take_client) > 0 :
				  SSL_CTX_use_certificate_chain_file(context, s->client_cert) == 1;
	if (!ok)
		return unusable(reason, cert, what);
	ok = s->client_key_pem ? use_key(context, s->client_key_pem) == 1 :
				 key_file && SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) == 1;
	if (!ok && ERR_GET_REASON(ERR_peek_last_error()) != X509_R_KEY_VALUES_MISMATCH)
		return unusable(reason, key ? key : cert, "private key");
	if (!ok || SSL_CTX_check_private_key(context) != 1) {
		ERR_clear_error();
		return hn_reason_set(reason, -EINVAL, "%s: the key does not belong to the certificate %s", key,
				     cert);
	}
	return 0;
}

int hn_tls_load(const struct hn_tls_settings *settings, SSL_CTX *context, struct hn_reason *reason)
{
	int r;

	ERR_clear_error();
	SSL_CTX_set_default_passwd_cb(context, no_password);
	r = load_ca(settings, context, reason);
	if (r == 0 && (settings->client_cert || settings->client_cert_pem))
		r = load_identity(settings, context, "client certificate", reason);
	return r;
}

int hn_tls_load_server(SSL_CTX *context, const char *cert_file, const char *key_file, struct hn_reason *reason)
{
	const struct hn_tls_settings settings = {.client_cert = cert_file, .client_key = key_file};

	ERR_clear_error();
	SSL_CTX_set_default_passwd_cb(context, no_password);
	return load_identity(&settings, context, "certificate", reason);
}

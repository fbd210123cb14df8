/* OpenSSL 3 libcrypto: digests, keys, certificates, PEM, random bytes. */
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* Macros of several operands, and macros that call functions, are not imported. */
static inline unsigned long keel_name_flags(void) { return XN_FLAG_RFC2253; }
static inline int keel_error_reason(unsigned long code) { return ERR_GET_REASON(code); }

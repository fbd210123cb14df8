// libcurl for Swift. Everything here is what Swift cannot call by itself, and nothing more.
#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

// curl.h wraps these three in type-checking macros for C compilers; the functions are meant below.
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

typedef size_t (*keel_curl_receive)(char *bytes, size_t one, size_t count, void *context);

// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call, and a value of the
// wrong C type there is silent corruption: one typed function for each type of value.
static inline CURLcode keel_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode keel_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
// `value` is copied by libcurl, except for CURLOPT_POSTFIELDS, which is not used:
// keel_curl_set_body is.
static inline CURLcode keel_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
// `value` is kept by libcurl and must outlive the handle or the next setting of the option.
static inline CURLcode keel_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode keel_curl_set_receive(
    CURL *easy, CURLoption option, keel_curl_receive value
) {
    return curl_easy_setopt(easy, option, value);
}
// CURL_BLOB_COPY is a macro with an unsigned value for an unsigned field.
static inline CURLcode keel_curl_set_blob(
    CURL *easy, CURLoption option, const void *bytes, size_t count
) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(easy, option, &blob);
}
// The size goes first: CURLOPT_COPYPOSTFIELDS copies as many bytes as it says then.
static inline CURLcode keel_curl_set_body(CURL *easy, const void *bytes, size_t count) {
    CURLcode code =
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    if (code != CURLE_OK) return code;
    // NULL would mean that there is no body at all.
    return curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, bytes ? bytes : "");
}
static inline CURLcode keel_curl_get_long(CURL *easy, CURLINFO item, long *value) {
    return curl_easy_getinfo(easy, item, value);
}
static inline CURLcode keel_curl_get_offset(CURL *easy, CURLINFO item, curl_off_t *value) {
    return curl_easy_getinfo(easy, item, value);
}

// CURLAUTH_BEARER, CURLPAUSE_CONT and CURL_GLOBAL_DEFAULT are expressions, which are not imported.
static inline long keel_curl_auth_bearer(void) { return (long)CURLAUTH_BEARER; }
static inline CURLcode keel_curl_resume(CURL *easy) {
    return curl_easy_pause(easy, CURLPAUSE_CONT);
}
static inline CURLcode keel_curl_global_init(void) {
    return curl_global_init(CURL_GLOBAL_DEFAULT);
}

typedef int (*keel_curl_opened)(void *context, curl_socket_t socket, curlsocktype purpose);
static inline CURLcode keel_curl_set_opened(CURL *easy, keel_curl_opened value) {
    return curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, value);
}

// Has a TCP connection acknowledge at once what has come. Linux forgets the wish by and by, so it
// is made anew (tcp(7), TCP_QUICKACK). A hint: nothing depends on it.
static inline void keel_tcp_acknowledge(curl_socket_t socket) {
    int on = 1;
    (void)setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

// CURLMsg ends in a union: the result of the next finished transfer, 0 when there is none.
static inline int keel_curl_next_result(CURLM *multi, CURLcode *result) {
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left))) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return 1;
        }
    }
    return 0;
}

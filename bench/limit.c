/* The plain C floor: what a program without an engine needs for the same bytes.
 *
 *   limit URL DEVICE SHA256 [--read-back]
 *
 * libcurl receives into a ring of aligned buffers; one thread hashes them, another writes them with
 * O_DIRECT; then the device is flushed and, with --read-back, read and hashed again. It checks the
 * payload only: no signature, no chunk index, no hash tree, no boot record, no resuming.
 */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 1 << 20, BUFFERS = 8, SECTOR = 4096, HASHER = 0, WRITER = 1, USERS = 2 };

struct ring {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    unsigned char *bytes[BUFFERS];
    size_t length[BUFFERS];
    unsigned long filled, used[USERS]; /* buffers so far; used[user] <= filled */
    int ended;
};

static struct ring ring = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};
static size_t begun; /* bytes in the buffer that is being filled */
static int device;
static unsigned char digest[32];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static unsigned char *next_empty(void)
{
    pthread_mutex_lock(&ring.lock);
    while (ring.filled - ring.used[HASHER] >= BUFFERS || ring.filled - ring.used[WRITER] >= BUFFERS)
        pthread_cond_wait(&ring.moved, &ring.lock);
    pthread_mutex_unlock(&ring.lock);
    return ring.bytes[ring.filled % BUFFERS];
}

static void give(size_t length, int ended)
{
    pthread_mutex_lock(&ring.lock);
    if (length) {
        ring.length[ring.filled % BUFFERS] = length;
        ring.filled++;
    }
    ring.ended = ended;
    pthread_cond_broadcast(&ring.moved);
    pthread_mutex_unlock(&ring.lock);
}

/* The next filled buffer for this user, or NULL at the end. */
static unsigned char *take(int user, size_t *length)
{
    unsigned char *bytes = NULL;
    pthread_mutex_lock(&ring.lock);
    while (ring.used[user] == ring.filled && !ring.ended)
        pthread_cond_wait(&ring.moved, &ring.lock);
    if (ring.used[user] < ring.filled) {
        bytes = ring.bytes[ring.used[user] % BUFFERS];
        *length = ring.length[ring.used[user] % BUFFERS];
    }
    pthread_mutex_unlock(&ring.lock);
    return bytes;
}

static void release(int user)
{
    pthread_mutex_lock(&ring.lock);
    ring.used[user]++;
    pthread_cond_broadcast(&ring.moved);
    pthread_mutex_unlock(&ring.lock);
}

static size_t receive(char *data, size_t one, size_t count, void *context)
{
    (void)one, (void)context;
    for (size_t left = count; left;) {
        unsigned char *bytes = begun ? ring.bytes[ring.filled % BUFFERS] : next_empty();
        size_t part = left < BUFFER - begun ? left : BUFFER - begun;
        memcpy(bytes + begun, data, part);
        data += part, left -= part, begun += part;
        if (begun == BUFFER)
            give(begun, 0), begun = 0;
    }
    return count;
}

static void *hash(void *context)
{
    (void)context;
    EVP_MD_CTX *sha256 = EVP_MD_CTX_new();
    size_t length;
    unsigned char *bytes;
    if (!EVP_DigestInit_ex(sha256, EVP_sha256(), NULL))
        fail("digest");
    while ((bytes = take(HASHER, &length))) {
        EVP_DigestUpdate(sha256, bytes, length);
        release(HASHER);
    }
    EVP_DigestFinal_ex(sha256, digest, NULL);
    EVP_MD_CTX_free(sha256);
    return NULL;
}

static void *write_out(void *context)
{
    off_t *offset = context;
    size_t length;
    unsigned char *bytes;
    while ((bytes = take(WRITER, &length))) {
        size_t padded = (length + SECTOR - 1) / SECTOR * SECTOR;
        memset(bytes + length, 0, padded - length);
        if (pwrite(device, bytes, padded, *offset) != (ssize_t)padded)
            fail("write");
        *offset += length;
        release(WRITER);
    }
    return NULL;
}

static void *skip(void *context)
{
    size_t length;
    (void)context;
    while (take(WRITER, &length))
        release(WRITER);
    return NULL;
}

static void read_back(off_t size)
{
    for (off_t offset = 0; offset < size; offset += BUFFER) {
        size_t want = size - offset < BUFFER ? size - offset : BUFFER;
        size_t padded = (want + SECTOR - 1) / SECTOR * SECTOR;
        if (pread(device, next_empty(), padded, offset) != (ssize_t)padded)
            fail("read");
        give(want, 0);
    }
    give(0, 1);
}

static void fetch(const char *url)
{
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 512L * 1024);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK) {
        fprintf(stderr, "%s: %s\n", url, curl_easy_strerror(code));
        exit(1);
    }
    curl_easy_cleanup(curl);
    give(begun, 1);
}

static void check(const char *expected, const char *when)
{
    char text[65];
    for (int i = 0; i < 32; i++)
        sprintf(text + 2 * i, "%02x", digest[i]);
    if (strcmp(text, expected) != 0) {
        fprintf(stderr, "%s: expected %s, found %s\n", when, expected, text);
        exit(1);
    }
}

int main(int count, char **arguments)
{
    if (count < 4) {
        fprintf(stderr, "usage: limit URL DEVICE SHA256 [--read-back]\n");
        return 64;
    }
    device = open(arguments[2], O_RDWR | O_DIRECT | O_CLOEXEC);
    if (device < 0)
        fail(arguments[2]);
    for (int i = 0; i < BUFFERS; i++)
        if (posix_memalign((void **)&ring.bytes[i], SECTOR, BUFFER))
            fail("memory");

    pthread_t users[USERS];
    off_t size = 0;
    pthread_create(&users[HASHER], NULL, hash, NULL);
    pthread_create(&users[WRITER], NULL, write_out, &size);
    fetch(arguments[1]);
    for (int user = 0; user < USERS; user++)
        pthread_join(users[user], NULL);
    check(arguments[3], "received");
    if (fsync(device))
        fail("flush");

    if (count > 4) {
        ring.filled = ring.used[HASHER] = ring.used[WRITER] = 0, ring.ended = 0;
        pthread_create(&users[HASHER], NULL, hash, NULL);
        pthread_create(&users[WRITER], NULL, skip, NULL);
        read_back(size);
        for (int user = 0; user < USERS; user++)
            pthread_join(users[user], NULL);
        check(arguments[3], "read back");
    }
    return 0;
}

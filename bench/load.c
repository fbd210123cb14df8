/* The load that `--only api` puts on a server of NodeService, whoever wrote it.
 *
 *   load ADDRESS CA CERT KEY calls PATH IN-FLIGHT SECONDS   empty requests, one after the other
 *   load ADDRESS CA CERT KEY stream PATH TIMES              reads a stream to its end, TIMES times
 *   load ADDRESS CA CERT KEY hold COUNT                     COUNT connections, until stdin ends
 *
 * It stands on libgrpc's C core with one thread and one connection (`hold`: one for each client),
 * decodes nothing, and prints one line of JSON: what came, how long it took, and its own CPU time.
 * A request has no fields, so that no message has to be encoded here.
 */
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>
#include <grpc/support/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 60, SAMPLES = 1 << 20, MOST = 1024 };

struct call {
    grpc_call *call;
    grpc_metadata_array first, last;
    grpc_byte_buffer *answer;
    grpc_status_code status;
    grpc_slice words;
    double begun;
};

static grpc_channel_credentials *credentials;
static grpc_completion_queue *queue;
static const char *address;
static float *latency;
static unsigned long done, failed, messages, bytes;

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "load: %s: %s\n", what, why);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static double own_cpu(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static char *text_of(const char *path)
{
    static const size_t room = 1 << 20;
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, room);
    if (!file || !text || fread(text, 1, room - 1, file) == 0) fail(path, "cannot be read");
    fclose(file);
    return text;
}

static void make_credentials(const char *ca, const char *certificate, const char *key)
{
    char *roots = text_of(ca);
    grpc_ssl_pem_key_cert_pair pair = {text_of(key), text_of(certificate)};
    credentials = grpc_ssl_credentials_create(roots, &pair, NULL, NULL);
    if (!credentials) fail("TLS", "the certificates cannot be used");
    free(roots);
    free((char *)pair.private_key);
    free((char *)pair.cert_chain);
}

static grpc_channel *connection(void)
{
    grpc_arg list[] = {
        {.type = GRPC_ARG_STRING, .key = GRPC_SSL_TARGET_NAME_OVERRIDE_ARG,
         .value.string = "localhost"},
        {.type = GRPC_ARG_INTEGER, .key = GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, .value.integer = 1},
        {.type = GRPC_ARG_INTEGER, .key = GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH,
         .value.integer = 16 << 20},
        {.type = GRPC_ARG_INTEGER, .key = GRPC_ARG_ENABLE_RETRIES, .value.integer = 0},
    };
    grpc_channel_args arguments = {sizeof list / sizeof *list, list};
    grpc_channel *channel = grpc_channel_create(address, credentials, &arguments);
    if (!channel) fail(address, "no channel");
    return channel;
}

static grpc_call *new_call(grpc_channel *channel, const char *path)
{
    grpc_slice method = grpc_slice_from_copied_string(path);
    gpr_timespec limit = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                      gpr_time_from_seconds(PATIENCE, GPR_TIMESPAN));
    grpc_call *call = grpc_channel_create_call(channel, NULL, GRPC_PROPAGATE_DEFAULTS, queue,
                                               method, NULL, limit, NULL);
    grpc_slice_unref(method);
    return call;
}

static grpc_event next_event(void)
{
    gpr_timespec limit = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                      gpr_time_from_seconds(2 * PATIENCE, GPR_TIMESPAN));
    grpc_event event = grpc_completion_queue_next(queue, limit, NULL);
    if (event.type != GRPC_OP_COMPLETE) fail(address, "nothing comes any more");
    return event;
}

/* Headers, an empty message, close; and with `answer` the one message that comes back. */
static void start(struct call *call, int answer)
{
    grpc_byte_buffer *empty = grpc_raw_byte_buffer_create(NULL, 0);
    grpc_op batch[6] = {{.op = GRPC_OP_SEND_INITIAL_METADATA},
                        {.op = GRPC_OP_SEND_MESSAGE},
                        {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
                        {.op = GRPC_OP_RECV_INITIAL_METADATA},
                        {.op = GRPC_OP_RECV_MESSAGE},
                        {.op = GRPC_OP_RECV_STATUS_ON_CLIENT}};
    batch[1].data.send_message.send_message = empty;
    batch[3].data.recv_initial_metadata.recv_initial_metadata = &call->first;
    batch[4].data.recv_message.recv_message = &call->answer;
    batch[5].data.recv_status_on_client.trailing_metadata = &call->last;
    batch[5].data.recv_status_on_client.status = &call->status;
    batch[5].data.recv_status_on_client.status_details = &call->words;
    grpc_metadata_array_init(&call->first);
    grpc_metadata_array_init(&call->last);
    call->answer = NULL;
    call->words = grpc_empty_slice();
    call->begun = now();
    size_t count = answer ? 6 : 4;
    if (grpc_call_start_batch(call->call, batch, count, call, NULL) != GRPC_CALL_OK)
        fail(address, "a call cannot be started");
    grpc_byte_buffer_destroy(empty);
}

static void take(struct call *call)
{
    if (!call->answer) return;
    messages++;
    bytes += grpc_byte_buffer_length(call->answer);
    grpc_byte_buffer_destroy(call->answer);
    call->answer = NULL;
}

static void finish(struct call *call)
{
    if (call->status != GRPC_STATUS_OK) {
        char *words = grpc_slice_to_c_string(call->words);
        if (failed++ == 0) fprintf(stderr, "load: code %d: %s\n", call->status, words);
        gpr_free(words);
    }
    if (done < SAMPLES) latency[done] = (float)(now() - call->begun);
    done++;
    take(call);
    grpc_metadata_array_destroy(&call->first);
    grpc_metadata_array_destroy(&call->last);
    grpc_slice_unref(call->words);
    grpc_call_unref(call->call);
}

static int by_size(const void *a, const void *b)
{
    float left = *(const float *)a, right = *(const float *)b;
    return (left > right) - (left < right);
}

static void report(double seconds, double cpu)
{
    size_t count = done < SAMPLES ? done : SAMPLES;
    qsort(latency, count, sizeof *latency, by_size);
    printf("{\"calls\": %lu, \"failed\": %lu, \"messages\": %lu, \"bytes\": %lu, "
           "\"seconds\": %.6f, \"cpu\": %.6f, \"p50\": %.7f, \"p99\": %.7f}\n",
           done, failed, messages, bytes, seconds, cpu, count ? latency[count / 2] : 0,
           count ? latency[count * 99 / 100] : 0);
}

static void make_calls(const char *path, int in_flight, double seconds)
{
    static struct call calls[MOST];
    grpc_channel *channel = connection();
    if (in_flight < 1 || in_flight > MOST) fail("in flight", "1 to 1024");
    calls[0].call = new_call(channel, path); /* connects, and is not counted */
    start(&calls[0], 1);
    finish(next_event().tag);
    if (failed) exit(1);
    done = messages = bytes = 0;
    double begun = now(), cpu = own_cpu();
    for (int index = 0; index < in_flight; index++) {
        calls[index].call = new_call(channel, path);
        start(&calls[index], 1);
    }
    for (int running = in_flight; running > 0;) {
        struct call *call = next_event().tag;
        finish(call);
        if (now() - begun >= seconds || failed) {
            running--;
        } else {
            call->call = new_call(channel, path);
            start(call, 1);
        }
    }
    report(now() - begun, own_cpu() - cpu);
    grpc_channel_destroy(channel);
}

static void read_stream(grpc_channel *channel, const char *path)
{
    struct call call = {.call = new_call(channel, path)};
    start(&call, 0);
    next_event();
    grpc_op read = {.op = GRPC_OP_RECV_MESSAGE};
    read.data.recv_message.recv_message = &call.answer;
    do {
        take(&call);
        if (grpc_call_start_batch(call.call, &read, 1, &call, NULL) != GRPC_CALL_OK)
            fail(address, "a message cannot be asked for");
        next_event();
    } while (call.answer);
    grpc_op end = {.op = GRPC_OP_RECV_STATUS_ON_CLIENT};
    end.data.recv_status_on_client.trailing_metadata = &call.last;
    end.data.recv_status_on_client.status = &call.status;
    end.data.recv_status_on_client.status_details = &call.words;
    grpc_call_start_batch(call.call, &end, 1, &call, NULL);
    next_event();
    finish(&call);
}

static void read_streams(const char *path, int times)
{
    grpc_channel *channel = connection();
    double begun = now(), cpu = own_cpu();
    for (int count = 0; count < times && !failed; count++) read_stream(channel, path);
    report(now() - begun, own_cpu() - cpu);
    grpc_channel_destroy(channel);
}

static void hold(int count)
{
    struct call call;
    for (int index = 0; index < count && !failed; index++) {
        grpc_channel *channel = connection(); /* stays until the process ends */
        call = (struct call){.call = new_call(channel, "/keel.v1.NodeService/GetStatus")};
        start(&call, 1);
        finish(next_event().tag);
    }
    report(0, own_cpu());
    fflush(stdout);
    while (getchar() != EOF) continue;
}

int main(int count, char **words)
{
    if (count < 7) fail("usage", "load ADDRESS CA CERT KEY calls|stream|hold ...");
    grpc_init();
    address = words[1];
    make_credentials(words[2], words[3], words[4]);
    queue = grpc_completion_queue_create_for_next(NULL);
    latency = calloc(SAMPLES, sizeof *latency);
    if (!latency) fail("memory", "none");
    if (!strcmp(words[5], "calls") && count == 9)
        make_calls(words[6], atoi(words[7]), atof(words[8]));
    else if (!strcmp(words[5], "stream") && count == 8)
        read_streams(words[6], atoi(words[7]));
    else if (!strcmp(words[5], "hold") && count == 7)
        hold(atoi(words[6]));
    else
        fail("usage", "load ADDRESS CA CERT KEY calls|stream|hold ...");
    return failed ? 1 : 0;
}

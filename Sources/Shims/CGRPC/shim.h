// libgrpc's C core for Swift. Everything here is what Swift cannot call by itself, and nothing more.
#pragma once

// First of all: grpc's port_platform.h defines _GNU_SOURCE, and without this line the C library's
// types in this module would differ from those that Swift's own module of it has.
#include <features.h>

#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>
#include <grpc/support/log.h>
#include <grpc/support/string_util.h>
#include <grpc/support/time.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// A GNU function, as its manual page declares it: <features.h> above hides it.
extern int pthread_setname_np(pthread_t thread, const char *name);

// Enumerations with macros of the same name, which Swift takes for values of a type of their own.
static const int keel_grpc_SOCK_STREAM = SOCK_STREAM;
static const int keel_grpc_SOCK_CLOEXEC = SOCK_CLOEXEC;

// GRPC_SLICE_START_PTR and GRPC_SLICE_LENGTH are macros with arguments, which are not imported.
static inline const uint8_t *keel_grpc_slice_start(const grpc_slice *slice) {
    return GRPC_SLICE_START_PTR(*slice);
}
static inline size_t keel_grpc_slice_length(const grpc_slice *slice) {
    return GRPC_SLICE_LENGTH(*slice);
}

// A byte buffer with a copy of `count` bytes: filling a slice takes the macro above.
static inline grpc_byte_buffer *keel_grpc_buffer(const void *bytes, size_t count) {
    grpc_slice slice = grpc_slice_malloc(count);
    if (count > 0) memcpy(GRPC_SLICE_START_PTR(slice), bytes, count);
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    return buffer;
}

// Copies a received buffer to `target`, which holds `room` bytes; SIZE_MAX when it is longer or
// cannot be read. The reader's fields are a union and macros.
static inline size_t keel_grpc_buffer_read(
    grpc_byte_buffer *buffer, uint8_t *target, size_t room
) {
    grpc_byte_buffer_reader reader;
    grpc_slice *slice;
    size_t offset = 0;
    if (!grpc_byte_buffer_reader_init(&reader, buffer)) return SIZE_MAX;
    while (grpc_byte_buffer_reader_peek(&reader, &slice)) {
        size_t count = GRPC_SLICE_LENGTH(*slice);
        if (count > room - offset) {
            grpc_byte_buffer_reader_destroy(&reader);
            return SIZE_MAX;
        }
        memcpy(target + offset, GRPC_SLICE_START_PTR(*slice), count);
        offset += count;
    }
    grpc_byte_buffer_reader_destroy(&reader);
    return offset;
}

// An expression with casts, which is not imported.
static const uint32_t keel_grpc_propagate_defaults = GRPC_PROPAGATE_DEFAULTS;

// grpc_arg ends in a union whose members Swift can set only one by one, with its keys not const.
static inline grpc_arg keel_grpc_number(const char *key, int value) {
    grpc_arg argument = {.type = GRPC_ARG_INTEGER, .key = (char *)key};
    argument.value.integer = value;
    return argument;
}
static inline grpc_arg keel_grpc_quota(grpc_resource_quota *quota) {
    grpc_arg argument = {.type = GRPC_ARG_POINTER, .key = (char *)GRPC_ARG_RESOURCE_QUOTA};
    argument.value.pointer.p = quota;
    argument.value.pointer.vtable = grpc_resource_quota_arg_vtable();
    return argument;
}

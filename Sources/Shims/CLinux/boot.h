// What the first process of a machine asks of the kernel, as far as Swift cannot call it by itself.
// Included by shim.h. No logic.
#pragma once

#include <arpa/inet.h>
#include <linux/dm-ioctl.h>
#include <linux/netlink.h>
#include <linux/reboot.h>
#include <linux/watchdog.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// GNU functions, as their manual pages declare them.
extern int chroot(const char *path);

// Variadic.
static inline int clinux_finit_module(int fd, const char *parameters, int flags) {
    return (int)syscall(SYS_finit_module, fd, parameters, flags);
}

// Enumerations with macros of the same name, which Swift takes for values of a type of their own.
static const unsigned long clinux_MS_RDONLY = MS_RDONLY;
static const unsigned long clinux_MS_NOSUID = MS_NOSUID;
static const unsigned long clinux_MS_NODEV = MS_NODEV;
static const unsigned long clinux_MS_NOEXEC = MS_NOEXEC;
static const unsigned long clinux_MS_NOATIME = MS_NOATIME;
static const unsigned long clinux_MS_REMOUNT = MS_REMOUNT;
static const unsigned long clinux_MS_BIND = MS_BIND;
static const unsigned long clinux_MS_MOVE = MS_MOVE;
static const unsigned long clinux_MS_REC = MS_REC;
static const unsigned long clinux_MS_SHARED = MS_SHARED;
static const int clinux_MNT_DETACH = MNT_DETACH;
static const int clinux_SOCK_DGRAM = SOCK_DGRAM;
static const int clinux_SOCK_RAW = SOCK_RAW;
static const int clinux_SFD_CLOEXEC = SFD_CLOEXEC;
static const int clinux_SFD_NONBLOCK = SFD_NONBLOCK;

// `char *`, which Swift's bytes are not.
static inline ssize_t clinux_readlink(const char *path, void *bytes, size_t count) {
    return readlink(path, (char *)bytes, count);
}

// Variadic; _IOWR() macros carry casts.
static inline int clinux_dm_create(int fd, void *request) {
    return ioctl(fd, DM_DEV_CREATE, request);
}
static inline int clinux_dm_load(int fd, void *request) {
    return ioctl(fd, DM_TABLE_LOAD, request);
}
static inline int clinux_dm_resume(int fd, void *request) {
    return ioctl(fd, DM_DEV_SUSPEND, request);
}
static inline int clinux_dm_remove(int fd, void *request) {
    return ioctl(fd, DM_DEV_REMOVE, request);
}
static inline int clinux_watchdog_timeout(int fd, int *seconds) {
    return ioctl(fd, WDIOC_SETTIMEOUT, seconds);
}
static inline int clinux_watchdog_feed(int fd) { return ioctl(fd, WDIOC_KEEPALIVE, 0); }

// Casts between kinds of addresses.
static inline int clinux_bind_port(int fd, unsigned short port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    return bind(fd, (const struct sockaddr *)&address, sizeof address);
}
static inline ssize_t clinux_send_to(
    int fd, const void *bytes, size_t count, unsigned int address, unsigned short port
) {
    struct sockaddr_in target = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
    return sendto(fd, bytes, count, MSG_NOSIGNAL, (const struct sockaddr *)&target, sizeof target);
}
static inline int clinux_bind_netlink(int fd) {
    struct sockaddr_nl address = {.nl_family = AF_NETLINK};
    return bind(fd, (const struct sockaddr *)&address, sizeof address);
}

// Macros that do not fit an int.
static inline int clinux_ignore_keys(void) { return reboot((int)RB_DISABLE_CAD); }

// An array member, which Swift sees as a tuple.
static inline size_t clinux_signal_record_size(void) { return sizeof(struct signalfd_siginfo); }

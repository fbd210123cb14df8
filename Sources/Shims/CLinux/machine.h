// Local sockets, and the machine's names, clock and switch: what Swift cannot call by itself of them.
// Included by shim.h. No logic.
#pragma once

#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/utsname.h>

// GNU functions, as their manual pages declare them.
extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);

// Enumerations with macros of the same name, which Swift takes for values of a type of their own.
static const int clinux_SOCK_STREAM = SOCK_STREAM;
static const int clinux_SOCK_CLOEXEC = SOCK_CLOEXEC;
static const int clinux_SOCK_NONBLOCK = SOCK_NONBLOCK;
static const int clinux_MSG_NOSIGNAL = MSG_NOSIGNAL;
static const int clinux_EFD_CLOEXEC = EFD_CLOEXEC;
static const int clinux_EFD_NONBLOCK = EFD_NONBLOCK;

// Array members, which Swift sees as tuples.
static inline size_t clinux_path_limit(void) {
    return sizeof ((struct sockaddr_un *)0)->sun_path - 1;
}
static inline struct sockaddr_un clinux_local_address(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    return address;
}
static inline const char *clinux_node_name(const struct utsname *names) {
    return names->nodename;
}
static inline const char *clinux_release(const struct utsname *names) {
    return names->release;
}
static inline const char *clinux_architecture(const struct utsname *names) {
    return names->machine;
}

// Casts between kinds of addresses.
static inline int clinux_bind(int fd, const struct sockaddr_un *address) {
    return bind(fd, (const struct sockaddr *)address, sizeof *address);
}
static inline int clinux_connect(int fd, const struct sockaddr_un *address) {
    return connect(fd, (const struct sockaddr *)address, sizeof *address);
}

// `struct ucred` is GNU; this is its layout for everybody.
struct clinux_peer {
    pid_t process;
    uid_t user;
    gid_t group;
};
static inline int clinux_get_peer(int fd, struct clinux_peer *peer) {
    socklen_t length = sizeof *peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &length);
}

// Macros that do not fit an int.
static inline int clinux_restart(void) { return reboot((int)RB_AUTOBOOT); }
static inline int clinux_power_off(void) { return reboot((int)RB_POWER_OFF); }

// Variadic.
static inline int clinux_set_status(int fd, int flags) { return fcntl(fd, F_SETFL, flags); }

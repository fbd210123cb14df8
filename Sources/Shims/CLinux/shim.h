// What Swift cannot call by itself: variadic functions, macros that carry casts or arguments, and
// GNU functions that <features.h> hides (defining _GNU_SOURCE here would give this module other
// types than Glibc has). No logic.
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "boot.h"
#include "machine.h"

// GNU functions, as their manual pages declare them.
extern int fallocate(int fd, int mode, off_t offset, off_t length);
extern int pidfd_open(pid_t pid, unsigned int flags);
extern int pipe2(int ends[2], int flags);
extern int pthread_setname_np(pthread_t thread, const char *name);
extern const char *strerrordesc_np(int code);
extern const char *strerrorname_np(int code);

// O_DIRECT is GNU; glibc spells it this way for everybody.
static const int clinux_O_DIRECT = __O_DIRECT;

// Variadic.
static inline int clinux_open(const char *path, int flags, mode_t mode) {
    return open(path, flags, mode);
}

// Variadic; _IO() macros carry casts.
static inline int clinux_logical_sector_size(int fd, int *size) {
    return ioctl(fd, BLKSSZGET, size);
}
static inline int clinux_physical_sector_size(int fd, unsigned int *size) {
    return ioctl(fd, BLKPBSZGET, size);
}
static inline int clinux_device_size(int fd, unsigned long long *size) {
    return ioctl(fd, BLKGETSIZE64, size);
}
static inline int clinux_discard(int fd, unsigned long long start, unsigned long long length) {
    unsigned long long range[2] = {start, length};
    return ioctl(fd, BLKDISCARD, range);
}
static inline int clinux_change_partition(
    int fd, int operation, int number, long long start, long long length
) {
    struct blkpg_partition partition = {.start = start, .length = length, .pno = number};
    struct blkpg_ioctl_arg argument = {
        .op = operation, .datalen = sizeof partition, .data = &partition};
    return ioctl(fd, BLKPG, &argument);
}

// Macros with arguments.
static inline int clinux_has_exited(int status) { return WIFEXITED(status); }
static inline int clinux_exit_code(int status) { return WEXITSTATUS(status); }
static inline int clinux_signal(int status) { return WTERMSIG(status); }

// An array member, which Swift sees as a tuple.
static inline const char *clinux_entry_name(const struct dirent *entry) { return entry->d_name; }

#include "early.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

// Swift's runtime looks its own path up in /proc/self/exe from a static constructor, and ends the
// process when it cannot. Priority 101 is the first that is not the compiler's own, so this runs
// before. Errors are left to the first stage, which mounts what is missing and can say why.
__attribute__((constructor(101))) static void mount_for_the_runtime(void) {
    if (getpid() != 1) return;
    mkdir("/proc", 0555);
    mkdir("/sys", 0555);
    mkdir("/dev", 0755);
    // A second mount would hide the first one, which the second stage was handed.
    if (access("/proc/self/exe", F_OK) == 0) return;
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0);
    mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0);
    mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755");
}

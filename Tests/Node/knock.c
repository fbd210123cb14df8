/* Tries what a node that is locked down must not let even root do, and says how it went. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(const char *what, int is_done) {
    printf("knock: %s: %s\n", what, is_done ? "done" : strerrorname_np(errno));
    fflush(stdout);
}

int main(void) {
    say("/dev/mem", open("/dev/mem", O_RDWR) >= 0);
    int unsigned_module = open("/usr/share/knock/unsigned.ko", O_RDONLY);
    say("an unsigned module", syscall(SYS_finit_module, unsigned_module, "", 0) == 0);
    int signed_module = open("/usr/share/knock/signed.ko", O_RDONLY);
    say("a signed module", syscall(SYS_finit_module, signed_module, "", 0) == 0);
    /* SYS_kexec_load without segments: refused before anything of it is looked at. */
    say("another kernel", syscall(SYS_kexec_load, 0UL, 0UL, (void *)0, 0UL) == 0);
    for (;;) pause();
}

/* A program that stands where a good one should. How it misbehaves: -DENDS, -DPANICS,
   -DHANGS, -DDAWDLES; else it does nothing for good. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#if defined(PANICS) || defined(HANGS)
static int put(const char *path, const char *text) {
    int file = open(path, O_WRONLY);
    return file >= 0 && write(file, text, 1) == 1;
}
#endif

int main(int count, char **words) {
    (void)count;
    (void)words;
    puts("misfit: I am not what should be here");
    fflush(stdout);
#if defined(ENDS)
    return 1;
#elif defined(PANICS)
    return put("/proc/sysrq-trigger", "c") ? 0 : 3;
#elif defined(HANGS)
    /* A kernel that panics and does not restart stands still for good: one processor spins, the
       others are stopped, and nothing of the kernel's own is left to notice it. */
    return put("/proc/sys/kernel/panic", "0") && put("/proc/sysrq-trigger", "c") ? 0 : 3;
#elif defined(DAWDLES)
    /* Longer than any trial of the tests; then it is what it should be. */
    sleep(120);
    execv("/usr/bin/keel-agent-in-time", words);
    return 3;
#else
    for (;;) pause();
#endif
}

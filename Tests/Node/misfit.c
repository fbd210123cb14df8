/* A program that stands where a good one should. How it misbehaves: -DENDS, -DPANICS,
   -DHALTS, -DDAWDLES; else it does nothing for good. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(int count, char **words) {
    (void)count;
    (void)words;
    puts("misfit: I am not what should be here");
    fflush(stdout);
#if defined(ENDS)
    return 1;
#elif defined(PANICS)
    int trigger = open("/proc/sysrq-trigger", O_WRONLY);
    return trigger >= 0 && write(trigger, "c", 1) == 1 ? 0 : 3;
#elif defined(HALTS)
    /* Every processor stops, and nobody is left to answer. */
    reboot(RB_HALT_SYSTEM);
    return 3;
#elif defined(DAWDLES)
    /* Longer than any trial of the tests; then it is what it should be. */
    sleep(120);
    execv("/usr/bin/keel-agent-in-time", words);
    return 3;
#else
    for (;;) pause();
#endif
}

// The one service of the tiny root. Lines on standard output go to its log.
//   door serve    takes TCP connections on port 7777 and joins each with /run/keel/init.sock
//   door die      says something and ends with 3
//   door stubborn ignores SIGTERM
//   door children leaves orphans behind that end by themselves
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void join(int tcp) {
    struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/run/keel/init.sock"};
    int local = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(local, (struct sockaddr *)&to, sizeof to)) _exit(1);
    struct pollfd ends[2] = {{tcp, POLLIN, 0}, {local, POLLIN, 0}};
    char bytes[65536];
    while (poll(ends, 2, 120000) > 0) {
        for (int one = 0; one < 2; one++) {
            if (!ends[one].revents) continue;
            ssize_t count = read(ends[one].fd, bytes, sizeof bytes);
            if (count <= 0) _exit(0);
            for (ssize_t done = 0; done < count;) {
                ssize_t now = write(ends[!one].fd, bytes + done, count - done);
                if (now <= 0) _exit(0);
                done += now;
            }
        }
    }
    _exit(0);
}

static int serve(void) {
    signal(SIGCHLD, SIG_IGN);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(7777)};
    int yes = 1, door = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(door, (struct sockaddr *)&at, sizeof at) || listen(door, 8)) return 1;
    printf("door open fingerprint=0123\n");
    for (;;) {
        int tcp = accept(door, 0, 0);
        if (tcp < 0) continue;
        if (!fork()) join(tcp);
        close(tcp);
    }
}

int main(int count, char **words) {
    setvbuf(stdout, 0, _IOLBF, 0);
    const char *what = count > 1 ? words[1] : "";
    if (!strcmp(what, "serve")) return serve();
    if (!strcmp(what, "die")) {
        puts("keel: dying on purpose");
        return 3;
    }
    if (!strcmp(what, "stubborn")) signal(SIGTERM, SIG_IGN);
    if (!strcmp(what, "children")) {
        for (int one = 0; one < 20; one++)
            if (!fork()) { if (!fork()) { usleep(200000); _exit(0); } _exit(0); }
        while (wait(0) > 0) {}
    }
    printf("%s %d\n", what, (int)getpid());
    for (;;) pause();
}

/* What runs in the tests' pods, alone in its image:

     worker serve PORT   HTTP: `/` says who answers, `/ready` whether it is ready
     worker unready      makes `/ready` of the same pod say no; worker ready takes that back
     worker wires        writes a network for this node's pods, as a CNI plugin's daemon does
     worker say WORD...  says them

   Told to end, `serve` goes on for LINGER seconds first. NODE is the node's name, node-NUMBER. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define UNREADY "/unready"
#define NETWORK "/host/10-worker.conflist"

static volatile sig_atomic_t is_ending;

static void end(int signal) {
    (void)signal;
    is_ending = 1;
}

static const char *told(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static void say(const char *text) {
    printf("worker: %s\n", text);
    fflush(stdout);
}

static void catch(void) {
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void answer(int line) {
    struct timeval patience = {.tv_sec = 5};
    setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char asked[2048] = "", said[512];
    ssize_t count = read(line, asked, sizeof asked - 1);
    if (count <= 0) return;
    int asks_ready = strncmp(asked, "GET /ready ", 11) == 0;
    int is_there = asks_ready || strncmp(asked, "GET / ", 6) == 0;
    int is_ready = access(UNREADY, F_OK) != 0;
    const char *status = !is_there ? "404 Not Found"
        : asks_ready && !is_ready ? "503 Service Unavailable" : "200 OK";
    int length = snprintf(said, sizeof said, "HTTP/1.0 %s\r\nConnection: close\r\n\r\n%s on %s\n",
                          status, told("HOSTNAME"), told("NODE"));
    if (write(line, said, (size_t)length) < 0) return;
    shutdown(line, SHUT_WR);
}

static int serve(int port) {
    int door = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(door, (struct sockaddr *)&place, sizeof place) || listen(door, 16)) {
        perror("worker: bind");
        return 1;
    }
    /* As the first process of its pod it gets no signal that it does not catch, and no call of it is
       sure to be interrupted: so it looks each second. */
    struct timeval second = {.tv_sec = 1};
    setsockopt(door, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    catch();
    say("serving");
    for (time_t until = 0; !until || time(NULL) < until;) {
        int line = accept(door, NULL, NULL);
        if (line >= 0) {
            answer(line);
            close(line);
        }
        if (is_ending && !until) {
            say("told to end");
            until = time(NULL) + atoi(told("LINGER"));
        }
    }
    say("ended");
    return 0;
}

static int put(const char *path, const char *text) {
    char other[256];
    snprintf(other, sizeof other, "%s.new", path);
    int file = open(other, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || write(file, text, strlen(text)) < 0 || fsync(file) || close(file)
        || rename(other, path)) {
        perror(path);
        return 1;
    }
    return 0;
}

static int wires(void) {
    const char *number = strrchr(told("NODE"), '-');
    char text[1024];
    snprintf(text, sizeof text,
        "{\"cniVersion\": \"0.4.0\", \"name\": \"worker\", \"plugins\": [\n"
        " {\"type\": \"bridge\", \"bridge\": \"pods\", \"isGateway\": true, \"hairpinMode\": true,\n"
        "  \"ipam\": {\"type\": \"host-local\", \"ranges\": [[{\"subnet\": \"10.244.%d.0/24\"}]],\n"
        "   \"routes\": [{\"dst\": \"0.0.0.0/0\"}]}}]}\n",
        number ? atoi(number + 1) : 0);
    catch();
    if (put(NETWORK, text)) return 1;
    say("the network is there");
    while (!is_ending) sleep(1);
    return 0;
}

int main(int count, char **words) {
    const char *verb = count > 1 ? words[1] : "";
    if (!strcmp(verb, "serve") && count == 3) return serve(atoi(words[2]));
    if (!strcmp(verb, "wires")) return wires();
    if (!strcmp(verb, "unready")) return put(UNREADY, "");
    if (!strcmp(verb, "ready")) return unlink(UNREADY) && errno != ENOENT;
    if (strcmp(verb, "say")) return 64;
    for (int place = 2; place < count; place++)
        printf("%s%s", words[place], place + 1 < count ? " " : "\n");
    return 0;
}

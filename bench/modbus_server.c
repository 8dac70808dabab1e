/* A Modbus TCP server in C for benchmarks: one thread, epoll, answers function 3 for any unit and address with a
   changing ramp. Usage: modbus_server PORT...; prints "ready", and at SIGTERM how many registers it gave. Built by
   bench/edge_modbus.py with cc -O2. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { BUFFER = 4096, ANSWER = 260 };
struct peer { int socket; int filled; uint8_t data[BUFFER]; };
static uint16_t ramp;
static unsigned long given;
static volatile sig_atomic_t stopped;

static void stop(int number) { (void)number; stopped = 1; }

static int answer(const uint8_t *ask, uint8_t *out) {
    int start = ask[8] << 8 | ask[9], count = ask[10] << 8 | ask[11];
    memcpy(out, ask, 4);
    out[6] = ask[6];
    if (ask[7] != 3 || count < 1 || count > 125) {
        out[4] = 0; out[5] = 3; out[7] = ask[7] | 0x80; out[8] = ask[7] != 3 ? 1 : 3;
        return 9;
    }
    int length = 3 + 2 * count;
    out[4] = length >> 8; out[5] = length & 255; out[7] = 3; out[8] = 2 * count;
    for (int i = 0; i < count; i++) {
        uint16_t value = (uint16_t)(start + i + (ramp >> 4)) % 5000;
        out[9 + 2 * i] = value >> 8; out[10 + 2 * i] = value & 255;
    }
    ramp++;
    given += count;
    return 9 + 2 * count;
}

static int serve(struct peer *p) {
    int got = (int)read(p->socket, p->data + p->filled, BUFFER - p->filled), used = 0, size = 0;
    static uint8_t out[BUFFER / 12 * ANSWER + ANSWER];
    if (got <= 0) return -1;
    p->filled += got;
    while (p->filled - used >= 12) {
        int length = 6 + (p->data[used + 4] << 8 | p->data[used + 5]);
        if (length != 12) return -1;
        size += answer(p->data + used, out + size);
        used += length;
    }
    memmove(p->data, p->data + used, p->filled - used);
    p->filled -= used;
    return size == 0 || write(p->socket, out, size) == size ? 0 : -1;
}

static int listening_on(int port) {
    int one = 1, listening = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(port)};
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listening, (struct sockaddr *)&where, sizeof where) || listen(listening, 1024)) { perror("bind"); exit(1); }
    return listening;
}

int main(int argc, char **argv) {
    int one = 1, poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN}, events[64];
    for (int i = 1; i < argc; i++) {
        struct peer *door = calloc(1, sizeof *door);
        door->socket = listening_on(atoi(argv[i]));
        door->filled = -1; /* a door, not a peer */
        event.data.ptr = door;
        epoll_ctl(poll, EPOLL_CTL_ADD, door->socket, &event);
    }
    struct sigaction at_end = {.sa_handler = stop}; /* no SA_RESTART: epoll_wait returns */
    sigaction(SIGTERM, &at_end, NULL);
    puts("ready"); fflush(stdout);
    while (!stopped) {
        int n = epoll_wait(poll, events, 64, -1);
        for (int i = 0; i < n; i++) {
            struct peer *p = events[i].data.ptr;
            if (p->filled < 0) {
                struct peer *fresh = calloc(1, sizeof *fresh);
                fresh->socket = accept(p->socket, NULL, NULL);
                setsockopt(fresh->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                event.data.ptr = fresh;
                epoll_ctl(poll, EPOLL_CTL_ADD, fresh->socket, &event);
            } else if (serve(p) < 0) {
                close(p->socket);
                free(p);
            }
        }
    }
    printf("%lu\n", given);
    return 0;
}

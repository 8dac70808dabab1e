/* What polling Modbus TCP costs in C: one thread, epoll, one question at a time on each connection, as fast as answers
   come. Each answer is checked as the edge checks it (transaction, protocol, length, unit, function, count), and each
   register divided by ten into a column of doubles; nothing is stored. Usage: modbus_poll SECONDS DEVICES TAGS PORT...
   with so many devices (units 1, 2, ...) behind each port; prints "TAGS WRONG SECONDS CPU_SECONDS" of what came after
   a quarter of a second to get going. Built by bench/c_limit.py with cc -O2. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { HEADER = 9, ROOM = 512, TAGS = 125 };
struct line { int socket, filled; uint16_t transaction; int unit; uint8_t data[ROOM]; };
static int devices, tags;
static double *column;
static long long taken, wrong;

static double wall_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static double cpu_s(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void ask(struct line *l) {
    l->transaction++;
    l->unit = l->unit % devices + 1;
    uint8_t question[12] = {l->transaction >> 8, l->transaction & 255, 0, 0, 0, 6, l->unit, 3, 0, 0, tags >> 8, tags & 255};
    if (write(l->socket, question, sizeof question) != sizeof question) { perror("write"); exit(1); }
}

/* The answer that is whole in the buffer; 0: not what was asked. */
static int take(const struct line *l) {
    const uint8_t *a = l->data;
    if ((a[0] << 8 | a[1]) != l->transaction || a[2] || a[3] || (a[4] << 8 | a[5]) != 3 + 2 * tags || a[6] != l->unit ||
        a[7] != 3 || a[8] != 2 * tags)
        return 0;
    for (int i = 0; i < tags; i++) column[i] = (a[HEADER + 2 * i] << 8 | a[HEADER + 2 * i + 1]) / 10.0;
    return 1;
}

static void hear(struct line *l) {
    int got = (int)read(l->socket, l->data + l->filled, ROOM - l->filled), size = HEADER + 2 * tags;
    if (got <= 0) { fputs("the server hung up\n", stderr); exit(1); }
    l->filled += got;
    if (l->filled < size) return;
    if (l->filled == size && take(l)) taken += tags; else wrong++;
    l->filled = 0;
    ask(l);
}

int main(int argc, char **argv) {
    if (argc < 5) { fputs("usage: modbus_poll SECONDS DEVICES TAGS PORT...\n", stderr); return 2; }
    double seconds = atof(argv[1]), from_s = 0, from_cpu_s = 0;
    devices = atoi(argv[2]); tags = atoi(argv[3]);
    if (devices < 1 || devices > 247 || tags < 1 || tags > TAGS) { fputs("1-247 devices, 1-125 tags\n", stderr); return 2; }
    column = calloc(tags, sizeof *column);
    int one = 1, poll = epoll_create1(0);
    for (int i = 4; i < argc; i++) {
        struct line *l = calloc(1, sizeof *l);
        struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[i]))};
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = l};
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        l->socket = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(l->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (connect(l->socket, (struct sockaddr *)&where, sizeof where)) { perror("connect"); return 1; }
        epoll_ctl(poll, EPOLL_CTL_ADD, l->socket, &event);
        ask(l);
    }
    double end_s = wall_s() + 0.25;
    for (;;) {
        struct epoll_event events[64];
        int n = epoll_wait(poll, events, 64, 1000);
        if (n == 0) { fputs("no answer within a second\n", stderr); return 1; }
        for (int i = 0; i < n; i++) hear(events[i].data.ptr);
        if (wall_s() < end_s) continue;
        if (from_s) break;
        from_s = wall_s(); from_cpu_s = cpu_s(); end_s = from_s + seconds;
        taken = 0;
    }
    printf("%lld %lld %.6f %.6f\n", taken, wrong, wall_s() - from_s, cpu_s() - from_cpu_s);
    return 0;
}

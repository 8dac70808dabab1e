/* A Modbus device on libmodbus for the tests of peers, on a TCP port or on a serial line.
   Usage: modbus_device tcp PORT (0: a free one); modbus_device rtu DEVICE BAUD UNIT (8N1).
   Prints "ready WHERE", then a line for each question ("asked FUNCTION ADDRESS COUNT") and for each coil or register
   that it holds after a write ("holds coil|register ADDRESS VALUE"). */
#include <errno.h>
#include <modbus/modbus.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BITS = 2100, REGISTERS = 300, FLOATS = 200 };

static modbus_mapping_t *memory(void) {
    modbus_mapping_t *map = modbus_mapping_new(BITS, BITS, REGISTERS, REGISTERS);
    if (map == NULL) exit(1);
    for (int i = 0; i < BITS; i++) {
        map->tab_bits[i] = i % 3 == 0;
        map->tab_input_bits[i] = i % 5 == 0;
    }
    for (int i = 0; i < REGISTERS; i++) {
        map->tab_registers[i] = (uint16_t)(1000 + 7 * i);
        map->tab_input_registers[i] = (uint16_t)(50000 + 101 * i);
    }
    /* -12.375 is C1460000. The words are set here, and not by modbus_set_float_abcd and its like: those of 3.1 swap
       the bytes within each word (libmodbus issue 611). */
    static const uint16_t words[] = {0xC146, 0x0000, 0x0000, 0xC146, 0x46C1, 0x0000, 0x0000, 0x46C1};
    memcpy(map->tab_registers + FLOATS, words, sizeof words);
    uint32_t whole = (uint32_t)-123456789;
    map->tab_registers[FLOATS + 8] = (uint16_t)(whole >> 16);
    map->tab_registers[FLOATS + 9] = (uint16_t)whole;
    return map;
}

static void tell(const modbus_mapping_t *map, const uint8_t *question, int header) {
    int function = question[header], address = question[header + 1] << 8 | question[header + 2];
    int count = function == 5 || function == 6 ? 1 : question[header + 3] << 8 | question[header + 4];
    printf("asked %d %d %d\n", function, address, count);
    for (int i = address; i < address + count; i++) {
        if ((function == 5 || function == 15) && i < BITS) printf("holds coil %d %d\n", i, map->tab_bits[i]);
        if ((function == 6 || function == 16) && i < REGISTERS) printf("holds register %d %d\n", i, map->tab_registers[i]);
    }
    fflush(stdout);
}

/* One question of whoever is on the context's line; -1: they are gone. */
static int serve(modbus_t *line, modbus_mapping_t *map) {
    uint8_t question[MODBUS_TCP_MAX_ADU_LENGTH];
    int length = modbus_receive(line, question);
    if (length < 0) return -1;
    if (length == 0) return 0; /* for another unit */
    if (modbus_reply(line, question, length, map) < 0) return -1;
    tell(map, question, modbus_get_header_length(line));
    return 0;
}

static int on_tcp(int port, modbus_mapping_t *map) {
    modbus_t *line = modbus_new_tcp("127.0.0.1", port);
    struct sockaddr_in where;
    socklen_t size = sizeof where;
    int door = modbus_tcp_listen(line, 8);
    fd_set all;
    if (door < 0 || getsockname(door, (struct sockaddr *)&where, &size)) { perror("listen"); return 1; }
    printf("ready %d\n", ntohs(where.sin_port)); fflush(stdout);
    FD_ZERO(&all); FD_SET(door, &all);
    for (;;) {
        fd_set some = all;
        if (select(FD_SETSIZE, &some, NULL, NULL, NULL) < 0) { perror("select"); return 1; }
        for (int fd = 0; fd < FD_SETSIZE; fd++) {
            if (!FD_ISSET(fd, &some)) continue;
            if (fd == door) {
                int fresh = accept(door, NULL, NULL);
                if (fresh >= 0) FD_SET(fresh, &all);
                continue;
            }
            modbus_set_socket(line, fd);
            if (serve(line, map) < 0) { close(fd); FD_CLR(fd, &all); }
        }
    }
}

static int on_rtu(const char *device, int baud, int unit, modbus_mapping_t *map) {
    modbus_t *line = modbus_new_rtu(device, baud, 'N', 8, 1);
    if (line == NULL || modbus_set_slave(line, unit) || modbus_connect(line)) {
        fprintf(stderr, "%s: %s\n", device, modbus_strerror(errno));
        return 1;
    }
    printf("ready %s\n", device); fflush(stdout);
    for (;;) serve(line, map); /* what is no question for this unit is passed over */
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "tcp") == 0) return on_tcp(atoi(argv[2]), memory());
    if (argc == 5 && strcmp(argv[1], "rtu") == 0) return on_rtu(argv[2], atoi(argv[3]), atoi(argv[4]), memory());
    fputs("usage: modbus_device tcp PORT | rtu DEVICE BAUD UNIT\n", stderr);
    return 2;
}

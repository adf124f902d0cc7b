/*
 * The way to the Nitro security module: what comes in on standard input goes to /dev/nsm, what the device
 * answers goes out on standard output. It holds no key and parses nothing; a device that hangs holds up this
 * process only.
 *
 *   request:  u32 length, bytes                  (big-endian, at most 4096)
 *   answer:   u32 errno, u32 length, bytes       (length 0 where errno is not 0)
 *
 * Built with the image: cc -O2 -Wall -Wextra -Werror -static -o nsm-helper nsm-helper.c
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* drivers/misc/nsm.c: struct nsm_raw, request 0 of magic 0x0A */
struct nsm_raw {
    uint64_t request;
    uint64_t request_length;
    uint64_t response;
    uint64_t response_length;
};
#define NSM_IOCTL_RAW _IOWR(0x0A, 0x0, struct nsm_raw)
#define MOST_REQUEST 0x1000
#define MOST_RESPONSE 0x3000

static int read_all(uint8_t *to, size_t size)
{
    while (size > 0) {
        ssize_t got = read(0, to, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return 0;
        to += got;
        size -= (size_t)got;
    }
    return 1;
}

static int write_all(const uint8_t *from, size_t size)
{
    while (size > 0) {
        ssize_t put = write(1, from, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return 0;
        from += put;
        size -= (size_t)put;
    }
    return 1;
}

static void put_u32(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 24);
    to[1] = (uint8_t)(value >> 16);
    to[2] = (uint8_t)(value >> 8);
    to[3] = (uint8_t)value;
}

static uint32_t get_u32(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

int main(void)
{
    static uint8_t request[MOST_REQUEST];
    static uint8_t answer[8 + MOST_RESPONSE];
    int device = open("/dev/nsm", O_RDWR | O_CLOEXEC);

    if (device < 0)
        return 2;
    for (;;) {
        uint8_t head[4];
        struct nsm_raw raw;
        uint32_t failed = 0;

        if (!read_all(head, sizeof head))
            return 0;
        if (get_u32(head) > MOST_REQUEST || !read_all(request, get_u32(head)))
            return 3;
        raw.request = (uint64_t)(uintptr_t)request;
        raw.request_length = get_u32(head);
        raw.response = (uint64_t)(uintptr_t)(answer + 8);
        raw.response_length = MOST_RESPONSE;
        if (ioctl(device, NSM_IOCTL_RAW, &raw) != 0)
            failed = (uint32_t)errno;
        else if (raw.response_length >= MOST_RESPONSE)
            failed = EMSGSIZE; /* the driver cuts a longer answer off without a word */
        put_u32(answer, failed);
        put_u32(answer + 4, failed ? 0 : (uint32_t)raw.response_length);
        if (!write_all(answer, 8 + get_u32(answer + 4)))
            return 4;
    }
}

/*
 * The kernel's side of two report devices, to be loaded in front of the C library: configfs-tsm
 * (drivers/virt/coco/guest/report.c) below the folder $FAKE_TSM, and the Nitro security module
 * (drivers/misc/nsm.c) at /dev/nsm. What they do is told by files in the folder $FAKE_STATE:
 *
 *   provider, blob, offset, auxblob   the TSM provider, its report, where the input goes into it, certificates
 *   response                          what the security module answers
 *   errors                            one errno a line, one for each report asked for; 0 is none
 *   lost                              as many input blobs as it has bytes are not applied
 *   sleep                             milliseconds that each report takes
 *
 * It leaves behind `requests`, the bytes that came in.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define MOST 65536

static int nsm = -1;

static int under_tsm(const char *path, const char *attribute)
{
    const char *root = getenv("FAKE_TSM"), *end = strrchr(path, '/');
    return root && end && !strncmp(path, root, strlen(root)) && path[strlen(root)] == '/' &&
           (!attribute || !strcmp(end + 1, attribute));
}

static size_t load(const char *folder, const char *name, void *to, size_t most)
{
    char path[PATH_MAX];
    ssize_t size;
    int file;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if ((file = REAL(open)(path, O_RDONLY)) < 0)
        return 0;
    size = read(file, to, most);
    close(file);
    return size < 0 ? 0 : (size_t)size;
}

static void store(const char *folder, const char *name, const void *from, size_t size, int flags)
{
    char path[PATH_MAX];
    int file;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if ((file = REAL(open)(path, O_WRONLY | O_CREAT | flags, 0600)) < 0)
        return;
    if (REAL(write)(file, from, size) != (ssize_t)size)
        abort();
    close(file);
}

static const char *state(void)
{
    return getenv("FAKE_STATE");
}

/* Takes the first line of `errors`. */
static int next_error(void)
{
    char lines[4096] = "", *rest;
    size_t size = load(state(), "errors", lines, sizeof lines - 1);
    int first = (int)strtol(lines, &rest, 10);
    if (size == 0)
        return 0;
    if (*rest == '\n')
        rest++;
    store(state(), "errors", rest, strlen(rest), O_TRUNC);
    return first;
}

static void pause_as_told(void)
{
    char text[16] = "";
    if (load(state(), "sleep", text, sizeof text - 1))
        usleep((useconds_t)atoi(text) * 1000);
}

int mkdir(const char *path, mode_t mode)
{
    char provider[64], none[1];
    uint8_t *aux;
    size_t size;
    int result = REAL(mkdir)(path, mode);
    if (result != 0 || !under_tsm(path, NULL))
        return result;
    size = load(state(), "provider", provider, sizeof provider);
    if (size == 0) {
        REAL(rmdir)(path);
        errno = ENXIO;
        return -1;
    }
    store(path, "provider", provider, size, 0);
    store(path, "generation", "0\n", 2, 0);
    store(path, "inblob", none, 0, 0);
    store(path, "outblob", none, 0, 0);
    aux = malloc(MOST);
    if ((size = load(state(), "auxblob", aux, MOST)) > 0)
        store(path, "auxblob", aux, size, 0);
    free(aux);
    return 0;
}

int rmdir(const char *path)
{
    static const char *attributes[] = {"provider", "generation", "inblob", "outblob", "auxblob"};
    char name[PATH_MAX];
    size_t index;
    for (index = 0; under_tsm(path, NULL) && index < sizeof attributes / sizeof *attributes; index++) {
        snprintf(name, sizeof name, "%s/%s", path, attributes[index]);
        unlink(name);
    }
    return REAL(rmdir)(path);
}

/* The input is applied, as the kernel does at close, and nobody is told if that fails. */
ssize_t write(int file, const void *from, size_t size)
{
    char link[64], path[PATH_MAX] = "", text[32] = "", lost[64];
    size_t losing;
    ssize_t written = REAL(write)(file, from, size);
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (written < 0 || readlink(link, path, sizeof path - 1) < 0 || !under_tsm(path, "inblob"))
        return written;
    *strrchr(path, '/') = 0;
    if ((losing = load(state(), "lost", lost, sizeof lost)) > 0) {
        store(state(), "lost", lost, losing - 1, O_TRUNC);
        return written;
    }
    store(state(), "requests", from, size, O_APPEND);
    load(path, "generation", text, sizeof text - 1);
    snprintf(text, sizeof text, "%ld\n", atol(text) + 1);
    store(path, "generation", text, strlen(text), O_TRUNC);
    return written;
}

static int make_report(const char *attribute)
{
    char folder[PATH_MAX], text[16] = "";
    uint8_t *blob = malloc(MOST), input[64];
    size_t size, given;
    int failed = next_error();
    pause_as_told();
    snprintf(folder, sizeof folder, "%s", attribute);
    *strrchr(folder, '/') = 0;
    given = load(folder, "inblob", input, sizeof input);
    if (!failed && given == 0)
        failed = EINVAL;
    size = load(state(), "blob", blob, MOST);
    load(state(), "offset", text, sizeof text - 1);
    if (!failed) {
        memcpy(blob + atoi(text), input, given);
        store(folder, "outblob", blob, size, O_TRUNC);
    }
    free(blob);
    errno = failed;
    return failed ? -1 : 0;
}

static int open_any(const char *path, int flags, mode_t mode)
{
    if (!strcmp(path, "/dev/nsm") && state())
        return nsm = REAL(open)("/dev/null", flags);
    if (under_tsm(path, "outblob") && (flags & O_ACCMODE) == O_RDONLY && make_report(path) != 0)
        return -1;
    return REAL(open)(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    mode_t mode;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
    return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    mode_t mode;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
    return open_any(path, flags, mode);
}

int ioctl(int file, unsigned long number, ...)
{
    struct {
        uint64_t request, request_length, response, response_length;
    } *raw;
    uint8_t *answer;
    size_t size;
    va_list rest;
    va_start(rest, number);
    raw = va_arg(rest, void *);
    va_end(rest);
    if (file != nsm || nsm < 0)
        return REAL(ioctl)(file, number, raw);
    if (number != 0xC0200A00) {
        errno = ENOTTY;
        return -1;
    }
    if (raw->request_length > 0x1000) {
        errno = EMSGSIZE;
        return -1;
    }
    store(state(), "requests", (void *)(uintptr_t)raw->request, raw->request_length, O_APPEND);
    pause_as_told();
    if ((errno = next_error()) != 0)
        return -1;
    answer = malloc(MOST);
    size = load(state(), "response", answer, MOST);
    if (size < raw->response_length)
        raw->response_length = size;
    memcpy((void *)(uintptr_t)raw->response, answer, raw->response_length);
    free(answer);
    return 0;
}

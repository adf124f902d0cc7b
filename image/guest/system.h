/*
 * What init needs of Linux on x86-64, and nothing of a C library: the same compiler gives the same bytes,
 * whatever library is installed beside it.
 */
#ifndef WAXSEAL_SYSTEM_H
#define WAXSEAL_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

enum {
    SYS_read = 0,
    SYS_write = 1,
    SYS_open = 2,
    SYS_close = 3,
    SYS_ioctl = 16,
    SYS_nanosleep = 35,
    SYS_socket = 41,
    SYS_connect = 42,
    SYS_fork = 57,
    SYS_execve = 59,
    SYS_wait4 = 61,
    SYS_chdir = 80,
    SYS_mkdir = 83,
    SYS_chown = 92,
    SYS_dup2 = 33,
    SYS_setgroups = 116,
    SYS_setresuid = 117,
    SYS_setresgid = 119,
    SYS_prctl = 157,
    SYS_setrlimit = 160,
    SYS_sync = 162,
    SYS_mount = 165,
    SYS_reboot = 169,
    SYS_finit_module = 313,
};

static inline long call(long number, long a, long b, long c, long d, long e)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}

/* Fewer arguments, and pointers as they are. */
#define call0(number) call(number, 0, 0, 0, 0, 0)
#define call1(number, a) call(number, (long)(a), 0, 0, 0, 0)
#define call2(number, a, b) call(number, (long)(a), (long)(b), 0, 0, 0)
#define call3(number, a, b, c) call(number, (long)(a), (long)(b), (long)(c), 0, 0)
#define call5(number, a, b, c, d, e) call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

enum { O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2 };
enum { EEXIST = 17 };
enum { MS_RDONLY = 1, MS_NOSUID = 2, MS_NODEV = 4, MS_NOEXEC = 8, MS_REMOUNT = 32 };
enum { PR_CAPBSET_DROP = 24, PR_SET_NO_NEW_PRIVS = 38 };
enum { RLIMIT_CORE = 4 };
enum { AF_INET = 2, AF_VSOCK = 40, SOCK_STREAM = 1, SOCK_DGRAM = 2 };
enum { SIOCSIFADDR = 0x8916, SIOCSIFNETMASK = 0x891c, SIOCGIFFLAGS = 0x8913, SIOCSIFFLAGS = 0x8914, IFF_UP = 1 };
enum { REBOOT_MAGIC1 = 0xfee1dead, REBOOT_MAGIC2 = 672274793, REBOOT_POWER_OFF = 0x4321fedc };

static size_t length(const char *text)
{
    size_t n = 0;
    while (text[n] != 0)
        n++;
    return n;
}

static int same(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (a[i] != b[i])
            return 0;
    return 1;
}

static void say(const char *text)
{
    call3(SYS_write, 2, text, length(text));
}

static void wait_ms(long ms)
{
    long time[2] = {ms / 1000, ms % 1000 * 1000000};
    call2(SYS_nanosleep, time, 0);
}

#endif

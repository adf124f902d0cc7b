/*
 * The first process of the guest, and its only root process. It starts one program, and turns the machine off
 * when anything is not as it was built, or when that program ends. There is no shell to fall back to, and
 * nothing to log in to.
 *
 * Built by image/init.ts, which writes command-lines.h.
 */
#include "system.h"

#include "command-lines.h"

enum { SERVER_UID = 1000 };

static __attribute__((noreturn)) void power_off(const char *why, const char *what)
{
    say("waxseal-init: ");
    say(why);
    say(what);
    say("\n");
    call0(SYS_sync);
    /* The console is slower than the end. */
    wait_ms(500);
    call3(SYS_reboot, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_POWER_OFF);
    for (;;)
        wait_ms(1000);
}

static void mount(const char *type, const char *at, long flags, const char *options)
{
    call2(SYS_mkdir, at, 0755);
    if (call5(SYS_mount, type, at, type, flags, options) < 0)
        power_off("cannot mount ", at);
}

/*
 * The line that the kernel was started with must be one of those that this image was built for, to the last
 * byte: on some platforms the measurement does not tell where the line ends and the files begin.
 */
static enum platform check_command_line(void)
{
    char line[2048];
    long file = call2(SYS_open, "/proc/cmdline", O_RDONLY);
    long size = file < 0 ? file : call3(SYS_read, file, line, sizeof line);
    call1(SYS_close, file);
    if (size > 0 && line[size - 1] == '\n')
        size--;
    for (size_t i = 0; i < sizeof command_lines / sizeof command_lines[0]; i++) {
        long expected = (long)length(command_lines[i].line);
        /* The kernel's own EFI loader adds this. */
        long suffix = (long)length(" initrd=initrd");
        if (size < expected || !same(line, command_lines[i].line, (size_t)expected))
            continue;
        if (size == expected ||
            (size == expected + suffix && same(line + expected, " initrd=initrd", (size_t)suffix)))
            return command_lines[i].platform;
    }
    power_off("this command line is not the one that was built in", "");
}

static void load(const char *module)
{
    long file = call2(SYS_open, module, O_RDONLY);
    long result = file < 0 ? file : call3(SYS_finit_module, file, "", 0);
    if (result < 0 && result != -EEXIST)
        power_off("cannot load ", module);
    call1(SYS_close, file);
}

static void load_modules(enum platform platform)
{
    static const char *const every[] = {"failover", "net_failover", "virtio_net", "virtio-rng", "virtio_blk", 0};
    static const char *const snp[] = {"configfs", "tsm", "sev-guest", 0};
    static const char *const tdx[] = {"configfs", "tsm", "tdx-guest", 0};
    static const char *const nitro[] = {"virtio_mmio", "vsock", "vmw_vsock_virtio_transport_common",
                                        "vmw_vsock_virtio_transport", "nsm", 0};
    static const char *const none[] = {0};
    const char *const *own = platform == SEV_SNP ? snp
                             : platform == TDX   ? tdx
                             : platform == NITRO ? nitro
                                                 : none;
    const char *const *lists[] = {every, own};
    for (size_t list = 0; list < 2; list++)
        for (size_t i = 0; lists[list][i] != 0; i++) {
            char path[80] = "/modules/";
            size_t at = length(path);
            for (const char *c = lists[list][i]; *c != 0; c++)
                path[at++] = *c;
            for (const char *c = ".ko"; *c != 0; c++)
                path[at++] = *c;
            load(path);
        }
}

static void set(const char *path, const char *value)
{
    long file = call2(SYS_open, path, O_WRONLY);
    if (file < 0 || call3(SYS_write, file, value, length(value)) < 0)
        power_off("cannot set ", path);
    call1(SYS_close, file);
}

/* After this nothing can be added to the kernel, nobody can look into a process, and no other kernel can be started. */
static void close_kernel(void)
{
    set("/proc/sys/kernel/modules_disabled", "1");
    set("/proc/sys/kernel/kexec_load_disabled", "1");
    set("/proc/sys/kernel/yama/ptrace_scope", "3");
    set("/proc/sys/kernel/sysrq", "0");
    set("/proc/sys/kernel/dmesg_restrict", "1");
    set("/proc/sys/kernel/kptr_restrict", "2");
    set("/proc/sys/kernel/perf_event_paranoid", "3");
    set("/proc/sys/kernel/io_uring_disabled", "2");
    set("/proc/sys/kernel/unprivileged_bpf_disabled", "1");
    set("/proc/sys/user/max_user_namespaces", "0");
    set("/proc/sys/fs/suid_dumpable", "0");
}

struct address {
    uint16_t family, port;
    uint8_t ip[4];
    uint8_t zero[8];
};

struct request {
    char name[16];
    union {
        struct address address;
        int16_t flags;
        uint8_t space[24];
    };
};

static void bring_up(const char *name, const uint8_t ip[4], const uint8_t mask[4])
{
    long socket = call3(SYS_socket, AF_INET, SOCK_DGRAM, 0);
    struct request request = {0};
    for (size_t i = 0; name[i] != 0; i++)
        request.name[i] = name[i];
    /* The device is there a moment after its driver. */
    for (int tries = 0; call3(SYS_ioctl, socket, SIOCGIFFLAGS, &request) < 0; tries++) {
        if (tries == 100)
            power_off("there is no network device ", name);
        wait_ms(50);
    }
    int16_t flags = request.flags;
    const uint8_t *values[] = {ip, mask};
    const long orders[] = {SIOCSIFADDR, SIOCSIFNETMASK};
    for (size_t i = 0; i < 2; i++) {
        request.address = (struct address){.family = AF_INET};
        for (size_t byte = 0; byte < 4; byte++)
            request.address.ip[byte] = values[i][byte];
        if (call3(SYS_ioctl, socket, orders[i], &request) < 0)
            power_off("cannot set the address of ", name);
    }
    request.flags = (int16_t)(flags | IFF_UP);
    if (call3(SYS_ioctl, socket, SIOCSIFFLAGS, &request) < 0)
        power_off("cannot bring up ", name);
    call1(SYS_close, socket);
}

/* A host reaches the guest on its own link; there is no route to anywhere else. */
static void start_network(void)
{
    static const uint8_t loopback[] = {127, 0, 0, 1}, loopback_mask[] = {255, 0, 0, 0};
    static const uint8_t guest[] = {10, 0, 2, 15}, guest_mask[] = {255, 255, 255, 0};
    bring_up("lo", loopback, loopback_mask);
    bring_up("eth0", guest, guest_mask);
}

static void give(const char *path)
{
    if (call3(SYS_chown, path, SERVER_UID, SERVER_UID) < 0)
        power_off("there is no ", path);
}

/* An enclave of Nitro has to say that it is alive, or it is ended. */
static void say_alive(void)
{
    struct {
        uint16_t family, reserved;
        uint32_t port, cid;
        uint8_t zero[4];
    } parent = {.family = AF_VSOCK, .port = 9000, .cid = 3};
    uint8_t beat = 0xb7, back = 0;
    long socket = call3(SYS_socket, AF_VSOCK, SOCK_STREAM, 0);
    if (socket < 0 || call3(SYS_connect, socket, &parent, sizeof parent) < 0 ||
        call3(SYS_write, socket, &beat, 1) != 1 || call3(SYS_read, socket, &back, 1) != 1 || back != beat)
        power_off("the parent of this enclave does not answer", "");
    call1(SYS_close, socket);
}

/* The server may ask for reports; it may not make entries of its own, so there is one for it. */
static void open_reports(enum platform platform)
{
    if (platform == SEV_SNP || platform == TDX) {
        mount("configfs", "/sys/kernel/config", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
        if (call2(SYS_mkdir, "/sys/kernel/config/tsm/report/waxseal", 0755) < 0)
            power_off("the kernel gives no reports", "");
        give("/sys/kernel/config/tsm/report/waxseal/inblob");
    }
    if (platform == NITRO) {
        give("/dev/nsm");
        say_alive();
    }
    /* A model that is too large for the archive lies on a disk of its own. */
    call3(SYS_chown, "/dev/vda", SERVER_UID, SERVER_UID);
}

static __attribute__((noreturn)) void run_server(void)
{
    static const uint64_t no_core[2] = {0, 0};
    long null = call2(SYS_open, "/dev/null", O_RDONLY);
    call2(SYS_dup2, null, 0);
    call2(SYS_setrlimit, RLIMIT_CORE, no_core);
    for (long capability = 0; call2(SYS_prctl, PR_CAPBSET_DROP, capability) >= 0; capability++)
        continue;
    if (call2(SYS_setgroups, 0, 0) < 0 || call3(SYS_setresgid, SERVER_UID, SERVER_UID, SERVER_UID) < 0 ||
        call3(SYS_setresuid, SERVER_UID, SERVER_UID, SERVER_UID) < 0 ||
        call5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        power_off("cannot become another user", "");
    static const char *const arguments[] = {SERVER_ARGUMENTS, 0};
    static const char *const environment[] = {0};
    call3(SYS_execve, arguments[0], arguments, environment);
    power_off("cannot start ", arguments[0]);
}

__attribute__((used)) static void start(void)
{
    mount("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=2");
    enum platform platform = check_command_line();
    mount("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
    mount("devtmpfs", "/dev", MS_NOSUID | MS_NOEXEC, "");
    /* Copies of the models, which the server has hashed while it read them. */
    mount("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=100%");
    load_modules(platform);
    close_kernel();
    open_reports(platform);
    start_network();
    if (call5(SYS_mount, "", "/", "", MS_REMOUNT | MS_RDONLY, "") < 0)
        power_off("cannot make the files read-only", "");
    long server = call0(SYS_fork);
    if (server == 0)
        run_server();
    if (server < 0)
        power_off("cannot start a process", "");
    /* Orphans of the server become children of this process; it waits for all of them. */
    for (;;) {
        long ended = call5(SYS_wait4, -1, 0, 0, 0, 0);
        if (ended == server || ended < 0)
            power_off("the server has ended", "");
    }
}

__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tand $-16, %rsp\n\tcall start\n");

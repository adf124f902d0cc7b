/*
 * Starts a program that can compute, read files and talk over what it was given, and nothing else: it writes no
 * file and opens no device for writing but /dev/null (so it asks for no hardware report), changes nobody's rights to a
 * file, makes no socket, sees into no process but its own and signals none, and where it was root it is root without
 * any right of root's. llama.cpp reads texts from strangers; should one of them take it over, this is what they have
 * got.
 *
 *   confine PROGRAM ARGUMENTS…
 *
 * It ends with 1 where the kernel cannot keep all of that: Linux 5.13 with Landlock, x86-64.
 * Built with the image: cc -O2 -Wall -Wextra -Werror -static -o confine confine.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of kernels that are newer than the headers. */
#define RIGHT_REFER (1ULL << 13)
#define RIGHT_TRUNCATE (1ULL << 14)
#define RIGHT_IOCTL_DEV (1ULL << 15)
#define TCP_BIND_AND_CONNECT 3ULL
#define SCOPE_SOCKETS_AND_SIGNALS 3ULL
#define CLONE_NEW 0x7e020080U
#define FCHMODAT2 452

struct rules {
    uint64_t files;
    uint64_t net;
    uint64_t scoped;
};

/* llama.cpp's library starts a process once, to see whether its binary loads, and gives it this to write to. */
static int allow_null(long set)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE};
    rule.parent_fd = open("/dev/null", O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return 0;
    int done = syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    close(rule.parent_fd);
    return done;
}

/* Nothing else allows any of these anywhere. That a process cannot trace those outside of it comes with it. */
static int close_files(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return 0;
    struct rules rules = {
        .files = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                 LANDLOCK_ACCESS_FS_MAKE_SYM,
    };
    if (version >= 2)
        rules.files |= RIGHT_REFER;
    if (version >= 3)
        rules.files |= RIGHT_TRUNCATE;
    if (version >= 5)
        rules.files |= RIGHT_IOCTL_DEV;
    if (version >= 4)
        rules.net = TCP_BIND_AND_CONNECT;
    if (version >= 6)
        rules.scoped = SCOPE_SOCKETS_AND_SIGNALS;
    size_t size = version >= 6 ? sizeof rules : version >= 4 ? offsetof(struct rules, scoped) : sizeof rules.files;
    long set = syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    return set >= 0 && allow_null(set) && syscall(SYS_landlock_restrict_self, set, 0) == 0 && close((int)set) == 0;
}

/*
 * With PR_SET_NO_NEW_PRIVS no program that is started later has more than this, whoever it belongs to. Who has none
 * does not ask: a service manager may have forbidden the question.
 */
static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3], none[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(SYS_capget, &header, held) != 0)
        return 0;
    return memcmp(held, none, sizeof none) == 0 || syscall(SYS_capset, &header, none) == 0;
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, skip)
#define REFUSE(with) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (with))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define NEVER(call) IS(SYS_##call, 1), REFUSE(EPERM)
/* glibc and libuv do without these where they are told that there are none. */
#define MISSING(call) IS(SYS_##call, 1), REFUSE(ENOSYS)
/* Its first argument is this process; 0, which stands for all of its group, is not. */
#define OWN(call, pid) IS(SYS_##call, 4), LOAD(args[0]), IS(pid, 1), ALLOW, REFUSE(EPERM)

static int close_calls(void)
{
    uint32_t self = (uint32_t)getpid();
    struct sock_filter filter[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        /* The second table of numbers on this architecture, x32. */
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        NEVER(socket),
        MISSING(io_uring_setup),
        MISSING(clone3),
        MISSING(openat2),
        NEVER(ptrace),
        NEVER(process_vm_readv),
        NEVER(process_vm_writev),
        NEVER(process_madvise),
        NEVER(pidfd_open),
        NEVER(pidfd_getfd),
        NEVER(pidfd_send_signal),
        NEVER(rt_sigqueueinfo),
        NEVER(rt_tgsigqueueinfo),
        NEVER(tkill),
        NEVER(open_by_handle_at),
        /* Landlock leaves these alone. */
        NEVER(chmod),
        NEVER(fchmod),
        NEVER(fchmodat),
        IS(FCHMODAT2, 1),
        REFUSE(EPERM),
        NEVER(chown),
        NEVER(fchown),
        NEVER(lchown),
        NEVER(fchownat),
        NEVER(setxattr),
        NEVER(lsetxattr),
        NEVER(fsetxattr),
        NEVER(utime),
        NEVER(utimes),
        NEVER(futimesat),
        NEVER(utimensat),
        NEVER(unshare),
        NEVER(setns),
        NEVER(mount),
        NEVER(bpf),
        NEVER(perf_event_open),
        NEVER(userfaultfd),
        NEVER(keyctl),
        NEVER(add_key),
        NEVER(request_key),
        /* New namespaces would be new ground to stand on. */
        IS(SYS_clone, 4),
        LOAD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_NEW, 0, 1),
        REFUSE(EPERM),
        ALLOW,
        OWN(kill, self),
        OWN(tgkill, self),
        /* By its own number or by 0, which here means the same. */
        IS(SYS_prlimit64, 6),
        LOAD(args[0]),
        IS(self, 1),
        ALLOW,
        IS(0, 1),
        ALLOW,
        REFUSE(EPERM),
        ALLOW,
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

int main(int count, char **arguments)
{
    if (count < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !drop_capabilities() || !close_files() ||
        !close_calls())
        return 1;
    execv(arguments[1], arguments + 1);
    return 1;
}

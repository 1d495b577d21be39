#include "fault.h"
#include <arpa/inet.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

// A connection that nobody answers, given up after a while.
static void reach_out(void) {
  int stream = socket(AF_INET, SOCK_STREAM, 0);
  struct timeval patience = {0, 400000};
  setsockopt(stream, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(443)};
  inet_pton(AF_INET, "192.0.2.7", &address.sin_addr);
  tell("connect", connect(stream, (struct sockaddr *)&address, sizeof address));
  close(stream);
}

static int install(unsigned flags, struct sock_filter *code, unsigned short length) {
  struct sock_fprog program = {length, code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static int own_listener(int argc, char **argv) {
  (void)argc, (void)argv;
  struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  tell("listener", install(SECCOMP_FILTER_FLAG_NEW_LISTENER, allow, 1));
  reach_out();
  return 0;
}

// A filter of its own that refuses connections and lets the rest through, as sandboxes have it.
static int own_filter(int argc, char **argv) {
  (void)argc, (void)argv;
  struct sock_filter refuse[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_connect, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  tell("filter", install(0, refuse, 4));
  reach_out();
  write_file("/tmp/filtered", "x");
  return 0;
}

static int not_dumpable(int argc, char **argv) {
  (void)argc, (void)argv;
  tell("not dumpable", prctl(PR_SET_DUMPABLE, 0));
  write_file("/tmp/unseen", "x");
  reach_out();
  return 0;
}

static int close_everything(int argc, char **argv) {
  (void)argc, (void)argv;
  syscall(SYS_close_range, 0, ~0U, 0);
  int file = open("/tmp/closed", O_WRONLY | O_CREAT, 0644);
  return file == 0 ? 0 : 1; // the first free number
}

static int who(int argc, char **argv) {
  (void)argc, (void)argv;
  uid_t real, effective, saved;
  getresuid(&real, &effective, &saved);
  say("%s", real == effective && effective == saved && real != 0 ? "no other user" : "another user");
  return real == effective && real != 0 ? 0 : 1;
}

static int io_uring(int argc, char **argv) {
  (void)argc, (void)argv;
  char parameters[120] = {0};
  tell("io_uring_setup", syscall(SYS_io_uring_setup, 8, parameters));
  return 0;
}

static int change_clock(int argc, char **argv) {
  (void)argc, (void)argv;
  struct timespec past = {1000000000, 0};
  struct timeval also = {1000000000, 0};
  tell("clock_settime", clock_settime(CLOCK_REALTIME, &past));
  tell("settimeofday", settimeofday(&also, NULL));
  return 0;
}

static int trace_self(int argc, char **argv) {
  (void)argc, (void)argv;
  pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0) {
      tell("trace me", -1);
      _exit(0);
    }
    raise(SIGSTOP);
    write_file("/tmp/traced", "x");
    reach_out();
    _exit(5);
  }
  int status, stops = 0;
  while (waitpid(child, &status, 0) == child && !WIFEXITED(status) && !WIFSIGNALED(status)) {
    stops++;
    int number = WSTOPSIG(status);
    ptrace(PTRACE_SYSCALL, child, 0, number == SIGTRAP || number == SIGSTOP ? 0 : number);
  }
  say("traced: %s, exit %d", stops > 10 ? "many stops" : "few stops", WEXITSTATUS(status));
  return 0;
}

static int trace_recorder(int argc, char **argv) {
  (void)argc, (void)argv;
  sleep_ms(500); // who is faster than the recorder gets it, and both are ended at the time limit
  tell("attach to process 1", ptrace(PTRACE_ATTACH, 1, 0, 0));
  // The tracer ends without a word, and process 1 stays stopped or is let go.
  sleep_ms(500);
  return 0;
}

static int break_out(int argc, char **argv) {
  (void)argc, (void)argv;
  tell("chroot", chroot("/tmp"));
  tell("unshare user", unshare(CLONE_NEWUSER));
  tell("unshare mount", unshare(CLONE_NEWNS));
  tell("unshare network", unshare(CLONE_NEWNET));
  tell("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
  tell("setuid", setuid(0));
  int network = open("/proc/1/ns/net", O_RDONLY);
  tell("namespace", network < 0 ? -1 : setns(network, CLONE_NEWNET));
  return 0;
}

// The holder serves its name server's sockets at this name: somebody else must not get them.
static int ask_holder(int argc, char **argv) {
  (void)argc, (void)argv;
  int stream = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  static const char name[] = "\0pratique-recorder";
  memcpy(address.sun_path, name, sizeof name - 1);
  socklen_t length = offsetof(struct sockaddr_un, sun_path) + sizeof name - 1;
  struct timeval patience = {1, 0};
  setsockopt(stream, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  char byte, control[256];
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  long got = connect(stream, (struct sockaddr *)&address, length) == 0 ? recvmsg(stream, &message, 0) : -1;
  say("holder: %s", got > 0 && message.msg_controllen > 0 ? "handed over" : "nothing");
  return 0;
}

// The 32-bit way into the kernel: open with O_CREAT, then connect through socketcall.
static int old_calls(int argc, char **argv) {
  (void)argc, (void)argv;
  char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (low == MAP_FAILED) return 1;
  strcpy(low, "/tmp/old-call");
  long result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(5L), "b"((long)low), "c"((long)(O_WRONLY | O_CREAT)), "d"(0644L)
                   : "r8", "r9", "r10", "r11", "memory");
  say("old open: %s", result >= 0 ? "ok" : strerrorname_np((int)-result));
  return 0;
}

const struct fault kernel_faults[] = {
  {"own-listener", own_listener},
  {"own-filter", own_filter},
  {"not-dumpable", not_dumpable},
  {"close-everything", close_everything},
  {"who", who},
  {"io-uring", io_uring},
  {"change-clock", change_clock},
  {"trace-self", trace_self},
  {"trace-recorder", trace_recorder},
  {"break-out", break_out},
  {"ask-holder", ask_holder},
  {"old-calls", old_calls},
  {NULL, NULL},
};

#include "fault.h"
#include <pthread.h>
#include <sys/resource.h>

// Forks until the limit, or a bound where there is none; nobody ends by itself.
static int fork_bomb(int argc, char **argv) {
  long most = number(argc, argv, 6000), made = 0;
  for (; made < most; made++) {
    pid_t child = fork();
    if (child < 0) break;
    if (child == 0) return wait_for_ever();
  }
  say("forked %ld of %ld: %s", made, most, made < most ? strerrorname_np(errno) : "no limit");
  return wait_for_ever();
}

static void *rest(void *nothing) {
  pause();
  return nothing;
}

static int many_threads(int argc, char **argv) {
  long most = number(argc, argv, 10000), made = 0;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 16384);
  pthread_t thread;
  int failed = 0;
  while (made < most && (failed = pthread_create(&thread, &small, rest, NULL)) == 0) made++;
  say("threads %ld of %ld: %s", made, most, failed ? strerrorname_np(failed) : "no limit");
  return 0;
}

// The parent is gone at once; the daemon keeps stdout, ignores what it can, and would live for ever.
static int double_fork(int argc, char **argv) {
  (void)argc, (void)argv;
  if (fork() != 0) {
    sleep_ms(800); // for the daemon to have spoken
    return 0;
  }
  setsid();
  signal(SIGHUP, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  if (fork() != 0) return 0;
  say("daemon");
  return wait_for_ever();
}

static int kill_group(int argc, char **argv) {
  (void)argc, (void)argv;
  say("killing the group");
  kill(0, SIGKILL);
  sleep_ms(60000);
  return 0;
}

static int kill_all(int argc, char **argv) {
  (void)argc, (void)argv;
  if (fork() == 0) sleep_ms(60000);
  tell("kill everyone", kill(-1, SIGKILL));
  return 0;
}

// Sends a signal to process 1, which is the recorder, and goes on for a while.
static int signal_first(int argc, char **argv) {
  tell("signal to process 1", kill(1, number(argc, argv, SIGKILL)));
  sleep_ms(1500);
  write_file("/tmp/after", "x");
  say("still here");
  return 0;
}

// A signal that looks like a fault of process 1 itself.
void crash_first(void) {
  siginfo_t info = {.si_signo = SIGSEGV, .si_code = SI_QUEUE};
  tell("fault of process 1", syscall(SYS_rt_sigqueueinfo, 1, SIGSEGV, &info));
}

static int crash(int argc, char **argv) {
  (void)argc, (void)argv;
  crash_first();
  sleep_ms(3000);
  return 9;
}

static int deaf(int argc, char **argv) {
  (void)argc, (void)argv;
  for (int number = 1; number < 32; number++) signal(number, SIG_IGN);
  say("deaf");
  return wait_for_ever();
}

static int stop_self(int argc, char **argv) {
  (void)argc, (void)argv;
  say("stopping");
  raise(SIGSTOP);
  return 0;
}

// Children that ended and are never waited for, and orphans that somebody has to.
static int zombies(int argc, char **argv) {
  long most = number(argc, argv, 300);
  for (long i = 0; i < most; i++) {
    pid_t child = fork();
    if (child == 0) {
      if (i % 2 == 0 && fork() == 0) _exit(3);
      _exit(4);
    }
  }
  say("zombies %ld", most);
  sleep_ms(300);
  return 0;
}

static int exec_again(int argc, char **argv) {
  long left = number(argc, argv, 0);
  if (left <= 0) {
    say("executed again and again");
    return 0;
  }
  char text[24];
  snprintf(text, sizeof text, "%ld", left - 1);
  execl("/proc/self/exe", argv[0], argv[1], text, NULL);
  return 1;
}

static int many_children(int argc, char **argv) {
  long most = number(argc, argv, 300), failed = 0;
  for (long i = 0; i < most; i++) {
    pid_t child = fork();
    if (child == 0) {
      execl("/fault", "/fault", "nothing", NULL);
      _exit(1);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) failed++;
  }
  say("children %ld, failed %ld", most, failed);
  return failed > 0;
}

// The main process is gone; its child goes on printing and writing.
static int children_go_on(int argc, char **argv) {
  (void)argc, (void)argv;
  if (fork() != 0) {
    sleep_ms(800);
    return 0;
  }
  signal(SIGTERM, SIG_IGN);
  for (long i = 0;; i++) {
    say("line %ld", i);
    char path[64];
    snprintf(path, sizeof path, "/safe_outputs/part-%ld", i % 10);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (file >= 0) {
      if (write(file, "x", 1) < 0) return 1;
      close(file);
    }
    sleep_ms(5);
  }
}

// Takes and touches so many MiB.
static void take(long mebibytes) {
  for (long i = 0; i < mebibytes; i++) {
    char *block = malloc(1 << 20);
    if (block != NULL) memset(block, 1, 1 << 20);
  }
}

static int memory(int argc, char **argv) {
  take(number(argc, argv, 256));
  say("there was room");
  return 0;
}

// A child takes too much; argv[3] is what the parent then makes of it.
static int memory_of_child(int argc, char **argv) {
  pid_t child = fork();
  if (child == 0) {
    take(number(argc, argv, 256));
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status)) {
    say("there was room");
    return 0;
  }
  say("the child was ended by signal %d", WTERMSIG(status));
  return argc > 3 ? atoi(argv[3]) : 0;
}

static int recurse(int depth) {
  volatile char frame[4096];
  frame[depth % 4096] = (char)depth;
  return (depth < 0 ? 0 : recurse(depth + 1)) + frame[0];
}

static int stack_overflow(int argc, char **argv) {
  (void)argc, (void)argv;
  return recurse(0);
}

static int dump_core(int argc, char **argv) {
  (void)argc, (void)argv;
  struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
  getrlimit(RLIMIT_CORE, &all);
  all.rlim_cur = all.rlim_max;
  tell("core size", setrlimit(RLIMIT_CORE, &all));
  if (chdir("/safe_outputs") != 0) return 1;
  abort();
}

static int nothing(int argc, char **argv) {
  (void)argc, (void)argv;
  return 0;
}

static int count_arguments(int argc, char **argv) {
  size_t bytes = 0, names = 0, environment = 0;
  for (int i = 0; i < argc; i++) bytes += strlen(argv[i]) + 1;
  for (char **entry = environ; *entry; entry++, names++) environment += strlen(*entry) + 1;
  say("arguments %d, %zu bytes; %s", argc, bytes, environment > 100000 ? "a large environment" : "a small environment");
  return 0;
}

// Executes itself with nearly 2 MB of arguments: as much as the kernel takes with the usual stack.
static int huge_arguments(int argc, char **argv) {
  (void)argc;
  static char word[100001];
  memset(word, 'a', sizeof word - 1);
  char *more[24] = {argv[0], "count-arguments"};
  for (int i = 2; i < 21; i++) more[i] = word;
  execv("/proc/self/exe", more);
  tell("exec", -1);
  return 1;
}

static void hear(int number) {
  (void)number;
  static const char words[] = "heard SIGTERM\n";
  if (write(1, words, sizeof words - 1) < 0) _exit(2);
  _exit(7);
}

static int hears_term(int argc, char **argv) {
  (void)argc, (void)argv;
  signal(SIGTERM, hear);
  say("ready");
  return wait_for_ever();
}

const struct fault process_faults[] = {
  {"fork-bomb", fork_bomb},
  {"threads", many_threads},
  {"double-fork", double_fork},
  {"kill-group", kill_group},
  {"kill-all", kill_all},
  {"signal-first", signal_first},
  {"crash", crash},
  {"deaf", deaf},
  {"stop-self", stop_self},
  {"zombies", zombies},
  {"exec-again", exec_again},
  {"many-children", many_children},
  {"children-go-on", children_go_on},
  {"memory", memory},
  {"memory-of-child", memory_of_child},
  {"stack-overflow", stack_overflow},
  {"dump-core", dump_core},
  {"nothing", nothing},
  {"count-arguments", count_arguments},
  {"huge-arguments", huge_arguments},
  {"hears-term", hears_term},
  {NULL, NULL},
};

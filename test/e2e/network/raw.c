// Connects without any library, by the system calls of amd64 or of i386; with "calls", i386 has one for each, else one for all.
typedef unsigned long word;

struct address {
  unsigned short family, port;
  unsigned char host[4], zero[8];
};

static long call3(long number, word a, word b, word c) {
  long result;
#ifdef __x86_64__
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
#else
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
#endif
  return result;
}

static long call5(long number, word a, word b, word c, word d, word e) {
  long result;
#ifdef __x86_64__
  register word r10 __asm__("r10") = d;
  register word r8 __asm__("r8") = e;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
#else
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
#endif
  return result;
}

#ifdef __x86_64__
enum { SOCKET = 41, CONNECT = 42, SETSOCKOPT = 54, WRITE = 1, READ = 0, EXIT = 231, CLOCK = 228 };
static long doSocket(int combined) { return call3(SOCKET, 2, 1, 0); }
static long doConnect(int combined, long fd, struct address *to) { return call3(CONNECT, fd, (word)to, sizeof *to); }
#else
enum { SOCKET = 359, CONNECT = 362, SETSOCKOPT = 366, WRITE = 4, READ = 3, EXIT = 252, CLOCK = 265, SOCKETCALL = 102 };
static long doSocket(int combined) {
  word args[] = {2, 1, 0};
  return combined ? call3(SOCKETCALL, 1, (word)args, 0) : call3(SOCKET, 2, 1, 0);
}
static long doConnect(int combined, long fd, struct address *to) {
  word args[] = {fd, (word)to, sizeof *to};
  return combined ? call3(SOCKETCALL, 3, (word)args, 0) : call3(CONNECT, fd, (word)to, sizeof *to);
}
#endif

static long milliseconds(void) {
  long t[2];
  call3(CLOCK, 1, (word)t, 0);
  return t[0] % 100000 * 1000 + t[1] / 1000000;
}

static void printSeconds(long ms) {
  char text[] = "seconds 000.000\n";
  int places[] = {14, 13, 12, 10, 9, 8};
  for (int i = 0; i < 6; i++, ms /= 10) text[places[i]] = '0' + ms % 10;
  call3(WRITE, 1, (word)text, sizeof text - 1);
}

__attribute__((used)) static void run(word *stack) {
  int combined = stack[0] < 2;
  struct address to = {2, 22 << 8, {192, 0, 2, sizeof(word) == 8 ? 10 : combined ? 11 : 12}, {0}};
  char hello[] = "SSH-2.0-raw\r\n", answer[8];
  int once = 1;
  long started = milliseconds();
  long fd = doSocket(combined);
  call5(SETSOCKOPT, fd, 6, 7, (word)&once, sizeof once); // TCP_SYNCNT
  if (doConnect(combined, fd, &to) == 0) {
    call3(WRITE, fd, (word)hello, sizeof hello - 1);
    call3(READ, fd, (word)answer, sizeof answer);
  }
  printSeconds(milliseconds() - started);
  call3(EXIT, 0, 0, 0);
}

#ifdef __x86_64__
__asm__(".globl _start\n_start:\n mov %rsp, %rdi\n and $-16, %rsp\n call run\n");
#else
__asm__(".globl _start\n_start:\n mov %esp, %eax\n and $-16, %esp\n sub $12, %esp\n push %eax\n call run\n");
#endif

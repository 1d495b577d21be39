#include "fault.h"

static int pour(int file, const char *block, size_t size, long long total) {
  while (total > 0) {
    ssize_t got = write(file, block, total < (long long)size ? (size_t)total : size);
    if (got < 0) return 1;
    total -= got;
  }
  return 0;
}

// So many MiB of lines.
static int much(int argc, char **argv) {
  static char block[1 << 20];
  for (size_t i = 0; i < sizeof block; i++) block[i] = i % 100 == 99 ? '\n' : 'a' + i % 26;
  if (pour(1, block, sizeof block, (long long)number(argc, argv, 2048) << 20) != 0) return 1;
  say("\nthat was much");
  return 0;
}

static int one_line(int argc, char **argv) {
  static char block[1 << 20];
  memset(block, 'l', sizeof block);
  if (pour(1, block, sizeof block, (long long)number(argc, argv, 100) << 20) != 0) return 1;
  say(" end of the line");
  return 0;
}

// Every byte that there is, in an order that no text has.
static int binary(int argc, char **argv) {
  static unsigned char block[1 << 20];
  uint32_t state = 1;
  for (size_t i = 0; i < sizeof block; i++) block[i] = (state = state * 1664525 + 1013904223) >> 24;
  return pour(1 + (number(argc, argv, 0) > 0), (char *)block, sizeof block, sizeof block);
}

static int terminal(int argc, char **argv) {
  (void)argc, (void)argv;
  static const char words[] =
    "\033[2J\033[H\033[31mred\033[0m\033]0;title\a\033]8;;http://192.0.2.1\aclick\033]8;;\a\n"
    "\033]52;c;cm0gLXJm\a\033P+q544e\033\\\033c\033[6n\033[?1049h\n"
    "\x9b" "31m \xc2\x9b" "31m \b\b\b\b\v\f\x7f\n"
    "\r\rover\rwritten\r\n"
    "</pre><script>alert(1)</script><img src=x onerror=alert(1)>&amp;\n"
    "::error file=x::a command for a forge\n##[error]another\n"
    "\xe2\x80\xae" "reversed\xe2\x80\xac\n";
  if (write(1, words, sizeof words - 1) < 0 || write(2, words, sizeof words - 1) < 0) return 1;
  return 1;
}

static int not_utf8(int argc, char **argv) {
  (void)argc, (void)argv;
  static const char words[] = "\xff\xfe\xc0\x80 \xed\xa0\x80 \xf5\x80\x80\x80 \xe2\x82\n\xe2\x82";
  if (write(1, words, sizeof words - 1) < 0) return 1;
  return 3;
}

static int close_output(int argc, char **argv) {
  (void)argc, (void)argv;
  say("the last words");
  close(0);
  close(1);
  close(2);
  sleep_ms(1000);
  int file = open("/tmp/later", O_WRONLY | O_CREAT, 0644);
  return file < 0 ? 1 : 5;
}

static int read_input(int argc, char **argv) {
  (void)argc, (void)argv;
  char byte;
  say("input: %ld", (long)read(0, &byte, 1));
  tell("terminal", open("/dev/tty", O_RDWR));
  return 0;
}

const struct fault output_faults[] = {
  {"much", much},
  {"one-line", one_line},
  {"binary", binary},
  {"terminal", terminal},
  {"not-utf8", not_utf8},
  {"close-output", close_output},
  {"read-input", read_input},
  {NULL, NULL},
};

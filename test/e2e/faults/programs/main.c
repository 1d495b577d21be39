#include "fault.h"
#include <time.h>

void say(const char *format, ...) {
  char line[4096];
  va_list list;
  va_start(list, format);
  int length = vsnprintf(line, sizeof line - 1, format, list);
  va_end(list);
  if (length > (int)sizeof line - 2) length = sizeof line - 2;
  line[length++] = '\n';
  if (write(1, line, length) < 0) return;
}

void tell(const char *what, long result) {
  say("%s: %s", what, result < 0 ? strerrorname_np(errno) : "ok");
}

void sleep_ms(long milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  while (nanosleep(&time, &time) != 0 && errno == EINTR) {
  }
}

int wait_for_ever(void) {
  while (pause() != 0 && errno == EINTR) {
  }
  return 1;
}

void write_file(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  long result = file < 0 ? -1 : write(file, text, strlen(text));
  tell(path, result);
  if (file >= 0) close(file);
}

long number(int argc, char **argv, long otherwise) { return argc > 2 ? atol(argv[2]) : otherwise; }

int main(int argc, char **argv) {
  const struct fault *tables[] = {process_faults, kernel_faults, file_faults, output_faults};
  for (int i = 0; i < 4 && argc > 1; i++)
    for (const struct fault *fault = tables[i]; fault->name; fault++)
      if (strcmp(fault->name, argv[1]) == 0) return fault->run(argc, argv);
  say("there is no fault %s", argc > 1 ? argv[1] : "without a name");
  return 64;
}

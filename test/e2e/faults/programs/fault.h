// Small programs that behave as no program should. Each prints what it saw, so that a case can tell that it really did
// what its name says.
#ifndef FAULT_H
#define FAULT_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct fault {
  const char *name;
  int (*run)(int argc, char **argv);
};

extern const struct fault process_faults[], kernel_faults[], file_faults[], output_faults[];

// Prints one line, whole, also where many processes print.
void say(const char *format, ...);
// Prints what and the name of errno, or "ok" for a result that is not negative.
void tell(const char *what, long result);
void sleep_ms(long milliseconds);
// Until a signal ends the process.
int wait_for_ever(void);
// Creates the file with a word in it; tells how that went.
void write_file(const char *path, const char *text);
// Makes process 1 crash.
void crash_first(void);
// The second argument as a number.
long number(int argc, char **argv, long otherwise);

#endif

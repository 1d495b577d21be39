// Looks a name up and asks for a path: built statically against glibc and against musl.
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void fetch(const char *host, const char *path) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
  if (getaddrinfo(host, "80", &hints, &found) != 0) return;
  int fd = socket(found->ai_family, SOCK_STREAM, 0);
  if (connect(fd, found->ai_addr, found->ai_addrlen) == 0) {
    char request[512], answer[64];
    int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, host);
    if (write(fd, request, n) == n) (void)!read(fd, answer, sizeof answer);
  }
  close(fd);
  freeaddrinfo(found);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  double started = now();
  fetch(argv[1], argv[2]);
  printf("seconds %.3f\n", now() - started);
  return 0;
}

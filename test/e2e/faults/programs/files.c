#include "fault.h"
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

// Writes until there is no room, or so many MiB; argv[4] "keep" leaves the file.
static int fill(int argc, char **argv) {
  const char *folder = argc > 2 ? argv[2] : "/scratch";
  long most = argc > 3 ? atol(argv[3]) : 64;
  char path[4096];
  snprintf(path, sizeof path, "%s/full", folder);
  say("filling"); // so that the log has its room before there is none
  sleep_ms(500);
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  static char block[65536];
  memset(block, 'x', sizeof block);
  long done = 0, got = 0;
  while (done < most << 20 && (got = write(file, block, sizeof block)) > 0) done += got;
  int failed = errno;
  close(file);
  // Only then is there room for words about it.
  if (argc > 4 && strcmp(argv[4], "free") == 0) unlink(path);
  errno = failed;
  tell("fill", got);
  return argc <= 4 && got < 0;
}

// Stops with the disk full, and goes on printing.
static int fill_and_print(int argc, char **argv) {
  char *more[] = {argv[0], argv[1], argv[2], argv[3], "keep"};
  fill(argc > 3 ? 5 : argc, more);
  static char line[1024];
  memset(line, 'y', sizeof line - 1);
  line[sizeof line - 1] = '\n';
  for (int i = 0; i < 2048; i++)
    if (write(1, line, sizeof line) < 0) return 1;
  return 0;
}

static int lose_folder(int argc, char **argv) {
  (void)argc, (void)argv;
  if (mkdir("/scratch/here", 0755) != 0 || chdir("/scratch/here") != 0) return 1;
  tell("rmdir", rmdir("/scratch/here"));
  char path[4096];
  tell("getcwd", getcwd(path, sizeof path) == NULL ? -1 : 0);
  write_file("relative", "x");
  tell("mkdir", mkdir("below", 0755));
  write_file("/safe_outputs/result", "x");
  return 0;
}

static const char *const OURS[] = {"/.pratique/recorder", "/.pratique/record/recording.json", "/etc/resolv.conf",
                                   "/etc/hosts", "/etc/hostname"};

static int tamper(int argc, char **argv) {
  (void)argc, (void)argv;
  for (int i = 0; i < 5; i++) {
    if (i == 1) continue;
    tell(OURS[i], open(OURS[i], O_WRONLY | O_TRUNC));
    tell("unlink", unlink(OURS[i]));
    tell("rename", rename(OURS[i], "/tmp/moved"));
  }
  tell("rename folder", rename("/.pratique", "/tmp/ours"));
  tell("chmod", chmod("/.pratique/record", 0));
  return 0;
}

// A recording as the recorder itself writes it, whatever its form: its last snapshot, said to be whole and a success.
static char fake[1 << 20];

static void forge(void) {
  static const char *const changes[][2] = {
    {"\"complete\":false", "\"complete\":true"},
    {"\"exit\":null", "\"exit\":{\"code\":0,\"signal\":null,\"cause\":\"exited\",\"detail\":\"\"}"},
  };
  int file = open(OURS[1], O_RDONLY);
  long length = read(file, fake, sizeof fake - 200);
  close(file);
  for (int i = 0; i < 2 && length > 0; i++) {
    char *place = strstr(fake, changes[i][0]);
    if (place == NULL) return;
    size_t old = strlen(changes[i][0]), new = strlen(changes[i][1]);
    memmove(place + new, place + old, strlen(place + old) + 1);
    memcpy(place, changes[i][1], new);
  }
  say("forged %s", length > 0 ? "a recording" : "nothing");
}

static void plant(const char *what) {
  const char *path = OURS[1];
  sleep_ms(1500); // the recorder writes twice a second
  forge();
  unlink(path);
  if (strcmp(what, "fake") == 0) write_file(path, fake);
  if (strcmp(what, "link") == 0) tell("link", symlink("/etc/passwd", path));
  if (strcmp(what, "fifo") == 0) tell("fifo", mkfifo(path, 0666));
  if (strcmp(what, "folder") == 0) {
    int made;
    while ((made = mkdir(path, 0777)) != 0 && errno == EEXIST) unlink(path); // the recorder was faster
    tell("folder", made);
    write_file("/.pratique/record/recording.json/in-the-way", "x");
  }
  if (strcmp(what, "giant") == 0) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    tell("giant", ftruncate(file, 1LL << 36));
    close(file);
  }
  if (strcmp(what, "rubbish") == 0) write_file(path, "[[[[[[[[[[[[[{\"protocol\":1,");
}

// Puts something in the place of the recording; argv[3] is the exit code.
static int plant_once(int argc, char **argv) {
  plant(argc > 2 ? argv[2] : "fake");
  return argc > 3 ? atoi(argv[3]) : 0;
}

// The same, and then process 1 is made to crash.
static int plant_and_crash(int argc, char **argv) {
  plant(argc > 2 ? argv[2] : "fake");
  crash_first();
  sleep_ms(3000);
  return 9;
}

static int race(int argc, char **argv) {
  (void)argc, (void)argv;
  sleep_ms(1500);
  forge();
  for (int i = 0; i < 4000; i++) {
    unlink(OURS[1]);
    int file = open(OURS[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file >= 0 && write(file, fake, strlen(fake)) < 0) return 1;
    close(file);
  }
  write_file("/tmp/seen", "x");
  return 6;
}

static int sparse(int argc, char **argv) {
  (void)argc, (void)argv;
  int file = open("/safe_outputs/giant", O_WRONLY | O_CREAT, 0644);
  tell("a terabyte", ftruncate(file, 1LL << 40));
  return 0;
}

static int many_files(int argc, char **argv) {
  const char *folder = argc > 2 ? argv[2] : "/safe_outputs";
  long most = argc > 3 ? atol(argv[3]) : 10000, failed = 0;
  char path[4096];
  for (long i = 0; i < most; i++) {
    if (i % 1000 == 0) {
      snprintf(path, sizeof path, "%s/%ld", folder, i / 1000);
      if (mkdir(path, 0700) != 0) failed++;
    }
    snprintf(path, sizeof path, "%s/%ld/%ld", folder, i / 1000, i);
    int file = open(path, O_WRONLY | O_CREAT, 0600);
    if (file < 0) failed++;
    else close(file);
  }
  say("files %ld, failed %ld", most, failed);
  return failed > 0;
}

static int odd_names(int argc, char **argv) {
  (void)argc, (void)argv;
  static const char *const names[] = {
    "\033[31mred\033[0m\033]0;title\a", "two\nlines\r", "<img src=x onerror=alert(1)>", "\xff\xfe not UTF-8",
    "-rf", "%s%n", "\xe2\x80\xae" "cba",
  };
  static const char *const folders[] = {"/safe_outputs", "/tmp", "/nowhere"};
  for (unsigned f = 0; f < 3; f++)
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
      char path[4096];
      snprintf(path, sizeof path, "%s/%s", folders[f], names[i]);
      int file = open(path, O_WRONLY | O_CREAT, 0644);
      if (file >= 0) close(file);
      else if (f < 2) return 1;
    }
  return 0;
}

static int odd_files(int argc, char **argv) {
  (void)argc, (void)argv;
  tell("link to a file", symlink("/etc/passwd", "/safe_outputs/link"));
  tell("link to a folder", symlink("/", "/safe_outputs/folder-link"));
  tell("link to itself", symlink("circle", "/safe_outputs/circle"));
  tell("fifo", mkfifo("/safe_outputs/fifo", 0600));
  tell("device", mknod("/safe_outputs/device", S_IFCHR | 0666, makedev(1, 3)));
  int stream = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/safe_outputs/socket"};
  tell("socket", bind(stream, (struct sockaddr *)&address, sizeof address));
  write_file("/safe_outputs/plain", "x");
  tell("set-user-ID", chmod("/safe_outputs/plain", 04755));
  return 0;
}

// Deeper than any path can say: each level is entered before the next is made.
static int deep(int argc, char **argv) {
  const char *folder = argc > 2 ? argv[2] : "/safe_outputs";
  long most = argc > 3 ? atol(argv[3]) : 30, done = 0;
  char name[201];
  memset(name, 'd', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  if (chdir(folder) != 0) return 1;
  while (done < most && mkdir(name, 0700) == 0 && chdir(name) == 0) done++;
  write_file("bottom", "x");
  say("levels %ld", done);
  return done == most ? 0 : 1;
}

static int unreadable(int argc, char **argv) {
  (void)argc, (void)argv;
  for (int i = 0; i < 2; i++) {
    const char *const folder = i == 0 ? "/safe_outputs/closed" : "/scratch/closed";
    char path[4096];
    snprintf(path, sizeof path, "%s/inner", folder);
    if (mkdir(folder, 0700) != 0 || mkdir(path, 0700) != 0) return 1;
    char file[4200];
    snprintf(file, sizeof file, "%s/file", path);
    write_file(file, "x");
    chmod(file, 0);
    chmod(path, 0);
    chmod(folder, 0);
  }
  write_file("/safe_outputs/result", "x");
  return chmod("/safe_outputs/result", 0);
}

// As unreadable(), then waits to be ended by somebody else, so that nobody opens it up again.
static int unreadable_for_ever(int argc, char **argv) {
  if (unreadable(argc, argv) != 0) return 1;
  say("closed");
  return wait_for_ever();
}

const struct fault file_faults[] = {
  {"fill", fill},
  {"fill-and-print", fill_and_print},
  {"lose-folder", lose_folder},
  {"tamper", tamper},
  {"plant", plant_once},
  {"plant-and-crash", plant_and_crash},
  {"race", race},
  {"sparse", sparse},
  {"many-files", many_files},
  {"odd-names", odd_names},
  {"odd-files", odd_files},
  {"deep", deep},
  {"unreadable", unreadable},
  {"unreadable-for-ever", unreadable_for_ever},
  {NULL, NULL},
};

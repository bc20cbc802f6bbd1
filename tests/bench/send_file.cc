// send_file.cc - The least that sends a file: argv[1], by sendfile in a loop.

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

int main(int argc, char* argv[]) {
  char request[4096];  // NOLINT(*-avoid-c-arrays): C
  if (argc != 2 || ::read(STDIN_FILENO, request, sizeof request) <= 0) return 1;
  const int file = ::open(argv[1], O_RDONLY);
  struct stat facts {};
  if (file < 0 || ::fstat(file, &facts) < 0) return 1;
  char head[256];  // NOLINT(*-avoid-c-arrays): C
  const int size = std::snprintf(
      head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n\r\n",
      static_cast<long long>(facts.st_size));
  ::send(STDOUT_FILENO, head, static_cast<std::size_t>(size), MSG_MORE);
  off_t at = 0;
  while (at < facts.st_size) {
    const off_t left = facts.st_size - at;
    if (::sendfile(STDOUT_FILENO, file, &at, static_cast<std::size_t>(left)) <=
        0)
      return 1;
  }
  return 0;
}

// script.cc - The CGI scripts that are measured, static and without C++: the
// name says which one it is. With "nph-" it speaks HTTP itself.

#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace {

constexpr std::size_t chunk_size = 65536;
char chunk[chunk_size];  // NOLINT(*-avoid-c-arrays): C

bool say(const char* text) {
  const std::size_t size = std::strlen(text);
  return ::write(STDOUT_FILENO, text, size) == static_cast<ssize_t>(size);
}

// The number that a variable holds.
std::size_t find_size(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? 0 : std::strtoull(value, nullptr, 10);
}

// Reads or writes so many octets.
template <typename Call>
bool move(std::size_t size, Call call) {
  while (size > 0) {
    const ssize_t count = call(size < chunk_size ? size : chunk_size);
    if (count <= 0) return false;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool send_much() {
  std::memset(chunk, 'x', sizeof chunk);
  return move(find_size("QUERY_STRING"), [](std::size_t size) {
    return ::write(STDOUT_FILENO, chunk, size);
  });
}

bool receive_much() {
  return move(find_size("CONTENT_LENGTH"), [](std::size_t size) {
    return ::read(STDIN_FILENO, chunk, size);
  });
}

}  // namespace

int main(int /*argc*/, char* argv[]) {
  const char* slash = std::strrchr(argv[0], '/');
  const char* name = slash == nullptr ? argv[0] : slash + 1;
  const bool is_nph = std::strncmp(name, "nph-", 4) == 0;
  if (is_nph) name += 4;
  if (std::strcmp(name, "receive") == 0 && !receive_much()) return 1;
  if (!say(is_nph ? "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                    "Content-Type: text/plain\r\n\r\nHello, world!\n"
                  : "Content-Type: text/plain\r\n\r\nHello, world!\n"))
    return 1;
  if (std::strcmp(name, "send") == 0) return send_much() ? 0 : 1;
  if (std::strcmp(name, "wait") == 0) {
    pollfd reader{STDOUT_FILENO, 0, 0};
    ::poll(&reader, 1, -1);  // until it has gone
  }
  return 0;
}

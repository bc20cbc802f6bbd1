// reply.h - The answer to a small file, as the two floors send it.
#pragma once

namespace bench {

struct Reply {
  static constexpr unsigned size = 753;
  char octets[size] = {};  // NOLINT(*-avoid-c-arrays): of no library
};

constexpr Reply make_reply() {
  const char* head =
      "HTTP/1.1 200 OK\r\n"
      "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
      "Server: floor\r\n"
      "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
      "ETag: \"1000000-200\"\r\n"
      "Accept-Ranges: bytes\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Length: 512\r\n"
      "Connection: close\r\n\r\n";
  Reply reply;
  unsigned at = 0;
  while (*head != '\0')
    reply.octets[at++] = *head++;
  for (; at < Reply::size; ++at)
    reply.octets[at] = at % 64 == 0 ? '\n' : 'x';
  return reply;
}

inline constexpr Reply reply = make_reply();

}  // namespace bench

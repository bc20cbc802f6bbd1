#include "connection.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "proxy_header.h"

namespace cgihttpd {

namespace {

// A head of an ordinary browser fits; a longer one takes several turns.
constexpr std::size_t read_chunk_octets = 4096;

// A socket takes so much in all, whatever the size of its buffer and though the
// client takes nothing.
constexpr std::uint64_t max_octets_without_wait = 2048;

// How long a client may go on sending what nobody reads, and how long it may
// be silent before we take it that it has read the answer.
constexpr std::chrono::seconds max_linger_time{30};
constexpr std::chrono::seconds max_linger_silence{2};

HeadEnd head_end_for(HeadScanner::State state) {
  switch (state) {
    case HeadScanner::State::malformed: return HeadEnd::malformed;
    case HeadScanner::State::line_too_long: return HeadEnd::line_too_long;
    case HeadScanner::State::head_too_long: return HeadEnd::head_too_long;
    default: return HeadEnd::complete;
  }
}

// Reads what was peeked again. It is there, or it would be taken for a part of
// the body; in several pieces where an urgent octet is between.
void consume(std::span<char> peeked) {
  while (!peeked.empty()) {
    const auto count = try_receive(STDIN_FILENO, peeked, Peek::no);
    if (count.value_or(0) == 0) throw_error(EIO, "recv");
    peeked = peeked.subspan(*count);
  }
}

}  // namespace

Connection::Connection(ConnectionKind kind, std::chrono::seconds send_timeout,
                       Deadline end)
    : kind_{kind}, send_timeout_{send_timeout}, end_{end} {
  if (kind_ == ConnectionKind::stream) set_blocking(Blocking::no);
}

// Reads octets until `scanner` is no longer unfinished, and none behind.
template <typename Scanner>
Head Connection::read_with(Scanner& scanner, Deadline deadline) const {
  Head head;
  // A socket is looked at before it is read; a pipe cannot be, and is read
  // octet by octet.
  const bool is_socket = kind_ == ConnectionKind::socket;
  std::array<char, read_chunk_octets> chunk;  // NOLINT(*-member-init)
  const std::span<char> space{chunk.data(), is_socket ? chunk.size() : 1};
  while (scanner.state() == Scanner::State::unfinished) {
    const auto count = is_socket ? try_receive(STDIN_FILENO, space, Peek::yes)
                                 : try_read(STDIN_FILENO, space);
    if (!count) {
      if (wait_for(STDIN_FILENO, POLLIN, deadline)) continue;
      head.end = HeadEnd::timed_out;
      return head;
    }
    if (*count == 0) {
      head.end = HeadEnd::closed;
      return head;
    }
    const std::size_t taken = scanner.feed({chunk.data(), *count});
    head.octets.append(chunk.data(), taken);
    if (is_socket) consume(space.first(taken));
  }
  return head;
}

Head Connection::read_head(Deadline deadline) const {
  HeadScanner scanner;
  Head head = read_with(scanner, std::min(deadline, end_));
  if (head.end == HeadEnd::complete) head.end = head_end_for(scanner.state());
  return head;
}

Head Connection::read_proxy_header(Deadline deadline) const {
  ProxyHeaderScanner scanner;
  Head head = read_with(scanner, std::min(deadline, end_));
  if (scanner.state() == ProxyHeaderScanner::State::malformed)
    head.end = HeadEnd::malformed;
  return head;
}

std::optional<std::size_t> Connection::receive(std::span<char> into) {
  for (;;) {
    const auto count = kind_ == ConnectionKind::socket
                           ? try_receive(STDIN_FILENO, into, Peek::no)
                           : try_read(STDIN_FILENO, into);
    if (count) {
      received_ += *count;
      return count;
    }
    const Deadline start = Clock::now();
    if (!wait_for(STDIN_FILENO, POLLIN, start + body_patience(), start))
      return std::nullopt;
    waited_for_body_ += Clock::now() - start;
  }
}

std::optional<std::size_t> Connection::try_send(std::string_view bytes,
                                                More more) {
  const auto count = kind_ == ConnectionKind::socket
                         ? cgihttpd::try_send(STDOUT_FILENO, bytes, more)
                         : try_write(STDOUT_FILENO, bytes);
  sent_ += count.value_or(0);
  return count;
}

Clock::duration Connection::patience() const {
  // A local socket counts what its buffers take, which is more than was sent.
  const std::uint64_t taken =
      sent_ -
      std::min<std::uint64_t>(sent_, unacknowledged_octets(STDOUT_FILENO));
  return patience_after(taken, waited_);
}

Clock::duration Connection::body_patience() const {
  return patience_after(received_, waited_for_body_);
}

Clock::duration Connection::patience_after(std::uint64_t octets,
                                           Clock::duration waited) const {
  const Clock::duration patience =
      send_timeout_ + std::chrono::seconds{octets / min_send_rate} - waited;
  if (end_ == Deadline::max()) return patience;
  return std::min(patience, end_ - Clock::now());
}

void Connection::wait_for_client() {
  const Deadline start = Clock::now();
  require_ready(STDOUT_FILENO, POLLOUT, start + patience(), start);
  count_waiting(Clock::now() - start);
}

void Connection::send(std::string_view bytes, More more) {
  while (!bytes.empty()) {
    const auto count = try_send(bytes, more);
    if (count) {
      bytes.remove_prefix(*count);
    } else {
      wait_for_client();
    }
  }
}

std::uint64_t Connection::send_file(int file, std::uint64_t first,
                                    std::uint64_t size) {
  // sendfile has no flag for it.
  if (sent_ + size > max_octets_without_wait) set_blocking(Blocking::no);
  std::uint64_t offset = first;
  while (offset - first < size) {
    const auto count =
        try_send_file(STDOUT_FILENO, file, offset, size - (offset - first));
    if (!count) {
      wait_for_client();
    } else if (*count == 0) {
      break;  // the file has shrunk
    } else {
      sent_ += *count;
    }
  }
  return offset - first;
}

void Connection::set_blocking(Blocking blocking) const {
  cgihttpd::set_blocking(STDIN_FILENO, blocking);
  if (kind_ == ConnectionKind::stream)
    cgihttpd::set_blocking(STDOUT_FILENO, blocking);
}

void Connection::finish_sending() const {
  if (kind_ == ConnectionKind::socket) shutdown_writing(STDOUT_FILENO);
}

void Connection::linger(Expecting expecting) const {
  if (kind_ != ConnectionKind::socket) return;
  auto count = try_discard(STDIN_FILENO);
  if (count == 0 || (!count && expecting == Expecting::nothing)) return;
  finish_sending();
  const Deadline last = std::min(Clock::now() + max_linger_time, end_);
  while (count.value_or(1) != 0) {
    const Deadline now = Clock::now();
    const Deadline next = std::min(now + max_linger_silence, last);
    // Who sends without a pause is not waited for, and must not go on for ever.
    if (now >= last || !wait_for(STDIN_FILENO, POLLIN, next)) return;
    count = try_discard(STDIN_FILENO);
  }
}

}  // namespace cgihttpd

// test_connection.cc - Not an octet more comes in; all goes out, or nothing
// within the time.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "connection.h"
#include "fixtures.h"

namespace cgihttpd::test {

namespace {

using namespace std::chrono_literals;

auto has_error(int error) {
  return [error](const std::system_error& thrown) {
    return thrown.code() == std::error_code{error, std::generic_category()};
  };
}

// How a head came in, and what was left in the connection.
struct Received {
  Head head;
  std::string rest;
};

enum class Afterwards { stay, close };

Received receive_from_socket(std::string_view sent, Afterwards afterwards,
                             Deadline deadline) {
  Wire wire;
  write_all(wire.client(), sent);
  if (afterwards == Afterwards::close) wire.close_client();
  const Connection connection{ConnectionKind::socket, 1s};
  Received received;
  received.head = connection.read_head(deadline);
  received.rest = read_available(STDIN_FILENO);
  return received;
}

Received receive_from_pipe(std::string_view sent, Afterwards afterwards,
                           Deadline deadline) {
  Pipe pipe = make_pipe();
  const Pipe unused = make_pipe();
  write_all(pipe.writing.get(), sent);
  if (afterwards == Afterwards::close) pipe.writing.reset();
  const TemporaryDescriptors standard{pipe.reading.get(), unused.writing.get()};
  const Connection connection{ConnectionKind::stream, 1s};
  Received received;
  received.head = connection.read_head(deadline);
  received.rest = read_available(STDIN_FILENO);
  return received;
}

void check_times_out(Connection& connection) {
  const std::string bytes(1'000'000, 'x');
  BOOST_CHECK_EXCEPTION(connection.send(bytes, More::no), std::system_error,
                        has_error(ETIMEDOUT));
  BOOST_TEST(connection.sent() < bytes.size());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(connection)

// --- the head

BOOST_AUTO_TEST_CASE(reads_the_head_and_leaves_what_follows) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string long_head =
      "GET / HTTP/1.1\r\nCookie: " + std::string(20'000, 'c') + "\r\n\r\n";
  const std::string longest_head =
      "GET / HTTP/1.1\r\nCookie: " + std::string(max_head_octets - 29, 'c') +
      "\r\n\r\n";
  struct Row {
    const char* why;
    std::string head;
    std::string rest;
  };
  const std::array rows{
      Row{"nothing follows", head, ""},
      Row{"a body", head, "body"},
      Row{"a body that looks like a head's end", head, "\r\n\r\n"},
      Row{"another request", head, head},
      Row{"an empty line before", "\r\n" + head, "body"},
      Row{"a long head", long_head, "body"},
      Row{"a head that fills one turn",
          "GET / HTTP/1.1\r\nA: " + std::string(4096 - 23, 'a') + "\r\n\r\n",
          "body"},
      Row{"a head that is one octet longer",
          "GET / HTTP/1.1\r\nA: " + std::string(4097 - 23, 'a') + "\r\n\r\n",
          "body"},
      Row{"the longest head", longest_head, "body"},
  };
  BOOST_TEST(longest_head.size() == max_head_octets - 1);
  for (const Row& row : rows) {
    for (const auto receive : {receive_from_socket, receive_from_pipe}) {
      const Received received =
          receive(row.head + row.rest, Afterwards::stay, soon());
      BOOST_TEST_CONTEXT(row.why) {
        BOOST_TEST((received.head.end == HeadEnd::complete));
        BOOST_TEST(received.head.octets == row.head);
        BOOST_TEST(received.rest == row.rest);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(reads_a_proxy_header_and_leaves_the_request) {
  const std::string binary{"\r\n\r\n\0\r\nQUIT\n\x21\x00", 14};
  struct Row {
    const char* why;
    std::string sent;
    std::string header;
    HeadEnd expected;
  };
  const std::string long_header =
      binary + std::string{"\x3f\xf0", 2} + std::string(16368, 'x');
  const std::string part = "PROXY UNKNOWN\r";
  const std::array rows{
      Row{"version 1", "PROXY UNKNOWN\r\nGET", "PROXY UNKNOWN\r\n",
          HeadEnd::complete},
      Row{"version 2", binary + std::string{"\0\1xGET", 6},
          binary + std::string{"\0\1x", 3}, HeadEnd::complete},
      Row{"one of several turns", long_header + "GET", long_header,
          HeadEnd::complete},
      Row{"none", "GET / HTTP/1.1\r\n", "G", HeadEnd::malformed},
      Row{"a part of one", part, part, HeadEnd::closed},
      Row{"nothing", "", "", HeadEnd::closed},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      Wire wire;
      write_all(wire.client(), row.sent);
      if (row.expected == HeadEnd::closed) wire.close_client();
      const Connection connection{ConnectionKind::socket, 1s};
      const Head head = connection.read_proxy_header(soon());
      BOOST_TEST((head.end == row.expected));
      BOOST_TEST((head.octets == row.header));
      BOOST_TEST(read_available(STDIN_FILENO) ==
                 row.sent.substr(row.header.size()));
    }
  }
  const Wire wire;
  const Connection connection{ConnectionKind::socket, 1s};
  write_all(wire.client(), part);
  const Head head = connection.read_proxy_header(Clock::now());
  BOOST_TEST((head.end == HeadEnd::timed_out));
  BOOST_TEST(head.octets == part);
}

BOOST_AUTO_TEST_CASE(stops_where_no_head_goes_on) {
  struct Row {
    const char* why;
    std::string sent;
    Afterwards afterwards;
    HeadEnd expected;
    std::size_t octets;
  };
  const std::string long_line = "GET /" + std::string(9000, 'a');
  const std::string long_head =
      "GET / HTTP/1.1\r\nCookie: " + std::string(40'000, 'c');
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::array rows{
      Row{"closed before it said anything", "", Afterwards::close,
          HeadEnd::closed, 0},
      Row{"closed within the head", start, Afterwards::close, HeadEnd::closed,
          start.size()},
      Row{"TLS", std::string{"\x16\x03\x01\x02\x00", 5}, Afterwards::stay,
          HeadEnd::malformed, 1},
      Row{"a bare LF", "GET / HTTP/1.1\nHost", Afterwards::stay,
          HeadEnd::malformed, 15},
      Row{"a line too long", long_line, Afterwards::stay,
          HeadEnd::line_too_long, max_request_line_octets},
      Row{"a head too long", long_head, Afterwards::stay,
          HeadEnd::head_too_long, max_head_octets},
  };
  for (const Row& row : rows) {
    for (const auto receive : {receive_from_socket, receive_from_pipe}) {
      const Received received = receive(row.sent, row.afterwards, soon());
      BOOST_TEST_CONTEXT(row.why) {
        BOOST_TEST((received.head.end == row.expected));
        BOOST_TEST(received.head.octets == row.sent.substr(0, row.octets));
        BOOST_TEST(received.rest == row.sent.substr(row.octets));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_head_has_a_deadline) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (const auto receive : {receive_from_socket, receive_from_pipe}) {
    for (const std::string& sent : {std::string{}, start}) {
      const Received received =
          receive(sent, Afterwards::stay, Clock::now() + 10ms);
      BOOST_TEST((received.head.end == HeadEnd::timed_out));
      BOOST_TEST(received.head.octets == sent);
    }
    const Received complete =
        receive(start + "\r\n", Afterwards::stay, Clock::now() - 1s);
    BOOST_TEST((complete.head.end == HeadEnd::complete),
               "what has come is taken, though it is late");
  }
}

BOOST_AUTO_TEST_CASE(a_head_may_come_octet_by_octet) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  SocketPair pair = make_socket_pair();
  const int client = pair.theirs.get();
  const Wire wire{std::move(pair)};
  Child sender{[&] {
    for (const char octet : head + "body")
      write_all(client, {&octet, 1});
  }};
  const Connection connection{ConnectionKind::socket, 1s};
  const Head received = connection.read_head(soon());
  BOOST_TEST(sender.wait() == 0);
  BOOST_TEST((received.end == HeadEnd::complete));
  BOOST_TEST(received.octets == head);
  BOOST_TEST(read_available(STDIN_FILENO) == "body");
}

BOOST_AUTO_TEST_CASE(a_client_that_resets_the_connection_is_an_error) {
  SocketPair pair = make_tcp_pair(Addressing::ipv4);
  const UniqueFd ours = duplicate(pair.ours.get());
  Wire wire{std::move(pair)};
  write_all(wire.client(), "GET / HT");
  reset_connection(wire.take_client(), ours.get());
  const Connection connection{ConnectionKind::socket, 1s};
  BOOST_CHECK_EXCEPTION(static_cast<void>(connection.read_head(soon())),
                        std::system_error, has_error(ECONNRESET));
}

BOOST_AUTO_TEST_CASE(an_urgent_octet_does_not_disturb_the_head) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  SocketPair pair = make_tcp_pair(Addressing::ipv4);
  const UniqueFd client = std::move(pair.theirs);
  write_all(client.get(), head.substr(0, 10));
  BOOST_REQUIRE(::send(client.get(), "!", 1, MSG_OOB) == 1);
  write_all(client.get(), head.substr(10) + "body");
  const TemporaryDescriptors standard{pair.ours.get(), pair.ours.get()};
  const Connection connection{ConnectionKind::socket, 1s};
  const Head received = connection.read_head(soon());
  BOOST_TEST((received.end == HeadEnd::complete));
  BOOST_TEST(received.octets == head);
  std::string rest;
  while (rest.size() < 4 && wait_for(STDIN_FILENO, POLLIN, soon()))
    rest += read_available(STDIN_FILENO);
  BOOST_TEST(rest == "body");
}

// --- sending

BOOST_AUTO_TEST_CASE(sends_all_however_slowly_it_is_taken) {
  SocketPair pair = make_socket_pair();
  shrink_send_buffer(pair.ours.get());
  Wire wire{std::move(pair)};
  const std::string bytes(300'000, 'x');
  Child reader{[&] {
    const TemporaryDescriptors closed{-1, -1};
    BOOST_TEST(read_to_end(wire.client()).size() == 2 * bytes.size());
  }};
  wire.close_client();
  Connection connection{ConnectionKind::socket, 10s};
  connection.send(bytes, More::yes);
  BOOST_TEST(connection.sent() == bytes.size());
  connection.send({}, More::no);
  connection.send(bytes, More::no);
  BOOST_TEST(connection.sent() == 2 * bytes.size());
  connection.finish_sending();
  BOOST_TEST(reader.wait() == 0);
}

BOOST_AUTO_TEST_CASE(gives_a_client_up_that_takes_nothing) {
  SocketPair pair = make_socket_pair();
  shrink_send_buffer(pair.ours.get());
  fill(pair.ours.get());
  const Wire wire{std::move(pair)};
  Connection connection{ConnectionKind::socket, 1s};
  connection.count_waiting(950ms);
  const Deadline start = Clock::now();
  check_times_out(connection);
  const auto waited = Clock::now() - start;
  BOOST_TEST((waited >= 50ms));
  BOOST_TEST((waited < 1s));
  BOOST_TEST(connection.sent() == 0);
}

BOOST_AUTO_TEST_CASE(gives_a_client_up_that_stops_taking) {
  SocketPair pair = make_socket_pair();
  shrink_send_buffer(pair.ours.get());
  const Wire wire{std::move(pair)};
  Connection connection{ConnectionKind::socket, 1s};
  connection.count_waiting(1h);  // its patience is at an end
  check_times_out(connection);
  BOOST_TEST(connection.sent() > 0);
  BOOST_TEST(read_available(wire.client()).size() == connection.sent());
}

BOOST_AUTO_TEST_CASE(gives_a_pipe_up_that_nobody_reads) {
  const Pipe input = make_pipe();
  const Pipe output = make_pipe();
  const TemporaryDescriptors standard{input.reading.get(),
                                      output.writing.get()};
  Connection connection{ConnectionKind::stream, 1s};
  connection.count_waiting(1h);
  check_times_out(connection);
  BOOST_TEST(readable_bytes(output.reading.get()) == connection.sent());
}

BOOST_AUTO_TEST_CASE(gives_a_client_up_that_takes_nothing_of_a_file) {
  const TemporaryFolder folder;
  folder.add_file("file", std::string(1'000'000, 'x'));
  const UniqueFd file = open_or_fail(folder.path("file"), O_RDONLY);
  SocketPair pair = make_socket_pair();
  shrink_send_buffer(pair.ours.get());
  const Wire wire{std::move(pair)};
  Connection connection{ConnectionKind::socket, 1s};
  connection.count_waiting(1h);
  BOOST_CHECK_EXCEPTION(
      static_cast<void>(connection.send_file(file.get(), 0, 1'000'000)),
      std::system_error, has_error(ETIMEDOUT));
}

BOOST_AUTO_TEST_CASE(patience_grows_with_what_was_taken) {
  const std::string bytes(3 * Connection::min_send_rate, 'x');
  for (const bool is_tcp : {false, true}) {
    BOOST_TEST_CONTEXT((is_tcp ? "TCP" : "a local socket")) {
      const Wire wire{is_tcp ? make_tcp_pair(Addressing::ipv4)
                             : make_socket_pair()};
      Connection connection{ConnectionKind::socket, 60s};
      BOOST_TEST((connection.patience() == 60s));
      connection.count_waiting(7s);
      BOOST_TEST((connection.patience() == 53s));
      connection.send(bytes, More::no);
      std::string received;
      while (received.size() < bytes.size())
        received += read_available(wire.client());
      // With what it says now, it acknowledges what it has got.
      write_all(wire.client(), "thanks");
      BOOST_REQUIRE(wait_for(STDIN_FILENO, POLLIN, soon()));
      BOOST_TEST((connection.patience() == 56s));
      connection.count_waiting(57s);
      BOOST_TEST((connection.patience() == -1s));
    }
  }
}

BOOST_AUTO_TEST_CASE(patience_does_not_grow_with_what_was_not_taken) {
  const Wire wire;  // the kernel counts more for a local socket than it holds
  Connection connection{ConnectionKind::socket, 60s};
  for (int i = 0; i < 100; ++i)
    connection.send("x", More::no);
  connection.send(std::string(3 * Connection::min_send_rate, 'x'), More::no);
  BOOST_TEST((connection.patience() == 60s));
}

BOOST_AUTO_TEST_CASE(patience_grows_with_what_a_pipe_took) {
  const Pipe input = make_pipe();
  const Pipe output = make_pipe();
  const TemporaryDescriptors standard{input.reading.get(),
                                      output.writing.get()};
  Connection connection{ConnectionKind::stream, 60s};
  connection.send(std::string(3 * Connection::min_send_rate, 'x'), More::no);
  BOOST_TEST((connection.patience() == 63s));
}

// --- a body

BOOST_AUTO_TEST_CASE(receives_what_there_is_of_a_body_and_no_more) {
  Pipe pipe = make_pipe();
  Wire wire;
  const auto check = [](ConnectionKind kind, int client) {
    Connection connection{kind, 60s};
    std::array<char, 10> octets{};
    write_all(client, "abcdef");
    const auto count = connection.receive(std::span{octets}.first(4));
    BOOST_TEST((count == 4U));
    BOOST_TEST(std::string_view(octets.data(), 4) == "abcd");
    BOOST_TEST((connection.receive(octets) == 2U));
    BOOST_TEST(std::string_view(octets.data(), 2) == "ef");
  };
  check(ConnectionKind::socket, wire.client());
  const TemporaryDescriptor input{STDIN_FILENO, pipe.reading.get()};
  check(ConnectionKind::stream, pipe.writing.get());
  pipe.writing.reset();
  std::array<char, 10> octets{};
  Connection connection{ConnectionKind::stream, 60s};
  BOOST_TEST((connection.receive(octets) == 0U));
}

BOOST_AUTO_TEST_CASE(waits_for_a_body_as_it_comes) {
  Wire wire;
  Child sender{[&] { write_all(wire.client(), "abc"); }};
  Connection connection{ConnectionKind::socket, 60s};
  std::array<char, 10> octets{};
  BOOST_TEST((connection.receive(octets) == 3U));
  BOOST_TEST(sender.wait() == 0);
  wire.close_client();
  BOOST_TEST((connection.receive(octets) == 0U));
}

BOOST_AUTO_TEST_CASE(a_body_that_does_not_come_has_a_deadline) {
  const Wire wire;
  Connection connection{ConnectionKind::socket, 0s};
  std::array<char, 10> octets{};
  BOOST_TEST(!connection.receive(octets));
  write_all(wire.client(), "abc");
  BOOST_TEST((connection.receive(octets) == 3U));
  BOOST_TEST(!connection.receive(octets));
}

BOOST_AUTO_TEST_CASE(a_body_that_comes_octet_by_octet_gets_no_more_time) {
  const Wire wire;
  Connection connection{ConnectionKind::socket, 1s};
  const Deadline start = Clock::now();
  Child sender{[&] {
    pollfd end{wire.client(), POLLIN, 0};
    while (::poll(&end, 1, 20) == 0)
      write_all(wire.client(), "x");
  }};
  std::array<char, 10> octets{};
  while (connection.receive(octets)) {
  }
  BOOST_TEST((Clock::now() - start < max_test_wait));
  write_all(STDOUT_FILENO, "enough");
  BOOST_TEST(sender.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_body_from_a_client_that_is_gone_is_an_error) {
  SocketPair pair = make_tcp_pair(Addressing::ipv4);
  UniqueFd client = std::move(pair.theirs);
  pair.theirs = duplicate(pair.ours.get());
  const int ours = pair.ours.get();
  reset_connection(std::move(client), ours);
  const Wire wire{std::move(pair)};
  Connection connection{ConnectionKind::socket, 1s};
  std::array<char, 10> octets{};
  BOOST_CHECK_EXCEPTION(static_cast<void>(connection.receive(octets)),
                        std::system_error, has_error(ECONNRESET));
}

BOOST_AUTO_TEST_CASE(sending_to_a_client_that_is_gone_is_an_error) {
  Wire wire;
  wire.close_client();
  Connection connection{ConnectionKind::socket, 1s};
  BOOST_CHECK_EXCEPTION(connection.send("x", More::no), std::system_error,
                        has_error(EPIPE));
  BOOST_TEST(connection.sent() == 0);
}

BOOST_AUTO_TEST_CASE(tries_to_send_without_waiting) {
  const Wire wire;
  Connection connection{ConnectionKind::socket, 1s};
  BOOST_TEST(connection.try_send("abc", More::no).value() == 3);
  BOOST_TEST(connection.sent() == 3);
  BOOST_TEST(read_available(wire.client()) == "abc");
  fill(STDOUT_FILENO);
  BOOST_TEST(!connection.try_send("abc", More::no));
  BOOST_TEST(connection.sent() == 3);
}

// --- files

BOOST_AUTO_TEST_CASE(sends_files_of_any_size) {
  const TemporaryFolder folder;
  for (const std::size_t size : {0U, 1U, 2048U, 2049U, 1'000'000U}) {
    std::string content;
    while (content.size() < size)
      content += std::to_string(content.size()) + ' ';
    content.resize(size);
    folder.add_file("file", content);
    const UniqueFd file = open_or_fail(folder.path("file"), O_RDONLY);
    SocketPair pair = make_socket_pair();
    shrink_send_buffer(pair.ours.get());
    Wire wire{std::move(pair)};
    Child reader{[&] {
      const TemporaryDescriptors closed{-1, -1};
      BOOST_TEST((read_to_end(wire.client()) == content));
    }};
    Connection connection{ConnectionKind::socket, 10s};
    const std::uint64_t sent = connection.send_file(file.get(), 0, size);
    connection.finish_sending();
    BOOST_TEST_CONTEXT(size << " octets") {
      BOOST_TEST(sent == size);
      BOOST_TEST(connection.sent() == size);
      BOOST_TEST(reader.wait() == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(sends_what_is_left_of_a_file_that_shrinks) {
  const TemporaryFolder folder;
  for (const std::uint64_t left : {0U, 1U, 5000U}) {
    constexpr std::uint64_t size = 10'000;
    folder.add_file("file", std::string(size, 'x'));
    const UniqueFd file = open_or_fail(folder.path("file"), O_RDONLY);
    const UniqueFd other = open_or_fail(folder.path("file"), O_WRONLY);
    BOOST_REQUIRE(::ftruncate(other.get(), static_cast<off_t>(left)) == 0);
    const Wire wire;
    Connection connection{ConnectionKind::socket, 1s};
    BOOST_TEST(connection.send_file(file.get(), 0, size) == left);
    BOOST_TEST(connection.sent() == left);
    BOOST_TEST(read_available(wire.client()).size() == left);
  }
}

BOOST_AUTO_TEST_CASE(sends_no_more_of_a_file_that_grows) {
  const TemporaryFolder folder;
  folder.add_file("file", "0123456789");
  const UniqueFd file = open_or_fail(folder.path("file"), O_RDONLY);
  const Wire wire;
  Connection connection{ConnectionKind::socket, 1s};
  BOOST_TEST(connection.send_file(file.get(), 0, 4) == 4);
  BOOST_TEST(read_available(wire.client()) == "0123");
}

BOOST_AUTO_TEST_CASE(sends_a_part_of_a_file) {
  const TemporaryFolder folder;
  folder.add_file("file", "0123456789");
  const UniqueFd file = open_or_fail(folder.path("file"), O_RDONLY);
  const Wire wire;
  Connection connection{ConnectionKind::socket, 1s};
  BOOST_TEST(connection.send_file(file.get(), 3, 4) == 4);
  BOOST_TEST(read_available(wire.client()) == "3456");
  BOOST_TEST(connection.send_file(file.get(), 8, 4) == 2);
  BOOST_TEST(read_available(wire.client()) == "89");
}

BOOST_AUTO_TEST_CASE(sends_files_into_pipes) {
  const TemporaryFolder folder;
  const std::string content(10'000, 'x');
  folder.add_file("file", content);
  const UniqueFd file = open_or_fail(folder.path("file"), O_RDONLY);
  const Pipe input = make_pipe();
  const Pipe output = make_pipe();
  const TemporaryDescriptors standard{input.reading.get(),
                                      output.writing.get()};
  Connection connection{ConnectionKind::stream, 1s};
  BOOST_TEST(connection.send_file(file.get(), 0, content.size()) ==
             content.size());
  BOOST_TEST((read_available(output.reading.get()) == content));
}

// --- the end

BOOST_AUTO_TEST_CASE(a_script_finds_a_connection_that_waits) {
  const Wire wire;
  const Connection connection{ConnectionKind::socket, 1s};
  const auto is_waiting = [](int fd) {
    return (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
  };
  connection.set_blocking(Blocking::no);
  BOOST_TEST(!is_waiting(STDIN_FILENO));
  BOOST_TEST(!is_waiting(STDOUT_FILENO));
  connection.set_blocking(Blocking::yes);
  BOOST_TEST(is_waiting(STDIN_FILENO));
  BOOST_TEST(is_waiting(STDOUT_FILENO));

  const Pipe input = make_pipe();
  const Pipe output = make_pipe();
  const TemporaryDescriptors standard{input.reading.get(),
                                      output.writing.get()};
  const Connection pipes{ConnectionKind::stream, 1s};
  pipes.set_blocking(Blocking::yes);
  BOOST_TEST(is_waiting(STDIN_FILENO));
  BOOST_TEST(is_waiting(STDOUT_FILENO));
}

BOOST_AUTO_TEST_CASE(the_client_sees_the_end_of_the_answer) {
  const Wire wire;
  const Connection connection{ConnectionKind::socket, 1s};
  connection.finish_sending();
  BOOST_TEST(is_at_end(wire.client()));
}

BOOST_AUTO_TEST_CASE(lingers_for_nobody_who_sends_nothing) {
  const Wire wire;
  const Connection connection{ConnectionKind::socket, 1s};
  connection.finish_sending();
  const Deadline start = Clock::now();
  connection.linger(Connection::Expecting::nothing);
  BOOST_TEST((Clock::now() - start < 1s));
}

BOOST_AUTO_TEST_CASE(does_not_linger_over_pipes) {
  const Pipe input = make_pipe();
  const Pipe output = make_pipe();
  write_all(input.writing.get(), "unread");
  const TemporaryDescriptors standard{input.reading.get(),
                                      output.writing.get()};
  const Connection connection{ConnectionKind::stream, 1s};
  const Deadline start = Clock::now();
  connection.finish_sending();
  connection.linger(Connection::Expecting::body);
  BOOST_TEST((Clock::now() - start < 1s));
  BOOST_TEST(readable_bytes(STDIN_FILENO) == 6);
}

BOOST_AUTO_TEST_CASE(lingers_until_the_client_has_closed) {
  Wire wire;
  Child client{[&] {
    const TemporaryDescriptors closed{-1, -1};
    const std::string late(500'000, 'x');
    write_all(wire.client(), late);
    BOOST_TEST(read_to_end(wire.client()).empty());
    write_all(wire.client(), late);  // it could not, had we closed
  }};
  wire.close_client();
  const Connection connection{ConnectionKind::socket, 1s};
  connection.linger(Connection::Expecting::body);
  BOOST_TEST(is_at_end(STDIN_FILENO));
  BOOST_TEST(client.wait() == 0);
}

BOOST_AUTO_TEST_CASE(lingers_over_what_was_sent_unasked) {
  Wire wire;
  write_all(wire.client(), "unread");
  Child client{[&] {
    const TemporaryDescriptors closed{-1, -1};
    BOOST_TEST(read_to_end(wire.client()).empty());
  }};
  wire.close_client();
  const Connection connection{ConnectionKind::socket, 1s};
  connection.linger(Connection::Expecting::nothing);
  BOOST_TEST(is_at_end(STDIN_FILENO));
  BOOST_TEST(client.wait() == 0);
}

BOOST_AUTO_TEST_CASE(lingers_no_longer_than_it_must_for_a_silent_client) {
  const Wire wire;
  const Connection connection{ConnectionKind::socket, 1s};
  const Deadline start = Clock::now();
  connection.linger(Connection::Expecting::body);
  const auto lingered = Clock::now() - start;
  BOOST_TEST((lingered >= 1s));
  BOOST_TEST((lingered < max_test_wait));
}

BOOST_AUTO_TEST_CASE(lingers_no_longer_than_it_may_for_one_who_never_pauses) {
  const Wire wire;
  fill(wire.client());
  const Connection connection{ConnectionKind::socket, 1s, Clock::now() - 1s};
  connection.linger(Connection::Expecting::body);
  BOOST_TEST(readable_bytes(STDIN_FILENO) > 0U);
}

BOOST_AUTO_TEST_CASE(an_answer_is_not_lost_to_a_reset) {
  SocketPair pair = make_tcp_pair(Addressing::ipv4);
  UniqueFd client = std::move(pair.theirs);
  write_all(client.get(), std::string(1000, 'x'));
  BOOST_REQUIRE(wait_for(pair.ours.get(), POLLIN, soon()));
  Child server{[&] {
    client.reset();
    const IgnoredBrokenPipes ignored;
    const TemporaryDescriptors standard{pair.ours.get(), pair.ours.get()};
    Connection connection{ConnectionKind::socket, 1s};
    connection.send("answer", More::no);
    connection.finish_sending();
    connection.linger(Connection::Expecting::nothing);
  }};
  pair.ours.reset();
  BOOST_TEST(read_to_end(client.get()) == "answer");
  client.reset();
  BOOST_TEST(server.wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

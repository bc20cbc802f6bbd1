// test_body_spool.cc - A chunked body becomes a file, or a refusal.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <string>
#include <system_error>

#include "body_spool.h"
#include "fixtures.h"
#include "tables.h"

namespace cgihttpd::test {

namespace {

using namespace std::chrono_literals;

constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();
constexpr const char* last_chunk = "0\r\n\r\n";

// One chunk of as many octets, and the end of a body.
std::string body_of(std::size_t size) {
  std::string body = "00000000\r\n" + std::string(size, 'x') + "\r\n";
  constexpr std::size_t digits = 8;
  for (std::size_t i = digits; i > 0; --i, size /= 16)
    body[i - 1] = "0123456789abcdef"[size % 16];
  return body + last_chunk;
}

struct Spooled {
  std::optional<Status> refusal;
  std::string content;
  std::uint64_t size = 0;
  std::string path;
  int access = -1;  // O_RDONLY, O_WRONLY or O_RDWR
};

Spooled spool(ConnectionKind kind, std::uint64_t max_octets,
              std::chrono::seconds timeout = 60s) {
  Connection connection{kind, timeout};
  const auto result = spool_body(connection, max_octets);
  if (const auto* refusal = std::get_if<Refusal>(&result))
    return {refusal->status, {}, 0, {}, -1};
  const auto& body = std::get<SpooledBody>(result);
  const int file = body.file.get();
  return {std::nullopt, read_file(file, body.size + 1), body.size,
          path_of(file), ::fcntl(file, F_GETFL) & O_ACCMODE};
}

// What a client of a local socket has for its body.
Spooled spool_from_socket(std::string_view sent, std::uint64_t max_octets) {
  const Wire wire;
  write_all(wire.client(), sent);
  BOOST_TEST_REQUIRE(::shutdown(wire.client(), SHUT_WR) == 0);
  return spool(ConnectionKind::socket, max_octets);
}

Spooled spool_from_pipe(std::string_view sent, std::uint64_t max_octets) {
  Pipe pipe = make_pipe();
  const Pipe unused = make_pipe();
  write_all(pipe.writing.get(), sent);
  pipe.writing.reset();
  const TemporaryDescriptors standard{pipe.reading.get(), unused.writing.get()};
  return spool(ConnectionKind::stream, max_octets);
}

// A body that is larger than what a socket holds.
Spooled spool_large(std::size_t size) {
  const Wire wire;
  Child sender{[&] { write_all(wire.client(), body_of(size)); }};
  Spooled spooled = spool(ConnectionKind::socket, no_limit);
  BOOST_TEST(sender.wait() == 0);
  return spooled;
}

auto has_error(int error) {
  return [error](const std::system_error& thrown) {
    return thrown.code() == std::error_code{error, std::generic_category()};
  };
}

struct Row {
  const char* why;
  std::string_view input;
  std::uint64_t max_octets;
  std::optional<Status> refusal;
  std::string_view content;
};

constexpr Row rows[] = {
    {"no data", "0\r\n\r\n", 0, std::nullopt, ""},
    {"chunks", "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nA: b\r\n\r\n", no_limit,
     std::nullopt, "hello world"},
    {"as much as may be", "5\r\nhello\r\n0\r\n\r\n", 5, std::nullopt, "hello"},
    {"one octet more", "6\r\nhello!\r\n0\r\n\r\n", 5, Status::content_too_large,
     ""},
    {"it is seen before it comes", "ffffffffffff\r\n", 1U << 30U,
     Status::content_too_large, ""},
    {"malformed", "hello", no_limit, Status::bad_request, ""},
    {"malformed after data", "1\r\nab", no_limit, Status::bad_request, ""},
    {"nothing", "", no_limit, Status::bad_request, ""},
    {"no end", "5\r\nhel", no_limit, Status::bad_request, ""},
    {"not quite the end", "5\r\nhello\r\n0\r\n\r", no_limit,
     Status::bad_request, ""},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(body_spool)

BOOST_AUTO_TEST_CASE(a_body_becomes_a_file_or_a_refusal) {
  check_rows(rows, [](const Row& row) {
    for (const auto receive : {spool_from_socket, spool_from_pipe}) {
      const Spooled spooled = receive(row.input, row.max_octets);
      BOOST_TEST(shown(spooled.refusal) == shown(row.refusal));
      BOOST_TEST(spooled.content == row.content);
      BOOST_TEST(spooled.size == row.content.size());
    }
  });
}

BOOST_AUTO_TEST_CASE(what_follows_the_body_stays_in_the_connection) {
  const std::string body = "5\r\nhello\r\n0\r\nA: b\r\n\r\n";
  const Wire wire;
  write_all(wire.client(), body + "GET / HTTP/1.1\r\n");
  BOOST_TEST(spool(ConnectionKind::socket, no_limit).content == "hello");
  BOOST_TEST(read_available(STDIN_FILENO) == "GET / HTTP/1.1\r\n");
  Pipe pipe = make_pipe();
  write_all(pipe.writing.get(), body + "GET / HTTP/1.1\r\n");
  const TemporaryDescriptor input{STDIN_FILENO, pipe.reading.get()};
  BOOST_TEST(spool(ConnectionKind::stream, no_limit).content == "hello");
  BOOST_TEST(read_available(STDIN_FILENO) == "GET / HTTP/1.1\r\n");
}

BOOST_AUTO_TEST_CASE(a_body_that_does_not_come_is_given_up) {
  const Wire wire;
  write_all(wire.client(), "5\r\nhel");
  const Spooled spooled = spool(ConnectionKind::socket, no_limit, 0s);
  BOOST_TEST(shown(spooled.refusal) == "408");
}

BOOST_AUTO_TEST_CASE(an_urgent_octet_is_one_like_others) {
  const Wire wire{make_tcp_pair(Addressing::ipv4)};
  write_all(wire.client(), "5\r\nhel");
  BOOST_TEST_REQUIRE(::send(wire.client(), "l", 1, MSG_OOB) == 1);
  write_all(wire.client(), "o\r\n0\r\n\r\n");
  BOOST_TEST(spool(ConnectionKind::socket, no_limit).content == "hello");
}

BOOST_AUTO_TEST_CASE(a_small_body_is_in_memory_and_a_large_one_on_a_disk) {
  const Spooled small = spool_large(max_spool_memory_octets);
  BOOST_TEST(small.content == std::string(max_spool_memory_octets, 'x'));
  BOOST_TEST(small.path.starts_with("/memfd:"), small.path);
  const Spooled large = spool_large(max_spool_memory_octets + 1);
  BOOST_TEST(large.content == std::string(max_spool_memory_octets + 1, 'x'));
  BOOST_TEST(!large.path.starts_with("/memfd:"), large.path);
  BOOST_TEST(large.path.ends_with(" (deleted)"), large.path);
}

// A confined script could fill the disk by its standard input.
BOOST_AUTO_TEST_CASE(a_body_can_only_be_read) {
  BOOST_TEST(spool_large(1).access == O_RDONLY);
  BOOST_TEST(spool_large(max_spool_memory_octets + 1).access == O_RDONLY);
}

BOOST_AUTO_TEST_CASE(tmpdir_says_where_if_it_can_be_there) {
  const TemporaryFolder folder;
  check_in_child([&] {
    ::setenv("TMPDIR", folder.path().c_str(), 1);
    const std::string path = spool_large(max_spool_memory_octets + 1).path;
    BOOST_TEST(path.starts_with(folder.path() + '/'), path);
  });
  check_in_child([&] {
    ::setenv("TMPDIR", folder.path("absent").c_str(), 1);
    const std::string path = spool_large(max_spool_memory_octets + 1).path;
    BOOST_TEST((path.starts_with("/var/tmp/") || path.starts_with("/tmp/")),
               path);
  });
  const UniqueFd opened = open_or_fail(folder.path(), O_RDONLY | O_DIRECTORY);
  BOOST_TEST(names_in(opened.get(), 10).empty());
}

BOOST_AUTO_TEST_CASE(a_body_without_room_is_an_error) {
  check_in_child([] {
    const rlimit limit{4, 4};
    BOOST_TEST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    BOOST_CHECK_EXCEPTION(static_cast<void>(spool_from_socket(
                              "5\r\nhello\r\n0\r\n\r\n", no_limit)),
                          std::system_error, has_error(EFBIG));
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

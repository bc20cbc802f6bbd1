#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

#include "head.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_view_literals;

namespace {

using State = HeadScanner::State;

std::string_view name_of(State state) {
  switch (state) {
    case State::unfinished: return "unfinished";
    case State::complete: return "complete";
    case State::malformed: return "malformed";
    case State::line_too_long: return "line_too_long";
    case State::head_too_long: return "head_too_long";
  }
  return "none of them";
}

// Where a scanner stopped, and why.
struct Stop {
  State state;
  std::size_t octets;
  bool operator==(const Stop&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Stop& stop) {
  return out << name_of(stop.state) << " after " << stop.octets;
}

// Feeds `octets` in pieces of `size`.
Stop scan_in_pieces(std::string_view octets, std::size_t size) {
  HeadScanner scanner;
  std::size_t taken = 0;
  while (taken < octets.size() && scanner.state() == State::unfinished)
    taken += scanner.feed(octets.substr(taken, size));
  return {scanner.state(), taken};
}

// All at once, octet by octet, and in pieces that end anywhere.
void check_scan(std::string_view octets, const Stop& expected) {
  constexpr std::size_t sizes[] = {max_head_octets * 2, 1, 2, 7};
  for (const std::size_t size : sizes) {
    const Stop stop = scan_in_pieces(octets, size);
    BOOST_TEST((stop == expected), stop << " != " << expected
                                        << ", in pieces of " << size << ": "
                                        << shown(octets.substr(0, 40)));
  }
}

constexpr std::string_view request_line = "GET / HTTP/1.1\r\n";

// A request line of `size` octets with its CRLF.
std::string line_of(std::size_t size) {
  constexpr std::string_view end = " HTTP/1.1\r\n";
  std::string line = "GET /";
  line.resize(size - end.size(), 'a');
  return line.append(end);
}

// A head of `size` octets with its empty line.
std::string head_of(std::size_t size) {
  constexpr std::string_view end = "\r\n\r\n";
  std::string head{request_line};
  head += "A: ";
  head.resize(size - end.size(), 'a');
  return head.append(end);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(head)

struct HeadRow {
  const char* why;
  std::string_view taken;
  std::string_view rest;
  State state;
};

constexpr HeadRow head_rows[] = {
    {"nothing", "", "", State::unfinished},
    {"a part of a line", "GET", "", State::unfinished},
    {"a line without its LF", "GET / HTTP/1.1\r", "", State::unfinished},
    {"a request line", request_line, "", State::unfinished},
    {"a field", "GET / HTTP/1.1\r\nHost: a\r\n", "", State::unfinished},
    {"all but the last LF", "GET / HTTP/1.1\r\n\r", "", State::unfinished},
    {"a head without fields", "GET / HTTP/1.1\r\n\r\n", "", State::complete},
    {"a head", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", State::complete},
    {"a body is not the head's", "POST / HTTP/1.1\r\nHost: a\r\n\r\n", "body",
     State::complete},
    {"a body of NUL is not the head's", "POST / HTTP/1.1\r\n\r\n", "\0\0"sv,
     State::complete},
    {"a second request is not the head's", "GET / HTTP/1.1\r\n\r\n",
     "GET / HTTP/1.1\r\n\r\n", State::complete},
    {"an empty line after it is not the head's", "GET / HTTP/1.1\r\n\r\n",
     "\r\n", State::complete},
    {"tabs and octets above 127 are for the parser to judge",
     "G\t\x80\xFF\r\n\t\xFF\r\n\r\n", "", State::complete},
    {"any line is a request line", "x\r\n\r\n", "", State::complete},
    {"HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\n", "SM\r\n\r\n",
     State::complete},
};

constexpr HeadRow leading_line_rows[] = {
    {"RFC 9112 2.2: an empty line before the request line", "\r\n", "",
     State::unfinished},
    {"a head after it", "\r\nGET / HTTP/1.1\r\n\r\n", "body", State::complete},
    {"a second empty line", "\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
     State::malformed},
    {"a bare LF", "\n", "GET / HTTP/1.1\r\n\r\n", State::malformed},
    {"a bare CR", "\rG", "ET / HTTP/1.1\r\n\r\n", State::malformed},
    {"a bare LF after it", "\r\n\n", "GET / HTTP/1.1\r\n", State::malformed},
    {"a blank makes it a request line", " \r\n\r\n", "", State::complete},
};

constexpr HeadRow malformed_rows[] = {
    {"LF ends the request line", "GET / HTTP/1.1\n", "\n", State::malformed},
    {"LF ends a field", "GET / HTTP/1.1\r\nHost: a\n", "\n", State::malformed},
    {"LF is the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", "",
     State::malformed},
    {"a bare CR in the request line", "GET /\rH", "TTP/1.1", State::malformed},
    {"a bare CR in a field", "GET / HTTP/1.1\r\nA: b\rc", ": d\r\n\r\n",
     State::malformed},
    {"two CR before LF", "GET / HTTP/1.1\r\r", "\n\r\n", State::malformed},
    {"two CR before the last LF", "GET / HTTP/1.1\r\n\r\r", "\n",
     State::malformed},
    {"LF CR", "GET / HTTP/1.1\n", "\r\n\r", State::malformed},
    {"NUL at first", "\0"sv, "GET", State::malformed},
    {"NUL in the target", "GET /\0"sv, "a HTTP/1.1\r\n\r\n", State::malformed},
    {"NUL after a CR", "GET / HTTP/1.1\r\0"sv, "\n", State::malformed},
    {"NUL in a field", "GET / HTTP/1.1\r\nA: \0"sv, "\r\n\r\n",
     State::malformed},
    {"a ClientHello of TLS", "\x16", "\x03\x01\x02\x00\x01\x00\x01\xFC"sv,
     State::malformed},
    {"a ClientHello of SSL 2", "\x80.\x01", "\x03\x01"sv, State::malformed},
    {"SOCKS 4", "\x04", "\x01\x00\x50"sv, State::malformed},
    {"the PROXY protocol, version 2", "\r\n\r\n", "\0\r\nQUIT\n"sv,
     State::malformed},
    {"an escape sequence", "GET /\x1B", "[2J HTTP/1.1\r\n", State::malformed},
    {"VT is no blank", "GET\v", "/ HTTP/1.1\r\n\r\n", State::malformed},
    {"FF is no blank", "GET\f", "/ HTTP/1.1\r\n\r\n", State::malformed},
};

void check_heads(const auto& rows) {
  check_rows(rows, [](const HeadRow& row) {
    check_scan(std::string{row.taken}.append(row.rest),
               {row.state, row.taken.size()});
  });
}

BOOST_AUTO_TEST_CASE(a_head_ends_with_its_empty_line) {
  check_heads(head_rows);
}

BOOST_AUTO_TEST_CASE(one_empty_line_before_the_request_line_is_ignored) {
  check_heads(leading_line_rows);
}

BOOST_AUTO_TEST_CASE(what_no_head_contains_stops_at_once) {
  check_heads(malformed_rows);
}

BOOST_AUTO_TEST_CASE(control_characters_but_the_tab_stop_at_once) {
  const std::string before[] = {"", "GET /", "GET / HTTP/1.1\r\n",
                                "GET / HTTP/1.1\r\nA: b"};
  for (const std::string& head : before) {
    for (const char c : every_octet()) {
      if (c == '\r') continue;  // it may begin an end of line
      const auto octet = static_cast<unsigned char>(c);
      const bool stops = octet == 127 || (octet < 32 && c != '\t');
      check_scan(head + c, {stops ? State::malformed : State::unfinished,
                            head.size() + 1});
    }
  }
}

BOOST_AUTO_TEST_CASE(only_a_lf_follows_a_cr) {
  const std::string head = "GET / HTTP/1.1\r";
  for (const char c : every_octet()) {
    check_scan(head + c, {c == '\n' ? State::unfinished : State::malformed,
                          head.size() + 1});
  }
}

BOOST_AUTO_TEST_CASE(a_scanner_that_stopped_takes_no_more) {
  struct Row {
    const char* why;
    std::string input;
    State expected;
  };
  const Row rows[] = {
      {"complete", "a\r\n\r\n", State::complete},
      {"malformed", "\n", State::malformed},
      {"the line is too long", std::string(max_request_line_octets, 'a'),
       State::line_too_long},
      {"the head is too long",
       head_of(max_head_octets + 1).substr(0, max_head_octets),
       State::head_too_long},
  };
  check_rows(rows, [](const Row& row) {
    HeadScanner scanner;
    BOOST_TEST(scanner.feed(row.input) == row.input.size());
    BOOST_TEST(scanner.feed("a\r\n\r\n") == 0U);
    BOOST_TEST(scanner.feed("") == 0U);
    BOOST_TEST(name_of(scanner.state()) == name_of(row.expected));
  });
}

struct SizeRow {
  const char* why;
  std::string input;
  Stop expected;
};

BOOST_AUTO_TEST_CASE(a_request_line_has_a_maximum) {
  constexpr std::size_t max = max_request_line_octets;
  const std::string endless(max * 2, 'a');
  const SizeRow rows[] = {
      {"an octet less", line_of(max - 1), {State::unfinished, max - 1}},
      {"as long as the maximum", line_of(max), {State::unfinished, max}},
      {"an octet more", line_of(max + 1), {State::line_too_long, max}},
      {"no end", endless, {State::line_too_long, max}},
      {"an octet less, and no end",
       endless.substr(0, max - 1),
       {State::unfinished, max - 1}},
      {"CR is the last octet",
       endless.substr(0, max - 1) + '\r',
       {State::line_too_long, max}},
      {"NUL is the last octet",
       endless.substr(0, max - 1) + '\0',
       {State::malformed, max}},
      {"LF alone is the last octet",
       endless.substr(0, max - 1) + '\n',
       {State::malformed, max}},
      {"the empty line before it does not count",
       "\r\n" + line_of(max),
       {State::unfinished, max + 2}},
      {"an empty line before one that is too long",
       "\r\n" + line_of(max + 1),
       {State::line_too_long, max + 2}},
      {"a field may be longer",
       std::string{request_line} + "A: " + endless + "\r\n\r\n",
       {State::complete, request_line.size() + 3 + endless.size() + 4}},
  };
  check_rows(rows,
             [](const SizeRow& row) { check_scan(row.input, row.expected); });
}

BOOST_AUTO_TEST_CASE(a_head_has_a_maximum) {
  constexpr std::size_t max = max_head_octets;
  const std::string line{request_line};
  const SizeRow rows[] = {
      {"an octet less", head_of(max - 1), {State::complete, max - 1}},
      {"as long as the maximum", head_of(max), {State::complete, max}},
      {"an octet more", head_of(max + 1), {State::head_too_long, max}},
      {"the empty line before it counts",
       "\r\n" + head_of(max - 2),
       {State::complete, max}},
      {"an empty line before, and an octet more",
       "\r\n" + head_of(max - 1),
       {State::head_too_long, max}},
      {"a field without end",
       line + std::string(max, 'a'),
       {State::head_too_long, max}},
      {"fields without end",
       line + repeated(max, "a:\r\n"),
       {State::head_too_long, max}},
      {"NUL is the last octet",
       head_of(max).substr(0, max - 1) + '\0',
       {State::malformed, max}},
      {"an octet less, and no end",
       head_of(max).substr(0, max - 1),
       {State::unfinished, max - 1}},
  };
  check_rows(rows,
             [](const SizeRow& row) { check_scan(row.input, row.expected); });
}

BOOST_AUTO_TEST_SUITE_END()

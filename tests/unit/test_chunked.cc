#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>

#include "chunked.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_view_literals;

namespace {

using State = ChunkedDecoder::State;

constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

std::string name_of(State state) {
  switch (state) {
    case State::unfinished: return "unfinished";
    case State::complete: return "complete";
    case State::malformed: return "malformed";
    case State::too_large: return "too large";
  }
  return {};
}

// How a body was decoded.
struct Decoded {
  std::string data;
  std::string rest;  // what was not taken
  State state = State::unfinished;
};

// Feeds at most `step` octets at once.
Decoded decode(std::string_view octets, std::size_t step,
               std::uint64_t max_octets = no_limit) {
  ChunkedDecoder decoder{max_octets};
  Decoded decoded;
  while (!octets.empty() && decoder.state() == State::unfinished) {
    const auto piece = decoder.feed(octets.substr(0, step));
    if (piece.taken == 0) BOOST_FAIL("nothing was taken");
    decoded.data += piece.data;
    octets.remove_prefix(piece.taken);
  }
  decoded.rest = octets;
  decoded.state = decoder.state();
  return decoded;
}

Decoded decode(std::string_view octets) {
  return decode(octets, octets.size());
}

std::string chunks_of(std::size_t size, std::size_t count,
                      std::string_view after_size = {}) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string chunk;
  for (std::size_t left = size; left > 0; left /= 16)
    chunk.insert(0, 1, digits[left % 16]);
  chunk.append(after_size).append("\r\n").append(size, 'x').append("\r\n");
  return repeated(count, chunk);
}

struct Row {
  const char* why;
  std::string_view input;
  std::string_view expected;
};

constexpr Row good_rows[] = {
    {"no data", "0\r\n\r\n", ""},
    {"a chunk", "5\r\nhello\r\n0\r\n\r\n", "hello"},
    {"chunks", "5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n",
     "hello world"},
    {"data that looks like a chunk", "5\r\n0\r\n\r\n\r\n0\r\n\r\n",
     "0\r\n\r\n"},
    {"octets of any value", "4\r\n\0\xFF\r\n\r\n0\r\n\r\n"sv, "\0\xFF\r\n"sv},
    {"capital digits", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
    {"small digits", "a\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
    {"leading zeros", "0001\r\na\r\n000\r\n\r\n", "a"},
    {"as many digits as may be", "0000000000000001\r\na\r\n0\r\n\r\n", "a"},
    {"as many zeros as may be", "0000000000000000\r\n\r\n", ""},
    {"an extension", "1;a\r\na\r\n0\r\n\r\n", "a"},
    {"an extension with a value", "1;a=b\r\na\r\n0;c=d\r\n\r\n", "a"},
    {"RFC 9112 7.1.1: blanks before it", "1 \t;a\r\na\r\n0 ; b\r\n\r\n", "a"},
    {"RFC 9112 7.1.1: blanks in it", "1 ; a = b ; c\r\na\r\n0\r\n\r\n", "a"},
    {"a text in quotes", "1;a=\"b;\\\"c=1\"\r\na\r\n0\r\n\r\n", "a"},
    {"octets above 127 in an extension", "1;a=\"\xC3\xA4\"\r\na\r\n0\r\n\r\n",
     "a"},
    {"RFC 9112 7.1.2: a trailer field", "1\r\na\r\n0\r\nA: b\r\n\r\n", "a"},
    {"trailer fields", "0\r\nA:b\r\nC:\r\nD: e: f\t \r\n\r\n", ""},
    {"a trailer field that could frame", "0\r\nContent-Length: 5\r\n\r\n", ""},
    {"octets above 127 in a trailer field", "0\r\nA: \xC3\xA4\r\n\r\n", ""},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(chunked)

BOOST_AUTO_TEST_CASE(a_body_is_its_chunks_to_its_end_and_no_more) {
  check_rows(good_rows, [](const Row& row) {
    for (const std::string_view rest : {"", "0", "GET / HTTP/1.1\r\n\r\n"}) {
      const Decoded decoded = decode(std::string{row.input}.append(rest));
      BOOST_TEST(name_of(decoded.state) == "complete");
      BOOST_TEST(shown(decoded.data) == shown(row.expected));
      BOOST_TEST(decoded.rest == rest);
    }
  });
}

BOOST_AUTO_TEST_CASE(a_body_that_ends_early_is_unfinished) {
  check_rows(good_rows, [](const Row& row) {
    for (std::size_t size = 0; size < row.input.size(); ++size) {
      const Decoded decoded = decode(row.input.substr(0, size));
      BOOST_TEST(name_of(decoded.state) == "unfinished", size);
      BOOST_TEST(row.expected.starts_with(decoded.data), size);
    }
  });
}

constexpr Row bad_rows[] = {
    {"no size", "\r\n", ""},
    {"a chunk after no size", "\r\n\r\n0\r\n\r\n", ""},
    {"a minus", "-1\r\n", ""},
    {"a plus", "+1\r\na\r\n0\r\n\r\n", ""},
    {"0x", "0x1\r\na\r\n0\r\n\r\n", ""},
    {"an underscore", "1_0\r\n", ""},
    {"no digit", "g\r\n", ""},
    {"a comma", "1,1\r\n", ""},
    {"a point", "1.0\r\n", ""},
    {"a blank before the size", " 1\r\na\r\n0\r\n\r\n", ""},
    {"a tab before the size", "\t1\r\na\r\n0\r\n\r\n", ""},
    {"a blank after the size", "1 \r\na\r\n0\r\n\r\n", ""},
    {"a blank after the last size", "0 \r\n\r\n", ""},
    {"a blank in the size", "1 0\r\n", ""},
    {"a NUL after the size", "1\0\r\n"sv, ""},
    {"an octet above 127 as a digit", "\xB9\r\n", ""},
    {"one digit too many", "00000000000000001\r\na\r\n0\r\n\r\n", ""},
    {"2^64", "10000000000000000\r\n", ""},
    {"LF alone after the size", "1\na\r\n0\r\n\r\n", ""},
    {"LF alone after the last size", "0\n\r\n", ""},
    {"CR alone after the size", "1\ra\r\n0\r\n\r\n", ""},
    {"two CR", "1\r\r\na\r\n0\r\n\r\n", ""},
    {"LF alone after an extension", "1;a\na\r\n0\r\n\r\n", ""},
    {"CR alone in an extension", "1;a\rb\r\na\r\n0\r\n\r\n", ""},
    {"CR alone in quotes", "1;a=\"\r\"\r\na\r\n0\r\n\r\n", ""},
    {"LF alone in quotes", "1;a=\"\n\"\r\na\r\n0\r\n\r\n", ""},
    {"a NUL in an extension", "1;a\0\r\na\r\n0\r\n\r\n"sv, ""},
    {"LF alone after the data", "1\r\na\n0\r\n\r\n", "a"},
    {"CR alone after the data", "1\r\na\r0\r\n\r\n", "a"},
    {"no end of line after the data", "1\r\na0\r\n\r\n", "a"},
    {"more data than its size", "1\r\nab\r\n0\r\n\r\n", "a"},
    {"less data than its size", "3\r\na\r\n0\r\n\r\n", "a\r\n"},
    {"LF alone at the end", "0\r\n\n", ""},
    {"CR alone at the end", "0\r\n\r0", ""},
    {"another chunk after the last", "0\r\n1\r\na\r\n0\r\n\r\n", ""},
    {"no colon in a trailer field", "0\r\nA\r\n\r\n", ""},
    {"no name of a trailer field", "0\r\n: a\r\n\r\n", ""},
    {"a blank before the colon", "0\r\nA : b\r\n\r\n", ""},
    {"RFC 9112 5.2: a folded trailer field", "0\r\nA: b\r\n c\r\n\r\n", ""},
    {"a blank before a trailer field", "0\r\n A: b\r\n\r\n", ""},
    {"LF alone after a trailer field", "0\r\nA: b\n\r\n", ""},
    {"CR alone in a trailer field", "0\r\nA: b\rc\r\n\r\n", ""},
    {"a NUL in a trailer field", "0\r\nA: \0\r\n\r\n"sv, ""},
    {"the body without its coding", "hello", ""},
};

BOOST_AUTO_TEST_CASE(what_is_no_chunk_is_malformed) {
  check_rows(bad_rows, [](const Row& row) {
    const Decoded decoded = decode(row.input);
    BOOST_TEST(name_of(decoded.state) == "malformed");
    BOOST_TEST(shown(decoded.data) == shown(row.expected));
  });
}

BOOST_AUTO_TEST_CASE(it_is_the_same_in_pieces_of_any_size) {
  const auto check = [](const Row& row) {
    const Decoded whole = decode(row.input);
    for (const std::size_t step : {1U, 2U, 3U, 5U}) {
      const Decoded decoded = decode(row.input, step);
      BOOST_TEST(name_of(decoded.state) == name_of(whole.state), step);
      BOOST_TEST(shown(decoded.data) == shown(whole.data), step);
      BOOST_TEST(shown(decoded.rest) == shown(whole.rest), step);
    }
  };
  check_rows(good_rows, check);
  check_rows(bad_rows, check);
}

// As a reader does that must not take what follows the body.
BOOST_AUTO_TEST_CASE(the_octets_that_are_due_end_where_the_body_ends) {
  const auto check = [](std::string_view body) {
    ChunkedDecoder decoder{no_limit};
    while (decoder.state() == State::unfinished) {
      const std::size_t due = decoder.octets_due();
      BOOST_TEST_REQUIRE(due > 0U);
      BOOST_TEST_REQUIRE(due <= body.size());
      std::string_view octets = body.substr(0, due);
      while (!octets.empty())
        octets.remove_prefix(decoder.feed(octets).taken);
      body.remove_prefix(due);
    }
    BOOST_TEST(decoder.octets_due() == 0U);
    BOOST_TEST(body.empty());
  };
  check_rows(good_rows, [&](const Row& row) { check(row.input); });
  check(chunks_of(100'000, 3) + "0\r\n\r\n");
  check(chunks_of(2'000'000, 1) + "0;a\r\nA: b\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(the_octets_that_are_due_are_a_minimum_at_each_octet) {
  check_rows(good_rows, [](const Row& row) {
    ChunkedDecoder decoder{no_limit};
    for (std::size_t i = 0; i < row.input.size(); ++i) {
      BOOST_TEST(decoder.octets_due() <= row.input.size() - i, i);
      BOOST_TEST(decoder.feed(row.input.substr(i, 1)).taken == 1U);
    }
    BOOST_TEST(decoder.octets_due() == 0U);
  });
}

struct MaximumRow {
  const char* why;
  std::string_view input;
  std::uint64_t max_octets;
  const char* expected;
  std::string_view data;
};

constexpr MaximumRow maximum_rows[] = {
    {"as much as may be", "5\r\nhello\r\n0\r\n\r\n", 5, "complete", "hello"},
    {"one octet more", "6\r\nhello!\r\n0\r\n\r\n", 5, "too large", ""},
    {"one octet more, in chunks", "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", 5,
     "too large", "hello"},
    {"nothing may be", "0\r\n\r\n", 0, "complete", ""},
    {"nothing may be, but is", "1\r\na\r\n0\r\n\r\n", 0, "too large", ""},
    {"it is seen before it comes", "7fffffffffffffff\r\n", 1U << 30U,
     "too large", ""},
    {"2^64 - 1", "ffffffffffffffff\r\na", no_limit, "unfinished", "a"},
    {"2^64 - 1 and one more", "1\r\na\r\nffffffffffffffff\r\n", no_limit,
     "too large", "a"},
};

BOOST_AUTO_TEST_CASE(the_data_has_a_maximum) {
  check_rows(maximum_rows, [](const MaximumRow& row) {
    for (const std::size_t step : {std::size_t{1}, row.input.size()}) {
      const Decoded decoded = decode(row.input, step, row.max_octets);
      BOOST_TEST(name_of(decoded.state) == row.expected);
      BOOST_TEST(decoded.data == row.data);
    }
  });
}

BOOST_AUTO_TEST_CASE(what_is_due_of_the_largest_chunk_is_a_number) {
  ChunkedDecoder decoder{no_limit};
  static_cast<void>(decoder.feed("ffffffffffffffff\r\n"));
  BOOST_TEST(decoder.octets_due() > 65536U);
  BOOST_TEST(decoder.octets_due() < 1U << 30U);
}

struct FramingRow {
  const char* why;
  std::string input;
  const char* expected;
};

BOOST_AUTO_TEST_CASE(what_frames_the_data_has_a_maximum) {
  const std::string end = "0\r\n\r\n";
  const std::string half(max_framing_octets / 2, 'e');
  const std::string all(max_framing_octets, 'e');
  // What a client of S3 adds to each chunk.
  const std::string signature = ";chunk-signature=" + std::string(64, 'f');
  const FramingRow rows[] = {
      {"data octet by octet", chunks_of(1, 100'000) + end, "complete"},
      {"a small extension to each octet", chunks_of(1, 100'000, ";abc") + end,
       "complete"},
      {"a larger extension to each octet",
       chunks_of(1, 100'000, ";abcdefghijklmnop") + end, "too large"},
      {"a large extension to each octet", chunks_of(1, 3, ';' + half) + end,
       "too large"},
      {"a signature to each chunk", chunks_of(8192, 1000, signature) + end,
       "complete"},
      {"a large extension", chunks_of(1, 1, ';' + half) + end, "complete"},
      {"too large an extension", chunks_of(1, 1, ';' + all) + end, "too large"},
      {"too large an extension of the last chunk", "0;" + all + "\r\n\r\n",
       "too large"},
      {"blanks without end", '1' + std::string(max_framing_octets, ' '),
       "too large"},
      {"a large trailer field", "0\r\nA: " + half + "\r\n\r\n", "complete"},
      {"too large a trailer field", "0\r\nA: " + all + "\r\n\r\n", "too large"},
      {"too many trailer fields",
       "0\r\n" + repeated(max_framing_octets / 4, "A:\r\n") + "\r\n",
       "too large"},
      {"too long a name", "0\r\n" + all, "too large"},
  };
  check_rows(rows, [](const FramingRow& row) {
    BOOST_TEST(name_of(decode(row.input).state) == row.expected);
    BOOST_TEST(name_of(decode(row.input, 1).state) == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(nothing_is_taken_after_the_end) {
  ChunkedDecoder decoder{no_limit};
  BOOST_TEST(decoder.feed("0\r\n\r\n0").taken == 5U);
  BOOST_TEST(decoder.feed("0").taken == 0U);
  BOOST_TEST(name_of(decoder.state()) == "complete");
}

BOOST_AUTO_TEST_SUITE_END()

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

#include "escape.h"
#include "tables.h"
#include "text.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_view_literals;

namespace {

constexpr std::size_t no_limit = std::string::npos;

// `%` and the two digits of an octet, in the case of `digits`.
std::string percent_escape_of(char c, std::string_view digits) {
  const auto octet = static_cast<unsigned char>(c);
  return {'%', digits[octet / 16], digits[octet % 16]};
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(escape)

struct DecodingRow {
  const char* why;
  std::string_view input;
  std::optional<std::string_view> expected;
};

constexpr DecodingRow decoding_rows[] = {
    {"nothing", "", ""},
    {"nothing to decode", "/a b+c", "/a b+c"},
    {"an escape", "%41", "A"},
    {"digits of both cases", "%2f%2F%aB", "//\xAB"},
    {"an escape at the end", "a%20", "a "},
    {"a NUL, for the caller to refuse", "a%00b", "a\0b"sv},
    {"raw octets stay", "\xFF\x01", "\xFF\x01"},
    {"once: %25 is a percent sign", "%2541", "%41"},
    {"once: an escape is not made of decoded digits", "%%34%31", std::nullopt},
    {"once: a decoded percent sign starts no escape", "%25%34%31", "%41"},
    {"a plus is a plus", "+", "+"},
    {"a percent sign alone", "%", std::nullopt},
    {"a percent sign at the end", "abc%", std::nullopt},
    {"one digit", "%4", std::nullopt},
    {"one digit at the end", "abc%4", std::nullopt},
    {"two percent signs", "%%", std::nullopt},
    {"three percent signs", "%%%", std::nullopt},
    {"no digits", "%zz", std::nullopt},
    {"a wrong first digit", "%g1", std::nullopt},
    {"a wrong second digit", "%1g", std::nullopt},
    {"a sign is no digit", "%+1", std::nullopt},
    {"a minus is no digit", "%-1", std::nullopt},
    {"a space is no digit", "% 1", std::nullopt},
    {"a space after one digit", "%1 ", std::nullopt},
    {"C's prefix for hexadecimal", "%0x41", std::nullopt},
    {"Microsoft's escapes of 16 bits", "%u0041", std::nullopt},
    {"a NUL is no digit", "%4\0"sv, std::nullopt},
    {"right escapes excuse no wrong one", "%41%4", std::nullopt},
};

BOOST_AUTO_TEST_CASE(percent_escapes_are_decoded_once_or_refused) {
  check_rows(decoding_rows, [](const DecodingRow& row) {
    BOOST_TEST(shown(percent_decode(row.input)) == shown(row.expected));
  });
}

BOOST_AUTO_TEST_CASE(every_octet_has_a_percent_escape) {
  for (const char c : every_octet()) {
    const std::string expected = shown({&c, 1});
    for (const auto digits : {"0123456789abcdef"sv, "0123456789ABCDEF"sv}) {
      const std::string escape = percent_escape_of(c, digits);
      BOOST_TEST(shown(percent_decode(escape)) == expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_path_keeps_unreserved_characters_and_slashes) {
  for (const char c : every_octet()) {
    const bool stays = is_alphanumeric(c) || "-._~/"sv.find(c) != no_limit;
    const std::string expected =
        stays ? std::string{c} : percent_escape_of(c, "0123456789ABCDEF");
    BOOST_TEST(percent_encode_path({&c, 1}) == expected);
  }
}

BOOST_AUTO_TEST_CASE(what_is_percent_encoded_decodes_to_itself) {
  const std::string octets = every_octet();
  BOOST_TEST(shown(percent_decode(percent_encode_path(octets))) ==
             shown(octets));
}

BOOST_AUTO_TEST_CASE(html_escape_leaves_no_markup) {
  struct Row {
    const char* why;
    std::string_view input;
    std::string_view expected;
  };
  constexpr Row rows[] = {
      {"nothing", "", ""},
      {"nothing to escape", "a b", "a b"},
      {"a tag", "<b>", "&lt;b&gt;"},
      {"the end of an attribute", "\" '", "&quot; &#x27;"},
      {"an entity is not taken for one", "&lt;", "&amp;lt;"},
      {"UTF-8 stays", "\xC3\xBC", "\xC3\xBC"},
  };
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(html_escape(row.input) == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(html_escape_changes_five_octets_alone) {
  for (const char c : every_octet()) {
    const std::string_view octet{&c, 1};
    const bool changes = R"(&<>"')"sv.find(c) != no_limit;
    const std::string escaped = html_escape(octet);
    BOOST_TEST((escaped == octet) == !changes, shown(octet));
    BOOST_TEST((escaped.size() > 1) == changes, shown(octet));
  }
}

struct LogRow {
  const char* why;
  std::string_view input;
  std::size_t max_size;
  std::string_view expected;
};

constexpr LogRow log_rows[] = {
    {"nothing", "", no_limit, ""},
    {"printable ASCII stays", "GET /~a HTTP/1.1", no_limit, "GET /~a HTTP/1.1"},
    {"a new line forges no line", "a\r\nb", no_limit, "a\\x0D\\x0Ab"},
    {"terminals obey no escape sequence", "\x1B[2J", no_limit, "\\x1B[2J"},
    {"a tab", "\t", no_limit, "\\x09"},
    {"NUL and DEL", "\0\x7F"sv, no_limit, "\\x00\\x7F"},
    {"octets above 127", "\x80\xFF", no_limit, "\\x80\\xFF"},
    {"a quote ends no field", "a\"b", no_limit, "a\\\"b"},
    {"a backslash forges no escape", "\\x0A", no_limit, "\\\\x0A"},
    {"as long as the maximum", "abc", 3, "abc"},
    {"longer than the maximum", "abcd", 3, "abc"},
    {"a maximum of none", "a", 0, ""},
    {"an escape that fits", "a\n", 5, "a\\x0A"},
    {"an escape is not cut", "a\n", 4, "a"},
    {"what follows a cut is left out", "a\nb", 4, "a"},
    {"a quote is not cut", "a\"", 2, "a"},
    {"a backslash is not cut", "a\\", 2, "a"},
};

BOOST_AUTO_TEST_CASE(a_log_gets_printable_text_of_bounded_size) {
  check_rows(log_rows, [](const LogRow& row) {
    BOOST_TEST(log_escape(row.input, row.max_size) == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(every_octet_is_printable_in_a_log) {
  for (const char c : every_octet()) {
    const std::string escaped = log_escape({&c, 1}, no_limit);
    const bool stays = c >= ' ' && c <= '~' && c != '"' && c != '\\';
    BOOST_TEST(is_printable(escaped));
    BOOST_TEST((escaped.size() == 1) == stays);
    BOOST_TEST(escaped.starts_with('\\') == !stays);
  }
}

BOOST_AUTO_TEST_CASE(a_log_escape_keeps_any_maximum) {
  const std::string octets = every_octet();
  const std::string whole = log_escape(octets, no_limit);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const std::string escaped = log_escape(octets, size);
    BOOST_TEST(escaped.size() <= size);
    BOOST_TEST(whole.starts_with(escaped));
    BOOST_TEST(size - escaped.size() < 4);
  }
}

BOOST_AUTO_TEST_CASE(a_word_of_a_log_has_no_spaces_and_brackets) {
  for (const char c : every_octet()) {
    const std::string_view octet{&c, 1};
    const std::string word = log_escape_word(octet, no_limit);
    if (" []"sv.find(c) == no_limit) {
      BOOST_TEST(word == log_escape(octet, no_limit));
    } else {
      BOOST_TEST(word.starts_with("\\x"));
      BOOST_TEST(word.size() == 4U);
    }
  }
  BOOST_TEST(log_escape_word("a [b]", no_limit) == R"(a\x20\x5Bb\x5D)");
  BOOST_TEST(log_escape_word("a b", 4) == "a");
}

constexpr LogRow json_rows[] = {
    {"nothing", "", no_limit, ""},
    {"printable ASCII stays", "GET /~a HTTP/1.1", no_limit, "GET /~a HTTP/1.1"},
    {"a quote ends no string", "a\"b", no_limit, R"(a\"b)"},
    {"a backslash begins no escape", R"(\u0041)", no_limit, R"(\\u0041)"},
    {"control characters", "\0\n\x1B\x7F"sv, no_limit,
     R"(\u0000\u000A\u001B\u007F)"},
    {"two octets", "\xC3\xBC", no_limit, R"(\u00FC)"},
    {"the first of two octets", "\xC2\x80", no_limit, R"(\u0080)"},
    {"three octets", "\xE2\x82\xAC", no_limit, R"(\u20AC)"},
    {"the first of three octets", "\xE0\xA0\x80", no_limit, R"(\u0800)"},
    // NOLINTNEXTLINE(misc-misleading-bidirectional)
    {"a character that turns the line around", "\xE2\x80\xAE", no_limit,
     R"(\u202E)"},
    {"four octets", "\xF0\x9F\x98\x80", no_limit, R"(\uD83D\uDE00)"},
    {"the first of four octets", "\xF0\x90\x80\x80", no_limit,
     R"(\uD800\uDC00)"},
    {"the last character", "\xF4\x8F\xBF\xBF", no_limit, R"(\uDBFF\uDFFF)"},
    {"beyond the last character", "\xF4\x90\x80\x80", no_limit,
     R"(\uFFFD\uFFFD\uFFFD\uFFFD)"},
    {"Latin-1", "gr\xFC\xDFt", no_limit, R"(gr\uFFFD\uFFFDt)"},
    {"a character that is cut", "\xE2\x82", no_limit, R"(\uFFFD\uFFFD)"},
    {"a character that is cut by another", "\xE2\x82\xC3\xBC", no_limit,
     R"(\uFFFD\uFFFD\u00FC)"},
    {"a NUL in two octets", "\xC0\x80", no_limit, R"(\uFFFD\uFFFD)"},
    {"a slash in three octets", "\xE0\x80\xAF", no_limit,
     R"(\uFFFD\uFFFD\uFFFD)"},
    {"a euro sign in four octets", "\xF0\x82\x82\xAC", no_limit,
     R"(\uFFFD\uFFFD\uFFFD\uFFFD)"},
    {"half of a pair", "\xED\xA0\x80", no_limit, R"(\uFFFD\uFFFD\uFFFD)"},
    {"the last before the pairs", "\xED\x9F\xBF", no_limit, R"(\uD7FF)"},
    {"the first behind the pairs", "\xEE\x80\x80", no_limit, R"(\uE000)"},
    {"octets of no UTF-8", "\xF5\xFE\xFF", no_limit, R"(\uFFFD\uFFFD\uFFFD)"},
    {"longer than the maximum", "abcd", 3, "abc"},
    {"an escape that fits", "a\n", 7, R"(a\u000A)"},
    {"an escape is not cut", "a\n", 6, "a"},
    {"a pair is not cut", "\xF0\x9F\x98\x80", 11, ""},
};

BOOST_AUTO_TEST_CASE(a_json_string_gets_printable_text_of_bounded_size) {
  check_rows(json_rows, [](const LogRow& row) {
    BOOST_TEST(json_escape(row.input, row.max_size) == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(every_octet_is_printable_in_a_json_string) {
  for (const char c : every_octet()) {
    const std::string escaped = json_escape({&c, 1}, no_limit);
    const bool stays = c >= ' ' && c <= '~' && c != '"' && c != '\\';
    BOOST_TEST(is_printable(escaped));
    BOOST_TEST((escaped.size() == 1) == stays);
    BOOST_TEST(escaped.starts_with('\\') == !stays);
  }
}

BOOST_AUTO_TEST_SUITE_END()

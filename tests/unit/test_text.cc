#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <limits>
#include <string>

#include "tables.h"
#include "text.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_view_literals;

namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view lower_letters = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view upper_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool has(std::string_view text, char c) {
  return text.find(c) != std::string_view::npos;
}

// Calls `check` with each octet; a failure in it prints the octet.
template <typename Check>
void check_each_octet(Check check) {
  for (const char c : every_octet()) {
    BOOST_TEST_CONTEXT(shown(std::string_view{&c, 1})) {
      check(c);
    }
  }
}

std::string joined(const std::vector<std::string_view>& parts) {
  std::string text;
  for (const std::string_view part : parts)
    text.append("<").append(part).append(">");
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(octets_are_classed_as_ascii) {
  check_each_octet([](char c) {
    const auto octet = static_cast<unsigned char>(c);
    BOOST_TEST(is_digit(c) == has(digits, c));
    BOOST_TEST(is_alphanumeric(c) == (has(digits, c) || has(lower_letters, c) ||
                                      has(upper_letters, c)));
    BOOST_TEST(is_control(c) == (octet < 32 || octet == 127));
  });
}

BOOST_AUTO_TEST_CASE(only_ascii_letters_change_case) {
  check_each_octet([](char c) {
    const std::size_t upper_at = upper_letters.find(c);
    const std::size_t lower_at = lower_letters.find(c);
    constexpr std::size_t none = std::string_view::npos;
    BOOST_TEST(to_lower(c) == (upper_at == none ? c : lower_letters[upper_at]));
    BOOST_TEST(to_upper(c) == (lower_at == none ? c : upper_letters[lower_at]));
  });
}

BOOST_AUTO_TEST_CASE(lower_changes_ascii_letters_alone) {
  BOOST_TEST(lower("") == "");
  BOOST_TEST(lower("Content-TYPE_09[@`") == "content-type_09[@`");
  BOOST_TEST(lower("\xC4\xD6\xC3\x84") == "\xC4\xD6\xC3\x84");
  BOOST_TEST(lower("A\0B"sv) == "a\0b"sv);
}

BOOST_AUTO_TEST_CASE(a_token_is_made_of_tchars) {
  check_each_octet([](char c) {
    const bool is_tchar = has(digits, c) || has(lower_letters, c) ||
                          has(upper_letters, c) || has("!#$%&'*+-.^_`|~", c);
    BOOST_TEST(is_token({&c, 1}) == is_tchar);
    BOOST_TEST(is_token(std::string{"a"} + c) == is_tchar);
    BOOST_TEST(is_token(std::string{c} + "a") == is_tchar);
  });
}

BOOST_AUTO_TEST_CASE(an_empty_text_is_no_token) {
  BOOST_TEST(!is_token(""));
}

struct ComparisonRow {
  const char* why;
  std::string_view a;
  std::string_view b;
  int order;  // of a to b: -1, 0 or 1
};

constexpr ComparisonRow comparison_rows[] = {
    {"both empty", "", "", 0},
    {"the same", "Host", "Host", 0},
    {"another case", "Host", "hOST", 0},
    {"a prefix comes first", "Host", "hosts", -1},
    {"empty comes first", "", "a", -1},
    {"case does not order", "B", "a", 1},
    {"case does not order", "a", "B", -1},
    {"@ and ` differ by the bit of case", "@", "`", -1},
    {"[ and { differ by the bit of case", "[", "{", -1},
    {"_ comes before letters, as they are compared in lower case", "_", "A",
     -1},
    {"umlauts of ISO 8859-1 are no ASCII letters", "\xE4", "\xC4", 1},
    {"a NUL is an octet like others", "a\0b"sv, "A\0C"sv, -1},
    {"a NUL ends nothing", "a\0"sv, "a", 1},
};

BOOST_AUTO_TEST_CASE(comparing_ignores_the_case_of_ascii_letters) {
  check_rows(comparison_rows, [](const ComparisonRow& row) {
    BOOST_TEST(equals_ignoring_case(row.a, row.b) == (row.order == 0));
    BOOST_TEST(equals_ignoring_case(row.b, row.a) == (row.order == 0));
    BOOST_TEST(less_ignoring_case(row.a, row.b) == (row.order < 0));
    BOOST_TEST(less_ignoring_case(row.b, row.a) == (row.order > 0));
  });
}

BOOST_AUTO_TEST_CASE(trim_cuts_spaces_and_tabs_and_nothing_else) {
  struct Row {
    const char* why;
    std::string_view input;
    std::string_view expected;
  };
  constexpr Row rows[] = {
      {"empty", "", ""},
      {"nothing to cut", "a b", "a b"},
      {"spaces and tabs at both ends", " \t a\t b \t", "a\t b"},
      {"nothing but blanks", " \t \t", ""},
      {"one blank", " ", ""},
      {"CR is no OWS", "\ra\r", "\ra\r"},
      {"LF is no OWS", "\na\n", "\na\n"},
      {"VT and FF are no OWS", "\v\fa\f\v", "\v\fa\f\v"},
      {"NUL is no OWS", "\0a\0"sv, "\0a\0"sv},
      {"a no-break space is no OWS",
       "\xA0"
       "a\xA0",
       "\xA0"
       "a\xA0"},
  };
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(shown(trim(row.input)) == shown(row.expected));
  });
}

BOOST_AUTO_TEST_CASE(split_gives_each_part_between_separators) {
  struct Row {
    const char* why;
    std::string_view input;
    std::string_view expected;
  };
  constexpr Row rows[] = {
      {"one empty part", "", "<>"},
      {"no separator", "a", "<a>"},
      {"two parts", "a/b", "<a><b>"},
      {"a separator alone", "/", "<><>"},
      {"a separator first", "/a", "<><a>"},
      {"a separator last", "a/", "<a><>"},
      {"empty parts stay", "a//b", "<a><><b>"},
  };
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(joined(split(row.input, '/')) == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(take_line_cuts_the_first_line_off) {
  struct Row {
    const char* why;
    std::string_view input;
    std::string_view line;
    std::string_view rest;
  };
  constexpr Row rows[] = {
      {"no text", "", "", ""},
      {"a line without LF is the last", "a", "a", ""},
      {"the LF is taken, too", "a\nb\n", "a", "b\n"},
      {"an empty line", "\na", "", "a"},
      {"nothing but LF", "\n", "", ""},
      {"CR stays", "a\r\nb", "a\r", "b"},
      {"a bare CR ends no line", "a\rb\nc", "a\rb", "c"},
      {"a NUL ends no line", "a\0b\nc"sv, "a\0b"sv, "c"},
  };
  check_rows(rows, [](const Row& row) {
    std::string_view rest = row.input;
    BOOST_TEST(shown(take_line(rest)) == shown(row.line));
    BOOST_TEST(shown(rest) == shown(row.rest));
  });
}

struct NumberRow {
  const char* why;
  std::string_view input;
  std::optional<std::uint64_t> expected;
};

template <typename Number>
void check_numbers(const auto& rows, int base) {
  check_rows(rows, [&](const NumberRow& row) {
    BOOST_TEST(shown(parse_number<Number>(row.input, base)) ==
               shown(row.expected));
  });
}

BOOST_AUTO_TEST_CASE(a_number_is_digits_and_nothing_else) {
  constexpr NumberRow rows[] = {
      {"zero", "0", 0},
      {"the largest", "18446744073709551615",
       std::numeric_limits<std::uint64_t>::max()},
      {"2^64", "18446744073709551616", std::nullopt},
      {"2^64 and a digit more", "184467440737095516160", std::nullopt},
      {"leading zeros count for nothing", "000000000000000000000000042", 42},
      {"empty", "", std::nullopt},
      {"a plus", "+1", std::nullopt},
      {"a minus", "-1", std::nullopt},
      {"minus zero", "-0", std::nullopt},
      {"a space before", " 1", std::nullopt},
      {"a space after", "1 ", std::nullopt},
      {"a space between", "1 1", std::nullopt},
      {"a tab", "1\t", std::nullopt},
      {"a CR", "1\r", std::nullopt},
      {"a NUL", "1\0"sv, std::nullopt},
      {"a comma", "1,1", std::nullopt},
      {"a fraction", "1.0", std::nullopt},
      {"an exponent", "1e3", std::nullopt},
      {"C's prefix for hexadecimal", "0x10", std::nullopt},
      {"a hexadecimal digit", "a", std::nullopt},
      {"digits of another script", "\xD9\xA1", std::nullopt},
  };
  check_numbers<std::uint64_t>(rows, 10);
}

BOOST_AUTO_TEST_CASE(a_number_fits_its_type) {
  constexpr NumberRow rows[] = {
      {"the largest", "65535", 65535},
      {"one more", "65536", std::nullopt},
      {"much more", "4294967296", std::nullopt},
  };
  check_numbers<std::uint16_t>(rows, 10);
}

BOOST_AUTO_TEST_CASE(a_hexadecimal_number_has_hexadecimal_digits) {
  constexpr NumberRow rows[] = {
      {"lower case", "af", 0xAF},
      {"upper case", "AF", 0xAF},
      {"both", "aF", 0xAF},
      {"zero", "00", 0},
      {"one more", "100", {}},
      {"a prefix", "0x", {}},
      {"no digit", "g0", {}},
      {"a plus", "+1", {}},
      {"a minus", "-1", {}},
      {"a space", " 1", {}},
      {"a digit and a NUL", "1\0"sv, {}},
  };
  check_numbers<std::uint8_t>(rows, 16);
}

BOOST_AUTO_TEST_CASE(an_extension_follows_the_last_dot) {
  struct Row {
    const char* why;
    std::string_view input;
    std::string_view expected;
  };
  constexpr Row rows[] = {
      {"an extension", "a.html", "html"},
      {"the last of two", "a.tar.gz", "gz"},
      {"its case stays", "A.HTML", "HTML"},
      {"no dot", "html", ""},
      {"no name", "", ""},
      {"a dot at the end", "a.", ""},
      {"nothing but a dot", ".", ""},
      {"a name that is all extension", ".html", "html"},
  };
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(extension_of(row.input) == row.expected);
  });
}

struct FieldValueRow {
  const char* why;
  std::string_view input;
  bool expected;
};

constexpr FieldValueRow field_value_rows[] = {
    {"empty", "", true},
    {"printable", "a b \"c\" ~", true},
    {"a tab", "a\tb", true},
    {"octets above 127", "\x80\xC3\xBC\xFF", true},
    {"a second field", "a\r\nSet-Cookie: b", false},
    {"a second field after LF", "a\nSet-Cookie: b", false},
    {"a bare CR", "a\rb", false},
    {"a CR at the end", "a\r", false},
    {"a LF at the start", "\na", false},
    {"a NUL", "a\0"sv, false},
    {"an escape sequence", "\x1B[2J", false},
};

BOOST_AUTO_TEST_CASE(a_field_value_is_one_line) {
  check_rows(field_value_rows, [](const FieldValueRow& row) {
    BOOST_TEST(is_field_value(row.input) == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(a_field_value_has_no_control_character_but_the_tab) {
  for (const char c : every_octet()) {
    const auto octet = static_cast<unsigned char>(c);
    const bool is_allowed = c == '\t' || (octet >= 32 && octet != 127);
    BOOST_TEST(is_field_value({&c, 1}) == is_allowed, +octet);
    BOOST_TEST(is_field_value(std::string{"a"} + c + "b") == is_allowed,
               +octet);
  }
}

BOOST_AUTO_TEST_SUITE_END()

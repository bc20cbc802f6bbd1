// text.h - What is done to text everywhere: compare, trim, split, numbers.
// ASCII only, whatever the locale: HTTP's own words are ASCII.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace cgihttpd {

[[nodiscard]] constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

[[nodiscard]] constexpr bool is_alphanumeric(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

/// Whether `c` is one of the control characters: 0-31 and DEL.
[[nodiscard]] constexpr bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == '\x7f';
}

/// Whether `text` is a token of RFC 9110 section 5.6.2: a method or field name.
[[nodiscard]] bool is_token(std::string_view text);

/// Whether `text` may be a field value: no control character but the tab.
[[nodiscard]] bool is_field_value(std::string_view text);

[[nodiscard]] std::string lower(std::string_view text);

/// Whether both are the same but for the case of ASCII letters.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

/// Orders as equals_ignoring_case compares.
[[nodiscard]] bool less_ignoring_case(std::string_view a, std::string_view b);

/// `text` without spaces and tabs at both ends (OWS of RFC 9110 5.6.3).
[[nodiscard]] std::string_view trim(std::string_view text);

/// The parts of `text` between separators, empty ones too; at least one.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text,
                                                  char separator);

/// Cuts the first line off `text` and returns it without its LF.
[[nodiscard]] std::string_view take_line(std::string_view& text);

/// The number that `text` is, all of it, in digits of `base` and nothing else:
/// no sign, no space. nullopt also where the type cannot hold it.
template <std::unsigned_integral Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text,
                                                 int base = 10) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

/// Text that is in a table itself, as a literal without NUL: a pointer to it
/// would be relocated by each process that starts.
template <std::size_t max_size>
class TableText {
 public:
  constexpr TableText() = default;

  // NOLINTBEGIN(*-explicit-*, *-c-arrays): rows are written as of literals.
  template <std::size_t size>
  requires(size <=
           max_size + 1) consteval TableText(const char (&literal)[size]) {
    std::ranges::copy(literal, octets_.begin());
  }
  // NOLINTEND(*-explicit-*, *-c-arrays)

  [[nodiscard]] constexpr bool empty() const { return octets_[0] == '\0'; }
  [[nodiscard]] constexpr const char* c_str() const { return octets_.data(); }
  [[nodiscard]] constexpr std::string_view view() const { return c_str(); }

 private:
  std::array<char, max_size + 1> octets_{};
};

/// The extension of a file name, without its dot; empty if it has none.
[[nodiscard]] std::string_view extension_of(std::string_view file_name);

}  // namespace cgihttpd

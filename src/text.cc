#include "text.h"

#include <algorithm>

namespace cgihttpd {

namespace {

// RFC 9110 5.6.2: tchar.
constexpr auto is_token_octet = [] {
  std::array<bool, 256> is_one{};
  for (std::size_t octet = 0; octet < is_one.size(); ++octet)
    is_one.at(octet) = is_alphanumeric(static_cast<char>(octet));
  for (const char c : std::string_view{"!#$%&'*+-.^_`|~"})
    is_one.at(static_cast<unsigned char>(c)) = true;
  return is_one;
}();

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_token_octet.at(static_cast<unsigned char>(c));
  });
}

bool is_field_value(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return is_control(c) && c != '\t'; });
}

std::string lower(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(), to_lower);
  return result;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

bool less_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower_octet = [](char c) {
    return static_cast<unsigned char>(to_lower(c));
  };
  return std::ranges::lexicographical_compare(a, b, {}, lower_octet,
                                              lower_octet);
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::string_view extension_of(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return {};
  return file_name.substr(dot + 1);
}

}  // namespace cgihttpd

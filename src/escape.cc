#include "escape.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "text.h"

namespace cgihttpd {

namespace {

void append_hex(std::string& to, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto octet = static_cast<unsigned char>(c);
  to += digits[octet >> 4U];
  to += digits[octet & 0x0FU];
}

// RFC 3986 2.3, and the slash between segments.
bool stays_in_a_path(char c) {
  return is_alphanumeric(c) ||
         std::string_view{"-._~/"}.find(c) != std::string_view::npos;
}

bool is_plain_in_log(char c) {
  return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

std::string log_escape_octet(char c) {
  if (is_plain_in_log(c)) return {c};
  if (c == '"' || c == '\\') return {'\\', c};
  std::string escaped = "\\x";
  append_hex(escaped, c);
  return escaped;
}

struct CodePoint {
  char32_t value;
  std::size_t octets;
};

// The first character of `text`, which is not empty. What begins as no UTF-8
// does (Unicode 15.0, table 3-7) is one octet that stands for U+FFFD.
CodePoint first_code_point(std::string_view text) {
  constexpr CodePoint invalid{0xFFFD, 1};
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const char32_t lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xC2 || lead > 0xF4) return invalid;
  const std::size_t octets = lead < 0xE0 ? 2 : (lead < 0xF0 ? 3 : 4);
  if (text.size() < octets) return invalid;
  char32_t value = lead & (0x7FU >> octets);
  for (const char c : text.substr(1, octets - 1)) {
    const char32_t octet = static_cast<unsigned char>(c);
    if ((octet & 0xC0U) != 0x80) return invalid;
    value = value << 6U | (octet & 0x3FU);
  }
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < least.at(octets) || is_surrogate || value > 0x10FFFF)
    return invalid;
  return {value, octets};
}

void append_utf16_unit(std::string& to, char32_t unit) {
  to += "\\u";
  append_hex(to, static_cast<char>(unit >> 8U & 0xFFU));
  append_hex(to, static_cast<char>(unit & 0xFFU));
}

std::string json_escape_code_point(char32_t value) {
  const char c = static_cast<char>(value & 0x7FU);
  if (value == '"' || value == '\\') return {'\\', c};
  if (value >= ' ' && value <= '~') return {c};
  std::string escaped;
  if (value > 0xFFFF) {  // RFC 8259 7: a pair of surrogates
    const char32_t rest = value - 0x10000;
    append_utf16_unit(escaped, 0xD800 + (rest >> 10U));
    append_utf16_unit(escaped, 0xDC00 + (rest & 0x3FFU));
  } else {
    append_utf16_unit(escaped, value);
  }
  return escaped;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const auto octet = parse_number<std::uint8_t>(text.substr(i + 1, 2), 16);
    if (!octet) return std::nullopt;
    decoded += static_cast<char>(*octet);
    i += 2;
  }
  return decoded;
}

std::string percent_encode_path(std::string_view path) {
  std::string encoded;
  encoded.reserve(path.size());
  for (const char c : path) {
    if (stays_in_a_path(c)) {
      encoded += c;
    } else {
      encoded += '%';
      append_hex(encoded, c);
    }
  }
  return encoded;
}

std::string html_escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#x27;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::string log_escape(std::string_view text, std::size_t max_size) {
  std::string escaped;
  escaped.reserve(std::min(text.size(), max_size));
  for (const char c : text) {
    if (is_plain_in_log(c) && escaped.size() < max_size) {
      escaped += c;
      continue;
    }
    const std::string next = log_escape_octet(c);
    if (escaped.size() + next.size() > max_size) break;
    escaped += next;
  }
  return escaped;
}

std::string log_escape_word(std::string_view text, std::size_t max_size) {
  std::string escaped;
  for (const char c : text) {
    std::string next;
    if (c == ' ' || c == '[' || c == ']') {
      next = "\\x";
      append_hex(next, c);
    } else {
      next = log_escape_octet(c);
    }
    if (escaped.size() + next.size() > max_size) break;
    escaped += next;
  }
  return escaped;
}

std::string json_escape(std::string_view text, std::size_t max_size) {
  std::string escaped;
  while (!text.empty()) {
    const CodePoint first = first_code_point(text);
    text.remove_prefix(first.octets);
    const std::string next = json_escape_code_point(first.value);
    if (escaped.size() + next.size() > max_size) break;
    escaped += next;
  }
  return escaped;
}

}  // namespace cgihttpd

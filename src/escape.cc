#include "escape.h"

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

// What is below `first_plain` is escaped.
std::string log_escape_from(char first_plain, std::string_view text,
                            std::size_t max_size) {
  std::string escaped;
  for (const char c : text) {
    std::string next;
    if (c == '"' || c == '\\') {
      next = {'\\', c};
    } else if (c < first_plain || c > '~') {
      next = "\\x";
      append_hex(next, c);
    } else {
      next = c;
    }
    if (escaped.size() + next.size() > max_size) break;
    escaped += next;
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
  return log_escape_from(' ', text, max_size);
}

std::string log_escape_word(std::string_view text, std::size_t max_size) {
  return log_escape_from('!', text, max_size);
}

}  // namespace cgihttpd

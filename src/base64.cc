#include "base64.h"

#include <cstdint>

namespace cgihttpd {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t group_size = 4;
constexpr unsigned bits_per_character = 6;
constexpr unsigned bits_per_octet = 8;

std::string_view without_padding(std::string_view text) {
  for (int i = 0; i < 2 && text.ends_with('='); ++i)
    text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % group_size != 0) return std::nullopt;
  std::string octets;
  std::uint32_t bits = 0;
  unsigned count = 0;  // of bits that are no octet yet
  for (const char c : without_padding(text)) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << bits_per_character) | static_cast<std::uint32_t>(value);
    count += bits_per_character;
    if (count < bits_per_octet) continue;
    count -= bits_per_octet;
    octets += static_cast<char>(bits >> count);
    bits &= (1U << count) - 1;
  }
  // RFC 4648 3.5: pad bits are zero. A group of one character is none.
  if (bits != 0 || count >= bits_per_character) return std::nullopt;
  return octets;
}

}  // namespace cgihttpd

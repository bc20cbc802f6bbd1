#include "proxy_header.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "text.h"

namespace cgihttpd {

namespace {

using namespace std::string_view_literals;
using Octets = std::span<const std::uint8_t>;

constexpr std::string_view text_signature = "PROXY ";
constexpr std::string_view binary_signature = "\r\n\r\n\0\r\nQUIT\n"sv;

// Version 2: after the signature, and where the addresses begin.
constexpr std::size_t command_offset = 12;
constexpr std::size_t family_offset = 13;
constexpr std::size_t length_offset = 14;
constexpr std::size_t fixed_octets = 16;

constexpr std::uint8_t local_command = 0x20;  // version 2, LOCAL
constexpr std::uint8_t proxy_command = 0x21;  // version 2, PROXY

constexpr std::size_t port_octets = 2;
constexpr std::size_t unix_path_octets = 108;
constexpr std::size_t checksum_octets = 4;

std::size_t read_16_bits(Octets octets) {
  return static_cast<std::size_t>(octets[0] << 8U | octets[1]);
}

std::uint32_t read_checksum(Octets octets) {
  std::uint32_t number = 0;
  for (const std::uint8_t octet : octets.first(checksum_octets))
    number = number << 8U | octet;
  return number;
}

// --- version 1

// Section 2.1: no heading zeroes.
std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return parse_number<std::uint16_t>(text);
}

std::optional<Endpoint> parse_end(std::string_view family,
                                  std::string_view address_word,
                                  std::string_view port_word) {
  const bool has_ipv6_form = address_word.find(':') != std::string_view::npos;
  const auto address = parse_address(address_word);
  const auto port = parse_port(port_word);
  if (!address || !port || has_ipv6_form != (family == "TCP6"))
    return std::nullopt;
  return Endpoint{address_text(*address), *port};
}

// `line` is without its CRLF.
std::optional<ProxyHeader> parse_text(std::string_view line) {
  const std::vector<std::string_view> words = split(line, ' ');
  const std::string_view family = words[1];
  if (family == "UNKNOWN") return ProxyHeader{};
  constexpr std::size_t all_words = 6;
  if (words.size() != all_words || (family != "TCP4" && family != "TCP6"))
    return std::nullopt;
  auto source = parse_end(family, words[2], words[4]);
  auto destination = parse_end(family, words[3], words[5]);
  if (!source || !destination) return std::nullopt;
  return ProxyHeader{
      ProxyHeader::Ends{std::move(*source), std::move(*destination)}, false};
}

// --- version 2

// CRC-32C (RFC 9260 appendix A), continued with one more octet.
std::uint32_t crc32c(std::uint32_t crc, std::uint8_t octet) {
  constexpr std::uint32_t reflected_polynomial = 0x82f63b78;
  crc ^= octet;
  for (int bit = 0; bit < 8; ++bit)
    crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? reflected_polynomial : 0U);
  return crc;
}

// Section 2.2.3: the checksum itself, at `offset`, counts as zeroes.
bool has_right_checksum(Octets header, std::size_t offset) {
  constexpr std::uint32_t all_ones = 0xffffffff;
  std::uint32_t crc = all_ones;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const bool is_checksum = i >= offset && i < offset + checksum_octets;
    crc = crc32c(crc, is_checksum ? std::uint8_t{0} : header[i]);
  }
  return (crc ^ all_ones) == read_checksum(header.subspan(offset));
}

// A type-length-value vector of section 2.2.
struct Vector {
  static constexpr std::size_t head_octets = 3;
  std::uint8_t type = 0;
  Octets value;
};

// Cuts the first vector off `rest`, which is not empty; nullopt where it is
// not all there.
std::optional<Vector> take_vector(Octets& rest) {
  if (rest.size() < Vector::head_octets) return std::nullopt;
  const std::uint8_t type = rest[0];
  const std::size_t size = read_16_bits(rest.subspan(1));
  rest = rest.subspan(Vector::head_octets);
  if (rest.size() < size) return std::nullopt;
  const Vector vector{type, rest.first(size)};
  rest = rest.subspan(size);
  return vector;
}

// Whether `rest` is whole vectors. Those of PP2_TYPE_SSL only have to be that.
bool are_vectors(Octets rest) {
  while (!rest.empty())
    if (!take_vector(rest)) return false;
  return true;
}

// Section 2.2.6: whether the value of a PP2_TYPE_SSL says that the client
// speaks TLS; nullopt where it is malformed.
std::optional<bool> parse_ssl(Octets value) {
  constexpr std::size_t fixed_part_octets = 5;
  constexpr std::uint8_t client_ssl = 0x01;
  if (value.size() < fixed_part_octets ||
      !are_vectors(value.subspan(fixed_part_octets)))
    return std::nullopt;
  return (value[0] & client_ssl) != 0;
}

// Reads the vectors of `header` from `offset` on. False: malformed.
bool read_vectors(Octets header, std::size_t offset, ProxyHeader& said) {
  constexpr std::uint8_t checksum_type = 0x03;
  constexpr std::uint8_t ssl_type = 0x20;
  Octets rest = header.subspan(offset);
  bool has_checksum = false;
  while (!rest.empty()) {
    const auto vector = take_vector(rest);
    if (!vector) return false;
    const std::size_t value_offset =
        header.size() - rest.size() - vector->value.size();
    if (vector->type == checksum_type) {
      if (has_checksum || vector->value.size() != checksum_octets ||
          !has_right_checksum(header, value_offset))
        return false;
      has_checksum = true;
    } else if (vector->type == ssl_type) {
      const auto is_tls = parse_ssl(vector->value);
      if (!is_tls) return false;
      said.is_tls = *is_tls;
    }
  }
  return true;
}

enum class Family : std::uint8_t { unspecified, ipv4, ipv6, local };
enum class Protocol : std::uint8_t { unspecified, stream, datagram };

std::size_t address_octets_of(Family family) {
  switch (family) {
    case Family::ipv4: return ipv4_octets;
    case Family::ipv6: return ipv6_octets;
    default: return unix_path_octets;
  }
}

// `addresses` has what the family needs.
ProxyHeader::Ends parse_ends(Family family, Octets addresses) {
  if (family == Family::local) {
    const Endpoint local{std::string{local_socket}, 0};
    return {local, local};
  }
  const std::size_t size = address_octets_of(family);
  const auto end_at = [&](std::size_t address, std::size_t port) {
    return Endpoint{
        address_text(address_of(addresses.subspan(address, size))),
        static_cast<std::uint16_t>(read_16_bits(addresses.subspan(port)))};
  };
  return {end_at(0, 2 * size), end_at(size, 2 * size + port_octets)};
}

std::optional<ProxyHeader> parse_binary(Octets header) {
  ProxyHeader said;
  // The rest of the header is to be ignored then.
  if (header[command_offset] == local_command) return said;
  const auto family = static_cast<Family>(header[family_offset] >> 4U);
  const auto protocol = static_cast<Protocol>(header[family_offset] & 0x0fU);
  if (family > Family::local || protocol > Protocol::datagram)
    return std::nullopt;
  // Where the vectors begin is not told, either.
  if (family == Family::unspecified || protocol == Protocol::unspecified)
    return said;
  // Datagrams: the proxy speaks HTTP/3 with the client.
  const std::size_t size = 2 * (address_octets_of(family) +
                                (family == Family::local ? 0 : port_octets));
  if (header.size() - fixed_octets < size) return std::nullopt;
  said.ends = parse_ends(family, header.subspan(fixed_octets));
  if (!read_vectors(header, fixed_octets + size, said)) return std::nullopt;
  return said;
}

}  // namespace

std::size_t ProxyHeaderScanner::feed(std::string_view octets) {
  std::size_t taken = 0;
  while (taken < octets.size() && state_ == State::unfinished)
    state_ = take(octets[taken++]);
  return taken;
}

ProxyHeaderScanner::State ProxyHeaderScanner::take(char octet) {
  const std::size_t position = octets_++;
  if (position == 0) {
    signature_ =
        octet == text_signature.front() ? text_signature : binary_signature;
  }
  if (position < signature_.size())
    return octet == signature_[position] ? State::unfinished : State::malformed;
  return signature_ == text_signature ? take_text(octet) : take_binary(octet);
}

ProxyHeaderScanner::State ProxyHeaderScanner::take_text(char octet) {
  const bool follows_cr = previous_ == '\r';
  previous_ = octet;
  if (octet == '\n') return follows_cr ? State::complete : State::malformed;
  return octets_ < max_text_proxy_header_octets ? State::unfinished
                                                : State::malformed;
}

ProxyHeaderScanner::State ProxyHeaderScanner::take_binary(char octet) {
  const auto number = static_cast<std::uint8_t>(octet);
  const std::size_t position = octets_ - 1;
  if (position == command_offset && number != local_command &&
      number != proxy_command)
    return State::malformed;
  if (position >= length_offset && position < fixed_octets)
    announced_octets_ = announced_octets_ << 8U | number;
  if (octets_ < fixed_octets) return State::unfinished;
  const std::size_t all_octets = fixed_octets + announced_octets_;
  if (all_octets > max_binary_proxy_header_octets) return State::malformed;
  return octets_ == all_octets ? State::complete : State::unfinished;
}

std::optional<ProxyHeader> parse_proxy_header(std::string_view octets) {
  ProxyHeaderScanner scanner;
  if (scanner.feed(octets) != octets.size() ||
      scanner.state() != ProxyHeaderScanner::State::complete)
    return std::nullopt;
  constexpr std::size_t line_end_octets = 2;
  if (octets.starts_with(text_signature))
    return parse_text(octets.substr(0, octets.size() - line_end_octets));
  const std::vector<std::uint8_t> header{octets.begin(), octets.end()};
  return parse_binary(header);
}

}  // namespace cgihttpd

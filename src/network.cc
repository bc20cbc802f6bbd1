#include "network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cassert>

#include "text.h"

namespace cgihttpd {

namespace {

constexpr std::array<std::uint8_t, 12> ipv4_prefix{0, 0, 0, 0, 0,    0,
                                                   0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned ipv4_prefix_bits = 96;
constexpr unsigned max_prefix_bits = 128;
constexpr unsigned octet_bits = 8;

bool is_ipv4(const IpAddress& address) {
  return std::equal(ipv4_prefix.begin(), ipv4_prefix.end(), address.begin());
}

// `address` with 0 for all bits but the first `bits`.
IpAddress first_of(IpAddress address, unsigned bits) {
  for (std::uint8_t& octet : address) {
    const unsigned kept = std::min(bits, octet_bits);
    octet = static_cast<std::uint8_t>(octet & (0xff00U >> kept));
    bits -= kept;
  }
  return address;
}

// What inet_ntop(3) does, which has the whole of printf(3) begin for it.
std::string ipv4_text(const IpAddress& address) {
  std::string text;
  for (const unsigned octet : std::span{address}.last(ipv4_octets)) {
    if (!text.empty()) text += '.';
    text.append(std::to_string(octet));
  }
  return text;
}

// How many bits of an IpAddress a prefix length means.
std::optional<unsigned> parse_prefix_bits(std::string_view text,
                                          bool has_ipv4_form) {
  const auto bits = parse_number<std::uint8_t>(text);
  if (!bits || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  const unsigned all = *bits + (has_ipv4_form ? ipv4_prefix_bits : 0);
  if (all > max_prefix_bits) return std::nullopt;
  return all;
}

}  // namespace

IpAddress address_of(std::span<const std::uint8_t> octets) {
  assert(octets.size() == ipv4_octets || octets.size() == ipv6_octets);
  IpAddress address{};
  std::ranges::copy(ipv4_prefix, address.begin());
  std::ranges::copy(octets, address.end() - std::ssize(octets));
  return address;
}

std::optional<IpAddress> parse_address(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN ||
      text.find('\0') != std::string_view::npos)
    return std::nullopt;
  const std::string terminated{text};
  IpAddress octets{};
  if (::inet_pton(AF_INET, terminated.c_str(), octets.data()) == 1)
    return address_of(std::span{octets}.first(ipv4_octets));
  if (::inet_pton(AF_INET6, terminated.c_str(), octets.data()) == 1)
    return octets;
  return std::nullopt;
}

std::string address_text(const IpAddress& address) {
  if (is_ipv4(address)) return ipv4_text(address);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const char* written =
      ::inet_ntop(AF_INET6, address.data(), text.data(), text.size());
  assert(written != nullptr);
  return written;
}

std::optional<Network> parse_network(std::string_view text) {
  if (text == local_socket) return Network{Network::Kind::local, {}, 0};
  const std::size_t slash = text.find('/');
  const std::string_view address_part = text.substr(0, slash);
  const auto address = parse_address(address_part);
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos)
    return Network{Network::Kind::ip, *address, max_prefix_bits};
  const bool has_ipv4_form = address_part.find(':') == std::string_view::npos;
  const auto bits = parse_prefix_bits(text.substr(slash + 1), has_ipv4_form);
  if (!bits || first_of(*address, *bits) != *address) return std::nullopt;
  return Network{Network::Kind::ip, *address, *bits};
}

bool contains(const Network& network, std::string_view address) {
  if (network.kind == Network::Kind::local) return address == local_socket;
  const auto parsed = parse_address(address);
  if (!parsed) return false;
  if (is_ipv4(*parsed) && network.prefix_bits < ipv4_prefix_bits) return false;
  return first_of(*parsed, network.prefix_bits) == network.first;
}

bool contains(std::span<const Network> networks, std::string_view address) {
  return std::ranges::any_of(networks, [&](const Network& network) {
    return contains(network, address);
  });
}

}  // namespace cgihttpd

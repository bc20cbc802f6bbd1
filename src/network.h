// network.h - Addresses and networks of IP, as text and as numbers (pure).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cgihttpd {

/// What stands for the address of a local socket (AF_UNIX).
inline constexpr std::string_view local_socket = "unix:";

/// One end of a connection.
struct Endpoint {
  /// A numeric IPv4 or IPv6 address (IPv4-mapped ones as IPv4, no brackets),
  /// "unix:" for a local socket, or empty where nothing tells.
  std::string address;
  /// 0 where there is none.
  std::uint16_t port = 0;
};

/// An IP address in network order; IPv4 as an IPv4-mapped one of IPv6
/// (RFC 4291 section 2.5.5.2), so that both spellings are the same address.
using IpAddress = std::array<std::uint8_t, 16>;

inline constexpr std::size_t ipv4_octets = 4;
inline constexpr std::size_t ipv6_octets = 16;

/// The address that `octets`, 4 or 16 of them, are.
[[nodiscard]] IpAddress address_of(std::span<const std::uint8_t> octets);

/// Parses a numeric address: four decimal numbers without leading zeros, or an
/// IPv6 address (RFC 4291 section 2.2) without brackets and zone.
[[nodiscard]] std::optional<IpAddress> parse_address(std::string_view text);

/// The address as Endpoint has it.
[[nodiscard]] std::string address_text(const IpAddress& address);

/// All addresses with the same first bits, or all local sockets.
struct Network {
  enum class Kind { ip, local };
  Kind kind = Kind::ip;
  /// The bits behind the prefix are 0.
  IpAddress first{};
  /// 0 to 128; 96 is what all of IPv4 has.
  unsigned prefix_bits = 0;
};

/// Parses ADDRESS/BITS, ADDRESS or "unix:". nullopt also where the address has
/// bits behind the prefix: whether the network or the host is meant, only who
/// wrote it can tell.
[[nodiscard]] std::optional<Network> parse_network(std::string_view text);

/// Whether `address`, as in Endpoint, is one of `network`. An IPv6 network has
/// no IPv4 addresses, not even `::/0`.
[[nodiscard]] bool contains(const Network& network, std::string_view address);

/// The same of one of `networks`.
[[nodiscard]] bool contains(std::span<const Network> networks,
                            std::string_view address);

}  // namespace cgihttpd

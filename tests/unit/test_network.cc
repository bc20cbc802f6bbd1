#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "network.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_view_literals;

namespace {

// An address as it comes out again.
std::optional<std::string> read_and_shown(std::string_view text) {
  const auto address = parse_address(text);
  if (!address) return std::nullopt;
  return address_text(*address);
}

struct AddressRow {
  const char* why;
  std::string_view input;
  std::optional<std::string_view> expected;
};

void check_addresses(const auto& rows) {
  check_rows(rows, [](const AddressRow& row) {
    BOOST_TEST(shown(read_and_shown(row.input)) == shown(row.expected));
  });
}

struct NetworkRow {
  const char* why;
  std::string_view network;
  std::string_view address;
  bool expected;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(network)

constexpr AddressRow address_rows[] = {
    {"IPv4", "192.0.2.1", "192.0.2.1"},
    {"the lowest", "0.0.0.0", "0.0.0.0"},
    {"the highest", "255.255.255.255", "255.255.255.255"},
    {"IPv6", "2001:db8::1", "2001:db8::1"},
    {"IPv6 in full", "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
    {"capitals", "2001:DB8::ABCD", "2001:db8::abcd"},
    {"IPv6 with an IPv4 end", "64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
    {"nothing but zeroes", "::", "::"},
    {"loopback", "::1", "::1"},
    {"the highest", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    {"an IPv4-mapped one is IPv4", "::ffff:192.0.2.1", "192.0.2.1"},
    {"so it is in hexadecimal", "::FFFF:c000:0201", "192.0.2.1"},
    {"an IPv4-compatible one is not", "::1:192.0.2.1", "::1:c000:201"},
};

BOOST_AUTO_TEST_CASE(an_address_has_one_text) {
  check_addresses(address_rows);
}

constexpr AddressRow bad_address_rows[] = {
    {"nothing", "", std::nullopt},
    {"a name", "localhost", std::nullopt},
    {"three numbers", "192.0.2", std::nullopt},
    {"five numbers", "192.0.2.1.1", std::nullopt},
    {"one number", "3221225985", std::nullopt},
    {"hexadecimal", "0xc0.0.2.1", std::nullopt},
    {"octal", "192.0.02.1", std::nullopt},
    {"two zeroes", "192.00.2.1", std::nullopt},
    {"256", "192.0.2.256", std::nullopt},
    {"a sign", "192.0.2.+1", std::nullopt},
    {"a blank before", " 192.0.2.1", std::nullopt},
    {"a blank behind", "192.0.2.1 ", std::nullopt},
    {"a dot behind", "192.0.2.1.", std::nullopt},
    {"no number between dots", "192..2.1", std::nullopt},
    {"a port", "192.0.2.1:80", std::nullopt},
    {"NUL", "192.0.2.1\0"sv, std::nullopt},
    {"NUL in it", "192.0\0.2.1"sv, std::nullopt},
    {"brackets", "[::1]", std::nullopt},
    {"a zone", "fe80::1%eth0", std::nullopt},
    {"seven groups", "1:2:3:4:5:6:7", std::nullopt},
    {"nine groups", "1:2:3:4:5:6:7:8:9", std::nullopt},
    {"five digits", "12345::", std::nullopt},
    {"two gaps", "1::2::3", std::nullopt},
    {"three colons", ":::", std::nullopt},
    {"a colon before", ":1:2:3:4:5:6:7:8", std::nullopt},
    {"a letter", "::g", std::nullopt},
    {"a bad IPv4 end", "::ffff:192.0.2.256", std::nullopt},
    {"a local socket", "unix:", std::nullopt},
    {"long text", "0000000000000000000000000000000000000000000000000000::1",
     std::nullopt},
};

BOOST_AUTO_TEST_CASE(what_is_no_address_is_none) {
  check_addresses(bad_address_rows);
}

BOOST_AUTO_TEST_CASE(octets_make_an_address) {
  constexpr std::uint8_t ipv4[] = {192, 0, 2, 1};
  BOOST_TEST(address_text(address_of(ipv4)) == "192.0.2.1");
  BOOST_TEST((address_of(ipv4) == parse_address("::ffff:192.0.2.1")));
  constexpr std::uint8_t ipv6[] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0,
                                   0,    0, 0,   0,    0, 0, 0, 1};
  BOOST_TEST(address_text(address_of(ipv6)) == "2001:db8::1");
}

constexpr NetworkRow network_rows[] = {
    {"an address is in itself", "192.0.2.1", "192.0.2.1", true},
    {"and nothing else", "192.0.2.1", "192.0.2.2", false},
    {"/32 is an address", "192.0.2.1/32", "192.0.2.1", true},
    {"and nothing else", "192.0.2.1/32", "192.0.2.0", false},
    {"the first of a network", "10.0.0.0/8", "10.0.0.0", true},
    {"its last", "10.0.0.0/8", "10.255.255.255", true},
    {"the one before", "10.0.0.0/8", "9.255.255.255", false},
    {"the one behind", "10.0.0.0/8", "11.0.0.0", false},
    {"a prefix within an octet", "172.16.0.0/12", "172.31.255.255", true},
    {"and behind it", "172.16.0.0/12", "172.32.0.0", false},
    {"/31", "192.0.2.2/31", "192.0.2.3", true},
    {"behind /31", "192.0.2.2/31", "192.0.2.4", false},
    {"/1", "128.0.0.0/1", "192.0.2.1", true},
    {"before /1", "128.0.0.0/1", "127.255.255.255", false},
    {"all of IPv4", "0.0.0.0/0", "255.255.255.255", true},
    {"has no IPv6", "0.0.0.0/0", "::1", false},
    {"has no IPv6 zero", "0.0.0.0/0", "::", false},
    {"an IPv6 address", "::1", "::1", true},
    {"and nothing else", "::1", "::2", false},
    {"/128", "::1/128", "::1", true},
    {"an IPv6 network", "fd00::/8", "fdff::1", true},
    {"behind it", "fd00::/8", "fe00::", false},
    {"a prefix within an octet", "fe80::/10", "febf::1", true},
    {"behind it", "fe80::/10", "fec0::", false},
    {"all of IPv6", "::/0", "2001:db8::1", true},
    {"has no IPv4", "::/0", "192.0.2.1", false},
    {"nor has a prefix of the mapped ones", "::/80", "192.0.2.1", false},
    {"an IPv4-mapped network is of IPv4", "::ffff:10.0.0.0/104", "10.1.2.3",
     true},
    {"and ends where it does", "::ffff:10.0.0.0/104", "11.1.2.3", false},
    {"IPv4, written as IPv6", "10.0.0.0/8", "::ffff:10.1.2.3", true},
    {"local sockets", "unix:", "unix:", true},
    {"are no IPv4", "unix:", "127.0.0.1", false},
    {"are nothing unknown", "unix:", "", false},
    {"are in no network", "0.0.0.0/0", "unix:", false},
    {"are in no network", "::/0", "unix:", false},
    {"the unknown is in no network", "::/0", "", false},
    {"what is no address is in no network", "0.0.0.0/0", "10.0.0", false},
};

BOOST_AUTO_TEST_CASE(a_network_has_the_addresses_with_its_prefix) {
  check_rows(network_rows, [](const NetworkRow& row) {
    const auto network = parse_network(row.network);
    BOOST_TEST_REQUIRE(network.has_value());
    BOOST_TEST(contains(*network, row.address) == row.expected,
               row.address << " in " << row.network);
  });
}

struct BadNetworkRow {
  const char* why;
  std::string_view input;
};

constexpr BadNetworkRow bad_network_rows[] = {
    {"nothing", ""},
    {"a name", "localhost"},
    {"a local socket's path", "unix:/run/a"},
    {"local sockets in capitals", "UNIX:"},
    {"a network without address", "/8"},
    {"no bits", "10.0.0.0/"},
    {"too many bits", "10.0.0.0/33"},
    {"too many bits of IPv6", "::/129"},
    {"far too many bits", "::/4294967296"},
    {"a sign", "10.0.0.0/+8"},
    {"a negative number", "10.0.0.0/-8"},
    {"a leading zero", "10.0.0.0/08"},
    {"a mask", "10.0.0.0/255.0.0.0"},
    {"two prefixes", "10.0.0.0/8/8"},
    {"a blank", "10.0.0.0 /8"},
    {"a blank behind", "10.0.0.0/8 "},
    {"a list", "10.0.0.0/8,::1"},
    {"brackets", "[::1]/128"},
    {"a short form", "10/8"},
    {"a host in a network", "10.0.0.1/8"},
    {"a host in an IPv6 network", "fd00::1/8"},
    {"one bit behind the prefix", "192.0.2.1/31"},
    {"a host in all of IPv4", "10.0.0.0/0"},
    {"an IPv4-mapped network with the prefix of IPv4", "::ffff:10.0.0.0/8"},
};

BOOST_AUTO_TEST_CASE(what_is_no_network_is_none) {
  check_rows(bad_network_rows, [](const BadNetworkRow& row) {
    BOOST_TEST(!parse_network(row.input).has_value(), row.input);
  });
}

BOOST_AUTO_TEST_CASE(one_of_several_networks_is_enough) {
  const std::vector<Network> networks{*parse_network("10.0.0.0/8"),
                                      *parse_network("unix:")};
  BOOST_TEST(contains(networks, "10.0.0.1"));
  BOOST_TEST(contains(networks, "unix:"));
  BOOST_TEST(!contains(networks, "11.0.0.1"));
  BOOST_TEST(!contains(std::vector<Network>{}, "10.0.0.1"));
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "proxy_header.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_view_literals;
using namespace std::string_literals;

namespace {

using State = ProxyHeaderScanner::State;

constexpr std::string_view signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr char local = '\x20';
constexpr char proxy = '\x21';

// "SOURCE PORT > DESTINATION PORT", "its own", each with " TLS", or
// "malformed".
std::string said_by(std::string_view octets) {
  const auto header = parse_proxy_header(octets);
  if (!header) return "malformed";
  std::string said = "its own";
  if (header->ends) {
    const auto& [source, destination] = *header->ends;
    said = source.address + ' ' + std::to_string(source.port) + " > " +
           destination.address + ' ' + std::to_string(destination.port);
  }
  return header->is_tls ? said + " TLS" : said;
}

std::string text_of_16_bits(std::size_t number) {
  return {static_cast<char>(number >> 8U), static_cast<char>(number & 0xffU)};
}

// A header of version 2.
std::string binary(char command, char family, std::string_view content) {
  return std::string{signature} + command + family +
         text_of_16_bits(content.size()) + std::string{content};
}

// A type-length-value vector.
std::string vector_of(char type, std::string_view value) {
  return type + text_of_16_bits(value.size()) + std::string{value};
}

const std::string ipv4_ends =
    "\xc0\x00\x02\x01"
    "\xc6\x33\x64\x02"
    "\x30\x39\x01\xbb"s;
const std::string ipv6_ends =
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
    "\x30\x39\x00\x50"s;
const std::string unix_ends(216, 'p');
const std::string ipv4_said = "192.0.2.1 12345 > 198.51.100.2 443";

// One of IPv4 with vectors.
std::string with(std::string_view vectors) {
  return binary(proxy, '\x11', ipv4_ends + std::string{vectors});
}

struct Row {
  const char* why;
  std::string input;
  std::string expected;
};

void check_headers(const std::vector<Row>& rows) {
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(said_by(row.input) == row.expected, shown(row.input));
  });
}

// All of them are malformed.
void check_malformed(
    const std::vector<std::pair<const char*, std::string>>& rows) {
  for (const auto& [why, input] : rows) {
    BOOST_TEST_CONTEXT(why)
    BOOST_TEST(said_by(input) == "malformed", shown(input));
  }
}

// Where a scanner stops that is fed `octets` in pieces of `size`.
struct Stop {
  State state;
  std::size_t octets;
  bool operator==(const Stop&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Stop& stop) {
  constexpr const char* names[] = {"unfinished", "complete", "malformed"};
  return out << names[static_cast<std::size_t>(stop.state)] << " after "
             << stop.octets;
}

Stop scan_in_pieces(std::string_view octets, std::size_t size) {
  ProxyHeaderScanner scanner;
  std::size_t taken = 0;
  while (taken < octets.size() && scanner.state() == State::unfinished)
    taken += scanner.feed(octets.substr(taken, size));
  return {scanner.state(), taken};
}

void check_scan(std::string_view octets, const Stop& expected) {
  for (const std::size_t size :
       {std::size_t{100'000}, std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    const Stop stop = scan_in_pieces(octets, size);
    BOOST_TEST((stop == expected), stop << " != " << expected
                                        << ", in pieces of " << size << ": "
                                        << shown(octets.substr(0, 120)));
  }
}

void check_any_octet_at(std::size_t position, std::string header) {
  for (const char octet : every_octet()) {
    header[position] = octet;
    const bool is_valid = parse_proxy_header(header).has_value();
    const Stop stop = scan_in_pieces(header, 1);
    BOOST_TEST((!is_valid || stop == Stop{State::complete, header.size()}));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(proxy_header)

BOOST_AUTO_TEST_CASE(ends_where_it_says) {
  struct ScanRow {
    const char* why;
    std::string taken;
    std::string rest;
    State state;
  };
  const std::string request = "GET / HTTP/1.1\r\n\r\n";
  const ScanRow rows[] = {
      {"nothing", "", "", State::unfinished},
      {"a part of version 1", "PROXY TCP4 1", "", State::unfinished},
      {"a line without its LF", "PROXY UNKNOWN\r", "", State::unfinished},
      {"a line", "PROXY UNKNOWN\r\n", request, State::complete},
      {"two lines", "PROXY UNKNOWN\r\n", "PROXY UNKNOWN\r\n", State::complete},
      {"a request", "G", "ET / HTTP/1.1\r\n\r\n", State::malformed},
      {"a request that begins like it", "PROP", "FIND / HTTP/1.1\r\n\r\n",
       State::malformed},
      {"a request of that method", "PROXY / HTTP/1.1\r\n", "\r\n",
       State::complete},
      {"a word that goes on", "PROXYS", " TCP4", State::malformed},
      {"a line that ends with its first word", "PROXY\r", "\n",
       State::malformed},
      {"lower case", "p", "roxy TCP4", State::malformed},
      {"TLS", "\x16", "\x03\x01", State::malformed},
      {"an empty line before a request", "\r\nG", "ET / HTTP/1.1\r\n",
       State::malformed},
      {"LF alone", "PROXY UNKNOWN\n", request, State::malformed},
      {"CR, and LF later", "PROXY UNKNOWN\rx\n", request, State::malformed},
      {"a part of the signature", "\r\n\r\n\0\r"s, "", State::unfinished},
      {"another signature", "\r\n\r\n\0\r\nQUIX"s, "\n", State::malformed},
      {"a header without its length",
       std::string{signature} + proxy + "\x11" + '\0', "", State::unfinished},
      {"all but an octet", with("").substr(0, 27), "", State::unfinished},
      {"version 2", with(""), request, State::complete},
      {"nothing behind the length", binary(local, '\0', ""), request,
       State::complete},
      {"version 1 with that signature", std::string{signature} + '\x11', "\x11",
       State::malformed},
      {"version 3", std::string{signature} + '\x31', "\x11", State::malformed},
      {"another command", std::string{signature} + '\x22', "\x11",
       State::malformed},
  };
  for (const ScanRow& row : rows) {
    BOOST_TEST_CONTEXT(row.why)
    check_scan(row.taken + row.rest, {row.state, row.taken.size()});
  }
}

// The first of the protocol's own maxima that it must, and the first that it
// must not, take.
BOOST_AUTO_TEST_CASE(has_a_greatest_size) {
  const std::string longest =
      "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
  BOOST_TEST(longest.size() == max_text_proxy_header_octets);
  check_scan(longest, {State::complete, 107});
  const std::string longer = "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n";
  BOOST_TEST(longer.size() == 107U);
  check_scan(longer, {State::complete, 107});
  check_scan("PROXY UNKNOWN x" + std::string(91, 'x') + "\r\n",
             {State::malformed, 107});
  check_scan("PROXY " + std::string(200, 'x'), {State::malformed, 107});

  constexpr std::size_t most = max_binary_proxy_header_octets - 16;
  const std::string full = binary(proxy, '\0', std::string(most, 'x'));
  check_scan(full, {State::complete, max_binary_proxy_header_octets});
  check_scan(binary(proxy, '\0', std::string(most + 1, 'x')),
             {State::malformed, 16});
  check_scan(binary(local, '\0', std::string(65535, 'x')),
             {State::malformed, 16});
}

BOOST_AUTO_TEST_CASE(of_version_1_names_both_ends) {
  check_headers({
      {"IPv4", "PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n", ipv4_said},
      {"the lowest", "PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n",
       "0.0.0.0 0 > 0.0.0.0 0"},
      {"the highest",
       "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
       "255.255.255.255 65535 > 255.255.255.255 65535"},
      {"IPv6", "PROXY TCP6 2001:db8::1 2001:DB8::2 12345 80\r\n",
       "2001:db8::1 12345 > 2001:db8::2 80"},
      {"IPv4 in IPv6 is IPv4", "PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n",
       "192.0.2.1 1 > ::1 2"},
      {"unknown", "PROXY UNKNOWN\r\n", "its own"},
      {"what follows it does not matter", "PROXY UNKNOWN x\ry  \r\n",
       "its own"},
      {"not even addresses", "PROXY UNKNOWN 192.0.2.1 192.0.2.2 1 2\r\n",
       "its own"},
  });
}

BOOST_AUTO_TEST_CASE(of_version_1_is_exact) {
  check_malformed({
      {"nothing", ""},
      {"not all of it", "PROXY UNKNOWN\r"},
      {"more than it", "PROXY UNKNOWN\r\nG"},
      {"no family", "PROXY \r\n"},
      {"another family", "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n"},
      {"lower case", "PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n"},
      {"unknown in lower case", "PROXY unknown\r\n"},
      {"more than unknown", "PROXY UNKNOWNS\r\n"},
      {"TCP", "PROXY TCP 192.0.2.1 192.0.2.2 1 2\r\n"},
      {"no addresses", "PROXY TCP4\r\n"},
      {"one address", "PROXY TCP4 192.0.2.1\r\n"},
      {"no ports", "PROXY TCP4 192.0.2.1 192.0.2.2\r\n"},
      {"one port", "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"},
      {"three ports", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n"},
      {"a blank behind", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n"},
      {"two blanks", "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n"},
      {"two blanks before the family",
       "PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n"},
      {"a tab", "PROXY TCP4\t192.0.2.1 192.0.2.2 1 2\r\n"},
      {"a CR behind", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\r\n"},
      {"IPv6 for TCP4", "PROXY TCP4 ::1 ::1 1 2\r\n"},
      {"IPv4 for TCP6", "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n"},
      {"both kinds", "PROXY TCP6 ::1 192.0.2.2 1 2\r\n"},
      {"a heading zero", "PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n"},
      {"256", "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n"},
      {"brackets", "PROXY TCP6 [::1] [::1] 1 2\r\n"},
      {"a zone", "PROXY TCP6 fe80::1%lo ::1 1 2\r\n"},
      {"a port of 65536", "PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n"},
      {"a heading zero of a port", "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n"},
      {"a sign", "PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n"},
      {"a negative port", "PROXY TCP4 192.0.2.1 192.0.2.2 1 -2\r\n"},
      {"a port in hexadecimal", "PROXY TCP4 192.0.2.1 192.0.2.2 1 0x2\r\n"},
      {"no number", "PROXY TCP4 192.0.2.1 192.0.2.2 1 x\r\n"},
      {"NUL", "PROXY TCP4 192.0.2.1\0 192.0.2.2 1 2\r\n"s},
      {"a request", "PROXY / HTTP/1.1\r\n"},
  });
}

BOOST_AUTO_TEST_CASE(of_version_2_names_both_ends) {
  const std::string mapped =
      "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1"
      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\1\0\2"s;
  check_headers({
      {"TCP over IPv4", binary(proxy, '\x11', ipv4_ends), ipv4_said},
      {"TCP over IPv6", binary(proxy, '\x21', ipv6_ends),
       "2001:db8::1 12345 > 2001:db8::2 80"},
      {"IPv4 in IPv6 is IPv4", binary(proxy, '\x21', mapped),
       "192.0.2.1 1 > ::1 2"},
      {"a client of HTTP/3", binary(proxy, '\x12', ipv4_ends), ipv4_said},
      {"a client of HTTP/3", binary(proxy, '\x22', ipv6_ends),
       "2001:db8::1 12345 > 2001:db8::2 80"},
      {"a local socket", binary(proxy, '\x31', unix_ends), "unix: 0 > unix: 0"},
      {"a local datagram", binary(proxy, '\x32', unix_ends),
       "unix: 0 > unix: 0"},
      {"unspecified", binary(proxy, '\x00', ""), "its own"},
      {"unspecified, and addresses", binary(proxy, '\x00', ipv4_ends),
       "its own"},
      {"no protocol", binary(proxy, '\x10', ipv4_ends), "its own"},
      {"no family", binary(proxy, '\x01', ""), "its own"},
      {"the proxy itself", binary(local, '\x00', ""), "its own"},
      {"the proxy itself, and addresses", binary(local, '\x11', ipv4_ends),
       "its own"},
      {"LOCAL: the family is ignored", binary(local, '\x99', ""), "its own"},
      {"LOCAL: what follows is ignored", binary(local, '\x11', "x"), "its own"},
  });
}

BOOST_AUTO_TEST_CASE(of_version_2_is_exact) {
  check_malformed({
      {"the signature", std::string{signature}},
      {"no addresses", binary(proxy, '\x11', "")},
      {"an octet less", binary(proxy, '\x11', ipv4_ends.substr(1))},
      {"an octet less of IPv6", binary(proxy, '\x21', ipv6_ends.substr(1))},
      {"IPv4 for IPv6", binary(proxy, '\x21', ipv4_ends)},
      {"an octet less of local ones",
       binary(proxy, '\x31', unix_ends.substr(1))},
      {"an unknown family", binary(proxy, '\x41', unix_ends)},
      {"the last family", binary(proxy, '\xf1', unix_ends)},
      {"an unknown protocol", binary(proxy, '\x13', ipv4_ends)},
      {"an unknown protocol, no family", binary(proxy, '\x03', "")},
      {"more than it", with("") + "G"},
  });
}

BOOST_AUTO_TEST_CASE(of_version_2_may_have_vectors) {
  const std::string tls = vector_of('\x20', "\x01\0\0\0\0"s);
  const std::string with_certificate =
      vector_of('\x20', "\x07\0\0\0\0"s + vector_of('\x21', "TLSv1.3") +
                            vector_of('\x22', "example.com"));
  check_headers({
      {"ALPN", with(vector_of('\x01', "http/1.1")), ipv4_said},
      {"a host name", with(vector_of('\x02', "example.com")), ipv4_said},
      {"nothing, for padding", with(vector_of('\x04', "")), ipv4_said},
      {"octets, for padding", with(vector_of('\x04', "\0\0\0"s)), ipv4_said},
      {"a unique id", with(vector_of('\x05', std::string(128, 'u'))),
       ipv4_said},
      {"a namespace", with(vector_of('\x30', "blue")), ipv4_said},
      {"an application's own", with(vector_of('\xea', "\1vpce-1")), ipv4_said},
      {"an unknown one", with(vector_of('\xff', "")), ipv4_said},
      {"TLS", with(tls), ipv4_said + " TLS"},
      {"TLS, with more about it", with(with_certificate), ipv4_said + " TLS"},
      {"TLS, after others", with(vector_of('\x02', "a") + tls),
       ipv4_said + " TLS"},
      {"TLS, before others", with(tls + vector_of('\x02', "a")),
       ipv4_said + " TLS"},
      {"a certificate that was not verified",
       with(vector_of('\x20', "\x01\xff\xff\xff\xff"s)), ipv4_said + " TLS"},
      {"TLS that there was not", with(vector_of('\x20', "\0\0\0\0\0"s)),
       ipv4_said},
      {"TLS over IPv6", binary(proxy, '\x21', ipv6_ends + tls),
       "2001:db8::1 12345 > 2001:db8::2 80 TLS"},
      {"TLS over a local socket", binary(proxy, '\x31', unix_ends + tls),
       "unix: 0 > unix: 0 TLS"},
      {"the proxy itself speaks for nobody",
       binary(local, '\x11', ipv4_ends + tls), "its own"},
  });
}

BOOST_AUTO_TEST_CASE(of_version_2_has_whole_vectors) {
  const std::string noop = vector_of('\x04', "");
  check_malformed({
      {"a type alone", with("\x04")},
      {"half a length", with("\x04\0"s)},
      {"a value that is not there", with("\x04\0\1"s)},
      {"a value that is not all there", with("\xea\0\3ab"s)},
      {"the longest value, not there", with("\xea\xff\xff"s)},
      {"a type alone behind a vector", with(noop + "\x04")},
      {"TLS without a value", with(vector_of('\x20', ""))},
      {"TLS without all of it", with(vector_of('\x20', "\1\0\0\0"s))},
      {"TLS with half a vector", with(vector_of('\x20', "\1\0\0\0\0\x21"s))},
      {"TLS with a vector that leads out of it",
       with(vector_of('\x20', "\1\0\0\0\0\x21\0\2a"s) + noop)},
  });
}

// Computed by a program of its own, which knows that of "123456789".
BOOST_AUTO_TEST_CASE(of_version_2_has_the_right_checksum_if_any) {
  const auto checksum = [](std::string_view value) {
    return vector_of('\x03', value);
  };
  const std::string right = "\xc8\xcc\xd4\xb7";
  const std::string before = vector_of('\x02', "a");
  const std::string behind = vector_of('\x20', "\1\0\0\0\0"s);
  check_headers({
      {"the right one", with(checksum(right)), ipv4_said},
      {"the right one between others",
       with(before + checksum("\x2a\x35\xdf\xde") + behind),
       ipv4_said + " TLS"},
      {"of LOCAL, nobody asks",
       binary(local, '\x11', ipv4_ends + checksum(right)), "its own"},
  });
  std::string damaged = with(checksum(right));
  damaged[17] = '\x01';
  check_malformed({
      {"a wrong one", with(checksum("\xc8\xcc\xd4\xb8"))},
      {"zeroes", with(checksum("\0\0\0\0"s))},
      {"in the other order", with(checksum("\xb7\xd4\xcc\xc8"))},
      {"that of another header", with(before + checksum(right))},
      {"a damaged address", damaged},
      {"three octets", with(checksum("\xc8\xcc\xd4"))},
      {"five octets", with(checksum(right + "\0"s))},
      {"none", with(checksum(""))},
      {"two", with(checksum(right) + checksum(right))},
  });
}

// Whatever octets stand in a header, it is parsed or refused, and read within
// its bounds: sanitizers would tell.
BOOST_AUTO_TEST_CASE(may_have_any_octet_anywhere) {
  const std::string headers[] = {
      "PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n",
      with(vector_of('\x20', "\1\0\0\0\0"s + vector_of('\x21', "TLSv1")) +
           vector_of('\x03', "abcd")),
      binary(proxy, '\x21', ipv6_ends), binary(proxy, '\x31', unix_ends)};
  for (const std::string& header : headers) {
    for (std::size_t i = 0; i < header.size(); ++i) {
      BOOST_TEST(!parse_proxy_header(header.substr(0, i)).has_value());
      check_any_octet_at(i, header);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

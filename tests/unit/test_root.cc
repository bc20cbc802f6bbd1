#include <boost/test/unit_test.hpp>

#include "root.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

BOOST_AUTO_TEST_SUITE(root)

struct HostRow {
  const char* why;
  std::string_view host;
  const char* expected;
};

// Hosts as a Host field may have them, and others.
const HostRow host_rows[] = {
    {"a name", "a.example", "a.example"},
    {"RFC 9110 4.2.3: in lower case", "A.Example", "a.example"},
    {"a port", "a.example:8080", "a.example"},
    {"the root's dot", "a.example.", "a.example"},
    {"the root's dot and a port", "a.example.:80", "a.example"},
    {"a name of one label", "localhost", "localhost"},
    {"an underscore", "a_b", "a_b"},
    {"an address", "127.0.0.1", "127.0.0.1"},
    {"an IPv6 address", "[::1]:80", "[::1]"},
    {"none", "", ""},
    {"bozohttpd: the folder above", "..", ""},
    {"the folder itself", ".", ""},
    {"hidden", ".git", ""},
    {"an empty label", "a..b", ""},
    {"two dots at the end", "a..", ""},
    {"an escaped dot", "%2e%2e", ""},
    {"an escaped slash", "a%2fb", ""},
    {"an escaped letter", "%61", ""},
    {"a tilde", "~root", ""},
};

BOOST_AUTO_TEST_CASE(a_host_names_a_folder) {
  check_rows(host_rows, [](const HostRow& row) {
    const auto authority = parse_authority(row.host);
    BOOST_TEST_REQUIRE(authority.has_value());
    BOOST_TEST(host_folder_for(*authority) == row.expected);
  });
}

BOOST_AUTO_TEST_SUITE_END()

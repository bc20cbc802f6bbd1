#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "forwarded.h"
#include "tables.h"
#include "text.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

namespace {

constexpr std::string_view proxy_address = "10.0.0.1";

Options options_with(ForwardedField field) {
  Options options;
  for (const std::string_view network : {"10.0.0.0/8", "fd00::/8", "unix:"})
    options.trusted_proxies.push_back(*parse_network(network));
  options.forwarded_field = field;
  return options;
}

std::string shown_client(const ForwardedClient& client) {
  std::string text = client.remote.address;
  if (client.remote.port != 0)
    text += " port " + std::to_string(client.remote.port);
  if (client.scheme == ClientScheme::http) text += " http";
  if (client.scheme == ClientScheme::https) text += " https";
  return text;
}

// "ADDRESS port PORT SCHEME", the last two where they are told, or "refused".
// `lines` are fields, each with its LF.
std::string client_of(std::string_view lines, std::string_view peer,
                      ForwardedField field) {
  Request request;
  while (!lines.empty()) {
    const std::string_view line = take_line(lines);
    const std::size_t colon = line.find(": ");
    request.fields.push_back({line.substr(0, colon), line.substr(colon + 2)});
  }
  const auto found = find_forwarded_client(
      request, Endpoint{std::string{peer}, 4711}, options_with(field));
  if (const auto* client = std::get_if<ForwardedClient>(&found))
    return shown_client(*client);
  const auto& refusal = std::get<Refusal>(found);
  BOOST_TEST((refusal.status == Status::bad_request));
  BOOST_TEST(!refusal.message.empty());
  BOOST_TEST(!refusal.detail.empty());
  return "refused";
}

struct Row {
  const char* why;
  std::string_view input;
  std::string_view expected;
};

// The peer is a trusted proxy.
void check_fields(const auto& rows,
                  ForwardedField field = ForwardedField::either) {
  check_rows(rows, [&](const Row& row) {
    BOOST_TEST(client_of(row.input, proxy_address, field) == row.expected,
               row.input);
  });
}

// The same, where the rows are values of one field.
void check_values(std::string_view name, const auto& rows) {
  check_rows(rows, [&](const Row& row) {
    const std::string line =
        std::string{name}.append(": ").append(row.input).append("\n");
    BOOST_TEST(
        client_of(line, proxy_address, ForwardedField::either) == row.expected,
        line);
  });
}

constexpr std::string_view spoofed =
    "Forwarded: for=198.51.100.9;proto=https\n";
constexpr std::string_view x_spoofed =
    "X-Forwarded-For: 198.51.100.9\nX-Forwarded-Proto: https\n";

// That `peer` is taken for the client, whatever it says.
void check_is_itself(std::string_view peer, ForwardedField field) {
  const std::string itself = std::string{peer} + " port 4711";
  for (const std::string_view fields :
       {spoofed, x_spoofed, std::string_view{"Forwarded: \"\n"}})
    BOOST_TEST(client_of(fields, peer, field) == itself, fields);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(forwarded)

BOOST_AUTO_TEST_CASE(nobody_is_believed_who_is_not_trusted) {
  for (const std::string_view peer :
       {"192.0.2.1", "2001:db8::1", "127.0.0.1", ""}) {
    BOOST_TEST_CONTEXT(peer) {
      check_is_itself(peer, ForwardedField::either);
      check_is_itself(peer, ForwardedField::forwarded);
      check_is_itself(peer, ForwardedField::x_forwarded_for);
    }
  }
}

BOOST_AUTO_TEST_CASE(whoever_is_trusted_is_believed) {
  for (const std::string_view peer : {"10.0.0.1", "fd00::1", "unix:"}) {
    BOOST_TEST_CONTEXT(peer) {
      constexpr auto either = ForwardedField::either;
      BOOST_TEST(client_of(spoofed, peer, either) == "198.51.100.9 https");
      BOOST_TEST(client_of(x_spoofed, peer, either) == "198.51.100.9 https");
    }
  }
}

BOOST_AUTO_TEST_CASE(no_proxy_is_trusted_by_default) {
  Request request;
  request.fields = {{"X-Forwarded-For", "198.51.100.9"}};
  const auto found =
      find_forwarded_client(request, Endpoint{"127.0.0.1", 1}, Options{});
  BOOST_TEST(shown_client(std::get<ForwardedClient>(found)) ==
             "127.0.0.1 port 1");
}

constexpr Row x_forwarded_for_rows[] = {
    {"an address", "192.0.2.1", "192.0.2.1"},
    {"IPv6", "2001:DB8::1", "2001:db8::1"},
    {"IPv4 in IPv6 is IPv4", "::ffff:192.0.2.1", "192.0.2.1"},
    {"brackets", "[2001:db8::1]", "2001:db8::1"},
    {"a port", "192.0.2.1:5678", "192.0.2.1 port 5678"},
    {"a port of IPv6", "[2001:db8::1]:80", "2001:db8::1 port 80"},
    {"blanks", " \t192.0.2.1 \t", "192.0.2.1"},
    {"what the client said before does not matter", "198.51.100.9, 192.0.2.1",
     "192.0.2.1"},
    {"nor does garbage of it", "\"<script>,,,\x80, 192.0.2.1", "192.0.2.1"},
    {"a trusted hop", "192.0.2.1, 10.0.0.2", "192.0.2.1"},
    {"trusted hops", "198.51.100.9,192.0.2.1,fd00::2,unix:, 10.0.0.2:80",
     "192.0.2.1"},
    {"nothing but trusted ones: the leftmost", "10.0.0.3, 10.0.0.2",
     "10.0.0.3"},
    {"one that the other knows by another spelling",
     "192.0.2.1, ::ffff:10.0.0.2", "192.0.2.1"},
    {"unknown", "unknown", "10.0.0.1 port 4711"},
    {"unknown before a trusted one", "192.0.2.1, unknown, 10.0.0.2",
     "10.0.0.2"},
    {"obfuscated", "192.0.2.1, _hidden, 10.0.0.2:99", "10.0.0.2 port 99"},
    {"no address", "192.0.2.1, 10.0.0.256, 10.0.0.2", "10.0.0.2"},
    {"a name", "192.0.2.1, localhost", "10.0.0.1 port 4711"},
    {"a quoted address is none", "\"192.0.2.1\"", "10.0.0.1 port 4711"},
    {"no port behind a colon", "192.0.2.1:", "10.0.0.1 port 4711"},
    {"port 65536", "192.0.2.1:65536", "10.0.0.1 port 4711"},
    {"no number as port", "192.0.2.1:x", "10.0.0.1 port 4711"},
    {"no end of brackets", "[2001:db8::1", "10.0.0.1 port 4711"},
    {"something behind brackets", "[2001:db8::1]80", "10.0.0.1 port 4711"},
    {"IPv4 in brackets", "[192.0.2.1]", "10.0.0.1 port 4711"},
    {"nothing in brackets", "[]", "10.0.0.1 port 4711"},
    {"a zone", "fe80::1%eth0", "10.0.0.1 port 4711"},
    {"nothing", "", "10.0.0.1 port 4711"},
    {"commas", ", ,,", "10.0.0.1 port 4711"},
    {"empty parts do not count", "192.0.2.1, , 10.0.0.2,", "192.0.2.1"},
};

BOOST_AUTO_TEST_CASE(x_forwarded_for_is_read_from_its_end) {
  check_values("X-Forwarded-For", x_forwarded_for_rows);
}

constexpr Row forwarded_rows[] = {
    {"an address", "for=192.0.2.1", "192.0.2.1"},
    {"in quotes", "for=\"192.0.2.1\"", "192.0.2.1"},
    {"a port", "for=\"192.0.2.1:5678\"", "192.0.2.1 port 5678"},
    {"a port without quotes", "for=192.0.2.1:5678", "192.0.2.1 port 5678"},
    {"IPv6", "for=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17 port 4711"},
    {"IPv6 without port", "for=\"[2001:db8::1]\"", "2001:db8::1"},
    {"an obfuscated port", "for=\"192.0.2.1:_a\"", "192.0.2.1"},
    {"an escape", R"(for="192.0.2.\1")", "192.0.2.1"},
    {"names have no case", "FOR=192.0.2.1;PROTO=HTTPS", "192.0.2.1 https"},
    {"all that there is",
     "for=192.0.2.1;proto=http;by=203.0.113.43;host=example.com",
     "192.0.2.1 http"},
    {"in another order", R"(host="a,b;\"";by=_a;proto=https;for=192.0.2.1)",
     "192.0.2.1 https"},
    {"blanks", " for=192.0.2.1 ; proto=https , for=10.0.0.2 ",
     "192.0.2.1 https"},
    {"an extension", "secret=x;for=192.0.2.1", "192.0.2.1"},
    {"empty pairs", ";;for=192.0.2.1;;proto=https;", "192.0.2.1 https"},
    {"empty elements do not count", ", for=192.0.2.1, ,for=10.0.0.2,",
     "192.0.2.1"},
    {"nothing", "", "10.0.0.1 port 4711"},
    {"what the client said before does not matter",
     "for=198.51.100.9;proto=https, for=192.0.2.1;proto=http",
     "192.0.2.1 http"},
    {"a trusted hop", "for=192.0.2.1, for=10.0.0.2", "192.0.2.1"},
    {"nothing but trusted ones: the leftmost",
     "for=\"10.0.0.3:1\", for=10.0.0.2", "10.0.0.3 port 1"},
    {"the scheme is that of the client's own connection",
     "for=192.0.2.1;proto=https, for=10.0.0.2;proto=http", "192.0.2.1 https"},
    {"even if a nearer hop was TLS",
     "for=192.0.2.1;proto=http, for=10.0.0.2;proto=https", "192.0.2.1 http"},
    {"not told", "for=192.0.2.1, for=10.0.0.2;proto=https", "192.0.2.1"},
    {"another scheme", "for=192.0.2.1;proto=wss", "192.0.2.1"},
    {"unknown", "for=unknown;proto=https", "10.0.0.1 port 4711 https"},
    {"obfuscated", "for=192.0.2.1, for=_hidden;proto=https, for=10.0.0.2",
     "10.0.0.2 https"},
    {"without for=", "for=192.0.2.1, proto=https, for=10.0.0.2",
     "10.0.0.2 https"},
    {"no address", "for=192.0.2.1, for=localhost, for=10.0.0.2", "10.0.0.2"},
};

BOOST_AUTO_TEST_CASE(forwarded_is_read_from_its_end) {
  check_values("Forwarded", forwarded_rows);
}

constexpr Row malformed_rows[] = {
    {"no value", "for", "refused"},
    {"an empty value", "for=", "refused"},
    {"an empty value before another", "for=;proto=http", "refused"},
    {"no name", "=192.0.2.1", "refused"},
    {"no token as name", "f(r=192.0.2.1", "refused"},
    {"a blank before =", "for =192.0.2.1", "refused"},
    {"a blank behind =", "for= 192.0.2.1", "refused"},
    {"no end of quotes", "for=\"192.0.2.1", "refused"},
    {"a quote alone", "\"", "refused"},
    {"an escaped end of quotes", R"(for="192.0.2.1\")", "refused"},
    {"an escape of nothing", R"(for="192.0.2.1\)", "refused"},
    {"text behind quotes", "for=\"192.0.2.1\"x", "refused"},
    {"text behind a value", "for=192.0.2.1 x", "refused"},
    {"for= twice", "for=192.0.2.1;for=192.0.2.2", "refused"},
    {"for= twice, once unknown", "for=unknown;For=192.0.2.2", "refused"},
    {"proto= twice", "for=192.0.2.1;proto=http;proto=https", "refused"},
    {"the client's part alone", "for, for=192.0.2.1", "refused"},
    {"a quote of the client's that hides the proxy's part",
     R"(for=", for="192.0.2.1")", "refused"},
    {"the same, with what the proxy has no quotes for", "x=\", for=192.0.2.1",
     "refused"},
    {"the syntax of the other field", "192.0.2.1", "refused"},
};

BOOST_AUTO_TEST_CASE(a_malformed_forwarded_is_refused) {
  check_values("Forwarded", malformed_rows);
}

constexpr Row line_rows[] = {
    {"no field", "Host: a\n", "10.0.0.1 port 4711"},
    {"several lines are one list",
     "X-Forwarded-For: 198.51.100.9\nx-forwarded-for: 192.0.2.1\n",
     "192.0.2.1"},
    {"several lines and hops",
     "X-Forwarded-For: 192.0.2.1\nX-Forwarded-For: 10.0.0.3, 10.0.0.2\n",
     "192.0.2.1"},
    {"several lines of Forwarded",
     "Forwarded: for=192.0.2.1\nFORWARDED: for=10.0.0.2\n", "192.0.2.1"},
    {"each of which is whole",
     "Forwarded: for=\"\nForwarded: for=\"192.0.2.1\"\n", "refused"},
    {"the scheme alone", "X-Forwarded-Proto: https\n",
     "10.0.0.1 port 4711 https"},
    {"an empty scheme", "X-Forwarded-Proto: \n", "10.0.0.1 port 4711"},
    {"http, too", "X-Forwarded-For: 192.0.2.1\nX-Forwarded-Proto: HTTP\n",
     "192.0.2.1 http"},
    {"the last scheme", "X-Forwarded-Proto: https, http\n",
     "10.0.0.1 port 4711 http"},
    {"the scheme of the last line",
     "X-Forwarded-Proto: http\nX-Forwarded-Proto: http , https \n",
     "10.0.0.1 port 4711 https"},
    {"another scheme", "X-Forwarded-Proto: ws\n", "10.0.0.1 port 4711"},
    {"a host changes nothing",
     "X-Forwarded-Host: a\nX-Forwarded-Port: 443\nX-Real-IP: 192.0.2.1\n",
     "10.0.0.1 port 4711"},
};

BOOST_AUTO_TEST_CASE(lines_are_in_order) {
  check_fields(line_rows);
}

constexpr std::string_view x_and_forwarded =
    "X-Forwarded-For: 192.0.2.1\nForwarded: for=198.51.100.9\n";

constexpr Row both_rows[] = {
    {"two clients", x_and_forwarded, "refused"},
    {"an unknown client",
     "X-Forwarded-For: 192.0.2.1\nForwarded: for=unknown\n", "refused"},
    {"the same client",
     "X-Forwarded-For: 192.0.2.1\nForwarded: for=192.0.2.1\n", "192.0.2.1"},
    {"the same client, from several hops",
     "X-Forwarded-For: 192.0.2.1\nForwarded: for=192.0.2.1,for=10.0.0.2\n",
     "192.0.2.1"},
    {"the same client, and its port",
     "X-Forwarded-For: 192.0.2.1\nForwarded: for=\"192.0.2.1:80\"\n",
     "192.0.2.1 port 80"},
    {"two schemes",
     "X-Forwarded-For: 192.0.2.1\nX-Forwarded-Proto: http\n"
     "Forwarded: for=192.0.2.1;proto=https\n",
     "refused"},
    {"a scheme, and none",
     "X-Forwarded-For: 192.0.2.1\nForwarded: for=192.0.2.1;proto=https\n",
     "refused"},
    {"the same scheme",
     "X-Forwarded-For: 192.0.2.1\nX-Forwarded-Proto: https\n"
     "Forwarded: for=192.0.2.1;proto=https\n",
     "192.0.2.1 https"},
    {"a scheme, and a client",
     "X-Forwarded-Proto: https\nForwarded: for=192.0.2.1;proto=https\n",
     "refused"},
    {"a malformed one", "X-Forwarded-For: 192.0.2.1\nForwarded: for\n",
     "refused"},
};

BOOST_AUTO_TEST_CASE(both_fields_have_to_tell_the_same) {
  check_fields(both_rows);
}

constexpr Row named_rows[] = {
    {"two clients", x_and_forwarded, "192.0.2.1"},
    {"a malformed one", "X-Forwarded-For: 192.0.2.1\nForwarded: \"\n",
     "192.0.2.1"},
    {"Forwarded alone", spoofed, "10.0.0.1 port 4711"},
};

constexpr Row other_named_rows[] = {
    {"two clients", x_and_forwarded, "198.51.100.9"},
    {"X-Forwarded-For alone", x_spoofed, "10.0.0.1 port 4711"},
};

BOOST_AUTO_TEST_CASE(the_field_that_is_named_is_the_only_one) {
  check_fields(named_rows, ForwardedField::x_forwarded_for);
  check_fields(other_named_rows, ForwardedField::forwarded);
}

BOOST_AUTO_TEST_SUITE_END()

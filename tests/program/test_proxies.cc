// test_proxies.cc - Proxies in front: for whom they ask, and who is not
// believed.

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>

#include "program.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)
using namespace std::string_literals;

const std::string text_header =
    "PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n";
// The same in version 2.
const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string ipv4_ends =
    "\xc0\x00\x02\x01"
    "\xc6\x33\x64\x02"
    "\x30\x39\x01\xbb"s;
const std::string binary_header = signature + "\x21\x11\x00\x0c"s + ipv4_ends;
// And that the client speaks TLS.
const std::string tls_header =
    signature + "\x21\x11\x00\x14"s + ipv4_ends + "\x20\x00\x05\1\0\0\0\0"s;
const std::string ipv6_header =
    "PROXY TCP6 2001:DB8:0::1 2001:db8::2 12345 80\r\n";

// A tree with a script that shows what proxies can change.
class ScriptTree : public Tree {
 public:
  ScriptTree() {
    file("a.txt", "text");
    script("cgi-bin/who",
           "printf 'Content-Type: text/plain\\n\\n'\n"
           "echo \"$REMOTE_ADDR $REMOTE_PORT > $SERVER_ADDR $SERVER_PORT"
           " ${HTTPS-no} $REQUEST_SCHEME $REMOTE_HOST\"\n");
    script("cgi-bin/body",
           "printf 'Content-Type: text/plain\\n\\n'\n"
           "head -c \"$CONTENT_LENGTH\"\n");
  }
};

Launch launch_with(std::vector<std::string> options,
                   Transport transport = Transport::ipv4) {
  Launch launch;
  launch.options = std::move(options);
  launch.transport = transport;
  return launch;
}

Launch with_header() {
  return launch_with({"--proxy-protocol"});
}

struct Row {
  const char* why;
  std::string header;
  /// Of the script's line.
  std::string beginning;
  std::string end;
  std::string logged;
};

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

void check_header(const Row& row, const char* option) {
  const ScriptTree tree;
  BOOST_TEST_CONTEXT(row.why << ", " << option) {
    const Outcome outcome = ask(tree, row.header + get("/cgi-bin/who"),
                                launch_with({"--proxy-protocol", option}));
    BOOST_TEST(has(outcome.octets, row.beginning), shown(outcome.octets));
    BOOST_TEST(has(outcome.octets, row.end + '\n'));
    BOOST_TEST(outcome.access().address == row.logged);
    BOOST_TEST(outcome.reports().empty());
  }
}

struct AnswerRow {
  const char* why;
  std::string request;
  int status;
};

void check_answer(const AnswerRow& row, const std::string& header) {
  const ScriptTree tree;
  BOOST_TEST_CONTEXT(row.why) {
    const Outcome outcome = ask(tree, header + row.request, with_header());
    const Body body =
        row.request.starts_with("HEAD") ? Body::none : Body::expected;
    BOOST_TEST(outcome.response(body).status == row.status);
    BOOST_TEST(outcome.access().address == "192.0.2.1");
  }
}

BOOST_AUTO_TEST_SUITE(proxies)

// --- the PROXY protocol

BOOST_AUTO_TEST_CASE(tell_both_ends_in_a_header) {
  const Row rows[] = {
      {"version 1", text_header, "192.0.2.1 12345 > 198.51.100.2 443 ",
       "no http 192.0.2.1", "192.0.2.1"},
      {"version 1, IPv6", ipv6_header, "2001:db8::1 12345 > 2001:db8::2 80 ",
       "no http 2001:db8::1", "2001:db8::1"},
      {"IPv4 in IPv6", "PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n",
       "192.0.2.1 1 > ::1 2 ", "no http 192.0.2.1", "192.0.2.1"},
      {"version 2", binary_header, "192.0.2.1 12345 > 198.51.100.2 443 ",
       "no http 192.0.2.1", "192.0.2.1"},
      {"version 2 with TLS", tls_header, "192.0.2.1 12345 > 198.51.100.2 443 ",
       "on https 192.0.2.1", "192.0.2.1"},
      {"a local socket",
       signature + "\x21\x31\x00\xd8"s + std::string(216, 'p'),
       "unix: 0 > unix: 80 ", "no http unix:", "unix:"},
      {"version 1, unknown", "PROXY UNKNOWN what ever\r\n", "127.0.0.1 ",
       "no http 127.0.0.1", "127.0.0.1"},
      {"the proxy itself", signature + "\x20\x00\x00\x00"s, "127.0.0.1 ",
       "no http 127.0.0.1", "127.0.0.1"},
      {"the proxy itself, with what is to be ignored",
       signature + "\x20\x11\x00\x0c"s + ipv4_ends, "127.0.0.1 ",
       "no http 127.0.0.1", "127.0.0.1"},
      {"unspecified", signature + "\x21\x00\x00\x00"s, "127.0.0.1 ",
       "no http 127.0.0.1", "127.0.0.1"},
  };
  for (const Row& row : rows) {
    check_header(row, "--cgi-output=parsed");
    check_header(row, "--cgi-output=direct");
  }
}

BOOST_AUTO_TEST_CASE(leave_the_connections_own_port_to_their_health_checks) {
  const ScriptTree tree;
  Session session{tree, with_header()};
  const std::string ends =
      "127.0.0.1 " + std::to_string(port_of(session.client())) +
      " > 127.0.0.1 " + std::to_string(peer_port_of(session.client())) + ' ';
  const Outcome outcome =
      session.finish(signature + "\x20\x00\x00\x00"s + get("/cgi-bin/who"));
  BOOST_TEST(outcome.response().body.starts_with(ends), outcome.octets);
}

BOOST_AUTO_TEST_CASE(send_a_header_that_any_answer_follows) {
  const AnswerRow rows[] = {
      {"a file", get("/a.txt"), 200},
      {"HEAD", head("/a.txt"), 200},
      {"nothing", get("/nothing"), 404},
      {"a folder of scripts", get("/cgi-bin/"), 403},
      {"a malformed request", "GET\r\n\r\n", 400},
      {"a second header", text_header + "\r\n", 400},
      {"a header of version 2 after it", binary_header, 400},
  };
  for (const AnswerRow& row : rows) {
    check_answer(row, text_header);
    check_answer(row, binary_header);
  }
}

// An octet of the body that had been taken for the header's, or the head's,
// would be missing.
BOOST_AUTO_TEST_CASE(send_header_head_and_body_in_any_pieces) {
  const ScriptTree tree;
  const std::string body = "GET / HTTP/1.1\r\n\r\n" + signature + "end";
  for (const std::string& header : {text_header, tls_header}) {
    const std::string all = header + post("/cgi-bin/body", body);
    BOOST_TEST(ask(tree, all, with_header()).response().body == body);
    Session session{tree, with_header()};
    const int on = 1;
    BOOST_TEST_REQUIRE(::setsockopt(session.client(), IPPROTO_TCP, TCP_NODELAY,
                                    &on, sizeof on) == 0);
    for (const char octet : all)
      session.send({&octet, 1});
    const Outcome outcome = session.finish();
    BOOST_TEST(outcome.response().body == body);
    BOOST_TEST(outcome.access().address == "192.0.2.1");
  }
}

BOOST_AUTO_TEST_CASE(send_a_header_through_pipes) {
  const ScriptTree tree;
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  BOOST_TEST_REQUIRE(::pipe2(in.data(), O_CLOEXEC) == 0);
  BOOST_TEST_REQUIRE(::pipe2(out.data(), O_CLOEXEC) == 0);
  UniqueFd input{in[0]};
  UniqueFd client{in[1]};
  const UniqueFd answer{out[0]};
  UniqueFd output{out[1]};
  const std::string request =
      tls_header + post("/cgi-bin/body", "body") + "rest";
  BOOST_TEST_REQUIRE(::write(client.get(), request.data(), request.size()) ==
                     static_cast<ssize_t>(request.size()));
  Start start;
  start.arguments = {"--proxy-protocol", tree.path()};
  start.standard = {input.get(), output.get(), Start::errors};
  start.environment = base_environment();
  Process process{start};
  output.reset();
  BOOST_TEST(parse_response(read_all(answer.get())).body == "body");
  BOOST_TEST(process.wait() == 0);
  client.reset();
  BOOST_TEST(read_all(input.get()) == "rest");
  const auto access = parse_access_line(lines_of(process.errors()).back());
  BOOST_TEST_REQUIRE(access.has_value());
  BOOST_TEST(access->address == "192.0.2.1");
}

BOOST_AUTO_TEST_CASE(get_no_answer_without_a_valid_header) {
  std::string damaged = signature + "\x21\x11\x00\x13"s + ipv4_ends +
                        "\x03\x00\x04\xc8\xcc\xd4\xb7"s;
  const ScriptTree tree;
  // It is the right one as it stands.
  BOOST_TEST(
      ask(tree, damaged + get("/a.txt"), with_header()).response().status ==
      200);
  damaged[16] = '\0';
  const std::array<std::pair<const char*, std::string>, 17> rows{{
      {"a request", ""},
      {"an empty line", "\r\n"},
      {"TLS", "\x16\x03\x01\x02\x00"s},
      {"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"a request of a method PROXY", "PROXY / HTTP/1.1\r\n\r\n"},
      {"lower case", "proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n"},
      {"an unknown family", "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n"},
      {"a bad address", "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n"},
      {"a bad port", "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n"},
      {"LF alone", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n"},
      {"108 octets", "PROXY UNKNOWN " + std::string(92, 'x') + "\r\n"},
      {"version 3", signature + "\x31\x11\x00\x0c"s + ipv4_ends},
      {"an unknown command", signature + "\x22\x11\x00\x0c"s + ipv4_ends},
      {"too few addresses", signature + "\x21\x21\x00\x0c"s + ipv4_ends},
      {"half a vector", signature + "\x21\x11\x00\x0d"s + ipv4_ends + '\x20'},
      {"a wrong checksum", damaged},
      {"too long", signature + "\x21\x11\xff\xff"s + ipv4_ends +
                       std::string(65535 - 12, 'x')},
  }};
  for (const auto& [why, header] : rows) {
    BOOST_TEST_CONTEXT(why) {
      const Outcome outcome =
          ask(tree, header + get("/cgi-bin/who"), with_header());
      BOOST_TEST(outcome.octets.empty(), shown(outcome.octets));
      BOOST_TEST(outcome.exit_status == 0);
      BOOST_TEST_REQUIRE(outcome.lines.size() == 1U);
      BOOST_TEST(outcome.lines[0] ==
                 "cgihttpd: 127.0.0.1: no valid PROXY header came: closed "
                 "without answer: let only the proxy connect, or give no "
                 "--proxy-protocol");
    }
  }
}

// Without the client's closing, so that it is not its end that ends it.
BOOST_AUTO_TEST_CASE(get_closed_as_soon_as_a_header_is_malformed) {
  const ScriptTree tree;
  for (const std::string& sent :
       {"G"s, "\x16"s, "PROXY x\n"s, signature + '\x11'}) {
    Session session{tree, with_header()};
    session.send(sent);
    const Outcome outcome = session.finish();
    BOOST_TEST(outcome.octets.empty());
    BOOST_TEST(outcome.exit_status == 0);
    BOOST_TEST(outcome.lines.size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(get_closed_when_a_header_ends_early) {
  const ScriptTree tree;
  for (const std::string& sent :
       {text_header.substr(0, text_header.size() - 1),
        binary_header.substr(0, binary_header.size() - 1), "P"s, "\r"s}) {
    Session session{tree, with_header()};
    session.send(sent);
    session.finish_sending();
    const Outcome outcome = session.finish();
    BOOST_TEST(outcome.octets.empty());
    BOOST_TEST(outcome.exit_status == 0);
    BOOST_TEST(outcome.lines.size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(may_connect_and_say_nothing) {
  const ScriptTree tree;
  for (const std::string& sent : {""s, text_header, binary_header}) {
    Session session{tree, with_header()};
    session.send(sent);
    session.finish_sending();
    const Outcome outcome = session.finish();
    BOOST_TEST(outcome.octets.empty());
    BOOST_TEST(outcome.exit_status == 0);
    BOOST_TEST(outcome.lines.empty());
  }
}

BOOST_AUTO_TEST_CASE(have_the_time_of_the_head_for_the_header) {
  const ScriptTree tree;
  const Launch launch = launch_with({"--proxy-protocol", "--head-timeout=1"});
  struct TimeRow {
    const char* why;
    std::string sent;
    std::string answer;
    std::size_t lines;
  };
  const TimeRow rows[] = {
      {"nothing", "", "", 0},
      {"a part of it", text_header.substr(0, 9), "", 1},
      {"a part of version 2", binary_header.substr(0, 20), "", 1},
      {"the header alone", text_header, "", 0},
      {"a part of the request", text_header + "GET /", "HTTP/1.1 408 ", 1},
  };
  for (const TimeRow& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      Session session{tree, launch};
      session.send(row.sent);
      session.read_to_end();
      const Outcome outcome = session.hang_up();
      BOOST_TEST(outcome.octets.starts_with(row.answer));
      BOOST_TEST(outcome.octets.empty() == row.answer.empty());
      BOOST_TEST(outcome.exit_status == 0);
      BOOST_TEST(outcome.lines.size() == row.lines);
    }
  }
}

BOOST_AUTO_TEST_CASE(need_the_option_for_a_header) {
  const ScriptTree tree;
  for (const std::string& header :
       {text_header, binary_header, tls_header, ipv6_header}) {
    const Outcome outcome = ask(tree, header + get("/a.txt"));
    BOOST_TEST(outcome.response().status == 400);
    BOOST_TEST(outcome.access().address == "127.0.0.1");
  }
}

// --- Forwarded and X-Forwarded-For

struct FieldRow {
  const char* why;
  std::string fields;
  std::string address;
  std::string scheme;
};

const std::string trust_loopback = "--trusted-proxy=127.0.0.0/8";

// Asks the script, and compares what it says with the row, and with the log.
void check_row(const FieldRow& row, const Launch& launch,
               const std::string& before) {
  const ScriptTree tree;
  const Outcome outcome =
      ask(tree, before + get("/cgi-bin/who", row.fields), launch);
  const std::string body = outcome.response().body;
  BOOST_TEST(body.starts_with(row.address), body);
  BOOST_TEST(has(body, ' ' + row.scheme + ' '), body);
  BOOST_TEST(row.address.starts_with(outcome.access().address + ' '));
  BOOST_TEST(outcome.reports().empty());
}

void check_fields(const std::vector<FieldRow>& rows, const Launch& launch,
                  const std::string& before = {}) {
  for (const FieldRow& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      check_row(row, launch, before);
    }
  }
}

BOOST_AUTO_TEST_CASE(tell_in_fields_for_whom_they_ask) {
  check_fields(
      {
          {"X-Forwarded-For", "X-Forwarded-For: 192.0.2.1\r\n",
           "192.0.2.1 0 > 127.0.0.1 ", "no http"},
          {"and the scheme",
           "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n",
           "192.0.2.1 0 > ", "on https"},
          {"a port", "X-Forwarded-For: 192.0.2.1:5678\r\n", "192.0.2.1 5678 > ",
           "no http"},
          {"what the client said first",
           "X-Forwarded-For: 198.51.100.9\r\nX-Forwarded-For: 192.0.2.1\r\n",
           "192.0.2.1 0 > ", "no http"},
          {"two proxies", "X-Forwarded-For: 192.0.2.1, 127.0.0.2\r\n",
           "192.0.2.1 0 > ", "no http"},
          {"Forwarded", "Forwarded: for=\"[2001:db8::1]:80\";proto=https\r\n",
           "2001:db8::1 80 > ", "on https"},
          {"nothing", "", "127.0.0.1 ", "no http"},
      },
      launch_with({trust_loopback}));
}

BOOST_AUTO_TEST_CASE(are_not_believed_unless_they_are_trusted) {
  const std::vector<FieldRow> rows{
      {"X-Forwarded-For",
       "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n",
       "127.0.0.1 ", "no http"},
      {"Forwarded", "Forwarded: for=192.0.2.1;proto=https\r\n", "127.0.0.1 ",
       "no http"},
      {"a malformed one", "Forwarded: \"\r\n", "127.0.0.1 ", "no http"},
      {"both", "Forwarded: for=192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n",
       "127.0.0.1 ", "no http"},
  };
  check_fields(rows, {});
  check_fields(rows, launch_with({"--trusted-proxy=192.0.2.0/24",
                                  "--trusted-proxy=unix:"}));
}

BOOST_AUTO_TEST_CASE(may_be_local_or_mapped) {
  const std::vector<FieldRow> rows{{"X-Forwarded-For",
                                    "X-Forwarded-For: 192.0.2.1\r\n",
                                    "192.0.2.1 0 > ", "no http"}};
  check_fields(rows, launch_with({"--trusted-proxy=unix:"}, Transport::local));
  if (has_transport(Transport::mapped))
    check_fields(rows, launch_with({trust_loopback}, Transport::mapped));
  if (has_transport(Transport::ipv6)) {
    check_fields(rows,
                 launch_with({"--trusted-proxy=::1/128"}, Transport::ipv6));
  }
}

BOOST_AUTO_TEST_CASE(may_use_both_ways_one_behind_the_other) {
  const Launch launch =
      launch_with({"--proxy-protocol", "--trusted-proxy=192.0.2.1"});
  check_fields({{"the header's source is trusted",
                 "X-Forwarded-For: 203.0.113.5\r\nX-Forwarded-Proto: http\r\n",
                 "203.0.113.5 0 > 198.51.100.2 443 ", "no http"},
                {"which may say nothing", "",
                 "192.0.2.1 12345 > 198.51.100.2 443 ", "on https"}},
               launch, tls_header);
  check_fields({{"the header's source is not trusted",
                 "X-Forwarded-For: 203.0.113.5\r\n",
                 "2001:db8::1 12345 > 2001:db8::2 80 ", "no http"}},
               launch, ipv6_header);
}

BOOST_AUTO_TEST_CASE(are_refused_where_nobody_can_tell_what_they_say) {
  const std::string both =
      "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.2\r\n";
  const ScriptTree tree;
  const Launch launch = launch_with({trust_loopback});
  for (const std::string& fields : {both, "Forwarded: for=\"\r\n"s}) {
    const Outcome outcome =
        ask(tree, post("/cgi-bin/who", "body", fields), launch);
    BOOST_TEST(outcome.response().status == 400);
    BOOST_TEST(outcome.access().address == "127.0.0.1");
    BOOST_TEST_REQUIRE(outcome.reports().size() == 1U);
    BOOST_TEST(has(outcome.reports()[0], "Forwarded"));
  }
  check_fields(
      {{"X-Forwarded-For counts", both, "192.0.2.1 0 > ", "no http"}},
      launch_with({trust_loopback, "--forwarded-field=X-Forwarded-For"}));
  check_fields({{"Forwarded counts", both, "192.0.2.2 0 > ", "no http"}},
               launch_with({trust_loopback, "--forwarded-field=Forwarded"}));
}

BOOST_AUTO_TEST_CASE(tell_who_sent_what_is_refused) {
  const ScriptTree tree;
  const std::string fields =
      "X-Forwarded-For: 192.0.2.1\r\nUser-Agent: scanner\r\n";
  for (const std::string& request :
       {get("/%zz", fields), get("/", "Host: h\r\n" + fields),
        "GET / HTTP/2.0\r\n" + fields + "\r\n"}) {
    BOOST_TEST_CONTEXT(request) {
      const Outcome outcome = ask(tree, request, launch_with({trust_loopback}));
      BOOST_TEST(outcome.access().status >= 400);
      BOOST_TEST(outcome.access().address == "192.0.2.1");
      BOOST_TEST(outcome.access().user_agent == "scanner");
      for (const std::string& report : outcome.reports())
        BOOST_TEST(has(report, "192.0.2.1"));
    }
  }
}

BOOST_AUTO_TEST_CASE(pass_all_fields_on_to_scripts) {
  Tree tree;
  tree.script("cgi-bin/fields",
              "printf 'Content-Type: text/plain\\n\\n'\n"
              "echo \"$HTTP_X_FORWARDED_FOR|$HTTP_X_FORWARDED_PROTO\"\n");
  const std::string request = get("/cgi-bin/fields",
                                  "X-Forwarded-For: 192.0.2.1, 127.0.0.2\r\n"
                                  "X-Forwarded-Proto: https\r\n");
  for (const Launch& launch : {Launch{}, launch_with({trust_loopback})}) {
    BOOST_TEST(ask(tree, request, launch).response().body ==
               "192.0.2.1, 127.0.0.2|https\n");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

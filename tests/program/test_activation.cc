// test_activation.cc - Which descriptors are the connection, and which setups
// are refused with a line that says what to change.

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <span>

#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

struct TransportRow {
  const char* why;
  Transport transport;
  const char* address;
};

constexpr std::array transports{
    TransportRow{"IPv4", Transport::ipv4, "127.0.0.1"},
    TransportRow{"IPv6", Transport::ipv6, "::1"},
    TransportRow{"IPv4 on an IPv6 socket", Transport::mapped, "127.0.0.1"},
    TransportRow{"a local socket", Transport::local, "unix:"},
};

// Everything that a superserver could give by mistake.
struct Setup {
  Tree tree;
  Link link = make_link(Transport::ipv4);
  Link other = make_link(Transport::ipv4);
  UniqueFd listening = listen_on_loopback();
  UniqueFd waiting_client = connect_to(listening.get());
  UniqueFd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  UniqueFd terminal{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  UniqueFd datagrams{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};

  Setup() {
    tree.file("www/a.txt", "text").file("file", "text");
    tree.file("closed/www/a.txt", "text").folder("closed", 0000);
    tree.link("www/link", "/etc/passwd");
  }

  // What inetd starts with these descriptors, and a good root.
  [[nodiscard]] Start inetd(int input, int output) const {
    Start start;
    start.arguments = {tree.path("www")};
    start.standard = {input, output, Start::errors};
    start.environment = base_environment();
    return start;
  }

  // What systemd starts with these descriptors.
  [[nodiscard]] Start systemd(std::vector<int> passed) const {
    Start start = inetd(null.get(), null.get());
    start.passed = std::move(passed);
    return start;
  }

  // A good connection, and these arguments.
  [[nodiscard]] Start arguments(std::vector<std::string> texts) const {
    Start start = inetd(link.server.get(), link.server.get());
    start.arguments = std::move(texts);
    return start;
  }

  // Whether no client has got anything.
  [[nodiscard]] bool is_silent() const {
    std::array<char, 1> octet{};
    for (const UniqueFd* client :
         {&link.client, &other.client, &waiting_client}) {
      if (::recv(client->get(), octet.data(), 1, MSG_DONTWAIT) > 0)
        return false;
    }
    return true;
  }
};

struct Row {
  const char* why;
  Start (*start)(const Setup&);
  int exit_status;
  /// What the one line names.
  const char* setting;
};

void check_refusals(std::span<const Row> rows) {
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Setup setup;
      send_all(setup.link.client.get(), get("/a.txt"));
      Process process{row.start(setup)};
      BOOST_TEST(process.wait() == row.exit_status);
      const auto lines = lines_of(process.errors());
      BOOST_TEST_REQUIRE(lines.size() == 1U);
      BOOST_TEST(lines[0].starts_with("cgihttpd: "));
      BOOST_TEST(lines[0].find(row.setting) != std::string::npos,
                 "no " << row.setting << " in: " << lines[0]);
      BOOST_TEST(setup.is_silent());
    }
  }
}

BOOST_AUTO_TEST_SUITE(activation)

BOOST_AUTO_TEST_CASE(takes_descriptors_0_and_1_from_inetd) {
  Tree tree;
  tree.file("a.txt", "text");
  for (const auto& [why, transport, address] : transports) {
    BOOST_TEST_CONTEXT(why) {
      if (!has_transport(transport)) continue;
      const Outcome outcome =
          ask(tree, get("/a.txt"), {.transport = transport});
      BOOST_TEST(outcome.response().body == "text");
      BOOST_TEST(outcome.access().address == address);
    }
  }
}

BOOST_AUTO_TEST_CASE(takes_descriptor_3_from_systemd,
                     *precondition(with_libsystemd)) {
  Tree tree;
  tree.file("a.txt", "text");
  for (const auto& [why, transport, address] : transports) {
    BOOST_TEST_CONTEXT(why) {
      if (!has_transport(transport)) continue;
      const Outcome outcome =
          ask(tree, get("/a.txt"),
              {.activation = Activation::systemd, .transport = transport});
      BOOST_TEST(outcome.response().body == "text");
      BOOST_TEST(outcome.access().address == address);
    }
  }
}

BOOST_AUTO_TEST_CASE(takes_descriptor_3_where_0_and_1_are_closed,
                     *precondition(with_libsystemd)) {
  const Setup setup;
  Start start = setup.systemd({setup.link.server.get()});
  start.standard = {-1, -1, Start::errors};
  Process process{start};
  send_all(setup.link.client.get(), get("/a.txt"));
  BOOST_TEST(process.wait() == 0);
  BOOST_TEST(lines_of(process.errors()).size() == 1U);
}

BOOST_AUTO_TEST_CASE(ignores_what_systemd_passed_to_another_process) {
  Tree tree;
  tree.file("a.txt", "text");
  for (const char* pid : {"1", "0", "", "x", "99999999999999999999"}) {
    BOOST_TEST_CONTEXT("LISTEN_PID=" << pid) {
      const Outcome outcome = ask(
          tree, get("/a.txt"),
          {.environment = {"LISTEN_FDS=1", std::string{"LISTEN_PID="} + pid}});
      BOOST_TEST(outcome.response().body == "text");
    }
  }
}

BOOST_AUTO_TEST_CASE(takes_pipes_and_learns_the_ends_from_ucspi) {
  Tree tree;
  tree.script("cgi-bin/ends",
              "printf 'A: b\\n\\n'; echo $REMOTE_ADDR $REMOTE_PORT "
              "$SERVER_ADDR $SERVER_PORT $REQUEST_SCHEME $HTTPS");
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  BOOST_TEST_REQUIRE(::pipe2(in.data(), O_CLOEXEC) == 0);
  BOOST_TEST_REQUIRE(::pipe2(out.data(), O_CLOEXEC) == 0);
  UniqueFd in_reading{in[0]};
  UniqueFd in_writing{in[1]};
  const UniqueFd out_reading{out[0]};
  UniqueFd out_writing{out[1]};
  Start start;
  start.arguments = {tree.path()};
  start.standard = {in_reading.get(), out_writing.get(), Start::errors};
  start.environment = base_environment();
  for (const char* variable :
       {"PROTO=TCP", "TCPREMOTEIP=2001:db8::1", "TCPREMOTEPORT=4000",
        "TCPLOCALIP=2001:db8::2", "TCPLOCALPORT=8443", "SSL_PROTOCOL=TLSv1.3",
        "REMOTE_ADDR=192.0.2.9"})
    start.environment.emplace_back(variable);
  Process process{start};
  in_reading.reset();
  out_writing.reset();
  const std::string request = get("/cgi-bin/ends");
  BOOST_TEST_REQUIRE(
      ::write(in_writing.get(), request.data(), request.size()) ==
      static_cast<ssize_t>(request.size()));
  const Response response = parse_response(read_all(out_reading.get()));
  BOOST_TEST(response.body == "2001:db8::1 4000 2001:db8::2 8443 https on\n");
  BOOST_TEST(process.wait() == 0);
  const auto access = parse_access_line(lines_of(process.errors()).at(0));
  BOOST_TEST(access.value().address == "2001:db8::1");
}

BOOST_AUTO_TEST_CASE(takes_files_for_a_test_without_network) {
  Tree tree;
  tree.file("www/a.txt", "text").file("request", get("/a.txt"));
  tree.file("answer", "");
  const UniqueFd request{
      ::open(tree.path("request").c_str(), O_RDONLY | O_CLOEXEC)};
  const UniqueFd answer{
      ::open(tree.path("answer").c_str(), O_RDWR | O_CLOEXEC)};
  Start start;
  start.arguments = {tree.path("www")};
  start.standard = {request.get(), answer.get(), Start::errors};
  start.environment = base_environment();
  Process process{start};
  BOOST_TEST(process.wait() == 0);
  std::string octets(1000, '\0');
  octets.resize(static_cast<std::size_t>(
      ::pread(answer.get(), octets.data(), octets.size(), 0)));
  BOOST_TEST(parse_response(octets).body == "text");
}

BOOST_AUTO_TEST_CASE(learns_who_is_behind_a_local_socket) {
  struct Told {
    const char* why;
    std::vector<std::string> environment;
    const char* address;
  };
  const std::vector<Told> rows{
      {"nobody tells", {}, "unix:"},
      {"systemd", {"REMOTE_ADDR=192.0.2.1", "REMOTE_PORT=1"}, "192.0.2.1"},
      {"UCSPI", {"PROTO=TCP", "TCPREMOTEIP=192.0.2.2"}, "192.0.2.2"},
      {"no address", {"REMOTE_ADDR=evil\" \n"}, "unix:"},
      {"a name", {"REMOTE_ADDR=localhost"}, "unix:"},
  };
  Tree tree;
  for (const Told& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Outcome outcome =
          ask(tree, get("/"),
              {.transport = Transport::local, .environment = row.environment});
      BOOST_TEST(outcome.access().address == row.address);
    }
  }
}

BOOST_AUTO_TEST_CASE(believes_the_socket_and_not_the_environment) {
  Tree tree;
  const Outcome outcome =
      ask(tree, get("/"),
          {.environment = {"REMOTE_ADDR=192.0.2.1", "PROTO=TCP",
                           "TCPREMOTEIP=192.0.2.2"}});
  BOOST_TEST(outcome.access().address == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(of_a_client_that_has_gone_already_is_no_event) {
  constexpr linger reset_at_close{1, 0};
  Setup setup;
  BOOST_TEST_REQUIRE(::setsockopt(setup.link.client.get(), SOL_SOCKET,
                                  SO_LINGER, &reset_at_close,
                                  sizeof reset_at_close) == 0);
  setup.link.client.reset();
  const int server = setup.link.server.get();
  for (const Start& start :
       {setup.inetd(server, server), setup.systemd({server})}) {
    if (!start.passed.empty() && CGIHTTPD_LIBSYSTEMD == 0) continue;
    Process process{start};
    BOOST_TEST(process.wait() == 0);
    BOOST_TEST(process.errors() == "");
  }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_accepted_connection) {
  static constexpr std::array rows{
      Row{"a listening socket",
          [](const Setup& s) {
            return s.inetd(s.listening.get(), s.listening.get());
          },
          78, "Accept=yes"},
      Row{"a terminal",
          [](const Setup& s) {
            return s.inetd(s.terminal.get(), s.terminal.get());
          },
          78, "systemd-socket-activate"},
      Row{"/dev/null",
          [](const Setup& s) { return s.inetd(s.null.get(), s.null.get()); },
          78, "systemd-socket-activate"},
      Row{"a datagram socket",
          [](const Setup& s) {
            return s.inetd(s.datagrams.get(), s.datagrams.get());
          },
          78, "ListenStream="},
      Row{"nothing", [](const Setup& s) { return s.inetd(-1, -1); }, 78,
          "systemd-socket-activate"},
      Row{"only an output",
          [](const Setup& s) { return s.inetd(-1, s.link.server.get()); }, 78,
          "systemd-socket-activate"},
      Row{"only an input",
          [](const Setup& s) { return s.inetd(s.link.server.get(), -1); }, 78,
          "standard output"},
      Row{"an output elsewhere",
          [](const Setup& s) {
            return s.inetd(s.link.server.get(), s.null.get());
          },
          78, "StandardOutput=inherit"},
      Row{"two connections",
          [](const Setup& s) {
            return s.inetd(s.link.server.get(), s.other.server.get());
          },
          78, "StandardOutput=inherit"},
  };
  check_refusals(rows);
}

BOOST_AUTO_TEST_CASE(refuses_a_connected_datagram_socket) {
  Tree tree;
  std::array<int, 2> ends{};
  BOOST_TEST_REQUIRE(
      ::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd client{ends[0]};
  const UniqueFd server{ends[1]};
  send_all(client.get(), get("/"));
  Start start;
  start.arguments = {tree.path()};
  start.standard = {server.get(), server.get(), Start::errors};
  start.environment = base_environment();
  Process process{start};
  BOOST_TEST(process.wait() == 78);
  BOOST_TEST(lines_of(process.errors()).size() == 1U);
}

BOOST_AUTO_TEST_CASE(refuses_what_systemd_should_not_pass,
                     *precondition(with_libsystemd)) {
  static constexpr std::array rows{
      Row{"a listening socket",
          [](const Setup& s) { return s.systemd({s.listening.get()}); }, 78,
          "Accept=yes"},
      Row{"two connections",
          [](const Setup& s) {
            return s.systemd({s.link.server.get(), s.other.server.get()});
          },
          78, "Accept=yes"},
      Row{"a datagram socket",
          [](const Setup& s) { return s.systemd({s.datagrams.get()}); }, 78,
          "ListenStream="},
      Row{"a FIFO or file",
          [](const Setup& s) { return s.systemd({s.null.get()}); }, 78,
          "ListenStream="},
  };
  check_refusals(rows);
}

BOOST_AUTO_TEST_CASE(says_what_a_build_without_libsystemd_needs,
                     *precondition(without_libsystemd)) {
  static constexpr std::array rows{
      Row{"any descriptor",
          [](const Setup& s) { return s.systemd({s.link.server.get()}); }, 78,
          "StandardInput=socket"},
  };
  check_refusals(rows);
}

BOOST_AUTO_TEST_CASE(refuses_a_root_that_cannot_be_served) {
  static constexpr std::array rows{
      Row{"none named", [](const Setup& s) { return s.arguments({}); }, 78,
          "name the folder"},
      Row{"empty text", [](const Setup& s) { return s.arguments({""}); }, 78,
          "name the folder"},
      Row{"not there",
          [](const Setup& s) { return s.arguments({s.tree.path("none")}); }, 78,
          "/none: "},
      Row{"a file",
          [](const Setup& s) { return s.arguments({s.tree.path("file")}); }, 78,
          "/file: "},
      Row{"a folder that the user may not reach",
          [](const Setup& s) {
            return s.arguments({s.tree.path("closed/www")});
          },
          78, "/closed/www: "},
      Row{"a name of two lines",
          [](const Setup& s) { return s.arguments({s.tree.path("a\nb")}); }, 78,
          "a\\x0Ab: "},
      Row{"two of them",
          [](const Setup& s) {
            return s.arguments({s.tree.path("www"), "/second"});
          },
          64, "/second"},
  };
  check_refusals(rows);
}

BOOST_AUTO_TEST_CASE(refuses_options_that_it_does_not_understand) {
  struct Option {
    const char* text;
    const char* setting;
  };
  constexpr std::array options{
      Option{"--no-such-option", "--no-such-option"},
      Option{"--no-such-option=5", "--no-such-option"},
      Option{"-x", "-x"},
      Option{"--two\nlines", "--two"},
      Option{"--head-timeout=0", "--head-timeout"},
      Option{"--head-timeout=1s", "--head-timeout"},
      Option{"--head-timeout=-1", "--head-timeout"},
      Option{"--head-timeout=", "--head-timeout"},
      Option{"--send-timeout=604801", "--send-timeout"},
      Option{"--cgi-output=raw", "--cgi-output"},
      Option{"--cgi-dir=cgi-bin", "--cgi-dir"},
      Option{"--cgi-dir=/", "--cgi-dir"},
      Option{"--cgi-dir=/a/../b", "--cgi-dir"},
      Option{"--set-env=A", "--set-env"},
      Option{"--pass-env=A=b", "--pass-env"},
      Option{"--isindex=yes", "--isindex"},
  };
  for (const auto& [text, setting] : options) {
    BOOST_TEST_CONTEXT(text) {
      const Setup setup;
      send_all(setup.link.client.get(), get("/a.txt"));
      Process process{setup.arguments({text, setup.tree.path("www")})};
      BOOST_TEST(process.wait() == 64);
      const auto lines = lines_of(process.errors());
      BOOST_TEST_REQUIRE(lines.size() == 1U);
      BOOST_TEST(lines[0].find(setting) != std::string::npos, lines[0]);
      BOOST_TEST(setup.is_silent());
    }
  }
}

BOOST_AUTO_TEST_CASE(is_not_needed_for_help_and_version) {
  struct Shown {
    const char* option;
    const char* text;
  };
  constexpr std::array rows{
      Shown{"--help", "Usage: cgihttpd [OPTION]... ROOT\n"},
      Shown{"-h", "Usage: "},
      Shown{"--version", "cgihttpd " CGIHTTPD_VERSION "\n"},
      Shown{"-V", "cgihttpd "},
  };
  for (const auto& [option, text] : rows) {
    BOOST_TEST_CONTEXT(option) {
      Start start;
      start.arguments = {option};
      start.standard = {-1, Start::errors, Start::errors};
      start.environment = base_environment();
      Process process{start};
      BOOST_TEST(process.wait() == 0);
      BOOST_TEST(process.errors().starts_with(text));
    }
  }
}

// --- descriptor 2 is the connection, or none

BOOST_AUTO_TEST_CASE(lets_no_line_of_ours_reach_the_client) {
  struct Spoken {
    const char* why;
    const char* target;
    int status;
  };
  constexpr std::array rows{
      Spoken{"an access line", "/a.txt", 200},
      Spoken{"a reason for an error", "/link", 404},
      Spoken{"what a script says", "/cgi-bin/parsed", 200},
      Spoken{"the exit status of a script", "/cgi-bin/fails", 200},
      Spoken{"a script that cannot start", "/cgi-bin/broken", 403},
      Spoken{"malformed output", "/cgi-bin/malformed", 502},
  };
  Tree tree;
  tree.file("a.txt", "text").link("link", "/etc/passwd");
  tree.script("cgi-bin/parsed", "echo err >&2; printf 'A: b\\n\\nout'");
  tree.script("cgi-bin/fails", "printf 'A: b\\n\\nout'; exit 3");
  tree.script("cgi-bin/malformed", "echo err >&2; echo out");
  tree.file("cgi-bin/broken", "#!/no/such/interpreter\n", 0755);
  for (const auto& [why, target, status] : rows) {
    BOOST_TEST_CONTEXT(why) {
      const Outcome outcome =
          ask(tree, get(target), {.activation = Activation::xinetd});
      const Response response = outcome.response();
      BOOST_TEST(response.status == status);
      BOOST_TEST(response.is_whole);
      BOOST_TEST(outcome.octets.find("err\n") == std::string::npos);
      BOOST_TEST(outcome.octets.find(" - - [") == std::string::npos);
      BOOST_TEST(outcome.octets.find("cgihttpd: ") == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(lets_no_error_of_a_script_reach_the_client) {
  Tree tree;
  tree.script("cgi-bin/direct", "echo err >&2; printf 'A: b\\n\\nout'");
  tree.script("cgi-bin/nph-x",
              R"(echo err >&2; printf 'HTTP/1.1 200 OK\r\nA: b\r\n\r\nout')");
  const Outcome direct = ask(
      tree, get("/cgi-bin/direct"),
      {.options = {"--cgi-output=direct"}, .activation = Activation::xinetd});
  BOOST_TEST(
      direct.octets.starts_with("HTTP/1.1 200 Script output follows\r\n"));
  BOOST_TEST(direct.octets.ends_with("\r\nA: b\n\nout"));
  BOOST_TEST(direct.octets.find("err") == std::string::npos);
  BOOST_TEST(direct.octets.find(" - - [") == std::string::npos);
  const Outcome nph =
      ask(tree, get("/cgi-bin/nph-x"), {.activation = Activation::xinetd});
  BOOST_TEST(nph.octets == "HTTP/1.1 200 OK\r\nA: b\r\n\r\nout");
}

BOOST_AUTO_TEST_CASE(lets_no_setup_error_reach_the_client) {
  static constexpr std::array rows{
      Row{"no root", [](const Setup& s) { return s.arguments({}); }, 78, ""},
      Row{"a root that is not there",
          [](const Setup& s) { return s.arguments({"/no/such/root"}); }, 78,
          ""},
      Row{"an unknown option",
          [](const Setup& s) {
            return s.arguments({"--no-such-option", "/"});
          },
          64, ""},
      Row{"no input",
          [](const Setup& s) { return s.inetd(-1, s.link.server.get()); }, 78,
          ""},
      Row{"no output",
          [](const Setup& s) { return s.inetd(s.link.server.get(), -1); }, 78,
          ""},
      Row{"an output elsewhere",
          [](const Setup& s) {
            return s.inetd(s.link.server.get(), s.null.get());
          },
          78, ""},
      Row{"StandardError=socket alone",
          [](const Setup& s) { return s.inetd(s.null.get(), s.null.get()); },
          78, ""},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Setup setup;
      Start start = row.start(setup);
      start.standard[2] = setup.link.server.get();
      Process process{start};
      BOOST_TEST(process.wait() == row.exit_status);
      BOOST_TEST(setup.is_silent());
    }
  }
}

BOOST_AUTO_TEST_CASE(lets_no_line_reach_a_client_that_systemd_passed,
                     *precondition(with_libsystemd)) {
  for (const char* target : {"/a.txt", "/link"}) {
    BOOST_TEST_CONTEXT(target) {
      Setup setup;
      const int server = setup.link.server.get();
      Start start = setup.systemd({server});
      start.standard = {setup.null.get(), setup.null.get(), server};
      Process process{start};
      setup.link.server.reset();
      send_all(setup.link.client.get(), get(target));
      const std::string octets = read_all(setup.link.client.get());
      BOOST_TEST(parse_response(octets).rest == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(makes_dev_null_of_a_closed_descriptor_2) {
  Tree tree;
  Gate gate{tree, "gate"};
  tree.script("cgi-bin/x", "printf 'A: b\\n\\n'; echo err >&2 && echo open; " +
                               gate.wait_command());
  const Link link = make_link(Transport::ipv4);
  Start start;
  start.arguments = {tree.path()};
  start.standard = {link.server.get(), link.server.get(), -1};
  start.environment = base_environment();
  Process process{start};
  send_all(link.client.get(), get("/cgi-bin/x"));
  std::string octets;
  std::array<char, 1000> chunk{};
  while (octets.find("open\n") == std::string::npos) {
    const ssize_t count =
        ::recv(link.client.get(), chunk.data(), chunk.size(), 0);
    BOOST_TEST_REQUIRE(count > 0);
    octets.append(chunk.data(), static_cast<std::size_t>(count));
  }
  const std::string path = "/proc/" + std::to_string(process.pid()) + "/fd/2";
  std::array<char, 100> target{};
  BOOST_TEST_WARN(::readlink(path.c_str(), target.data(), target.size()) > 0);
  BOOST_TEST(std::string{target.data()} == "/dev/null");
  gate.open();
  BOOST_TEST(process.wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

// test_activation.cc - Which descriptor is the connection, and who is there.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "activation.h"
#include "fixtures.h"
#include "refusal.h"

namespace cgihttpd::test {

namespace {

namespace unit_test = boost::unit_test;

using Environment = std::vector<std::pair<const char*, const char*>>;

// In a child: the variables are these, and no other that matters.
void set_environment(const Environment& variables) {
  for (const char* name :
       {"LISTEN_FDNAMES", "LISTEN_FDS", "LISTEN_PID", "PROTO", "REMOTE_ADDR",
        "REMOTE_PORT", "SSL_PROTOCOL", "TCPLOCALIP", "TCPLOCALPORT",
        "TCPREMOTEIP", "TCPREMOTEPORT"})
    ::unsetenv(name);
  for (const auto& [name, value] : variables)
    ::setenv(name, value, 1);
}

#if CGIHTTPD_LIBSYSTEMD
// In a child: systemd has passed these descriptors, from 3 on.
void pass_as_systemd(const std::vector<int>& passed) {
  int number = 3;
  for (const int fd : passed)
    duplicate(fd, number++);
  const std::string pid = std::to_string(::getpid());
  const std::string count = std::to_string(passed.size());
  set_environment({{"LISTEN_PID", pid.c_str()}, {"LISTEN_FDS", count.c_str()}});
}
#endif

std::string text_of(const Endpoint& endpoint) {
  return endpoint.address + ' ' + std::to_string(endpoint.port);
}

std::optional<Activation> activate_here() {
  return activate(find_standard_facts());
}

// What is found, in words: KIND REMOTE LOCAL [tls].
std::string found_on(int input, int output) {
  const TemporaryDescriptors standard{input, output};
  const auto activation = activate_here();
  if (!activation) return "the client has gone";
  const bool is_socket = activation->kind == ConnectionKind::socket;
  return (is_socket ? "socket " : "stream ") + text_of(activation->remote) +
         ", " + text_of(find_local_end(*activation)) +
         (activation->is_tls ? " tls" : "");
}

// In a child: it is refused, with these words.
void check_is_refused(const char* why, int input, int output,
                      std::string_view words) {
  BOOST_TEST_CONTEXT(why) {
    check_in_child([&] {
      const TemporaryDescriptors standard{input, output};
      BOOST_CHECK_EXCEPTION(
          static_cast<void>(activate_here()), SetupError,
          [&](const SetupError& error) {
            BOOST_TEST_INFO(error.what());
            return std::string_view{error.what()}.find(words) !=
                       std::string_view::npos &&
                   error.exit_status() == SetupError::configuration;
          });
    });
  }
}

// A terminal that is not the one that controls this process.
std::optional<std::pair<UniqueFd, UniqueFd>> open_terminal() {
  UniqueFd manager{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  if (!manager || ::grantpt(manager.get()) < 0 || ::unlockpt(manager.get()) < 0)
    return std::nullopt;
  std::array<char, 128> name{};
  if (::ptsname_r(manager.get(), name.data(), name.size()) != 0)
    return std::nullopt;
  UniqueFd terminal{::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
  if (!terminal) return std::nullopt;
  return std::pair{std::move(manager), std::move(terminal)};
}

boost::test_tools::assertion_result needs_terminals(unit_test::test_unit_id) {
  boost::test_tools::assertion_result result{open_terminal().has_value()};
  result.message() << "there are no pseudoterminals here";
  return result;
}

void check_tcp(Addressing addressing, const std::string& address) {
  check_in_child([&] {
    set_environment({});
    const SocketPair pair = make_tcp_pair(addressing);
    const std::string remote =
        address + ' ' + std::to_string(local_port_of(pair.theirs.get()));
    const std::string local =
        address + ' ' + std::to_string(local_port_of(pair.ours.get()));
    BOOST_TEST(found_on(pair.ours.get(), pair.ours.get()) ==
               "socket " + remote + ", " + local);
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(activation)

BOOST_AUTO_TEST_CASE(a_tcp_connection_tells_its_ends) {
  check_tcp(Addressing::ipv4, "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(an_ipv6_connection_tells_its_ends,
                     *unit_test::precondition(needs_ipv6)) {
  check_tcp(Addressing::ipv6, "::1");
}

BOOST_AUTO_TEST_CASE(an_ipv4_client_of_an_ipv6_socket_has_an_ipv4_address,
                     *unit_test::precondition(needs_ipv6)) {
  check_tcp(Addressing::ipv4_mapped, "127.0.0.1");
}

namespace {

struct EnvironmentRow {
  const char* why;
  Environment environment;
  const char* expected_of_local_socket;
  const char* expected_of_pipe;
};
const std::array environment_rows{
    EnvironmentRow{"nothing tells", {}, "unix: 0, unix: 0", " 0,  0"},
    EnvironmentRow{"UCSPI",
                   {{"PROTO", "TCP"},
                    {"TCPREMOTEIP", "192.0.2.1"},
                    {"TCPREMOTEPORT", "40000"},
                    {"TCPLOCALIP", "192.0.2.2"},
                    {"TCPLOCALPORT", "80"}},
                   "192.0.2.1 40000, 192.0.2.2 80",
                   "192.0.2.1 40000, 192.0.2.2 80"},
    EnvironmentRow{"UCSPI over IPv6",
                   {{"PROTO", "TCP6"},
                    {"TCPREMOTEIP", "2001:db8::1"},
                    {"TCPREMOTEPORT", "1"},
                    {"TCPLOCALIP", "2001:db8::2"},
                    {"TCPLOCALPORT", "65535"}},
                   "2001:db8::1 1, 2001:db8::2 65535",
                   "2001:db8::1 1, 2001:db8::2 65535"},
    EnvironmentRow{"UCSPI of a local socket",
                   {{"PROTO", "UNIX"}},
                   "unix: 0, unix: 0",
                   " 0,  0"},
    EnvironmentRow{"systemd or stunnel",
                   {{"REMOTE_ADDR", "192.0.2.1"}, {"REMOTE_PORT", "40000"}},
                   "192.0.2.1 40000, unix: 0",
                   "192.0.2.1 40000,  0"},
    EnvironmentRow{"without a port",
                   {{"REMOTE_ADDR", "192.0.2.1"}},
                   "192.0.2.1 0, unix: 0",
                   "192.0.2.1 0,  0"},
    EnvironmentRow{"a port that is none",
                   {{"REMOTE_ADDR", "192.0.2.1"}, {"REMOTE_PORT", "65536"}},
                   "192.0.2.1 0, unix: 0",
                   "192.0.2.1 0,  0"},
    EnvironmentRow{"no address, but a name or worse",
                   {{"REMOTE_ADDR", "host.example\r\nx"}, {"REMOTE_PORT", "1"}},
                   "unix: 0, unix: 0",
                   " 0,  0"},
    EnvironmentRow{"TLS",
                   {{"PROTO", "SSL"},
                    {"SSL_PROTOCOL", "TLSv1.3"},
                    {"TCPREMOTEIP", "192.0.2.1"},
                    {"TCPREMOTEPORT", "2"}},
                   "192.0.2.1 2, unix: 0 tls",
                   "192.0.2.1 2,  0 tls"},
    EnvironmentRow{
        "an empty variable is none",
        {{"PROTO", ""}, {"SSL_PROTOCOL", ""}, {"TCPREMOTEIP", "192.0.2.1"}},
        "unix: 0, unix: 0",
        " 0,  0"},
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_environment_tells_what_descriptors_do_not) {
  for (const EnvironmentRow& row : environment_rows) {
    BOOST_TEST_CONTEXT(row.why) {
      check_in_child([&] {
        set_environment(row.environment);
        const SocketPair pair = make_socket_pair();
        BOOST_TEST(found_on(pair.ours.get(), pair.ours.get()) ==
                   std::string{"socket "} + row.expected_of_local_socket);
        const Pipe pipe = make_pipe();
        BOOST_TEST(found_on(pipe.reading.get(), pipe.writing.get()) ==
                   std::string{"stream "} + row.expected_of_pipe);
      });
    }
  }
}

BOOST_AUTO_TEST_CASE(a_tcp_connection_knows_better_than_the_environment) {
  check_in_child([] {
    set_environment({{"PROTO", "TCP"},
                     {"TCPREMOTEIP", "192.0.2.1"},
                     {"TCPREMOTEPORT", "1"},
                     {"TCPLOCALIP", "192.0.2.2"},
                     {"REMOTE_ADDR", "192.0.2.3"}});
    const SocketPair pair = make_tcp_pair(Addressing::ipv4);
    const std::string found = found_on(pair.ours.get(), pair.ours.get());
    BOOST_TEST(found.starts_with("socket 127.0.0.1 "), found);
    BOOST_TEST((found.find("192.0.2") == std::string::npos), found);
  });
}

BOOST_AUTO_TEST_CASE(a_client_that_has_gone_already_is_no_error) {
  check_in_child([] {
    set_environment({});
    SocketPair pair = make_tcp_pair(Addressing::ipv4);
    reset_connection(std::move(pair.theirs), pair.ours.get());
    BOOST_TEST(found_on(pair.ours.get(), pair.ours.get()) ==
               "the client has gone");
  });
}

BOOST_AUTO_TEST_CASE(a_client_that_has_said_all_is_still_there) {
  check_in_child([] {
    set_environment({});
    const SocketPair pair = make_tcp_pair(Addressing::ipv4);
    shutdown_writing(pair.theirs.get());
    BOOST_REQUIRE(wait_for(pair.ours.get(), POLLIN, soon()));
    const std::string found = found_on(pair.ours.get(), pair.ours.get());
    BOOST_TEST(found.starts_with("socket 127.0.0.1 "), found);
  });
}

BOOST_AUTO_TEST_CASE(a_socket_that_is_no_connection_is_refused) {
  const UniqueFd tcp = listen_on_tcp(Addressing::ipv4);
  check_is_refused("listening", tcp.get(), tcp.get(), "Accept=yes");
  const UniqueFd local{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr name{};
  name.sa_family = AF_UNIX;  // a name of the kernel's choice
  BOOST_REQUIRE(::bind(local.get(), &name, sizeof name.sa_family) == 0);
  BOOST_REQUIRE(::listen(local.get(), 1) == 0);
  check_is_refused("listening, local", local.get(), local.get(), "Accept=yes");
  const UniqueFd udp{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  check_is_refused("UDP", udp.get(), udp.get(), "no stream socket");
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_no_stream_is_refused) {
  const SocketPair datagrams = make_socket_pair(SOCK_DGRAM);
  check_is_refused("datagrams", datagrams.ours.get(), datagrams.ours.get(),
                   "no stream socket");
  const SocketPair packets = make_socket_pair(SOCK_SEQPACKET);
  check_is_refused("packets", packets.ours.get(), packets.ours.get(),
                   "no stream socket");
}

BOOST_AUTO_TEST_CASE(what_no_superserver_gives_is_refused) {
  const UniqueFd null = open_or_fail("/dev/null", O_RDWR);
  const SocketPair pair = make_socket_pair();
  const Pipe pipe = make_pipe();
  const int socket = pair.ours.get();
  constexpr const char* no_connection = "there is no connection";
  constexpr const char* not_same = "standard output is not the connection";
  check_is_refused("/dev/null", null.get(), null.get(), no_connection);
  check_is_refused("/dev/null, pipe", null.get(), pipe.writing.get(),
                   no_connection);
  check_is_refused("both closed", -1, -1, no_connection);
  check_is_refused("input closed", -1, socket, no_connection);
  check_is_refused("output closed", socket, -1, "standard output is closed");
  check_is_refused("another socket", socket, pair.theirs.get(), not_same);
  check_is_refused("output /dev/null", socket, null.get(), not_same);
  check_is_refused("output a pipe", socket, pipe.writing.get(), not_same);
}

BOOST_AUTO_TEST_CASE(a_terminal_is_refused_with_what_to_try_instead,
                     *unit_test::precondition(needs_terminals)) {
  const auto terminal = open_terminal();
  const int fd = terminal->second.get();
  check_is_refused("terminal", fd, fd, "standard input is a terminal");
  check_is_refused("terminal", fd, fd, "systemd-socket-activate");
}

BOOST_AUTO_TEST_CASE(a_duplicate_of_the_connection_is_the_connection) {
  check_in_child([] {
    set_environment({});
    const SocketPair pair = make_socket_pair();
    const UniqueFd copy = duplicate(pair.ours.get());
    BOOST_TEST(found_on(pair.ours.get(), copy.get()) ==
               "socket unix: 0, unix: 0");
  });
}

BOOST_AUTO_TEST_CASE(what_systemd_passed_to_another_process_is_not_ours) {
  for (const char* pid : {"1", "", "x", "99999999999"}) {
    BOOST_TEST_CONTEXT("LISTEN_PID=" << pid) {
      check_in_child([&] {
        set_environment({{"LISTEN_PID", pid}, {"LISTEN_FDS", "1"}});
        const UniqueFd listener = listen_on_tcp(Addressing::ipv4);
        duplicate(listener.get(), 3);
        const SocketPair pair = make_socket_pair();
        BOOST_TEST(found_on(pair.ours.get(), pair.ours.get()) ==
                   "socket unix: 0, unix: 0");
      });
    }
  }
}

#if CGIHTTPD_LIBSYSTEMD

BOOST_AUTO_TEST_CASE(what_systemd_passed_is_moved_to_0_and_1) {
  check_in_child([] {
    const SocketPair pair = make_socket_pair();
    const ino_t socket = facts_of(pair.ours.get()).st_ino;
    pass_as_systemd({pair.ours.get()});
    const UniqueFd null = open_or_fail("/dev/null", O_RDWR);
    const TemporaryDescriptors standard{null.get(), null.get()};
    const auto activation = activate_here();
    BOOST_REQUIRE(activation.has_value());
    BOOST_TEST((activation->kind == ConnectionKind::socket));
    BOOST_TEST(activation->remote.address == "unix:");
    BOOST_TEST(facts_of(STDIN_FILENO).st_ino == socket);
    BOOST_TEST(facts_of(STDOUT_FILENO).st_ino == socket);
    BOOST_TEST(!find_facts(3), "it is not open twice");
  });
}

BOOST_AUTO_TEST_CASE(what_systemd_must_not_pass_is_refused) {
  const UniqueFd listener = listen_on_tcp(Addressing::ipv4);
  const SocketPair pair = make_socket_pair();
  const SocketPair datagrams = make_socket_pair(SOCK_DGRAM);
  struct Row {
    const char* why;
    std::vector<int> passed;
    const char* words;
  };
  const std::array rows{
      Row{"two",
          {pair.ours.get(), pair.theirs.get()},
          "systemd passed 2 sockets"},
      Row{"listening", {listener.get()}, "set Accept=yes"},
      Row{"datagrams", {datagrams.ours.get()}, "use ListenStream="},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      check_in_child([&] {
        pass_as_systemd(row.passed);
        BOOST_CHECK_EXCEPTION(static_cast<void>(activate_here()), SetupError,
                              [&](const SetupError& error) {
                                return std::string_view{error.what()}.find(
                                           row.words) != std::string_view::npos;
                              });
      });
    }
  }
}

#endif

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

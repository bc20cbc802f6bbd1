// test_log.cc - Lines reach the administrator, and never the client.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <climits>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "fixtures.h"
#include "log.h"

namespace cgihttpd::test {

namespace {

// What `use` writes to descriptor 2: each write(2) for itself.
template <typename Use>
std::vector<std::string> writes_of(Use use) {
  const SocketPair pair = make_socket_pair(SOCK_SEQPACKET);
  {
    const TemporaryDescriptor error{STDERR_FILENO, pair.theirs.get()};
    use();
  }
  std::vector<std::string> writes;
  std::string message(2UL * PIPE_BUF, '\0');
  for (;;) {
    const auto count = try_receive(pair.ours.get(), message, Peek::no);
    if (!count) return writes;
    writes.push_back(message.substr(0, *count));
  }
}

std::string report_line(std::string_view subject, std::string_view message) {
  const Log log{LogTarget::standard_error};
  const auto writes = writes_of([&] { log.report(subject, message); });
  return writes.size() == 1 ? writes.front() : "not one write";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(log)

BOOST_AUTO_TEST_CASE(goes_to_syslog_where_2_is_the_connection) {
  const SocketPair pair = make_socket_pair();
  const UniqueFd null = open_or_fail("/dev/null", O_RDWR);
  const auto connection = find_facts(pair.ours.get());
  const auto peer = find_facts(pair.theirs.get());
  const auto other = find_facts(null.get());
  const Pipe tunnel = make_pipe();
  const auto pipe = find_facts(tunnel.writing.get());
  const auto none = std::optional<struct stat>{};
  struct Row {
    const char* why;
    StandardFacts facts;
    LogTarget expected;
  };
  const std::array rows{
      Row{"inetd: all three are the connection",
          {connection, connection, connection},
          LogTarget::syslog},
      Row{"2 is what 0 is", {connection, other, connection}, LogTarget::syslog},
      Row{"2 is what 1 is", {other, connection, connection}, LogTarget::syslog},
      Row{"only 1 and 2 are open",
          {none, connection, connection},
          LogTarget::syslog},
      Row{"2 is the pipe that 1 is", {other, pipe, pipe}, LogTarget::syslog},
      Row{"2 is another pipe", {other, other, pipe}, LogTarget::standard_error},
      Row{"systemd: 2 is the journal's socket",
          {connection, connection, peer},
          LogTarget::standard_error},
      Row{"2 is a file",
          {connection, connection, other},
          LogTarget::standard_error},
      Row{"all three are the same terminal",
          {other, other, other},
          LogTarget::standard_error},
      Row{"only 2 is open", {none, none, other}, LogTarget::standard_error},
  };
  for (const Row& row : rows)
    BOOST_TEST((find_log_target(row.facts) == row.expected), row.why);
}

BOOST_AUTO_TEST_CASE(goes_to_syslog_where_2_is_what_systemd_passed) {
  check_in_child([] {
    const SocketPair pair = make_socket_pair();
    const auto connection = find_facts(pair.ours.get());
    const auto other = find_facts(pair.theirs.get());
    const auto null = find_facts(open_or_fail("/dev/null", O_RDWR).get());
    duplicate(pair.ours.get(), 3);
    ::unsetenv("LISTEN_PID");
    BOOST_TEST((find_log_target({null, null, connection}) ==
                LogTarget::standard_error));
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    BOOST_TEST(
        (find_log_target({null, null, connection}) == LogTarget::syslog));
    BOOST_TEST(
        (find_log_target({null, null, other}) == LogTarget::standard_error));
  });
}

BOOST_AUTO_TEST_CASE(goes_to_syslog_where_2_is_any_client) {
  const SocketPair tcp = make_tcp_pair(Addressing::ipv4);
  const SocketPair local = make_socket_pair();
  LogTarget to_tcp = LogTarget::standard_error;
  LogTarget to_local = LogTarget::syslog;
  {
    const TemporaryDescriptor error{STDERR_FILENO, tcp.ours.get()};
    to_tcp = find_log_target(find_standard_facts());
  }
  {
    const TemporaryDescriptor error{STDERR_FILENO, local.ours.get()};
    to_local = find_log_target(find_standard_facts());
  }
  BOOST_TEST((to_tcp == LogTarget::syslog));
  BOOST_TEST((to_local == LogTarget::standard_error));
}

BOOST_AUTO_TEST_CASE(a_closed_descriptor_2_becomes_dev_null) {
  LogTarget target = LogTarget::standard_error;
  std::optional<struct stat> facts;
  {
    const TemporaryDescriptor closed{STDERR_FILENO, -1};
    target = find_log_target(find_standard_facts());
    facts = find_facts(STDERR_FILENO);
  }
  BOOST_TEST((target == LogTarget::syslog));
  BOOST_REQUIRE(facts.has_value());
  BOOST_TEST(facts->st_rdev ==
             facts_of(open_or_fail("/dev/null", O_RDONLY).get()).st_rdev);
}

BOOST_AUTO_TEST_CASE(a_line_is_one_write) {
  const Log log{LogTarget::standard_error};
  const auto writes = writes_of([&] {
    log.write("first", Urgency::information);
    log.write("second", Urgency::error);
  });
  const std::vector<std::string> expected{"first\n", "second\n"};
  BOOST_TEST(writes == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_report_names_the_program_and_the_subject) {
  BOOST_TEST(report_line("192.0.2.1 GET / HTTP/1.1", "it is broken") ==
             "cgihttpd: 192.0.2.1 GET / HTTP/1.1: it is broken\n");
  BOOST_TEST(report_line("", "no root folder") == "cgihttpd: no root folder\n");
}

BOOST_AUTO_TEST_CASE(a_report_is_escaped) {
  BOOST_TEST(report_line("a\nb", "\x1b[2J\r\n\"x\"") ==
             "cgihttpd: a\\x0Ab: \\x1B[2J\\x0D\\x0A\\\"x\\\"\n");
}

BOOST_AUTO_TEST_CASE(a_report_fits_into_one_atomic_write_to_a_pipe) {
  const std::string longest(100'000, '\n');
  BOOST_TEST(report_line(longest, longest).size() <= PIPE_BUF);
  BOOST_TEST(report_line("", longest).ends_with('\n'));
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_written_stops_nothing) {
  const IgnoredBrokenPipes ignored;
  const Log log{LogTarget::standard_error};
  const UniqueFd full = open_or_fail("/dev/full", O_WRONLY);
  Pipe pipe = make_pipe();
  pipe.reading.reset();
  for (const int fd : {full.get(), pipe.writing.get(), -1}) {
    const TemporaryDescriptor error{STDERR_FILENO, fd};
    log.write("line", Urgency::information);
    log.report("subject", "message");
  }
}

BOOST_AUTO_TEST_CASE(syslog_is_not_descriptor_2) {
  const Log log{LogTarget::syslog};
  const auto writes = writes_of([&] {
    log.write("a line of a test", Urgency::information);
    log.report("a test", "an error of a test");
  });
  BOOST_TEST(writes.empty());
}

BOOST_AUTO_TEST_CASE(scripts_get_the_log_for_their_errors) {
  const Log log{LogTarget::standard_error};
  const UniqueFd output = log.open_error_output();
  BOOST_TEST(output.get() != STDERR_FILENO);
  BOOST_TEST(facts_of(output.get()).st_ino == facts_of(STDERR_FILENO).st_ino);
  BOOST_TEST((::fcntl(output.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

BOOST_AUTO_TEST_CASE(scripts_do_not_get_the_connection_for_their_errors) {
  const Log log{LogTarget::syslog};
  UniqueFd output;
  const auto writes = writes_of([&] {
    output = log.open_error_output();
    write_or_lose(output.get(), "an error of a test's script");
  });
  BOOST_TEST(writes.empty());
  BOOST_TEST(static_cast<bool>(output));
  const mode_t mode = facts_of(output.get()).st_mode;
  BOOST_TEST((S_ISSOCK(mode) || S_ISCHR(mode)), "/dev/log or /dev/null");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

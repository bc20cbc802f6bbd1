// test_libsystemd.cc - What systemd passed, as its own library says it.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>

#include "fixtures.h"
#include "libsystemd.h"
#include "refusal.h"

namespace cgihttpd::test {

namespace {

void say_that_systemd_passed(const char* count, const char* names) {
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("LISTEN_FDS", count, 1);
  ::setenv("LISTEN_FDNAMES", names, 1);
}

#if CGIHTTPD_LIBSYSTEMD
void check_kind(const char* why, int fd, PassedKind expected) {
  BOOST_TEST((kind_of_passed(fd) == expected), why);
}
#endif

}  // namespace

BOOST_AUTO_TEST_SUITE(libsystemd)

BOOST_AUTO_TEST_CASE(what_was_passed_is_for_one_process_only) {
  check_in_child([] {
    const std::string pid = std::to_string(::getpid());
    ::unsetenv("LISTEN_PID");
    BOOST_TEST(!has_passed_descriptors());
    for (const std::string& other :
         {std::string{}, std::string{"1"}, pid + " ", "+" + pid, pid + "0",
          std::string{"99999999999"}}) {
      ::setenv("LISTEN_PID", other.c_str(), 1);
      BOOST_TEST(!has_passed_descriptors(), other);
    }
    ::setenv("LISTEN_PID", pid.c_str(), 1);
    BOOST_TEST(has_passed_descriptors());
  });
}

#if CGIHTTPD_LIBSYSTEMD

BOOST_AUTO_TEST_CASE(names_what_was_passed) {
  check_in_child([] {
    const SocketPair pair = make_socket_pair();
    duplicate(pair.ours.get(), 3);
    duplicate(pair.theirs.get(), 4);
    say_that_systemd_passed("2", "http:other");
    const PassedDescriptors passed = passed_descriptors();
    BOOST_TEST(passed.first == 3);
    const std::vector<std::string> expected{"http", "other"};
    BOOST_TEST(passed.names == expected, boost::test_tools::per_element());
    BOOST_TEST((::fcntl(3, F_GETFD) & FD_CLOEXEC) != 0);
  });
}

BOOST_AUTO_TEST_CASE(nothing_was_passed_to_another_process) {
  check_in_child([] {
    say_that_systemd_passed("1", "http");
    ::setenv("LISTEN_PID", std::to_string(::getppid()).c_str(), 1);
    BOOST_TEST(passed_descriptors().names.empty());
  });
}

BOOST_AUTO_TEST_CASE(tells_connections_from_other_descriptors) {
  const SocketPair local = make_socket_pair();
  const SocketPair tcp = make_tcp_pair(Addressing::ipv4);
  const UniqueFd listener = listen_on_tcp(Addressing::ipv4);
  const SocketPair datagrams = make_socket_pair(SOCK_DGRAM);
  const Pipe pipe = make_pipe();
  const UniqueFd null = open_or_fail("/dev/null", O_RDWR);
  check_kind("local", local.ours.get(), PassedKind::stream_connection);
  check_kind("TCP", tcp.ours.get(), PassedKind::stream_connection);
  check_kind("listening", listener.get(), PassedKind::listening_socket);
  check_kind("datagrams", datagrams.ours.get(), PassedKind::other);
  check_kind("pipe", pipe.reading.get(), PassedKind::other);
  check_kind("device", null.get(), PassedKind::other);
}

// Where there is a journal, it gets an entry of a test.
BOOST_AUTO_TEST_CASE(the_journal_stops_nothing) {
  require_journal();
  const std::vector<std::string> fields{"MESSAGE=a line of a test",
                                        "PRIORITY=7"};
  send_to_journal(fields);
  send_to_journal({});
  const UniqueFd stream = open_journal_stream("cgihttpd-test");
  if (stream) BOOST_TEST((::fcntl(stream.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

#else

BOOST_AUTO_TEST_CASE(says_that_another_build_has_the_journal) {
  BOOST_CHECK_EXCEPTION(
      require_journal(), SetupError, [](const SetupError& error) {
        return std::string{error.what()}.starts_with("--log=journal, ");
      });
}

BOOST_AUTO_TEST_CASE(says_which_setting_needs_no_library) {
  check_in_child([] {
    say_that_systemd_passed("1", "http");
    BOOST_CHECK_EXCEPTION(
        static_cast<void>(passed_descriptors()), SetupError,
        [](const SetupError& error) {
          return std::string{error.what()}.find("StandardInput=socket") !=
                 std::string::npos;
        });
  });
}

#endif

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

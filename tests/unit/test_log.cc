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
#include "refusal.h"

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

Options options_for(LogTarget target, const std::string& file = {}) {
  Options options;
  options.log = target;
  options.log_file = file;
  return options;
}

std::string content_of(const std::string& path) {
  return read_file(open_or_fail(path, O_RDONLY).get(), 100'000);
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

BOOST_AUTO_TEST_CASE(goes_on_where_no_option_says_otherwise) {
  for (const LogTarget target :
       {LogTarget::automatic, LogTarget::none, LogTarget::standard_error}) {
    Log log{LogTarget::standard_error};
    log.open(options_for(target));
    BOOST_TEST(log.has_access_lines() == (target != LogTarget::none));
    BOOST_TEST(!log.has_fields());
    const auto writes = writes_of([&] { log.report("", "an error"); });
    const std::vector<std::string> expected{"cgihttpd: an error\n"};
    BOOST_TEST(writes == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(never_goes_to_a_connection_that_is_descriptor_2) {
  Log log{LogTarget::syslog};
  BOOST_CHECK_THROW(log.open(options_for(LogTarget::standard_error)),
                    SetupError);
  for (const LogTarget target :
       {LogTarget::automatic, LogTarget::none, LogTarget::syslog}) {
    log.open(options_for(target));
    const auto writes = writes_of([&] {
      log.write("a line of a test", Urgency::information);
      log.report("a test", "an error of a test");
      write_or_lose(log.open_error_output().get(), "an error of a test");
    });
    BOOST_TEST(writes.empty());
  }
}

BOOST_AUTO_TEST_CASE(goes_to_syslog_though_descriptor_2_would_do) {
  Log log{LogTarget::standard_error};
  log.open(options_for(LogTarget::syslog));
  const auto writes =
      writes_of([&] { log.write("a line of a test", Urgency::information); });
  BOOST_TEST(writes.empty());
}

BOOST_AUTO_TEST_CASE(lines_are_appended_to_a_file) {
  const TemporaryFolder folder;
  folder.add_file("log", "first\n");
  for (const LogTarget automatic :
       {LogTarget::standard_error, LogTarget::syslog}) {
    Log log{automatic};
    log.open(options_for(LogTarget::file, folder.path("log")));
    const auto writes = writes_of([&] {
      log.write("a line", Urgency::information);
      log.report("a", "b");
      const UniqueFd output = log.open_error_output();
      BOOST_TEST((::fcntl(output.get(), F_GETFD) & FD_CLOEXEC) != 0);
      write_or_lose(output.get(), "an error of a script\n");
    });
    BOOST_TEST(writes.empty());
  }
  const std::string lines = "a line\ncgihttpd: a: b\nan error of a script\n";
  BOOST_TEST(content_of(folder.path("log")) == "first\n" + lines + lines);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_renamed_is_made_anew) {
  const TemporaryFolder folder;
  for (const char* name : {"log.1", "log.2"}) {
    Log log{LogTarget::syslog};
    log.open(options_for(LogTarget::file, folder.path("log")));
    log.write(name, Urgency::information);
    BOOST_TEST(
        ::rename(folder.path("log").c_str(), folder.path(name).c_str()) == 0);
    BOOST_TEST(content_of(folder.path(name)) == name + std::string{"\n"});
  }
}

BOOST_AUTO_TEST_CASE(a_path_that_can_be_no_file_is_a_setup_error) {
  const TemporaryFolder folder;
  folder.add_file("file");
  folder.add_folder("folder");
  folder.add_link("link", "file");
  folder.add_fifo("fifo");
  for (const std::string& path :
       {folder.path("folder"), folder.path("link"), folder.path("fifo"),
        folder.path("none/log"), folder.path("file/log"),
        folder.path(std::string(300, 'a')), std::string{"/dev/null"},
        std::string{"/dev/stdout"}, std::string{"/dev/fd/1"}}) {
    BOOST_TEST_CONTEXT(path) {
      Log log{LogTarget::standard_error};
      BOOST_CHECK_EXCEPTION(
          log.open(options_for(LogTarget::file, path)), SetupError,
          [&](const SetupError& error) {
            return std::string{error.what()}.starts_with("--log=" + path) &&
                   error.exit_status() == SetupError::configuration;
          });
    }
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_opened_stops_nothing) {
  const TemporaryFolder folder;
  folder.add_file("log", "", 0400);
  check_in_child([&] {
    become_nobody();
    Log log{LogTarget::standard_error};
    const auto writes = writes_of([&] {
      log.open(options_for(LogTarget::file, folder.path("log")));
      log.write("a line", Urgency::information);
    });
    const std::vector<std::string> expected{
        "cgihttpd: --log=" + folder.path("log") +
            ": open: Permission denied: its lines go here until it can be "
            "opened\n",
        "a line\n"};
    BOOST_TEST(writes == expected, boost::test_tools::per_element());
    BOOST_TEST(log.has_access_lines());
  });
}

BOOST_AUTO_TEST_CASE(a_report_is_an_object_where_lines_are) {
  Options options = options_for(LogTarget::automatic);
  options.log_format = LogFormat::json;
  Log log{LogTarget::standard_error};
  log.open(options);
  const std::string longest(100'000, '\n');
  const auto writes = writes_of([&] {
    log.report("a\n", "\"b\xFF");
    log.report("", "b");
    log.report(longest, longest);
  });
  BOOST_TEST_REQUIRE(writes.size() == 3U);
  BOOST_TEST(writes[0].starts_with(R"({"time":")"));
  BOOST_TEST(
      writes[0].ends_with(R"(Z","subject":"a\u000A","error":"\"b\uFFFD"})"
                          "\n"));
  BOOST_TEST(writes[1].ends_with(R"(Z","subject":null,"error":"b"})"
                                 "\n"));
  BOOST_TEST(writes[2].size() <= PIPE_BUF);
}

#if CGIHTTPD_LIBSYSTEMD
BOOST_AUTO_TEST_CASE(the_journal_is_not_descriptor_2) {
  Log log{LogTarget::standard_error};
  log.open(options_for(LogTarget::journal));
  BOOST_TEST(log.has_access_lines());
  BOOST_TEST(log.has_fields());
  const std::vector<std::string> fields{"HTTP_STATUS=200"};
  UniqueFd output;
  const auto writes = writes_of([&] {
    log.write("a line of a test", Urgency::information, fields);
    log.report("a test", "an error of a test");
    output = log.open_error_output();
    write_or_lose(output.get(), "an error of a test's script\n");
  });
  BOOST_TEST(writes.empty());
  BOOST_TEST(static_cast<bool>(output));
}
#endif

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

// test_cgi.cc - A script answers, or the client learns why not.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "cgi.h"
#include "fixtures.h"

namespace cgihttpd::test {

namespace {

using namespace std::chrono_literals;

Script script_named(const char* name) {
  return {UniqueFd{}, name, std::string{"/cgi-bin/"} + name, ""};
}

Script script_in(const TemporaryFolder& folder) {
  return {open_or_fail(folder.path(), O_PATH | O_DIRECTORY), "test.sh",
          "/cgi-bin/test.sh", ""};
}

// A script between a client and a log, in a child: it changes the process.
class Stage {
 public:
  // `text` follows the first line of a shell script.
  explicit Stage(const std::string& text, SocketPair pair = make_socket_pair())
      : wire_{std::move(pair)} {
    folder_.add_file("test.sh", "#!/bin/sh\n" + text, 0755);
    request_.method = "GET";
    request_.minor_version = 0;  // no chunks
  }

  [[nodiscard]] Request& request() { return request_; }
  [[nodiscard]] Wire& wire() { return wire_; }
  [[nodiscard]] ScriptAnswer& answer() { return answer_; }
  void set_timeout(std::chrono::seconds timeout) { timeout_ = timeout; }
  void add_fifo(const char* name) const { folder_.add_fifo(name); }
  void set_mode(mode_t mode) const { folder_.add_file("test.sh", "", mode); }

  template <typename Use>
  auto run(Use use) {
    const Script script = script_in(folder_);
    const ScriptCommand command{script, {}, {"PATH=/usr/bin:/bin"}};
    return use(ScriptRun{connection_,
                         log_,
                         request_,
                         script,
                         command,
                         {.server = "server", .added = {}},
                         -1,
                         timeout_});
  }

  [[nodiscard]] std::optional<Refusal> relay() {
    const RelayEnd end =
        run([&](const ScriptRun& run) { return relay_script(run, answer_); });
    const auto* refusal = std::get_if<Refusal>(&end);
    if (refusal == nullptr) return std::nullopt;
    return *refusal;
  }

  [[nodiscard]] std::string received() const {
    return read_available(wire_.client());
  }

 private:
  TemporaryFolder folder_;
  Wire wire_;
  Connection connection_{ConnectionKind::socket, 60s};
  Log log_{LogTarget::standard_error};
  Request request_;
  ScriptAnswer answer_;
  std::optional<std::chrono::seconds> timeout_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(cgi)

BOOST_AUTO_TEST_CASE(the_name_tells_who_writes_the_head) {
  for (const char* name : {"nph-test", "nph-", "nph-test.cgi"})
    BOOST_TEST(has_non_parsed_header(script_named(name)), name);
  for (const char* name : {"nph", "nph_test", "NPH-test", "a-nph-test", ""})
    BOOST_TEST(!has_non_parsed_header(script_named(name)), name);
}

BOOST_AUTO_TEST_CASE(a_script_that_does_not_start_is_refused) {
  struct Row {
    StartFailure failure;
    Status status;
    const char* message;
    std::string detail;
  };
  constexpr const char* not_executed =
      "CGI script cannot be executed ('/cgi-bin/test')";
  const std::array rows{
      Row{{"exec", EACCES},
          Status::forbidden,
          not_executed,
          "exec: Permission denied"},
      Row{{"exec", ENOEXEC},
          Status::forbidden,
          not_executed,
          "exec: Exec format error: a script begins with #! and its "
          "interpreter"},
      Row{{"exec", ENOENT},
          Status::forbidden,
          not_executed,
          "exec: No such file or directory: is its interpreter there, without "
          "CR at its end?"},
      Row{{"chdir", EACCES},
          Status::forbidden,
          not_executed,
          "chdir: Permission denied"},
      Row{{"fork", EAGAIN},
          Status::service_unavailable,
          "",
          "fork: Resource temporarily unavailable"},
      Row{{"exec", ENOMEM},
          Status::service_unavailable,
          "",
          "exec: " + std::string{std::strerror(ENOMEM)}},
      Row{{"dup2", EMFILE},
          Status::service_unavailable,
          "",
          "dup2: " + std::string{std::strerror(EMFILE)}},
      Row{{"setrlimit", EPERM},
          Status::forbidden,
          not_executed,
          "setrlimit: Operation not permitted: is --cgi-limit above a limit of "
          "the handler's own?"},
      Row{{"exec", ENFILE},
          Status::service_unavailable,
          "",
          "exec: " + std::string{std::strerror(ENFILE)}},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.detail) {
      const Refusal refusal = refusal_for(row.failure, script_named("test"));
      BOOST_TEST((refusal.status == row.status));
      BOOST_TEST(refusal.message == row.message);
      BOOST_TEST(refusal.detail == row.detail);
      BOOST_TEST(refusal.field_name.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_waits_is_told_to_go_on) {
  for (const bool expects : {true, false}) {
    Stage stage{""};
    stage.request().expects_continue = expects;
    stage.run([](const ScriptRun& run) {
      send_continue(run.connection, run.request);
    });
    BOOST_TEST(stage.received() ==
               (expects ? "HTTP/1.1 100 Continue\r\n\r\n" : ""));
  }
}

// --- the relay

BOOST_AUTO_TEST_CASE(the_answer_of_a_script_is_relayed) {
  check_in_child([] {
    Stage stage{"echo 'Status: 201\nA: b\n'\necho hello\n"};
    BOOST_TEST(!stage.relay());
    BOOST_TEST(static_cast<int>(stage.answer().status) == 201);
    BOOST_TEST(stage.answer().body_octets == 6);
    BOOST_TEST(stage.answer().has_begun);
    BOOST_TEST(!stage.answer().has_unread_body);
    const std::string answer = stage.received();
    BOOST_TEST(answer.starts_with("HTTP/1.1 201 Created\r\n"));
    BOOST_TEST(answer.ends_with("hello\n"));
  });
}

BOOST_AUTO_TEST_CASE(a_script_without_body_reads_nothing) {
  check_in_child([] {
    Stage stage{"echo 'A: b\n'\ncat\n"};
    write_all(stage.wire().client(), "the next request");
    BOOST_TEST(!stage.relay());
    BOOST_TEST(stage.answer().body_octets == 0);
    BOOST_TEST(read_available(STDIN_FILENO) == "the next request");
  });
}

BOOST_AUTO_TEST_CASE(a_script_reads_the_body_and_no_more) {
  check_in_child([] {
    Stage stage{"echo 'A: b\n'\ncat\n"};
    stage.request().content_length = 4;
    write_all(stage.wire().client(), "bodyGET / HTTP/1.1\r\n");
    BOOST_TEST(!stage.relay());
    BOOST_TEST(stage.received().ends_with("\r\n\r\nbody"));
    BOOST_TEST(!stage.answer().has_unread_body);
    BOOST_TEST(read_available(STDIN_FILENO) == "GET / HTTP/1.1\r\n");
  });
}

BOOST_AUTO_TEST_CASE(an_urgent_octet_does_not_disturb_the_body) {
  check_in_child([] {
    Stage stage{"echo 'A: b\n'\ncat\n", make_tcp_pair(Addressing::ipv4)};
    stage.request().content_length = 4;
    const int client = stage.wire().client();
    BOOST_REQUIRE(::send(client, "ab", 2, MSG_OOB) == 2);
    write_all(client, "cd");
    BOOST_TEST(!stage.relay());
    BOOST_TEST(stage.answer().body_octets == 4);
    BOOST_TEST(!stage.answer().has_unread_body);
  });
}

BOOST_AUTO_TEST_CASE(a_body_that_is_echoed_does_not_block) {
  check_in_child([] {
    constexpr std::size_t size = 1'000'000;
    Stage stage{"echo 'A: b\n'\nexec cat\n"};
    stage.request().content_length = size;
    const int client = stage.wire().client();
    Child sender{[&] { write_all(client, std::string(size, 'x')); }};
    Child reader{[&] {
      const TemporaryDescriptors closed{-1, -1};
      BOOST_TEST(read_to_end(client).size() > size);
    }};
    BOOST_TEST(!stage.relay());
    BOOST_TEST(stage.answer().body_octets == size);
    BOOST_TEST(sender.wait() == 0);
    BOOST_TEST(reader.wait() == 0);
  });
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_read_is_told) {
  check_in_child([] {
    Stage stage{"exec < /dev/null\necho 'A: b\n'\n"};
    stage.request().content_length = 1'000'000;
    BOOST_TEST(!stage.relay());
    BOOST_TEST(stage.answer().has_unread_body);
    BOOST_TEST(stage.received().starts_with("HTTP/1.1 200 OK\r\n"));
  });
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_for_a_script_that_does_not_start) {
  check_in_child([] {
    Stage stage{""};
    stage.request().expects_continue = true;
    stage.request().content_length = 4;
    stage.set_mode(0755);
    const auto refusal = stage.relay();
    BOOST_REQUIRE(refusal.has_value());
    BOOST_TEST((refusal->status == Status::forbidden));
    BOOST_TEST(!stage.answer().has_begun);
    BOOST_TEST(stage.received().empty());
  });
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_for_output_that_is_no_answer) {
  check_in_child([] {
    Stage stage{"echo '<html>'\n"};
    BOOST_CHECK_THROW(static_cast<void>(stage.relay()), HttpError);
    BOOST_TEST(!stage.answer().has_begun);
    BOOST_TEST(stage.received().empty());
  });
}

BOOST_AUTO_TEST_CASE(an_answer_does_not_wait_for_what_a_script_leaves_behind) {
  check_in_child([] {
    // What is left behind reads a body that does not come, and ends with it.
    Stage stage{
        "exec 3<&0\n"
        "sh -c 'read forever <&3' &\n"
        "echo 'A: b\n\nhello'\n"};
    stage.request().content_length = 4;
    BOOST_TEST(!stage.relay());
    BOOST_TEST(stage.received().ends_with("\r\n\r\nhello\n"));
  });
}

BOOST_AUTO_TEST_CASE(a_script_ends_when_its_client_has_gone) {
  check_in_child([] {
    Stage stage{"echo 'A: b\n'\nwhile :; do echo hello; done\n"};
    stage.wire().close_client();
    BOOST_CHECK_THROW(static_cast<void>(stage.relay()), std::system_error);
    BOOST_REQUIRE(stage.answer().script.has_value());
    stage.answer().script->terminate();
    wait_for_script(stage.answer());
    BOOST_TEST(!stage.answer().script);
    BOOST_TEST(stage.answer().cpu_time.has_value());
    BOOST_TEST(::waitpid(-1, nullptr, WNOHANG) == -1);
    BOOST_TEST(errno == ECHILD);
  });
}

BOOST_AUTO_TEST_CASE(errors_of_a_script_stand_in_the_log) {
  check_in_child([] {
    Stage stage{"echo 'A: b\n'\necho oops >&2\necho bye >&2\nexit 3\n"};
    const Pipe log = make_pipe();
    {
      const TemporaryDescriptor error{STDERR_FILENO, log.writing.get()};
      static_cast<void>(stage.relay());
    }
    const std::string lines = read_available(log.reading.get());
    for (const char* line : {"cgihttpd: /cgi-bin/test.sh: oops\n",
                             "cgihttpd: /cgi-bin/test.sh: bye\n",
                             "cgihttpd: /cgi-bin/test.sh: exit status 3, "})
      BOOST_TEST((lines.find(line) != std::string::npos), line);
    BOOST_TEST((stage.received().find("oops") == std::string::npos));
  });
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_cut_short_is_reported) {
  check_in_child([] {
    Stage stage{"echo 'A: b\n'\necho hello\nkill -9 $$\n"};
    stage.request().minor_version = 1;
    const Pipe log = make_pipe();
    {
      const TemporaryDescriptor error{STDERR_FILENO, log.writing.get()};
      static_cast<void>(stage.relay());
    }
    const std::string lines = read_available(log.reading.get());
    for (const char* line :
         {"cgihttpd: /cgi-bin/test.sh: killed by signal 9, ",
          "cgihttpd: /cgi-bin/test.sh: its answer is not whole\n"})
      BOOST_TEST((lines.find(line) != std::string::npos), line);
    BOOST_TEST(!stage.received().ends_with("0\r\n\r\n"));
  });
}

BOOST_AUTO_TEST_CASE(a_script_that_runs_for_too_long_is_given_up) {
  check_in_child([] {
    Stage stage{"read forever < fifo\n"};
    stage.add_fifo("fifo");
    stage.set_timeout(1s);
    const auto refusal = stage.relay();
    BOOST_REQUIRE(refusal.has_value());
    BOOST_TEST((refusal->status == Status::gateway_timeout));
    BOOST_TEST(!stage.answer().has_begun);
    BOOST_REQUIRE(stage.answer().script.has_value());
    wait_for_script(stage.answer());
    BOOST_TEST(::waitpid(-1, nullptr, WNOHANG) == -1);
  });
}

BOOST_AUTO_TEST_CASE(a_script_that_has_ended_is_not_given_up) {
  check_in_child([] {
    Stage stage{"echo 'A: b\n'\necho hello\n"};
    stage.set_timeout(20s);
    BOOST_TEST(!stage.relay());
    BOOST_TEST(!stage.answer().script);
    BOOST_TEST(stage.answer().cpu_time.has_value());
    wait_for_script(stage.answer());
    BOOST_TEST(stage.received().ends_with("hello\n"));
  });
}

// --- without a relay

BOOST_AUTO_TEST_CASE(the_handler_becomes_the_script_on_the_connection) {
  struct Row {
    DirectOutput output;
    const char* expected;
  };
  static constexpr std::array rows{
      Row{DirectOutput::to_client, "body\n"},
      Row{DirectOutput::nowhere, ""},
  };
  const TemporaryFolder folder;
  folder.add_file("test.sh", "#!/bin/sh\nread line; echo $line; exit 7\n",
                  0755);
  for (const Row& row : rows) {
    const Wire wire;
    write_all(wire.client(), "body\n");
    Child handler{[&] {
      Connection connection{ConnectionKind::socket, 60s};
      const Log log{LogTarget::standard_error};
      const Request request;
      const Script script = script_in(folder);
      const ScriptCommand command{script, {}, {}};
      static_cast<void>(
          become_script_on_connection({connection,
                                       log,
                                       request,
                                       script,
                                       command,
                                       {.server = "server", .added = {}}},
                                      row.output));
    }};
    BOOST_TEST(handler.wait() == 7);
    BOOST_TEST(read_available(wire.client()) == row.expected);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

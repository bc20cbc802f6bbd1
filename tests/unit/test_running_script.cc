// test_running_script.cc - A script that nobody waits for ends, and nothing of
// it is left.
#include <fcntl.h>
#include <sys/wait.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

#include "fixtures.h"
#include "running_script.h"

namespace cgihttpd::test {

namespace {

using namespace std::chrono_literals;
using Timeout = std::optional<std::chrono::seconds>;

// A shell script, and what the log says of it. In a child: see check_in_child.
class Running {
 public:
  // `text` follows the first line.
  explicit Running(const std::string& text, Timeout timeout = {}) {
    folder_.add_file("script", "#!/bin/sh\n" + text, 0755);
    const Script script{open_or_fail(folder_.path(), O_PATH | O_DIRECTORY),
                        "script", "/cgi-bin/script", ""};
    const ScriptCommand command{script, {}, {}};
    Pipe output = make_pipe();
    Pipe error = make_pipe();
    auto started = ScriptProcess::start(
        command,
        {input_.reading.get(), output.writing.get(), error.writing.get()});
    input_.reading.reset();
    BOOST_REQUIRE(std::holds_alternative<ScriptProcess>(started));
    script_.emplace(std::move(std::get<ScriptProcess>(started)),
                    std::move(error.reading),
                    RunningScript::Subject{log_, "/cgi-bin/script"}, timeout);
    output_ = std::move(output.reading);
  }

  [[nodiscard]] RunningScript& script() { return *script_; }

  // Waits until it has said `text`, which it does first of all.
  void wait_for_word(std::string_view text) const {
    std::string said(text.size(), '\0');
    require_ready(output_.get(), POLLIN, soon());
    BOOST_REQUIRE(try_read(output_.get(), said) == text.size());
    BOOST_REQUIRE(said == text);
  }

  // What nobody reads from now on.
  void drop_output() { script_->drop(std::move(output_)); }

  // How it ends.
  [[nodiscard]] ScriptEnd wait_for_end() {
    const TemporaryDescriptor error{STDERR_FILENO, lines_.get()};
    return script_->wait_for_end();
  }

  // What the log says, when the script is no more.
  [[nodiscard]] std::string lines() {
    {
      const TemporaryDescriptor error{STDERR_FILENO, lines_.get()};
      script_.reset();
    }
    rewind_file(lines_.get());
    return read_to_end(lines_.get());
  }

 private:
  TemporaryFolder folder_;
  Log log_{LogTarget::standard_error};
  Pipe input_ = make_pipe();
  UniqueFd lines_ = make_memory_file().fd;
  UniqueFd output_;
  std::optional<RunningScript> script_;
};

bool has_no_child_left() {
  return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(running_script)

BOOST_AUTO_TEST_CASE(goes_on_to_its_end_though_nobody_reads_it) {
  check_in_child([] {
    // More than both pipes hold.
    Running running{
        "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero\n"
        "echo last >&2; exit 3\n"};
    running.drop_output();
    const ScriptEnd end = running.wait_for_end();
    BOOST_TEST(WEXITSTATUS(end.wait_status) == 3);
    BOOST_TEST(end.cpu_time.count() > 0);
    BOOST_TEST(!running.script().try_wait(), "only once");
    BOOST_TEST(running.lines().find("script: exit status 3, ") !=
               std::string::npos);
    BOOST_TEST(has_no_child_left());
  });
}

BOOST_AUTO_TEST_CASE(closes_its_output_and_works_on) {
  check_in_child([] {
    Running running{"exec >&- 2>&-; kill -9 $$\n"};
    running.drop_output();
    BOOST_TEST(WTERMSIG(running.wait_for_end().wait_status) == SIGKILL);
  });
}

BOOST_AUTO_TEST_CASE(has_no_deadline_without_a_timeout) {
  check_in_child([] {
    Running running{"read forever\n"};
    BOOST_TEST(!running.script().deadline());
    BOOST_TEST(!running.script().terminate_if_overdue());
    running.script().terminate();
    BOOST_TEST(running.script().deadline().has_value());
  });
}

BOOST_AUTO_TEST_CASE(ends_when_its_time_is_over) {
  check_in_child([] {
    Running running{"echo bye >&2; read forever\n", 1s};
    BOOST_TEST(!running.script().terminate_if_overdue());
    running.drop_output();
    BOOST_TEST(WTERMSIG(running.wait_for_end().wait_status) == SIGTERM);
    const std::string lines = running.lines();
    for (const char* text :
         {"script: bye\n", "script: it has run for longer than",
          "script: killed by signal 15, "})
      BOOST_TEST(lines.find(text) != std::string::npos, lines);
    BOOST_TEST(has_no_child_left());
  });
}

BOOST_AUTO_TEST_CASE(is_overdue_once) {
  check_in_child([] {
    Running running{"trap '' TERM; echo ready; read forever\n", 0s};
    running.wait_for_word("ready\n");
    BOOST_TEST(running.script().terminate_if_overdue());
    BOOST_TEST(!running.script().terminate_if_overdue());
  });
}

// It writes all the time: what is waited for is always ready.
BOOST_AUTO_TEST_CASE(is_killed_where_it_does_not_end_when_asked) {
  check_in_child([] {
    Running running{"trap '' TERM; echo ready; while :; do echo on; done\n"};
    running.wait_for_word("ready\n");
    running.drop_output();
    running.script().terminate();
    BOOST_TEST(WTERMSIG(running.wait_for_end().wait_status) == SIGKILL);
    BOOST_TEST(running.lines().empty(), "it is no event");
    BOOST_TEST(has_no_child_left());
  });
}

BOOST_AUTO_TEST_CASE(may_say_something_while_it_ends) {
  check_in_child([] {
    Running running{
        "trap 'head -c 200000 /dev/zero; echo bye >&2; exit 1' TERM\n"
        "echo ready; read forever\n"};
    running.wait_for_word("ready\n");
    running.drop_output();
    running.script().terminate();
    BOOST_TEST(WEXITSTATUS(running.wait_for_end().wait_status) == 1);
    BOOST_TEST(running.lines() == "cgihttpd: /cgi-bin/script: bye\n");
  });
}

BOOST_AUTO_TEST_CASE(ends_with_the_object) {
  check_in_child([] {
    Running running{"read forever\n"};
    BOOST_TEST(running.lines().empty());
    BOOST_TEST(has_no_child_left());
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

// test_script_process.cc - A script runs as it should, and ends when it must.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "fixtures.h"
#include "script_process.h"
#include "text.h"

namespace cgihttpd::test {

namespace {

namespace unit_test = boost::unit_test;

Script script_at(const TemporaryFolder& folder, const char* name) {
  return {open_or_fail(folder.path(), O_PATH | O_DIRECTORY), name, "", ""};
}

// A shell script that runs, and its output. Its input is a pipe that nobody
// writes to and that ends with this object, or with the test, however that
// ends: a script that reads it lasts that long, and never longer.
class Running {
 public:
  // `text` follows the first line. Ends the test where it does not start.
  explicit Running(const std::string& text,
                   std::vector<std::string> arguments = {},
                   std::vector<std::string> environment = {}) {
    folder_.add_file("script", "#!/bin/sh\n" + text, 0755);
    const Script script = script_at(folder_, "script");
    const ScriptCommand command{script, std::move(arguments),
                                std::move(environment)};
    Pipe pipe = make_pipe();
    auto started = ScriptProcess::start(
        command, {input_.reading.get(), pipe.writing.get(), STDERR_FILENO});
    input_.reading.reset();
    BOOST_REQUIRE(std::holds_alternative<ScriptProcess>(started));
    process_.emplace(std::move(std::get<ScriptProcess>(started)));
    output_ = std::move(pipe.reading);
  }

  [[nodiscard]] ScriptProcess& process() { return *process_; }

  // Ends it, as a client that is gone does.
  void end() { process_.reset(); }

  // Its output until all that may write it have ended.
  [[nodiscard]] std::string output() const {
    return read_to_end(output_.get());
  }

  // The next line of its output.
  [[nodiscard]] std::string line() const {
    std::string line;
    char octet = 0;
    while (octet != '\n') {
      require_ready(output_.get(), POLLIN, soon());
      if (::read(output_.get(), &octet, 1) != 1) break;
      line += octet;
    }
    return line.substr(0, line.find('\n'));
  }

  // The same, where it is the number of a process.
  [[nodiscard]] pid_t pid_line() const {
    return static_cast<pid_t>(parse_number<std::uint32_t>(line()).value());
  }

  // Whether nobody is left that may write its output.
  [[nodiscard]] bool has_nobody_left() const {
    return wait_for(output_.get(), POLLIN, soon()) && is_at_end(output_.get());
  }

  // How it has ended; ends the test where it does not.
  [[nodiscard]] ScriptEnd wait_for_end() {
    for (;;) {
      if (const auto end = process_->try_wait()) return *end;
      BOOST_REQUIRE(wait_for(process_->end_event(), POLLIN, soon()));
    }
  }

  // The same in words, without its CPU time.
  [[nodiscard]] std::string end_of_it() {
    const std::string words = describe_end(wait_for_end());
    return words.substr(0, words.find(','));
  }

 private:
  TemporaryFolder folder_;
  Pipe input_ = make_pipe();
  UniqueFd output_;
  std::optional<ScriptProcess> process_;
};

// In a child: what a script that starts so can do is up to the kernel.
StartFailure start_failure(const Script& script,
                           const StandardDescriptors& standard,
                           std::vector<std::string> environment = {}) {
  const ScriptCommand command{script, {}, std::move(environment)};
  const auto started = ScriptProcess::start(command, standard);
  const auto* failure = std::get_if<StartFailure>(&started);
  return failure == nullptr ? StartFailure{"it has started", 0} : *failure;
}

void check_failure(const char* why, const StartFailure& failure,
                   std::string_view stage, int error) {
  BOOST_TEST_CONTEXT(why) {
    BOOST_TEST(failure.stage == stage);
    BOOST_TEST(failure.error == error);
  }
}

// Files that can be executed, or cannot.
struct Tree {
  TemporaryFolder folder;

  Tree() {
    folder.add_file("good", "#!/bin/sh\n", 0755);
    folder.add_file("with_argument", "#!/bin/sh -e\n", 0755);
    folder.add_file("with_blanks", "#! \t/bin/sh  \n", 0755);
    folder.add_file("without_end_of_line", "#!/bin/sh", 0755);
    folder.add_file("no_interpreter", "#!/no/such/interpreter\n", 0755);
    folder.add_file("from_windows", "#!/bin/sh\r\necho\r\n", 0755);
    folder.add_file("no_executable", "#!" + folder.path("text") + "\n", 0755);
    folder.add_file("folder_as_interpreter", "#!/etc\n", 0755);
    folder.add_file("no_name", "#!\n", 0755);
    folder.add_file("without_first_line", "echo\n", 0755);
    folder.add_file("empty", "", 0755);
    folder.add_file("text", "#!/bin/sh\n", 0644);
    folder.add_file("elf",
                    "\x7f"
                    "ELF...",
                    0755);
    folder.add_folder("folder");
  }
};

// What the script's own process looks like, of /proc/PID/status.
unsigned long long signals_of(const std::string& output,
                              std::string_view name) {
  std::string_view rest = output;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line.starts_with(name)) {
      return parse_number<unsigned long long>(trim(line.substr(name.size())),
                                              16)
          .value();
    }
  }
  BOOST_FAIL("no line " << name);
  return 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(script_process)

// --- the start

BOOST_AUTO_TEST_CASE(a_failing_start_tells_its_stage) {
  check_in_child([] {
    const Tree tree;
    const StandardDescriptors standard{0, 1, 2};
    const auto failure_of = [&](const char* name) {
      return start_failure(script_at(tree.folder, name), standard);
    };
    check_failure("interpreter", failure_of("no_interpreter"), "exec", ENOENT);
    check_failure("CR LF", failure_of("from_windows"), "exec", ENOENT);
    check_failure("interpreter 0644", failure_of("no_executable"), "exec",
                  EACCES);
    check_failure("no #!", failure_of("without_first_line"), "exec", ENOEXEC);
    check_failure("empty", failure_of("empty"), "exec", ENOEXEC);
    check_failure("0644", failure_of("text"), "exec", EACCES);
    check_failure("folder", failure_of("folder"), "exec", EACCES);
    check_failure("nothing", failure_of("nothing"), "exec", ENOENT);

    const Script good = script_at(tree.folder, "good");
    check_failure("closed input", start_failure(good, {-1, 1, 2}), "dup2",
                  EBADF);
    check_failure("closed output", start_failure(good, {0, 999, 2}), "dup2",
                  EBADF);
    check_failure("closed error", start_failure(good, {0, 1, -1}), "dup2",
                  EBADF);
    check_failure(
        "too much to say",
        start_failure(good, standard, {"A=" + std::string(200'000, 'a')}),
        "exec", E2BIG);

    const Script nowhere{open_or_fail(tree.folder.path("good"), O_PATH), "good",
                         "", ""};
    check_failure("no folder", start_failure(nowhere, standard), "chdir",
                  ENOTDIR);
    check_failure("good", start_failure(good, standard), "it has started", 0);
  });
}

BOOST_AUTO_TEST_CASE(a_failing_start_leaves_no_process) {
  check_in_child([] {
    const Tree tree;
    const Script script = script_at(tree.folder, "empty");
    BOOST_TEST(start_failure(script, {0, 1, 2}).error == ENOEXEC);
    BOOST_TEST(::waitpid(-1, nullptr, WNOHANG) == -1);
    BOOST_TEST(errno == ECHILD);
  });
}

BOOST_AUTO_TEST_CASE(a_script_gets_its_arguments_environment_and_folder) {
  check_in_child([] {
    const Running running{
        "echo \"$0|$#|$1|$2\"\n"
        "echo \"$NAME|$EMPTY|${HOME-unset}\"\n"
        "[ -x ./script ] && echo here\n",
        {"a b", ""},
        {"NAME=a value", "EMPTY="}};
    BOOST_TEST(running.line() == "./script|2|a b|");
    BOOST_TEST(running.line() == "a value||unset");
    BOOST_TEST(running.line() == "here");
  });
}

BOOST_AUTO_TEST_CASE(a_script_s_own_name_is_its_first_argument) {
  check_in_child([] {
    const TemporaryFolder folder;
    const UniqueFd shell = open_or_fail("/bin", O_PATH | O_DIRECTORY);
    const Script script{duplicate(shell.get()), "sh", "", ""};
    const ScriptCommand command{script, {"-c", "echo"}, {}};
    BOOST_TEST(std::string_view{command.path()} == "./sh");
    BOOST_TEST(std::string_view{command.argv()[0]} == "sh");
    BOOST_TEST(std::string_view{command.argv()[1]} == "-c");
    BOOST_TEST(std::string_view{command.argv()[2]} == "echo");
    BOOST_TEST((command.argv()[3] == nullptr));
    BOOST_TEST((command.envp()[0] == nullptr));
  });
}

BOOST_AUTO_TEST_CASE(a_script_inherits_nothing_but_0_1_and_2,
                     *unit_test::precondition(needs_close_range)) {
  check_in_child([] {
    constexpr int highest = 60;
    for (int number = 3; number <= highest; ++number)
      duplicate(STDERR_FILENO, number);
    // A shell opens its script, and may have that at 10 or 255.
    const Running running{
        "for i in 3 4 5 6 7 8 9 20 30 40 50 59 60; do\n"
        "  [ -e /proc/$$/fd/$i ] && echo $i\n"
        "done\n"
        "echo end\n"};
    BOOST_TEST(running.output() == "end\n");
  });
}

BOOST_AUTO_TEST_CASE(a_script_has_its_standard_descriptors) {
  check_in_child([] {
    const Pipe input = make_pipe();
    const Pipe output = make_pipe();
    const Pipe error = make_pipe();
    const TemporaryFolder folder;
    folder.add_file("script", "#!/bin/sh\nread a\necho $a\necho error >&2\n",
                    0755);
    const Script script = script_at(folder, "script");
    const ScriptCommand command{script, {}, {}};
    write_all(input.writing.get(), "input\n");
    const auto started = ScriptProcess::start(
        command,
        {input.reading.get(), output.writing.get(), error.writing.get()});
    BOOST_REQUIRE(std::holds_alternative<ScriptProcess>(started));
    BOOST_TEST(wait_for(error.reading.get(), POLLIN, soon()));
    BOOST_TEST(read_available(error.reading.get()) == "error\n");
    BOOST_TEST(read_available(output.reading.get()) == "input\n");
  });
}

BOOST_AUTO_TEST_CASE(a_script_has_signals_as_posix_says) {
  check_in_child([] {
    ignore_broken_pipes();
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    const Running running{
        "while read -r line; do echo \"$line\"; done < /proc/$$/status\n"};
    const std::string status = running.output();
    BOOST_TEST(signals_of(status, "SigBlk:") == 0);
    BOOST_TEST((signals_of(status, "SigIgn:") >> (SIGPIPE - 1U)) % 2 == 0);
  });
}

BOOST_AUTO_TEST_CASE(a_script_has_the_limits_that_were_set) {
  using Resource = ScriptLimit::Resource;
  struct Row {
    const char* why;
    ScriptLimit limit;
    const char* text;
  };
  constexpr std::array rows{
      Row{"cpu", {Resource::cpu, 7}, "ulimit -St; ulimit -Ht"},
      Row{"memory",
          {Resource::memory, std::uint64_t{1} << 30U},
          "ulimit -Sv; ulimit -Hv"},
      Row{"files", {Resource::files, 23}, "ulimit -Sn; ulimit -Hn"},
      Row{"processes", {Resource::processes, 9999}, "ulimit -Su; ulimit -Hu"},
  };
  constexpr std::array expected{"7\n7\n", "1048576\n1048576\n", "23\n23\n",
                                "9999\n9999\n"};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    BOOST_TEST_CONTEXT(rows.at(i).why) {
      check_in_child([&] {
        const TemporaryFolder folder;
        folder.add_file("script",
                        std::string{"#!/bin/bash\n"} + rows.at(i).text, 0755);
        const Script script = script_at(folder, "script");
        const std::array limits{rows.at(i).limit};
        const ScriptCommand command{script, {}, {}, limits};
        Pipe pipe = make_pipe();
        const auto started =
            ScriptProcess::start(command, {0, pipe.writing.get(), 2});
        pipe.writing.reset();
        BOOST_REQUIRE(std::holds_alternative<ScriptProcess>(started));
        BOOST_TEST(read_to_end(pipe.reading.get()) == expected.at(i));
      });
    }
  }
}

BOOST_AUTO_TEST_CASE(a_limit_that_cannot_be_set_is_a_failing_start) {
  check_in_child([] {
    become_nobody();
    const Tree tree;
    const rlimit ours{50, 50};
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &ours) == 0);
    const Script script = script_at(tree.folder, "good");
    const std::array limits{ScriptLimit{ScriptLimit::Resource::files, 51}};
    const ScriptCommand command{script, {}, {}, limits};
    const auto started = ScriptProcess::start(command, {0, 1, 2});
    const auto* failure = std::get_if<StartFailure>(&started);
    BOOST_REQUIRE(failure != nullptr);
    check_failure("above ours", *failure, "setrlimit", EPERM);
  });
}

BOOST_AUTO_TEST_CASE(a_script_is_in_a_process_group_of_its_own) {
  check_in_child([] {
    const Running running{"echo $$\nread forever\n"};
    const pid_t pid = running.pid_line();
    BOOST_TEST(::getpgid(pid) == pid);
  });
}

// --- the end

BOOST_AUTO_TEST_CASE(the_end_of_a_script_is_told) {
  struct Row {
    const char* script;
    const char* expected;
  };
  static constexpr std::array rows{
      Row{"exit 0", ""},
      Row{"exit 3", "exit status 3"},
      Row{"exit 255", "exit status 255"},
      Row{"kill -9 $$", "killed by signal 9"},
      Row{"kill -15 $$", "killed by signal 15"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.script) {
      check_in_child([&] {
        Running running{row.script};
        BOOST_TEST(running.end_of_it() == row.expected);
        BOOST_TEST(!running.process().try_wait(), "only once");
      });
    }
  }
}

BOOST_AUTO_TEST_CASE(the_end_tells_the_cpu_time) {
  check_in_child([] {  // of its children, too
    Running running{"(i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done)"};
    const auto time = running.wait_for_end().cpu_time;
    BOOST_TEST(time.count() > 1000);
    BOOST_TEST((time < max_test_wait));
  });
}

BOOST_AUTO_TEST_CASE(a_script_that_is_asked_to_end_has_a_while_to_do_so) {
  check_in_child([] {
    Running running{
        "trap 'echo ending; read forever' TERM\n"
        "echo ready\nread forever\n"};
    BOOST_TEST(running.line() == "ready");
    BOOST_TEST(!running.process().end_deadline());
    running.process().terminate();
    const auto deadline = running.process().end_deadline();
    BOOST_REQUIRE(deadline.has_value());
    BOOST_TEST((*deadline > Clock::now()));
    BOOST_TEST(running.line() == "ending");
    running.process().terminate();
    BOOST_TEST((running.process().end_deadline() == deadline), "only once");
    BOOST_TEST(!running.process().try_wait());
    BOOST_TEST(WTERMSIG(running.process().kill().wait_status) == SIGKILL);
    running.process().terminate();
    BOOST_TEST(!running.process().try_wait());
    BOOST_TEST(::waitpid(-1, nullptr, WNOHANG) == -1);
  });
}

BOOST_AUTO_TEST_CASE(the_group_of_a_script_that_was_to_end_ends_with_it) {
  check_in_child([] {
    Running running{
        "exec 3<&0\n"
        "sh -c 'trap \"\" TERM; echo child; read forever <&3' &\n"
        "wait\n"};
    BOOST_TEST(running.line() == "child");
    running.process().terminate();
    BOOST_TEST(running.end_of_it() == "killed by signal 15");
    BOOST_TEST(running.has_nobody_left());
  });
}

BOOST_AUTO_TEST_CASE(the_end_is_told_though_sigchld_was_ignored) {
  check_in_child([] {  // as by a superserver that wants no zombies
    ::signal(SIGCHLD, SIG_IGN);
    Running running{"exit 3"};
    BOOST_TEST(running.end_of_it() == "exit status 3");
  });
}

BOOST_AUTO_TEST_CASE(an_event_that_is_no_end_is_taken) {
  check_in_child([] {
    Running running{"echo $$\nkill -STOP $$\nexit 4\n"};
    const pid_t pid = running.pid_line();
    BOOST_REQUIRE(wait_for(running.process().end_event(), POLLIN, soon()));
    BOOST_TEST(!running.process().try_wait());
    BOOST_TEST(!wait_for(running.process().end_event(), POLLIN, Clock::now()),
               "or a relay would go round and round");
    ::kill(pid, SIGCONT);
    BOOST_TEST(running.end_of_it() == "exit status 4");
  });
}

BOOST_AUTO_TEST_CASE(the_destructor_ends_the_whole_process_group) {
  check_in_child([] {
    Running running{
        "exec 3<&0\n"
        "sh -c 'echo child; read forever <&3' &\n"
        "wait\n"};
    BOOST_TEST(running.line() == "child");
    running.end();
    BOOST_TEST(running.has_nobody_left());
  });
}

BOOST_AUTO_TEST_CASE(the_destructor_ends_children_that_ignore_sigterm) {
  check_in_child([] {
    Running running{
        "exec 3<&0\n"
        "sh -c 'trap \"\" TERM; echo child; read forever <&3' &\n"
        "wait\n"};
    BOOST_TEST(running.line() == "child");
    running.end();
    BOOST_TEST(running.has_nobody_left());
  });
}

BOOST_AUTO_TEST_CASE(the_destructor_kills_a_script_that_ignores_sigterm) {
  check_in_child([] {
    Running running{"trap '' TERM\necho ready\nread forever\n"};
    BOOST_TEST(running.line() == "ready");
    running.end();
    BOOST_TEST(running.has_nobody_left());
  });
}

BOOST_AUTO_TEST_CASE(the_destructor_of_one_that_has_ended_does_nothing) {
  check_in_child([] {
    Running running{"exit 0"};
    BOOST_TEST(running.end_of_it().empty());
    running.end();
    BOOST_TEST(::waitpid(-1, nullptr, WNOHANG) == -1);
  });
}

BOOST_AUTO_TEST_CASE(a_script_that_was_moved_from_is_not_ended) {
  check_in_child([] {
    Running running{"exit 5"};
    {
      ScriptProcess first{std::move(running.process())};
      const ScriptProcess second{std::move(first)};
      BOOST_TEST(!first.try_wait());  // NOLINT(bugprone-use-after-move)
      BOOST_TEST(wait_for(second.end_event(), POLLIN, soon()));
    }
    BOOST_TEST(!running.process().try_wait());
    BOOST_TEST(::waitpid(-1, nullptr, WNOHANG) == -1);
  });
}

// --- without a process of its own

BOOST_AUTO_TEST_CASE(the_handler_becomes_the_script) {
  const TemporaryFolder folder;
  folder.add_file("script", "#!/bin/sh\necho $NAME $1; exit 7\n", 0755);
  const Pipe pipe = make_pipe();
  Child handler{[&] {
    const Script script = script_at(folder, "script");
    const ScriptCommand command{script, {"argument"}, {"NAME=value"}};
    static_cast<void>(become_script(command, {0, pipe.writing.get(), 2}));
  }};
  BOOST_TEST(handler.wait() == 7);
  BOOST_TEST(read_available(pipe.reading.get()) == "value argument\n");
}

BOOST_AUTO_TEST_CASE(the_handler_as_a_script_has_an_alarm) {
  const TemporaryFolder folder;
  // Ignored before, it would never ring.
  folder.add_file("script", "#!/bin/sh\nwhile :; do :; done\n", 0755);
  Child handler{[&] {
    ::signal(SIGALRM, SIG_IGN);
    const Script script = script_at(folder, "script");
    const ScriptCommand command{script, {}, {}};
    static_cast<void>(
        become_script(command, {0, 1, 2}, std::chrono::seconds{1}));
  }};
  BOOST_TEST(handler.wait() == 128 + SIGALRM);
}

BOOST_AUTO_TEST_CASE(the_handler_that_stays_itself_has_no_alarm) {
  check_in_child([] {
    const Tree tree;
    const Script script = script_at(tree.folder, "empty");
    const ScriptCommand command{script, {}, {}};
    check_failure("empty",
                  become_script(command, {0, 1, 2}, std::chrono::hours{1}),
                  "exec", ENOEXEC);
    BOOST_TEST(::alarm(0) == 0U);
  });
}

BOOST_AUTO_TEST_CASE(the_handler_stays_itself_where_it_cannot) {
  check_in_child([] {
    const Tree tree;
    const Script script = script_at(tree.folder, "without_first_line");
    const ScriptCommand command{script, {}, {}};
    check_failure("no #!", become_script(command, {0, 1, 2}), "exec", ENOEXEC);
  });
}

BOOST_AUTO_TEST_CASE(a_look_at_the_file_finds_what_exec_would_say) {
  struct Row {
    const char* name;
    int error;  // 0: none
  };
  static constexpr std::array rows{
      Row{"good", 0},
      Row{"with_argument", 0},
      Row{"with_blanks", 0},
      Row{"without_end_of_line", 0},
      Row{"elf", 0},
      Row{"no_interpreter", ENOENT},
      Row{"from_windows", ENOENT},
      Row{"no_executable", EACCES},
      Row{"folder_as_interpreter", EACCES},
      Row{"without_first_line", ENOEXEC},
      Row{"empty", ENOEXEC},
  };
  const Tree tree;
  for (const Row& row : rows) {
    const auto problem = find_start_problem(script_at(tree.folder, row.name));
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(problem.has_value() == (row.error != 0));
      if (problem) check_failure("problem", *problem, "exec", row.error);
    }
  }
  BOOST_TEST(find_start_problem(script_at(tree.folder, "no_name")).has_value());
}

BOOST_AUTO_TEST_CASE(a_script_that_cannot_be_read_may_be_good) {
  const TemporaryFolder folder;
  folder.add_file("script", "no first line", 0111);
  check_in_child([&] {
    become_nobody();
    BOOST_TEST(!find_start_problem(script_at(folder, "script")));
  });
}

BOOST_AUTO_TEST_CASE(an_end_in_words) {
  const auto describe = [](int wait_status, int microseconds) {
    return describe_end({wait_status, std::chrono::microseconds{microseconds}});
  };
  BOOST_TEST(describe(0, 1'000'000).empty());
  const auto exited = [](int status) { return status << 8; };
  constexpr int dumped_core = 0x80;
  BOOST_TEST(describe(exited(1), 999) == "exit status 1, 0 ms of CPU time");
  BOOST_TEST(describe(SIGKILL, 1'234'567) ==
             "killed by signal 9, 1234 ms of CPU time");
  BOOST_TEST(describe(SIGSEGV | dumped_core, 1000) ==
             "killed by signal 11, 1 ms of CPU time");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

// test_error_lines.cc - What a script says of its errors stands in the log.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "error_lines.h"
#include "fixtures.h"
#include "text.h"

namespace cgihttpd::test {

namespace {

// Lines of a script, written at once or one after the other, and a log.
class Stage {
 public:
  Stage() {
    folder_.add_file("log");
    log_file_ = open_or_fail(folder_.path("log"), O_WRONLY | O_APPEND);
  }

  void script_writes(std::string_view bytes) const {
    write_all(pipe_.writing.get(), bytes);
  }
  void script_ends() { pipe_.writing.reset(); }
  // As the script may do, to write much at once.
  void enlarge_pipe(int size) const { widen_pipe(pipe_.writing.get(), size); }

  void step() {
    const TemporaryDescriptor error{STDERR_FILENO, log_file_.get()};
    lines_->step();
  }
  void end() {
    const TemporaryDescriptor error{STDERR_FILENO, log_file_.get()};
    lines_.reset();
  }
  [[nodiscard]] int pipe() const { return lines_->pipe(); }

  // What the log says, without what stands before each line.
  [[nodiscard]] std::string log() const {
    const UniqueFd file = open_or_fail(folder_.path("log"), O_RDONLY);
    const std::string content = read_file(file.get(), 10'000'000);
    constexpr std::string_view start = "cgihttpd: /cgi-bin/test.sh: ";
    std::string log;
    for (std::string_view rest = content; !rest.empty();) {
      std::string_view line = take_line(rest);
      if (line.starts_with(start)) line.remove_prefix(start.size());
      log.append(line).append("\n");
    }
    return log;
  }

 private:
  TemporaryFolder folder_;
  UniqueFd log_file_;
  Log target_{LogTarget::standard_error};
  Pipe pipe_ = make_pipe();
  std::optional<ErrorLines> lines_{std::in_place, std::move(pipe_.reading),
                                   target_, "/cgi-bin/test.sh"};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(error_lines)

BOOST_AUTO_TEST_CASE(each_line_stands_in_the_log) {
  const std::string longest(max_error_line_octets, 'x');
  struct Row {
    const char* why;
    std::vector<std::string> writes;
    std::string expected;
  };
  const std::array rows{
      Row{"nothing", {}, ""},
      Row{"one line", {"a line\n"}, "a line\n"},
      Row{"two lines at once", {"one\ntwo\n"}, "one\ntwo\n"},
      Row{"a line in parts", {"on", "e\ntw", "o\n"}, "one\ntwo\n"},
      Row{"an empty line", {"one\n\ntwo\n"}, "one\n\ntwo\n"},
      Row{"a last line without end", {"one\ntwo"}, "one\ntwo\n"},
      Row{"control characters", {"\x1b[2J\r\n"}, "\\x1B[2J\\x0D\n"},
      Row{"a NUL", {std::string{"a\0b\n", 4}}, "a\\x00b\n"},
      Row{"the longest line but one octet",
          {longest.substr(1) + "\n"},
          longest.substr(1) + "\n"},
      Row{"the longest line", {longest + "\n"}, longest + "\n"},
      Row{"the longest line, then another",
          {longest + "\nb\n"},
          longest + "\nb\n"},
      Row{"a longer line", {longest + "yz\n"}, longest + "\nyz\n"},
      Row{"a very long line",
          {longest + longest + "z"},
          longest + "\n" + longest + "\nz\n"},
  };
  for (const Row& row : rows) {
    Stage stage;
    for (const std::string& bytes : row.writes) {
      stage.script_writes(bytes);
      stage.step();
    }
    stage.script_ends();
    stage.end();
    BOOST_TEST_CONTEXT(row.why) {
      BOOST_TEST((stage.log() == row.expected));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_line_is_reported_when_it_is_whole) {
  Stage stage;
  stage.step();
  stage.script_writes("one\ntw");
  stage.step();
  BOOST_TEST(stage.log() == "one\n");
  stage.script_writes("o\n");
  stage.step();
  BOOST_TEST(stage.log() == "one\ntwo\n");
}

BOOST_AUTO_TEST_CASE(the_last_lines_are_reported_without_waiting) {
  Stage stage;
  stage.script_writes("one\ntwo");
  stage.end();  // the script still has its end of the pipe
  BOOST_TEST(stage.log() == "one\ntwo\n");
}

BOOST_AUTO_TEST_CASE(the_pipe_is_closed_at_its_end) {
  Stage stage;
  stage.script_writes("one\n");
  stage.step();
  BOOST_TEST(stage.pipe() >= 0);
  stage.script_ends();
  stage.step();
  BOOST_TEST(stage.pipe() == -1);
  stage.step();
  BOOST_TEST(stage.log() == "one\n");
}

BOOST_AUTO_TEST_CASE(a_script_fills_no_disk) {
  const std::string line = std::string(999, 'x') + "\n";
  Stage stage;
  for (std::size_t octets = 0; octets < 2 * max_error_octets;
       octets += line.size()) {
    stage.script_writes(line);
    stage.step();
  }
  stage.script_ends();
  stage.end();
  const std::string log = stage.log();
  BOOST_TEST(log.size() <= max_error_octets + line.size());
  BOOST_TEST(log.size() > max_error_octets - 2 * line.size());
  BOOST_TEST(log.ends_with("(no more of its error output is logged)\n"));
  const auto count = static_cast<std::size_t>(std::ranges::count(log, '\n'));
  BOOST_TEST(count == (max_error_octets + line.size() - 1) / line.size());
}

// One that writes faster than it is read would take all of the time.
BOOST_AUTO_TEST_CASE(a_step_has_an_end) {
  constexpr int much = 1 << 20;
  Stage stage;
  stage.enlarge_pipe(much);
  stage.script_writes(std::string(much / 2, '\n'));
  stage.step();
  const std::size_t left = readable_bytes(stage.pipe());
  BOOST_TEST(left > 0U);
  BOOST_TEST(left < much / 2);
  stage.end();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

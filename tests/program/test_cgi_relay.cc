// test_cgi_relay.cc - How the time of a script ends, or its client goes, and
// what a script may use.

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>

#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;

constexpr std::size_t mebibyte = 1U << 20U;
constexpr int signal_base = 128;  // of an exit status

// A FIFO on which the test waits until a script rings.
class Bell {
 public:
  Bell(const Tree& tree, std::string_view name)
      : gate_{tree, name},
        path_{tree.path(name)},
        fifo_{::open(path_.c_str(), O_RDWR | O_CLOEXEC)} {}

  // What a script rings with: a command.
  [[nodiscard]] std::string ring_command() const {
    return "echo >'" + path_ + "'";
  }

  void wait() const {
    pollfd waiting{fifo_.get(), POLLIN, 0};
    constexpr std::chrono::milliseconds longest{patience};
    BOOST_TEST_REQUIRE(::poll(&waiting, 1, static_cast<int>(longest.count())) ==
                       1);
    char line = 0;
    BOOST_TEST_REQUIRE(::read(fifo_.get(), &line, 1) == 1);
  }

 private:
  Gate gate_;
  std::string path_;
  UniqueFd fifo_;
};

bool mentions(const Outcome& outcome, std::string_view text) {
  return std::ranges::any_of(outcome.lines, [&](const std::string& line) {
    return line.find(text) != std::string::npos;
  });
}

std::string shown_lines(const Outcome& outcome) {
  std::string all;
  for (const std::string& line : outcome.lines)
    all.append(line).append("\n");
  return all;
}

// What comes of a script of this text.
Outcome run(const std::string& text, const std::vector<std::string>& options,
            const std::string& request = get("/cgi-bin/x")) {
  Tree tree;
  tree.script("cgi-bin/x", text);
  return ask(tree, request, {.options = options});
}

// Closes a TCP connection in a way that resets it.
void reset(Session& session) {
  const linger at_once{1, 0};
  BOOST_TEST_REQUIRE(::setsockopt(session.client(), SOL_SOCKET, SO_LINGER,
                                  &at_once, sizeof at_once) == 0);
  session.disconnect();
}

constexpr const char* overdue = "it has run for longer than --cgi-timeout";

BOOST_AUTO_TEST_SUITE(cgi_relay)

// --- the time of a script

BOOST_AUTO_TEST_CASE(has_a_time_after_which_the_answer_is_504) {
  struct Row {
    const char* why;
    const char* script;
    std::string request;
  };
  const std::vector<Row> rows{
      {"silent", "read line <../gate", get("/cgi-bin/x")},
      {"busy", "while :; do :; done", get("/cgi-bin/x")},
      {"half a header", "printf 'A: b\\n'; read line <../gate",
       get("/cgi-bin/x")},
      {"asked by HEAD", "read line <../gate", head("/cgi-bin/x")},
      {"a body that it does not read", "read line <../gate",
       post("/cgi-bin/x", std::string(5 * mebibyte, 'x'))},
      {"a body that does not come", "cat >/dev/null",
       "POST /cgi-bin/x HTTP/1.1\r\nHost: h\r\nContent-Length: "
       "9\r\n\r\npart"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      Tree tree;
      const Gate gate{tree, "gate"};
      tree.script("cgi-bin/x", row.script);
      const Outcome outcome =
          ask(tree, row.request, {.options = {"--cgi-timeout=1"}});
      const Response response = outcome.response(
          row.request.starts_with("HEAD") ? Body::none : Body::expected);
      BOOST_TEST(response.status == 504);
      if (!row.request.starts_with("HEAD")) {
        BOOST_TEST(response.body.find("The script did not answer in time") !=
                   std::string::npos);
      }
      BOOST_TEST(outcome.access().status == 504);
      BOOST_TEST(outcome.reports().size() == 2U, shown_lines(outcome));
      BOOST_TEST(mentions(outcome, overdue));
      BOOST_TEST(mentions(outcome, "killed by signal 15, "));
    }
  }
}

BOOST_AUTO_TEST_CASE(has_a_time_after_which_an_answer_is_seen_to_be_cut) {
  struct Row {
    const char* why;
    const char* head;
    const char* body;
  };
  constexpr std::array rows{
      Row{"chunks", "A: b", "printf part; read line <../gate"},
      Row{"a length", "Content-Length: 9", "printf part; read line <../gate"},
      Row{"nothing of it", "A: b", "read line <../gate"},
      Row{"without end", "A: b", "while :; do echo part; done"},
  };
  for (const auto& [why, head, body] : rows) {
    BOOST_TEST_CONTEXT(why) {
      Tree tree;
      const Gate gate{tree, "gate"};
      tree.script("cgi-bin/x",
                  std::string{"printf '"} + head + "\\n\\n'; " + body);
      const Outcome outcome =
          ask(tree, get("/cgi-bin/x"), {.options = {"--cgi-timeout=1"}});
      BOOST_TEST(outcome.response().status == 200);
      BOOST_TEST(!outcome.response().is_whole);
      BOOST_TEST(outcome.access().status == 200);
      BOOST_TEST(mentions(outcome, overdue));
    }
  }
}

BOOST_AUTO_TEST_CASE(may_ignore_its_end_and_the_client_does_not_wait) {
  struct Row {
    const char* why;
    const char* output;
    int status;
  };
  constexpr std::array rows{
      Row{"too long a time", "", 504},
      Row{"no header", "printf 'no header\\n\\n'; ", 502},
  };
  for (const auto& [why, output, status] : rows) {
    BOOST_TEST_CONTEXT(why) {
      Tree tree;
      const Gate gate{tree, "gate"};
      tree.script("cgi-bin/x", std::string{"trap '' TERM; "} + output +
                                   gate.wait_command() + "; echo survived >&2");
      Session session{tree, {.options = {"--cgi-timeout=1"}}};
      session.send(get("/cgi-bin/x"));
      session.read_to_end();
      gate.open();
      const Outcome outcome = session.hang_up();
      BOOST_TEST(outcome.response().status == status);
      BOOST_TEST(mentions(outcome, "survived"), shown_lines(outcome));
      BOOST_TEST(outcome.access().status == status);
    }
  }
}

BOOST_AUTO_TEST_CASE(leaves_no_process_when_its_time_is_over) {
  Tree tree;
  const Gate gate{tree, "gate"};
  const Bell bell{tree, "bell"};
  Gate alive{tree, "alive"};
  const std::string held = tree.path("alive");
  tree.script("cgi-bin/x", "exec 9>'" + held + "'; (trap '' TERM; " +
                               bell.ring_command() + "; " +
                               gate.wait_command() + ") & wait");
  Session session{tree, {.options = {"--cgi-timeout=1"}}};
  session.send(get("/cgi-bin/x"));
  bell.wait();
  BOOST_TEST(session.finish().response().status == 504);
  // Of the processes that had it open, only the test is left.
  const UniqueFd end{::open(held.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  alive.open_for_all();
  BOOST_TEST(read_all(end.get()).empty());
}

BOOST_AUTO_TEST_CASE(has_its_answer_in_time) {
  const Outcome outcome = run("printf 'A: b\\n\\nbody'", {"--cgi-timeout=20"});
  BOOST_TEST(outcome.response().body == "body");
  BOOST_TEST(outcome.response().is_whole);
  BOOST_TEST(outcome.reports().empty());
}

BOOST_AUTO_TEST_CASE(has_an_alarm_where_it_takes_the_handler_s_place) {
  Tree tree;
  const std::string text = "printf 'A: b\\n\\npart'; while :; do :; done";
  tree.script("cgi-bin/x", text).script("cgi-bin/nph-x", text);
  for (const char* target : {"/cgi-bin/x", "/cgi-bin/nph-x"}) {
    BOOST_TEST_CONTEXT(target) {
      const Outcome outcome =
          ask(tree, get(target),
              {.options = {"--cgi-output=direct", "--cgi-timeout=1"}});
      BOOST_TEST(outcome.exit_status == signal_base + SIGALRM);
      BOOST_TEST(outcome.octets.ends_with("part"));
    }
  }
}

// --- a client that is gone

// A script that says nothing until it is told to end.
std::string silent(const Bell& bell, const Gate& gate) {
  return "trap 'echo ended >&2; exit' TERM; " + bell.ring_command() + "; " +
         gate.wait_command() + "; echo too late >&2";
}

BOOST_AUTO_TEST_CASE(ends_at_once_when_its_client_has_gone) {
  struct Row {
    const char* why;
    Transport transport;
    const char* output;
    int status;
  };
  constexpr std::array rows{
      Row{"a reset", Transport::ipv4, "", 499},
      Row{"a local socket", Transport::local, "", 499},
      Row{"a reset, after a header", Transport::ipv4,
          "printf 'Status: 201\\n\\n'; ", 201},
  };
  for (const auto& [why, transport, output, status] : rows) {
    BOOST_TEST_CONTEXT(why) {
      Tree tree;
      const Gate gate{tree, "gate"};
      const Bell bell{tree, "bell"};
      tree.script("cgi-bin/x", output + silent(bell, gate));
      Session session{tree, {.transport = transport}};
      session.send(get("/cgi-bin/x"));
      bell.wait();
      if (status == 201) session.read_until("\r\n\r\n");
      reset(session);
      const Outcome outcome = session.hang_up();
      BOOST_TEST(outcome.exit_status == 0);
      BOOST_TEST(outcome.access().status == status);
      BOOST_TEST(mentions(outcome, "/cgi-bin/x: ended"), shown_lines(outcome));
      BOOST_TEST(outcome.reports().size() == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(ends_when_its_handler_is_killed) {
  for (const int number : {SIGINT, SIGTERM, SIGKILL}) {
    BOOST_TEST_CONTEXT("signal " << number) {
      Tree tree;
      const Gate gate{tree, "gate"};
      const Bell bell{tree, "bell"};
      const Bell end{tree, "end"};
      tree.script("cgi-bin/x", "trap \"" + end.ring_command() +
                                   "; exit\" TERM; " + bell.ring_command() +
                                   "; " + gate.wait_command());
      Session session{tree};
      session.send(get("/cgi-bin/x"));
      bell.wait();
      BOOST_TEST_REQUIRE(::kill(session.process().pid(), number) == 0);
      end.wait();
    }
  }
}

BOOST_AUTO_TEST_CASE(ends_when_its_client_goes_before_its_body_is_there) {
  Tree tree;
  const Gate gate{tree, "gate"};
  const Bell bell{tree, "bell"};
  tree.script("cgi-bin/x", silent(bell, gate));
  Session session{tree, {.transport = Transport::local}};
  session.send(
      "POST /cgi-bin/x HTTP/1.1\r\nHost: h\r\n"
      "Content-Length: 9\r\n\r\npart");
  bell.wait();
  const Outcome outcome = session.hang_up();
  BOOST_TEST(outcome.access().status == 499);
  BOOST_TEST(mentions(outcome, "ended"));
}

BOOST_AUTO_TEST_CASE(answers_a_client_that_only_sends_no_more) {
  for (const Transport transport : {Transport::ipv4, Transport::local}) {
    Tree tree;
    const Gate gate{tree, "gate"};
    const Bell bell{tree, "bell"};
    tree.script("cgi-bin/x", "cat >/dev/null; " + bell.ring_command() + "; " +
                                 gate.wait_command() +
                                 "; printf 'A: b\\n\\nbody'");
    Session session{tree, {.transport = transport}};
    session.send(post("/cgi-bin/x", "text"));
    session.finish_sending();
    bell.wait();
    gate.open();
    const Outcome outcome = session.finish();
    BOOST_TEST(outcome.response().body == "body");
    BOOST_TEST(outcome.reports().empty());
  }
}

// A pipe's ends: the program's, and ours.
struct Ends {
  UniqueFd reading;
  UniqueFd writing;
};

Ends make_pipe() {
  std::array<int, 2> ends{};
  BOOST_TEST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

// The program with two pipes as its connection, asked for /cgi-bin/x.
class Streams {
 public:
  explicit Streams(const Tree& tree) : process_{start_on(tree)} {
    const std::string request = get("/cgi-bin/x");
    BOOST_TEST_REQUIRE(
        ::write(input_.writing.get(), request.data(), request.size()) ==
        static_cast<ssize_t>(request.size()));
    output_.writing.reset();
    input_ = {};
  }

  void stop_reading() { output_.reading.reset(); }

  [[nodiscard]] Process& process() { return process_; }
  [[nodiscard]] std::string answer() const {
    return read_all(output_.reading.get());
  }

 private:
  [[nodiscard]] Start start_on(const Tree& tree) const {
    Start start;
    start.arguments = {tree.path()};
    start.standard = {input_.reading.get(), output_.writing.get(),
                      Start::errors};
    start.environment = base_environment();
    return start;
  }

  Ends input_ = make_pipe();
  Ends output_ = make_pipe();
  Process process_;
};

BOOST_AUTO_TEST_CASE(ends_at_once_when_nobody_reads_a_stream) {
  Tree tree;
  const Gate gate{tree, "gate"};
  const Bell bell{tree, "bell"};
  tree.script("cgi-bin/x", silent(bell, gate));
  Streams streams{tree};
  bell.wait();
  streams.stop_reading();
  BOOST_TEST(streams.process().wait() == 0);
  const std::string lines = streams.process().errors();
  BOOST_TEST(lines.find("ended") != std::string::npos, lines);
  BOOST_TEST(lines.find("\" 499 0 ") != std::string::npos, lines);
}

// The CPU time that ended children have taken, in seconds.
double child_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  constexpr double microseconds = 1e-6;
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) *
             microseconds;
}

// For longer than a script may be silent, three clients send no more: the
// first one is gone; one gets a line now and then, and the end of a stream's
// input says nothing.
BOOST_AUTO_TEST_CASE(ends_after_a_while_where_its_client_may_have_gone) {
  constexpr int lines = 6;
  constexpr int line_milliseconds = 1000;
  Tree tree;
  const Gate gate{tree, "gate"};
  const Gate tick{tree, "tick"};
  const Bell bell{tree, "bell"};
  tree.script("cgi-bin/x", silent(bell, gate));
  tree.script("cgi-bin/y", "printf 'A: b\\n\\n'; for i in 1 2 3 4 5 6; do " +
                               tick.wait_command() + "; echo line $i; done");
  Tree other;
  const Gate stream_gate{other, "gate"};
  other.script("cgi-bin/x",
               stream_gate.wait_command() + "; printf 'A: b\\n\\nbody'");
  const double start = child_cpu_seconds();

  Session gone{tree};
  gone.send(get("/cgi-bin/x"));
  bell.wait();
  gone.disconnect();
  Session reader{tree};
  reader.send(get("/cgi-bin/y"));
  reader.finish_sending();
  Streams stream{other};
  for (int line = 1; line <= lines; ++line) {
    pollfd answer{reader.client(), 0, 0};
    BOOST_TEST(::poll(&answer, 1, line_milliseconds) == 0);
    tick.open();
    reader.read_until("line " + std::to_string(line) + "\n");
  }
  BOOST_TEST(reader.finish().response().is_whole);
  stream_gate.open();
  BOOST_TEST(parse_response(stream.answer()).body == "body");
  BOOST_TEST(stream.process().wait() == 0);

  const Outcome outcome = gone.hang_up();
  BOOST_TEST(outcome.access().status == 499);
  BOOST_TEST(mentions(outcome, "/cgi-bin/x: ended"), shown_lines(outcome));
  BOOST_TEST(child_cpu_seconds() - start < 2.0, "it waits, and is not busy");
}

BOOST_AUTO_TEST_CASE(goes_on_though_its_client_has_got_all) {
  for (const Transport transport : {Transport::ipv4, Transport::local}) {
    Tree tree;
    const Gate gate{tree, "gate"};
    tree.script("cgi-bin/x", "printf 'Content-Length: 4\\n\\nbody'; " +
                                 gate.wait_command() + "; echo later >&2");
    Session session{tree, {.transport = transport}};
    session.send(get("/cgi-bin/x"));
    session.read_to_end();
    session.disconnect();
    gate.open();
    const Outcome outcome = session.hang_up();
    BOOST_TEST(outcome.response().body == "body");
    BOOST_TEST(mentions(outcome, "later"), shown_lines(outcome));
  }
}

// The client is not asked for any more: who only wants the head would leave a
// process behind with each request of a script that never ends.
BOOST_AUTO_TEST_CASE(does_not_write_on_for_ever_after_its_answer) {
  Tree tree;
  tree.script("cgi-bin/x",
              "printf 'A: b\\n\\n'; while :; do echo more; sleep 0.2; done");
  Session session{tree};
  session.send(head("/cgi-bin/x"));
  session.read_to_end();
  session.disconnect();
  // It takes half a minute, which is longer than what others are waited for.
  siginfo_t end{};
  BOOST_TEST(::waitid(P_PID, static_cast<id_t>(session.process().pid()), &end,
                      WEXITED | WNOWAIT) == 0);
  const Outcome outcome = session.hang_up();
  BOOST_TEST(outcome.exit_status == 0);
  BOOST_TEST(outcome.access().status == 200);
  BOOST_TEST(outcome.reports().empty());
}

// --- --keep-running

const Launch& keep_running() {
  static const Launch launch{.options = {"--keep-running"}};
  return launch;
}

BOOST_AUTO_TEST_CASE(goes_on_without_its_client_where_it_is_to) {
  struct Row {
    const char* why;
    const char* output;
    int status;
  };
  constexpr std::array rows{
      Row{"nothing said", "", 499},
      Row{"a header said", "printf 'Status: 201\\n\\n'; ", 201},
  };
  for (const auto& [why, output, status] : rows) {
    BOOST_TEST_CONTEXT(why) {
      Tree tree;
      const Bell bell{tree, "bell"};
      // Its body, which does not come, ends when the client is known to be
      // gone. It then writes more than a pipe holds.
      tree.script("cgi-bin/x",
                  output + bell.ring_command() +
                      "; cat >/dev/null; head -c 1000000 /dev/zero; "
                      "echo finished >&2; exit 3");
      Session session{tree, keep_running()};
      session.send(
          "POST /cgi-bin/x HTTP/1.1\r\nHost: h\r\n"
          "Content-Length: 9\r\n\r\npart");
      bell.wait();
      if (status == 201) session.read_until("\r\n\r\n");
      reset(session);
      const Outcome outcome = session.hang_up();
      BOOST_TEST(outcome.exit_status == 0);
      BOOST_TEST(outcome.access().status == status);
      BOOST_TEST(mentions(outcome, "finished"), shown_lines(outcome));
      BOOST_TEST(mentions(outcome, "exit status 3, "));
    }
  }
}

BOOST_AUTO_TEST_CASE(has_no_more_time_without_its_client) {
  Tree tree;
  const Gate gate{tree, "gate"};
  const Bell bell{tree, "bell"};
  tree.script("cgi-bin/x", bell.ring_command() + "; " + gate.wait_command());
  Session session{tree, {.options = {"--keep-running", "--cgi-timeout=1"}}};
  session.send(get("/cgi-bin/x"));
  bell.wait();
  reset(session);
  const Outcome outcome = session.hang_up();
  BOOST_TEST(outcome.access().status == 499);
  BOOST_TEST(mentions(outcome, overdue));
}

BOOST_AUTO_TEST_CASE(does_not_go_on_when_its_answer_was_none) {
  Tree tree;
  const Gate gate{tree, "gate"};
  tree.script("cgi-bin/x", "printf 'no header\\n\\n'; " + gate.wait_command() +
                               "; echo finished >&2");
  const Outcome outcome = ask(tree, get("/cgi-bin/x"), keep_running());
  BOOST_TEST(outcome.response().status == 502);
  BOOST_TEST(!mentions(outcome, "finished"));
}

// --- limits

BOOST_AUTO_TEST_CASE(has_the_limits_that_were_set_however_it_runs) {
  const std::string text =
      "echo A: b; echo; "
      "echo $(ulimit -n) $(ulimit -Hn) $(ulimit -v) $(ulimit -t)";
  struct Row {
    const char* why;
    const char* target;
    const char* mode;
  };
  constexpr std::array rows{
      Row{"parsed", "/cgi-bin/x", "--cgi-output=parsed"},
      Row{"direct", "/cgi-bin/x", "--cgi-output=direct"},
      Row{"nph-", "/cgi-bin/nph-x", "--cgi-output=parsed"},
  };
  Tree tree;
  tree.script("cgi-bin/x", text).script("cgi-bin/nph-x", text);
  for (const auto& [why, target, mode] : rows) {
    BOOST_TEST_CONTEXT(why) {
      const Outcome outcome =
          ask(tree, get(target),
              {.options = {mode, "--cgi-limit=files=40",
                           "--cgi-limit=memory=512M", "--cgi-limit=cpu=60"}});
      BOOST_TEST(
          outcome.octets.find("\n40 40 524288 60\n") != std::string::npos,
          outcome.octets);
    }
  }
}

BOOST_AUTO_TEST_CASE(is_killed_where_it_takes_too_much_cpu_time) {
  const Outcome outcome = run("while :; do :; done", {"--cgi-limit=cpu=1"});
  BOOST_TEST(outcome.response().status == 502);
  BOOST_TEST(mentions(outcome, "killed by signal 9, "), shown_lines(outcome));
}

BOOST_AUTO_TEST_CASE(does_not_run_with_more_than_the_handler_may_have) {
  Tree tree;
  tree.script("cgi-bin/x", "printf 'A: b\\n\\nbody'");
  const Outcome outcome =
      ask(tree, get("/cgi-bin/x"),
          {.options = {"--cgi-limit=files=51"}, .in_child = [] {
             const rlimit ours{50, 50};
             if (::setrlimit(RLIMIT_NOFILE, &ours) < 0) ::_exit(1);
           }});
  BOOST_TEST(outcome.response().status == 403);
  BOOST_TEST(mentions(outcome, "setrlimit: "), shown_lines(outcome));
}

// --- what is told of its end

BOOST_AUTO_TEST_CASE(has_its_cpu_time_in_the_log) {
  Tree tree;
  tree.file("a.txt", "text").script("cgi-bin/x", "printf 'A: b\\n\\n'");
  tree.script("cgi-bin/to", "printf 'Location: /a.txt\\n\\n'");
  tree.script("cgi-bin/nph-x", R"(printf 'HTTP/1.1 200 OK\r\n\r\n')");
  struct Row {
    const char* target;
    bool is_known;
  };
  for (const Row& row : {Row{"/cgi-bin/x", true}, Row{"/cgi-bin/to", true},
                         Row{"/a.txt", false}, Row{"/cgi-bin/nph-x", false}}) {
    BOOST_TEST_CONTEXT(row.target) {
      const Outcome outcome =
          ask(tree, get(row.target), {.options = {"--log-format=json"}});
      BOOST_TEST_REQUIRE(outcome.lines.size() == 1U);
      BOOST_TEST(outcome.lines[0].find("\"script_cpu_us\":") !=
                 std::string::npos);
      BOOST_TEST((outcome.lines[0].find("\"script_cpu_us\":null,") ==
                  std::string::npos) == row.is_known);
    }
  }
}

// --- what it says

BOOST_AUTO_TEST_CASE(may_write_octet_by_octet) {
  const Outcome outcome =
      run("(printf 'A: b\\n\\n'; seq 500) | dd bs=1 2>&-", {});
  const Response response = outcome.response();
  BOOST_TEST(response.is_whole);
  BOOST_TEST(response.body.size() == 1892U);
  BOOST_TEST(response.body.ends_with("\n499\n500\n"));
}

BOOST_AUTO_TEST_CASE(gets_a_wide_pipe_once_it_says_much) {
  Tree tree;
  tree.file("cgi-bin/much",
            "#!/usr/bin/perl\n"
            "$| = 1;\n"
            "print \"Content-Type: text/plain\\n\\n\";\n"
            "syswrite STDOUT, 'x' x 1000000;  # at once: the pipe is full\n"
            "print ' ', fcntl(STDOUT, 1032, 0);  # F_GETPIPE_SZ\n",
            0755);
  const Response response = ask(tree, get("/cgi-bin/much")).response();
  BOOST_TEST(response.body.substr(1000000) == " 524288");
}

BOOST_AUTO_TEST_CASE(has_no_content_where_its_status_has_none) {
  for (const int status : {204, 304}) {
    for (const char* length : {"", "Content-Length: 4\\n"}) {
      const Outcome outcome = run("printf 'Status: " + std::to_string(status) +
                                      R"(\nETag: "a"\n)" + length + "\\nbody'",
                                  {});
      BOOST_TEST(outcome.response().status == status);
      BOOST_TEST(outcome.response().field("ETag") == "\"a\"");
      BOOST_TEST(outcome.octets.ends_with("\r\n\r\n"));
      BOOST_TEST(outcome.access().octets.value() == 0U);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

// test_deadlines.cc - A slow client is ended by the time that it has, however
// slow it is, and its script with it.

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <list>

#include "program.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)
using SteadyClock = std::chrono::steady_clock;

constexpr int step_milliseconds = 20;

// Whether something came from the program, or its end.
bool has_answer(const Session& session) {
  pollfd answer{session.client(), POLLIN, 0};
  return ::poll(&answer, 1, 0) != 0;
}

std::vector<Session*> pointers_to(std::list<Session>& sessions) {
  std::vector<Session*> pointers;
  for (Session& session : sessions)
    pointers.push_back(&session);
  return pointers;
}

enum class Slow { trickling, silent };

// Sends an octet to each at each step, or nothing, until all have an answer.
void be_slow(std::list<Session>& sessions, Slow way) {
  const auto give_up = SteadyClock::now() + patience;
  for (std::vector<Session*> waiting = pointers_to(sessions);
       !waiting.empty() && SteadyClock::now() < give_up;
       ::poll(nullptr, 0, step_milliseconds)) {
    std::erase_if(waiting,
                  [](Session* session) { return has_answer(*session); });
    if (way == Slow::silent) continue;
    for (const Session* session : waiting)
      static_cast<void>(::send(session->client(), "1", 1, MSG_NOSIGNAL));
  }
}

bool has_ended(Session& session) {
  siginfo_t end{};
  return ::waitid(P_PID, static_cast<id_t>(session.process().pid()), &end,
                  WEXITED | WNOHANG | WNOWAIT) == 0 &&
         end.si_pid != 0;
}

// Takes an octet at each step until the program has ended. Returns how many.
int sip(Session& session) {
  const auto give_up = SteadyClock::now() + patience;
  int taken = 0;
  while (!has_ended(session) && SteadyClock::now() < give_up) {
    char octet = 0;
    if (::recv(session.client(), &octet, 1, MSG_DONTWAIT) == 1) ++taken;
    ::poll(nullptr, 0, step_milliseconds);
  }
  return taken;
}

constexpr std::array slow_ways{Slow::trickling, Slow::silent};

std::string body_head(const std::string& target) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n";
}

BOOST_AUTO_TEST_SUITE(deadlines)

BOOST_AUTO_TEST_CASE(end_a_client_that_is_slow_to_ask) {
  struct Row {
    const char* why;
    std::vector<std::string> options;
    const char* first;
    int status;  // 0: closed unanswered
  };
  const std::vector<Row> rows{
      {"in a PROXY header", {"--proxy-protocol"}, "PROXY TCP4 1", 0},
      {"in the head behind a PROXY header",
       {"--proxy-protocol"},
       "PROXY UNKNOWN\r\nGET /a.txt HTTP/1.1\r\nX: ",
       408},
      {"in a request line", {}, "GET /", 408},
      {"in a head", {}, "GET /a.txt HTTP/1.1\r\nX: ", 408},
  };
  const Tree tree;
  for (const auto* timeout : {"--head-timeout=1", "--connection-timeout=1"}) {
    for (const Slow way : slow_ways) {
      std::list<Session> sessions;
      for (const Row& row : rows) {
        Launch launch{.options = row.options};
        launch.options.emplace_back(timeout);
        sessions.emplace_back(tree, launch).send(row.first);
      }
      be_slow(sessions, way);
      for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.why << ", " << timeout) {
          const Outcome outcome = sessions.front().finish();
          sessions.pop_front();
          BOOST_TEST(outcome.exit_status == 0);
          if (row.status == 0) {
            BOOST_TEST(outcome.octets.empty());
          } else {
            BOOST_TEST(outcome.response().status == row.status);
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(end_a_script_whose_body_does_not_come) {
  Tree tree;
  tree.script("cgi-bin/x", "cat >/dev/null; printf 'A: b\n\nx'");
  tree.script("cgi-bin/first", "printf 'A: b\n\nfirst'; cat >/dev/null");
  for (const Slow way : slow_ways) {
    std::list<Session> sessions;
    for (const char* target : {"/cgi-bin/x", "/cgi-bin/first"}) {
      sessions.emplace_back(tree, Launch{.options = {"--send-timeout=1"}})
          .send(body_head(target) + "x");
    }
    sessions.back().read_until("first");
    be_slow(sessions, way);
    Outcome outcome = sessions.front().finish();
    BOOST_TEST(outcome.response().status == 408);
    BOOST_TEST(outcome.access().status == 408);
    BOOST_TEST_REQUIRE(outcome.reports().size() == 1U);
    BOOST_TEST((outcome.reports().front().find("came too slowly") !=
                std::string::npos));
    outcome = sessions.back().finish();
    BOOST_TEST(outcome.response().status == 200);
    BOOST_TEST(!outcome.response().is_whole);
    BOOST_TEST(outcome.reports().size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(end_a_body_and_let_its_script_go_on) {
  Tree tree;
  tree.folder("out", 0777)
      .script("cgi-bin/x",
              "cat >/dev/null; printf 'A: b\\n\\n'; echo >../out/done");
  std::list<Session> sessions;
  sessions
      .emplace_back(tree,
                    Launch{.options = {"--send-timeout=1", "--keep-running"}})
      .send(body_head("/cgi-bin/x") + "x");
  be_slow(sessions, Slow::silent);
  BOOST_TEST(sessions.front().finish().response().status == 408);
  BOOST_TEST(::access(tree.path("out/done").c_str(), F_OK) == 0);
}

BOOST_AUTO_TEST_CASE(are_not_those_of_a_script_that_reads_no_more) {
  constexpr int longer_than_the_deadline = 1500;
  Tree tree;
  const Gate gate{tree, "gate"};
  tree.script("cgi-bin/x",
              "exec <&-; " + gate.wait_command() + "; printf 'A: b\\n\\nread'");
  for (const Transport transport : {Transport::ipv4, Transport::local}) {
    Session session{tree,
                    {.options = {"--send-timeout=1"}, .transport = transport}};
    session.send(body_head("/cgi-bin/x") + "x");
    pollfd answer{session.client(), POLLIN, 0};
    BOOST_TEST(::poll(&answer, 1, longer_than_the_deadline) == 0);
    gate.open();
    const Outcome outcome = session.finish();
    BOOST_TEST(outcome.response().body == "read");
    BOOST_TEST(outcome.reports().empty());
  }
}

BOOST_AUTO_TEST_CASE(end_a_client_that_reads_slowly) {
  constexpr std::size_t size = 10'000'000;
  constexpr int small_buffer = 4096;
  Tree tree;
  tree.file("large", std::string(size, 'x'));
  tree.script("cgi-bin/x", "printf 'A: b\\n\\n'; while :; do echo part; done");
  for (const char* target : {"/large", "/cgi-bin/x"}) {
    for (const char* timeout : {"--send-timeout=1", "--connection-timeout=1"}) {
      BOOST_TEST_CONTEXT(target << ", " << timeout) {
        Session session{tree,
                        {.options = {timeout}, .receive_buffer = small_buffer}};
        session.send(get(target));
        BOOST_TEST(sip(session) > 1);
        const Outcome outcome = session.hang_up();
        BOOST_TEST(outcome.exit_status == 0);
        BOOST_TEST(outcome.access().status == 200);
        BOOST_TEST(outcome.access().octets.value() < size);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(end_what_nobody_reads_after_an_answer) {
  Tree tree;
  tree.file("a.txt", "text");
  Session session{tree, {.options = {"--connection-timeout=1"}}};
  session.send(get("/a.txt", "Content-Length: 100000\r\n"));
  session.read_until("text");
  const auto give_up = SteadyClock::now() + patience;
  while (!has_ended(session) && SteadyClock::now() < give_up) {
    static_cast<void>(::send(session.client(), "x", 1, MSG_NOSIGNAL));
    ::poll(nullptr, 0, step_milliseconds);
  }
  BOOST_TEST(session.hang_up().access().status == 200);
}

BOOST_AUTO_TEST_CASE(of_the_connection_are_those_of_its_scripts) {
  constexpr int signal_base = 128;  // of an exit status
  Tree tree;
  const Gate gate{tree, "gate"};
  tree.script("cgi-bin/x", gate.wait_command())
      .script("cgi-bin/nph-x", gate.wait_command())
      .script("cgi-bin/redirect", "printf 'Location: /cgi-bin/x\\n\\n'");
  for (const char* target : {"/cgi-bin/x", "/cgi-bin/redirect"}) {
    for (const char* other : {"--cgi-timeout=9", "--cgi-timeout=1"}) {
      const Outcome outcome =
          ask(tree, get(target),
              {.options = {other, std::string_view{other}.ends_with("1")
                                      ? "--connection-timeout=9"
                                      : "--connection-timeout=1"}});
      BOOST_TEST(outcome.response().status == 504);
    }
  }
  Session session{tree, {.options = {"--connection-timeout=1"}}};
  session.send(get("/cgi-bin/nph-x"));
  BOOST_TEST(session.finish().exit_status == signal_base + SIGALRM);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

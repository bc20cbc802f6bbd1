// test_log.cc - One line for each exchange, whatever the client sends.

#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <ctime>

#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

std::time_t time_of(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%d/%b/%Y:%H:%M:%S +0000", &parts);
  BOOST_TEST_REQUIRE((end != nullptr && *end == '\0'));
  return ::timegm(&parts);
}

// A socket as syslogd has it, and a /dev of its own for the program in which
// /dev/log is that socket.
class Syslog {
 public:
  explicit Syslog(const Tree& tree) : path_{tree.path("log")} {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path_.copy(static_cast<char*>(name.sun_path), sizeof name.sun_path - 1);
    // NOLINTNEXTLINE(*-reinterpret-cast): the sockets API
    const auto* address = reinterpret_cast<const sockaddr*>(&name);
    BOOST_TEST_REQUIRE(::bind(socket_.get(), address, sizeof name) == 0);
    BOOST_TEST_REQUIRE(::chmod(path_.c_str(), 0666) == 0);
  }

  static constexpr int cannot = 77;

  // To be called in the child.
  void mount() const {
    const dev_t null = ::makedev(1, 3);
    if (::unshare(CLONE_NEWNS) < 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0 ||
        ::mount("dev", "/dev", "tmpfs", 0, "mode=755") < 0 ||
        ::mknod("/dev/null", S_IFCHR | 0666, null) < 0 ||
        ::chmod("/dev/null", 0666) < 0 ||
        ::symlink(path_.c_str(), "/dev/log") < 0)
      ::_exit(cannot);
  }

  // The messages that have come.
  [[nodiscard]] std::vector<std::string> messages() const {
    std::vector<std::string> messages;
    std::array<char, 8192> message{};
    for (;;) {
      const ssize_t count =
          ::recv(socket_.get(), message.data(), message.size(), MSG_DONTWAIT);
      if (count < 0) return messages;
      messages.emplace_back(message.data(), static_cast<std::size_t>(count));
    }
  }

 private:
  std::string path_;
  UniqueFd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

// <27>Nov 22 18:00:00 cgihttpd[1]: LINE
std::string line_of_message(const std::string& message) {
  const std::size_t end = message.find("]: ");
  return end == std::string::npos ? "" : message.substr(end + 3);
}

// time(2) is a tick behind what the program reads.
std::time_t now() {
  return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

BOOST_AUTO_TEST_SUITE(log)

BOOST_AUTO_TEST_CASE(has_one_printable_line_for_any_target) {
  Tree tree;
  for (int octet = 0; octet < 256; ++octet) {
    BOOST_TEST_CONTEXT("octet " << octet) {
      const std::string line =
          std::string{"GET /a"} + static_cast<char>(octet) + "b HTTP/1.1";
      const Outcome outcome = ask(tree, line + "\r\nHost: h\r\n\r\n");
      BOOST_TEST(outcome.lines.size() == 1U);
      const std::string logged = outcome.access().request_line;
      BOOST_TEST(line.starts_with(logged));
      // What is malformed is logged as far as it was read.
      if (outcome.access().status != 400) BOOST_TEST(logged == line);
      BOOST_TEST(logged.starts_with("GET /a"));
    }
  }
}

BOOST_AUTO_TEST_CASE(has_one_printable_line_for_any_field) {
  Tree tree;
  for (int octet = 0; octet < 256; ++octet) {
    BOOST_TEST_CONTEXT("octet " << octet) {
      const std::string value =
          std::string{"a"} + static_cast<char>(octet) + "b";
      const Outcome outcome =
          ask(tree, get("/", "Referer: 1" + value + "\r\nUser-Agent: 2" +
                                 value + "\r\n"));
      BOOST_TEST(outcome.lines.size() == 1U);
      const AccessLine access = outcome.access();
      const bool is_valid = access.status == 200;
      BOOST_TEST(access.referer == (is_valid ? "1" + value : "-"));
      BOOST_TEST(access.user_agent == (is_valid ? "2" + value : "-"));
      BOOST_TEST(is_valid == (octet == '\t' || (octet >= ' ' && octet != 127)));
    }
  }
}

BOOST_AUTO_TEST_CASE(has_lines_that_do_not_mix_with_others) {
  const std::string target = "/" + std::string(8000, '\xFF');
  const std::string value(10'000, '\\');
  Tree tree;
  const Outcome outcome = ask(
      tree,
      get(target, "Referer: " + value + "\r\nUser-Agent: " + value + "\r\n"));
  BOOST_TEST_REQUIRE(outcome.lines.size() == 1U);
  // With its LF, one is written at once (PIPE_BUF).
  BOOST_TEST(outcome.lines[0].size() < 4096U);
  BOOST_TEST(outcome.access().status == 404);
}

BOOST_AUTO_TEST_CASE(tells_who_asked_for_what_when_and_what_came_of_it) {
  Tree tree;
  tree.file("a.txt", "text");
  const std::time_t before = now();
  const AccessLine access =
      ask(tree, get("/a.txt?b", "Referer: http://c/\r\nUser-Agent: d/1\r\n"))
          .access();
  const std::time_t after = now();
  BOOST_TEST(access.address == "127.0.0.1");
  BOOST_TEST(time_of(access.time) >= before);
  BOOST_TEST(time_of(access.time) <= after);
  BOOST_TEST(access.request_line == "GET /a.txt?b HTTP/1.1");
  BOOST_TEST(access.status == 200);
  BOOST_TEST(access.octets.value() == 4U);
  BOOST_TEST(access.referer == "http://c/");
  BOOST_TEST(access.user_agent == "d/1");
}

BOOST_AUTO_TEST_CASE(is_utc_whatever_the_time_zone) {
  Tree tree;
  const std::time_t before = now();
  const AccessLine access =
      ask(tree, get("/"), {.environment = {"TZ=UTC+12"}}).access();
  BOOST_TEST(time_of(access.time) >= before);
  BOOST_TEST(time_of(access.time) <= now());
}

BOOST_AUTO_TEST_CASE(counts_what_was_sent_of_the_content) {
  Tree tree;
  tree.file("a.txt", "text").file("index.htm", "index").folder("folder");
  tree.script("cgi-bin/x", "printf 'A: b\\n\\n'; seq 100000");
  for (const std::string& request :
       {get("/a.txt"), get("/"), get("/folder"), get("/folder/"), get("/none"),
        get("/cgi-bin/x"), std::string{"GET /cgi-bin/x HTTP/1.0\r\n\r\n"},
        get("/%"), post("/a.txt", "body")}) {
    BOOST_TEST_CONTEXT(shown(request)) {
      const Outcome outcome = ask(tree, request);
      BOOST_TEST(outcome.response().is_whole);
      BOOST_TEST(outcome.access().octets.value() ==
                 outcome.response().body.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(stops_no_answer_where_it_cannot_be_written) {
  Tree tree;
  tree.file("a.txt", "text");
  tree.script("cgi-bin/x", "echo err >&2; printf 'A: b\\n\\ntext'");
  std::array<int, 2> ends{};
  BOOST_TEST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  UniqueFd reading{ends[0]};
  const UniqueFd broken{ends[1]};
  reading.reset();
  const UniqueFd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  for (const int errors : {broken.get(), full.get()}) {
    for (const char* target : {"/a.txt", "/cgi-bin/x"}) {
      BOOST_TEST_CONTEXT(target) {
        Link link = make_link(Transport::ipv4);
        Start start;
        start.arguments = {tree.path()};
        start.standard = {link.server.get(), link.server.get(), errors};
        start.environment = base_environment();
        Process process{start};
        link.server.reset();
        send_all(link.client.get(), get(target));
        BOOST_TEST(parse_response(read_all(link.client.get())).body == "text");
        BOOST_TEST(process.wait() == 0);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(goes_to_syslog_where_descriptor_2_is_the_connection,
                     *precondition(as_root)) {
  Tree tree;
  tree.file("www/a.txt", "text").link("www/link", "/etc/passwd");
  tree.script("www/cgi-bin/x", "echo err >&2; printf 'A: b\\n\\nbody'");
  tree.script("www/cgi-bin/nph-x", "echo err >&2");
  const Syslog syslog{tree};
  const Launch launch{.root = "www",
                      .activation = Activation::xinetd,
                      .in_child = [&] { syslog.mount(); }};
  const auto messages_of = [&](const char* target) {
    const Outcome outcome = ask(tree, get(target), launch);
    BOOST_TEST_REQUIRE(outcome.exit_status == 0);
    return syslog.messages();
  };
  if (ask(tree, get("/a.txt"), launch).exit_status == Syslog::cannot) {
    BOOST_TEST_MESSAGE("skipped: no mount namespace can be made here");
    return;
  }
  auto messages = syslog.messages();
  BOOST_TEST_REQUIRE(messages.size() == 1U);
  BOOST_TEST(messages[0].starts_with("<30>"));  // daemon.info
  BOOST_TEST(parse_access_line(line_of_message(messages[0])).has_value(),
             messages[0]);

  messages = messages_of("/link");
  BOOST_TEST_REQUIRE(messages.size() == 2U);
  BOOST_TEST(messages[0].starts_with("<27>"));  // daemon.err
  BOOST_TEST(line_of_message(messages[0]).starts_with("127.0.0.1 GET /link"));

  messages = messages_of("/cgi-bin/x");
  BOOST_TEST_REQUIRE(messages.size() == 2U);
  BOOST_TEST(line_of_message(messages[0]) == "/cgi-bin/x: err");

  messages = messages_of("/cgi-bin/nph-x");
  BOOST_TEST_REQUIRE(messages.size() == 2U);
  BOOST_TEST(messages[1] == "err\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

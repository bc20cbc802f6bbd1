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

// A local socket as a daemon that takes lines has it: for one that connects, or
// for datagrams.
class Daemon {
 public:
  Daemon(const Tree& tree, std::string_view name, int type)
      : path_{tree.path(name)},
        socket_{::socket(AF_UNIX, type | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(static_cast<char*>(address.sun_path),
               sizeof address.sun_path - 1);
    // NOLINTNEXTLINE(*-reinterpret-cast): the sockets API
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    BOOST_TEST_REQUIRE(::bind(socket_.get(), generic, sizeof address) == 0);
    BOOST_TEST_REQUIRE(::chmod(path_.c_str(), 0666) == 0);
    if (type == SOCK_STREAM)
      BOOST_TEST_REQUIRE(::listen(socket_.get(), 1) == 0);
  }

  [[nodiscard]] const std::string& path() const { return path_; }

  // The datagrams that have come.
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

  // All that one sends who has connected.
  [[nodiscard]] std::string stream() const {
    const UniqueFd connection{
        ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    return read_all(connection.get());
  }

 private:
  std::string path_;
  UniqueFd socket_;
};

// How a child ends that cannot have mounts of its own.
constexpr int cannot_mount = 77;

// In a child: `folder` is an empty one of its own.
void mount_empty(const char* folder) {
  if (::unshare(CLONE_NEWNS) < 0 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0 ||
      ::mount("none", folder, "tmpfs", 0, "mode=755") < 0)
    ::_exit(cannot_mount);
}

// In a child: a /dev of its own, in which `syslog` is /dev/log.
void mount_syslog(const Daemon& syslog) {
  const dev_t null = makedev(1, 3);
  mount_empty("/dev");
  if (::mknod("/dev/null", S_IFCHR | 0666, null) < 0 ||
      ::chmod("/dev/null", 0666) < 0 ||
      ::symlink(syslog.path().c_str(), "/dev/log") < 0)
    ::_exit(cannot_mount);
}

// In a child: a /run of its own, in which these are the journal's.
void mount_journal(const Daemon& entries, const Daemon& streams) {
  mount_empty("/run");
  if (::mkdir("/run/systemd", 0755) < 0 ||
      ::mkdir("/run/systemd/journal", 0755) < 0 ||
      ::symlink(entries.path().c_str(), "/run/systemd/journal/socket") < 0 ||
      ::symlink(streams.path().c_str(), "/run/systemd/journal/stdout") < 0)
    ::_exit(cannot_mount);
}

assertion_result with_mounts(boost::unit_test::test_unit_id) {
  Tree tree;
  Start start;
  start.arguments = {"--version"};
  start.environment = base_environment();
  start.in_child = [] { mount_empty("/run"); };
  return needs(Process{start}.wait() != cannot_mount,
               "root that may mount what it likes");
}

// <27>Nov 22 18:00:00 cgihttpd[1]: LINE
std::string line_of_message(const std::string& message) {
  const std::size_t end = message.find("]: ");
  if (end == std::string::npos) return "";
  std::string line = message.substr(end + 3);
  if (line.ends_with('\n')) line.pop_back();  // musl's syslog(3) adds it
  return line;
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
                     *precondition(with_mounts)) {
  Tree tree;
  tree.file("www/a.txt", "text").link("www/link", "/etc/passwd");
  tree.script("www/cgi-bin/x", "echo err >&2; printf 'A: b\\n\\nbody'");
  tree.script("www/cgi-bin/nph-x", "echo err >&2");
  const Daemon syslog{tree, "log", SOCK_DGRAM};
  const Launch launch{.root = "www",
                      .activation = Activation::xinetd,
                      .in_child = [&] { mount_syslog(syslog); }};
  const auto messages_of = [&](const char* target) {
    const Outcome outcome = ask(tree, get(target), launch);
    BOOST_TEST_REQUIRE(outcome.exit_status == 0);
    return syslog.messages();
  };
  auto messages = messages_of("/a.txt");
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

BOOST_AUTO_TEST_CASE(goes_to_syslog_where_an_option_says_so,
                     *precondition(with_mounts)) {
  Tree tree;
  tree.file("www/a.txt", "text");
  const Daemon syslog{tree, "log", SOCK_DGRAM};
  const Outcome outcome =
      ask(tree, get("/a.txt"),
          {.options = {"--log=syslog"}, .root = "www", .in_child = [&] {
             mount_syslog(syslog);
           }});
  BOOST_TEST(outcome.response().body == "text");
  BOOST_TEST(outcome.lines.empty());
  const auto messages = syslog.messages();
  BOOST_TEST_REQUIRE(messages.size() == 1U);
  BOOST_TEST(parse_access_line(line_of_message(messages[0])).has_value(),
             messages[0]);
}

// Whether `line` is one of the lines of `entry`.
bool has_line(const std::string& entry, std::string_view line) {
  return std::ranges::count(lines_of(entry), line) == 1;
}

// A journal, and the program that logs to it whatever its descriptor 2 is.
class JournalStage {
 public:
  JournalStage() {
    tree_.file("www/a.txt", "text").link("www/link", "/etc/passwd");
    tree_.script("www/cgi-bin/x", "echo err >&2; printf 'A: b\\n\\nbody'");
    tree_.script("www/cgi-bin/nph-x", "echo '<7>err' >&2");
  }

  std::vector<std::string> entries_of(const std::string& request) {
    const Outcome outcome = ask(tree_, request, launch_);
    BOOST_TEST_REQUIRE(outcome.exit_status == 0);
    BOOST_TEST(outcome.lines.empty());
    return entries_.messages();
  }

  [[nodiscard]] std::string stream() const { return streams_.stream(); }

 private:
  Tree tree_;
  Daemon entries_{tree_, "socket", SOCK_DGRAM};
  Daemon streams_{tree_, "stdout", SOCK_STREAM};
  Launch launch_{.options = {"--log=journal"},
                 .root = "www",
                 .activation = Activation::xinetd,
                 .in_child = [&] { mount_journal(entries_, streams_); }};
};

BOOST_AUTO_TEST_CASE(goes_to_the_journal_with_fields,
                     *precondition(with_mounts) *
                         precondition(with_libsystemd)) {
  JournalStage stage;
  const auto entries = stage.entries_of(
      get("/a.txt?b", "Referer: http://c/\r\nUser-Agent: d/1\r\n"));
  BOOST_TEST_REQUIRE(entries.size() == 1U);
  const auto lines = lines_of(entries[0]);
  const std::string message = "MESSAGE=";
  BOOST_TEST_REQUIRE(lines.at(0).starts_with(message));
  const auto access = parse_access_line(lines[0].substr(message.size()));
  BOOST_TEST((access && access->request_line == "GET /a.txt?b HTTP/1.1"));
  for (const char* line :
       {"PRIORITY=5", "SYSLOG_IDENTIFIER=cgihttpd", "SYSLOG_FACILITY=3",
        "REMOTE_ADDR=127.0.0.1", "REQUEST_METHOD=GET", "REQUEST_URI=/a.txt?b",
        "SERVER_PROTOCOL=HTTP/1.1", "HTTP_STATUS=200", "HTTP_BYTES=4",
        "HTTP_REFERER=http://c/", "HTTP_USER_AGENT=d/1"})
    BOOST_TEST(has_line(entries[0], line), line);
}

BOOST_AUTO_TEST_CASE(has_printable_fields_for_any_octet,
                     *precondition(with_mounts) *
                         precondition(with_libsystemd)) {
  JournalStage stage;
  for (int octet = 0; octet < 256; ++octet) {
    BOOST_TEST_CONTEXT("octet " << octet) {
      const char c = static_cast<char>(octet);
      const auto entries = stage.entries_of(get(
          std::string{"/a"} + c, std::string{"User-Agent: a"} + c + "\r\n"));
      BOOST_TEST_REQUIRE(!entries.empty());
      BOOST_TEST(std::ranges::all_of(entries.back(), [](char each) {
        return each == '\n' || (each >= ' ' && each <= '~');
      }));
      for (const std::string& line : lines_of(entries.back()))
        BOOST_TEST(line.find('=') != std::string::npos, line);
    }
  }
}

BOOST_AUTO_TEST_CASE(has_errors_in_the_journal_too,
                     *precondition(with_mounts) *
                         precondition(with_libsystemd)) {
  JournalStage stage;
  auto entries = stage.entries_of(get("/cgi-bin/x"));
  BOOST_TEST_REQUIRE(entries.size() == 2U);
  BOOST_TEST(has_line(entries[0], "MESSAGE=/cgi-bin/x: err"));
  BOOST_TEST(has_line(entries[0], "PRIORITY=3"));
  BOOST_TEST(has_line(entries[1], "SCRIPT_NAME=/cgi-bin/x"));

  entries = stage.entries_of(get("/link"));
  BOOST_TEST_REQUIRE(entries.size() == 2U);
  BOOST_TEST(entries[0].starts_with("MESSAGE=127.0.0.1 GET /link"));

  entries = stage.entries_of(get("/cgi-bin/nph-x"));
  BOOST_TEST_REQUIRE(entries.size() == 1U);
  BOOST_TEST(entries[0].find("\nHTTP_BYTES=") == std::string::npos);
  // Identifier, unit, priority, level prefix, and where else it goes.
  BOOST_TEST(stage.stream() == "cgihttpd\n\n3\n0\n0\n0\n0\n<7>err\n");
}

BOOST_AUTO_TEST_CASE(is_lost_where_there_is_no_journal,
                     *precondition(with_mounts) *
                         precondition(with_libsystemd)) {
  Tree tree;
  tree.file("www/a.txt", "text");
  tree.script("www/cgi-bin/nph-x", "echo err >&2; echo text");
  const Launch launch{.options = {"--log=journal"},
                      .root = "www",
                      .activation = Activation::xinetd,
                      .in_child = [] { mount_empty("/run"); }};
  BOOST_TEST(ask(tree, get("/a.txt"), launch).response().body == "text");
  const Outcome outcome = ask(tree, get("/cgi-bin/nph-x"), launch);
  BOOST_TEST(outcome.octets == "text\n");
}

// A log in a folder that nobody else may look into, as root has it.
class FileStage {
 public:
  explicit FileStage(std::vector<std::string> options = {})
      : options_{std::move(options)} {
    tree_.file("www/a.txt", "text").link("www/link", "/etc/passwd");
    tree_.script("www/cgi-bin/x", "echo err >&2; printf 'A: b\\n\\nbody'");
    tree_.script("www/cgi-bin/nph-x", "echo err >&2; echo text");
    tree_.folder("log", 0700);
    options_.push_back("--log=" + path());
  }

  [[nodiscard]] std::string path() const { return tree_.path("log/access"); }

  [[nodiscard]] Outcome ask_for(const std::string& request,
                                Activation activation) const {
    return ask(tree_, request,
               {.options = options_, .root = "www", .activation = activation});
  }

  [[nodiscard]] std::vector<std::string> lines() const {
    return lines_of(read_file(path()));
  }

 private:
  Tree tree_;
  std::vector<std::string> options_;
};

BOOST_AUTO_TEST_CASE(goes_to_the_file_that_an_option_names) {
  for (const auto activation : {Activation::inetd, Activation::xinetd}) {
    const FileStage stage;
    BOOST_TEST(stage.ask_for(get("/a.txt"), activation).lines.empty());
    BOOST_TEST(stage.ask_for(get("/link"), activation).lines.empty());
    BOOST_TEST(stage.ask_for(get("/cgi-bin/x"), activation).lines.empty());
    const Outcome last = stage.ask_for(get("/cgi-bin/nph-x"), activation);
    BOOST_TEST(last.lines.empty());
    BOOST_TEST(last.octets == "text\n");
    const auto lines = stage.lines();
    BOOST_TEST_REQUIRE(lines.size() == 7U);
    for (const std::size_t i : {0U, 2U, 4U, 5U})
      BOOST_TEST(parse_access_line(lines[i]).has_value(), lines[i]);
    BOOST_TEST(lines[1].starts_with("cgihttpd: 127.0.0.1 GET /link"));
    BOOST_TEST(lines[3] == "cgihttpd: /cgi-bin/x: err");
    BOOST_TEST(lines[6] == "err");
  }
}

BOOST_AUTO_TEST_CASE(is_an_object_for_any_octet) {
  const FileStage stage{{"--log-format=json"}};
  for (int octet = 0; octet < 256; ++octet) {
    const char c = static_cast<char>(octet);
    static_cast<void>(stage.ask_for(
        get(std::string{"/a"} + c, std::string{"User-Agent: a"} + c + "\r\n"),
        Activation::inetd));
  }
  std::size_t answers = 0;
  for (const std::string& line : stage.lines()) {
    BOOST_TEST(line.starts_with(R"({"time":")"), line);
    BOOST_TEST(line.ends_with("}"), line);
    BOOST_TEST(std::ranges::all_of(
        line, [](char each) { return each >= ' ' && each <= '~'; }));
    if (line.find(R"(,"status":)") != std::string::npos) ++answers;
  }
  BOOST_TEST(answers == 256U);
}

// --- when nothing can be opened any more

// A site whose file becomes shorter while it is sent: the error, and the line
// of the request, come when the handler keeps to answering already.
class ShorteningStage {
 public:
  // What the program writes to standard error.
  std::vector<std::string> run(Launch launch) {
    tree_.file("www/large", std::string(std::size_t{16} << 20U, 'a'));
    launch.root = "www";
    launch.receive_buffer = 4096;
    Session session{tree_, launch};
    session.send(get("/large"));
    session.read_until("\r\n\r\n");
    BOOST_TEST_REQUIRE(::truncate(tree_.path("www/large").c_str(), 0) == 0);
    return session.finish().lines;
  }

  [[nodiscard]] const Tree& tree() const { return tree_; }

 private:
  Tree tree_;
};

void check_both_lines(const std::vector<std::string>& lines) {
  BOOST_TEST_REQUIRE(lines.size() == 2U);
  BOOST_TEST(lines[0].find("the file became shorter while it was sent") !=
                 std::string::npos,
             lines[0]);
  BOOST_TEST(lines[1].find("/large") != std::string::npos, lines[1]);
}

// The options of a site with scripts, and of one without, and `more`.
std::vector<std::vector<std::string>> both_kinds(
    const std::vector<std::string>& more) {
  std::vector<std::vector<std::string>> kinds{more, more};
  kinds.back().emplace_back("--no-cgi");
  return kinds;
}

BOOST_AUTO_TEST_CASE(has_its_lines_once_nothing_can_be_opened) {
  for (const char* format : {"--log-format=combined", "--log-format=json"}) {
    for (const auto& options : both_kinds({format})) {
      ShorteningStage stage;
      check_both_lines(stage.run({.options = options}));
    }
    ShorteningStage stage;
    const std::string path = stage.tree().path("log");
    for (const auto& options : both_kinds({format, "--log=" + path})) {
      BOOST_TEST(stage.run({.options = options}).empty());
      check_both_lines(lines_of(read_file(path)));
      BOOST_TEST(::unlink(path.c_str()) == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(reaches_syslog_once_nothing_can_be_opened,
                     *precondition(with_mounts)) {
  ShorteningStage stage;
  const Daemon syslog{stage.tree(), "log", SOCK_DGRAM};
  for (const auto& options : both_kinds({"--log=syslog"})) {
    const auto mount = [&] { mount_syslog(syslog); };
    BOOST_TEST(stage.run({.options = options, .in_child = mount}).empty());
    check_both_lines(syslog.messages());
  }
}

BOOST_AUTO_TEST_CASE(reaches_the_journal_once_nothing_can_be_opened,
                     *precondition(with_mounts) *
                         precondition(with_libsystemd)) {
  ShorteningStage stage;
  const Daemon entries{stage.tree(), "socket", SOCK_DGRAM};
  const Daemon streams{stage.tree(), "stdout", SOCK_STREAM};
  for (const auto& options : both_kinds({"--log=journal"})) {
    const auto mount = [&] { mount_journal(entries, streams); };
    BOOST_TEST(stage.run({.options = options, .in_child = mount}).empty());
    check_both_lines(entries.messages());
  }
}

BOOST_AUTO_TEST_CASE(tells_of_a_path_that_can_be_no_file) {
  Tree tree;
  tree.file("a.txt", "text");
  const std::string option = "--log=" + tree.path("none/log");
  const Outcome outcome = ask(tree, get("/a.txt"), {.options = {option}});
  BOOST_TEST(outcome.exit_status == 78);
  BOOST_TEST(outcome.octets.empty());
  BOOST_TEST_REQUIRE(outcome.lines.size() == 1U);
  BOOST_TEST(outcome.lines[0].starts_with("cgihttpd: " + option + ": "));
}

BOOST_AUTO_TEST_CASE(goes_on_where_its_file_cannot_be_opened,
                     *precondition(as_user)) {
  Tree tree;
  tree.file("www/a.txt", "text").file("log", "", 0400);
  const Outcome outcome =
      ask(tree, get("/a.txt"),
          {.options = {"--log=" + tree.path("log")}, .root = "www"});
  BOOST_TEST(outcome.response().body == "text");
  BOOST_TEST(outcome.reports().size() == 1U);
  BOOST_TEST(outcome.access().status == 200);
}

BOOST_AUTO_TEST_CASE(is_of_errors_alone_where_an_option_says_so) {
  Tree tree;
  tree.file("a.txt", "text").link("link", "/etc/passwd");
  const Launch launch{.options = {"--log=none"}};
  BOOST_TEST(ask(tree, get("/a.txt"), launch).lines.empty());
  const Outcome outcome = ask(tree, get("/link"), launch);
  BOOST_TEST_REQUIRE(outcome.lines.size() == 1U);
  BOOST_TEST(outcome.lines[0].starts_with("cgihttpd: 127.0.0.1 GET /link"));
}

BOOST_AUTO_TEST_CASE(never_goes_to_the_client) {
  Tree tree;
  tree.file("a.txt", "text");
  const Outcome outcome =
      ask(tree, get("/a.txt"),
          {.options = {"--log=stderr"}, .activation = Activation::xinetd});
  BOOST_TEST(outcome.exit_status == 78);
  BOOST_TEST(outcome.octets.empty());
}

BOOST_AUTO_TEST_CASE(needs_libsystemd_for_the_journal,
                     *precondition(without_libsystemd)) {
  Tree tree;
  const Outcome outcome = ask(tree, get("/"), {.options = {"--log=journal"}});
  BOOST_TEST(outcome.exit_status == 78);
  BOOST_TEST_REQUIRE(outcome.lines.size() == 1U);
  BOOST_TEST(outcome.lines[0].starts_with("cgihttpd: --log=journal, "));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

// test_output_pump.cc - What a script says becomes an answer that is framed
// right, and one that is cut short looks so.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "fixtures.h"
#include "output_pump.h"
#include "refusal.h"
#include "text.h"

namespace cgihttpd::test {

namespace {

using namespace std::chrono_literals;
using Waiting = OutputPump::Waiting;

// A request, as far as it matters here.
struct Asked {
  const char* method;
  int minor_version;
};
constexpr Asked get_1_1{"GET", 1};
constexpr Asked get_1_0{"GET", 0};
constexpr Asked head_1_1{"HEAD", 1};
constexpr Asked head_1_0{"HEAD", 0};

// A script's end of a pipe, a pump, and a client.
class Stage {
 public:
  explicit Stage(const Asked& asked = get_1_1,
                 SocketPair pair = make_socket_pair(),
                 std::chrono::milliseconds max_gathering = 0ms)
      : wire_{std::move(pair)} {
    request_.method = asked.method;
    request_.minor_version = asked.minor_version;
    connection_.set_blocking(Blocking::no);
    pump_.emplace(std::move(pipe_.reading), connection_, request_,
                  CommonFields{.server = "server", .added = {}}, max_gathering);
  }

  void script_says(std::string_view output) const {
    write_all(pipe_.writing.get(), output);
  }
  void script_closes() { pipe_.writing.reset(); }
  // The script's end holds `count` octets or more.
  void enlarge_pipe(int count) const {
    BOOST_REQUIRE(::fcntl(pipe_.writing.get(), F_SETPIPE_SZ, count) >= count);
  }
  [[nodiscard]] int script_end() const { return pipe_.writing.get(); }

  [[nodiscard]] OutputPump& pump() { return *pump_; }
  [[nodiscard]] Wire& wire() { return wire_; }

  // What the client has got meanwhile, without the fields that each answer of
  // ours has.
  [[nodiscard]] std::string received() const {
    const std::string bytes = read_available(wire_.client());
    std::string answer;
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::size_t size = rest.size();
      const std::string_view line = take_line(rest);
      if (line.starts_with("Date: ") || line == "Server: server\r" ||
          line == "Connection: close\r")
        continue;
      answer.append(line);
      if (line.size() < size) answer += '\n';
    }
    return answer;
  }

 private:
  Wire wire_;
  Request request_;
  Connection connection_{ConnectionKind::socket, 60s};
  Pipe pipe_ = make_pipe();
  std::optional<OutputPump> pump_;
};

enum class Truncated { no, yes };

void check_is_done(Stage& stage, Truncated truncated, std::size_t body_octets) {
  BOOST_TEST(stage.pump().is_done());
  BOOST_TEST((stage.pump().waiting() == Waiting::for_nothing));
  BOOST_TEST(stage.pump().is_truncated() == (truncated == Truncated::yes));
  BOOST_TEST(stage.pump().body_octets() == body_octets);
  BOOST_TEST(is_at_end(stage.wire().client()));
}

// The body of a chunked answer; ends with "..." where the last chunk is not
// there or something is wrong.
std::string unchunked(std::string_view text) {
  std::string body;
  for (;;) {
    const std::size_t end = text.find("\r\n");
    const auto size = parse_number<std::size_t>(text.substr(0, end), 16);
    if (end == std::string_view::npos || !size) return body + "...";
    text.remove_prefix(end + 2);
    if (*size == 0) return text == "\r\n" ? body : body + "...";
    if (text.size() < *size + 2 || text.substr(*size, 2) != "\r\n")
      return body + "...";
    body.append(text.substr(0, *size));
    text.remove_prefix(*size + 2);
  }
}

std::string body_of(std::string_view answer) {
  return std::string{answer.substr(answer.find("\r\n\r\n") + 4)};
}

std::string numbers(std::size_t size) {
  std::string text;
  while (text.size() < size)
    text += std::to_string(text.size()) + '\n';
  text.resize(size);
  return text;
}

auto is_bad_gateway(std::string_view words) {
  return [words](const HttpError& error) {
    return error.status() == Status::bad_gateway &&
           std::string_view{error.what()}.find(words) != std::string_view::npos;
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(output_pump)

// --- framing

namespace {

struct WholeRow {
  const char* why;
  Asked asked;
  Writer writer;
  const char* output;
  const char* expected;
  std::size_t body_octets;
  Truncated truncated;
};
constexpr auto ended = Writer::ended;
constexpr auto killed = Writer::killed;
constexpr auto whole = Truncated::no;
constexpr auto cut = Truncated::yes;
constexpr std::array whole_rows{
    WholeRow{"its length is counted", get_1_1, ended, "A: b\n\nhello",
             "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\nhello", 5,
             whole},
    WholeRow{"for 1.0, too", get_1_0, ended, "A: b\n\nhello",
             "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\nhello", 5,
             whole},
    WholeRow{"an empty body", get_1_1, ended, "A: b\n\n",
             "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 0\r\n\r\n", 0, whole},
    WholeRow{
        "lines with CR", get_1_1, ended, "A: b\r\nC: d\r\n\r\nx\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\nContent-Length: 3\r\n\r\nx\r\n", 3,
        whole},
    WholeRow{"the script's own length", get_1_1, ended,
             "Content-Length: 5\n\nhello",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 5, whole},
    WholeRow{"its length is 0", get_1_1, ended, "Content-Length: 0\n\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, whole},
    WholeRow{"it says more than its length", get_1_1, ended,
             "Content-Length: 4\n\nhello, world",
             "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhell", 4, whole},
    WholeRow{"it says more than nothing", get_1_1, ended,
             "Content-Length: 0\n\nhello",
             "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, whole},
    WholeRow{"it says less than its length", get_1_1, ended,
             "Content-Length: 6\n\nhello",
             "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", 5, cut},
    WholeRow{"it says nothing of its length", get_1_1, ended,
             "Content-Length: 6\n\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", 0, cut},

    WholeRow{"killed: no last chunk", get_1_1, killed, "A: b\n\nhello",
             "HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n"
             "5\r\nhello",
             5, cut},
    WholeRow{"killed: no chunk at all", get_1_1, killed, "A: b\n\n",
             "HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n", 0,
             cut},
    WholeRow{"killed, for 1.0", get_1_0, killed, "A: b\n\nhello",
             "HTTP/1.1 200 OK\r\nA: b\r\n\r\nhello", 5, cut},
    WholeRow{"killed after it had said all", get_1_1, killed,
             "Content-Length: 5\n\nhello",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 5, whole},
    WholeRow{"killed before", get_1_1, killed, "Content-Length: 6\n\nhello",
             "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", 5, cut},

    WholeRow{"HEAD", head_1_1, ended, "A: b\n\nhello",
             "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", 0, whole},
    WholeRow{"HEAD of 1.0", head_1_0, ended, "A: b\n\nhello",
             "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", 0, whole},
    WholeRow{"HEAD with a length", head_1_1, ended,
             "Content-Length: 5\n\nhello",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 0, whole},
    WholeRow{"HEAD with a length and no body", head_1_1, ended,
             "Content-Length: 5\n\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 0, whole},
    WholeRow{"HEAD, killed", head_1_1, killed, "A: b\n\nhello",
             "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", 0, whole},
    WholeRow{"204", get_1_1, ended, "Status: 204\n\nhello",
             "HTTP/1.1 204 No Content\r\n\r\n", 0, whole},
    WholeRow{"RFC 9110 15.3.6: 205 has no content", get_1_1, ended,
             "Status: 205\n\nhello",
             "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", 0,
             whole},
    WholeRow{"204 has no length", get_1_1, ended,
             "Status: 204\nContent-Length: 5\n\nhello",
             "HTTP/1.1 204 No Content\r\n\r\n", 0, whole},
    WholeRow{"304", get_1_1, ended,
             "Status: 304 Nothing New\nETag: \"x\"\n\nhi",
             "HTTP/1.1 304 Nothing New\r\nETag: \"x\"\r\n\r\n", 0, whole},
    WholeRow{"304, killed", get_1_1, killed, "Status: 304\n\n",
             "HTTP/1.1 304 Not Modified\r\n\r\n", 0, whole},

    WholeRow{"a status", get_1_1, ended, "Status: 404 Not Here\n\nno",
             "HTTP/1.1 404 Not Here\r\nContent-Length: 2\r\n\r\nno", 2, whole},
    WholeRow{"a status of which nobody knows the phrase", get_1_1, ended,
             "Status: 599\n\n", "HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n", 0,
             whole},
    WholeRow{"a redirect", get_1_1, ended, "Location: http://a/\n\n",
             "HTTP/1.1 302 Found\r\nLocation: http://a/\r\n"
             "Content-Length: 0\r\n\r\n",
             0, whole},
    WholeRow{"what is the server's business", get_1_1, ended,
             "Transfer-Encoding: chunked\nConnection: keep-alive\nDate: now\n"
             "Server: mine\nA: b\n\nhi",
             "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\nhi", 2,
             whole},
    WholeRow{"a body that looks like a header", get_1_1, ended,
             "A: b\n\nStatus: 404\n\n",
             "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 13\r\n\r\n"
             "Status: 404\n\n",
             13, whole},
};

}  // namespace

BOOST_AUTO_TEST_CASE(output_that_is_whole_is_framed) {
  for (const WholeRow& row : whole_rows) {
    BOOST_TEST_CONTEXT(row.why) {
      Stage stage{row.asked};
      stage.script_says(row.output);
      stage.script_closes();
      stage.pump().step(row.writer, Clock::now());
      BOOST_TEST(stage.received() == row.expected);
      check_is_done(stage, row.truncated, row.body_octets);
    }
  }
}

namespace {

struct PartsRow {
  const char* why;
  Asked asked;
  Writer writer;
  std::vector<const char*> parts;  // the client gets each before the next
  std::vector<const char*> expected;
  const char* end;
  std::size_t body_octets;
  Truncated truncated;
};
const char* const chunked_head =
    "HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::array parts_rows{
    PartsRow{"chunked to 1.1",
             get_1_1,
             Writer::ended,
             {"A: b\n\n", "hello", "0123456789abcdef"},
             {chunked_head, "5\r\nhello", "\r\n10\r\n0123456789abcdef"},
             "\r\n0\r\n\r\n",
             21,
             Truncated::no},
    PartsRow{"the first part with the head",
             get_1_1,
             Writer::ended,
             {"A: b\n\nhello"},
             {"HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n"
              "5\r\nhello"},
             "\r\n0\r\n\r\n",
             5,
             Truncated::no},
    PartsRow{"no body comes",
             get_1_1,
             Writer::ended,
             {"A: b\n\n"},
             {chunked_head},
             "0\r\n\r\n",
             0,
             Truncated::no},
    PartsRow{"killed, there is no last chunk",
             get_1_1,
             Writer::killed,
             {"A: b\n\n", "hello"},
             {chunked_head, "5\r\nhello"},
             "",
             5,
             Truncated::yes},
    PartsRow{"the head comes in parts",
             get_1_1,
             Writer::ended,
             {"A: ", "b\n", "\n"},
             {"", "", chunked_head},
             "0\r\n\r\n",
             0,
             Truncated::no},
    PartsRow{"until the end to 1.0",
             get_1_0,
             Writer::ended,
             {"A: b\n\n", "hello", " world"},
             {"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "hello", " world"},
             "",
             11,
             Truncated::no},
    PartsRow{"killed, to 1.0",
             get_1_0,
             Writer::killed,
             {"A: b\n\nhello"},
             {"HTTP/1.1 200 OK\r\nA: b\r\n\r\nhello"},
             "",
             5,
             Truncated::yes},
    PartsRow{
        "the script's own length",
        get_1_1,
        Writer::ended,
        {"Content-Length: 10\n\n", "hello", "world"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "hello", "world"},
        "",
        10,
        Truncated::no},
    PartsRow{
        "more than its length",
        get_1_1,
        Writer::ended,
        {"Content-Length: 7\n\n", "hello", "world", "!"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "hello", "wo", ""},
        "",
        7,
        Truncated::no},
    PartsRow{"less than its length",
             get_1_1,
             Writer::ended,
             {"Content-Length: 7\n\n", "hello"},
             {"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "hello"},
             "",
             5,
             Truncated::yes},
    PartsRow{"HEAD",
             head_1_1,
             Writer::ended,
             {"A: b\n\n", "hello", "world"},
             {"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "", ""},
             "",
             0,
             Truncated::no},
};

}  // namespace

BOOST_AUTO_TEST_CASE(output_that_comes_in_parts_is_framed) {
  for (const PartsRow& row : parts_rows) {
    BOOST_TEST_CONTEXT(row.why) {
      Stage stage{row.asked};
      for (std::size_t i = 0; i < row.parts.size(); ++i) {
        stage.script_says(row.parts[i]);
        stage.pump().step(Writer::running, Clock::now());
        BOOST_TEST(stage.received() == row.expected[i]);
        BOOST_TEST((stage.pump().waiting() == Waiting::for_script));
        BOOST_TEST(!stage.pump().is_done());
      }
      stage.script_closes();
      stage.pump().step(row.writer, Clock::now());
      BOOST_TEST(stage.received() == row.end);
      check_is_done(stage, row.truncated, row.body_octets);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_answer_begins_with_the_head) {
  Stage stage;
  BOOST_TEST(!stage.pump().has_begun());
  stage.script_says("Status: 201\nA: b\n");
  stage.pump().step(Writer::running, Clock::now());
  BOOST_TEST(!stage.pump().has_begun());
  stage.script_says("\n");
  stage.pump().step(Writer::running, Clock::now());
  BOOST_TEST(stage.pump().has_begun());
  BOOST_TEST(static_cast<int>(stage.pump().status()) == 201);
  BOOST_TEST(stage.received().starts_with("HTTP/1.1 201 Created\r\n"));
}

BOOST_AUTO_TEST_CASE(each_answer_has_the_server_s_own_fields) {
  Stage stage;
  stage.script_says("A: b\n\n");
  stage.script_closes();
  stage.pump().step(Writer::ended, Clock::now());
  const std::string answer = read_available(stage.wire().client());
  BOOST_TEST((answer.find("\r\nDate: ") != std::string::npos));
  BOOST_TEST((answer.find("\r\nServer: server\r\n") != std::string::npos));
  BOOST_TEST((answer.find("\r\nConnection: close\r\n") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(a_script_that_ends_soon_gets_a_length) {
  Stage stage{get_1_1, make_socket_pair(), 1h};
  stage.script_says("A: b\n\nhel");
  stage.pump().step(Writer::running, Clock::now());
  BOOST_TEST(!stage.pump().has_begun());
  BOOST_TEST((stage.pump().waiting() == Waiting::for_script));
  BOOST_TEST((stage.pump().deadline() > Clock::now()));
  stage.script_says("lo");
  stage.pump().step(Writer::running, Clock::now());
  BOOST_TEST(!stage.pump().has_begun());
  stage.script_closes();
  stage.pump().step(Writer::ended, Clock::now());
  BOOST_TEST(stage.received() ==
             "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\nhello");
  check_is_done(stage, Truncated::no, 5);
}

BOOST_AUTO_TEST_CASE(a_script_that_goes_on_is_not_waited_for) {
  Stage stage{get_1_1, make_socket_pair(), 1ms};
  stage.script_says("A: b\n\nhello");
  stage.pump().step(Writer::running, Clock::now());
  while (stage.pump().deadline()) {
    static_cast<void>(wait_for_any({}, stage.pump().deadline()));
    stage.pump().step(Writer::running, Clock::now());
  }
  BOOST_TEST((stage.received().find("chunked") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(what_fills_the_buffer_is_not_waited_for) {
  Stage stage{get_1_1, make_socket_pair(), 1h};
  stage.enlarge_pipe(262'144);
  stage.script_says("A: b\n\n" + numbers(100'000));
  stage.pump().step(Writer::running, Clock::now());
  BOOST_TEST(stage.pump().has_begun());
}

// --- output that is no answer

BOOST_AUTO_TEST_CASE(output_that_is_no_answer_is_a_bad_gateway) {
  struct Row {
    const char* why;
    Writer writer;
    std::string output;
    const char* words;
  };
  const std::array rows{
      Row{"nothing", Writer::ended, "", "no output"},
      Row{"nothing, killed", Writer::killed, "", "no output"},
      Row{"no empty line", Writer::ended, "A: b\n", "has no end"},
      Row{"half a line", Writer::killed, "Content-Ty", "has no end"},
      Row{"only an empty line", Writer::ended, "\nhello", "no field"},
      Row{"HTML at once", Writer::ended, "<html>\n<p>hello\n\n</html>\n",
          "without colon"},
      Row{"an error message", Writer::ended,
          "Traceback (most recent call last):\n  File \"x\"\n\n",
          "malformed field name"},
      Row{"a strange name", Writer::ended, "Set Cookie: x\n\n",
          "malformed field name"},
      Row{"a control character", Writer::ended, "A: b\x01\n\n",
          "control character"},
      Row{"a NUL", Writer::ended, std::string{"A: b\0c\n\n", 8},
          "control character"},
      Row{"a status that is none", Writer::ended, "Status: OK\n\n",
          "malformed Status"},
      Row{"a status that is no final one", Writer::ended, "Status: 100\n\n",
          "malformed Status"},
      Row{"two lengths", Writer::ended,
          "Content-Length: 1\nContent-Length: 2\n\n",
          "malformed Content-Length"},
      Row{"a status line", Writer::ended, "HTTP/1.1 200 OK\nA: b\n\n",
          "without colon"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      Stage stage;
      stage.script_says(row.output);
      stage.script_closes();
      BOOST_CHECK_EXCEPTION(stage.pump().step(row.writer, Clock::now()),
                            HttpError, is_bad_gateway(row.words));
      BOOST_TEST(!stage.pump().has_begun());
      BOOST_TEST(stage.received().empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_head_may_not_be_too_large) {
  constexpr int pipe_size = 262'144;
  for (const std::size_t size :
       {max_cgi_head_octets - 1, max_cgi_head_octets, max_cgi_head_octets + 1,
        2 * max_cgi_head_octets}) {
    BOOST_TEST_CONTEXT(size << " octets") {
      Stage stage;
      stage.enlarge_pipe(pipe_size);
      stage.script_says("A: " + std::string(size - 5, 'x') + "\n\n" + "body");
      stage.script_closes();
      if (size <= max_cgi_head_octets) {
        BOOST_CHECK_NO_THROW(stage.pump().step(Writer::ended, Clock::now()));
        BOOST_TEST(stage.pump().has_begun());
      } else {
        BOOST_CHECK_THROW(stage.pump().step(Writer::ended, Clock::now()),
                          HttpError);
        BOOST_TEST(!stage.pump().has_begun());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_head_without_end_is_refused_while_the_script_writes) {
  Stage stage;
  const std::string part(1000, 'x');
  const auto say_much = [&] {
    for (std::size_t size = 0; size <= 2 * max_cgi_head_octets;
         size += part.size()) {
      stage.script_says(part);
      stage.pump().step(Writer::running, Clock::now());
    }
  };
  BOOST_CHECK_EXCEPTION(say_much(), HttpError, is_bad_gateway("too large"));
}

// --- the end of the script

BOOST_AUTO_TEST_CASE(the_end_of_output_waits_a_moment_for_the_end_of_it_all) {
  struct Row {
    Writer writer;
    const char* expected;
  };
  static constexpr std::array rows{
      Row{Writer::ended,
          "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\nhello"},
      Row{Writer::killed,
          "HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n"
          "5\r\nhello"},
  };
  for (const Row& row : rows) {
    Stage stage;
    stage.script_says("A: b\n\nhello");
    stage.script_closes();
    stage.pump().step(Writer::running, Clock::now());
    BOOST_TEST((stage.pump().waiting() == Waiting::for_end));
    BOOST_TEST((stage.pump().deadline() > Clock::now() - 10s));
    BOOST_TEST((stage.pump().deadline() < Clock::now() + 1s));
    BOOST_TEST(stage.received().empty());
    stage.pump().step(row.writer, Clock::now());
    BOOST_TEST(stage.received() == row.expected);
    BOOST_TEST(stage.pump().is_done());
  }
}

BOOST_AUTO_TEST_CASE(output_that_is_no_answer_waits_for_the_end_as_well) {
  for (const char* output : {"", "Content-Ty", "A: b\n"}) {
    Stage stage;
    stage.script_says(output);
    stage.script_closes();
    stage.pump().step(Writer::running, Clock::now());
    BOOST_TEST((stage.pump().waiting() == Waiting::for_end));
    BOOST_CHECK_EXCEPTION(stage.pump().step(Writer::killed, Clock::now()),
                          HttpError, is_bad_gateway(""));
  }
}

BOOST_AUTO_TEST_CASE(the_last_chunk_waits_a_moment_for_the_end_of_it_all) {
  for (const Writer writer : {Writer::ended, Writer::killed}) {
    Stage stage;
    stage.script_says("A: b\n\nhello");
    stage.pump().step(Writer::running, Clock::now());
    BOOST_TEST(stage.received().ends_with("5\r\nhello"));
    stage.script_closes();
    stage.pump().step(Writer::running, Clock::now());
    BOOST_TEST((stage.pump().waiting() == Waiting::for_end));
    BOOST_TEST(stage.received().empty());
    stage.pump().step(writer, Clock::now());
    BOOST_TEST(stage.received() ==
               (writer == Writer::killed ? "" : "\r\n0\r\n\r\n"));
    BOOST_TEST(stage.pump().is_done());
  }
}

BOOST_AUTO_TEST_CASE(a_script_that_works_on_does_not_hold_up_its_answer) {
  Stage gathered;
  gathered.script_says("A: b\n\nhello");
  gathered.script_closes();
  gathered.pump().step(Writer::running, Clock::now());
  BOOST_REQUIRE((gathered.pump().waiting() == Waiting::for_end));
  static_cast<void>(wait_for_any({}, gathered.pump().deadline()));
  gathered.pump().step(Writer::running, Clock::now());
  BOOST_TEST(gathered.received() ==
             "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\nhello");
  BOOST_TEST(is_at_end(gathered.wire().client()));
  BOOST_TEST(gathered.pump().is_done());
}

BOOST_AUTO_TEST_CASE(a_child_that_keeps_the_output_open_is_not_waited_for) {
  Stage stage;  // which keeps it
  stage.script_says("A: b\n\nhello");
  stage.pump().step(Writer::ended, Clock::now());
  BOOST_TEST(stage.received() ==
             "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\nhello");
  check_is_done(stage, Truncated::no, 5);
}

BOOST_AUTO_TEST_CASE(the_client_sees_the_end_while_the_script_runs_on) {
  for (const Asked& asked : {get_1_1, head_1_1}) {
    Stage stage{asked};
    stage.script_says("Content-Length: 5\n\nhello");
    stage.pump().step(Writer::running, Clock::now());
    BOOST_TEST(
        (stage.received().find("Content-Length: 5") != std::string::npos));
    BOOST_TEST(is_at_end(stage.wire().client()));
    BOOST_TEST(!stage.pump().is_done());
    BOOST_TEST(!stage.pump().is_awaited());
    BOOST_TEST((stage.pump().waiting() == Waiting::for_script));
    stage.script_says("more");
    stage.pump().step(Writer::running, Clock::now());
    BOOST_TEST((stage.pump().waiting() == Waiting::for_script),
               "what nobody needs is dropped");
    stage.script_closes();
    stage.pump().step(Writer::running, Clock::now());
    BOOST_TEST(stage.pump().is_done());
  }
}

// --- much output

namespace {

// The script says all of `output` as fast as it can, the client reads slowly;
// returns all that it got.
std::string relay(Stage& stage, std::string_view output) {
  std::string answer;
  if (!output.empty()) set_blocking(stage.script_end(), Blocking::no);
  const Deadline deadline = soon();
  std::uint64_t counted = 0;
  while (!stage.pump().is_done()) {
    BOOST_REQUIRE((Clock::now() < deadline));
    if (!output.empty()) {
      const auto count = try_write(stage.script_end(), output);
      output.remove_prefix(count.value_or(0));
      if (output.empty()) stage.script_closes();
    }
    stage.pump().step(output.empty() ? Writer::ended : Writer::running,
                      Clock::now());
    BOOST_TEST_REQUIRE(stage.pump().body_octets() >= counted);
    counted = stage.pump().body_octets();
    if (stage.pump().waiting() == Waiting::for_client)
      answer += stage.received();
  }
  return answer + stage.received();
}

}  // namespace

BOOST_AUTO_TEST_CASE(much_output_is_counted_or_chunked) {
  constexpr int pipe_size = 262'144;
  constexpr std::size_t gathered = 65'536;
  const std::string head = "A: b\n\n";
  for (const std::size_t size :
       {gathered - head.size() - 1, gathered - head.size(), gathered,
        3 * gathered}) {
    BOOST_TEST_CONTEXT(size << " octets") {
      const std::string body = numbers(size);
      Stage stage;
      stage.enlarge_pipe(pipe_size);
      stage.script_says(head + body);
      stage.script_closes();
      const std::string answer = relay(stage, "");
      const bool is_counted = head.size() + size < gathered;
      BOOST_TEST((answer.find("Content-Length: ") != std::string::npos) ==
                 is_counted);
      BOOST_TEST(((is_counted ? body_of(answer) : unchunked(body_of(answer))) ==
                  body));
      check_is_done(stage, Truncated::no, size);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_slow_client_gets_it_all) {
  const std::string body = numbers(1'000'000);
  const std::string length =
      "Content-Length: " + std::to_string(body.size()) + "\n";
  struct Row {
    const char* why;
    Asked asked;
    std::string head;
  };
  const std::array rows{
      Row{"chunked", get_1_1, "A: b\n\n"},
      Row{"until the end", get_1_0, "A: b\n\n"},
      Row{"with a length", get_1_1, length + "\n"},
      Row{"with a length, 1.0", get_1_0, length + "\n"},
  };
  for (const Row& row : rows) {
    SocketPair pair = make_socket_pair();
    shrink_send_buffer(pair.ours.get());
    Stage stage{row.asked, std::move(pair)};
    const std::string answer = relay(stage, row.head + body);
    const bool is_chunked =
        answer.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos;
    BOOST_TEST_CONTEXT(row.why) {
      BOOST_TEST(((is_chunked ? unchunked(body_of(answer)) : body_of(answer)) ==
                  body));
      check_is_done(stage, Truncated::no, body.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_fast_script_keeps_us_from_nothing_else) {
  constexpr int pipe_size = 1'048'576;
  for (const Asked& asked : {head_1_1, get_1_1}) {
    Stage stage{asked};
    stage.enlarge_pipe(pipe_size);
    set_blocking(stage.script_end(), Blocking::no);
    stage.script_says("A: b\n\n");
    stage.pump().step(Writer::running, Clock::now());
    while (try_write(stage.script_end(), numbers(4096)).value_or(0) > 0) {
    }
    stage.pump().step(Writer::running, Clock::now());
    BOOST_TEST(readable_bytes(stage.pump().pipe()) > 0U);
    BOOST_TEST((stage.pump().waiting() == (asked.method == get_1_1.method
                                               ? Waiting::for_client
                                               : Waiting::for_script)));
    stage.script_closes();
    static_cast<void>(relay(stage, ""));
    BOOST_TEST(stage.pump().is_done());
  }
}

BOOST_AUTO_TEST_CASE(what_is_beyond_the_length_is_not_sent) {
  SocketPair pair = make_socket_pair();
  shrink_send_buffer(pair.ours.get());
  Stage stage{get_1_1, std::move(pair)};
  const std::string body = numbers(300'000);
  const std::string answer =
      relay(stage, "Content-Length: 300000\n\n" + body + numbers(200'000));
  BOOST_TEST((body_of(answer) == body));
  check_is_done(stage, Truncated::no, body.size());
}

BOOST_AUTO_TEST_CASE(what_the_client_has_not_got_is_not_counted) {
  SocketPair pair = make_socket_pair();
  shrink_send_buffer(pair.ours.get());
  Stage stage{get_1_0, std::move(pair)};
  stage.script_says("A: b\n\n" + std::string(60'000, 'x'));
  stage.pump().step(Writer::running, Clock::now());
  BOOST_TEST((stage.pump().waiting() == Waiting::for_client));
  BOOST_TEST(stage.pump().body_octets() == body_of(stage.received()).size());
}

// --- a client that is gone

BOOST_AUTO_TEST_CASE(a_client_that_is_gone_is_an_error) {
  const auto is_gone = [](const std::system_error& error) {
    return error.code().value() == EPIPE || error.code().value() == ECONNRESET;
  };
  Stage at_once;
  at_once.wire().close_client();
  at_once.script_says("A: b\n\nhello");
  BOOST_CHECK_EXCEPTION(at_once.pump().step(Writer::running, Clock::now()),
                        std::system_error, is_gone);

  Stage later;
  later.script_says("A: b\n\nhello");
  later.pump().step(Writer::running, Clock::now());
  later.wire().close_client();
  later.script_says("world");
  BOOST_CHECK_EXCEPTION(later.pump().step(Writer::running, Clock::now()),
                        std::system_error, is_gone);
}

// --- after the answer

BOOST_AUTO_TEST_CASE(a_script_may_write_on_for_a_while) {
  for (const char* head : {"A: b\n\n", "Location: /a\n\n"}) {
    Stage stage{head_1_1};
    const Deadline start = Clock::now();
    stage.script_says(head);
    stage.pump().step(Writer::running, start);
    stage.script_says("more");
    stage.pump().step(Writer::running, start + 29s);
    BOOST_TEST(!stage.pump().is_overlong());
    BOOST_TEST(readable_bytes(stage.pump().pipe()) == 0U);
    stage.pump().step(Writer::running, start + 1h);  // which said nothing
    BOOST_TEST(!stage.pump().is_overlong());
    stage.script_says("more");
    stage.pump().step(Writer::running, start + 1h);
    BOOST_TEST(stage.pump().is_overlong());
  }
}

// A child of the script may keep the pipe open: no event would come.
BOOST_AUTO_TEST_CASE(a_step_that_was_the_last_of_many_is_not_waited_after) {
  constexpr std::size_t many = std::size_t{32} * 16384;
  Stage stage{head_1_1};
  stage.enlarge_pipe(2 * many);
  stage.script_says("A: b\n\n");
  stage.pump().step(Writer::running, Clock::now());
  stage.script_says(std::string(many, 'x'));
  const Deadline now = Clock::now();
  stage.pump().step(Writer::ended, now);
  BOOST_TEST(!stage.pump().is_done());
  BOOST_TEST_REQUIRE(stage.pump().deadline().has_value());
  BOOST_TEST((*stage.pump().deadline() <= now));
  stage.pump().step(Writer::ended, now);
  BOOST_TEST(stage.pump().is_done());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

// test_cgi_body.cc - The body of a request as a script reads it.

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>

#include "program.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

constexpr std::size_t mebibyte = 1U << 20U;

// Answers with what it reads, to the end.
constexpr const char* echo = "printf 'A: b\\n\\n'; exec cat";

std::string post_head(std::string_view target, std::size_t length,
                      std::string_view fields = {}) {
  return std::string{"POST "}
      .append(target)
      .append(" HTTP/1.1\r\nHost: h\r\nContent-Length: ")
      .append(std::to_string(length))
      .append("\r\n")
      .append(fields)
      .append("\r\n");
}

std::string chunked_head(std::string_view target,
                         std::string_view fields = {}) {
  return std::string{"POST "}
      .append(target)
      .append(" HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n")
      .append(fields)
      .append("\r\n");
}

// A body in chunks of at most `size` octets.
std::string chunked(std::string_view body, std::size_t size) {
  std::string octets;
  while (!body.empty()) {
    const std::string_view data = body.substr(0, size);
    std::array<char, 32> line{};
    std::snprintf(line.data(), line.size(), "%zx\r\n", data.size());
    octets.append(line.data()).append(data).append("\r\n");
    body.remove_prefix(data.size());
  }
  return octets.append("0\r\n\r\n");
}

// Octets that are not the same everywhere.
std::string pattern(std::size_t size) {
  std::string octets;
  octets.reserve(size + 8);
  for (std::size_t i = 0; octets.size() < size; ++i)
    octets.append(std::to_string(i)).append("\n");
  octets.resize(size);
  return octets;
}

BOOST_AUTO_TEST_SUITE(cgi_body)

BOOST_AUTO_TEST_CASE(ends_where_content_length_says) {
  struct Row {
    const char* why;
    std::string body;
    std::string surplus;
  };
  const std::vector<Row> rows{
      {"a form", "a=1&b=2", ""},
      {"another request behind it", "a=1&b=2", get("/")},
      {"octets of any value", std::string{"\0\xFF\r\n\r\n", 6}, "x"},
      {"more than a pipe holds", pattern(5 * mebibyte), "surplus"},
  };
  Tree tree;
  tree.script("cgi-bin/x", echo);
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Outcome outcome =
          ask(tree, post("/cgi-bin/x", row.body) + row.surplus);
      BOOST_TEST((outcome.response().body == row.body));
      BOOST_TEST(outcome.access().octets.value() == row.body.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(is_dev_null_where_there_is_none) {
  Tree tree;
  tree.script("cgi-bin/x", "printf 'A: b\\n\\n'; cat; readlink /proc/$$/fd/0");
  for (const std::string& request :
       {get("/cgi-bin/x") + "surplus", post("/cgi-bin/x", "") + "surplus"})
    BOOST_TEST(ask(tree, request).response().body == "/dev/null\n");
}

BOOST_AUTO_TEST_CASE(arrives_as_it_is_sent) {
  Tree tree;
  tree.script("cgi-bin/x",
              R"(printf 'A: b\n\n'; while read line; do echo "<$line>"; done)");
  Session session{tree};
  session.send(post_head("/cgi-bin/x", 6));
  session.send("a\n");
  session.read_until("<a>\n");
  session.send("b\n");
  session.read_until("<b>\n");
  const Outcome outcome = session.finish("c\n");
  BOOST_TEST(outcome.response().body == "<a>\n<b>\n<c>\n");
}

BOOST_AUTO_TEST_CASE(arrives_in_small_pieces) {
  const std::string body = pattern(2000);
  for (const Transport transport : {Transport::ipv4, Transport::local}) {
    Tree tree;
    tree.script("cgi-bin/x", echo);
    Session session{tree, {.transport = transport}};
    session.send(post_head("/cgi-bin/x", body.size()));
    for (const char& octet : body)
      session.send({&octet, 1});
    BOOST_TEST(session.finish().response().body == body);
  }
}

BOOST_AUTO_TEST_CASE(is_asked_for_when_the_script_is_about_to_run) {
  Tree tree;
  tree.script("cgi-bin/x", echo);
  Session session{tree};
  session.send(post_head("/cgi-bin/x", 4, "Expect: 100-Continue\r\n"));
  const std::string& so_far = session.read_until("\r\n\r\n");
  BOOST_TEST(so_far.starts_with("HTTP/1.1 100 Continue\r\n\r\n"));
  const Outcome outcome = session.finish("body");
  const Response interim = parse_response(outcome.octets);
  const Response response = parse_response(interim.rest);
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.body == "body");
  BOOST_TEST(outcome.access().octets.value() == 4U);
}

BOOST_AUTO_TEST_CASE(is_not_asked_for_in_vain) {
  struct Row {
    const char* why;
    std::string request;
    int status;
  };
  const std::string expect = "Expect: 100-continue\r\n";
  const std::vector<Row> rows{
      {"a file", post_head("/a.txt", 4, expect), 501},
      {"no such script", post_head("/cgi-bin/none", 4, expect), 404},
      {"a script that cannot start", post_head("/cgi-bin/broken", 4, expect),
       403},
      {"no body", post_head("/cgi-bin/x", 0, expect), 200},
      {"a client of HTTP/1.0",
       "POST /cgi-bin/x HTTP/1.0\r\nContent-Length: 4\r\n" + expect +
           "\r\nbody",
       200},
  };
  Tree tree;
  tree.file("a.txt", "text").script("cgi-bin/x", echo);
  tree.file("cgi-bin/broken", "#!/no/such/interpreter\n", 0755);
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Outcome outcome = ask(tree, row.request);
      BOOST_TEST(outcome.response().status == row.status);
    }
  }
}

BOOST_AUTO_TEST_CASE(may_be_left_unread) {
  struct Row {
    const char* why;
    const char* script;
  };
  constexpr std::array rows{
      Row{"all of it", "printf 'A: b\\n\\nanswer'"},
      Row{"all but a line", "read line; printf 'A: b\\n\\nanswer'"},
      Row{"input closed first", "exec <&-; printf 'A: b\\n\\nanswer'"},
  };
  const std::string body = pattern(5 * mebibyte);
  for (const auto& [why, script] : rows) {
    BOOST_TEST_CONTEXT(why) {
      Tree tree;
      tree.script("cgi-bin/x", script);
      Session session{tree};
      session.send(post("/cgi-bin/x", body));
      const Outcome outcome = session.finish();
      BOOST_TEST(outcome.response().body == "answer");
      BOOST_TEST(outcome.response().is_whole);
      BOOST_TEST(outcome.reports().empty());
    }
  }
}

// It comes when the answer is there already: as to any script, the connection
// is not reset.
BOOST_AUTO_TEST_CASE(may_be_left_unread_by_a_script_that_leads_to_another) {
  const std::string body = pattern(5 * mebibyte);
  Tree tree;
  tree.script("cgi-bin/x", "printf 'Location: /cgi-bin/y\\n\\n'");
  tree.script("cgi-bin/y", "printf 'A: b\\n\\nanswer'");
  Session session{tree};
  session.send(post_head("/cgi-bin/x", body.size()));
  session.read_to_end();
  BOOST_CHECK_NO_THROW(session.send(body));
  const Outcome outcome = session.finish();
  BOOST_TEST(outcome.response().body == "answer");
  BOOST_TEST(!outcome.was_reset);
}

BOOST_AUTO_TEST_CASE(may_be_read_after_much_was_written) {
  const std::string body = pattern(5 * mebibyte);
  Tree tree;
  tree.script("cgi-bin/x",
              "printf 'A: b\\n\\n'; head -c 20971520 /dev/zero; exec cat");
  const Outcome outcome = ask(tree, post("/cgi-bin/x", body));
  const Response response = outcome.response();
  BOOST_TEST(response.is_whole);
  BOOST_TEST(response.body.size() == 20 * mebibyte + body.size());
  BOOST_TEST(response.body.ends_with(body));
}

BOOST_AUTO_TEST_CASE(ends_early_where_the_client_does) {
  Tree tree;
  tree.script("cgi-bin/x", echo);
  Session session{tree};
  session.send(post_head("/cgi-bin/x", 1000) + "part");
  session.finish_sending();
  const Outcome outcome = session.finish();
  BOOST_TEST(outcome.response().body == "part");
}

// splice(2) stops at an urgent octet, and poll(2) does not. The client closes
// nothing here: the program has to get over it by itself.
BOOST_AUTO_TEST_CASE(cannot_keep_the_program_busy_with_urgent_octets) {
  Tree tree;
  tree.script("cgi-bin/x", echo);
  Session session{tree};
  session.send(post_head("/cgi-bin/x", 9) + "abc");
  session.read_until("abc");
  BOOST_TEST_REQUIRE(::send(session.client(), "!", 1, MSG_OOB) == 1);
  const Outcome outcome = session.finish("defgh+");
  BOOST_TEST(outcome.response().body.starts_with("abc"));
}

// --- chunked

// How a script is run, and what stands before what it says.
struct Mode {
  const char* why;
  std::vector<std::string> options;
  const char* target;
  const char* head;  // that the script writes
};

const std::vector<Mode>& modes() {
  static const std::vector<Mode> all{
      {"parsed", {}, "/cgi-bin/x", "A: b\\n\\n"},
      {"direct", {"--cgi-output=direct"}, "/cgi-bin/x", "A: b\\n\\n"},
      {"nph-",
       {},
       "/cgi-bin/nph-x",
       R"(HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n)"},
  };
  return all;
}

// What a client receives of a script that answers with `text`, in a mode.
void check_modes(std::string_view text, auto check) {
  for (const Mode& mode : modes()) {
    BOOST_TEST_CONTEXT(mode.why) {
      Tree tree;
      tree.script(
          mode.target + 1,
          std::string{"printf '"}.append(mode.head).append("'; ").append(text));
      check(tree, mode);
    }
  }
}

// Whether the content of an answer ends so. What a script says to the client
// by itself has lines that parse_response() does not take.
bool ends_with(std::string_view octets, std::string_view text) {
  if (octets.find("Transfer-Encoding: chunked\r\n") == std::string_view::npos)
    return octets.ends_with(text);
  return ('\n' + parse_response(octets).body).ends_with(text);
}

BOOST_AUTO_TEST_CASE(that_is_chunked_has_a_length_and_an_end) {
  const std::string text =
      "echo \"<$CONTENT_LENGTH|$HTTP_TRANSFER_ENCODING|$HTTP_TRAILER>\"; exec "
      "cat";
  struct Row {
    const char* why;
    std::string sent;
    std::string body;
  };
  const std::string large = pattern(20 * mebibyte);
  const std::vector<Row> rows{
      {"empty", "0\r\n\r\n", ""},
      {"chunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
      {"extensions and a trailer", "5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n",
       "hello"},
      {"octet by octet", chunked(pattern(5000), 1), pattern(5000)},
      {"20 MiB", chunked(large, 65536), large},
  };
  check_modes(text, [&](const Tree& tree, const Mode& mode) {
    for (const Row& row : rows) {
      BOOST_TEST_CONTEXT(row.why) {
        Session session{tree, {.options = mode.options}};
        const Outcome outcome = session.finish(
            chunked_head(mode.target, "Trailer: A\r\n") + row.sent);
        const std::string expected =
            "\n<" + std::to_string(row.body.size()) + "||>\n" + row.body;
        BOOST_TEST(outcome.octets.starts_with("HTTP/1.1 200 "));
        BOOST_TEST(ends_with(outcome.octets, expected));
        BOOST_TEST(!outcome.was_reset);
        BOOST_TEST(outcome.reports().empty());
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(that_is_chunked_may_come_octet_by_octet) {
  const std::string octets =
      chunked_head("/cgi-bin/x") + chunked(pattern(500), 7);
  for (const Transport transport : {Transport::ipv4, Transport::local}) {
    Tree tree;
    tree.script("cgi-bin/x", echo);
    Session session{tree, {.transport = transport}};
    for (const char& octet : octets)
      session.send({&octet, 1});
    BOOST_TEST(session.finish().response().body == pattern(500));
  }
}

BOOST_AUTO_TEST_CASE(that_is_chunked_is_asked_for_before_it_is_read) {
  check_modes("exec cat", [](const Tree& tree, const Mode& mode) {
    Session session{tree, {.options = mode.options}};
    session.send(chunked_head(mode.target, "Expect: 100-continue\r\n"));
    const std::string& so_far = session.read_until("\r\n\r\n");
    BOOST_TEST(so_far == "HTTP/1.1 100 Continue\r\n\r\n");
    const Outcome outcome = session.finish("4\r\nbody\r\n0\r\n\r\n");
    const Response interim = parse_response(outcome.octets);
    BOOST_TEST(interim.rest.starts_with("HTTP/1.1 200 "));
    BOOST_TEST(ends_with(interim.rest, "\nbody"));
  });
}

BOOST_AUTO_TEST_CASE(that_is_chunked_is_not_asked_for_in_vain) {
  Tree tree;
  tree.file("a.txt", "text");
  tree.file("cgi-bin/broken", "#!/no/such/interpreter\n", 0755);
  struct Row {
    const char* target;
    int status;
  };
  for (const Row& row : {Row{"/a.txt", 501}, Row{"/cgi-bin/none", 404},
                         Row{"/cgi-bin/broken", 403}}) {
    BOOST_TEST_CONTEXT(row.target) {
      const Outcome outcome =
          ask(tree, chunked_head(row.target, "Expect: 100-continue\r\n"));
      BOOST_TEST(outcome.response().status == row.status);
    }
  }
}

// What a script leaves that has run.
constexpr const char* mark = "echo $$ > /proc/self/fd/2; exec cat";

BOOST_AUTO_TEST_CASE(that_is_no_body_runs_no_script) {
  struct Row {
    const char* why;
    std::string sent;
    int status;
    std::size_t reports;
  };
  const std::vector<Row> rows{
      {"no chunk", "hello", 400, 1},
      {"0x", "0x1\r\na\r\n0\r\n\r\n", 400, 1},
      {"bare LF", "1\na\n0\n\n", 400, 1},
      {"too many digits", "00000000000000001\r\na\r\n0\r\n\r\n", 400, 1},
      {"a chunk longer than its size", "1\r\nab\r\n0\r\n\r\n", 400, 1},
      {"nothing", "", 400, 1},
      {"cut short", "5\r\nhel", 400, 1},
      {"cut short at its end", "5\r\nhello\r\n0\r\n", 400, 1},
      {"more than may be", chunked(pattern(3 * mebibyte), 4096), 413, 0},
      {"more than may be, at once", "ffffffffff\r\n", 413, 0},
      {"extensions without end", "1;" + std::string(mebibyte, 'e'), 413, 0},
      {"trailers without end", "0\r\nA: " + std::string(mebibyte, 'e'), 413, 0},
  };
  check_modes(mark, [&](const Tree& tree, const Mode& mode) {
    std::vector<std::string> options = mode.options;
    options.emplace_back("--max-body=1M");
    for (const Row& row : rows) {
      BOOST_TEST_CONTEXT(row.why) {
        Session session{tree, {.options = options}};
        session.send(chunked_head(mode.target));
        session.send(row.sent);
        session.finish_sending();
        const Outcome outcome = session.finish();
        BOOST_TEST(outcome.response().status == row.status);
        BOOST_TEST(outcome.access().status == row.status);
        BOOST_TEST(outcome.reports().size() == row.reports);
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(that_is_too_large_is_refused_before_it_comes) {
  const std::vector<std::string> requests{
      post_head("/cgi-bin/x", mebibyte + 1),
      post_head("/cgi-bin/x", mebibyte + 1, "Expect: 100-continue\r\n"),
      chunked_head("/cgi-bin/x") + "100001\r\n",
  };
  Tree tree;
  tree.script("cgi-bin/x", mark);
  for (const std::string& request : requests) {
    BOOST_TEST_CONTEXT(request) {
      Session session{tree, {.options = {"--max-body=1M"}}};
      session.send(request);
      session.read_until("</html>");
      const Outcome outcome = session.finish();
      BOOST_TEST(outcome.response().status == 413);
      BOOST_TEST(outcome.access().status == 413);
      BOOST_TEST(outcome.reports().empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(that_is_as_large_as_may_be_is_passed_on) {
  const std::string body = pattern(mebibyte);
  Tree tree;
  tree.script("cgi-bin/x", echo);
  for (const std::string& request :
       {post("/cgi-bin/x", body),
        chunked_head("/cgi-bin/x") + chunked(body, mebibyte)}) {
    Session session{tree, {.options = {"--max-body=1M"}}};
    BOOST_TEST((session.finish(request).response().body == body));
  }
}

BOOST_AUTO_TEST_CASE(of_a_file_has_no_maximum) {
  Tree tree;
  tree.file("a.txt", "text");
  const Outcome outcome = ask(tree, get("/a.txt", "Content-Length: 1000\r\n"),
                              {.options = {"--max-body=0"}});
  BOOST_TEST(outcome.response().body == "text");
}

BOOST_AUTO_TEST_CASE(that_does_not_come_times_out) {
  check_modes(mark, [](const Tree& tree, const Mode& mode) {
    std::vector<std::string> options = mode.options;
    options.emplace_back("--send-timeout=1");
    Session session{tree, {.options = options}};
    session.send(chunked_head(mode.target) + "5\r\nhel");
    session.read_until("</html>");
    const Outcome outcome = session.finish();
    BOOST_TEST(outcome.response().status == 408);
    BOOST_TEST(outcome.access().status == 408);
    BOOST_TEST(outcome.reports().size() == 1U);
  });
}

BOOST_AUTO_TEST_CASE(that_trickles_gets_no_more_time) {
  constexpr int step_milliseconds = 50;
  Tree tree;
  tree.script("cgi-bin/x", mark);
  Session session{tree, {.options = {"--send-timeout=1"}}};
  session.send(chunked_head("/cgi-bin/x"));
  pollfd answer{session.client(), POLLIN, 0};
  const auto start = std::chrono::steady_clock::now();
  while (::poll(&answer, 1, step_milliseconds) == 0 &&
         std::chrono::steady_clock::now() < start + patience)
    session.send("1\r\nx\r\n");
  session.read_until("</html>");
  BOOST_TEST(session.finish().response().status == 408);
}

BOOST_AUTO_TEST_CASE(of_a_client_that_is_gone_runs_no_script) {
  Tree tree;
  tree.script("cgi-bin/x", mark);
  Session session{tree};
  session.send(chunked_head("/cgi-bin/x") + "5\r\nhel");
  const Outcome outcome = session.hang_up();
  BOOST_TEST(outcome.exit_status == 0);
  // Whether it is told a last time depends on when it is known to be gone.
  BOOST_TEST(
      (outcome.access().status == 400 || outcome.access().status == 499));
  BOOST_TEST(outcome.reports().size() <= 1U);
}

BOOST_AUTO_TEST_CASE(that_has_no_room_is_refused) {
  Tree tree;
  tree.script("cgi-bin/x", mark);
  const auto limit_files = [] {
    const rlimit limit{1000, 1000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) < 0) ::_exit(1);
  };
  Session session{tree, {.in_child = limit_files}};
  session.send(chunked_head("/cgi-bin/x") + chunked(pattern(2000), 500));
  const Outcome outcome = session.finish();
  BOOST_TEST(outcome.response().status == 507);
  BOOST_TEST_REQUIRE(outcome.reports().size() == 1U);
  BOOST_TEST(
      (outcome.reports().front().find("File too large") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(of_20_mib_leaves_nothing_in_tmpdir) {
  Tree tree;
  tree.folder("tmp", 0777)
      .script("cgi-bin/x",
              "printf 'A: b\\n\\n'; readlink "
              "/proc/$$/fd/0; ls ../tmp");
  Session session{tree, {.environment = {"TMPDIR=" + tree.path("tmp")}}};
  const Outcome outcome = session.finish(
      chunked_head("/cgi-bin/x") + chunked(pattern(20 * mebibyte), 65536));
  const std::string body = outcome.response().body;
  BOOST_TEST(body.starts_with(tree.path("tmp/")), body);
  BOOST_TEST(body.ends_with(" (deleted)\n"), body);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

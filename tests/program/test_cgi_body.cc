// test_cgi_body.cc - The body of a request as a script reads it.

#include <sys/socket.h>

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
  tree.script(
      "cgi-bin/x",
      "printf 'A: b\\n\\n'; while read line; do echo \"<$line>\"; done");
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

BOOST_AUTO_TEST_CASE(may_be_read_after_much_was_written) {
  const std::string body = pattern(mebibyte);
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

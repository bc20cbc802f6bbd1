// test_files.cc - Files, folders, and what is neither.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstring>

#include "program.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

std::string all_octets() {
  std::string octets;
  for (int value = 0; value < 256; ++value)
    octets += static_cast<char>(value);
  return octets;
}

std::string many_octets(std::size_t size) {
  std::string octets(size, '\0');
  std::uint32_t state = 1;
  for (char& c : octets) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24U);
  }
  return octets;
}

// 1994-11-06 08:49:37, as RFC 9110 has it.
void set_modification_time(const std::string& path) {
  constexpr timespec time{784111777, 0};
  const std::array<timespec, 2> times{time, time};
  BOOST_TEST_REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
}

// A file has none for a moment after it was changed.
void wait_for_entity_tag(const Tree& tree, const std::string& name) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (ask(tree, get('/' + name)).response().field("ETag").empty())
    BOOST_TEST_REQUIRE((std::chrono::steady_clock::now() < deadline));
}

// The number of octets that the client gets, and does not look at, until
// `limit` seconds have passed. The last ones it returns in `last`.
std::uint64_t discard_for(int client, std::chrono::seconds limit,
                          std::string& last) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  std::vector<char> chunk(1U << 20U);
  std::uint64_t total = 0;
  while (std::chrono::steady_clock::now() < deadline) {
    const ssize_t count = ::recv(client, chunk.data(), chunk.size(), 0);
    BOOST_TEST_REQUIRE(count >= 0);
    if (count == 0) break;
    total += static_cast<std::uint64_t>(count);
    const auto size =
        std::min<std::size_t>(16, static_cast<std::size_t>(count));
    last.assign(chunk.data() + count - size, size);
  }
  return total;
}

BOOST_AUTO_TEST_SUITE(files)

BOOST_AUTO_TEST_CASE(are_sent_octet_by_octet) {
  struct Row {
    const char* why;
    std::string content;
  };
  const std::vector<Row> rows{
      {"an empty file", ""},
      {"one octet", "x"},
      {"every octet", all_octets()},
      {"more than any buffer", many_octets(9U << 20U)},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      Tree tree;
      tree.file("a.bin", row.content);
      const Outcome outcome = ask(tree, get("/a.bin"));
      const Response response = outcome.response();
      BOOST_TEST(response.status == 200);
      BOOST_TEST(response.reason == "OK");
      BOOST_TEST(response.field("Content-Length") ==
                 std::to_string(row.content.size()));
      BOOST_TEST((response.body == row.content));
      BOOST_TEST(outcome.access().octets.value() == row.content.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(have_the_same_head_for_get_and_head) {
  Tree tree;
  tree.file("a.txt", "text").file("empty.txt", "");
  for (const char* name : {"a.txt", "empty.txt"}) {
    set_modification_time(tree.path(name));
    wait_for_entity_tag(tree, name);
  }
  for (const char* target : {"/a.txt", "/empty.txt", "/", "/missing"}) {
    BOOST_TEST_CONTEXT(target) {
      auto got = ask(tree, get(target)).response();
      const Outcome outcome = ask(tree, head(target));
      auto answer = outcome.response(Body::none);
      BOOST_TEST(answer.status == got.status);
      std::erase_if(got.fields,
                    [](auto& field) { return field.first == "Date"; });
      std::erase_if(answer.fields,
                    [](auto& field) { return field.first == "Date"; });
      BOOST_TEST((answer.fields == got.fields));
      BOOST_TEST(outcome.access().octets.value() == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(are_described_by_fields) {
  Tree tree;
  tree.file("a.txt", "text");
  set_modification_time(tree.path("a.txt"));
  const Response response = ask(tree, get("/a.txt")).response();
  BOOST_TEST(response.field("Content-Type") == "text/plain; charset=utf-8");
  BOOST_TEST(response.field("Content-Length") == "4");
  BOOST_TEST(response.field("Last-Modified") ==
             "Sun, 06 Nov 1994 08:49:37 GMT");
  BOOST_TEST(response.field("Connection") == "close");
  BOOST_TEST(response.field("Server") == "cgihttpd");
  BOOST_TEST(response.field("Date").ends_with(" GMT"));
  BOOST_TEST(response.field("Transfer-Encoding") == "");
}

BOOST_AUTO_TEST_CASE(tell_the_version_only_when_asked_to) {
  Tree tree;
  tree.file("a.txt", "text");
  const Response response =
      ask(tree, get("/a.txt"), {.options = {"--server-version"}}).response();
  BOOST_TEST(response.field("Server") == "cgihttpd/" CGIHTTPD_VERSION);
}

BOOST_AUTO_TEST_CASE(have_the_type_that_their_name_tells) {
  struct Row {
    const char* name;
    const char* type;
  };
  constexpr std::array rows{
      Row{"a.html", "text/html; charset=utf-8"},
      Row{"a.HTML", "text/html; charset=utf-8"},
      Row{"a.css", "text/css; charset=utf-8"},
      Row{"a.mjs", "text/javascript; charset=utf-8"},
      Row{"a.json", "application/json"},
      Row{"a.wasm", "application/wasm"},
      Row{"a.svg", "image/svg+xml"},
      Row{"a.tar.gz", "application/gzip"},
      Row{"a.no-such-type", "application/octet-stream"},
      Row{"a", "application/octet-stream"},
      Row{"html", "application/octet-stream"},
  };
  Tree tree;
  for (const auto& [name, type] : rows) {
    BOOST_TEST_CONTEXT(name) {
      tree.file(name, "x");
      const Response response =
          ask(tree, get(std::string{"/"} + name)).response();
      BOOST_TEST(response.field("Content-Type") == type);
    }
  }
}

BOOST_AUTO_TEST_CASE(may_be_larger_than_four_gibibytes) {
  constexpr std::uint64_t size = (1ULL << 32U) + 5;
  Tree tree;
  tree.file("large", "");
  const UniqueFd file{::open(tree.path("large").c_str(), O_WRONLY | O_CLOEXEC)};
  if (::ftruncate(file.get(), static_cast<off_t>(size)) < 0 ||
      ::pwrite(file.get(), "tail", 4, static_cast<off_t>(size - 4)) != 4) {
    BOOST_TEST_MESSAGE("skipped: no sparse files of this size here");
    return;
  }
  const Response response = ask(tree, head("/large")).response(Body::none);
  BOOST_TEST(response.field("Content-Length") == std::to_string(size));

  Session session{tree};
  session.send(get("/large"));
  const std::string start = session.read_until("\r\n\r\n");
  const std::size_t head_size = start.find("\r\n\r\n") + 4;
  std::string last;
  const std::uint64_t received =
      start.size() - head_size +
      discard_for(session.client(), std::chrono::seconds{4}, last);
  const Outcome outcome = session.hang_up();
  BOOST_TEST(outcome.exit_status == 0);
  BOOST_TEST(outcome.access().octets.value() >= received);
  if (outcome.access().octets.value() == size) {
    BOOST_TEST(received == size);
    BOOST_TEST(last.ends_with("tail"));
  } else {
    BOOST_TEST_MESSAGE("too slow a machine for all of it: " << received);
  }
}

BOOST_AUTO_TEST_CASE(that_shrink_while_sent_end_the_connection_early) {
  constexpr off_t size = 64 << 20;  // more than all buffers together
  constexpr int small = 4096;
  Tree tree;
  tree.file("a.bin", "");
  BOOST_TEST_REQUIRE(::truncate(tree.path("a.bin").c_str(), size) == 0);
  Session session{tree, {.receive_buffer = small}};
  session.send(get("/a.bin"));
  session.read_until("\r\n\r\n");
  BOOST_TEST_REQUIRE(::truncate(tree.path("a.bin").c_str(), 1000) == 0);
  const Outcome outcome = session.finish();
  const Response response = outcome.response();
  BOOST_TEST(response.field("Content-Length") == std::to_string(size));
  BOOST_TEST(!response.is_whole);
  BOOST_TEST(outcome.access().octets.value() == response.body.size());
  const auto reports = outcome.reports();
  BOOST_TEST_REQUIRE(reports.size() == 1U);
  BOOST_TEST(reports[0].find("shorter") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(that_nobody_takes_are_given_up) {
  Tree tree;
  tree.file("a.bin", "");
  BOOST_TEST_REQUIRE(::truncate(tree.path("a.bin").c_str(), 64 << 20) == 0);
  Session session{tree,
                  {.options = {"--send-timeout=1"}, .receive_buffer = 4096}};
  session.send(get("/a.bin"));
  BOOST_TEST(session.process().wait() == 0);
}

BOOST_AUTO_TEST_CASE(that_the_client_does_not_want_after_all_are_no_error) {
  Tree tree;
  tree.file("a.bin", "");
  BOOST_TEST_REQUIRE(::truncate(tree.path("a.bin").c_str(), 64 << 20) == 0);
  for (const Transport transport : {Transport::ipv4, Transport::local}) {
    Session session{tree, {.transport = transport}};
    session.send(get("/a.bin"));
    session.read_until("\r\n\r\n");
    const Outcome outcome = session.hang_up();
    BOOST_TEST(outcome.exit_status == 0);
    BOOST_TEST(outcome.access().status == 200);
    BOOST_TEST(outcome.reports().empty());
  }
}

BOOST_AUTO_TEST_CASE(are_answered_by_what_they_are) {
  struct Row {
    const char* why;
    std::string request;
    int status;
    const char* message;
  };
  const std::vector<Row> rows{
      {"a file", get("/a.txt"), 200, ""},
      {"a query does not matter", get("/a.txt?a=b?c"), 200, ""},
      {"an escaped name", get("/%61.txt"), 200, ""},
      {"not decoded twice", get("/%2561.txt"), 404, "File not found"},
      {"a name in UTF-8", get("/%C3%A4%20b.txt"), 200, ""},
      {"dot segments", get("/x/../folder/.././a.txt"), 200, ""},
      {"above the root is the root", get("/../../a.txt"), 200, ""},
      {"empty segments", get("//folder//b.txt"), 200, ""},
      {"absolute-form", get("http://test/a.txt"), 200, ""},
      {"nothing of this name", get("/missing"), 404, "File not found"},
      {"a file is no folder", get("/a.txt/"), 404, "File not found"},
      {"a file has nothing below", get("/a.txt/b"), 404, "File not found"},
      {"a name that is too long", get("/" + std::string(300, 'x')), 404,
       "File not found"},
      {"a path that is too long", get("/" + std::string(5000, 'x')), 404,
       "File not found"},
      {"a hidden file", get("/.hidden"), 404, "File not found"},
      {"a file in a hidden folder", get("/.git/config"), 404, "File not found"},
      {"hidden by an escape, too", get("/%2egit/config"), 404,
       "File not found"},
      {"a hidden folder below", get("/folder/.git/config"), 404,
       "File not found"},
      {"but RFC 8615", get("/.well-known/security.txt"), 200, ""},
      {"hidden in it", get("/.well-known/.hidden"), 404, "File not found"},
      {"not readable", get("/closed.txt"), 403, "Forbidden"},
      {"not readable, as a folder", get("/closed/"), 403, "Forbidden"},
      {"POST to a file", post("/a.txt", ""), 501,
       "Can only POST to CGI scripts"},
      {"POST to nothing", post("/missing", ""), 501,
       "Can only POST to CGI scripts"},
      {"a known method", "DELETE /a.txt HTTP/1.1\r\nHost: h\r\n\r\n", 405, ""},
      {"an unknown method", "BREW /a.txt HTTP/1.1\r\nHost: h\r\n\r\n", 501,
       "Unsupported method (&#x27;BREW&#x27;)"},
      {"methods have a case", "get /a.txt HTTP/1.1\r\nHost: h\r\n\r\n", 501,
       "Unsupported method (&#x27;get&#x27;)"},
  };
  Tree tree;
  tree.file("a.txt", "text").file("\xC3\xA4 b.txt", "text");
  tree.file("folder/b.txt", "text").file("folder/.git/config", "secret");
  tree.file(".hidden", "secret").file(".git/config", "secret");
  tree.file(".well-known/security.txt", "text");
  tree.file(".well-known/.hidden", "secret");
  tree.file("closed.txt", "secret", 0000).folder("closed", 0000);
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Outcome outcome = ask(tree, row.request);
      const Response response = outcome.response();
      BOOST_TEST(response.status == row.status);
      BOOST_TEST(response.field("Connection") == "close");
      BOOST_TEST(response.body.find(row.message) != std::string::npos);
      BOOST_TEST(response.body.find("secret") == std::string::npos);
      BOOST_TEST(outcome.access().status == row.status);
      BOOST_TEST(response.field("Allow") ==
                 (row.status == 405 ? "GET, HEAD, OPTIONS" : ""));
    }
  }
}

BOOST_AUTO_TEST_CASE(outside_of_the_root_are_never_sent) {
  struct Row {
    const char* target;
    int status;
    bool is_reported;
  };
  constexpr std::array rows{
      Row{"/file", 404, true},
      Row{"/folder", 404, true},
      Row{"/folder/", 404, true},
      Row{"/folder/b.txt", 404, true},
      Row{"/absolute", 404, true},
      Row{"/proc", 404, true},
      Row{"/loop", 404, true},
      Row{"/../secret.txt", 404, false},
      Row{"/%2e%2e/secret.txt", 404, false},
      Row{"/..%2fsecret.txt", 404, false},
      Row{"/..%5csecret.txt", 404, false},
      Row{"/..\\secret.txt", 404, false},
      Row{"/../www-secret/b.txt", 404, false},
      Row{"/.%2e/%2e./secret.txt", 404, false},
      Row{"/a.txt/../../secret.txt", 404, false},
      Row{"/....//secret.txt", 404, false},
      Row{"/%252e%252e/secret.txt", 404, false},
      Row{"/..;/secret.txt", 404, false},
      Row{"/%c0%ae%c0%ae/secret.txt", 404, false},
      Row{"/%2e%2e%00/secret.txt", 400, false},
  };
  Tree tree;
  tree.file("www/a.txt", "text").file("secret.txt", "secret");
  tree.file("www-secret/b.txt", "secret");
  tree.link("www/file", "../secret.txt");
  tree.link("www/folder", "../www-secret");
  tree.link("www/absolute", tree.path("www/a.txt"));
  tree.link("www/proc", "/proc/self/cwd" + tree.path("secret.txt"));
  tree.link("www/loop", "loop");
  for (const auto& [target, status, is_reported] : rows) {
    BOOST_TEST_CONTEXT(target) {
      const Outcome outcome = ask(tree, get(target), {.root = "www"});
      const Response response = outcome.response();
      BOOST_TEST(response.status == status);
      BOOST_TEST(response.body.find("secret") == std::string::npos);
      BOOST_TEST(outcome.reports().size() == (is_reported ? 1U : 0U));
    }
  }
}

BOOST_AUTO_TEST_CASE(are_found_by_links_that_stay_below_the_root) {
  Tree tree;
  tree.file("a/b/c.txt", "text").link("file", "a/b/c.txt");
  tree.link("folder", "a/b").link("a/up", "..");
  for (const char* target : {"/file", "/folder/c.txt", "/a/up/file"}) {
    BOOST_TEST_CONTEXT(target) {
      BOOST_TEST(ask(tree, get(target)).response().body == "text");
    }
  }
}

BOOST_AUTO_TEST_CASE(of_no_regular_kind_are_refused_and_hang_nothing) {
  Tree tree;
  tree.file("folder/b.txt", "").folder("cgi-bin");
  const Gate fifo{tree, "fifo"};
  const Gate index{tree, "folder/index.html"};
  const Gate script{tree, "cgi-bin/fifo"};
  const UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  tree.path("socket").copy(static_cast<char*>(name.sun_path),
                           sizeof name.sun_path - 1);
  // NOLINTNEXTLINE(*-reinterpret-cast): the sockets API
  const auto* address = reinterpret_cast<const sockaddr*>(&name);
  BOOST_TEST_REQUIRE(::bind(socket.get(), address, sizeof name) == 0);
  for (const char* target : {"/fifo", "/socket", "/cgi-bin/fifo"}) {
    BOOST_TEST_CONTEXT(target) {
      BOOST_TEST(ask(tree, get(target)).response().status == 403);
    }
  }
  const Response listing = ask(tree, get("/folder/")).response();
  BOOST_TEST(listing.status == 200);
  BOOST_TEST(listing.body.find("b.txt") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(that_are_devices_are_refused) {
  constexpr int memory_devices = 1;
  constexpr int zero = 5;
  Tree tree;
  if (::mknod(tree.path("zero").c_str(), S_IFCHR | 0666,
              makedev(memory_devices, zero)) < 0) {
    BOOST_TEST_MESSAGE("skipped: no device can be made here");
    return;
  }
  BOOST_TEST(ask(tree, get("/zero")).response().status == 403);
}

BOOST_AUTO_TEST_CASE(are_listed_where_a_folder_has_no_index) {
  Tree tree;
  tree.file("b.txt", "12345").file("A.txt", "").file(".hidden", "");
  tree.file("folder/x", "").file("<&\"'>.txt", "").file("a b%20\xFF", "");
  tree.file("javascript:alert(1)", "");
  tree.link("broken", "nowhere").link("away", "/etc/passwd");
  const Outcome outcome = ask(tree, get("/"));
  const Response response = outcome.response();
  BOOST_TEST(response.field("Content-Type") == "text/html; charset=utf-8");
  const std::string& page = response.body;
  const auto at = [&](std::string_view text) { return page.find(text); };
  BOOST_TEST(at("Directory listing for /") != std::string::npos);
  BOOST_TEST(at("A.txt") < at("b.txt"));
  BOOST_TEST(at("b.txt") < at("href=\"folder/\""));
  BOOST_TEST(at("href=\"folder/\"") != std::string::npos);
  BOOST_TEST(at(">5 B<") != std::string::npos);
  BOOST_TEST(at("href=\"%3C%26%22%27%3E.txt\"") != std::string::npos);
  BOOST_TEST(at("&lt;&amp;&quot;&#x27;&gt;.txt") != std::string::npos);
  BOOST_TEST(at("href=\"a%20b%2520%FF\"") != std::string::npos);
  BOOST_TEST(at("href=\"javascript:") == std::string::npos);
  for (const char* absent : {"hidden", "broken", "away", "\"../\""})
    BOOST_TEST(at(absent) == std::string::npos, absent);
  BOOST_TEST(outcome.access().octets.value() == page.size());
}

BOOST_AUTO_TEST_CASE(named_index_stand_for_their_folder) {
  Tree tree;
  tree.file("both/index.html", "html").file("both/index.htm", "htm");
  tree.file("one/index.htm", "htm");
  BOOST_TEST(ask(tree, get("/both/")).response().body == "html");
  const Response response = ask(tree, get("/one/?a=b")).response();
  BOOST_TEST(response.body == "htm");
  BOOST_TEST(response.field("Content-Type") == "text/html; charset=utf-8");
}

BOOST_AUTO_TEST_CASE(redirect_a_folder_without_slash_to_itself) {
  struct Row {
    const char* target;
    const char* location;
  };
  constexpr std::array rows{
      Row{"/folder", "/folder/"},
      Row{"/folder?a=b?c&d=%2f", "/folder/?a=b?c&d=%2f"},
      Row{"/folder?", "/folder/?"},
      Row{"//folder", "/folder/"},
      Row{"//evil.test/..%2ffolder", "/folder/"},
      Row{"/folder/sub%20folder", "/folder/sub%20folder/"},
      Row{"/%66older", "/folder/"},
      Row{"/with%0d%0aX:%20y", "/with%0D%0AX%3A%20y/"},
      Row{"/%5c%5cevil.test", "/%5C%5Cevil.test/"},
      Row{"http://test/folder", "/folder/"},
  };
  Tree tree;
  tree.folder("folder/sub folder").folder("with\r\nX: y");
  tree.folder("\\\\evil.test");
  for (const auto& [target, location] : rows) {
    BOOST_TEST_CONTEXT(target) {
      const Response response = ask(tree, get(target)).response();
      BOOST_TEST(response.status == 301);
      BOOST_TEST(response.field("Location") == location);
      BOOST_TEST(response.field("X") == "");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

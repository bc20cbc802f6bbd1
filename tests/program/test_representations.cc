// test_representations.cc - Versions, parts and codings of a file, on the wire.

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <boost/test/unit_test.hpp>

#include "program.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

constexpr const char* date_field = "Sun, 06 Nov 1994 08:49:37 GMT";

// Gives a file the modification time `date_field`, `seconds` later.
void set_time(const Tree& tree, std::string_view name,
              std::time_t seconds = 0) {
  const timespec time{784111777 + seconds, 0};
  const std::array<timespec, 2> times{time, time};
  const std::string path = tree.path(name);
  BOOST_TEST_REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
}

// A file has no entity tag for a moment after it was written: the answer that
// has one.
Response settled(const Tree& tree, const std::string& request) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    Response response = ask(tree, request).response();
    if (!response.field("ETag").empty()) return response;
    BOOST_TEST_REQUIRE((std::chrono::steady_clock::now() < deadline));
  }
}

// A site with the file /a.txt.
class Site {
 public:
  Site() {
    tree_.file("a.txt", "0123456789").file("empty.txt", "");
    set_time(tree_, "a.txt");
    set_time(tree_, "empty.txt");
    tag_ = settled(tree_, program::get("/a.txt")).field("ETag");
  }

  Tree& tree() { return tree_; }
  [[nodiscard]] const std::string& tag() const { return tag_; }
  [[nodiscard]] Outcome get(const std::string& fields) const {
    return ask(tree_, program::get("/a.txt", fields));
  }

 private:
  Tree tree_;
  std::string tag_;
};

BOOST_AUTO_TEST_SUITE(representations)

BOOST_AUTO_TEST_CASE(have_validators) {
  const Site site;
  const Response response = site.get("").response();
  BOOST_TEST(response.field("ETag") == site.tag());
  BOOST_TEST(response.field("ETag").starts_with('"'));
  BOOST_TEST(response.field("Last-Modified") == date_field);
  BOOST_TEST(response.field("Accept-Ranges") == "bytes");
  BOOST_TEST(response.field("Vary").empty());
}

BOOST_AUTO_TEST_CASE(that_the_client_has_are_not_sent_again) {
  const Site site;
  const std::string tag = "If-None-Match: " + site.tag() + "\r\n";
  const std::string date =
      std::string{"If-Modified-Since: "} + date_field + "\r\n";
  struct Row {
    const char* why;
    std::string fields;
    int status;
  };
  const std::vector<Row> rows{
      {"RFC 9110 13.1.2: this version", tag, 304},
      {"RFC 9110 13.1.2: any", "If-None-Match: *\r\n", 304},
      {"RFC 9110 13.1.2: weak comparison",
       "If-None-Match: \"x\", W/" + site.tag() + "\r\n", 304},
      {"RFC 9110 13.1.2: another version", "If-None-Match: \"x\"\r\n", 200},
      {"RFC 9110 13.1.3: not modified since", date, 304},
      {"RFC 9110 13.1.3: modified since",
       "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 200},
      {"RFC 9110 5.6.7: an obsolete date",
       "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n", 304},
      {"RFC 9110 5.6.7: the other one",
       "If-Modified-Since: Sun Nov  6 08:49:37 1994\r\n", 304},
      {"RFC 9110 13.1.3: no date", "If-Modified-Since: now\r\n", 200},
      {"RFC 9110 13.2.2: If-None-Match goes before",
       "If-None-Match: \"x\"\r\n" + date, 200},
      {"RFC 9110 13.1.1: this version", "If-Match: " + site.tag() + "\r\n",
       200},
      {"RFC 9110 13.1.1: another version", "If-Match: \"x\"\r\n", 412},
      {"RFC 9110 13.1.4: modified since",
       "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 412},
      {"RFC 9110 13.1.4: not modified since",
       std::string{"If-Unmodified-Since: "} + date_field + "\r\n", 200},
      {"RFC 9110 13.2.2: If-Match goes first", "If-Match: \"x\"\r\n" + tag,
       412},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Outcome outcome = site.get(row.fields);
      const Response response = outcome.response();
      BOOST_TEST(response.status == row.status);
      BOOST_TEST(outcome.access().status == row.status);
      if (row.status == 200) BOOST_TEST(response.body == "0123456789");
      if (row.status != 412) BOOST_TEST(response.field("ETag") == site.tag());
    }
  }
  // RFC 9110 15.4.5.
  const Outcome known = site.get(tag);
  BOOST_TEST(known.response().body.empty());
  BOOST_TEST(known.response().field("Content-Type").empty());
  BOOST_TEST(known.response().field("Content-Length").empty());
  BOOST_TEST(known.access().octets.value() == 0U);
}

BOOST_AUTO_TEST_CASE(that_have_changed_are_sent_again) {
  Site site;
  site.tree().file("a.txt", "9876543210");
  set_time(site.tree(), "a.txt");
  const Response response =
      site.get("If-None-Match: " + site.tag() + "\r\n").response();
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.body == "9876543210");
}

BOOST_AUTO_TEST_CASE(may_be_sent_in_part) {
  const Site site;
  struct Row {
    const char* why;
    std::string fields;
    int status;
    std::string content_range;
    std::string body;
  };
  const std::vector<Row> rows{
      {"RFC 9110 14.1.2: first and last", "Range: bytes=2-4\r\n", 206,
       "bytes 2-4/10", "234"},
      {"RFC 9110 14.1.2: from", "Range: bytes=7-\r\n", 206, "bytes 7-9/10",
       "789"},
      {"RFC 9110 14.1.2: the last ones", "Range: bytes=-2\r\n", 206,
       "bytes 8-9/10", "89"},
      {"RFC 9110 14.1.2: to beyond the end", "Range: bytes=8-99\r\n", 206,
       "bytes 8-9/10", "89"},
      {"RFC 9110 14.1.2: more than there are", "Range: bytes=-99\r\n", 206,
       "bytes 0-9/10", "0123456789"},
      {"RFC 9110 15.5.17: beyond the end", "Range: bytes=10-\r\n", 416,
       "bytes */10", ""},
      {"RFC 9110 14.2: no range", "Range: bytes=4-2\r\n", 200, "",
       "0123456789"},
      {"RFC 9110 14.2: another unit", "Range: lines=1-2\r\n", 200, "",
       "0123456789"},
      {"RFC 9110 13.1.5: this version",
       "Range: bytes=2-4\r\nIf-Range: " + site.tag() + "\r\n", 206,
       "bytes 2-4/10", "234"},
      {"RFC 9110 13.1.5: another version",
       "Range: bytes=2-4\r\nIf-Range: \"x\"\r\n", 200, "", "0123456789"},
      {"RFC 9110 13.1.5: a weak tag",
       "Range: bytes=2-4\r\nIf-Range: W/" + site.tag() + "\r\n", 200, "",
       "0123456789"},
      {"RFC 9110 13.1.5: its date",
       "Range: bytes=2-4\r\nIf-Range: " + std::string{date_field} + "\r\n", 206,
       "bytes 2-4/10", "234"},
      {"RFC 9110 13.2.2: a condition goes before",
       "Range: bytes=2-4\r\nIf-None-Match: " + site.tag() + "\r\n", 304, "",
       ""},
      {"RFC 9110 15.3.7.2: ranges that touch are one",
       "Range: bytes=0-1,2-3\r\n", 206, "bytes 0-3/10", "0123"},
      {"CVE-2011-3192: too many",
       "Range: bytes=0-0" +
           [] {
             std::string many;
             for (int i = 0; i < 100; ++i)
               many += ",0-0";
             return many;
           }() +
           "\r\n",
       200, "", "0123456789"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Outcome outcome = site.get(row.fields);
      const Response response = outcome.response();
      BOOST_TEST(response.status == row.status);
      BOOST_TEST(response.field("Content-Range") == row.content_range);
      if (row.status != 416) BOOST_TEST(response.body == row.body);
      BOOST_TEST(outcome.access().status == row.status);
    }
  }
}

BOOST_AUTO_TEST_CASE(may_be_sent_in_several_parts) {
  const Site site;
  const Outcome outcome = site.get("Range: bytes=0-1, 5-6,-1\r\n");
  const Response response = outcome.response();
  BOOST_TEST(response.status == 206);
  BOOST_TEST(response.field("Content-Range").empty());
  const std::string type = response.field("Content-Type");
  const std::string_view start = "multipart/byteranges; boundary=";
  BOOST_TEST_REQUIRE(type.starts_with(start));
  const std::string boundary = "--" + type.substr(start.size());
  const auto part = [&](const char* range, const char* octets) {
    return boundary + "\r\nContent-Type: text/plain; charset=utf-8\r\n" +
           "Content-Range: bytes " + range + "/10\r\n\r\n" + octets + "\r\n";
  };
  const std::string expected = part("0-1", "01") + part("5-6", "56") +
                               part("9-9", "9") + boundary + "--";
  BOOST_TEST((response.body == expected || response.body == "\r\n" + expected ||
              response.body == expected + "\r\n" ||
              response.body == "\r\n" + expected + "\r\n"),
             response.body);
  BOOST_TEST(response.field("Content-Length") ==
             std::to_string(response.body.size()));
  BOOST_TEST(outcome.access().octets.value() == response.body.size());
}

BOOST_AUTO_TEST_CASE(of_nothing_have_no_part) {
  Site site;
  const Response response =
      ask(site.tree(), get("/empty.txt", "Range: bytes=0-\r\n")).response();
  BOOST_TEST(response.status == 416);
  BOOST_TEST(response.field("Content-Range") == "bytes */0");
}

BOOST_AUTO_TEST_CASE(have_no_part_for_head) {
  Site site;
  const Response response =
      ask(site.tree(), head("/a.txt", "Range: bytes=2-4\r\n"))
          .response(Body::none);
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.field("Content-Length") == "10");
}

BOOST_AUTO_TEST_CASE(beyond_four_gibibytes_have_parts) {
  Tree tree;
  tree.file("big", "");
  const std::string path = tree.path("big");
  constexpr off_t size = 5'000'000'000;
  BOOST_TEST_REQUIRE(::truncate(path.c_str(), size) == 0);
  const Response response =
      ask(tree, get("/big", "Range: bytes=4999999990-\r\n")).response();
  BOOST_TEST(response.status == 206);
  BOOST_TEST(response.field("Content-Range") ==
             "bytes 4999999990-4999999999/5000000000");
  BOOST_TEST((response.body == std::string(10, '\0')));
}

// A file beside its codings.
class CodedSite {
 public:
  CodedSite() {
    tree_.file("a.js", "plain").file("a.js.gz", "gz").file("a.js.br", "br");
    tree_.file("stale.js", "plain").file("stale.js.gz", "old");
    tree_.file("index.html", "plain").file("index.html.gz", "gz");
    tree_.file("b.js", "plain").folder("b.js.gz");
    for (const char* name : {"a.js", "a.js.gz", "a.js.br", "stale.js.gz",
                             "index.html", "index.html.gz", "b.js"})
      set_time(tree_, name);
    set_time(tree_, "stale.js", 1);
  }

  [[nodiscard]] Response get(std::string_view target,
                             const std::string& fields) const {
    return ask(tree_, program::get(target, fields)).response();
  }
  [[nodiscard]] const Tree& tree() const { return tree_; }

 private:
  Tree tree_;
};

BOOST_AUTO_TEST_CASE(are_coded_as_the_client_likes) {
  const CodedSite site;
  struct Row {
    const char* why;
    const char* target;
    std::string accepted;
    std::string coding;
    std::string body;
    std::string vary;
  };
  const std::vector<Row> rows{
      {"no word on codings", "/a.js", "", "", "plain", ""},
      {"one", "/a.js", "gzip", "gzip", "gz", "Accept-Encoding"},
      {"the smaller of two", "/a.js", "gzip, deflate, br", "br", "br",
       "Accept-Encoding"},
      {"RFC 9110 12.5.3: weights", "/a.js", "gzip;q=1.0, br;q=0.5", "gzip",
       "gz", "Accept-Encoding"},
      {"RFC 9110 12.5.3: excluded", "/a.js", "br;q=0, gzip;q=0", "", "plain",
       ""},
      {"RFC 9110 12.5.3: identity preferred", "/a.js", "identity, gzip;q=0.5",
       "", "plain", "Accept-Encoding"},
      {"any", "/a.js", "*", "br", "br", "Accept-Encoding"},
      {"none that is there", "/a.js", "zstd", "", "plain", ""},
      {"an older one is of another version", "/stale.js", "gzip", "", "plain",
       ""},
      {"the index of a folder", "/", "gzip", "gzip", "gz", "Accept-Encoding"},
      {"a folder is none", "/b.js", "gzip", "", "plain", ""},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Response response = site.get(
          row.target, row.accepted.empty()
                          ? ""
                          : "Accept-Encoding: " + row.accepted + "\r\n");
      BOOST_TEST(response.status == 200);
      BOOST_TEST(response.field("Content-Encoding") == row.coding);
      BOOST_TEST(response.body == row.body);
      BOOST_TEST(response.field("Vary") == row.vary);
      BOOST_TEST(response.field("Content-Type").starts_with("text/"));
    }
  }
}

BOOST_AUTO_TEST_CASE(have_a_tag_for_each_coding) {
  const CodedSite site;
  const std::string plain = settled(site.tree(), get("/a.js")).field("ETag");
  const std::string gzip =
      settled(site.tree(), get("/a.js", "Accept-Encoding: gzip\r\n"))
          .field("ETag");
  BOOST_TEST(plain != gzip);
  const std::string known = "If-None-Match: " + gzip + "\r\n";
  BOOST_TEST(site.get("/a.js", known).status == 200);
  const Response response =
      site.get("/a.js", known + "Accept-Encoding: gzip\r\n");
  BOOST_TEST(response.status == 304);
  BOOST_TEST(response.field("Vary") == "Accept-Encoding");
}

BOOST_AUTO_TEST_CASE(go_on_in_the_coding_that_they_began_with) {
  const CodedSite site;
  const std::string fields = "Accept-Encoding: gzip\r\nRange: bytes=1-\r\n";
  const Response part = site.get("/a.js", fields);
  BOOST_TEST(part.status == 206);
  BOOST_TEST(part.field("Content-Encoding").empty());
  BOOST_TEST(part.body == "lain");
  const std::string gzip =
      settled(site.tree(), get("/a.js", "Accept-Encoding: gzip\r\n"))
          .field("ETag");
  const Response whole =
      site.get("/a.js", fields + "If-Range: " + gzip + "\r\n");
  BOOST_TEST(whole.status == 200);
  BOOST_TEST(whole.body == "plain");
  // The date is that of each coding.
  BOOST_TEST(
      site.get("/a.js", fields + "If-Range: " + date_field + "\r\n").status ==
      200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

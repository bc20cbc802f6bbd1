// test_file.cc - What is told of a file that is sent.
#include <fcntl.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

#include "file.h"
#include "fixtures.h"
#include "media_type.h"
#include "tables.h"

namespace cgihttpd::test {

BOOST_AUTO_TEST_SUITE(file)

BOOST_AUTO_TEST_CASE(the_media_type_is_that_of_the_name) {
  struct Row {
    const char* name;
    const char* expected;
  };
  static constexpr std::array rows{
      Row{"index.html", "text/html; charset=utf-8"},
      Row{"INDEX.HTML", "text/html; charset=utf-8"},
      Row{"a.b.css", "text/css; charset=utf-8"},
      Row{"picture.jpeg", "image/jpeg"},
      Row{"archive.tar.gz", "application/gzip"},
      Row{"noextension", "application/octet-stream"},
      Row{"dot.", "application/octet-stream"},
      Row{"html", "application/octet-stream"},
      Row{"a.no-such-extension", "application/octet-stream"},
      Row{"a.\n", "application/octet-stream"},
      Row{"a.#", "application/octet-stream"},
      Row{"", "application/octet-stream"},
  };
  for (const Row& row : rows)
    BOOST_TEST(media_type_of(row.name) == row.expected, row.name);
}

BOOST_AUTO_TEST_CASE(the_system_knows_more_media_types) {
  const OpenResult mime_types = open_path("/etc/mime.types", O_RDONLY);
  if (!mime_types.fd) {
    BOOST_TEST_MESSAGE("skipped: there is no /etc/mime.types here");
    return;
  }
  const std::string content = read_file(mime_types.fd.get(), 1024UL * 1024);
  const char* const name = "molecule.cml";  // which the table does not have
  BOOST_TEST(!find_media_type(name));
  const auto expected = find_media_type_in(content, name);
  BOOST_TEST(media_type_of(name) ==
             expected.value_or("application/octet-stream"));
}

constexpr Seconds date{std::chrono::seconds{784111777}};

// A file of ten octets, an hour old at the time of each request.
static File some_file() {
  constexpr std::time_t hour = 3600;
  const std::timespec changed{date.time_since_epoch().count() - hour, 1};
  return {.fd = UniqueFd{},
          .version = {1, 10, changed, changed},
          .name = "page.html"};
}

constexpr std::string_view tag = "\"1.a.2ebc8a91.1\"";

// What a request for `file` gets: the whole answer but its content.
static std::string answer_to(const File& file, std::string_view fields,
                             std::string_view method = "GET") {
  const std::string text = std::string{method} + " / HTTP/1.1\r\nHost: h\r\n" +
                           std::string{fields} + "\r\n";
  const Request request = parse_request(text);
  const auto selected = select_content(request, file, Instant{date});
  if (const auto* refusal = std::get_if<Refusal>(&selected)) {
    return shown(refusal->status) + ' ' + std::string{refusal->field_name} +
           ": " + refusal->field_value;
  }
  const auto& content = std::get<FileContent>(selected);
  ResponseHead head{content.status, {}, date, {.server = "s", .added = {}}};
  const std::size_t common = head.lines().size();
  add_file_fields(head, file, content);
  return shown(content.status) + '\n' + head.lines().substr(common);
}

BOOST_AUTO_TEST_CASE(a_file_is_described) {
  BOOST_TEST(answer_to(some_file(), "") ==
             "200\n"
             "Content-Type: text/html; charset=utf-8\r\n"
             "Content-Length: 10\r\n"
             "Accept-Ranges: bytes\r\n"
             "ETag: \"1.a.2ebc8a91.1\"\r\n"
             "Last-Modified: Sun, 06 Nov 1994 07:49:37 GMT\r\n");
}

BOOST_AUTO_TEST_CASE(what_the_client_knows_is_not_repeated) {
  const std::string known = "304\nETag: \"1.a.2ebc8a91.1\"\r\n";
  BOOST_TEST(answer_to(some_file(),
                       "If-None-Match: " + std::string{tag} + "\r\n") == known);
  BOOST_TEST(
      answer_to(some_file(),
                "If-Modified-Since: Sun, 06 Nov 1994 07:49:37 GMT\r\n") ==
      known);
  File just_changed = some_file();
  just_changed.version.changed.tv_sec = date.time_since_epoch().count();
  BOOST_TEST(
      answer_to(just_changed,
                "If-Modified-Since: Sun, 06 Nov 1994 07:49:37 GMT\r\n") ==
      "304\nLast-Modified: Sun, 06 Nov 1994 07:49:37 GMT\r\n");
}

BOOST_AUTO_TEST_CASE(a_condition_that_fails_is_told) {
  BOOST_TEST(answer_to(some_file(), "If-Match: \"x\"\r\n") == "412 : ");
}

BOOST_AUTO_TEST_CASE(a_part_is_described) {
  BOOST_TEST(answer_to(some_file(), "Range: bytes=2-4\r\n") ==
             "206\n"
             "Content-Type: text/html; charset=utf-8\r\n"
             "Content-Length: 3\r\n"
             "Content-Range: bytes 2-4/10\r\n"
             "ETag: \"1.a.2ebc8a91.1\"\r\n"
             "Last-Modified: Sun, 06 Nov 1994 07:49:37 GMT\r\n");
  BOOST_TEST(answer_to(some_file(), "Range: bytes=10-\r\n") ==
             "416 Content-Range: bytes */10");
  // RFC 9110 14.2: Range is for GET, and for valid ranges.
  const std::string whole = answer_to(some_file(), "");
  BOOST_TEST(answer_to(some_file(), "Range: bytes=2-4\r\n", "HEAD") == whole);
  BOOST_TEST(answer_to(some_file(), "Range: lines=2-4\r\n") == whole);
  BOOST_TEST(answer_to(some_file(),
                       "Range: bytes=2-4\r\nIf-Range: \"x\"\r\n") == whole);
}

BOOST_AUTO_TEST_CASE(several_parts_have_a_boundary) {
  const std::string answer = answer_to(some_file(), "Range: bytes=0-0,5-6\r\n");
  constexpr std::string_view start =
      "206\nContent-Type: multipart/byteranges; boundary=";
  BOOST_TEST(answer.starts_with(start), answer);
  BOOST_TEST(answer.find("Content-Range") == std::string::npos);
  const std::string boundary =
      answer.substr(start.size(), answer.find("\r\n") - start.size());
  BOOST_TEST(boundary.size() >= 32U);
  BOOST_TEST(answer != answer_to(some_file(), "Range: bytes=0-0,5-6\r\n"));
}

BOOST_AUTO_TEST_CASE(a_coded_file_says_so) {
  File file = some_file();
  file.coding = Coding::gzip;
  file.is_negotiated = true;
  BOOST_TEST(answer_to(file, "") ==
             "200\n"
             "Content-Type: text/html; charset=utf-8\r\n"
             "Content-Encoding: gzip\r\n"
             "Content-Length: 10\r\n"
             "Accept-Ranges: bytes\r\n"
             "ETag: \"1.a.2ebc8a91.1-gzip\"\r\n"
             "Last-Modified: Sun, 06 Nov 1994 07:49:37 GMT\r\n"
             "Vary: Accept-Encoding\r\n");
}

// RFC 9110 8.8.2.2: the codings have one date.
BOOST_AUTO_TEST_CASE(a_date_does_not_tell_codings_apart) {
  File file = some_file();
  const std::string fields =
      "Range: bytes=2-\r\nIf-Range: Sun, 06 Nov 1994 07:49:37 GMT\r\n";
  BOOST_TEST(answer_to(file, fields).starts_with("206"));
  file.is_negotiated = true;
  BOOST_TEST(answer_to(file, fields).starts_with("200"));
}

BOOST_AUTO_TEST_CASE(an_error_page_is_whole_and_has_no_version) {
  const File file = some_file();
  const FileContent content = whole_content(file);
  ResponseHead head{Status::not_found, {}, date, {.server = "s", .added = {}}};
  add_file_fields(head, file, content);
  BOOST_TEST(content.size() == 10U);
  BOOST_TEST(!head.has("ETag"));
  BOOST_TEST(!head.has("Last-Modified"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

// test_file.cc - What is told of a file that is sent.
#include <fcntl.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

#include "file.h"
#include "fixtures.h"
#include "media_type.h"

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

BOOST_AUTO_TEST_CASE(a_file_is_described) {
  constexpr Seconds date{std::chrono::seconds{784111777}};
  const File file{UniqueFd{}, 1234567890123, date, "page.html"};
  ResponseHead head{Status::ok, {}, date, {.server = "server", .added = {}}};
  add_file_fields(head, file);
  BOOST_TEST(head.text() ==
             "HTTP/1.1 200 OK\r\n"
             "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
             "Server: server\r\n"
             "Connection: close\r\n"
             "Content-Type: text/html; charset=utf-8\r\n"
             "Content-Length: 1234567890123\r\n"
             "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
             "\r\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

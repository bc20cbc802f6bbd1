#include <boost/test/unit_test.hpp>
#include <cerrno>

#include "status.h"
#include "tables.h"
#include "text.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

BOOST_AUTO_TEST_SUITE(status)

struct StatusRow {
  const char* why;
  Status input;
  std::uint16_t code;
  std::string_view phrase;
};

constexpr StatusRow status_rows[] = {
    {"RFC 9110 15.3.1", Status::ok, 200, "OK"},
    {"RFC 9110 15.3.5", Status::no_content, 204, "No Content"},
    {"RFC 9110 15.4.2", Status::moved_permanently, 301, "Moved Permanently"},
    {"RFC 9110 15.4.3", Status::found, 302, "Found"},
    {"RFC 9110 15.4.5", Status::not_modified, 304, "Not Modified"},
    {"RFC 9110 15.5.1", Status::bad_request, 400, "Bad Request"},
    {"RFC 9110 15.5.2", Status::unauthorized, 401, "Unauthorized"},
    {"RFC 9110 15.5.4", Status::forbidden, 403, "Forbidden"},
    {"RFC 9110 15.5.5", Status::not_found, 404, "Not Found"},
    {"RFC 9110 15.5.6", Status::method_not_allowed, 405, "Method Not Allowed"},
    {"RFC 9110 15.5.9", Status::request_timeout, 408, "Request Timeout"},
    {"RFC 9110 15.5.14", Status::content_too_large, 413, "Content Too Large"},
    {"RFC 9110 15.5.15", Status::uri_too_long, 414, "URI Too Long"},
    {"RFC 9110 15.5.18", Status::expectation_failed, 417, "Expectation Failed"},
    {"RFC 6585 5", Status::request_header_fields_too_large, 431,
     "Request Header Fields Too Large"},
    {"RFC 9110 15.6.1", Status::internal_server_error, 500,
     "Internal Server Error"},
    {"RFC 9110 15.6.2", Status::not_implemented, 501, "Not Implemented"},
    {"RFC 9110 15.6.3", Status::bad_gateway, 502, "Bad Gateway"},
    {"RFC 9110 15.6.4", Status::service_unavailable, 503,
     "Service Unavailable"},
    {"RFC 9110 15.6.5", Status::gateway_timeout, 504, "Gateway Timeout"},
    {"RFC 9110 15.6.6", Status::http_version_not_supported, 505,
     "HTTP Version Not Supported"},
    {"RFC 4918 11.5", Status::insufficient_storage, 507,
     "Insufficient Storage"},
    {"RFC 9110 15.5.21, of a script", Status{422}, 422,
     "Unprocessable Content"},
    {"RFC 6585 6, the last of all", Status{511}, 511,
     "Network Authentication Required"},
    {"not assigned", Status{299}, 299, ""},
    {"below all", Status{0}, 0, ""},
    {"above all", Status{599}, 599, ""},
};

BOOST_AUTO_TEST_CASE(a_status_has_the_code_and_phrase_of_its_rfc) {
  check_rows(status_rows, [](const StatusRow& row) {
    BOOST_TEST(shown(row.input) == shown(std::uint64_t{row.code}));
    BOOST_TEST(phrase_of(row.input) == row.phrase);
  });
}

BOOST_AUTO_TEST_CASE(phrases_and_explanations_are_one_line) {
  for (std::uint16_t code = 0; code < 1000; ++code) {
    BOOST_TEST(is_field_value(phrase_of(Status{code})));
    BOOST_TEST(is_field_value(explanation_of(Status{code})));
  }
}

BOOST_AUTO_TEST_CASE(an_error_is_explained_as_the_ancestor_did) {
  struct Row {
    const char* why;
    Status input;
    std::string_view expected;
  };
  constexpr Row rows[] = {
      {"400", Status::bad_request, "Bad request syntax or unsupported method"},
      {"403", Status::forbidden,
       "Request forbidden -- authorization will not help"},
      {"404", Status::not_found, "Nothing matches the given URI"},
      {"405", Status::method_not_allowed,
       "Specified method is invalid for this resource"},
      {"408", Status::request_timeout, "Request timed out; try again later"},
      {"414", Status::uri_too_long, "URI is too long"},
      {"417", Status::expectation_failed,
       "Expect condition could not be satisfied"},
      {"500", Status::internal_server_error, "Server got itself in trouble"},
      {"501", Status::not_implemented,
       "Server does not support this operation"},
      {"505", Status::http_version_not_supported, "Cannot fulfill request"},
      {"no error needs none", Status::ok, ""},
      {"not assigned", Status{299}, ""},
  };
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(explanation_of(row.input) == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(answers_204_and_304_have_no_content) {
  for (std::uint16_t code = 200; code < 600; ++code) {
    const bool expected = code == 204 || code == 304;
    BOOST_TEST(has_no_content(Status{code}) == expected, code);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_opened_has_a_status) {
  struct Row {
    const char* why;
    int input;
    Status expected;
  };
  constexpr Row rows[] = {
      {"absent", ENOENT, Status::not_found},
      {"a file as if it were a folder", ENOTDIR, Status::not_found},
      {"a name that no file can have", ENAMETOOLONG, Status::not_found},
      {"a link that may not be followed", ELOOP, Status::not_found},
      {"a link that leads out of the root", EXDEV, Status::not_found},
      {"a name that a file system cannot have", EILSEQ, Status::not_found},
      {"one that vfat cannot have", EINVAL, Status::not_found},
      {"not readable", EACCES, Status::forbidden},
      {"not permitted", EPERM, Status::forbidden},
      {"a socket", ENXIO, Status::forbidden},
      {"a device that is not there", ENODEV, Status::forbidden},
      {"no descriptors left", EMFILE, Status::internal_server_error},
      {"no descriptors left on the machine", ENFILE,
       Status::internal_server_error},
      {"no memory", ENOMEM, Status::internal_server_error},
      {"a broken disk", EIO, Status::internal_server_error},
      {"renamed all the time", EAGAIN, Status::internal_server_error},
  };
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(shown(status_for_open_error(row.input)) == shown(row.expected));
  });
}

BOOST_AUTO_TEST_SUITE_END()

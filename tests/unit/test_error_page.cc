#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

#include "error_page.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

namespace {

bool has(std::string_view page, std::string_view text) {
  return page.find(text) != std::string_view::npos;
}

void check_has(const std::string& page, std::string_view text) {
  BOOST_TEST(has(page, text), shown(page) << " has no " << shown(text));
}

void check_has_not(const std::string& page, std::string_view text) {
  BOOST_TEST(!has(page, text), shown(page) << " has " << shown(text));
}

// The number of tags, for pages that must not have more of them.
auto tags_of(std::string_view page) {
  return std::ranges::count(page, '<');
}

constexpr std::string_view hostile = "<script>alert('\"&')</script>";
constexpr std::string_view harmless =
    "&lt;script&gt;alert(&#x27;&quot;&amp;&#x27;)&lt;/script&gt;";

}  // namespace

BOOST_AUTO_TEST_SUITE(error_page)

struct PageRow {
  const char* why;
  Refusal input;
  std::string_view message;
  std::string_view explanation;  // empty: none
};

BOOST_AUTO_TEST_CASE(a_page_has_code_message_and_explanation) {
  const PageRow rows[] = {
      {"the phrase of the status",
       {Status::not_found},
       "<p>Error code: 404</p>\n<p>Message: Not Found.</p>\n",
       "<p>Error code explanation: 404 - Nothing matches the given URI.</p>\n"},
      {"a message of its own",
       {Status::not_found, "File not found"},
       "<p>Error code: 404</p>\n<p>Message: File not found.</p>\n",
       "<p>Error code explanation: 404 - Nothing matches the given URI.</p>\n"},
      {"a status that nothing explains",
       {Status{418}},
       "<p>Error code: 418</p>\n<p>Message: I&#x27;m a Teapot.</p>\n",
       ""},
  };
  check_rows(rows, [](const PageRow& row) {
    const std::string page = cgihttpd::error_page(row.input);
    check_has(page, row.message);
    check_has(page, row.explanation);
    BOOST_TEST(has(page, "explanation") == !row.explanation.empty());
  });
}

BOOST_AUTO_TEST_CASE(a_page_is_html_in_utf_8) {
  for (const std::string& page :
       {cgihttpd::error_page({Status::bad_request}), redirect_page("/a/")}) {
    BOOST_TEST(page.starts_with("<!DOCTYPE HTML>\n<html lang=\"en\">\n"));
    BOOST_TEST(page.ends_with("</body>\n</html>\n"));
    check_has(page, "<meta charset=\"utf-8\">\n");
    check_has(page, "<meta name=\"viewport\"");
  }
}

BOOST_AUTO_TEST_CASE(a_message_is_text_and_no_markup) {
  const std::string page =
      cgihttpd::error_page({Status::not_found, std::string{hostile}});
  check_has(page, harmless);
  check_has_not(page, "<script");
  BOOST_TEST(tags_of(page) ==
             tags_of(cgihttpd::error_page({Status::not_found, "a"})));
}

BOOST_AUTO_TEST_CASE(a_detail_is_only_for_the_administrator) {
  const Refusal refusal{Status::forbidden, "a", "the secret reason"};
  check_has_not(cgihttpd::error_page(refusal), "secret");
}

BOOST_AUTO_TEST_CASE(a_redirect_page_links_to_the_location) {
  check_has(redirect_page("/a/?b=c"), "<a href=\"/a/?b=c\">/a/?b=c</a>");
}

BOOST_AUTO_TEST_CASE(a_location_is_no_markup) {
  const std::string page = redirect_page(hostile);
  const std::string text{harmless};
  check_has(page, "<a href=\"" + text + "\">" + text + "</a>");
  check_has_not(page, "<script");
  BOOST_TEST(tags_of(page) == tags_of(redirect_page("a")));
}

BOOST_AUTO_TEST_SUITE_END()

#include <fcntl.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "check_report.h"
#include "fixtures.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

namespace {

struct LineRow {
  const char* why = "";
  Finding input;
  const char* expected = "";
};

const LineRow line_rows[] = {
    {"a line",
     {"/srv/a b", {"it is wrong", "mend it"}},
     "/srv/a b: it is wrong: mend it"},
    {"a hostile name",
     {"/srv/a\nb\x1b[m\xff", {"it is wrong", "mend it"}},
     R"(/srv/a\x0Ab\x1B[m\xFF: it is wrong: mend it)"},
    {"a hostile script",
     {"/x", {"no `\r\"'", "mend `\n'"}},
     R"(/x: no `\x0D\"': mend `\x0A')"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(check_report)

BOOST_AUTO_TEST_CASE(a_finding_is_one_printable_line) {
  check_rows(line_rows, [](const LineRow& row) {
    BOOST_TEST(line_for(row.input) == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(findings_are_sorted_and_each_is_told_once) {
  CheckReport report{{}};
  report.add("/b", {"x", "y"});
  report.add("/a", {"z", "y"});
  report.add("/b", {"x", "y"});
  report.add("/a", {"x", "y"});
  const std::vector<Finding> expected{
      {"/a", {"x", "y"}}, {"/a", {"z", "y"}}, {"/b", {"x", "y"}}};
  BOOST_TEST((report.take() == expected));
}

BOOST_AUTO_TEST_CASE(names_are_counted_over_all_folders) {
  const TemporaryFolder folder;
  folder.add_file("a/1");
  folder.add_file("b/2");
  folder.add_file("b/3");
  const UniqueFd a = open_or_fail(folder.path("a"), O_RDONLY);
  const UniqueFd b = open_or_fail(folder.path("b"), O_RDONLY);
  CheckReport enough{{.max_names = 3}};
  BOOST_TEST(enough.take_names("/a", a.get()).size() == 1U);
  BOOST_TEST(enough.take_names("/b", b.get()).size() == 2U);
  BOOST_TEST(enough.take().empty());
  CheckReport too_few{{.max_names = 2}};
  BOOST_TEST(too_few.take_names("/a", a.get()).size() == 1U);
  BOOST_TEST(too_few.take_names("/b", b.get()).size() == 1U);
  BOOST_TEST(too_few.take_names("/a", a.get()).empty());
  const auto findings = too_few.take();
  BOOST_TEST_REQUIRE(findings.size() == 2U);
  BOOST_TEST(findings[0].path == "/a");
  BOOST_TEST(findings[1].path == "/b");
}

BOOST_AUTO_TEST_SUITE_END()

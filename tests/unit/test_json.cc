#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>

#include "json.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

BOOST_AUTO_TEST_SUITE(json)

struct ObjectRow {
  const char* why;
  JsonObject input;
  std::string_view expected;
};

BOOST_AUTO_TEST_CASE(an_object_has_its_members_in_order) {
  constexpr std::size_t size = 10;
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  const ObjectRow rows[] = {
      {"nothing", {}, "{}"},
      {"a text", JsonObject{}.add_text("a", "b", size), R"({"a":"b"})"},
      {"no text", JsonObject{}.add_text("a", "", size), R"({"a":null})"},
      {"a long text", JsonObject{}.add_text("a", "bcd", 2), R"({"a":"bc"})"},
      {"the end of a text", JsonObject{}.add_text("a", "\",\"b", size),
       R"({"a":"\",\"b"})"},
      {"a number", JsonObject{}.add_number("a", 0), R"({"a":0})"},
      {"the greatest number", JsonObject{}.add_number("a", most),
       R"({"a":18446744073709551615})"},
      {"no number", JsonObject{}.add_number("a", std::nullopt),
       R"({"a":null})"},
      {"several",
       JsonObject{}
           .add_text("b", "c", size)
           .add_number("a", 1)
           .add_text("d", "", size),
       R"({"b":"c","a":1,"d":null})"},
  };
  check_rows(rows, [](const ObjectRow& row) {
    BOOST_TEST(row.input.text() == row.expected);
  });
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>
#include <string>

#include "negotiation.h"
#include "tables.h"
#include "text.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

namespace {

std::string names_of(const std::vector<Coding>& codings) {
  std::string names;
  for (const Coding coding : codings)
    names.append(names.empty() ? 0 : 1, ' ').append(name_of(coding));
  return names;
}

struct Row {
  const char* why;
  std::vector<std::string_view> fields;
  const char* expected;
};

void check_codings(const auto& rows) {
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(names_of(acceptable_codings(row.fields)) == row.expected);
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(negotiation)

BOOST_AUTO_TEST_CASE(a_client_gets_a_coding_that_it_takes) {
  const Row rows[] = {
      {"12.5.3 (1): no field, any coding; we send none", {}, "identity"},
      {"12.5.3: an empty field, no coding", {""}, "identity"},
      {"12.5.3 (2): identity is acceptable by default",
       {"gzip"},
       "gzip identity"},
      {"12.5.3 (3): what is listed", {"br"}, "br identity"},
      {"12.5.3 (3): unless its weight is 0", {"gzip;q=0"}, "identity"},
      {"12.5.3 (3): what is not listed is not acceptable",
       {"zstd;q=0.001"},
       "zstd identity"},
      {"a coding that we do not have", {"compress, deflate, dcb"}, "identity"},
      {"Firefox and Chromium",
       {"gzip, deflate, br, zstd"},
       "br zstd gzip identity"},
      {"curl", {"deflate, gzip, br, zstd"}, "br zstd gzip identity"},
      {"apt, wget", {"identity"}, "identity"},
      {"12.5.3, example 1", {"compress, gzip"}, "gzip identity"},
      {"12.5.3, example 3", {"*"}, "br zstd gzip identity"},
      {"12.5.3, example 4", {"compress;q=0.5, gzip;q=1.0"}, "gzip identity"},
      {"12.5.3, example 5",
       {"gzip;q=1.0, identity; q=0.5, *;q=0"},
       "gzip identity"},
      {"8.4.1: a coding has no case", {"GZip, BR"}, "br gzip identity"},
      {"8.4.1.3: x-gzip is gzip", {"x-gzip"}, "gzip identity"},
      {"8.4.1.3: without case, too", {"X-GZIP;q=0, br"}, "br identity"},
      {"5.3: lines are one list", {"gzip", "br;q=0.5"}, "gzip br identity"},
      {"5.3: also where one has nothing", {"", "br", " "}, "br identity"},
      {"5.6.1.2: empty members", {",, gzip ,\t,br,"}, "br gzip identity"},
  };
  check_codings(rows);
}

BOOST_AUTO_TEST_CASE(the_weights_of_the_client_go_first) {
  const Row rows[] = {
      {"12.4.2: more is better",
       {"br;q=0.1, zstd;q=0.3, gzip;q=0.2"},
       "zstd gzip br identity"},
      {"12.4.2: no weight is 1", {"br;q=0.999, gzip"}, "gzip br identity"},
      {"12.4.2: three digits",
       {"br;q=0.001, gzip;q=0.002"},
       "gzip br identity"},
      {"12.4.2: .5 and .500 are equal",
       {"gzip;q=0.5, br;q=0.500"},
       "br gzip identity"},
      {"equal ones in our order",
       {"gzip;q=0.5, zstd;q=0.5, br;q=0.5"},
       "br zstd gzip identity"},
      {"equal to identity", {"identity, gzip"}, "gzip identity"},
      {"identity above", {"gzip;q=0.5, identity"}, "identity gzip"},
      {"identity between",
       {"gzip;q=0.1, identity;q=0.2, br;q=0.3"},
       "br identity gzip"},
      {"* below", {"*;q=0.1, gzip"}, "gzip br zstd identity"},
      {"12.5.3: * is what is not listed",
       {"gzip;q=0.1, *;q=0.5"},
       "br zstd identity gzip"},
      {"* and identity", {"*, identity;q=0.1"}, "br zstd gzip identity"},
      {"twice: the lowest",
       {"gzip;q=0.2, gzip;q=0.8, br;q=0.5"},
       "br gzip identity"},
      {"twice, by two names", {"gzip;q=0, x-gzip"}, "identity"},
      {"twice *", {"*;q=0.5, *;q=0, gzip"}, "gzip"},
  };
  check_codings(rows);
}

BOOST_AUTO_TEST_CASE(a_client_may_refuse_what_is_not_coded) {
  const Row rows[] = {
      {"12.5.3: identity;q=0", {"identity;q=0"}, ""},
      {"12.5.3: *;q=0", {"*;q=0"}, ""},
      {"*;q=0 with another", {"*;q=0, br"}, "br"},
      {"*;q=0 with a more specific entry",
       {"*;q=0, identity;q=0.1"},
       "identity"},
      {"only what we have not", {"deflate, *;q=0"}, ""},
      {"identity;q=0 and *", {"identity;q=0, *"}, "br zstd gzip"},
      {"identity;q=0 and one", {"gzip, identity;q=0"}, "gzip"},
      {"everything", {"br;q=0, zstd;q=0, gzip;q=0, identity;q=0"}, ""},
      {"identity has no case", {"IDENTITY;q=0"}, ""},
  };
  check_codings(rows);
}

struct WeightRow {
  const char* why;
  std::string_view weight;
  /// Of gzip where br has 0.5: before it, after it, excluded or ignored.
  const char* expected;
};

constexpr const char* before = "gzip br";
constexpr const char* after = "br gzip";
constexpr const char* without = "br";

constexpr WeightRow weight_rows[] = {
    {"1", ";q=1", before},
    {"1 with a point", ";q=1.", before},
    {"1 with zeros", ";q=1.000", before},
    {"0", ";q=0", without},
    {"0 with a point", ";q=0.", without},
    {"0 with zeros", ";q=0.000", without},
    {"the least", ";q=0.001", after},
    {"the most below 1", ";q=0.999", before},
    {"no case", ";Q=0.1", after},
    {"OWS", " \t;\t q=0.1 ", after},
    {"more than 1", ";q=1.001", without},
    {"2", ";q=2", without},
    {"a negative one", ";q=-1", without},
    {"a sign", ";q=+1", without},
    {"four digits", ";q=0.0001", without},
    {"four zeros", ";q=1.0000", without},
    {"two digits first", ";q=01", without},
    {"10", ";q=10", without},
    {"no digit first", ";q=.5", without},
    {"a comma in place of the point", ";q=1,5", before},
    {"an exponent", ";q=1e0", without},
    {"a point alone", ";q=.", without},
    {"two points", ";q=0..1", without},
    {"a letter behind", ";q=0.1a", without},
    {"nothing", ";q=", without},
    {"no =", ";q", without},
    {"no weight", ";", without},
    {"a blank before =", ";q =1", without},
    {"a blank behind =", ";q= 1", without},
    {"quotes", ";q=\"1\"", without},
    {"another parameter", ";level=9", without},
    {"another parameter before", ";level=9;q=1", without},
    {"another parameter behind", ";q=1;level=9", without},
    {"a weight of another name", ";qq=1", without},
    {"two weights", ";q=1;q=0", without},
};

BOOST_AUTO_TEST_CASE(a_weight_is_a_qvalue_or_its_member_is_ignored) {
  check_rows(weight_rows, [](const WeightRow& row) {
    const std::string field =
        "identity;q=0, br;q=0.5, gzip" + std::string{row.weight};
    const std::vector<std::string_view> fields{field};
    BOOST_TEST(names_of(acceptable_codings(fields)) == row.expected, field);
  });
}

BOOST_AUTO_TEST_CASE(a_name_is_a_token_or_its_member_is_ignored) {
  const Row rows[] = {
      {"blanks in it", {"g zip"}, "identity"},
      {"quotes", {"\"gzip\""}, "identity"},
      {"a longer name", {"gzipped, xgzip, gzip-x"}, "identity"},
      {"a shorter name", {"gz, b, z"}, "identity"},
      {"no name", {";q=0"}, "identity"},
      {"no name, and others", {";q=0, gzip"}, "gzip identity"},
      {"x-br is nothing", {"x-br"}, "identity"},
      {"* in a name", {"*/*;q=0, gzip*;q=0"}, "identity"},
      {"an octet that is no ASCII", {"gzip\xC3\xBC;q=0, br"}, "br identity"},
      {"a field of something else", {"text/html;q=0"}, "identity"},
  };
  check_codings(rows);
}

BOOST_AUTO_TEST_CASE(only_what_is_there_is_named) {
  const std::vector<std::string_view> fields{"br, gzip;q=0.5, zstd"};
  const std::vector<Coding> gzip{Coding::identity, Coding::gzip};
  BOOST_TEST(names_of(acceptable_codings(fields, gzip)) == "gzip identity");
  BOOST_TEST(names_of(acceptable_codings(fields, {})) == "");
  const std::vector<std::string_view> none{"identity;q=0, br"};
  BOOST_TEST(names_of(acceptable_codings(none, gzip)) == "");
}

BOOST_AUTO_TEST_CASE(a_coding_has_a_suffix) {
  BOOST_TEST(suffix_of(Coding::br) == ".br");
  BOOST_TEST(suffix_of(Coding::zstd) == ".zst");
  BOOST_TEST(suffix_of(Coding::gzip) == ".gz");
  BOOST_TEST(suffix_of(Coding::identity) == "");
}

BOOST_AUTO_TEST_SUITE_END()

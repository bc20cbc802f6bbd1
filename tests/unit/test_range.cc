#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>
#include <vector>

#include "range.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

namespace {

// FIRST+SIZE of each range, or what the field asks for instead.
std::string selected(std::string_view range_field, std::uint64_t file_size) {
  using Kind = RangeSelection::Kind;
  const RangeSelection selection = select_ranges(range_field, file_size);
  BOOST_TEST((selection.kind == Kind::partial) == !selection.ranges.empty());
  if (selection.kind == Kind::whole) return "whole";
  if (selection.kind == Kind::unsatisfiable) return "unsatisfiable";
  std::string text;
  for (const ByteRange range : selection.ranges) {
    if (!text.empty()) text += ' ';
    text.append(std::to_string(range.first)).append("+");
    text.append(std::to_string(range.size));
  }
  return text;
}

struct Row {
  const char* why;
  std::string_view input;
  std::string_view expected;
  std::uint64_t file_size = 10000;
};

void check_selected(const auto& rows) {
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(selected(row.input, row.file_size) == row.expected);
  });
}

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t five_gib = 5ULL << 30U;

// `count` range-specs of an octet each, none of them adjacent.
std::string field_with(std::size_t count) {
  std::string field = "bytes=";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) field += ',';
    const std::string position = std::to_string(2 * i);
    field.append(position).append("-").append(position);
  }
  return field;
}

constexpr unsigned octets = 40;

// How often each octet of a file is meant.
using Octets = std::vector<int>;

void count(Octets& times, ByteRange range) {
  times.resize(octets);
  for (std::uint64_t at = range.first; at < range.first + range.size; ++at)
    ++times.at(at);
}

Octets once(Octets times) {
  for (int& number : times)
    number = std::min(number, 1);
  return times;
}

// Octets that tell where they are from.
std::string octets_of(ByteRange range) {
  std::string text;
  for (std::uint64_t i = 0; i < range.size; ++i)
    text += static_cast<char>('a' + (range.first + i) % 26);
  return text;
}

std::string text_of(const MultipartContent& content) {
  std::string text;
  for (const auto& part : content.parts)
    text.append(part.head).append(octets_of(part.range));
  return text + content.end;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(range)

constexpr Row single_rows[] = {
    {"RFC 9110 14.1.2: the first 500 octets", "bytes=0-499", "0+500"},
    {"RFC 9110 14.1.2: the second 500 octets", "bytes=500-999", "500+500"},
    {"RFC 9110 14.1.2: the final 500 octets", "bytes=-500", "9500+500"},
    {"RFC 9110 14.1.2: or so", "bytes=9500-", "9500+500"},
    {"RFC 9110 14.1.1: positions are inclusive and start at 0", "bytes=0-0",
     "0+1"},
    {"the last octet", "bytes=-1", "9999+1"},
    {"the last octet by its position", "bytes=9999-9999", "9999+1"},
    {"the last octet, open", "bytes=9999-", "9999+1"},
    {"all but the first octet", "bytes=1-", "1+9999"},
    {"all of it: 206 is what a client that resumes expects", "bytes=0-",
     "0+10000"},
    {"RFC 9110 14.1.2: a last position behind the end is the end",
     "bytes=9000-20000", "9000+1000"},
    {"a last position one behind the end", "bytes=9000-10000", "9000+1000"},
    {"RFC 9110 14.1.2: a suffix longer than the file is all of it",
     "bytes=-10001", "0+10000"},
    {"a suffix as long as the file", "bytes=-10000", "0+10000"},
    {"leading zeros", "bytes=000-00000000000000000000000000499", "0+500"},
    {"RFC 9110 14.1: a unit has no case", "BYTES=0-499", "0+500"},
    {"of mixed case", "Bytes=0-499", "0+500"},
    {"a file of one octet", "bytes=0-499", "0+1", 1},
    {"above 4 GiB", "bytes=4294967296-4294967305", "4294967296+10", five_gib},
    {"from below 4 GiB", "bytes=1-", "1+5368709119", five_gib},
    {"a suffix above 4 GiB", "bytes=-4294967297", "1073741823+4294967297",
     five_gib},
    {"the largest file", "bytes=0-", "0+18446744073709551615", largest},
    {"the last octet of the largest file",
     "bytes=18446744073709551614-18446744073709551615",
     "18446744073709551614+1", largest},
};

BOOST_AUTO_TEST_CASE(a_range_is_a_part_of_the_file) {
  check_selected(single_rows);
}

constexpr Row unsatisfiable_rows[] = {
    {"RFC 9110 14.1.2: the first position is the size", "bytes=10000-",
     "unsatisfiable"},
    {"with a last position", "bytes=10000-10000", "unsatisfiable"},
    {"far behind", "bytes=20000-30000", "unsatisfiable"},
    {"RFC 9110 14.1.2: a suffix of no octets", "bytes=-0", "unsatisfiable"},
    {"with zeros", "bytes=-000", "unsatisfiable"},
    {"several of them", "bytes=10000-,-0,20000-20001", "unsatisfiable"},
    {"an empty file has no first octet", "bytes=0-", "unsatisfiable", 0},
    {"nor a first with a last", "bytes=0-0", "unsatisfiable", 0},
    {"a suffix of no octets of an empty file", "bytes=-0", "unsatisfiable", 0},
    {"2^64 - 1", "bytes=18446744073709551615-", "unsatisfiable"},
    {"2^64", "bytes=18446744073709551616-", "unsatisfiable"},
    {"2^64 and more", "bytes=18446744073709551617-18446744073709551618",
     "unsatisfiable"},
    {"2^64 in the largest file", "bytes=18446744073709551616-", "unsatisfiable",
     largest},
};

BOOST_AUTO_TEST_CASE(ranges_may_have_no_octet_of_the_file) {
  check_selected(unsatisfiable_rows);
}

constexpr Row large_rows[] = {
    {"a last position of 2^64", "bytes=5-18446744073709551616", "5+9995"},
    {"a last position far above", "bytes=5-99999999999999999999999999999999",
     "5+9995"},
    {"a suffix of 2^64", "bytes=-18446744073709551616", "0+10000"},
    {"a suffix of 2^64 and 1", "bytes=-18446744073709551617", "0+10000"},
    {"a first position far above, beside one in the file",
     "bytes=99999999999999999999999999999999-,0-0", "0+1"},
};

BOOST_AUTO_TEST_CASE(no_position_is_too_large) {
  check_selected(large_rows);
}

constexpr Row ignored_rows[] = {
    {"RFC 9110 14.2: another unit", "lines=0-499", "whole"},
    {"RFC 9110 14.3: a unit that says none", "none=0-1", "whole"},
    {"a unit that starts as ours", "bytesx=0-499", "whole"},
    {"a part of our unit", "byte=0-499", "whole"},
    {"no unit", "=0-499", "whole"},
    {"no unit and no equals sign", "0-499", "whole"},
    {"as Content-Range has it", "bytes 0-499/10000", "whole"},
    {"nothing", "", "whole"},
    {"a unit alone", "bytes", "whole"},
    {"RFC 9110 14.1.1: at least one range-spec", "bytes=", "whole"},
    {"empty elements alone", "bytes=, ,", "whole"},
    {"a dash alone", "bytes=-", "whole"},
    {"RFC 9110 14.1.1: the last position is before the first", "bytes=500-499",
     "whole"},
    {"RFC 9110 14.1.1: one invalid range-spec in a set", "bytes=0-1,5-2",
     "whole"},
    {"the first of the set", "bytes=x,0-1", "whole"},
    {"behind the end and the wrong way round", "bytes=20000-10000", "whole"},
    {"a number alone", "bytes=5", "whole"},
    {"letters", "bytes=a-b", "whole"},
    {"letters after digits", "bytes=0-5x", "whole"},
    {"hexadecimal", "bytes=0x0-0x5", "whole"},
    {"two dashes", "bytes=0--5", "whole"},
    {"three positions", "bytes=0-5-9", "whole"},
    {"a minus in a suffix", "bytes=--5", "whole"},
    {"a plus", "bytes=+0-5", "whole"},
    {"a fraction", "bytes=0.5-5", "whole"},
    {"a blank before the equals sign", "bytes =0-499", "whole"},
    {"a blank before the dash", "bytes=0 -499", "whole"},
    {"a blank after the dash", "bytes=0- 499", "whole"},
    {"a blank in a number", "bytes=0-4 99", "whole"},
    {"two equals signs", "bytes==0-499", "whole"},
    {"the unit twice, as two fields joined have it", "bytes=0-1, bytes=3-4",
     "whole"},
    {"a semicolon", "bytes=0-1;3-4", "whole"},
    {"an octet above 127", "bytes=0-\xB2", "whole"},
    {"RFC 9110 14.1.2: a suffix of an empty file is satisfiable, but no "
     "Content-Range can say it",
     "bytes=-5", "whole", 0},
    {"beside one that is not", "bytes=0-,-5", "whole", 0},
    {"invalid for an empty file, too", "bytes=5-2", "whole", 0},
};

BOOST_AUTO_TEST_CASE(a_field_that_is_not_valid_is_ignored) {
  check_selected(ignored_rows);
}

constexpr Row list_rows[] = {
    {"RFC 9110 14.1.2: the first and the last octet", "bytes=0-0,-1",
     "0+1 9999+1"},
    {"RFC 9110 14.1.2: the first, middle and last 1000",
     "bytes= 0-999, 4500-5499, -1000", "0+1000 4500+1000 9000+1000"},
    {"RFC 9110 5.6.3: blanks beside commas", "bytes=0-1 \t, \t 4-5", "0+2 4+2"},
    {"RFC 9110 5.6.1.2: empty elements", "bytes=,,0-1, ,4-5,", "0+2 4+2"},
    {"RFC 9110 15.3.7.2: the order of the request", "bytes=4-5,0-1,8-9",
     "4+2 0+2 8+2"},
    {"RFC 9110 14.2: what is unsatisfiable is left out",
     "bytes=10000-,4-5,-0,0-1", "4+2 0+2"},
    {"a gap of one octet is left", "bytes=0-1,3-4", "0+2 3+2"},
};

BOOST_AUTO_TEST_CASE(a_field_may_ask_for_several_ranges) {
  check_selected(list_rows);
}

constexpr Row coalescing_rows[] = {
    {"RFC 9110 14.1.2: legal, but not canonical", "bytes=500-600,601-999",
     "500+500"},
    {"RFC 9110 14.1.2: overlapping", "bytes=500-700,601-999", "500+500"},
    {"adjacent, the other way round", "bytes=601-999,500-600", "500+500"},
    {"the same twice", "bytes=5-6,5-6", "5+2"},
    {"one in the other", "bytes=0-99,10-19", "0+100"},
    {"the other in the one", "bytes=10-19,0-99", "0+100"},
    {"a suffix and an open range", "bytes=9000-,-2000", "8000+2000"},
    {"CVE-2011-3192: the file many times", "bytes=0-,0-,1-,2-,3-,4-,5-0005",
     "0+10000"},
    {"one that joins two", "bytes=0-1,4-5,2-3", "0+6"},
    {"one that joins three, the last of which comes first",
     "bytes=8-9,0-1,4-5,1-8", "0+10"},
    {"where the first of them was", "bytes=500-600,0-99,550-700",
     "500+201 0+100"},
    {"two pairs", "bytes=0-1,10-11,1-2,11-12", "0+3 10+3"},
    {"what is left at the end of the largest file",
     "bytes=18446744073709551613-,18446744073709551612-18446744073709551613",
     "18446744073709551612+3", largest},
};

BOOST_AUTO_TEST_CASE(ranges_that_touch_are_one) {
  check_selected(coalescing_rows);
}

BOOST_AUTO_TEST_CASE(ranges_are_bounded) {
  BOOST_TEST(select_ranges(field_with(max_ranges), 10000).ranges.size() ==
             max_ranges);
  BOOST_TEST(selected(field_with(max_ranges + 1), 10000) == "whole");
  BOOST_TEST(selected(field_with(1000), 10000) == "whole");
  BOOST_TEST(selected("bytes=" + repeated(max_ranges, "1-1,"), 10000) == "1+1");
  BOOST_TEST(selected("bytes=" + repeated(max_ranges + 1, "1-1,"), 10000) ==
             "whole");
  BOOST_TEST(selected("bytes=" + repeated(9000, ",") + "1-1", 10000) == "1+1");
}

BOOST_AUTO_TEST_CASE(each_wanted_octet_is_sent_once) {
  // Any positions will do, as long as they are the same in each run.
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::string field = "bytes=";
    Octets wanted;
    for (unsigned i = 0; i < 6; ++i) {
      const unsigned first = (seed * 7919 + i * 104729 + seed * i) % octets;
      const unsigned size =
          1 + std::min((seed + i * 31) % 7, octets - 1 - first);
      count(wanted, {first, size});
      field.append(std::to_string(first)).append("-");
      field.append(std::to_string(first + size - 1)).append(",");
    }
    Octets sent;
    for (const ByteRange range : select_ranges(field, octets).ranges)
      count(sent, range);
    BOOST_TEST((sent == once(wanted)), field);
  }
}

BOOST_AUTO_TEST_CASE(a_content_range_says_what_is_sent) {
  // RFC 9110 14.4
  BOOST_TEST(format_content_range({42, 1192}, 1234) == "bytes 42-1233/1234");
  BOOST_TEST(format_content_range({0, 500}, 1234) == "bytes 0-499/1234");
  BOOST_TEST(format_content_range({0, 1}, 1) == "bytes 0-0/1");
  BOOST_TEST(format_content_range({largest - 1, 1}, largest) ==
             "bytes 18446744073709551614-18446744073709551614/"
             "18446744073709551615");
  BOOST_TEST(format_unsatisfied_range(1234) == "bytes */1234");
  BOOST_TEST(format_unsatisfied_range(0) == "bytes */0");
}

BOOST_AUTO_TEST_CASE(several_ranges_are_parts_of_a_multipart) {
  const auto content =
      make_multipart("Sep4", "text/plain", {{0, 3}, {20, 2}}, 26);
  BOOST_TEST(content.media_type == "multipart/byteranges; boundary=Sep4");
  // RFC 9110 15.3.7.2: Content-Range in each part, and its Content-Type.
  BOOST_TEST(text_of(content) ==
             "--Sep4\r\n"
             "Content-Type: text/plain\r\n"
             "Content-Range: bytes 0-2/26\r\n"
             "\r\n"
             "abc\r\n"
             "--Sep4\r\n"
             "Content-Type: text/plain\r\n"
             "Content-Range: bytes 20-21/26\r\n"
             "\r\n"
             "uv\r\n"
             "--Sep4--\r\n");
}

BOOST_AUTO_TEST_CASE(a_multipart_is_as_long_as_it_says) {
  for (std::size_t count = 1; count <= max_ranges; ++count) {
    const auto ranges = select_ranges(field_with(count), 1000).ranges;
    const auto content = make_multipart(repeated(max_boundary_octets, "b"),
                                        "image/png", ranges, 1000);
    BOOST_TEST(content.parts.size() == count);
    BOOST_TEST(content.size == text_of(content).size());
  }
}

BOOST_AUTO_TEST_CASE(a_multipart_may_be_longer_than_4_gib) {
  const auto content =
      make_multipart("b", "a/b", {{0, five_gib}, {five_gib + 1, 1}}, largest);
  std::uint64_t heads = content.end.size();
  for (const auto& part : content.parts)
    heads += part.head.size();
  BOOST_TEST(content.size == heads + five_gib + 1);
}

BOOST_AUTO_TEST_SUITE_END()

// test_linear_time.cc - Whatever a client, a proxy or a script says takes time
// in proportion to its size: inputs that are made to be slow, four times as
// long, take about four times as long to parse.

#include <malloc.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <ctime>
#include <functional>
#include <string>

#include "access_log.h"
#include "authentication.h"
#include "cgi_environment.h"
#include "cgi_head.h"
#include "chunked.h"
#include "conditional.h"
#include "escape.h"
#include "forwarded.h"
#include "head.h"
#include "http_date.h"
#include "listing.h"
#include "media_type.h"
#include "negotiation.h"
#include "network.h"
#include "password_file.h"
#include "proxy_header.h"
#include "range.h"
#include "refusal.h"
#include "request.h"
#include "tables.h"
#include "uri.h"

using namespace cgihttpd;

namespace {

using Parse = std::function<void(const std::string& input)>;

struct Row {
  const char* why;
  std::string start;
  std::string repeated;
  Parse parse;
};

std::string many(std::string_view start, std::string_view text,
                 std::size_t size) {
  std::string all{start};
  while (all.size() < size)
    all += text;
  return all;
}

constexpr int repetitions = 200;

// The least CPU time of several runs: what else the machine does is not in it.
std::chrono::nanoseconds time_of(const Parse& parse, const std::string& input) {
  constexpr int runs = 7;
  auto least = std::chrono::nanoseconds::max();
  for (int run = 0; run < runs; ++run) {
    timespec start{};
    timespec end{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    for (int i = 0; i < repetitions; ++i) {
      try {
        parse(input);
      } catch (const HttpError&) {  // as fast as an answer
        continue;
      }
    }
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    least = std::min(least,
                     std::chrono::nanoseconds{
                         std::chrono::seconds{end.tv_sec - start.tv_sec}} +
                         std::chrono::nanoseconds{end.tv_nsec - start.tv_nsec});
  }
  return least;
}

// Views into the input, as a request of one field has them.
Request request_with(std::string_view name, std::string_view value) {
  Request request;
  request.method = "GET";
  request.fields.push_back({name, value});
  return request;
}

constexpr Seconds now{std::chrono::seconds{784111777}};

void evaluate(std::string_view name, std::string_view value) {
  const std::timespec time{now.time_since_epoch().count() - 3600, 1};
  const Validators validators =
      make_validators({1, 10, time, time}, Instant{now});
  static_cast<void>(
      evaluate_preconditions(request_with(name, value), validators, now));
}

Parse field(const char* name) {
  return [name](const std::string& input) { evaluate(name, input); };
}

void accept(std::string_view input) {
  static_cast<void>(acceptable_codings({&input, 1}));
}

void decode_chunks(const std::string& input) {
  ChunkedDecoder decoder{1U << 30U};
  std::string_view rest = input;
  while (!rest.empty() && decoder.state() == ChunkedDecoder::State::unfinished)
    rest.remove_prefix(decoder.feed(rest).taken);
}

void scan_head_by_octet(const std::string& input) {
  HeadScanner scanner;
  for (const char octet : input) {
    if (scanner.state() == HeadScanner::State::unfinished)
      static_cast<void>(scanner.feed({&octet, 1}));
  }
}

void forward(const std::string& input) {
  Options options;
  options.trusted_proxies.push_back(*parse_network("10.0.0.0/8"));
  for (const char* name : {"Forwarded", "X-Forwarded-For"}) {
    static_cast<void>(find_forwarded_client(request_with(name, input),
                                            {"10.0.0.1", 1}, options));
  }
}

void list(const std::string& input) {
  constexpr std::size_t name_octets = 16;
  std::vector<Entry> entries;
  for (std::size_t i = 0; i + name_octets <= input.size(); i += name_octets)
    entries.push_back({input.substr(i, name_octets), false, false, i, now});
  static_cast<void>(listing_page("/a/", std::move(entries)));
}

void make_environment(const std::string& input) {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n" + input + "\r\n";
  const Request request = test::parse_request(head);
  const Options options;
  const Activation activation;
  Script script;
  const char* const nothing = nullptr;
  static_cast<void>(cgi_environment(
      {options, activation, {}, request, script, "/srv"}, &nothing));
}

void log_all(const std::string& input) {
  const AccessRecord record{.user = input,
                            .request_line = input,
                            .host = input,
                            .referer = input,
                            .user_agent = input,
                            .script_name = input};
  static_cast<void>(format_access_line(record));
  static_cast<void>(format_access_line(record, LogFormat::json));
  static_cast<void>(access_fields(record));
}

void check_header(const std::string& input) {
  ProxyHeaderScanner scanner;
  const std::size_t taken = scanner.feed(input);
  static_cast<void>(parse_proxy_header(input.substr(0, taken)));
}

const Row rows[] = {
    {"a head, octet by octet", "GET / HTTP/1.1\r\n", "A: b\r\n",
     scan_head_by_octet},
    {"a head without a line", "", "\r\r", scan_head_by_octet},
    {"fields of a request", "GET / HTTP/1.1\r\nHost: h\r\nX: ", "y ",
     [](const std::string& input) {
       static_cast<void>(test::parse_request(input + "\r\n\r\n"));
     }},
    {"members of Transfer-Encoding",
     "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: ", "gzip,",
     [](const std::string& input) {
       static_cast<void>(test::parse_request(input + "chunked\r\n\r\n"));
     }},
    {"members of Content-Length",
     "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1", ",1",
     [](const std::string& input) {
       static_cast<void>(test::parse_request(input + "\r\n\r\n"));
     }},
    {"members of Expect",
     "GET / HTTP/1.1\r\nHost: h\r\nExpect: ", ",100-continue",
     [](const std::string& input) {
       static_cast<void>(test::parse_request(input + "\r\n\r\n"));
     }},
    {"dots", "", "/..",
     [](const std::string& input) { static_cast<void>(parse_target(input)); }},
    {"segments and dots", "", "/a/b/../c",
     [](const std::string& input) { static_cast<void>(parse_target(input)); }},
    {"escapes", "", "/%2e%2E%2f",
     [](const std::string& input) { static_cast<void>(parse_target(input)); }},
    {"slashes", "", "/",
     [](const std::string& input) { static_cast<void>(parse_target(input)); }},
    {"a host", "", "a.",
     [](const std::string& input) {
       static_cast<void>(parse_authority(input));
     }},
    {"chunks", "", "1;a\r\nx\r\n", decode_chunks},
    {"trailers", "0\r\n", "A: b\r\n", decode_chunks},
    {"tags", "", "W/\"a\",", field("If-None-Match")},
    {"tags without end", "", "\"", field("If-Match")},
    {"empty members", "", " ,", field("If-None-Match")},
    {"a date", "Sun, ", "06 Nov ", field("If-Modified-Since")},
    {"ranges", "bytes=", "0-0,",
     [](const std::string& input) {
       static_cast<void>(select_ranges(input + "1-1", 10));
     }},
    {"ranges that begin and do not end", "bytes=", "5-,3-4,-1,",
     [](const std::string& input) {
       static_cast<void>(select_ranges(input + "1-1", 1U << 30U));
     }},
    {"codings", "", "gzip;q=0.5,br;q=0,*,", accept},
    {"parameters of a coding", "gzip", ";q=1", accept},
    {"proxies", "", "for=10.0.0.1;proto=https,", forward},
    {"quotes of proxies", "for=\"", "\\\"", forward},
    {"addresses of proxies", "", "10.0.0.1, ", forward},
    {"a PROXY header of vectors",
     std::string{"\r\n\r\n\0\r\nQUIT\n\x21\x11\x02\x00"
                 "aaaabbbbccdd",
                 28},
     std::string{"\4\0\0", 3}, check_header},
    {"a line of PROXY", "PROXY ", "TCP4 ", check_header},
    {"fields of a script", "", "A: b\n",
     [](const std::string& input) {
       static_cast<void>(find_cgi_head_end(input));
       static_cast<void>(parse_cgi_head(input));
     }},
    {"many variables", "X: y\r\n", "z", make_environment},
    {"a log line", "", "\xff\"\\", log_all},
    {"UTF-8 that is cut", "", "\xf0\x9f", log_all},
    {"text of a page", "", "<&\"'>",
     [](const std::string& input) { static_cast<void>(html_escape(input)); }},
    {"a listing of one name", "", "aaaaaaaaaaaaaaaa", list},
    {"a listing", "", "bcaAbBCdcbeFgHijk", list},
    {"lines of passwords", "", "a:$2b$05$abcdefghijklmnopqrstuv\n",
     [](const std::string& input) {
       static_cast<void>(parse_password_file(input));
     }},
    {"credentials", "Basic ", "YTph",
     [](const std::string& input) {
       static_cast<void>(parse_basic_credentials(input));
     }},
    {"lines of mime.types", "", "a/b c d\n# x\n",
     [](const std::string& input) {
       static_cast<void>(find_media_type_in(input, "a.none"));
     }},
};

// A malloc(3) that gives pages back and asks for new ones each time would be
// what is measured; that of musl knows nothing else.
boost::test_tools::assertion_result keeps_pages(
    boost::unit_test::test_unit_id /*id*/) {
#ifdef __GLIBC__
  return ::mallopt(M_TRIM_THRESHOLD, 1 << 28) == 1 &&
         ::mallopt(M_MMAP_MAX, 0) == 1;
#else
  return false;
#endif
}

}  // namespace

BOOST_AUTO_TEST_SUITE(linear_time)

BOOST_AUTO_TEST_CASE(is_what_any_input_takes,
                     *boost::unit_test::precondition(keeps_pages)) {
  constexpr std::size_t size = 1024;
  constexpr std::size_t factor = 4;
  // Between linear, 4, and quadratic, 16.
  constexpr double max_ratio = 8;
  // What is less is no measure of anything.
  constexpr std::chrono::microseconds least{100};
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const auto small =
          time_of(row.parse, many(row.start, row.repeated, size));
      const auto large =
          time_of(row.parse, many(row.start, row.repeated, factor * size));
      const double ratio =
          static_cast<double>(large.count()) /
          static_cast<double>(
              std::max<std::chrono::nanoseconds>(small, least).count());
      BOOST_TEST_MESSAGE(row.why << ": " << large.count() / 1000 / repetitions
                                 << " us, ratio " << ratio);
      BOOST_TEST(ratio < max_ratio);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

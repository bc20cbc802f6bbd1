// write_access_lines.cc - Writes access lines of exchanges as they come, and as
// an attacker would like them: always the same.
//
//     write_access_lines combined|json COUNT

#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>
#include <string_view>

#include "access_log.h"
#include "text.h"

namespace {

using namespace cgihttpd;  // NOLINT(google-build-using-namespace)

class Exchanges {
 public:
  AccessRecord next() {
    AccessRecord record;
    record.remote_address = one_of(addresses);
    record.remote_port = static_cast<std::uint16_t>(below(65536));
    record.user = maybe_hostile(one_of(users));
    time_ += std::chrono::milliseconds{below(60'000)};
    record.time = time_;
    request_line_ = request_line();
    record.request_line = request_line_;
    record.host = maybe_hostile("www.example.org");
    record.status = one_of(statuses);
    if (below(8) != 0) record.body_octets = below(1U << 30U);
    referer_ = maybe_hostile(one_of(referers));
    record.referer = referer_;
    user_agent_ = maybe_hostile(one_of(user_agents));
    record.user_agent = user_agent_;
    if (record.body_octets)
      record.script_cpu = std::chrono::microseconds{below(1U << 30U)};
    record.duration = std::chrono::microseconds{below(1U << 30U)};
    return record;
  }

 private:
  static constexpr std::array<std::string_view, 4> addresses{
      "192.0.2.1", "198.51.100.255", "2001:db8::1",
      "2001:db8:1111:2222:3333:4444:5555:6666"};
  static constexpr std::array<std::string_view, 5> users{
      "", "", "ann", "Ann B. [c]", "\xC3\x84nne"};
  static constexpr std::array<std::string_view, 6> methods{
      "GET", "GET", "HEAD", "POST", "PROPFIND", "BREW"};
  static constexpr std::array<std::string_view, 6> targets{
      "/",
      "/a%20b.txt?c=d&e=%C3%BC",
      "/cgi-bin/x/y?z",
      "http://www.example.org/",
      "*",
      "/../../etc/passwd"};
  static constexpr std::array<std::string_view, 4> referers{
      "", "http://www.example.org/a?b=c#d", "https://search.example/?q=a+b",
      "android-app://x"};
  static constexpr std::array<std::string_view, 5> user_agents{
      "", "curl/7.88.1",
      "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0",
      "Mozilla/5.0 (compatible; Googlebot/2.1; "
      "+http://www.google.com/bot.html)",
      "() { :;}; echo \"; <script>alert('x')</script>"};
  static constexpr std::array<Status, 9> statuses{Status::ok,
                                                  Status::ok,
                                                  Status::moved_permanently,
                                                  Status::not_modified,
                                                  Status::bad_request,
                                                  Status::forbidden,
                                                  Status::not_found,
                                                  Status::client_closed_request,
                                                  Status::bad_gateway};

  std::uint32_t below(std::uint32_t limit) {
    return std::uniform_int_distribution<std::uint32_t>{0, limit - 1}(random_);
  }

  template <typename Value, std::size_t count>
  Value one_of(const std::array<Value, count>& values) {
    return values.at(below(static_cast<std::uint32_t>(count)));
  }

  std::string octets() {
    constexpr std::array<std::uint32_t, 5> sizes{1, 8, 64, 512, 10'000};
    std::string octets;
    for (std::uint32_t count = below(one_of(sizes)) + 1; count > 0; --count)
      octets += static_cast<char>(below(256));
    return octets;
  }

  std::string maybe_hostile(std::string_view text) {
    std::string result{text};
    if (below(4) == 0) {
      result.insert(below(static_cast<std::uint32_t>(text.size()) + 1),
                    octets());
    }
    return result;
  }

  // Now and then what is no HTTP at all.
  std::string request_line() {
    if (below(16) == 0) return {};
    if (below(16) == 0) return octets();
    std::string line{one_of(methods)};
    line.append(" ").append(maybe_hostile(one_of(targets)));
    return line.append(below(2) == 0 ? " HTTP/1.0" : " HTTP/1.1");
  }

  std::mt19937 random_{20'261'122};  // NOLINT(cert-msc*): the same each time
  Instant time_{std::chrono::milliseconds{1'700'000'000'000}};
  std::string request_line_;
  std::string referer_;
  std::string user_agent_;
};

}  // namespace

int main(int argc, char* argv[]) {
  const std::span arguments{argv, static_cast<std::size_t>(argc)};
  if (arguments.size() != 3) return EXIT_FAILURE;
  const auto format = std::string_view{arguments[1]} == "json"
                          ? LogFormat::json
                          : LogFormat::combined;
  Exchanges exchanges;
  auto left = parse_number<std::uint32_t>(arguments[2]).value_or(0);
  for (; left > 0; --left)
    std::puts(format_access_line(exchanges.next(), format).c_str());
  return EXIT_SUCCESS;
}

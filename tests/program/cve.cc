#include "cve.h"

#include <boost/test/unit_test.hpp>

#include "text.h"

namespace program {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i)
    all += text;
  return all;
}

std::size_t peak_memory_of(pid_t pid) {
  const std::string status =
      read_file("/proc/" + std::to_string(pid) + "/status");
  for (const std::string& line : lines_of(status)) {
    constexpr std::string_view name = "VmHWM:";
    if (!line.starts_with(name)) continue;
    auto number = cgihttpd::trim(std::string_view{line}.substr(name.size()));
    number = number.substr(0, number.find(' '));
    return cgihttpd::parse_number<std::size_t>(number).value_or(0);
  }
  return 0;
}

void check_no_secret(const Outcome& outcome) {
  BOOST_TEST(outcome.exit_status == 0);
  BOOST_TEST(!has(outcome.octets, "secret"), shown(outcome.octets));
  BOOST_TEST(outcome.access().status >= 200);
}

}  // namespace program

// test_syscalls.cc - What a small request costs: each system call counts where
// a process is started for it.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

constexpr std::ptrdiff_t max_calls = CGIHTTPD_STATIC == 1 ? 40 : 60;

// What strace writes while the program answers; empty where it may not trace.
std::string trace_of(const Tree& tree, std::string_view request) {
  Link link = make_link(Transport::ipv4);
  Start start;
  start.program = std::getenv("STRACE");
  start.arguments = {"-f", "-o", tree.path("trace"), program_path(),
                     tree.path("www")};
  start.standard = {link.server.get(), link.server.get(), Start::errors};
  start.environment = base_environment();
  send_all(link.client.get(), request);
  Process process{start};
  link.server.reset();
  if (process.wait() != 0) return {};
  BOOST_TEST(parse_response(read_all(link.client.get())).status == 200);
  return read_file(tree.path("trace"));
}

assertion_result with_strace(boost::unit_test::test_unit_id) {
  if (std::getenv("STRACE") == nullptr) return needs(false, "strace");
  Tree tree;
  tree.folder("www");
  return needs(!trace_of(tree, get("/")).empty(), "strace that may trace");
}

BOOST_AUTO_TEST_SUITE(syscalls)

BOOST_AUTO_TEST_CASE(of_a_small_get_are_few, *precondition(with_strace)) {
  Tree tree;
  tree.file("www/a.txt", "text");
  const std::string trace = trace_of(tree, get("/a.txt"));
  const auto lines = lines_of(trace);
  const auto calls = std::ranges::count_if(lines, [](const std::string& line) {
    return line.find('(') != std::string::npos;
  });
  BOOST_TEST_MESSAGE(calls << " system calls");
  BOOST_TEST(calls > 10);
  BOOST_TEST(calls <= max_calls, trace);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

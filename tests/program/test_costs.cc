// test_costs.cc - What a request costs the program: each system call and each
// instruction counts where a process is started for it. `budget` says how many
// there may be; `tests/budget` writes it anew.

#include <array>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <sstream>
#include <thread>

#include "counts.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

constexpr std::string_view this_build = CGIHTTPD_BUILD;

// Without a budget nothing may be spent.
Counts budget_for(std::string_view kind) {
  std::istringstream lines{read_file(CGIHTTPD_BUDGET)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string build;
    std::string name;
    Counts budget;
    words >> build >> name >> budget.system_calls >> budget.instructions;
    if (words && build == this_build && name == kind) return budget;
  }
  return {0, 0};
}

void fill(Tree& tree) {
  tree.file("www/a.txt", std::string(512, 'a'));
  for (char name = 'a'; name < 'a' + 20; ++name)
    tree.file(std::string{"www/folder/"} + name, "text");
  for (const char* name : {"script", "nph-script"}) {
    tree.script(std::string{"www/cgi-bin/"} + name,
                "echo Content-Type: text/plain; echo; echo text");
  }
  // What has just changed has no date until its second is over.
  const auto now = std::chrono::system_clock::now();
  std::this_thread::sleep_until(std::chrono::ceil<std::chrono::seconds>(now) +
                                std::chrono::milliseconds{50});
}

// Starts the program with a request that has already come.
Costs costs_of(const Tree& tree, const std::string& request,
               const std::vector<std::string>& options, Counting counting) {
  const Link link = make_link(Transport::ipv4);
  send_all(link.client.get(), request);
  Start start;
  start.arguments = options;
  start.arguments.push_back(tree.path("www"));
  start.standard = {link.server.get(), link.server.get(), Start::errors};
  start.environment = base_environment();
  return count(start, counting);
}

// "+3" and "-3"
std::string difference(std::uint64_t to, std::uint64_t from) {
  return (to < from ? "-" : "+") +
         std::to_string(to < from ? from - to : to - from);
}

void check(const Counts& counts, std::string_view kind) {
  const auto [max_calls, max_instructions] = budget_for(kind);
  BOOST_TEST_MESSAGE("cost: " << this_build << ' ' << kind << ' '
                              << counts.system_calls << ' '
                              << counts.instructions);
  BOOST_TEST(counts.system_calls > 2, kind);
  BOOST_TEST(counts.system_calls <= max_calls,
             kind << ": " << counts.system_calls << " system calls, "
                  << difference(counts.system_calls, max_calls)
                  << " to the budget");
  // Another compiler, and another level of optimisation, make another number.
  if constexpr (CGIHTTPD_COUNT_INSTRUCTIONS == 1) {
    BOOST_TEST(counts.instructions <= max_instructions,
               kind << ": " << counts.instructions << " instructions, "
                    << difference(counts.instructions, max_instructions)
                    << " to the budget");
  }
}

assertion_result with_counts(boost::unit_test::test_unit_id) {
  return needs(can_count(), "an x86-64 that may be traced");
}

BOOST_AUTO_TEST_SUITE(costs)

BOOST_AUTO_TEST_CASE(of_the_start_are_in_budget, *precondition(with_counts)) {
  Tree tree;
  fill(tree);
  check(costs_of(tree, get("/a.txt"), {}, Counting::whole).start, "start");
}

BOOST_AUTO_TEST_CASE(of_answers_are_in_budget, *precondition(with_counts)) {
  struct Row {
    const char* kind;
    std::string request;
    std::vector<std::string> options{};
  };
  const std::array rows{
      Row{"file", get("/a.txt")},
      Row{"404", get("/missing")},
      Row{"301", get("/folder")},
      Row{"304", get("/a.txt", "If-None-Match: *\r\n")},
      Row{"416", get("/a.txt", "Range: bytes=512-\r\n")},
      Row{"listing", get("/folder/")},
      Row{"parsed", get("/cgi-bin/script")},
      Row{"direct", get("/cgi-bin/script"), {"--cgi-output=direct"}},
      Row{"nph", get("/cgi-bin/nph-script")},
  };
  Tree tree;
  fill(tree);
  for (const auto& [kind, request, options] : rows)
    check(costs_of(tree, request, options, Counting::answer).answer, kind);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "check_script.h"
#include "fixtures.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

namespace {

std::string problem_of(const std::optional<Fault>& fault) {
  if (!fault) return "";
  BOOST_TEST(!fault->remedy.empty());
  return fault->problem;
}

struct StartRow {
  const char* why;
  std::string_view content;
  const char* expected;  // what the problem begins with; empty: none
};

constexpr StartRow start_rows[] = {
    {"a script", "#!/bin/sh\n", ""},
    {"an ELF file", "\x7f\x45LF", ""},
    {"one for another ABI",
     sizeof(void*) == 8 ? "\x7f\x45LF\x01" : "\x7f\x45LF\x02",
     "a program for another ABI"},
    {"one for this ABI",
     sizeof(void*) == 8 ? "\x7f\x45LF\x02" : "\x7f\x45LF\x01", ""},
    {"no interpreter of this name", "#!/no/such/sh\n",
     "its interpreter `/no/such/sh' cannot be executed (No such file"},
    {"a file that is not executable", "#!/etc/passwd\n",
     "its interpreter `/etc/passwd' cannot be executed (Permission denied)"},
    {"a folder", "#!/etc\n",
     "its interpreter `/etc' cannot be executed (Permission denied)"},
    {"no interpreter at all", "#!\n", "its interpreter `' cannot be executed"},
    {"a CR", "#!/bin/sh\r\n", "its #! line ends with CR LF"},
    {"a CR after an argument", "#!/bin/sh -e\r\n",
     "its #! line ends with CR LF"},
    {"empty", "", "it is neither an ELF program nor begins with #!"},
    {"text", "echo\n", "it is neither"},
    {"a byte order mark", "\xEF\xBB\xBF#!/bin/sh\n", "it is neither"},
    {"a program that env finds", "#!/usr/bin/env sh\n", ""},
    {"a program that env does not find", "#!/usr/bin/env no-such-sh\n",
     "env finds no program `no-such-sh' in /usr/local/bin:/usr/bin:/bin"},
    {"arguments for env", "#!/usr/bin/env sh -e\n",
     "env finds no program `sh -e' in"},
    {"the same, split", "#!/usr/bin/env -S sh -e\n", ""},
    {"a path for env", "#!/usr/bin/env /bin/sh\n", ""},
    {"a wrong path for env", "#!/usr/bin/env /no/such/sh\n", "env finds no"},
};

std::string problem_of_start(std::string_view content,
                             const Options& options = {}) {
  const TemporaryFolder folder;
  folder.add_file("x", content);
  const UniqueFd file = open_or_fail(folder.path("x"), O_RDONLY);
  return problem_of(find_start_fault(file.get(), options));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(check_script)

BOOST_AUTO_TEST_CASE(looks_at_how_a_script_begins) {
  check_rows(start_rows, [](const StartRow& row) {
    const std::string problem = problem_of_start(row.content);
    BOOST_TEST(problem.starts_with(row.expected), problem);
    BOOST_TEST(problem.empty() == std::string_view{row.expected}.empty(),
               problem);
  });
}

BOOST_AUTO_TEST_CASE(any_abi_will_do_without_the_sandbox) {
  Options options;
  options.sandbox = SandboxMode::off;
  for (const char* start : {"\x7f\x45LF\x01", "\x7f\x45LF\x02"})
    BOOST_TEST(problem_of_start(start, options) == "");
}

BOOST_AUTO_TEST_CASE(knows_the_path_that_scripts_have) {
  constexpr std::string_view script = "#!/usr/bin/env tool\n";
  const TemporaryFolder folder;
  folder.add_file("bin/tool", "#!/bin/sh\n", 0755);
  Options options;
  BOOST_TEST(problem_of_start(script, options) != "");
  options.set_environment = {"PATH=/nowhere:" + folder.path("bin")};
  BOOST_TEST(problem_of_start(script, options) == "");
  options.set_environment = {"PATH=/nowhere"};
  BOOST_TEST(problem_of_start(script, options) ==
             "env finds no program `tool' in /nowhere");
  options.pass_environment = {"PATH"};
  BOOST_TEST(problem_of_start(script, options) != "", "--set-env counts");
  options.set_environment.clear();
  BOOST_TEST(problem_of_start(script, options) == "",
             "only the superserver knows");
}

struct ProgramRow {
  const char* why;
  std::string_view content;
  mode_t mode;
  std::vector<std::string> expected;
};

const ProgramRow program_rows[] = {
    {"a script", "#!/bin/sh\n", 0755, {}},
    {"a program that cannot be read", "\x7f\x45LF", 0111, {}},
    {"no x bit", "#!/bin/sh\n", 0644, {"it is not executable"}},
    {"an x bit of others",
     "#!/bin/sh\n",
     0600 | S_IXGRP,
     {"the user that cgihttpd runs as may not execute it"}},
    {"everybody may write",
     "#!/bin/sh\n",
     0777,
     {"everybody may write to it: it is answered with 403"}},
    {"and a wrong start",
     "",
     0757,
     {"everybody may write to it: it is answered with 403",
      "it is neither an ELF program nor begins with #!"}},
};

BOOST_AUTO_TEST_CASE(looks_at_programs) {
  check_rows(program_rows, [](const ProgramRow& row) {
    const TemporaryFolder folder;
    folder.add_file("x", row.content, row.mode);
    check_in_child([&] {
      become_nobody();
      std::vector<std::string> problems;
      for (const Fault& fault : find_program_faults(folder.path("x"), {}))
        problems.push_back(problem_of(fault));
      BOOST_TEST(problems == row.expected, boost::test_tools::per_element());
    });
  });
}

BOOST_AUTO_TEST_CASE(what_is_no_program_is_told) {
  const TemporaryFolder folder;
  folder.add_fifo("fifo");
  const auto problem = [&](std::string_view name) {
    const auto faults = find_program_faults(folder.path(name), {});
    BOOST_TEST_REQUIRE(faults.size() == 1U);
    return problem_of(faults.front());
  };
  BOOST_TEST(problem("none") ==
             "it cannot be executed (No such file or directory)");
  BOOST_TEST(problem("fifo") == "it is no program");
  BOOST_TEST(problem(".") == "it is no program");
}

BOOST_AUTO_TEST_CASE(everybody_may_write_where_that_is_meant) {
  struct stat facts {};
  Options options;
  facts.st_mode = S_IFREG | 0757;
  BOOST_TEST(problem_of(find_writable_fault(facts, options)) ==
             "everybody may write to it: it is answered with 403");
  facts.st_mode = S_IFDIR | S_ISVTX | 0777;
  BOOST_TEST(problem_of(find_writable_fault(facts, options)) ==
             "everybody may write to this folder, and so add scripts");
  options.allow_writable_scripts = true;
  BOOST_TEST(problem_of(find_writable_fault(facts, options)) == "");
  facts.st_mode = S_IFREG | 0775;
  BOOST_TEST(problem_of(find_writable_fault(facts, {})) == "");
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>

#include "script_start.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_view_literals;

namespace {

std::string in_words(const ScriptStart& start) {
  switch (start.kind) {
    case ScriptStart::Kind::elf: return "ELF";
    case ScriptStart::Kind::interpreter:
      return shown(start.interpreter) + " " + shown(start.argument) +
             (start.has_carriage_return() ? " CR" : "");
    default: return "neither";
  }
}

struct StartRow {
  const char* why;
  std::string_view input;
  const char* expected;
};

constexpr StartRow start_rows[] = {
    {"a program", "\x7f\x45LF\x02\x01", "ELF"},
    {"a script", "#!/bin/sh\necho\n", R"("/bin/sh" "")"},
    {"nothing but the line", "#!/bin/sh", R"("/bin/sh" "")"},
    {"a blank before", "#! /bin/sh\n", R"("/bin/sh" "")"},
    {"a tab before", "#!\t/bin/sh\n", R"("/bin/sh" "")"},
    {"blanks after", "#!/bin/sh \t\n", R"("/bin/sh" "")"},
    {"an argument", "#!/bin/sh -e\n", R"("/bin/sh" "-e")"},
    {"one argument, with blanks", "#!/bin/sh  -e  -u \n",
     R"("/bin/sh" "-e  -u")"},
    {"a CR", "#!/bin/sh\r\n", R"("/bin/sh\x0D" "" CR)"},
    {"a CR of the argument", "#!/bin/sh -e\r\n", R"("/bin/sh" "-e\x0D" CR)"},
    {"a CR in the next line", "#!/bin/sh\necho\r\n", R"("/bin/sh" "")"},
    {"no interpreter", "#!\n/bin/sh\n", R"("" "")"},
    {"no name", "#!", R"("" "")"},
    {"empty", "", "neither"},
    {"text", "echo\n", "neither"},
    {"a byte order mark", "\xEF\xBB\xBF#!/bin/sh\n", "neither"},
    {"a line before", "\n#!/bin/sh\n", "neither"},
    {"half of it", "#", "neither"},
    {"half of an ELF file", "\x7f\x45L", "neither"},
};

struct EnvRow {
  const char* why;
  std::string_view input;
  std::optional<std::string> expected;
};

const EnvRow env_rows[] = {
    {"a name", "#!/usr/bin/env python3\n", "python3"},
    {"another place", "#!/bin/env python3\n", "python3"},
    {"a CR", "#!/usr/bin/env python3\r\n", "python3\r"},
    {"the classic: no such program", "#!/usr/bin/env python3 -u\n",
     "python3 -u"},
    {"split", "#!/usr/bin/env -S python3 -u\n", "python3"},
    {"split, without a blank", "#!/usr/bin/env -Spython3 -u\n", "python3"},
    {"variables", "#!/usr/bin/env -S A=b C= python3\n", "python3"},
    {"nothing but variables", "#!/usr/bin/env -S A=b\n", std::nullopt},
    {"other options", "#!/usr/bin/env -i python3\n", std::nullopt},
    {"other options, split", "#!/usr/bin/env -S -i python3\n", std::nullopt},
    {"none", "#!/usr/bin/env\n", std::nullopt},
    {"no env", "#!/usr/bin/printenv python3\n", std::nullopt},
    {"no script", "\x7f\x45LF", std::nullopt},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(script_start)

BOOST_AUTO_TEST_CASE(is_read_as_the_kernel_reads_it) {
  check_rows(start_rows, [](const StartRow& row) {
    BOOST_TEST(in_words(parse_script_start(row.input)) == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(env_is_to_find_a_program) {
  check_rows(env_rows, [](const EnvRow& row) {
    BOOST_TEST(shown(find_env_program(parse_script_start(row.input))) ==
               shown(row.expected));
  });
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>

#include "password_file.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

const std::string sha512 =
    "$6$salt$HNxBeBnDfSfUrTj6KiLnmd7tGCvHEmcExh8kl/S0cZ5WrCciNZgfhbpkeFQ4JfkH"
    "X.8vPq45lY0iINnCx1Lkm.";

// NAME=HASH of each entry, or what is wrong with the file.
std::string read(std::string_view text) {
  const PasswordFile file = parse_password_file(text);
  std::string result;
  for (const auto& [name, hash] : file.entries)
    result.append(name).append("=").append(hash).append(" ");
  BOOST_TEST((file.problem.empty() || file.entries.empty()));
  return result + file.problem;
}

struct Row {
  const char* why;
  std::string input;
  std::string expected;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(password_file)

BOOST_AUTO_TEST_CASE(a_line_is_a_name_and_a_hash) {
  const std::string a = "a:" + sha512;
  const std::string read_a = "a=" + sha512 + " ";
  const Row rows[] = {
      {"nothing", "", ""},
      {"a line", a + "\n", read_a},
      {"without its end", a, read_a},
      {"with another end", a + "\r\n", read_a},
      {"comments and blank lines", "# b:c\n\n \t\n#\n" + a + "\n\n", read_a},
      {"two lines", a + "\nb:" + sha512 + "\n", read_a + "b=" + sha512 + " "},
      {"any name", "a b\xC3\xBC#:" + sha512, "a b\xC3\xBC#=" + sha512 + " "},
  };
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(read(row.input) == row.expected);
  });
}

struct HashRow {
  const char* why;
  std::string input;
  bool expected;
};

BOOST_AUTO_TEST_CASE(a_hash_is_whole_and_of_a_strong_method) {
  const HashRow rows[] = {
      {"yescrypt",
       "$y$j9T$LdJMENpBABJJ3hIHjB1Bi.$hLaZXcKh6m7JYeftf3YBX9tUkp4CF5Pqe06e1mb9"
       "bt8",
       true},
      {"bcrypt of Apache",
       "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", true},
      {"bcrypt of OpenBSD",
       "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", true},
      {"bcrypt of old",
       "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", true},
      {"SHA-512", sha512, true},
      {"SHA-512 with rounds", "$6$rounds=1000$" + sha512.substr(3), true},
      {"SHA-256", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8",
       true},
      {"bcrypt with a fault",
       "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", false},
      {"Apache's MD5", "$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/", false},
      {"Apache's SHA-1", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", false},
      {"MD5", "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", false},
      {"DES", "rl0uE0kQEbLdE", false},
      {"plain text", "password", false},
      {"plain text that looks like a hash", "$6$password", false},
      {"nothing", "", false},
      {"a locked account", "!" + sha512, false},
      {"a locked account", "*", false},
      {"a failure of crypt", "*0", false},
      {"cut off", sha512.substr(0, sha512.size() - 1), false},
      {"too long", sha512 + "a", false},
      {"no salt", "$6$", false},
      {"bcrypt without a cost",
       "$2y$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", false},
      {"a character that is in none", sha512.substr(0, sha512.size() - 1) + "!",
       false},
      {"a blank behind it", sha512 + " ", false},
      {"a field behind it", sha512 + ":1", false},
      {"a blank in it", "$6$ salt" + sha512.substr(7), false},
      {"a NUL in it", "$6$sa\0t"s + sha512.substr(7), false},
  };
  check_rows(rows, [](const HashRow& row) {
    BOOST_TEST((read("a:" + row.input) == "a=" + row.input + " ") ==
               row.expected);
  });
}

BOOST_AUTO_TEST_CASE(a_line_that_cannot_be_used_makes_the_file_so) {
  const std::string good = "a:" + sha512 + "\n";
  const Row rows[] = {
      {"no colon", good + "plain\n" + good, "line 2: it needs NAME:HASH"},
      {"no name", good + "\n:" + sha512, "line 3: it needs NAME:HASH"},
      {"no hash", "a:\n" + good, "line 1: it needs a whole hash"},
      {"Apache's own", good + "b:$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/\n",
       "line 2: it needs a whole hash"},
      {"a file of Digest authentication", "a:realm:" + sha512,
       "line 1: it needs a whole hash"},
  };
  check_rows(rows, [](const Row& row) {
    const std::string result = read(row.input);
    BOOST_TEST(result.starts_with(row.expected), result);
    BOOST_TEST(result.find("apr1$r31") == std::string::npos);
    BOOST_TEST(result.find("plain\n") == std::string::npos);
  });
}

BOOST_AUTO_TEST_CASE(the_advice_names_the_programs) {
  const std::string problem = read("a:b");
  BOOST_TEST(problem.find("htpasswd -B") != std::string::npos);
  BOOST_TEST(problem.find("mkpasswd") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_name_is_found_whole_and_in_its_case) {
  const std::vector<PasswordEntry> entries{{"a", "1"}, {"ab", "2"}, {"a", "3"}};
  const auto found = [&](std::string_view name) {
    const PasswordEntry* entry = find_entry(entries, name);
    return entry == nullptr ? std::string_view{} : entry->hash;
  };
  BOOST_TEST(found("a") == "1");
  BOOST_TEST(found("ab") == "2");
  for (const std::string_view none : {"", "A", "b", "abc", "a "})
    BOOST_TEST(found(none) == "", none);
}

BOOST_AUTO_TEST_CASE(hashes_are_compared_in_full) {
  BOOST_TEST(is_same_hash("", ""));
  BOOST_TEST(is_same_hash(sha512, sha512));
  BOOST_TEST(!is_same_hash("a", ""));
  BOOST_TEST(!is_same_hash("", "a"));
  BOOST_TEST(!is_same_hash("\0"sv, ""));
  for (std::size_t i = 0; i < sha512.size(); ++i) {
    std::string other = sha512;
    other[i] = static_cast<char>(other[i] ^ 0x80);
    BOOST_TEST(!is_same_hash(sha512, other), i);
  }
}

BOOST_AUTO_TEST_SUITE_END()

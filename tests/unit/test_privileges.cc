// test_privileges.cc - Root is given up, and does not come back.
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

#include "fixtures.h"
#include "privileges.h"
#include "refusal.h"

namespace cgihttpd::test {

namespace {

namespace unit_test = boost::unit_test;

struct Ids {
  uid_t user;
  gid_t group;
};

// A group that is in group(5) and not root's.
const group& any_group() {
  ::setgrent();
  const group* found = ::getgrent();
  while (found != nullptr && found->gr_gid == 0)
    found = ::getgrent();
  BOOST_REQUIRE(found != nullptr);
  return *found;
}

Ids ids_of_nobody() {
  const passwd* found = ::getpwnam("nobody");
  BOOST_REQUIRE(found != nullptr);
  return {found->pw_uid, found->pw_gid};
}

void check_is(const Ids& expected) {
  std::array<uid_t, 3> users{};
  std::array<gid_t, 3> groups{};
  BOOST_REQUIRE(::getresuid(&users.front(), &users[1], &users.back()) == 0);
  BOOST_REQUIRE(::getresgid(&groups.front(), &groups[1], &groups.back()) == 0);
  for (const uid_t user : users)
    BOOST_TEST(user == expected.user);
  for (const gid_t group : groups)
    BOOST_TEST(group == expected.group);
}

void check_cannot_come_back() {
  BOOST_TEST(::getgroups(0, nullptr) == 0);
  BOOST_TEST(::setuid(0) != 0);
  BOOST_TEST(::seteuid(0) != 0);
  BOOST_TEST(::setgid(0) != 0);
  BOOST_TEST(::setegid(0) != 0);
  BOOST_TEST(::setgroups(0, nullptr) != 0);
  const UniqueFd status = open_or_fail("/proc/self/status", O_RDONLY);
  const std::string text = read_to_end(status.get());
  for (const char* none :
       {"CapPrm:\t0000000000000000\n", "CapEff:\t0000000000000000\n",
        "CapInh:\t0000000000000000\n"})
    BOOST_TEST((text.find(none) != std::string::npos), none);
}

// Runs this test case again, as a process that was started by nobody.
void run_again_as_nobody(const char* test) {
  const UniqueFd program = open_or_fail("/proc/self/exe", O_PATH);
  become_nobody();
  std::string name = "unit";
  std::string selection = std::string{"--run_test="} + test;
  std::array<char*, 3> arguments{name.data(), selection.data(), nullptr};
  ::fexecve(program.get(), arguments.data(), environ);
  throw_errno("fexecve");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(privileges)

BOOST_AUTO_TEST_CASE(root_becomes_the_user,
                     *unit_test::precondition(needs_root)) {
  const Ids nobody = ids_of_nobody();
  const group& group = any_group();
  const std::string name{group.gr_name};
  const gid_t number = group.gr_gid;
  struct Row {
    std::string user;
    Ids expected;
  };
  const std::array rows{
      Row{"nobody", nobody},
      Row{"nobody:" + name, {nobody.user, number}},
      Row{"nobody:12345", {nobody.user, 12345}},
      Row{"12345", {12345, 12345}},
      Row{"12345:54321", {12345, 54321}},
      Row{"12345:" + name, {12345, number}},
      Row{"4294967294", {4294967294, 4294967294}},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT("--user=" << row.user) {
      check_in_child([&] {
        drop_privileges(row.user);
        check_is(row.expected);
        check_cannot_come_back();
      });
    }
  }
}

BOOST_AUTO_TEST_CASE(supplementary_groups_are_given_up,
                     *unit_test::precondition(needs_root)) {
  check_in_child([] {
    const std::array<gid_t, 3> groups{0, 100, 54321};
    BOOST_REQUIRE(::setgroups(groups.size(), groups.data()) == 0);
    drop_privileges("nobody");
    BOOST_TEST(::getgroups(0, nullptr) == 0);
  });
}

BOOST_AUTO_TEST_CASE(no_program_gives_rights_back) {
  check_in_child([] {
    BOOST_TEST(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
    drop_privileges("nobody");
    BOOST_TEST(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
  });
}

BOOST_AUTO_TEST_CASE(a_user_that_cannot_be_is_an_error_of_the_setup,
                     *unit_test::precondition(needs_root)) {
  struct Row {
    const char* user;
    const char* said;
  };
  static constexpr std::array rows{
      Row{"root", "root serves nothing"},
      Row{"0", "root serves nothing"},
      Row{"00", "root serves nothing"},
      Row{"0:12345", "root serves nothing"},
      Row{"root:12345", "root serves nothing"},
      Row{"nobody:0", "root serves nothing"},
      Row{"nobody:root", "root serves nothing"},
      Row{"12345:0", "root serves nothing"},
      Row{"no-such-user", "no such user"},
      Row{"no-such-user:12345", "no such user"},
      Row{"", "no such user"},
      Row{":12345", "no such user"},
      Row{" nobody", "no such user"},
      Row{"nobody ", "no such user"},
      Row{"-1", "no such user"},
      Row{"1.5", "no such user"},
      Row{"99999999999", "no such user"},
      Row{"nobody:", "no such group"},
      Row{"nobody:no-such-group", "no such group"},
      Row{"nobody:-1", "no such group"},
      Row{"nobody:1:2", "no such group"},
      // The number by which the kernel's calls mean "no change".
      Row{"4294967295", "cannot become"},
      Row{"nobody:4294967295", "cannot become"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT("--user=" << row.user) {
      check_in_child([&] {
        BOOST_CHECK_EXCEPTION(
            drop_privileges(row.user), SetupError,
            [&](const SetupError& error) {
              const std::string_view text{error.what()};
              return text.find(row.said) != std::string_view::npos &&
                     text.find(std::string{"--user="} + row.user) !=
                         std::string_view::npos &&
                     error.exit_status() == SetupError::configuration;
            });
      });
    }
  }
}

BOOST_AUTO_TEST_CASE(nothing_changes_for_an_ordinary_user) {
  check_in_child([] {
    if (::geteuid() == 0)
      run_again_as_nobody("privileges/nothing_changes_for_an_ordinary_user");
    const Ids before{::getuid(), ::getgid()};
    const int groups = ::getgroups(0, nullptr);
    for (const char* user : {"nobody", "root", "no-such-user", "12345"})
      BOOST_CHECK_NO_THROW(drop_privileges(user));
    check_is(before);
    BOOST_TEST(::getgroups(0, nullptr) == groups);
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

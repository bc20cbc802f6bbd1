// test_fd.cc - A descriptor has one owner, who closes it once.
#include <fcntl.h>

#include <boost/test/unit_test.hpp>
#include <utility>

#include "fd.h"
#include "fixtures.h"

namespace cgihttpd::test {

namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

int open_null() {
  return open_or_fail("/dev/null", O_RDONLY).release();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fd)

BOOST_AUTO_TEST_CASE(owns_nothing_at_first) {
  const UniqueFd none;
  BOOST_TEST(!none);
  BOOST_TEST(none.get() == -1);
}

BOOST_AUTO_TEST_CASE(closes_what_it_owns) {
  const int number = open_null();
  {
    const UniqueFd owner{number};
    BOOST_TEST(owner.get() == number);
    BOOST_TEST(is_open(number));
  }
  BOOST_TEST(!is_open(number));
}

BOOST_AUTO_TEST_CASE(owns_descriptor_0_like_any_other) {
  check_in_child([] {
    UniqueFd owner{0};
    BOOST_TEST(static_cast<bool>(owner));
    owner.reset();
    BOOST_TEST(!is_open(0));
  });
}

BOOST_AUTO_TEST_CASE(is_empty_after_its_descriptor_has_moved) {
  UniqueFd first{open_null()};
  const int number = first.get();
  const UniqueFd second{std::move(first)};
  BOOST_TEST(!first);  // NOLINT(bugprone-use-after-move): it is specified
  BOOST_TEST(second.get() == number);
  BOOST_TEST(is_open(number));
}

BOOST_AUTO_TEST_CASE(closes_its_own_when_another_moves_in) {
  UniqueFd target{open_null()};
  const int old_number = target.get();
  UniqueFd source{open_null()};
  const int new_number = source.get();
  target = std::move(source);
  BOOST_TEST(!is_open(old_number));
  BOOST_TEST(target.get() == new_number);
  BOOST_TEST(is_open(new_number));
}

BOOST_AUTO_TEST_CASE(stays_open_when_moved_to_itself) {
  UniqueFd owner{open_null()};
  const int number = owner.get();
  UniqueFd& same = owner;
  owner = std::move(same);
  BOOST_TEST(owner.get() == number);
  BOOST_TEST(is_open(number));
}

BOOST_AUTO_TEST_CASE(gives_away_what_it_releases) {
  int number = -1;
  {
    UniqueFd owner{open_null()};
    number = owner.release();
    BOOST_TEST(!owner);
  }
  BOOST_TEST(is_open(number));
  const UniqueFd next_owner{number};
}

BOOST_AUTO_TEST_CASE(closes_the_old_one_on_reset) {
  UniqueFd owner{open_null()};
  const int old_number = owner.get();
  const int new_number = open_null();
  owner.reset(new_number);
  BOOST_TEST(!is_open(old_number));
  BOOST_TEST(owner.get() == new_number);
  owner.reset();
  BOOST_TEST(!is_open(new_number));
  BOOST_TEST(!owner);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

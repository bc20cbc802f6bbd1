#include <boost/test/unit_test.hpp>

#include "libcrypt.h"
#include "refusal.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

namespace {

namespace unit_test = boost::unit_test;

boost::test_tools::assertion_result needs_libcrypt(unit_test::test_unit_id) {
  boost::test_tools::assertion_result result{can_hash_passwords()};
  if (!can_hash_passwords()) result.message() << "it needs libcrypt";
  return result;
}

struct Row {
  const char* why;
  std::string password;
  std::string hash;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(libcrypt)

BOOST_AUTO_TEST_CASE(a_password_has_the_known_hash,
                     *unit_test::precondition(needs_libcrypt)) {
  const Row rows[] = {
      {"SHA-256, as its specification has it", "Hello world!",
       "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"},
      {"SHA-512, as its specification has it", "Hello world!",
       "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJues"
       "I68u4OTLiBFdcbYEdFCoEOfaS35inz1"},
      {"bcrypt, of crypt_blowfish's own tests", "U*U",
       "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
      {"the same, as htpasswd -B names it", "U*U",
       "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
      {"bcrypt of octets above 127", "\xFF\xFF\xA3",
       "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"},
      {"yescrypt, of libxcrypt's own tests", "pleaseletmein",
       "$y$jD5.7$LdJMENpBABJJ3hIHjB1Bi.$HboGM6qPrsK.StKYGt6KErmUYtioHreJd98oIu"
       "goNB6"},
  };
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(shown(hash_password(row.password, row.hash)) ==
               shown(std::optional{row.hash}));
    BOOST_TEST((hash_password(row.password + ".", row.hash) != row.hash));
    BOOST_TEST((hash_password("", row.hash) != row.hash));
  });
}

BOOST_AUTO_TEST_CASE(the_longest_password_is_hashed,
                     *unit_test::precondition(needs_libcrypt)) {
  const std::string setting = "$5$rounds=1000$salt";
  const auto longest =
      hash_password(std::string(max_password_octets, 'a'), setting);
  BOOST_TEST(longest.has_value());
  BOOST_TEST(
      (longest !=
       hash_password(std::string(max_password_octets - 1, 'a'), setting)));
}

BOOST_AUTO_TEST_CASE(what_is_no_setting_has_no_hash,
                     *unit_test::precondition(needs_libcrypt)) {
  for (const char* setting :
       {"", "*", "*0", "*1", "$", "$2y$99$CCCCCCCCCCCCCCCCCCCCC.", "$y$",
        "$nonesuch$salt$"})
    BOOST_TEST(!hash_password("password", setting).has_value(), setting);
}

BOOST_AUTO_TEST_CASE(without_the_library_it_is_an_error_of_the_setup) {
  if (can_hash_passwords()) return;
  BOOST_CHECK_THROW(static_cast<void>(hash_password("a", "$5$salt")),
                    SetupError);
}

BOOST_AUTO_TEST_SUITE_END()

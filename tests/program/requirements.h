// requirements.h - What a case needs; where it is not there, the case is
// skipped, and says so: `* boost::unit_test::precondition(as_root)`.
#pragma once

#include <boost/test/tree/decorator.hpp>
#include <boost/test/tree/test_unit.hpp>

#include "libcrypt.h"
#include "program.h"

namespace program {

using boost::test_tools::assertion_result;
using boost::unit_test::precondition;

inline assertion_result needs(bool is_there, const char* what) {
  assertion_result result{is_there};
  if (!is_there) result.message() << "it needs " << what;
  return result;
}

inline assertion_result as_root(boost::unit_test::test_unit_id) {
  return needs(is_root(), "root");
}

inline assertion_result as_user(boost::unit_test::test_unit_id) {
  return needs(!is_root(), "a user that is not root");
}

inline assertion_result with_libsystemd(boost::unit_test::test_unit_id) {
  return needs(CGIHTTPD_LIBSYSTEMD == 1, "a build with libsystemd");
}

inline assertion_result without_libsystemd(boost::unit_test::test_unit_id) {
  return needs(CGIHTTPD_LIBSYSTEMD == 0, "a build without libsystemd");
}

inline assertion_result with_libcrypt(boost::unit_test::test_unit_id) {
  return needs(cgihttpd::can_hash_passwords(), "a build with libcrypt");
}

inline assertion_result without_libcrypt(boost::unit_test::test_unit_id) {
  return needs(!cgihttpd::can_hash_passwords(), "a build without libcrypt");
}

/// A sanitizer makes processes of its own.
inline assertion_result without_sanitizer(boost::unit_test::test_unit_id) {
  return needs(CGIHTTPD_SANITIZED == 0, "a build without sanitizers");
}

}  // namespace program

#include <dlfcn.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <string>

#include "refusal.h"
#include "shared_library.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

namespace {

constexpr const char* advice = "install it";

std::string advice_for(auto call) {
  const auto error = error_of<SetupError>(call);
  return error ? error->what() : "";
}

// musl has no dlopen for static programs.
boost::test_tools::assertion_result opens_libraries(
    boost::unit_test::test_unit_id) {
  void* library = ::dlopen("libm.so.6", RTLD_NOW);
  boost::test_tools::assertion_result result{library != nullptr};
  if (library == nullptr) {
    result.message() << "needs a program that can open libm.so.6";
  } else {
    ::dlclose(library);
  }
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shared_library,
                      *boost::unit_test::precondition(opens_libraries))

BOOST_AUTO_TEST_CASE(a_function_is_found_by_its_name) {
  const SharedLibrary library{{"libm.so.6"}, advice};
  BOOST_TEST(library.function<double(double)>("floor")(1.5) == 1.0);
}

BOOST_AUTO_TEST_CASE(the_first_that_is_there_is_opened) {
  const SharedLibrary library{{"libnone.so.0", "libm.so.6"}, advice};
  BOOST_TEST(library.function<double(double)>("ceil")(1.5) == 2.0);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_an_error_of_the_setup) {
  BOOST_TEST(advice_for([] {
               return SharedLibrary{{"libnone.so.0", "libnone.so.1"}, advice};
             }) == advice);
  const SharedLibrary library{{"libm.so.6"}, advice};
  BOOST_TEST(advice_for([&] { return library.function<void()>("no_such"); }) ==
             advice);
}

// Elf64_Nhdr, then name and description, each aligned to 4.
BOOST_AUTO_TEST_CASE(a_note_is_laid_out_as_elf_says) {
  static constexpr auto note = make_dlopen_note("[{}]");
  BOOST_TEST(note.name_size == 4U);
  BOOST_TEST(note.description_size == 5U);
  BOOST_TEST(note.type == 0x407c0c0aU);
  static_assert(sizeof note == 12 + 4 + 8);
  static_assert(alignof(decltype(note)) == 4);
  BOOST_TEST(std::memcmp(&note.name, "FDO", 4) == 0);
  BOOST_TEST(std::memcmp(&note.description, "[{}]", 5) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

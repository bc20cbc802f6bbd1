// boost_test.cc - Boost.Test and its main, as headers alone: a library of it
// that is made for another C++ library would not link.
#define BOOST_TEST_MODULE cgihttpd
#include <boost/test/included/unit_test.hpp>

// main.cc - Boost.Test's own main: each file beside this one adds a suite.
#define BOOST_TEST_MODULE cgihttpd
#include <boost/test/unit_test.hpp>

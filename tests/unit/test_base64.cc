#include <boost/test/unit_test.hpp>

#include "base64.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(base64)

struct DecodeRow {
  const char* why;
  std::string_view input;
  std::optional<std::string_view> expected;
};

constexpr DecodeRow decode_rows[] = {
    {"RFC 4648 10", "", ""},
    {"RFC 4648 10", "Zg==", "f"},
    {"RFC 4648 10", "Zm8=", "fo"},
    {"RFC 4648 10", "Zm9v", "foo"},
    {"RFC 4648 10", "Zm9vYg==", "foob"},
    {"RFC 4648 10", "Zm9vYmE=", "fooba"},
    {"RFC 4648 10", "Zm9vYmFy", "foobar"},
    {"RFC 7617 2", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin:open sesame"},
    {"RFC 7617 2.1", "dGVzdDoxMjPCow==", "test:123\xC2\xA3"},
    {"the last two of the alphabet", "+/+/", "\xFB\xFF\xBF"},
    {"NUL and 255", "AP8=", "\0\xFF"sv},
    {"RFC 4648 3.2: padding is needed", "Zg", std::nullopt},
    {"too little of it", "Zg=", std::nullopt},
    {"too much of it", "Zg===", std::nullopt},
    {"of nothing", "====", std::nullopt},
    {"of less than an octet", "Z===", std::nullopt},
    {"where none is needed", "Zm9v====", std::nullopt},
    {"in the middle", "Zg==Zg==", std::nullopt},
    {"before the end", "Zg=v", std::nullopt},
    {"RFC 4648 3.5: pad bits", "Zh==", std::nullopt},
    {"RFC 4648 3.5: pad bits", "Zm9=", std::nullopt},
    {"RFC 4648 3.3: a line end", "Zm9v\r\n", std::nullopt},
    {"RFC 4648 3.3: a blank", "Zm 9v===", std::nullopt},
    {"RFC 4648 5 is another alphabet", "-_-_", std::nullopt},
    {"no ASCII", "\xC3\xBCgg", std::nullopt},
    {"a NUL", "Zg\0="sv, std::nullopt},
};

BOOST_AUTO_TEST_CASE(what_an_encoder_writes_is_decoded) {
  check_rows(decode_rows, [](const DecodeRow& row) {
    BOOST_TEST(shown(base64_decode(row.input)) == shown(row.expected));
  });
}

BOOST_AUTO_TEST_CASE(every_octet_can_be_encoded) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (const char c : every_octet()) {
    const auto octet = static_cast<unsigned char>(c);
    const std::string text{alphabet[octet >> 2U], alphabet[(octet & 3U) << 4U],
                           '=', '='};
    BOOST_TEST((base64_decode(text) == std::string{c}), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

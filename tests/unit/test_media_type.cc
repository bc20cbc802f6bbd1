#include <boost/test/unit_test.hpp>

#include "media_type.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(media_type)

struct TypeRow {
  const char* why;
  std::string_view input;
  std::optional<std::string_view> expected;
};

constexpr TypeRow type_rows[] = {
    {"text has a charset", "a.html", "text/html; charset=utf-8"},
    {"text has a charset", "a.txt", "text/plain; charset=utf-8"},
    {"text has a charset", "a.css", "text/css; charset=utf-8"},
    {"text has a charset", "a.md", "text/markdown; charset=utf-8"},
    {"RFC 9239", "a.js", "text/javascript; charset=utf-8"},
    {"a module must have this type to run", "a.mjs",
     "text/javascript; charset=utf-8"},
    {"must have this type to be compiled as it comes", "a.wasm",
     "application/wasm"},
    {"RFC 8259 knows no charset", "a.json", "application/json"},
    {"an image", "a.avif", "image/avif"},
    {"an image", "a.webp", "image/webp"},
    {"an image", "a.svg", "image/svg+xml"},
    {"a font", "a.woff2", "font/woff2"},
    {"as a file, not as a coding", "a.tar.gz", "application/gzip"},
    {"the first of the table", "a.3gp", "video/3gpp"},
    {"the last of the table", "a.zst", "application/zstd"},
    {"the case does not count", "A.HTML", "text/html; charset=utf-8"},
    {"the case does not count", "a.hTm", "text/html; charset=utf-8"},
    {"a name that is all extension", ".html", "text/html; charset=utf-8"},
    {"the beginning of an extension", "a.htmx", std::nullopt},
    {"the beginning of an extension", "a.ht", std::nullopt},
    {"more than an extension", "a.html5", std::nullopt},
    {"a NUL ends nothing", "a.html\0"sv, std::nullopt},
    {"a space at the end", "a.html ", std::nullopt},
    {"no extension", "html", std::nullopt},
    {"an empty extension", "a.", std::nullopt},
    {"no name", "", std::nullopt},
    {"octets above 127", "a.\xFF", std::nullopt},
};

BOOST_AUTO_TEST_CASE(a_file_name_has_a_type_by_its_extension) {
  check_rows(type_rows, [](const TypeRow& row) {
    BOOST_TEST(shown(find_media_type(row.input)) == shown(row.expected));
  });
}

struct MimeTypesRow {
  const char* why;
  std::string_view mime_types;
  std::string_view file_name;
  std::optional<std::string_view> expected;
};

constexpr MimeTypesRow mime_types_rows[] = {
    {"a line", "text/x-a\ta\n", "f.a", "text/x-a"},
    {"tabs and spaces", "text/x-a \t\t a\n", "f.a", "text/x-a"},
    {"the last of several extensions", "text/x-a b c a\n", "f.a", "text/x-a"},
    {"the second line", "text/x-b b\ntext/x-a a\n", "f.a", "text/x-a"},
    {"the first line that has it", "text/x-a a\ntext/x-b a\n", "f.a",
     "text/x-a"},
    {"the last line without LF", "text/x-a a", "f.a", "text/x-a"},
    {"the case does not count", "text/x-a A\n", "f.a", "text/x-a"},
    {"the case does not count", "text/x-a a\n", "f.A", "text/x-a"},
    {"the last extension counts", "text/x-a a\n", "f.b.a", "text/x-a"},
    {"a comment after it", "text/x-a a# b\n", "f.a", "text/x-a"},
    {"blanks before it", " text/x-a a\n", "f.a", "text/x-a"},
    {"in a comment", "text/x-a b # a\n", "f.a", std::nullopt},
    {"a line of comment", "#text/x-a a\n", "f.a", std::nullopt},
    {"a type without extensions", "text/x-a\n", "f.a", std::nullopt},
    {"a type is no extension", "a b\n", "f.a", std::nullopt},
    {"a part of an extension", "text/x-a ab\n", "f.a", std::nullopt},
    {"empty lines", "\n\n\n", "f.a", std::nullopt},
    {"an empty file", "", "f.a", std::nullopt},
    {"a name without extension", "text/x-a a\n", "a", std::nullopt},
    {"blanks are no empty extension", "text/x-a  a \n", "f.", std::nullopt},
};

BOOST_AUTO_TEST_CASE(a_file_name_has_a_type_by_a_mime_types_file) {
  check_rows(mime_types_rows, [](const MimeTypesRow& row) {
    BOOST_TEST(shown(find_media_type_in(row.mime_types, row.file_name)) ==
               shown(row.expected));
  });
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tables.h"
#include "uri.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_view_literals;

namespace {

std::optional<std::string> path_of(std::string_view target) {
  auto parsed = parse_target(target);
  if (!parsed) return std::nullopt;
  return std::move(parsed->path);
}

// HOST|PORT.
std::string joined(const Authority& authority) {
  return authority.host + '|' + authority.port;
}

std::optional<std::string> authority_of(std::string_view text) {
  const auto authority = parse_authority(text);
  if (!authority) return std::nullopt;
  return joined(*authority);
}

struct Row {
  const char* why;
  std::string_view input;
  std::optional<std::string_view> expected;
};

void check_path(const std::string& target, std::string_view expected) {
  BOOST_TEST(shown(path_of(target)) == shown(expected), target);
}

void check_paths(const auto& rows) {
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(shown(path_of(row.input)) == shown(row.expected));
  });
}

void check_authorities(const auto& rows) {
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(shown(authority_of(row.input)) == shown(row.expected));
  });
}

struct TargetRow {
  const char* why;
  std::string_view input;
  std::string_view path;
  std::optional<std::string_view> query;
  std::string_view path_and_query;
  std::optional<std::string_view> authority{};
};

void check_target(const TargetRow& row) {
  const auto target = parse_target(row.input);
  BOOST_TEST_REQUIRE(target.has_value());
  BOOST_TEST(shown(target->path) == shown(row.path));
  BOOST_TEST(target->has_query == row.query.has_value());
  BOOST_TEST(shown(target->query) == shown(row.query.value_or("")));
  BOOST_TEST(shown(target->path_and_query) == shown(row.path_and_query));
  BOOST_TEST(target->authority.has_value() == row.authority.has_value());
  if (target->authority)
    BOOST_TEST(shown(joined(*target->authority)) == shown(row.authority));
}

// Whether no part of a path can lead out of the root.
bool is_normal(const std::string& path) {
  const std::string folder = path.ends_with('/') ? path : path + '/';
  constexpr std::string_view refused[] = {"//", "/./", "/../"};
  for (const std::string_view segment : refused)
    if (folder.find(segment) != std::string::npos) return false;
  return path.starts_with('/');
}

// Every text of at most `length` of the parts.
std::vector<std::string> texts_of(const std::vector<std::string>& parts,
                                  unsigned length) {
  std::vector<std::string> texts{""};
  std::size_t first = 0;
  for (; length > 0; --length) {
    const std::size_t end = texts.size();
    for (; first < end; ++first) {
      for (const std::string& part : parts)
        texts.push_back(texts[first] + part);
    }
  }
  return texts;
}

constexpr const char* dot_dot_spellings[] = {
    "..",     ".%2e",   ".%2E",   "%2e.",   "%2E.",
    "%2e%2e", "%2E%2E", "%2e%2E", "%2E%2e",
};
constexpr const char* dot_spellings[] = {".", "%2e", "%2E"};
constexpr const char* slash_spellings[] = {"/", "%2f", "%2F", "//", "/%2f"};

}  // namespace

BOOST_AUTO_TEST_SUITE(uri)

constexpr Row path_rows[] = {
    {"the root", "/", "/"},
    {"a file", "/a.txt", "/a.txt"},
    {"a folder", "/a/", "/a/"},
    {"a file in a folder", "/a/b", "/a/b"},
    {"a query is no part of it", "/a?/../b", "/a"},
    {"an empty query", "/a?", "/a"},
    {"sub-delimiters and parameters", "/a;b=c,d!$&'()*+@:~",
     "/a;b=c,d!$&'()*+@:~"},
    {"a plus is a plus", "/a+b", "/a+b"},
    {"what browsers leave unescaped", "/|[]^`{}\"<>", "/|[]^`{}\"<>"},
    {"octets above 127", "/\xC3\xBC", "/\xC3\xBC"},
    {"a colon makes no authority", "/http://a/", "/http:/a/"},
};

BOOST_AUTO_TEST_CASE(a_target_has_a_path) {
  check_paths(path_rows);
}

constexpr Row escape_rows[] = {
    {"an escape", "/a%20b", "/a b"},
    {"UTF-8", "/%c3%bc%C3%BC", "/\xC3\xBC\xC3\xBC"},
    {"no UTF-8", "/%ff%fe", "/\xFF\xFE"},
    {"a question mark is no query", "/a%3fb=c", "/a?b=c"},
    {"a hash is no fragment", "/a%23b", "/a#b"},
    {"CR and LF, for Location to escape again", "/%0d%0aA:%20b", "/\r\nA: b"},
    {"a percent sign", "/100%25", "/100%"},
    {"decoded once: a letter", "/%2541", "/%41"},
    {"decoded once: a slash", "/a%252fb", "/a%2fb"},
    {"decoded once: dots", "/%252e%252e/a", "/%2e%2e/a"},
    {"decoded once: NUL", "/a%2500", "/a%00"},
    {"decoded once, of many", "/%25252541", "/%252541"},
    {"NUL", "/a%00", std::nullopt},
    {"NUL before an extension", "/a.txt%00.html", std::nullopt},
    {"NUL first", "%00", std::nullopt},
    {"a raw NUL", "/a\0"sv, std::nullopt},
    {"no digits", "/%zz", std::nullopt},
    {"a percent sign alone", "/%", std::nullopt},
    {"a percent sign at the end", "/a%", std::nullopt},
    {"one digit", "/a%4", std::nullopt},
    {"one digit before a slash", "/a%4/b", std::nullopt},
    {"one digit before the query", "/a%4?1", std::nullopt},
    {"Microsoft's escapes", "/%u002e%u002e/", std::nullopt},
    {"a sign is no digit", "/%+1%-1", std::nullopt},
};

BOOST_AUTO_TEST_CASE(the_asterisk_is_the_whole_server) {
  const auto target = parse_target("*");
  BOOST_REQUIRE(target.has_value());
  BOOST_TEST(target->is_asterisk);
  BOOST_TEST(target->path == "/");
  BOOST_TEST(target->path_and_query == "*");
  BOOST_TEST(!target->has_query);
  BOOST_TEST(!target->authority);
  for (const char* other : {"/*", "/", "http://a/*"})
    BOOST_TEST(!parse_target(other).value().is_asterisk, other);
}

BOOST_AUTO_TEST_CASE(a_path_is_decoded_once) {
  check_paths(escape_rows);
}

constexpr Row no_target_rows[] = {
    {"nothing", "", std::nullopt},
    {"no slash", "a", std::nullopt},
    {"no slash, but a path", "a/b", std::nullopt},
    {"a query alone", "?a", std::nullopt},
    {"dots alone", "..", std::nullopt},
    {"RFC 9112 3.2.3: for CONNECT, which we do not do", "a:80", std::nullopt},
    {"RFC 9112 3.2.4: an asterisk, and more", "*a", std::nullopt},
    {"RFC 9112 3.2.4: a query of the asterisk", "*?a", std::nullopt},
    {"a space", "/a b", std::nullopt},
    {"a space at the end", "/a ", std::nullopt},
    {"a space in the query", "/a?b c", std::nullopt},
    {"a tab", "/a\tb", std::nullopt},
    {"a CR", "/a\rb", std::nullopt},
    {"a LF", "/a\nb", std::nullopt},
    {"DEL", "/a\x7F", std::nullopt},
    {"a fragment", "/a#b", std::nullopt},
    {"an empty fragment", "/a#", std::nullopt},
    {"a fragment of a query", "/a?b#c", std::nullopt},
    {"a backslash is no slash", "\\a", std::nullopt},
    {"an escaped slash is no first slash", "%2fa", std::nullopt},
};

BOOST_AUTO_TEST_CASE(what_is_no_target_is_refused) {
  check_paths(no_target_rows);
}

BOOST_AUTO_TEST_CASE(a_target_has_no_control_characters) {
  for (const char c : every_octet()) {
    const auto octet = static_cast<unsigned char>(c);
    const bool is_refused = octet <= 32 || octet == 127 || c == '#' || c == '%';
    BOOST_TEST(parse_target(std::string{"/a"} + c).has_value() != is_refused,
               octet);
  }
}

constexpr Row dot_rows[] = {
    {"a dot", "/./a", "/a"},
    {"a dot at the end names the folder", "/a/.", "/a/"},
    {"nothing but a dot", "/.", "/"},
    {"two dots", "/a/../b", "/b"},
    {"two dots at the end name the folder", "/a/b/..", "/a/"},
    {"nothing but two dots", "/..", "/"},
    {"above the root", "/../a", "/a"},
    {"far above the root", "/a/../../../../etc/passwd", "/etc/passwd"},
    {"above the root and back", "/../../a/../b/..", "/"},
    {"the example of RFC 3986 5.2.4", "/a/b/c/./../../g", "/a/g"},
    {"slashes that follow one another", "//a///b//", "/a/b/"},
    {"an empty segment is none that two dots remove", "/a//../b", "/b"},
    {"//HOST is no host", "//evil/a", "/evil/a"},
    {"///HOST neither", "///evil", "/evil"},
    {"\\\\HOST neither", "/\\\\evil", "/\\\\evil"},
    {"HOST behind dots neither", "/.//evil", "/evil"},
    {"a folder of two dots that redirects nowhere else", "//evil/..%2fa", "/a"},
    {"a backslash parts no segments", "/a\\..\\b", "/a\\..\\b"},
    {"an escaped backslash neither", "/..%5c..%5ca", "/..\\..\\a"},
    {"three dots are a name", "/.../a", "/.../a"},
    {"dots and a letter are a name", "/..a/a..", "/..a/a.."},
    {"dots and a space are a name", "/..%20/a", "/.. /a"},
    {"dots and a parameter are a name", "/..;a/b", "/..;a/b"},
    {"dots of overlong UTF-8 are a name", "/%c0%ae%c0%ae/a",
     "/\xC0\xAE\xC0\xAE/a"},
    {"a slash of overlong UTF-8 is a part of a name", "/..%c0%afa",
     "/..\xC0\xAF"
     "a"},
    {"fullwidth dots are a name", "/%ef%bc%8e%ef%bc%8e/a",
     "/\xEF\xBC\x8E\xEF\xBC\x8E/a"},
    {"dots escaped twice are a name", "/%252e%252e/a", "/%2e%2e/a"},
    {"a hidden name is a name", "/.git/config", "/.git/config"},
    {"dots in a query are nothing", "/a/?../b", "/a/"},
};

BOOST_AUTO_TEST_CASE(a_path_has_no_dot_segments) {
  check_paths(dot_rows);
}

BOOST_AUTO_TEST_CASE(every_spelling_of_two_dots_is_resolved) {
  for (const std::string slash : slash_spellings) {
    for (const std::string dots : dot_dot_spellings) {
      const std::string up = slash + dots;
      check_path("/a" + up + slash + "b", "/b");
      check_path("/a/b" + up, "/a/");
      check_path('/' + up + up + slash + "etc", "/etc");
    }
  }
}

BOOST_AUTO_TEST_CASE(every_spelling_of_a_dot_is_resolved) {
  for (const std::string slash : slash_spellings) {
    for (const std::string dot : dot_spellings) {
      check_path("/a" + slash + dot + slash + "b", "/a/b");
      check_path("/a" + slash + dot, "/a/");
    }
  }
}

BOOST_AUTO_TEST_CASE(no_spelling_leads_above_the_root) {
  const std::vector<std::string> parts{"/",   ".",   "..",  "a",
                                       "%2e", "%2F", "%5c", "%252e"};
  for (const std::string& text : texts_of(parts, 6)) {
    const auto path = path_of("/" + text);
    BOOST_TEST_REQUIRE((path && is_normal(*path)), text);
    BOOST_TEST_REQUIRE(normalize_path(*path) == *path, text);
  }
}

BOOST_AUTO_TEST_CASE(normalizing_decodes_nothing) {
  constexpr Row rows[] = {
      {"no path", "", "/"},
      {"no slash", "a", "/a"},
      {"a folder", "a/", "/a/"},
      {"an escape is a name", "/%2e%2e/%2f", "/%2e%2e/%2f"},
      {"dots", "/a/./b/../c", "/a/c"},
      {"a NUL is an octet like others", "/a\0/.."sv, "/"},
  };
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(shown(normalize_path(row.input)) == shown(row.expected));
  });
}

constexpr TargetRow origin_form_rows[] = {
    {"no query", "/a", "/a", {}, "/a"},
    {"an empty query", "/a?", "/a", "", "/a?"},
    {"a query", "/a?b=c&d", "/a", "b=c&d", "/a?b=c&d"},
    {"the first of several ?", "/a?b?c?", "/a", "b?c?", "/a?b?c?"},
    {"nothing but ?", "/??", "/", "?", "/??"},
    {"a query is not decoded", "/?%41%00%zz+%", "/", "%41%00%zz+%",
     "/?%41%00%zz+%"},
    {"a query has no dot segments", "/a?/../..//", "/a", "/../..//",
     "/a?/../..//"},
    {"an escaped ? begins no query", "/a%3Fb?c", "/a?b", "c", "/a%3Fb?c"},
    {"the path stays as it came",
     "//a/./%62/../c",
     "/a/c",
     {},
     "//a/./%62/../c"},
    {"octets above 127 in a query", "/?\xFF", "/", "\xFF", "/?\xFF"},
};

BOOST_AUTO_TEST_CASE(a_query_follows_the_first_question_mark) {
  check_rows(origin_form_rows, check_target);
}

constexpr TargetRow absolute_form_rows[] = {
    {"a path", "http://h/a", "/a", {}, "/a", "h|"},
    {"a path and a query", "http://h/a?b", "/a", "b", "/a?b", "h|"},
    {"no path", "http://h", "/", {}, "/", "h|"},
    {"no path, but a query", "http://h?a=b", "/", "a=b", "/?a=b", "h|"},
    {"no path, and an empty query", "http://h?", "/", "", "/?", "h|"},
    {"a query with a slash", "http://h?a/b", "/", "a/b", "/?a/b", "h|"},
    {"a port", "http://h:8080/a", "/a", {}, "/a", "h|8080"},
    {"an empty port", "http://h:/a", "/a", {}, "/a", "h|"},
    {"a port and no path", "http://h:80", "/", {}, "/", "h|80"},
    {"IPv6", "http://[::1]/a", "/a", {}, "/a", "[::1]|"},
    {"IPv6, a port and no path", "http://[::1]:80?a", "/", "a", "/?a",
     "[::1]|80"},
    {"https, which another server has ended",
     "https://h/a",
     "/a",
     {},
     "/a",
     "h|"},
    {"RFC 3986 3.1: a scheme has no case",
     "HTTP://H.Example/A",
     "/A",
     {},
     "/A",
     "h.example|"},
    {"dot segments", "http://h/../../a", "/a", {}, "/../../a", "h|"},
    {"a second authority is a path",
     "http://h//evil/",
     "/evil/",
     {},
     "//evil/",
     "h|"},
    {"a URI in a query", "http://h/?http://i/", "/", "http://i/", "/?http://i/",
     "h|"},
};

BOOST_AUTO_TEST_CASE(an_absolute_form_has_an_authority) {
  check_rows(absolute_form_rows, check_target);
}

constexpr Row no_absolute_form_rows[] = {
    {"RFC 9110 4.2.1: an empty host", "http:///a", std::nullopt},
    {"RFC 9110 4.2.1: nothing but a port", "http://:80/a", std::nullopt},
    {"no authority", "http://", std::nullopt},
    {"a query instead of an authority", "http://?a", std::nullopt},
    {"one slash", "http:/a", std::nullopt},
    {"no slash", "http:a", std::nullopt},
    {"a scheme alone", "http:", std::nullopt},
    {"backslashes", R"(http:\\h\a)", std::nullopt},
    {"another scheme", "ftp://h/a", std::nullopt},
    {"another scheme that begins so", "httpx://h/a", std::nullopt},
    {"a file", "file:///etc/passwd", std::nullopt},
    {"a script", "javascript://h/%0aalert(1)", std::nullopt},
    {"RFC 9110 4.2.4: a user", "http://user@h/a", std::nullopt},
    {"RFC 9110 4.2.4: a user with a password", "http://u:p@h/", std::nullopt},
    {"a port that is no number", "http://h:x/", std::nullopt},
    {"a port above all", "http://h:65536/", std::nullopt},
    {"a fragment", "http://h/#a", std::nullopt},
    {"a space", "http://h /", std::nullopt},
    {"a NUL in its path", "http://h/%00", std::nullopt},
    {"a wrong escape in its path", "http://h/%zz", std::nullopt},
};

BOOST_AUTO_TEST_CASE(what_is_no_absolute_form_is_refused) {
  check_paths(no_absolute_form_rows);
}

constexpr Row authority_rows[] = {
    {"a name", "example.org", "example.org|"},
    {"a name has no case", "EXAMPLE.org", "example.org|"},
    {"a port", "a:8080", "a|8080"},
    {"the least port", "a:0", "a|0"},
    {"the largest port", "a:65535", "a|65535"},
    {"an empty port", "a:", "a|"},
    {"IPv4", "127.0.0.1:80", "127.0.0.1|80"},
    {"RFC 3986 3.2.2: sub-delimiters",
     "a-b_c~!$&'()*+,;=", "a-b_c~!$&'()*+,;=|"},
    {"RFC 3986 3.2.2: an escape is not decoded", "a%2Eb", "a%2eb|"},
    {"dots are a name; we open no folder by it", "..", "..|"},
    {"a dot is a name", ".", ".|"},
    {"RFC 9112 3.2: an empty Host field", "", "|"},
    {"a port above all", "a:65536", std::nullopt},
    {"a port far above all", "a:99999999999999999999", std::nullopt},
    {"a port that is no number", "a:http", std::nullopt},
    {"a port with a sign", "a:+80", std::nullopt},
    {"a negative port", "a:-1", std::nullopt},
    {"a port with a blank", "a: 80", std::nullopt},
    {"two ports", "a:80:80", std::nullopt},
    {"a port alone", ":80", std::nullopt},
    {"a colon alone", ":", std::nullopt},
    {"a slash", "a/b", std::nullopt},
    {"a slash at the end", "a/", std::nullopt},
    {"a backslash", "a\\b", std::nullopt},
    {"a user", "u@a", std::nullopt},
    {"a question mark", "a?b", std::nullopt},
    {"a hash", "a#b", std::nullopt},
    {"a space", "a b", std::nullopt},
    {"a list", "a, b", std::nullopt},
    {"a tab", "a\tb", std::nullopt},
    {"CR and LF", "a\r\nb", std::nullopt},
    {"a NUL", "a\0b"sv, std::nullopt},
    {"a quote", "a\"b", std::nullopt},
    {"markup", "<a>", std::nullopt},
    {"UTF-8 that is not escaped", "\xC3\xBC", std::nullopt},
    {"RFC 3986 2.1: an escape without digits", "%zz", std::nullopt},
    {"RFC 3986 2.1: a percent sign alone", "a%", std::nullopt},
    {"RFC 3986 2.1: one digit", "a%4", std::nullopt},
};

BOOST_AUTO_TEST_CASE(an_authority_is_a_host_and_perhaps_a_port) {
  check_authorities(authority_rows);
}

constexpr Row ip_literal_rows[] = {
    {"the shortest", "[::]", "[::]|"},
    {"loopback", "[::1]", "[::1]|"},
    {"a port", "[::1]:8080", "[::1]|8080"},
    {"an empty port", "[::1]:", "[::1]|"},
    {"digits have no case", "[2001:DB8::AB]", "[2001:db8::ab]|"},
    {"all of it", "[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]|"},
    {"IPv4 in it", "[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]|"},
    {"no address", "[]", std::nullopt},
    {"a colon is no address", "[:]", std::nullopt},
    {"three colons are no address", "[:::]", std::nullopt},
    {"RFC 3986 3.2.2: a name is no address", "[localhost]", std::nullopt},
    {"RFC 3986 3.2.2: IPv4 alone is no such address", "[127.0.0.1]",
     std::nullopt},
    {"RFC 3986 3.2.2: too many parts", "[1:2:3:4:5:6:7:8:9]", std::nullopt},
    {"RFC 3986 3.2.2: too few parts", "[1:2:3]", std::nullopt},
    {"RFC 3986 3.2.2: two gaps", "[1::2::3]", std::nullopt},
    {"RFC 3986 3.2.2: five digits", "[::12345]", std::nullopt},
    {"RFC 3986 3.2.2: no hexadecimal digit", "[::g]", std::nullopt},
    {"a zone means nothing to another machine", "[fe80::1%25eth0]",
     std::nullopt},
    {"no bracket at the end", "[::1", std::nullopt},
    {"no bracket at the start", "::1]", std::nullopt},
    {"no brackets", "::1", std::nullopt},
    {"text after it", "[::1]a", std::nullopt},
    {"text before it", "a[::1]", std::nullopt},
    {"two brackets at the end", "[::1]]", std::nullopt},
    {"a port in it", "[::1:80", std::nullopt},
    {"two ports", "[::1]:80:80", std::nullopt},
    {"a blank in it", "[:: 1]", std::nullopt},
    {"a slash in it", "[::/1]", std::nullopt},
    {"a NUL in it", "[::\0]"sv, std::nullopt},
};

BOOST_AUTO_TEST_CASE(an_ip_literal_is_an_ipv6_address_in_brackets) {
  check_authorities(ip_literal_rows);
}

BOOST_AUTO_TEST_CASE(a_long_name_stays_whole) {
  const std::string name(8000, 'a');
  BOOST_TEST(shown(authority_of(name + ":80")) == shown(name + "|80"));
}

BOOST_AUTO_TEST_CASE(a_path_is_below_its_first_segments) {
  struct Row {
    const char* why;
    std::string_view path;
    std::string_view folder;
    bool expected;
  };
  constexpr Row rows[] = {
      {"in it", "/a/b", "/a", true},
      {"deep in it", "/a/b/c/", "/a/b", true},
      {"the folder itself", "/a/", "/a", true},
      {"without its slash", "/a", "/a", false},
      {"a longer name", "/ab/c", "/a", false},
      {"in another case", "/A/b", "/a", false},
      {"elsewhere", "/b/a/c", "/a", false},
      {"above it", "/a/", "/a/b", false},
      {"below the root", "/a", "", true},
  };
  check_rows(rows, [](const Row& row) {
    BOOST_TEST(is_below(row.path, row.folder) == row.expected);
  });
}

BOOST_AUTO_TEST_SUITE_END()

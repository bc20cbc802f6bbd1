#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>

#include "authentication.h"
#include "fixtures.h"
#include "libcrypt.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;
using namespace std::string_literals;

namespace {

namespace unit_test = boost::unit_test;

boost::test_tools::assertion_result needs_libcrypt(unit_test::test_unit_id) {
  boost::test_tools::assertion_result result{can_hash_passwords()};
  if (!can_hash_passwords()) result.message() << "it needs libcrypt";
  return result;
}

// Of `secret`.
constexpr const char* sha256 =
    "$5$rounds=1000$salt$CCvcOM6b7TEJDPb37Aec/9UpOg4QhPNAxPpL9ZzjTB7";
// alice:secret, bob:secret, alice:wrong, carol:secret.
constexpr const char* alice = "Basic YWxpY2U6c2VjcmV0";
constexpr const char* bob = "Basic Ym9iOnNlY3JldA==";
constexpr const char* wrong_alice = "Basic YWxpY2U6d3Jvbmc=";
constexpr const char* carol = "Basic Y2Fyb2w6c2VjcmV0";

std::string head_for(std::string_view target, std::string_view authorization) {
  std::string head = "GET ";
  head.append(target).append(" HTTP/1.1\r\nHost: h\r\n");
  if (!authorization.empty())
    head.append("Authorization: ").append(authorization).append("\r\n");
  return head + "\r\n";
}

Admission admission_of(const Guard& guard, const std::string& head) {
  const Request request = parse_request(head);
  return guard.admit(request, request.target.path);
}

// The name of who is admitted, or the status of the refusal.
std::string admit(const Guard& guard, const std::string& head) {
  const Admission admission = admission_of(guard, head);
  BOOST_TEST((!admission.refusal || admission.user.empty()));
  return admission.refusal ? shown(admission.refusal->status) : admission.user;
}

std::string admit(const Guard& guard, std::string_view target,
                  std::string_view authorization) {
  return admit(guard, head_for(target, authorization));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(authentication)

struct CredentialsRow {
  const char* why;
  std::string input;
  std::optional<std::string> expected;
};

BOOST_AUTO_TEST_CASE(basic_credentials_are_those_of_rfc_7617) {
  const CredentialsRow rows[] = {
      {"RFC 7617 2",
       "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin\nopen sesame"},
      {"RFC 7617 2.1", "Basic dGVzdDoxMjPCow==", "test\n123\xC2\xA3"},
      {"RFC 9110 11.1: a scheme has no case",
       "bAsIc QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin\nopen sesame"},
      {"RFC 9110 11.4: some spaces",
       "Basic   QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin\nopen sesame"},
      {"a colon belongs to the password", "Basic YTpiOmM=", "a\nb:c"},
      {"no password", "Basic YTo=", "a\n"},
      {"no name", "Basic OmI=", "\nb"},
      {"neither", "Basic Og==", "\n"},
      {"no colon", "Basic YQ==", std::nullopt},
      {"no credentials", "Basic ", std::nullopt},
      {"no space", "Basic", std::nullopt},
      {"a tab", "Basic\tYTpi", std::nullopt},
      {"nothing", "", std::nullopt},
      {"another scheme", "Bearer YTpi", std::nullopt},
      {"a longer one", "Basics YTpi", std::nullopt},
      {"no base64", "Basic a:b", std::nullopt},
      {"no padding", "Basic YTo", std::nullopt},
      {"RFC 7235 parameters", "Basic realm=\"a\"", std::nullopt},
      {"something behind it", "Basic YTpi YTpi", std::nullopt},
      {"a list", "Basic YTpi, Basic YTpi", std::nullopt},
      {"RFC 7617 2: LF in the name", "Basic YQpiOmM=", std::nullopt},
      {"RFC 7617 2: DEL in the password", "Basic YTpifw==", std::nullopt},
      {"RFC 7617 2: NUL in the password", "Basic YTpiAGM=", std::nullopt},
      {"NUL at the end", "Basic YTpiAA==", std::nullopt},
  };
  check_rows(rows, [](const CredentialsRow& row) {
    const auto credentials = parse_basic_credentials(row.input);
    std::optional<std::string> result;
    if (credentials) result = credentials->name + '\n' + credentials->password;
    BOOST_TEST(shown(result) == shown(row.expected));
  });
}

BOOST_AUTO_TEST_CASE(a_password_is_no_longer_than_crypt_takes) {
  // "a:b" and three octets more for each group.
  const auto credentials_of = [](std::size_t groups) {
    return parse_basic_credentials("Basic YTpi" + repeated(groups, "YmJi"));
  };
  constexpr std::size_t most_groups = (max_password_octets - 1) / 3;
  BOOST_TEST(credentials_of(most_groups).has_value());
  BOOST_TEST(!credentials_of(most_groups + 1).has_value());
}

struct PathRow {
  const char* why;
  std::vector<std::string> prefixes;
  const char* path;
  std::string expected;
};

BOOST_AUTO_TEST_CASE(the_longest_prefix_protects_a_path) {
  const PathRow rows[] = {
      {"nothing is protected", {}, "/a", "none"},
      {"another folder", {"/a"}, "/b", "none"},
      {"the folder", {"/a"}, "/a/", "/a"},
      {"without its slash", {"/a"}, "/a", "/a"},
      {"what is in it", {"/a"}, "/a/b/c", "/a"},
      {"what only begins like it", {"/a"}, "/ab", "none"},
      {"and is in no folder", {"/a"}, "/ab/a", "none"},
      {"a folder of that name elsewhere", {"/a"}, "/b/a/c", "none"},
      {"what is above it", {"/a/b"}, "/a/", "none"},
      {"the root", {"/"}, "/", "/"},
      {"all", {"/"}, "/a/b", "/"},
      {"RFC 9110 9.3.7: the server itself", {"/"}, "*", "/"},
      {"which is no folder's", {"/a"}, "*", "none"},
      {"no path at all", {"/"}, "", "/"},
      {"the longest", {"/", "/a/b", "/a"}, "/a/b/c", "/a/b"},
      {"or a shorter one", {"/a/b", "/", "/a"}, "/a/bc", "/a"},
      {"or the shortest", {"/a/b", "/", "/a"}, "/b", "/"},
      {"in another case", {"/aB"}, "/Ab/c", "/aB"},
      {"that prefix, too, is longer", {"/", "/A"}, "/a", "ambiguous /A"},
      {"it could be either", {"/a", "/a/b"}, "/a/B/c", "ambiguous /a/b"},
      {"it is both", {"/a", "/a/b"}, "/A/B/c", "/a/b"},
      {"a letter that is not ASCII", {"/\xC3\xA4"}, "/\xC3\x84", "none"},
      {"octets", {"/\xFF"}, "/\xFF/a", "/\xFF"},
  };
  check_rows(rows, [](const PathRow& row) {
    std::vector<Protection> protections;
    for (const std::string& prefix : row.prefixes)
      protections.push_back({prefix, "file"});
    const ProtectionMatch match = find_protection(protections, row.path);
    std::string result = match.is_ambiguous ? "ambiguous " : "";
    result += match.index ? protections[*match.index].prefix : "none";
    BOOST_TEST(result == row.expected);
  });
}

struct VerdictRow {
  const char* why;
  const char* name;
  const char* password;
  PasswordVerdict expected;
  const char* setting;  // that is hashed with
};

// A hash of its own: the setting, where the password is the same.
constexpr VerdictRow verdict_rows[] = {
    {"right", "a", "1", PasswordVerdict::right, "1"},
    {"right, of another", "b", "2", PasswordVerdict::right, "2"},
    {"wrong", "a", "x", PasswordVerdict::wrong, "1"},
    {"that of another", "b", "1", PasswordVerdict::wrong, "2"},
    {"none", "a", "", PasswordVerdict::wrong, "1"},
    {"no such name costs the same", "x", "x", PasswordVerdict::wrong, "1"},
    {"and never gets in", "x", "1", PasswordVerdict::wrong, "1"},
    {"no name", "", "1", PasswordVerdict::wrong, "1"},
    {"an unknown method", "c", "?", PasswordVerdict::unknown_hash, "?"},
};

BOOST_AUTO_TEST_CASE(each_name_costs_one_hash) {
  const std::vector<PasswordEntry> entries{{"a", "1"}, {"b", "2"}, {"c", "?"}};
  check_rows(verdict_rows, [&](const VerdictRow& row) {
    std::vector<std::string> settings;
    const PasswordHash hash =
        [&](const std::string& password,
            const std::string& setting) -> std::optional<std::string> {
      BOOST_TEST(password == row.password);
      settings.push_back(setting);
      if (setting == "?") return std::nullopt;
      return password;
    };
    const Credentials credentials{row.name, row.password};
    BOOST_TEST((check_password(entries, credentials, hash) == row.expected));
    BOOST_TEST(settings == std::vector<std::string>{row.setting},
               boost::test_tools::per_element());
  });
}

BOOST_AUTO_TEST_CASE(nobody_is_in_an_empty_file) {
  const PasswordHash hash = [](const std::string&, const std::string&) {
    BOOST_ERROR("there is nothing to compare with");
    return std::string{};
  };
  BOOST_TEST((check_password({}, {"", ""}, hash) == PasswordVerdict::wrong));
}

BOOST_AUTO_TEST_CASE(who_has_a_password_is_admitted,
                     *unit_test::precondition(needs_libcrypt)) {
  const TemporaryFolder folder;
  folder.add_file("one", "alice:"s + sha256 + "\n", 0600);
  folder.add_file("two", "# two\nbob:"s + sha256);
  const std::vector<Protection> protections{{"/a", folder.path("one")},
                                            {"/a/b", folder.path("two")}};
  struct Row {
    const char* why;
    const char* target;
    const char* authorization;
    const char* expected;
  };
  constexpr Row rows[] = {
      {"right", "/a/x", alice, "alice"},
      {"right, for the other file", "/a/b/x", bob, "bob"},
      {"of the wrong file", "/a/x", bob, "401"},
      {"of the wrong file", "/a/b", alice, "401"},
      {"wrong", "/a/x", wrong_alice, "401"},
      {"no such name", "/a/x", carol, "401"},
      {"none", "/a/x", "", "401"},
      {"malformed", "/a/x", "Basic ?", "401"},
      {"another scheme", "/a/x", "Bearer YTpi", "401"},
      {"where none is needed", "/x", wrong_alice, ""},
      {"where none is needed, nobody is asked who it is", "/x", alice, ""},
      {"which folder is it?", "/a/B/x", bob, "404"},
      {"a spelling", "/x/..//%61/%2e/x", "", "401"},
      {"a spelling", "http://h/A/x", "", "401"},
  };
  check_rows(rows, [&](const Row& row) {
    const Guard guard{protections};
    BOOST_TEST(admit(guard, row.target, row.authorization) == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(two_fields_are_as_wrong_as_none,
                     *unit_test::precondition(needs_libcrypt)) {
  const TemporaryFolder folder;
  folder.add_file("one", "alice:"s + sha256 + "\n");
  const std::vector<Protection> protections{{"/", folder.path("one")}};
  const Guard guard{protections};
  const std::string field = "Authorization: "s + alice + "\r\n";
  BOOST_TEST(admit(guard, "GET / HTTP/1.1\r\nHost: h\r\n" + field + field +
                              "\r\n") == "401");
}

BOOST_AUTO_TEST_CASE(the_challenge_names_the_prefix_and_the_charset,
                     *unit_test::precondition(needs_libcrypt)) {
  const std::vector<Protection> protections{{"/a \"b\\\n", "none"}};
  const Guard guard{protections};
  const std::string head = head_for("/a%20%22b%5C%0a", "");
  const Admission admission = admission_of(guard, head);
  BOOST_REQUIRE(admission.refusal.has_value());
  BOOST_TEST(admission.refusal->field_value ==
             "Basic realm=\"/a%20%22b%5C%0A\", charset=\"UTF-8\"");
  BOOST_TEST(admission.refusal->detail == "");
}

namespace {

struct FileRow {
  const char* why;
  std::string file;
  const char* expected;  // in the log
};

// Checks that who sends these credentials gets 500, and the log `expected`.
void check_unusable(const std::string& file, std::string_view credentials,
                    std::string_view expected) {
  const std::vector<Protection> protections{{"/a", file}};
  const Guard guard{protections};
  const std::string head = head_for("/a/x", credentials);
  const Admission admission = admission_of(guard, head);
  BOOST_REQUIRE(admission.refusal.has_value());
  BOOST_TEST(shown(admission.refusal->status) == "500");
  BOOST_TEST(admission.refusal->field_value == "");
  const std::string& detail = admission.refusal->detail;
  BOOST_TEST(detail.starts_with("--auth=/a=" + file + ": "), detail);
  BOOST_TEST(detail.find(expected) != std::string::npos, detail);
  BOOST_TEST(detail.find("secret") == std::string::npos, detail);
  BOOST_TEST(admit(guard, "/x", credentials) == "");
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_used_lets_nobody_in,
                     *unit_test::precondition(needs_libcrypt)) {
  const TemporaryFolder folder;
  const std::string entry = "alice:"s + sha256 + "\n";
  folder.add_file("plain", entry + "bob:secret\n");
  folder.add_file("long", entry + std::string(max_password_file_octets, '\n'));
  folder.add_file("unknown",
                  "alice:$2y$99$CCCCCCCCCCCCCCCCCCCCC."
                  "4K7lyz.nKATbsiu/RcZjqWyDNnj87qG\n");
  folder.add_folder("folder");
  folder.add_fifo("fifo");
  const FileRow rows[] = {
      {"absent", "none", "cannot read it: No such file"},
      {"a folder", "folder", "regular file"},
      {"a FIFO, which keeps nobody waiting", "fifo", "regular file"},
      {"a line that is none", "plain", "line 2: "},
      {"too long", "long", "1 MiB"},
      {"a cost that is none", "unknown", "libcrypt does not know"},
  };
  check_rows(rows, [&](const FileRow& row) {
    const std::string file = folder.path(row.file);
    check_unusable(file, alice, row.expected);
    check_unusable(file, bob, row.expected);
  });
}

BOOST_AUTO_TEST_CASE(the_largest_file_is_read,
                     *unit_test::precondition(needs_libcrypt)) {
  const TemporaryFolder folder;
  std::string content = "alice:"s + sha256 + "\n";
  content.resize(max_password_file_octets, '\n');
  folder.add_file("one", content);
  const std::vector<Protection> protections{{"/", folder.path("one")}};
  BOOST_TEST(admit(Guard{protections}, "/", alice) == "alice");
}

BOOST_AUTO_TEST_CASE(a_file_of_root_is_read_by_who_was_root,
                     *unit_test::precondition(needs_libcrypt) *
                         unit_test::precondition(needs_root)) {
  const TemporaryFolder folder;
  folder.add_file("one", "alice:"s + sha256 + "\n", 0600);
  const std::vector<Protection> protections{{"/", folder.path("one")}};
  check_in_child([&] {
    const Guard guard{protections};
    become_nobody();
    BOOST_TEST(admit(guard, "/", alice) == "alice");
    BOOST_TEST(admit(Guard{protections}, "/", alice) == "500");
  });
}

namespace {

Resource file_resource(const std::string& path) {
  return File{
      .fd = open_or_fail(path, O_RDONLY), .version = {}, .name = "name"};
}

Resource script_resource(const TemporaryFolder& folder, std::string name) {
  return Script{open_or_fail(folder.path(), O_PATH), std::move(name), "/", ""};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_password_file_is_known_by_any_name,
                     *unit_test::precondition(needs_libcrypt)) {
  const TemporaryFolder folder;
  folder.add_file("one", "1");
  folder.add_file("two", "2");
  folder.add_file("other", "3");
  folder.add_link("link", "two");
  BOOST_REQUIRE(
      ::link(folder.path("two").c_str(), folder.path("hard").c_str()) == 0);
  const std::vector<Protection> protections{{"/a", folder.path("none")},
                                            {"/b", folder.path("one")},
                                            {"/c", folder.path("link")}};
  const Guard guard{protections};
  for (const char* name : {"one", "two", "link", "hard"}) {
    BOOST_TEST(guard.is_password_file(file_resource(folder.path(name))), name);
    BOOST_TEST(guard.is_password_file(script_resource(folder, name)), name);
  }
  BOOST_TEST(!guard.is_password_file(file_resource(folder.path("other"))));
  BOOST_TEST(!guard.is_password_file(script_resource(folder, "other")));
  BOOST_TEST(!guard.is_password_file(script_resource(folder, "none")));
  BOOST_TEST(!guard.is_password_file(Redirect{"/one"}));
  BOOST_TEST(!guard.is_password_file(Directory{}));
  BOOST_TEST(!guard.is_password_file(Refusal{}));
}

BOOST_AUTO_TEST_CASE(a_password_file_that_was_replaced_is_known_too,
                     *unit_test::precondition(needs_libcrypt)) {
  const TemporaryFolder folder;
  folder.add_file("one", "1");
  folder.add_file("new", "2");
  const std::vector<Protection> protections{{"/a", folder.path("one")},
                                            {"/b", folder.path("later")}};
  const Guard guard{protections};
  const Resource before = file_resource(folder.path("one"));
  BOOST_REQUIRE(
      ::rename(folder.path("new").c_str(), folder.path("one").c_str()) == 0);
  folder.add_file("later", "3");
  BOOST_TEST(guard.is_password_file(before));
  BOOST_TEST(guard.is_password_file(file_resource(folder.path("one"))));
  BOOST_TEST(guard.is_password_file(file_resource(folder.path("later"))));
}

BOOST_AUTO_TEST_CASE(what_lets_nobody_in_is_known_before_somebody_asks,
                     *unit_test::precondition(needs_libcrypt)) {
  const TemporaryFolder folder;
  folder.add_file("good", "alice:"s + sha256 + "\n");
  folder.add_file("bad", "alice:secret\n");
  folder.add_file("empty", "# nobody\n");
  const std::vector<Protection> protections{{"/a", folder.path("good")},
                                            {"/b", folder.path("bad")},
                                            {"/c", folder.path("empty")},
                                            {"/d", folder.path("none")}};
  const Guard guard{protections};
  BOOST_TEST(guard.find_problem(0) == "");
  BOOST_TEST(guard.find_problem(1).starts_with("line 1: it needs"));
  BOOST_TEST(guard.find_problem(2) == "it names nobody");
  BOOST_TEST(guard.find_problem(3).ends_with("No such file or directory"));
  BOOST_TEST(bool{guard.file(0).fd});
  BOOST_TEST(guard.file(3).error == ENOENT);
}

BOOST_AUTO_TEST_CASE(a_build_without_libcrypt_protects_nothing) {
  if (can_hash_passwords()) return;
  const std::vector<Protection> protections{{"/", "file"}};
  const auto error = error_of<SetupError>([&] { return Guard{protections}; });
  BOOST_REQUIRE(error.has_value());
  BOOST_TEST(error->exit_status() == SetupError::usage);
}

BOOST_AUTO_TEST_SUITE_END()

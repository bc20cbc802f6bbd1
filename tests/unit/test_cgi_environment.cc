#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

#include "cgi_environment.h"
#include "tables.h"
#include "text.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

namespace {

using Texts = std::vector<std::string>;

// What an environment is made of, but for the request.
struct Setting {
  Options options{};
  Activation activation{.remote = {"192.0.2.1", 50000}};
  Endpoint local{"192.0.2.2", 8080};
  Script script{.folder{},
                .file_name = "a.sh",
                .script_name = "/cgi-bin/a.sh",
                .path_info = ""};
  std::string document_root = "/srv/www";
  std::vector<const char*> inherited{};
  std::string user{};
};

// NAME of NAME=VALUE.
std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

// The environment for a request, each variable of it there once.
Texts environment_of(Setting& setting, const std::string& head) {
  const Request request = parse_request(head);
  setting.inherited.push_back(nullptr);
  Texts environment = cgi_environment(
      {setting.options, setting.activation, setting.local, request,
       setting.script, setting.document_root, setting.user},
      setting.inherited.data());
  std::ranges::sort(environment);
  const auto twice = std::ranges::adjacent_find(environment, {}, name_of);
  BOOST_TEST((twice == environment.end()), "a variable is there twice");
  return environment;
}

// The head of a usual request with these field lines.
std::string head_with(std::string_view fields) {
  std::string head{"GET /cgi-bin/a.sh HTTP/1.1\r\nHost: h\r\n"};
  return head.append(fields).append("\r\n");
}

std::optional<std::string> value_in(const Texts& environment,
                                    std::string_view name) {
  const auto found = std::ranges::find(environment, name, name_of);
  if (found == environment.end()) return std::nullopt;
  return found->substr(name.size() + 1);
}

void check_value(Setting& setting, const std::string& head,
                 std::string_view name,
                 std::optional<std::string_view> expected) {
  BOOST_TEST(shown(value_in(environment_of(setting, head), name)) ==
             shown(expected));
}

std::string lines_of(const Texts& environment) {
  std::string lines;
  for (const std::string& variable : environment)
    lines.append(variable).append("\n");
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cgi_environment)

BOOST_AUTO_TEST_CASE(a_small_request_has_a_small_environment) {
  Setting setting;
  const std::string expected =
      "DOCUMENT_ROOT=/srv/www\n"
      "GATEWAY_INTERFACE=CGI/1.1\n"
      "PATH=/usr/local/bin:/usr/bin:/bin\n"
      "PATH_INFO=\n"
      "QUERY_STRING=\n"
      "REDIRECT_STATUS=200\n"
      "REMOTE_ADDR=192.0.2.1\n"
      "REMOTE_HOST=192.0.2.1\n"
      "REMOTE_PORT=50000\n"
      "REQUEST_METHOD=GET\n"
      "REQUEST_SCHEME=http\n"
      "REQUEST_URI=/cgi-bin/a.sh\n"
      "SCRIPT_FILENAME=/srv/www/cgi-bin/a.sh\n"
      "SCRIPT_NAME=/cgi-bin/a.sh\n"
      "SERVER_ADDR=192.0.2.2\n"
      "SERVER_NAME=192.0.2.2\n"
      "SERVER_PORT=8080\n"
      "SERVER_PROTOCOL=HTTP/1.0\n"
      "SERVER_SOFTWARE=cgihttpd/" CGIHTTPD_VERSION "\n";
  BOOST_TEST(lines_of(environment_of(
                 setting, "GET /cgi-bin/a.sh HTTP/1.0\r\n\r\n")) == expected);
}

BOOST_AUTO_TEST_CASE(who_has_a_password_is_named) {
  Setting setting;
  const std::string head = head_with("Authorization: Basic YTpi\r\n");
  check_value(setting, head, "REMOTE_USER", std::nullopt);  // nobody checked it
  check_value(setting, head, "AUTH_TYPE", std::nullopt);
  setting.user = "a b\xC3\xBC";
  check_value(setting, head, "REMOTE_USER", "a b\xC3\xBC");
  check_value(setting, head, "AUTH_TYPE", "Basic");
  check_value(setting, head, "HTTP_AUTHORIZATION", std::nullopt);
}

BOOST_AUTO_TEST_CASE(a_large_request_has_all_of_it) {
  Setting setting;
  setting.activation.is_tls = true;
  setting.script.path_info = "/b c";
  const std::string expected =
      "CONTENT_LENGTH=3\n"
      "CONTENT_TYPE=text/plain\n"
      "DOCUMENT_ROOT=/srv/www\n"
      "GATEWAY_INTERFACE=CGI/1.1\n"
      "HTTPS=on\n"
      "HTTP_ACCEPT=text/html, */*\n"
      "HTTP_HOST=Example.org:81\n"
      "PATH=/usr/local/bin:/usr/bin:/bin\n"
      "PATH_INFO=/b c\n"
      "PATH_TRANSLATED=/srv/www/b c\n"
      "QUERY_STRING=d=%41&e?f\n"
      "REDIRECT_STATUS=200\n"
      "REMOTE_ADDR=192.0.2.1\n"
      "REMOTE_HOST=192.0.2.1\n"
      "REMOTE_PORT=50000\n"
      "REQUEST_METHOD=PROPFIND\n"
      "REQUEST_SCHEME=https\n"
      "REQUEST_URI=//cgi-bin/./a.sh/b%20c?d=%41&e?f\n"
      "SCRIPT_FILENAME=/srv/www/cgi-bin/a.sh\n"
      "SCRIPT_NAME=/cgi-bin/a.sh\n"
      "SERVER_ADDR=192.0.2.2\n"
      "SERVER_NAME=example.org\n"
      "SERVER_PORT=8080\n"
      "SERVER_PROTOCOL=HTTP/1.1\n"
      "SERVER_SOFTWARE=cgihttpd/" CGIHTTPD_VERSION "\n";
  const std::string head =
      "PROPFIND //cgi-bin/./a.sh/b%20c?d=%41&e?f HTTP/1.1\r\n"
      "Host: Example.org:81\r\nAccept: text/html\r\nAccept: */*\r\n"
      "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\n";
  BOOST_TEST(lines_of(environment_of(setting, head)) == expected);
}

struct FieldRow {
  const char* why;
  std::string_view fields;
  std::string_view name;
  std::optional<std::string_view> expected;
};

void check_fields(const auto& rows) {
  check_rows(rows, [](const FieldRow& row) {
    Setting setting;
    check_value(setting, head_with(row.fields), row.name, row.expected);
  });
}

constexpr FieldRow field_rows[] = {
    {"a field", "X-Ab-9: c\r\n", "HTTP_X_AB_9", "c"},
    {"no value", "X:\r\n", "HTTP_X", ""},
    {"a value is not changed", "X: a=b; \"c\"\t\xC3\xBC\r\n", "HTTP_X",
     "a=b; \"c\"\t\xC3\xBC"},
    {"CVE-2014-6271: no shell of ours reads it", "X: () { :;}; id\r\n",
     "HTTP_X", "() { :;}; id"},
    {"RFC 9110 5.3: two are a list", "X: a\r\nX: b\r\n", "HTTP_X", "a, b"},
    {"three, with other fields between",
     "X: a\r\nY: d\r\nx: b\r\nZ: e\r\nX: c\r\n", "HTTP_X", "a, b, c"},
    {"a list goes on", "Accept: a, b\r\naccept: c\r\n", "HTTP_ACCEPT",
     "a, b, c"},
    {"RFC 6265 5.4: a cookie", "Cookie: a=b; c=d\r\n", "HTTP_COOKIE",
     "a=b; c=d"},
    {"RFC 9113 8.2.3: two cookies are separated otherwise",
     "Cookie: a=b\r\nCOOKIE: c=d\r\n", "HTTP_COOKIE", "a=b; c=d"},
    {"another field with cookies is a list", "Cookie2: a\r\nCookie2: b\r\n",
     "HTTP_COOKIE2", "a, b"},
    {"the Host field, as it came", "", "HTTP_HOST", "h"},
    {"what git needs", "Git-Protocol: version=2\r\n", "HTTP_GIT_PROTOCOL",
     "version=2"},
    {"what git needs", "Content-Encoding: gzip\r\n", "HTTP_CONTENT_ENCODING",
     "gzip"},
    {"a name that looks like a variable's", "HTTP-X: a\r\n", "HTTP_HTTP_X",
     "a"},
    {"a name of digits", "0: a\r\n", "HTTP_0", "a"},
};

BOOST_AUTO_TEST_CASE(a_field_is_a_variable) {
  check_fields(field_rows);
}

constexpr FieldRow withheld_rows[] = {
    {"CVE-2016-5385, httpoxy", "Proxy: http://evil/\r\n", "HTTP_PROXY",
     std::nullopt},
    {"httpoxy in another case", "pROXY: http://evil/\r\n", "HTTP_PROXY",
     std::nullopt},
    {"a secret of the client", "Authorization: Basic QTpi\r\n",
     "HTTP_AUTHORIZATION", std::nullopt},
    {"we check no password", "Authorization: Basic QTpi\r\n", "REMOTE_USER",
     std::nullopt},
    {"we check no password", "Authorization: Basic QTpi\r\n", "AUTH_TYPE",
     std::nullopt},
    {"of proxies", "Proxy-Authorization: a\r\n", "HTTP_PROXY_AUTHORIZATION",
     std::nullopt},
    {"of proxies", "Proxy-Authenticate: a\r\n", "HTTP_PROXY_AUTHENTICATE",
     std::nullopt},
    {"of proxies", "Proxy-Connection: a\r\n", "HTTP_PROXY_CONNECTION",
     std::nullopt},
    {"RFC 9110 7.6.1: of the connection", "Connection: close\r\n",
     "HTTP_CONNECTION", std::nullopt},
    {"RFC 9110 7.6.1: of the connection", "Keep-Alive: a\r\n",
     "HTTP_KEEP_ALIVE", std::nullopt},
    {"RFC 9110 7.6.1: of the connection", "TE: trailers\r\n", "HTTP_TE",
     std::nullopt},
    {"RFC 9110 7.6.1: of the connection", "Upgrade: h2c\r\n", "HTTP_UPGRADE",
     std::nullopt},
    {"of the framing", "Trailer: A\r\n", "HTTP_TRAILER", std::nullopt},
    {"it has a variable of its own", "Content-Length: 3\r\n",
     "HTTP_CONTENT_LENGTH", std::nullopt},
    {"it has a variable of its own", "Content-Type: a/b\r\n",
     "HTTP_CONTENT_TYPE", std::nullopt},
};

BOOST_AUTO_TEST_CASE(some_fields_are_withheld) {
  check_fields(withheld_rows);
}

constexpr FieldRow clobbering_rows[] = {
    {"X_Y is not X-Y", "X_Y: evil\r\n", "HTTP_X_Y", std::nullopt},
    {"X_Y does not join X-Y", "X-Y: good\r\nX_Y: evil\r\n", "HTTP_X_Y", "good"},
    {"X_Y before X-Y", "X_Y: evil\r\nX-Y: good\r\n", "HTTP_X_Y", "good"},
    {"a dot is no hyphen", "X.Y: evil\r\n", "HTTP_X_Y", std::nullopt},
    {"it is no length", "Content_Length: 9\r\n", "CONTENT_LENGTH",
     std::nullopt},
    {"it is no length in another form", "Content_Length: 9\r\n",
     "HTTP_CONTENT_LENGTH", std::nullopt},
    {"it is not beside the length",
     "Content-Length: 3\r\nContent_Length: 9\r\n", "CONTENT_LENGTH", "3"},
    {"it is no type", "Content_Type: evil\r\n", "CONTENT_TYPE", std::nullopt},
    {"it is no Host", "Host_: evil\r\n", "HTTP_HOST", "h"},
    {"it is no Authorization", "Authorization_: a\r\n", "HTTP_AUTHORIZATION",
     std::nullopt},
    {"PATH", "PATH: evil\r\n", "PATH", "/usr/local/bin:/usr/bin:/bin"},
    {"CVE-2017-17562", "LD_PRELOAD: evil\r\n", "LD_PRELOAD", std::nullopt},
    {"CVE-2017-17562 with a hyphen", "LD-PRELOAD: evil\r\n", "LD_PRELOAD",
     std::nullopt},
    {"IFS", "IFS: evil\r\n", "IFS", std::nullopt},
    {"HTTPS", "HTTPS: on\r\n", "HTTPS", std::nullopt},
    {"SCRIPT_FILENAME", "Script-Filename: evil\r\n", "SCRIPT_FILENAME",
     "/srv/www/cgi-bin/a.sh"},
    {"REMOTE_ADDR", "Remote-Addr: evil\r\n", "REMOTE_ADDR", "192.0.2.1"},
    {"REMOTE_USER", "Remote-User: evil\r\n", "REMOTE_USER", std::nullopt},
    {"REDIRECT_STATUS", "Redirect-Status: evil\r\n", "REDIRECT_STATUS", "200"},
};

BOOST_AUTO_TEST_CASE(no_field_takes_the_place_of_another) {
  check_fields(clobbering_rows);
}

BOOST_AUTO_TEST_CASE(a_name_has_letters_digits_and_hyphens) {
  for (const char c : every_octet()) {
    const std::string name = std::string{"X"} + c + "Y";
    if (!is_token(name)) continue;
    Setting setting;
    const Texts environment =
        environment_of(setting, head_with(name + ": a\r\n"));
    const bool is_passed = is_alphanumeric(c) || c == '-';
    BOOST_TEST((environment.size() == 21U) == is_passed, name);
    const std::string variable =
        std::string{"HTTP_X"} + (c == '-' ? '_' : to_upper(c)) + "Y";
    BOOST_TEST(value_in(environment, variable).has_value() == is_passed, name);
  }
}

BOOST_AUTO_TEST_CASE(authorization_is_passed_where_that_is_wanted) {
  Setting setting;
  setting.options.pass_authorization = true;
  const Texts environment =
      environment_of(setting, head_with("Authorization: Basic QTpi\r\n"
                                        "Proxy-Authorization: Basic QTpi\r\n"));
  BOOST_TEST(shown(value_in(environment, "HTTP_AUTHORIZATION")) ==
             "\"Basic QTpi\"");
  BOOST_TEST(!value_in(environment, "HTTP_PROXY_AUTHORIZATION"));
  BOOST_TEST(!value_in(environment, "REMOTE_USER"));
  BOOST_TEST(!value_in(environment, "AUTH_TYPE"));
}

constexpr FieldRow body_rows[] = {
    {"no body has no length", "", "CONTENT_LENGTH", std::nullopt},
    {"no body has no type", "", "CONTENT_TYPE", std::nullopt},
    {"a length", "Content-Length: 42\r\n", "CONTENT_LENGTH", "42"},
    {"a length is a number", "Content-Length: 0042\r\n", "CONTENT_LENGTH",
     "42"},
    {"two that are the same", "Content-Length: 3\r\nContent-Length: 3\r\n",
     "CONTENT_LENGTH", "3"},
    {"the largest", "Content-Length: 18446744073709551615\r\n",
     "CONTENT_LENGTH", "18446744073709551615"},
    {"a type", "Content-Type: a/b; c=\"d\"\r\n", "CONTENT_TYPE",
     "a/b; c=\"d\""},
    {"an empty type", "Content-Type:\r\n", "CONTENT_TYPE", ""},
};

BOOST_AUTO_TEST_CASE(a_body_has_a_length_and_a_type) {
  check_fields(body_rows);
}

struct TargetRow {
  const char* why;
  std::string_view target;
  std::string_view request_uri;
  std::string_view query;
};

constexpr TargetRow target_rows[] = {
    {"no query", "/a", "/a", ""},
    {"an empty query", "/a?", "/a?", ""},
    {"a query with ?", "/a?b?c", "/a?b?c", "b?c"},
    {"as it came", "//a/%62?%63+", "//a/%62?%63+", "%63+"},
    {"an absolute-form", "http://i:1/a?b", "/a?b", "b"},
    {"an absolute-form without path", "http://i?b", "/?b", "b"},
};

BOOST_AUTO_TEST_CASE(path_and_query_stay_as_they_came) {
  check_rows(target_rows, [](const TargetRow& row) {
    Setting setting;
    const Texts environment =
        environment_of(setting, "GET " + std::string{row.target} +
                                    " HTTP/1.1\r\nHost: h\r\n\r\n");
    BOOST_TEST(shown(value_in(environment, "REQUEST_URI")) ==
               shown(row.request_uri));
    BOOST_TEST(shown(value_in(environment, "QUERY_STRING")) ==
               shown(row.query));
  });
}

struct PathInfoRow {
  const char* why;
  std::string_view path_info;
  std::optional<std::string_view> translated;
};

constexpr PathInfoRow path_info_rows[] = {
    {"RFC 3875 4.1.6: none, none translated", "", std::nullopt},
    {"a path", "/b", "/srv/www/b"},
    {"a slash", "/", "/srv/www/"},
    {"decoded", "/b c?d", "/srv/www/b c?d"},
};

BOOST_AUTO_TEST_CASE(the_root_of_the_machine_has_a_name) {
  Setting setting;
  setting.document_root.clear();
  const Texts environment = environment_of(setting, head_with(""));
  BOOST_TEST(shown(value_in(environment, "DOCUMENT_ROOT")) == shown("/"));
  BOOST_TEST(shown(value_in(environment, "SCRIPT_FILENAME")) ==
             shown("/cgi-bin/a.sh"));
}

BOOST_AUTO_TEST_CASE(a_path_info_is_translated) {
  check_rows(path_info_rows, [](const PathInfoRow& row) {
    Setting setting;
    setting.script.path_info = row.path_info;
    const Texts environment = environment_of(setting, head_with(""));
    BOOST_TEST(shown(value_in(environment, "PATH_INFO")) ==
               shown(row.path_info));
    BOOST_TEST(shown(value_in(environment, "PATH_TRANSLATED")) ==
               shown(row.translated));
  });
}

struct ServerRow {
  const char* why;
  std::string_view host;
  Endpoint local;
  bool is_tls;
  std::string_view name;
  std::string_view port;
};

BOOST_AUTO_TEST_CASE(a_server_has_a_name_and_a_port) {
  const ServerRow rows[] = {
      {"the host that the client named",
       "a",
       {"192.0.2.2", 81},
       false,
       "a",
       "81"},
      {"RFC 3875 4.1.15: the port is the connection's",
       "a:99",
       {"192.0.2.2", 81},
       false,
       "a",
       "81"},
      {"RFC 3875 4.1.14: IPv6 in brackets",
       "[::1]:99",
       {"::1", 81},
       false,
       "[::1]",
       "81"},
      {"no host: the address", "", {"192.0.2.2", 81}, false, "192.0.2.2", "81"},
      {"RFC 3875 4.1.14: no host: IPv6 in brackets",
       "",
       {"2001:db8::1", 81},
       false,
       "[2001:db8::1]",
       "81"},
      {"no host: an address without a port",
       "",
       {"192.0.2.2", 0},
       false,
       "192.0.2.2",
       "80"},
      {"no host: a local socket", "", {"unix:", 0}, false, "localhost", "80"},
      {"no host: nothing known", "", {}, false, "localhost", "80"},
      {"nothing known of the connection", "a", {}, false, "a", "80"},
      {"nothing known of a connection with TLS", "a", {}, true, "a", "443"},
      {"a port that is not usual", "a", {"192.0.2.2", 444}, true, "a", "444"},
  };
  check_rows(rows, [](const ServerRow& row) {
    Setting setting;
    setting.local = row.local;
    setting.activation.is_tls = row.is_tls;
    const Texts environment =
        environment_of(setting, "GET /cgi-bin/a.sh HTTP/1.1\r\nHost: " +
                                    std::string{row.host} + "\r\n\r\n");
    BOOST_TEST(shown(value_in(environment, "SERVER_NAME")) == shown(row.name));
    BOOST_TEST(shown(value_in(environment, "SERVER_PORT")) == shown(row.port));
    BOOST_TEST(shown(value_in(environment, "HTTPS")) ==
               (row.is_tls ? "\"on\"" : "none"));
    BOOST_TEST(shown(value_in(environment, "REQUEST_SCHEME")) ==
               (row.is_tls ? "\"https\"" : "\"http\""));
  });
}

constexpr const char* handlers_own[] = {
    "PATH=/evil",
    "HOME=/root",
    "LISTEN_FDS=1",
    "LISTEN_PID=1",
    "LISTEN_FDNAMES=a",
    "INVOCATION_ID=a",
    "JOURNAL_STREAM=8:1",
    "NOTIFY_SOCKET=/run/a",
    "MAINPID=1",
    "CREDENTIALS_DIRECTORY=/run/a",
    "REMOTE_USER=evil",
    "HTTP_PROXY=http://evil/",
    "HTTPS=on",
    "SSL_PROTOCOL=TLSv1.3",
    "TCPREMOTEIP=192.0.2.9",
    "LD_PRELOAD=/evil",
    "LANG=C",
};

BOOST_AUTO_TEST_CASE(nothing_of_the_handler_is_inherited) {
  Setting bare;
  Setting setting;
  setting.inherited.assign(std::begin(handlers_own), std::end(handlers_own));
  BOOST_TEST(lines_of(environment_of(setting, head_with(""))) ==
             lines_of(environment_of(bare, head_with(""))));
}

struct ChosenRow {
  const char* why;
  Texts set;
  Texts pass;
  std::vector<const char*> inherited;
  std::string_view name;
  std::optional<std::string_view> expected;
};

void check_chosen(const auto& rows) {
  check_rows(rows, [](const ChosenRow& row) {
    Setting setting;
    setting.options.set_environment = row.set;
    setting.options.pass_environment = row.pass;
    setting.inherited = row.inherited;
    check_value(setting, head_with("A: client\r\n"), row.name, row.expected);
  });
}

BOOST_AUTO_TEST_CASE(pass_env_lets_a_variable_be_inherited) {
  const ChosenRow rows[] = {
      {"named and set", {}, {"X"}, {"X=a"}, "X", "a"},
      {"a value with =", {}, {"X"}, {"X=a=b"}, "X", "a=b"},
      {"an empty value", {}, {"X"}, {"X="}, "X", ""},
      {"among others", {}, {"V", "X"}, {"W=b", "X=a", "V=c"}, "X", "a"},
      {"named and not set", {}, {"X"}, {"Y=a"}, "X", std::nullopt},
      {"another whose name begins so", {}, {"X"}, {"XY=a"}, "XY", std::nullopt},
      {"another with which its name begins",
       {},
       {"XY"},
       {"X=a"},
       "X",
       std::nullopt},
      {"a name has a case", {}, {"x"}, {"X=a"}, "X", std::nullopt},
      {"an entry without =", {}, {"X"}, {"X"}, "X", std::nullopt},
      {"in place of ours", {}, {"PATH"}, {"PATH=/a"}, "PATH", "/a"},
      {"in place of the client's", {}, {"HTTP_A"}, {"HTTP_A=a"}, "HTTP_A", "a"},
  };
  check_chosen(rows);
}

BOOST_AUTO_TEST_CASE(set_env_takes_the_place_of_all_others) {
  const ChosenRow rows[] = {
      {"a variable", {"X=a"}, {}, {}, "X", "a"},
      {"a value with =", {"X=a=b"}, {}, {}, "X", "a=b"},
      {"an empty value", {"X="}, {}, {}, "X", ""},
      {"the last of two", {"X=a", "X=b"}, {}, {}, "X", "b"},
      {"in place of one that is inherited", {"X=a"}, {"X"}, {"X=b"}, "X", "a"},
      {"in place of ours", {"SERVER_NAME=a"}, {}, {}, "SERVER_NAME", "a"},
      {"in place of the client's", {"HTTP_A=a"}, {}, {}, "HTTP_A", "a"},
      {"the password was checked elsewhere",
       {"REMOTE_USER=a"},
       {},
       {},
       "REMOTE_USER",
       "a"},
      {"a name with which another begins",
       {"PATH_=a"},
       {},
       {},
       "PATH",
       "/usr/local/bin:/usr/bin:/bin"},
  };
  check_chosen(rows);
}

struct ArgumentRow {
  const char* why;
  std::string_view target;
  std::string_view expected;
  std::string_view method = "GET";
};

// The arguments for a row, each in angle brackets.
static std::string arguments_for(const ArgumentRow& row,
                                 const Options& options) {
  Request request;
  request.method = row.method;
  request.target = parse_target(row.target).value();
  std::string words;
  for (const std::string& word : cgi_arguments(options, request))
    words.append("<").append(word).append(">");
  return words;
}

constexpr ArgumentRow argument_rows[] = {
    {"no query", "/", ""},
    {"an empty query", "/?", ""},
    {"a word", "/?a", "<a>"},
    {"two words", "/?a+b", "<a><b>"},
    {"a word is decoded", "/?a%20b+%2B%26", "<a b><+&>"},
    {"decoded once", "/?%2541", "<%41>"},
    {"an escaped = is a part of a word", "/?a%3Db", "<a=b>"},
    {"a shell's characters are a part of a word", "/?;id+$(id)+`id`+*",
     "<;id><$(id)><`id`><*>"},
    {"octets above 127", "/?%FF", "<\xFF>"},
    {"a hyphen in a word", "/?a-b", "<a-b>"},
    {"RFC 3875 4.4: a =", "/?a=b", ""},
    {"RFC 3875 4.4: a = in the last word", "/?a+b+=", ""},
    {"CVE-2012-1823: an option", "/?-s", ""},
    {"CVE-2012-1823: an option with a value", "/?-d+allow_url_include", ""},
    {"CVE-2012-1823: an option behind a word", "/?a+-s", ""},
    {"CVE-2012-1823: an escaped hyphen", "/?%2ds", ""},
    {"CVE-2012-1823: a hyphen alone", "/?-", ""},
    {"RFC 3875 4.4: what no argument can be", "/?a%00b", ""},
    {"RFC 3875 4.4: what no word is", "/?a+%zz", ""},
    {"RFC 3875 4.4: half an escape", "/?a+%4", ""},
    {"RFC 3875 4.4: a word has a character", "/?a++b", ""},
    {"RFC 3875 4.4: the last word, too", "/?a+", ""},
    {"RFC 3875 4.4: HEAD is as GET", "/?a", "<a>", "HEAD"},
    {"RFC 3875 4.4: other methods have none", "/?a", "", "POST"},
};

BOOST_AUTO_TEST_CASE(a_query_is_words_with_isindex) {
  Options options;
  options.isindex = true;
  check_rows(argument_rows, [&](const ArgumentRow& row) {
    BOOST_TEST(shown(arguments_for(row, options)) == shown(row.expected));
  });
}

BOOST_AUTO_TEST_CASE(a_query_is_no_argument_without_isindex) {
  for (const ArgumentRow& row : argument_rows) {
    BOOST_TEST(shown(arguments_for(row, {})) == shown(""));
  }
}

BOOST_AUTO_TEST_SUITE_END()

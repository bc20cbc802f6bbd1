// test_cgi_environment.cc - What a script finds when it starts.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <map>

#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

using Environment = std::map<std::string, std::string>;
using Names = std::vector<std::string>;

// The environment that the kernel gave to the script: what a shell adds for
// itself is not in it.
constexpr const char* show_environment =
    "printf 'Content-Type: text/plain\\n\\n'; cat /proc/$$/environ";

Environment environment_of(const Outcome& outcome) {
  const Response response = outcome.response();
  BOOST_TEST_REQUIRE(response.status == 200);
  Environment environment;
  std::string_view rest = response.body;
  while (!rest.empty()) {
    const std::string_view variable = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(variable.size() + 1, rest.size()));
    const std::size_t equals = variable.find('=');
    BOOST_TEST_REQUIRE(equals != std::string_view::npos);
    const bool is_new =
        environment
            .emplace(variable.substr(0, equals), variable.substr(equals + 1))
            .second;
    BOOST_TEST(is_new, "twice: " << variable);
  }
  return environment;
}

std::string value_in(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "(none)" : found->second;
}

// What the superserver, systemd or an attacker of either left there.
std::vector<std::string> hostile_environment() {
  return {"AUTH_TYPE=Basic",
          "BASH_ENV=/etc/passwd",
          "BASH_FUNC_cat%%=() { echo evil; }",
          "CONTENT_LENGTH=5",
          "CREDENTIALS_DIRECTORY=/run/credentials",
          "ENV=/etc/passwd",
          "HOME=/root",
          "HTTPS=on",
          "HTTP_PROXY=http://evil.test",
          "IFS=/",
          "INVOCATION_ID=0123456789abcdef",
          "JOURNAL_STREAM=8:1234",
          "LANG=de_DE.UTF-8",
          "LD_BIND_NOW=1",
          "LD_LIBRARY_PATH=/nowhere",
          "LISTEN_FDNAMES=connection",
          "LISTEN_FDS=1",
          "LISTEN_PID=1",
          "MAINPID=1",
          "MEMORY_PRESSURE_WATCH=/sys/fs/cgroup/x",
          "NOTIFY_SOCKET=/run/systemd/notify",
          "PERL5OPT=-Mevil",
          "PYTHONPATH=/tmp",
          "QUERY_STRING=evil",
          "REMOTE_HOST=evil.test",
          "REMOTE_USER=root",
          "SHELL=/bin/sh",
          "SYSTEMD_EXEC_PID=1",
          "TCPREMOTEINFO=evil",
          "TERM=xterm",
          "USER=root",
          "http_proxy=http://evil.test"};
}

const Names& usual_names() {
  static const Names names{"DOCUMENT_ROOT",   "GATEWAY_INTERFACE",
                           "HTTP_HOST",       "PATH",
                           "PATH_INFO",       "QUERY_STRING",
                           "REDIRECT_STATUS", "REMOTE_ADDR",
                           "REMOTE_HOST",     "REMOTE_PORT",
                           "REQUEST_METHOD",  "REQUEST_SCHEME",
                           "REQUEST_URI",     "SCRIPT_FILENAME",
                           "SCRIPT_NAME",     "SERVER_ADDR",
                           "SERVER_NAME",     "SERVER_PORT",
                           "SERVER_PROTOCOL", "SERVER_SOFTWARE"};
  return names;
}

BOOST_AUTO_TEST_SUITE(cgi_environment)

BOOST_AUTO_TEST_CASE(is_made_of_these_variables_and_no_others) {
  struct Row {
    const char* why;
    std::string request;
    std::vector<std::string> options;
    Activation activation;
    Names more;
  };
  const std::vector<Row> rows{
      {"GET", get("/cgi-bin/x"), {}, Activation::inetd, {}},
      {"HEAD would show nothing: OPTIONS",
       "OPTIONS /cgi-bin/x HTTP/1.1\r\nHost: h\r\n\r\n",
       {},
       Activation::inetd,
       {}},
      {"passed by systemd", get("/cgi-bin/x"), {}, Activation::systemd, {}},
      {"POST",
       post("/cgi-bin/x", "body", "Content-Type: text/plain\r\n"),
       {},
       Activation::inetd,
       {"CONTENT_LENGTH", "CONTENT_TYPE"}},
      {"a path behind",
       get("/cgi-bin/x/more"),
       {},
       Activation::inetd,
       {"PATH_TRANSLATED"}},
      {"fields that are a script's business",
       get("/cgi-bin/x", "Accept: */*\r\nX-1: a\r\nRange: bytes=0-1\r\n"),
       {},
       Activation::inetd,
       {"HTTP_ACCEPT", "HTTP_RANGE", "HTTP_X_1"}},
      {"fields that are not",
       get("/cgi-bin/x",
           "Proxy: a\r\nConnection: close\r\nKeep-Alive: a\r\nTE: a\r\n"
           "Trailer: a\r\nUpgrade: a\r\nProxy-Authorization: a\r\n"
           "Proxy-Connection: a\r\nAuthorization: Basic eDp5\r\nX_Y: a\r\n"
           "X.Y: a\r\nContent_Length: 9\r\nREMOTE_USER: a\r\n"),
       {},
       Activation::inetd,
       {}},
      {"the administrator's",
       get("/cgi-bin/x", "Authorization: Basic eDp5\r\n"),
       {"--pass-authorization", "--set-env=A=b", "--pass-env=LANG",
        "--pass-env=NONE"},
       Activation::inetd,
       {"A", "HTTP_AUTHORIZATION", "LANG"}},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      if (row.activation == Activation::systemd && CGIHTTPD_LIBSYSTEMD == 0)
        continue;
      Tree tree;
      tree.script("cgi-bin/x", show_environment);
      auto inherited = hostile_environment();
      // These are not of another process then.
      if (row.activation == Activation::systemd) {
        std::erase_if(inherited, [](const std::string& variable) {
          return variable.starts_with("LISTEN_");
        });
      }
      const Environment environment =
          environment_of(ask(tree, row.request,
                             {.options = row.options,
                              .activation = row.activation,
                              .environment = inherited}));
      Names names;
      for (const auto& [name, value] : environment)
        names.push_back(name);
      Names expected = usual_names();
      expected.insert(expected.end(), row.more.begin(), row.more.end());
      std::ranges::sort(expected);
      BOOST_TEST(names == expected, boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(tells_the_request) {
  Tree tree;
  tree.script("cgi-bin/folder/a b", show_environment);
  const std::string root = tree.path();
  struct Row {
    const char* why;
    std::string request;
    Environment expected;
  };
  const std::vector<Row> rows{
      {"all of it",
       "PUT //cgi-bin/folder/a%20b/%C3%A4//x/../y/?q=%20+&?a=%zz HTTP/1.1\r\n"
       "Host: Test:81\r\nContent-Length: 003\r\nContent-Type: a/b\r\n\r\nxyz",
       {{"GATEWAY_INTERFACE", "CGI/1.1"},
        {"SERVER_SOFTWARE", "cgihttpd/" CGIHTTPD_VERSION},
        {"SERVER_PROTOCOL", "HTTP/1.1"},
        {"SERVER_NAME", "test"},
        {"REQUEST_METHOD", "PUT"},
        {"REQUEST_URI", "//cgi-bin/folder/a%20b/%C3%A4//x/../y/?q=%20+&?a=%zz"},
        {"QUERY_STRING", "q=%20+&?a=%zz"},
        {"SCRIPT_NAME", "/cgi-bin/folder/a b"},
        {"SCRIPT_FILENAME", root + "/cgi-bin/folder/a b"},
        {"PATH_INFO", "/\xC3\xA4/y/"},
        {"PATH_TRANSLATED", root + "/\xC3\xA4/y/"},
        {"DOCUMENT_ROOT", root},
        {"CONTENT_LENGTH", "3"},
        {"CONTENT_TYPE", "a/b"},
        {"HTTP_CONTENT_TYPE", "(none)"},
        {"HTTP_CONTENT_LENGTH", "(none)"},
        {"HTTP_HOST", "Test:81"},
        {"REQUEST_SCHEME", "http"},
        {"REDIRECT_STATUS", "200"},
        {"PATH", "/usr/local/bin:/usr/bin:/bin"}}},
      {"nothing of it",
       "GET /cgi-bin/folder/a%20b HTTP/1.0\r\n\r\n",
       {{"SERVER_PROTOCOL", "HTTP/1.0"},
        {"SERVER_NAME", "127.0.0.1"},
        {"QUERY_STRING", ""},
        {"PATH_INFO", ""},
        {"PATH_TRANSLATED", "(none)"},
        {"CONTENT_LENGTH", "(none)"},
        {"CONTENT_TYPE", "(none)"},
        {"HTTP_HOST", "(none)"}}},
      {"a slash is a path",
       get("/cgi-bin/folder/a%20b/"),
       {{"PATH_INFO", "/"}, {"PATH_TRANSLATED", root + "/"}}},
      {"decoded once",
       get("/cgi-bin/folder/a%20b/%252e%252e%2f..%2f"),
       {{"PATH_INFO", "/"}, {"SCRIPT_NAME", "/cgi-bin/folder/a b"}}},
      {"an escaped question mark is none",
       get("/cgi-bin/folder/a%20b/%3fx?y"),
       {{"PATH_INFO", "/?x"}, {"QUERY_STRING", "y"}}},
      {"absolute-form names the host",
       get("http://Other:82/cgi-bin/folder/a%20b?x"),
       {{"SERVER_NAME", "other"},
        {"REQUEST_URI", "/cgi-bin/folder/a%20b?x"},
        {"HTTP_HOST", "Other:82"}}},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Environment environment = environment_of(ask(tree, row.request));
      for (const auto& [name, value] : row.expected) {
        BOOST_TEST(value_in(environment, name) == value,
                   name << " is " << value_in(environment, name));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(tells_fields_without_letting_them_be_something_else) {
  struct Row {
    const char* why;
    std::string fields;
    const char* name;
    const char* value;
  };
  const std::vector<Row> rows{
      {"without case", "x-aBc: d\r\n", "HTTP_X_ABC", "d"},
      {"trimmed", "X: \t a b \t\r\n", "HTTP_X", "a b"},
      {"empty", "X:\r\n", "HTTP_X", ""},
      {"repeated", "X: a\r\nx: b\r\n", "HTTP_X", "a, b"},
      {"cookies", "Cookie: a=1\r\nCookie: b=2\r\n", "HTTP_COOKIE", "a=1; b=2"},
      {"httpoxy", "Proxy: evil\r\n", "HTTP_PROXY", "(none)"},
      {"httpoxy in capitals", "PROXY: evil\r\n", "HTTP_PROXY", "(none)"},
      {"an underscore is no hyphen", "X-Y: a\r\nX_Y: evil\r\n", "HTTP_X_Y",
       "a"},
      {"an underscore before", "X_Y: evil\r\nX-Y: a\r\n", "HTTP_X_Y", "a"},
      {"another name for a variable", "Path: evil\r\n", "PATH",
       "/usr/local/bin:/usr/bin:/bin"},
      {"which it becomes", "Path: evil\r\n", "HTTP_PATH", "evil"},
      {"a loader's variable", "LD-Preload: evil\r\n", "LD_PRELOAD", "(none)"},
      {"a function of bash", "X: () { :;}; echo evil\r\n", "HTTP_X",
       "() { :;}; echo evil"},
      {"octets above 127", "X: \xC3\xA4\xFF\r\n", "HTTP_X", "\xC3\xA4\xFF"},
      {"credentials", "Authorization: Basic eDp5\r\n", "REMOTE_USER", "(none)"},
      {"Git's", "Git-Protocol: version=2\r\n", "HTTP_GIT_PROTOCOL",
       "version=2"},
      {"a coding of the body", "Content-Encoding: gzip\r\n",
       "HTTP_CONTENT_ENCODING", "gzip"},
  };
  Tree tree;
  tree.script("cgi-bin/x", show_environment);
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Environment environment =
          environment_of(ask(tree, get("/cgi-bin/x", row.fields)));
      BOOST_TEST(value_in(environment, row.name) == row.value);
    }
  }
}

BOOST_AUTO_TEST_CASE(tells_both_ends_of_the_connection) {
  struct Row {
    const char* why;
    Transport transport;
    const char* address;
    const char* server_name;
  };
  constexpr std::array rows{
      Row{"IPv4", Transport::ipv4, "127.0.0.1", "127.0.0.1"},
      Row{"IPv6", Transport::ipv6, "::1", "[::1]"},
      Row{"mapped", Transport::mapped, "127.0.0.1", "127.0.0.1"},
  };
  Tree tree;
  tree.script("cgi-bin/x", show_environment);
  for (const auto& [why, transport, address, server_name] : rows) {
    BOOST_TEST_CONTEXT(why) {
      if (!has_transport(transport)) continue;
      Session session{tree, {.transport = transport}};
      const auto port = std::to_string(port_of(session.client()));
      const auto server_port = std::to_string(peer_port_of(session.client()));
      const Environment environment =
          environment_of(session.finish("GET /cgi-bin/x HTTP/1.0\r\n\r\n"));
      BOOST_TEST(value_in(environment, "REMOTE_ADDR") == address);
      BOOST_TEST(value_in(environment, "REMOTE_HOST") == address);
      BOOST_TEST(value_in(environment, "REMOTE_PORT") == port);
      BOOST_TEST(value_in(environment, "SERVER_ADDR") == address);
      BOOST_TEST(value_in(environment, "SERVER_NAME") == server_name);
      BOOST_TEST(value_in(environment, "SERVER_PORT") == server_port);
    }
  }
}

BOOST_AUTO_TEST_CASE(says_so_where_the_client_speaks_tls) {
  Tree tree;
  tree.script("cgi-bin/x", show_environment);
  const Environment environment = environment_of(
      ask(tree, get("/cgi-bin/x"), {.environment = {"SSL_PROTOCOL=TLSv1.3"}}));
  BOOST_TEST(value_in(environment, "HTTPS") == "on");
  BOOST_TEST(value_in(environment, "REQUEST_SCHEME") == "https");
}

BOOST_AUTO_TEST_CASE(is_the_administrators_in_the_end) {
  Tree tree;
  tree.script("cgi-bin/x", show_environment);
  const Environment environment = environment_of(ask(
      tree, get("/cgi-bin/x", "X: client\r\n"),
      {.options = {"--set-env=HTTP_X=ours",
                   "--set-env=EMPTY=", "--set-env=TWO=a=b", "--pass-env=TERM"},
       .environment = {"TERM=xterm", "OTHER=x"}}));
  BOOST_TEST(value_in(environment, "HTTP_X") == "ours");
  BOOST_TEST(value_in(environment, "EMPTY") == "");
  BOOST_TEST(value_in(environment, "TWO") == "a=b");
  BOOST_TEST(value_in(environment, "TERM") == "xterm");
  BOOST_TEST(value_in(environment, "OTHER") == "(none)");
}

BOOST_AUTO_TEST_CASE(has_no_arguments_that_a_client_could_choose) {
  struct Row {
    const char* why;
    const char* query;
    std::vector<std::string> options;
    const char* arguments;
  };
  const std::vector<Row> rows{
      {"an option", "?-s", {}, "0:"},
      {"options of php-cgi", "?-d+allow_url_include%3d1", {}, "0:"},
      {"a soft hyphen", "?%ADs", {}, "0:"},
      {"a plus", "?+", {}, "0:"},
      {"words", "?a+b", {}, "0:"},
      {"words that were asked for", "?a+b%20c", {"--isindex"}, "2:<a><b c>"},
      {"but no options", "?a+-s", {"--isindex"}, "0:"},
      {"nor escaped ones", "?%2ds", {"--isindex"}, "0:"},
      {"nor with a value", "?a=b", {"--isindex"}, "0:"},
      {"nor a wrong escape", "?%zz", {"--isindex"}, "0:"},
  };
  Tree tree;
  tree.script("cgi-bin/x",
              R"(printf 'A: b\n\n%d:' $#; [ $# = 0 ] || printf '<%s>' "$@")");
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why) {
      const Outcome outcome =
          ask(tree, get(std::string{"/cgi-bin/x"} + row.query),
              {.options = row.options});
      BOOST_TEST(outcome.response().body == row.arguments);
    }
  }
}

BOOST_AUTO_TEST_CASE(begins_in_the_folder_of_the_script) {
  Tree tree;
  tree.script("cgi-bin/a/b/x", R"(printf 'A: b\n\n'; pwd -P; echo "$0")");
  tree.link("htbin", "cgi-bin/a");
  for (const char* target : {"/cgi-bin/a/b/x/c/d", "/htbin/b/x"}) {
    BOOST_TEST_CONTEXT(target) {
      BOOST_TEST(ask(tree, get(target)).response().body ==
                 tree.path("cgi-bin/a/b") + "\n./x\n");
    }
  }
}

BOOST_AUTO_TEST_CASE(has_the_name_of_a_program_as_argument_0) {
  Tree tree;
  tree.folder("cgi-bin");
  std::filesystem::copy_file("/bin/sh", tree.path("cgi-bin/sh"));
  const Outcome outcome =
      ask(tree, post("/cgi-bin/sh", R"(printf 'A: b\n\n'; echo "$0")"));
  BOOST_TEST(outcome.response().body == "sh\n");
}

BOOST_AUTO_TEST_CASE(has_no_descriptors_but_0_1_and_2) {
  Tree tree;
  // ls has one of its own for the folder that it reads.
  tree.script("cgi-bin/x", "printf 'A: b\\n\\n'; exec ls /proc/self/fd");
  tree.script("cgi-bin/nph-x", "exec ls /proc/self/fd");
  const auto leak = [] {
    for (const int fd : {5, 9, 30, 200})
      ::dup2(0, fd);
  };
  for (const Activation activation : {Activation::inetd, Activation::systemd}) {
    if (activation == Activation::systemd && CGIHTTPD_LIBSYSTEMD == 0) continue;
    const Launch launch{.activation = activation, .in_child = leak};
    BOOST_TEST(ask(tree, get("/cgi-bin/x"), launch).response().body ==
               "0\n1\n2\n3\n");
    BOOST_TEST(ask(tree, get("/cgi-bin/nph-x"), launch).octets ==
               "0\n1\n2\n3\n");
  }
}

BOOST_AUTO_TEST_CASE(has_signals_as_posix_says) {
  Tree tree;
  const char* const text =
      "printf 'A: b\\n\\n'; exec grep -E '^Sig(Blk|Ign):' /proc/self/status";
  tree.script("cgi-bin/x", text).script("cgi-bin/nph-x", text);
  const auto as_systemd_does = [] {
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  };
  for (const char* target : {"/cgi-bin/x", "/cgi-bin/nph-x"}) {
    BOOST_TEST_CONTEXT(target) {
      const Outcome outcome =
          ask(tree, get(target), {.in_child = as_systemd_does});
      BOOST_TEST(outcome.octets.find("SigBlk:\t0000000000000000\n"
                                     "SigIgn:\t0000000000000000\n") !=
                     std::string::npos,
                 shown(outcome.octets));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

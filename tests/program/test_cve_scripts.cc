// test_cve_scripts.cc - Classes of faults that others had, each with its
// numbers: what goes to a script, and what comes from it.

#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>

#include "cve.h"
#include "program.h"
#include "requirements.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace)

bool has_line(const std::string& text, std::string_view line) {
  const auto lines = lines_of(text);
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

// What a script leaves in `tree`, as the body of an answer that is 200.
std::string body_of(const Tree& tree, std::string_view request,
                    const Launch& launch = {}) {
  const Response response = ask(tree, request, launch).response();
  BOOST_TEST(response.status == 200);
  return response.body;
}

// The environment that the kernel gave to the script.
constexpr const char* show_environment =
    R"(printf 'A: b\n\n'; tr '\0' '\n' </proc/$$/environ)";

BOOST_AUTO_TEST_SUITE(cve_scripts)

// CVE-2023-38709, CVE-2024-24795, CVE-2024-42516, CVE-2026-33523: a script that
// passes on what others say makes one answer, or none.
BOOST_AUTO_TEST_CASE(response_splitting_cve_2023_38709) {
  struct Row {
    const char* output;
    int status;
  };
  constexpr std::array rows{
      Row{R"(A: b\rX-Evil: c\n\n)", 502},
      Row{R"(A: b\0X-Evil: c\n\n)", 502},
      Row{R"(A\rX-Evil: b\n\n)", 502},
      Row{R"(A b: c\n\n)", 502},
      Row{R"(A: b\n X-Evil: c\n\n)", 502},
      Row{R"(Status: 200 OK\rX-Evil: c\n\n)", 502},
      Row{R"(Location: http://h/\rX-Evil: c\n\n)", 502},
      Row{R"(Location: /a\0b\n\n)", 502},
      Row{R"(Content-Type: a/b\r\rX-Evil: c\n\n)", 502},
      Row{R"(HTTP/1.1 200 OK\nX-Evil: c\n\n)", 502},
      Row{R"(Content-Length: 1\nContent-Length: 2\n\nab)", 502},
      Row{R"(Content-Length: -1\n\nab)", 502},
      Row{R"(Content-Length: 1, 2\n\nab)", 502},
      Row{R"(Content-Length: 99999999999999999999\n\nab)", 502},
      Row{R"(Transfer-Encoding: chunked\n\n0\r\n\r\nHTTP/1.1 200 OK)", 200},
      Row{R"(Transfer-Encoding: chunked\nContent-Length: 1\n\na)", 200},
      Row{R"(Connection: X-Evil\nKeep-Alive: c\nA: b\n\n)", 200},
      Row{R"(A: b\n\nHTTP/1.1 200 OK\r\nX-Evil: c\r\n\r\n)", 200},
      Row{R"(Content-Length: 1\n\naHTTP/1.1 200 OK\r\nX-Evil: c\r\n\r\n)", 200},
      Row{R"(Status: 304\nA: b\n\nHTTP/1.1 200 OK\r\n\r\n)", 304},
      Row{R"(Status: 204\nA: b\n\nHTTP/1.1 200 OK\r\n\r\n)", 204},
  };
  for (const auto& [output, status] : rows) {
    BOOST_TEST_CONTEXT(output) {
      Tree tree;
      tree.script("cgi-bin/x", "printf '" + std::string{output} + "'");
      for (const std::string& request :
           {get("/cgi-bin/x"),
            std::string{"GET /cgi-bin/x HTTP/1.0\r\n\r\n"}}) {
        // Throws for a head that is none, and for two framings.
        const Response response = ask(tree, request).response();
        BOOST_TEST(response.status == status);
        BOOST_TEST(response.field("X-Evil").empty());
        BOOST_TEST(response.rest.empty(), shown(response.rest));
        BOOST_TEST(response.values("Connection").size() == 1U);
      }
    }
  }
}

// CVE-2024-38474, CVE-2024-38476: a local redirect reaches what its client
// could ask for, and takes nothing along.
BOOST_AUTO_TEST_CASE(local_redirects_cve_2024_38476) {
  Tree tree;
  tree.file("a.txt", "text").file(".hidden", "secret");
  tree.folder("folder");
  tree.file("cgi-bin/plain", "secret").link("out", "/etc/passwd");
  tree.script("cgi-bin/to", R"(read target; printf '%s\n\n' "$target")");
  tree.script("cgi-bin/loop", "printf 'Location: /cgi-bin/loop?x\\n\\n'");
  tree.script("cgi-bin/ping", "printf 'Location: /cgi-bin/pong\\n\\n'");
  tree.script("cgi-bin/pong", "printf 'Location: /cgi-bin/ping\\n\\n'");
  tree.script("cgi-bin/show",
              "printf 'A: b\\n\\n%s|%s|%s|' \"$REQUEST_METHOD\" "
              "\"$CONTENT_LENGTH\" \"$CONTENT_TYPE\"; exec cat");
  const auto to = [&](std::string_view location) {
    return ask(tree, post("/cgi-bin/to",
                          std::string{"Location: "}.append(location) + '\n',
                          "Content-Type: a/b\r\n"));
  };
  struct Row {
    const char* location;
    int status;
  };
  constexpr std::array rows{
      Row{"/a.txt", 200},
      Row{"/.hidden", 404},
      Row{"/%2ehidden", 404},
      Row{"/cgi-bin/plain", 403},
      Row{"/cgi-bin%2fplain", 403},
      Row{"/CGI-BIN/plain", 404},
      Row{"/out", 404},
      Row{"/etc/passwd", 404},
      Row{"/../etc/passwd", 404},
      Row{"/%00", 502},
      Row{"/%", 502},
      Row{"/a.txt%00.html", 502},
      Row{"/folder", 301},
      Row{"/cgi-bin/loop", 502},
      Row{"/cgi-bin/ping", 502},
      Row{"//evil.test/", 302},
      Row{"file:///etc/passwd", 302},
      Row{"/dev/null", 404},
      Row{"/proc/self/environ", 404},
      Row{"*", 302},
  };
  for (const auto& [location, status] : rows) {
    BOOST_TEST_CONTEXT(location) {
      const Outcome outcome = to(location);
      BOOST_TEST(outcome.response().status == status);
      BOOST_TEST(!has(outcome.octets, "secret"));
      BOOST_TEST(!has(outcome.octets, "root:x:0"));
    }
  }
  // Neither its method nor its body.
  BOOST_TEST(to("/cgi-bin/show").response().body == "GET|||");
}

// CVE-2016-5385 and the following (httpoxy), CVE-2017-17562, CVE-2021-42342,
// CVE-2025-65082: no field is a variable but HTTP_ and its name.
BOOST_AUTO_TEST_CASE(httpoxy_cve_2016_5385) {
  Tree tree;
  tree.script("cgi-bin/x", show_environment);
  const char* const fields =
      "Proxy: evil-1\r\nPROXY: evil-1\r\nproxy: evil-1\r\n"
      "HTTP_PROXY: evil-2\r\nHTTP-PROXY: fine\r\n"
      "Path: fine\r\nIFS: fine\r\nENV: fine\r\nBASH_ENV: evil-3\r\n"
      "LD-Preload: fine\r\nLD_PRELOAD: evil-4\r\nLD_LIBRARY_PATH: evil-5\r\n"
      "Content_Length: 9\r\nContent_Type: evil-6\r\nREMOTE_USER: evil-7\r\n"
      "Remote-User: fine\r\nDocument_Root: evil-8\r\nSCRIPT_NAME: evil-9\r\n"
      "X-Y: fine\r\nX_Y: evil-10\r\nGATEWAY_INTERFACE: evil-11\r\n"
      "X=Y: z\r\n";
  const std::string bad = body_of(tree, get("/cgi-bin/x"));
  BOOST_TEST(has_line(bad, "PATH=/usr/local/bin:/usr/bin:/bin"));
  // `=' is in no token: it is no field at all.
  BOOST_TEST(ask(tree, get("/cgi-bin/x", fields)).response().status == 400);
  std::string tokens{fields};
  tokens.erase(tokens.find("X=Y"));
  const std::string environment = body_of(tree, get("/cgi-bin/x", tokens));
  BOOST_TEST(!has(environment, "evil"), environment);
  for (const std::string& line : lines_of(environment)) {
    if (has(line, "fine")) BOOST_TEST(line.starts_with("HTTP_"), line);
    BOOST_TEST(!line.starts_with("HTTP_PROXY="), line);
  }
  for (const char* line :
       {"PATH=/usr/local/bin:/usr/bin:/bin", "HTTP_PATH=fine", "HTTP_X_Y=fine",
        "HTTP_LD_PRELOAD=fine", "HTTP_IFS=fine", "HTTP_HTTP_PROXY=fine"})
    BOOST_TEST(has_line(environment, line), line);
  for (const char* name : {"LD_PRELOAD=", "IFS=", "ENV=", "BASH_ENV=",
                           "CONTENT_LENGTH=", "REMOTE_USER="})
    BOOST_TEST(!has(environment, '\n' + std::string{name}), name);
}

// CVE-2012-1823, CVE-2012-2311, CVE-2019-0232, CVE-2024-4577: no word of a
// query is an argument.
BOOST_AUTO_TEST_CASE(arguments_cve_2012_1823) {
  Tree tree;
  tree.script("cgi-bin/x", "printf 'A: b\\n\\n%d' $#");
  for (const char* query :
       {"?-s",
        "?-d+allow_url_include%3d1+-d+auto_prepend_file%3dphp://input",
        "?%2ds",
        "?%AD",
        "?%ADd+x",
        "?\xADs",
        "?+",
        "?+-s",
        "?--",
        "?-",
        "?a",
        "?a+b",
        "?%20-s",
        "?\"-s",
        "?`id`",
        "?$(id)",
        "?;id",
        "?&dir",
        "?|id",
        "?%0a-s",
        "?%00",
        "?--version",
        "?-h",
        "?%26dir",
        "?@/etc/passwd"}) {
    BOOST_TEST_CONTEXT(query) {
      BOOST_TEST(body_of(tree, get(std::string{"/cgi-bin/x"} + query)) == "0");
    }
  }
  // Where they are asked for, none is an option.
  for (const char* query : {"?-s", "?%2ds", "?a+-s", "?a+%2ds", "?--+a"}) {
    BOOST_TEST(body_of(tree, get(std::string{"/cgi-bin/x"} + query),
                       {.options = {"--isindex"}}) == "0",
               query);
  }
}

// CVE-2014-6271: values are data. No shell of ours reads them, and a script's
// own shell gets them unchanged.
BOOST_AUTO_TEST_CASE(shellshock_cve_2014_6271) {
  Tree tree;
  const std::string mark = tree.path("mark");
  const std::string evil = "() { :;}; echo > " + mark;
  // Not a shell: nobody but us could be the one.
  tree.file("cgi-bin/x", "#!/usr/bin/env -S cat /proc/self/environ\n", 0755);
  tree.script("cgi-bin/y", R"(printf 'A: b\n\n%s' "$HTTP_X")");
  tree.file("cgi-bin/$(echo >mark);x", "#!/bin/sh\nprintf 'A: b\\n\\nran'\n",
            0755);
  for (const std::string& value :
       {evil, "`echo > " + mark + "`", "$(echo > " + mark + ")",
        "; echo > " + mark, "| tee " + mark, "\" && echo > " + mark}) {
    const std::string fields = "X: " + value + "\r\nUser-Agent: " + value +
                               "\r\nCookie: " + value + "\r\n";
    BOOST_TEST(body_of(tree, get("/cgi-bin/y", fields)) == value);
    static_cast<void>(ask(tree, get("/cgi-bin/x", fields)));
    BOOST_TEST(::access(mark.c_str(), F_OK) != 0);
  }
  BOOST_TEST(body_of(tree, get("/cgi-bin/$(echo%20%3Emark);x")) == "ran");
  BOOST_TEST(::access(tree.path("cgi-bin/mark").c_str(), F_OK) != 0);
}

// CVE-2002-1850, CVE-2014-0231, CVE-2022-41556, and bozohttpd's endless loop:
// whatever a script does not do, it ends, and the answer before.
BOOST_AUTO_TEST_CASE(stalls_and_loops_cve_2014_0231) {
  struct Row {
    const char* why;
    const char* script;
    int status;
  };
  constexpr std::array rows{
      Row{"never reads", "sleep 60", 504},
      Row{"never writes", "cat >/dev/null; sleep 60", 504},
      Row{"closes its output", "exec >&-; sleep 60", 502},
      Row{"closes all", "exec <&- >&- 2>&-; sleep 60", 502},
      Row{"fills standard error",
          R"(head -c 1000000 /dev/zero | tr '\0' x >&2; printf 'A: b\n\nend')",
          200},
      Row{"fills it for ever", "while :; do echo x; done >&2", 504},
      Row{"fills it in one line", "tr '\\0' x </dev/zero >&2", 504},
      Row{"leaves one that holds its output",
          "sleep 60 & printf 'A: b\\n\\nend'", 200},
      Row{"leaves one in another session",
          "setsid sleep 4 & printf 'A: b\\n\\nend'", 200},
      Row{"ignores its end", "trap '' TERM; sleep 60; sleep 60", 504},
      Row{"stops itself", "kill -STOP $$", 504},
      Row{"loops in its header", "while :; do echo a; done", 502},
      Row{"says half a header", "printf 'A: b\\nC'; sleep 60", 504},
      Row{"kills its group", "kill -9 0", 502},
      Row{"kills its parent", "kill -TERM $PPID; printf 'A: b\\n\\nend'", 0},
  };
  for (const auto& [why, script, status] : rows) {
    BOOST_TEST_CONTEXT(why) {
      Tree tree;
      tree.script("cgi-bin/x", script);
      Session session{tree, {.options = {"--cgi-timeout=1"}}};
      session.send(post("/cgi-bin/x", std::string(1U << 20U, 'x')));
      session.read_to_end();
      if (status == 0) {  // its user may do that: nothing hangs
        session.process().wait();
        continue;
      }
      const Outcome outcome = session.hang_up();
      BOOST_TEST(outcome.response().status == status);
      BOOST_TEST(outcome.access().status == status);
    }
  }
}

// CVE-2022-41556: a client that has closed its half gets the answer.
BOOST_AUTO_TEST_CASE(half_close_cve_2022_41556) {
  Tree tree;
  tree.script("cgi-bin/x", "printf 'A: b\\n\\n'; exec cat");
  Session session{tree};
  session.send(post("/cgi-bin/x", "hello"));
  session.finish_sending();
  BOOST_TEST(session.finish().response().body == "hello");
}

// CVE-2008-1111: a script that does not start is not sent instead.
BOOST_AUTO_TEST_CASE(failing_start_cve_2008_1111) {
  struct Row {
    const char* why;
    const char* content;
    mode_t mode;
  };
  constexpr std::array rows{
      Row{"not executable", "#!/bin/sh\n: secret\n", 0644},
      Row{"not readable by its interpreter", "#!/bin/sh\n: secret\n", 0711},
      Row{"no interpreter", "secret\n", 0755},
      Row{"one that is not there", "#!/no/such\n: secret\n", 0755},
      Row{"one that is a folder", "#!/tmp\n: secret\n", 0755},
      Row{"one that is a script of itself", "#!./x\n: secret\n", 0755},
      Row{"a byte order mark", "\xEF\xBB\xBF#!/bin/sh\n: secret\n", 0755},
      Row{"half an ELF file",
          "\x7f"
          "ELFsecret",
          0755},
      Row{"set-user-ID and writable", "#!/bin/sh\n: secret\n", 04777},
  };
  const std::string parsed = "parsed";
  for (const auto& [why, content, mode] : rows) {
    for (const std::string& output : {parsed, std::string{"direct"}}) {
      BOOST_TEST_CONTEXT(why << ", " << output) {
        Tree tree;
        tree.file("cgi-bin/x", content, mode);
        for (const std::string& request :
             {get("/cgi-bin/x"), head("/cgi-bin/x"), post("/cgi-bin/x", "b")}) {
          const Outcome outcome =
              ask(tree, request, {.options = {"--cgi-output=" + output}});
          BOOST_TEST(!has(outcome.octets, "secret"), shown(outcome.octets));
          // Who begins at once cannot know all that exec(2) will say.
          if (output == parsed && mode != 0711)
            BOOST_TEST(outcome.access().status >= 400);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(failing_fork_cve_2008_1111,
                     *precondition(without_sanitizer)) {
  struct Limit {
    const char* why;
    decltype(RLIMIT_NPROC) resource;  // an int in musl
    rlim_t value;
  };
  constexpr std::array limits{
      Limit{"no process", RLIMIT_NPROC, 1},
      Limit{"few descriptors", RLIMIT_NOFILE, 5},
      Limit{"fewer", RLIMIT_NOFILE, 7},
      Limit{"more", RLIMIT_NOFILE, 10},
      Limit{"a small stack", RLIMIT_STACK, 64 << 10},
  };
  Tree tree;
  tree.script("cgi-bin/x", "printf 'A: b\\n\\nran'; : secret");
  for (const Limit& limit : limits) {
    BOOST_TEST_CONTEXT(limit.why) {
      const Outcome outcome = ask(tree, get("/cgi-bin/x"), {.in_child = [&] {
                                    const rlimit both{limit.value, limit.value};
                                    ::setrlimit(limit.resource, &both);
                                  }});
      BOOST_TEST(!has(outcome.octets, "secret"), shown(outcome.octets));
      if (outcome.exit_status != 0) {
        BOOST_TEST(outcome.octets.empty());
        continue;
      }
      const Response response = outcome.response();
      BOOST_TEST((response.status >= 500 || response.body == "ran"));
    }
  }
}

// CVE-2013-4559: root is given up as a whole, or nothing is served.
BOOST_AUTO_TEST_CASE(privileges_cve_2013_4559, *precondition(as_root)) {
  Tree tree;
  tree.script("cgi-bin/x",
              "printf 'A: b\\n\\n'; exec grep -E '^(Uid|Gid|Groups|Cap|NoNew)' "
              "/proc/self/status");
  const std::string status =
      body_of(tree, get("/cgi-bin/x"), {.in_child = [] {
                constexpr std::array<gid_t, 3> groups{0, 1, 2};
                if (::setgroups(groups.size(), groups.data()) < 0) ::_exit(127);
              }});
  for (const char* line :
       {"Uid:\t65534\t65534\t65534\t65534", "Gid:\t65534\t65534\t65534\t65534",
        "CapPrm:\t0000000000000000", "CapEff:\t0000000000000000",
        "CapInh:\t0000000000000000", "CapAmb:\t0000000000000000",
        "NoNewPrivs:\t1"})
    BOOST_TEST(has_line(status, line), status);
  BOOST_TEST((has_line(status, "Groups:\t") || has_line(status, "Groups:\t ")),
             status);
  // In a user namespace with one user there is nobody to become.
  for (const char* user :
       {"root", "0", "65534:0", "root:root", "nobody:root"}) {
    const Outcome outcome = ask(tree, get("/cgi-bin/x"),
                                {.options = {"--user=" + std::string{user}}});
    BOOST_TEST(outcome.octets.empty(), user);
    BOOST_TEST(outcome.exit_status != 0, user);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

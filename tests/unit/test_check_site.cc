// test_check_site.cc - A folder and options -> what --check finds.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "check_site.h"
#include "fixtures.h"
#include "libcrypt.h"
#include "site.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

namespace {

using Names = std::vector<std::string>;

constexpr std::string_view shell = "#!/bin/sh\n";
constexpr std::string_view hash =
    "a:$5$rounds=1000$salt$CCvcOM6b7TEJDPb37Aec/9UpOg4QhPNAxPpL9ZzjTB7\n";

// A site, what lies outside of it, and how it is served.
struct Tree {
  TemporaryFolder folder;
  Options options;

  explicit Tree(Options base = {}) : options{std::move(base)} {
    folder.add_folder("root");
    options.root = folder.path("root");
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() {
    for (const std::string& name : closed)
      ::chmod(folder.path(name).c_str(), 0700);
  }

  void file(std::string_view name, std::string_view content = {},
            mode_t mode = 0644) const {
    folder.add_file(std::string{"root/"}.append(name), content, mode);
  }
  void script(std::string_view name, std::string_view content = shell,
              mode_t mode = 0755) const {
    file(name, content, mode);
  }
  void link(std::string_view name, const std::string& target) const {
    folder.add_link(std::string{"root/"}.append(name), target);
  }
  void make_folder(std::string_view name, mode_t mode = 0755) {
    closed.push_back(std::string{"root/"}.append(name));
    folder.add_folder(closed.back(), mode);
  }
  void make_old(std::string_view name) const {
    const timespec old{1'000'000'000, 0};
    const timespec times[] = {old, old};
    const std::string path = folder.path(std::string{"root/"}.append(name));
    BOOST_TEST_REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  }

  Names closed;
};

// "PATH: PROBLEM" of each, in their order; paths as in Tree.
Names findings_of(const Tree& tree, CheckLimits limits = {}) {
  const Guard guard{tree.options.protections};
  become_nobody();
  Names found;
  for (const Finding& finding : check_site(tree.options, guard, limits)) {
    BOOST_TEST(!finding.fault.remedy.empty());
    std::string path = finding.path;
    for (const std::string& prefix : {tree.options.root, tree.folder.path()}) {
      if (path.starts_with(prefix + '/')) path.erase(0, prefix.size() + 1);
      if (path == prefix) path = "ROOT";
    }
    found.push_back(path + ": " + finding.fault.problem);
  }
  return found;
}

struct Row {
  const char* why;
  void (*build)(Tree& tree);
  Names expected;
};

void check_tree(const Tree& tree, const Names& expected) {
  BOOST_TEST(findings_of(tree) == expected, boost::test_tools::per_element());
}

void check_findings(const auto& rows, const Options& options = {}) {
  check_rows(rows, [&](const Row& row) {
    Tree tree{options};
    row.build(tree);
    check_in_child([&] { check_tree(tree, row.expected); });
  });
}

// The paths of a site, but of folders and of what is hidden.
Names paths_in(const std::string& root) {
  using std::filesystem::directory_options;
  Names paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{
           root, directory_options::skip_permission_denied}) {
    std::error_code ignored;
    const std::string path = entry.path().string().substr(root.size());
    if (!entry.is_directory(ignored) && path.find("/.") == std::string::npos)
      paths.push_back(path);
  }
  return paths;
}

bool is_refused(const Site& site, const std::string& path) {
  Request request;
  request.method = "GET";
  request.target.path = path;
  return std::holds_alternative<Refusal>(site.find(request));
}

// Whether one is about `path`, or a folder above it.
bool has_finding(const Names& findings, const std::string& path) {
  return std::ranges::any_of(findings, [&](const std::string& finding) {
    return is_below(path + '/', '/' + finding.substr(0, finding.find(": ")));
  });
}

void check_refusals_of(const Tree& tree) {
  const Names findings = findings_of(tree);
  const Site site{tree.options};
  for (const std::string& path : paths_in(tree.options.root)) {
    const bool is_known =
        !is_refused(site, path) || has_finding(findings, path);
    BOOST_TEST(is_known, path);
  }
}

void check_refusals(std::span<const Row> rows) {
  check_rows(rows, [](const Row& row) {
    Tree tree;
    row.build(tree);
    check_in_child([&] { check_refusals_of(tree); });
  });
}

const std::string unreadable =
    ": the user that cgihttpd runs as may not read it";
const std::string writable =
    ": everybody may write to it: it is answered with 403";
const std::string out =
    ": a symbolic link that leads out of the root, as each absolute one does";
const std::string nowhere = ": a symbolic link that leads nowhere";
const std::string no_kind = ": it is neither a file nor a folder";

const Row clean_rows[] = {
    {"nothing", [](Tree&) {}, {}},
    {"files and folders",
     [](Tree& t) {
       t.file("index.html");
       t.file("a/b/c.txt");
       t.make_folder("empty");
     },
     {}},
    {"scripts",
     [](Tree& t) {
       t.script("cgi-bin/a.sh");
       t.script("htbin/b/c", "#!/usr/bin/env sh\n");
       t.script("cgi-bin/elf", "\x7f\x45LF");
     },
     {}},
    {"a tool to download", [](Tree& t) { t.script("x.sh"); }, {}},
    {"links that stay",
     [](Tree& t) {
       t.file("a/b");
       t.link("file", "a/b");
       t.link("folder", "a");
       t.script("x.sh");
       t.link("cgi-bin/x", "../x.sh");
     },
     {}},
    {"a circle of folders", [](Tree& t) { t.link("a/b/up", ".."); }, {}},
    {"what is hidden is no business of ours",
     [](Tree& t) {
       t.file(".htpasswd", hash);
       t.file(".git/config", {}, 0);
       t.link(".out", "../outside");
       t.file("cgi-bin/.hidden", {}, 0);
     },
     {}},
    {"what a file system has in its root",
     [](Tree& t) { t.make_folder("lost+found", 0); },
     {}},
    {"a folder of scripts that is a link",
     [](Tree& t) {
       t.script("scripts/x.sh");
       t.link("cgi-bin", "scripts");
       t.options.cgi_folders.emplace_back("/scripts");
     },
     {}},
    {"a hidden folder of scripts",
     [](Tree& t) {
       t.script(".cgi/x.sh");
       t.options.cgi_folders = {"/.cgi"};
       t.options.has_default_cgi_folders = false;
     },
     {}},
};

const Row script_rows[] = {
    {"no x bit",
     [](Tree& t) { t.file("cgi-bin/x.sh", shell); },
     {"cgi-bin/x.sh: it is not executable"}},
    {"an x bit of somebody else",
     [](Tree& t) { t.script("cgi-bin/x.sh", shell, 0410); },
     {"cgi-bin/x.sh: the user that cgihttpd runs as may not execute it"}},
    {"executable, but not to be read",
     [](Tree& t) { t.script("cgi-bin/x.sh", shell, 0111); },
     {"cgi-bin/x.sh" + unreadable}},
    {"in a folder below",
     [](Tree& t) { t.file("htbin/a/b/x.sh", shell); },
     {"htbin/a/b/x.sh: it is not executable"}},
    {"no interpreter",
     [](Tree& t) { t.script("cgi-bin/x", "#!/no/such\n"); },
     {"cgi-bin/x: its interpreter `/no/such' cannot be executed (No such file "
      "or directory)"}},
    {"CR LF",
     [](Tree& t) { t.script("cgi-bin/x", "#!/bin/sh\r\n"); },
     {"cgi-bin/x: its #! line ends with CR LF, and the CR counts as a part of "
      "the interpreter's name or argument"}},
    {"text",
     [](Tree& t) { t.script("cgi-bin/x", "echo\n"); },
     {"cgi-bin/x: it is neither an ELF program nor begins with #!"}},
    {"writable",
     [](Tree& t) { t.script("cgi-bin/x", shell, 0757); },
     {"cgi-bin/x" + writable}},
    {"writable, as is meant",
     [](Tree& t) {
       t.script("cgi-bin/x", shell, 0757);
       t.make_folder("htbin", 0777);
       t.options.allow_writable_scripts = true;
     },
     {}},
    {"a writable folder",
     [](Tree& t) { t.make_folder("cgi-bin/a", 01777); },
     {"cgi-bin/a: everybody may write to this folder, and so add scripts"}},
    {"an editor's backup",
     [](Tree& t) { t.script("cgi-bin/x.sh~"); },
     {"cgi-bin/x.sh~: an editor's backup within reach"}},
    {"no names of content",
     [](Tree& t) {
       t.script("cgi-bin/x.cgi");
       t.script("cgi-bin/index.html");
       t.script("cgi-bin/index.htm");
     },
     {}},
    {"no file",
     [](Tree& t) {
       t.folder.add_fifo("root/cgi-bin/fifo");
       t.folder.add_socket("root/cgi-bin/socket");
     },
     {"cgi-bin/fifo" + no_kind, "cgi-bin/socket" + no_kind}},
    {"links",
     [](Tree& t) {
       t.folder.add_file("outside/x", shell, 0755);
       t.file("text");
       t.link("cgi-bin/out", "../../outside/x");
       t.link("cgi-bin/gone", "gone-too");
       t.link("cgi-bin/text", "../text");
     },
     {"cgi-bin/gone" + nowhere, "cgi-bin/out" + out,
      "cgi-bin/text: it is not executable"}},
    {"a link that is followed",
     [](Tree& t) {
       t.folder.add_file("outside/x", shell, 0755);
       t.folder.add_file("outside/y", shell);
       t.link("cgi-bin/x", "../../outside/x");
       t.link("cgi-bin/y", "../../outside/y");
       t.options.follow_symlinks = true;
     },
     {"cgi-bin/y: it is not executable"}},
    {"a folder of scripts that leads out",
     [](Tree& t) {
       t.folder.add_folder("outside");
       t.link("cgi-bin", "../outside");
     },
     {"cgi-bin" + out}},
    {"folders of scripts that are not there",
     [](Tree& t) {
       t.file("b");
       t.options.cgi_folders = {"/a", "/b", "/c/d"};
       t.options.has_default_cgi_folders = false;
     },
     {"a: it is no folder, and --cgi-dir names it",
      "b: it is no folder, and --cgi-dir names it",
      "c/d: it is no folder, and --cgi-dir names it"}},
    {"by another case",
     [](Tree& t) {
       t.file("CGI-bin/x");
       t.file("a/cgi-BIN/x");
     },
     {"CGI-bin: it differs from the folder of scripts /cgi-bin by case alone: "
      "all in it is answered with 404"}},
    {"no scripts at all",
     [](Tree& t) {
       t.file("cgi-bin/x.sh");
       t.options.cgi_folders.clear();
     },
     {}},
};

const Row program_rows[] = {
    {"the program of a script is missing",
     [](Tree& t) {
       t.options.script_programs = {{"/a", t.folder.path("gone")}};
     },
     {"gone: it cannot be executed (No such file or directory)"}},
    {"a handler that everybody may write to",
     [](Tree& t) {
       t.folder.add_file("handler", shell, 0757);
       t.options.handlers = {{".x", t.folder.path("handler")}};
     },
     {"handler" + writable}},
    {"one program for two",
     [](Tree& t) {
       t.folder.add_file("handler", shell);
       t.options.handlers = {{".x", t.folder.path("handler")},
                             {".y", t.folder.path("handler")}};
     },
     {"handler: it is not executable"}},
    {"the other name of a folder of scripts",
     [](Tree& t) {
       t.script("scripts/a/x.cgi");
       t.link("cgi-bin", "scripts");
     },
     {"scripts: a link makes it a folder of scripts: by this name, all in it "
      "is "
      "answered with 404"}},
    {"rules of another server",
     [](Tree& t) {
       t.file("a/.htaccess", "Require all denied");
       t.file("cgi-bin/.htaccess", "Require all denied");
     },
     {"a/.htaccess: it has no effect: what it keeps from clients may be sent",
      "cgi-bin/.htaccess: it has no effect: what it keeps from clients may be "
      "sent"}},
    {"what a program hides",
     [](Tree& t) {
       t.file("a/b/c", {}, 0);
       t.file("a/x");
       t.file("cgi-bin/git");
       t.options.script_programs = {{"/a/b", "/bin/sh"},
                                    {"/cgi-bin/git", "/bin/sh"}};
     },
     {"a/b: it is hidden by --script=/a/b=/bin/sh",
      "cgi-bin/git: it is hidden by --script=/cgi-bin/git=/bin/sh"}},
    {"a folder of scripts that a program hides",
     [](Tree& t) {
       t.file("cgi-bin/x");
       t.options.script_programs = {{"/cgi-bin", "/bin/sh"}};
     },
     {"cgi-bin: it is hidden by --script=/cgi-bin=/bin/sh"}},
    {"a program for everything",
     [](Tree& t) {
       t.file("cgi-bin/x", {}, 0);
       t.options.script_programs = {{"", "/bin/sh"}};
     },
     {}},
    {"what a handler executes needs no x bit, but to be read",
     [](Tree& t) {
       t.file("cgi-bin/a.php");
       t.file("cgi-bin/b.PHP", {}, 0200);
       t.options.handlers = {{".php", "/bin/sh"}};
     },
     {"cgi-bin/b.PHP" + unreadable}},
    {"the source of what a handler executes",
     [](Tree& t) {
       t.file("a.php");
       t.options.handlers = {{".php", "/bin/sh"}};
     },
     {"a.php: a script outside of the folders of scripts: its "
      "source is sent"}},
    {"an extension that usually has none",
     [](Tree& t) {
       t.file("a.cgi");
       t.options.handlers = {{".cgi", "/bin/sh"}};
       t.options.handlers_anywhere = true;
     },
     {}},
    {"handlers anywhere",
     [](Tree& t) {
       t.file("a.php");
       t.file("b.php", {}, 0646);
       t.make_folder("upload", 0777);
       t.file("upload/a.txt", {}, 0666);
       t.options.handlers = {{".php", "/bin/sh"}};
       t.options.handlers_anywhere = true;
     },
     {"b.php" + writable,
      "upload: everybody may write to this folder, and so add scripts"}},
};

const Row content_rows[] = {
    {"a file", [](Tree& t) { t.file("a/b", {}, 0200); }, {"a/b" + unreadable}},
    {"a folder",
     [](Tree& t) {
       t.file("a/b");
       t.make_folder("a", 0311);
     },
     {"a" + unreadable}},
    {"a folder that lists what cannot be opened",
     [](Tree& t) {
       t.file("a/b");
       t.make_folder("a", 0644);
     },
     {"a: the user that cgihttpd runs as may not open what is in it"}},
    {"the root",
     [](Tree& t) { t.make_folder("", 0311); },
     {"ROOT" + unreadable}},
    {"no file",
     [](Tree& t) {
       t.folder.add_fifo("root/fifo");
       t.folder.add_socket("root/socket");
       t.link("to-fifo", "fifo");
     },
     {"fifo" + no_kind, "socket" + no_kind, "to-fifo" + no_kind}},
    {"links",
     [](Tree& t) {
       t.folder.add_file("outside/x");
       t.link("a-out", "../outside/x");
       t.link("b-out", "../outside");
       t.link("c-out", "/etc/passwd");
       t.link("d-gone", "gone-too");
       t.link("e-gone", "a/b/c");
       t.link("f-loop", "f-loop");
     },
     {"a-out" + out, "b-out" + out, "c-out" + out, "d-gone" + nowhere,
      "e-gone" + nowhere, "f-loop: a symbolic link that cannot be followed"}},
    {"links that are followed",
     [](Tree& t) {
       t.folder.add_file("outside/x");
       t.folder.add_file("outside/y", {}, 0200);
       t.link("a", "../outside/x");
       t.link("b", "../outside");
       t.link("c", "/etc/passwd");
       t.link("d", "../outside/y");
       t.link("e", "../gone");
       t.options.follow_symlinks = true;
     },
     {"d" + unreadable, "e" + nowhere}},
    {"links into a folder of scripts",
     [](Tree& t) {
       t.script("cgi-bin/x.sh");
       t.link("a", "cgi-bin/x.sh");
       t.link("b", "cgi-bin");
     },
     {"a: a symbolic link into a folder of scripts: it is answered with 404",
      "b: a symbolic link into a folder of scripts: it is answered with 404"}},
    {"a second index",
     [](Tree& t) {
       t.file("a/index.html");
       t.file("a/index.htm");
       t.file("b/index.html/x");
       t.file("b/index.htm");
     },
     {"a/index.htm: it is hidden by index.html, which is sent for the "
      "folder"}},
    {"an older coding",
     [](Tree& t) {
       t.file("a.css");
       t.file("a.css.gz");
       t.file("a.css.br");
       t.file("b.tar.zst");
       t.make_old("a.css.gz");
       t.make_old("b.tar.zst");
     },
     {"a.css.gz: it is older than a.css, and so never sent in its place"}},
    {"names",
     [](Tree& t) {
       t.file("a.html~");
       t.file("b.PHP.bak");
       t.file("c.old/x");
       t.file("d.orig");
       t.file("e.save");
       t.file("f.cgi");
       t.file("g.sql");
       t.file("htpasswd");
       t.file("my-htpasswd");
       t.file("old");
       t.file("x.gitignore");
     },
     {"a.html~: an editor's backup within reach",
      "b.PHP.bak: a backup within reach", "c.old: a backup within reach",
      "d.orig: a backup within reach", "e.save: a backup within reach",
      "f.cgi: a script outside of the folders of scripts: its source is sent",
      "g.sql: a dump of a database within reach",
      "htpasswd: a password file within reach"}},
    {"names with a dot",
     [](Tree& t) {
       t.file(".env");
       t.file(".git/config");
       t.file(".hg/x");
       t.file(".htpasswd");
       t.file(".ssh/id_rsa");
       t.file(".svn/x");
       t.file("a/.env");
       t.file("a/.x", {}, 0);
       t.options.dotfiles = true;
     },
     {".env: a file of secrets within reach", ".git: a repository within reach",
      ".hg: a repository within reach",
      ".htpasswd: a password file within reach",
      ".ssh: a folder of keys within reach", ".svn: a repository within reach",
      "a/.env: a file of secrets within reach", "a/.x" + unreadable}},
    {"what is well known is no secret",
     [](Tree& t) {
       t.file(".well-known/a", {}, 0);
       t.file(".well-known/.b", {}, 0);
       t.file("a/.well-known/a", {}, 0);
     },
     {".well-known/a" + unreadable}},
    {"pages",
     [](Tree& t) {
       t.file("ok.html");
       t.file("no.html", {}, 0);
       t.options.fallback = "/gone.html";
       t.options.error_pages = {{Status::not_found, "/ok.html"},
                                {Status::forbidden, "/no.html"},
                                {Status::bad_gateway, "/a/b.html"}};
     },
     {"a/b.html: it cannot be sent, and --error-page names it",
      "gone.html: it cannot be sent, and --fallback names it",
      "no.html: it cannot be sent, and --error-page names it",
      "no.html" + unreadable}},
    {"a page that is a script's source",
     [](Tree& t) {
       t.script("cgi-bin/x.sh");
       t.options.error_pages = {{Status::not_found, "/cgi-bin/x.sh"}};
     },
     {"cgi-bin/x.sh: it cannot be sent, and --error-page names it"}},
    {"a script for what is not there",
     [](Tree& t) {
       t.file("index.php");
       t.options.handlers = {{".php", "/bin/sh"}};
       t.options.handlers_anywhere = true;
       t.options.fallback = "/index.php";
       t.options.error_pages = {{Status::not_found, "/index.php"}};
     },
     {"index.php: it cannot be sent, and --error-page names it"}},
    {"the same, missing",
     [](Tree& t) {
       t.options.handlers = {{".php", "/bin/sh"}};
       t.options.handlers_anywhere = true;
       t.options.fallback = "/index.php";
     },
     {"index.php: it cannot be sent, and --fallback names it"}},
};

const std::string no_host =
    ": no host has this name: what is in it is never sent";

const Row host_rows[] = {
    {"no default is no fault",
     [](Tree& t) {
       t.file("a.example/index.html");
       t.file("[::1]/x");
     },
     {}},
    {"each host is a site",
     [](Tree& t) {
       t.file("a/x", {}, 0);
       t.script("default/cgi-bin/y", "echo\n");
       t.link("default/out", "../a");
     },
     {"a/x" + unreadable,
      "default/cgi-bin/y: it is neither an ELF program nor begins with #!",
      "default/out" + out}},
    {"names that no client says",
     [](Tree& t) {
       t.file("A.example/x", {}, 0);
       t.file("a.example:80/x");
       t.file("a.example./x");
       t.file("a..b/x");
       t.file("a b/x");
       t.file("[::1/x");
     },
     {"A.example" + no_host, "[::1" + no_host, "a b" + no_host,
      "a..b" + no_host, "a.example." + no_host, "a.example:80" + no_host}},
    {"what is no folder, or hidden, is no host",
     [](Tree& t) {
       t.file("README");
       t.file(".git/x", {}, 0);
       t.make_folder("lost+found", 0);
       t.link("b", "README");
     },
     {}},
    {"a second name of a site is not checked twice",
     [](Tree& t) {
       t.file("a/x", {}, 0);
       t.link("b", "a");
     },
     {"a/x" + unreadable}},
    {"links",
     [](Tree& t) {
       t.folder.add_file("outside/x");
       t.link("a", "../outside");
       t.link("b", "gone");
     },
     {"a" + out, "b" + nowhere}},
    {"a site elsewhere",
     [](Tree& t) {
       t.folder.add_file("outside/x", {}, 0);
       t.link("a", "../outside");
       t.options.follow_symlinks = true;
     },
     {"a/x" + unreadable}},
    {"pages of each",
     [](Tree& t) {
       t.file("a/404.html");
       t.make_folder("b");
       t.options.error_pages = {{Status::not_found, "/404.html"}};
     },
     {"b/404.html: it cannot be sent, and --error-page names it"}},
    {"sites that cannot be listed",
     [](Tree& t) { t.make_folder("", 0311); },
     {"ROOT" + unreadable}},
};

const Row password_rows[] = {
    {"as it should be",
     [](Tree& t) {
       t.folder.add_file("passwords", hash, 0600);
       t.options.protections = {{"/", t.folder.path("passwords")}};
     },
     {}},
    {"missing",
     [](Tree& t) {
       t.options.protections = {{"/", t.folder.path("gone")}};
     },
     {"gone: it lets nobody in"}},
    {"empty",
     [](Tree& t) {
       t.folder.add_file("passwords", "# nobody\n", 0600);
       t.options.protections = {{"/", t.folder.path("passwords")}};
     },
     {"passwords: it lets nobody in"}},
    {"a bad line",
     [](Tree& t) {
       t.folder.add_file("passwords", "a:secret\n", 0600);
       t.options.protections = {{"/", t.folder.path("passwords")}};
     },
     {"passwords: it lets nobody in"}},
    {"a FIFO",
     [](Tree& t) {
       t.folder.add_fifo("fifo");
       ::chmod(t.folder.path("fifo").c_str(), 0600);
       t.options.protections = {{"/", t.folder.path("fifo")}};
     },
     {"fifo: it lets nobody in"}},
    {"everybody's",
     [](Tree& t) {
       t.folder.add_file("passwords", hash, 0606);
       t.options.protections = {{"/", t.folder.path("passwords")}};
     },
     {"passwords: everybody may read this password file",
      "passwords: everybody may write to this password file"}},
    {"prefixes that name something",
     [](Tree& t) {
       t.file("Private/x.txt");
       t.script("cgi-bin/x.sh");
       t.options.script_programs = {{"/git/a", "/bin/sh"}};
       t.folder.add_file("passwords", hash, 0600);
       const std::string passwords = t.folder.path("passwords");
       for (const char* prefix : {"/Private", "/private", "/pRIVATE/X.txt",
                                  "/cgi-bin/x.sh/info", "/git", "/git/a/b"})
         t.options.protections.push_back({prefix, passwords});
     },
     {}},
    {"prefixes that name nothing",
     [](Tree& t) {
       t.file("private/x.txt");
       t.folder.add_file("passwords", hash, 0600);
       const std::string passwords = t.folder.path("passwords");
       for (const char* prefix : {"/privat", "/private/y", "/a/b"})
         t.options.protections.push_back({prefix, passwords});
     },
     {"a/b: nothing is there, and --auth=/a/b= names it",
      "privat: nothing is there, and --auth=/privat= names it",
      "private/y: nothing is there, and --auth=/private/y= names it"}},
    {"a prefix that an application may know",
     [](Tree& t) {
       t.file("index.html");
       t.folder.add_file("passwords", hash, 0600);
       t.options.fallback = "/index.html";
       t.options.protections = {{"/admin", t.folder.path("passwords")}};
     },
     {}},
    {"a prefix of one host, and of none",
     [](Tree& t) {
       t.file("a.example/private/x.txt");
       t.file("b.example/x.txt");
       t.folder.add_file("passwords", hash, 0600);
       t.options.vhosts = true;
       t.options.protections = {{"/private", t.folder.path("passwords")},
                                {"/b.example", t.folder.path("passwords")}};
     },
     {"b.example: nothing is there, and --auth=/b.example= names it"}},
    {"below the root, though hidden",
     [](Tree& t) {
       t.file(".passwords", hash, 0600);
       t.options.protections = {{"/", t.folder.path("root/.passwords")}};
     },
     {".passwords: a password file below the root"}},
};

boost::test_tools::assertion_result needs_libcrypt(
    boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result{can_hash_passwords()};
  if (!can_hash_passwords()) result.message() << "it needs libcrypt";
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(check_site)

BOOST_AUTO_TEST_CASE(finds_nothing_where_all_is_well) {
  check_findings(clean_rows);
}

BOOST_AUTO_TEST_CASE(finds_scripts_that_do_not_run) {
  check_findings(script_rows);
}

BOOST_AUTO_TEST_CASE(finds_faults_of_programs_and_handlers) {
  check_findings(program_rows);
}

BOOST_AUTO_TEST_CASE(finds_what_is_not_sent_and_what_should_not_be) {
  check_findings(content_rows);
}

BOOST_AUTO_TEST_CASE(finds_faults_of_hosts) {
  Options options;
  options.vhosts = true;
  check_findings(host_rows, options);
}

BOOST_AUTO_TEST_CASE(finds_faults_of_password_files,
                     *boost::unit_test::precondition(needs_libcrypt)) {
  check_findings(password_rows);
}

BOOST_AUTO_TEST_CASE(without_openat2_finds_every_link) {
  Tree tree;
  tree.file("a");
  tree.link("b", "a");
  tree.script("cgi-bin/x");
  check_in_child([&] {
    forbid_openat2();
    BOOST_TEST(findings_of(tree) ==
                   Names{"b: a symbolic link that cannot be followed"},
               boost::test_tools::per_element());
  });
}

BOOST_AUTO_TEST_CASE(says_where_it_did_not_look) {
  Tree tree;
  tree.file("a/b/c/d");
  tree.file("a/x");
  check_in_child([&] {
    const auto find = [&](CheckLimits limits) {
      return findings_of(tree, limits);
    };
    BOOST_TEST(find({.max_names = 5, .max_depth = 3}) == Names{},
               boost::test_tools::per_element());
    BOOST_TEST(find({.max_names = 5, .max_depth = 2}) ==
                   Names{"a/b/c: it is too deep, and was not looked into"},
               boost::test_tools::per_element());
    BOOST_TEST(
        find({.max_names = 4, .max_depth = 3}) ==
            Names{"a/b/c: not all in it was looked at, there being too much "
                  "in the root"},
        boost::test_tools::per_element());
  });
}

BOOST_AUTO_TEST_CASE(refuses_a_root_that_is_none) {
  Tree tree;
  tree.options.root += "/gone";
  BOOST_TEST(
      error_of<SetupError>([&] { return findings_of(tree); }).has_value());
}

// Site decides; a finding says so before somebody asks.
BOOST_AUTO_TEST_CASE(knows_every_file_that_is_refused) {
  check_refusals(clean_rows);
  check_refusals(script_rows);
  check_refusals(program_rows);
  check_refusals(content_rows);
}

BOOST_AUTO_TEST_CASE(what_confined_scripts_shall_reach_is_there) {
  check_in_child([] {
    Tree tree;
    tree.folder.add_folder("there");
    tree.folder.add_file("file");
    tree.options.confine = true;
    tree.options.readable = {tree.folder.path("there"),
                             tree.folder.path("file")};
    tree.options.writable = {tree.folder.path("gone"),
                             tree.folder.path("there")};
    Names found = findings_of(tree);
    std::erase(found, "--confine: scripts are not confined as it says");
    const std::string reason = ": no folder that confined scripts could reach";
    BOOST_TEST((found == Names{"file" + reason, "gone" + reason}));
  });
}

BOOST_AUTO_TEST_CASE(a_kernel_that_cannot_confine_is_told) {
  check_in_child([] {
    forbid_landlock();
    Tree tree;
    const Names reason{"--confine: scripts are not confined as it says"};
    BOOST_TEST(findings_of(tree).empty());
    tree.options.confine = true;
    BOOST_TEST((findings_of(tree) == reason));
    for (const bool confine : {false, true}) {
      tree.options.confine = confine;
      tree.options.sandbox = SandboxMode::require;
      BOOST_TEST(
          (findings_of(tree) == Names{"--sandbox=require: nothing is served"}));
    }
  });
}

BOOST_AUTO_TEST_SUITE_END()

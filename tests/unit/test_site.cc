// test_site.cc - What a URL names, whatever is on the disk.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <string>
#include <type_traits>
#include <utility>

#include "fixtures.h"
#include "site.h"

namespace cgihttpd::test {

namespace {

namespace unit_test = boost::unit_test;

std::string in_words(const File& file) {
  return "file " + file.name + ": " +
         read_file(file.fd.get(), file.version.size);
}

std::string in_words(const Directory& directory) {
  std::vector<std::string> names;
  for (const Entry& entry : directory.entries) {
    names.push_back(entry.name + (entry.is_folder ? "/" : "") +
                    (entry.is_link ? "@" : ""));
  }
  std::ranges::sort(names);
  std::string words = "folder:";
  for (const std::string& name : names)
    words.append(" ").append(name);
  return words;
}

std::string in_words(const Script& script) {
  std::string words =
      "script " + script.script_name + ", info " + script.path_info;
  if (!script.handler.empty()) words += ", by " + script.handler;
  if (!script.program.empty()) words += ", is " + script.program;
  return words;
}

std::string in_words(const Redirect& redirect) {
  return "to " + redirect.location;
}

std::string in_words(const MethodList& methods) {
  return "methods " + std::string{methods.allow};
}

std::string in_words(const Refusal& refusal) {
  return std::to_string(static_cast<unsigned>(refusal.status));
}

std::string in_words(const Resource& resource) {
  return std::visit([](const auto& found) { return in_words(found); },
                    resource);
}

Resource find(const Site& site, std::string_view method, std::string_view url) {
  Request request;
  request.method = method;
  auto target = parse_target(url);
  BOOST_REQUIRE(target.has_value());
  request.target = std::move(*target);
  return site.find(request);
}

// A site, and what lies outside of it.
struct Tree {
  TemporaryFolder folder;
  Options options;

  Tree() {
    options.root = folder.path("root");
    folder.add_file("outside/secret", "secret");
    add_files();
    add_links();
    add_scripts();
  }

  void add_files() const {
    folder.add_file("root/index.html", "welcome");
    folder.add_file("root/file.txt", "text");
    folder.add_file("root/no_x.sh", "text", 0644);
    folder.add_file("root/x.sh", "a tool to download", 0755);
    folder.add_file("root/.hidden", "hidden");
    folder.add_file("root/.git/config", "hidden");
    folder.add_file("root/.well-known/security.txt", "contact");
    folder.add_file("root/.well-known/.hidden", "hidden");
    folder.add_file("root/list/b.txt", "b");
    folder.add_file("root/list/a.txt", "aa");
    folder.add_file("root/list/.hidden", "hidden");
    folder.add_file("root/list/.well-known/x", "hidden");
    folder.add_file("root/list/sub/x", "x");
    folder.add_fifo("root/list/fifo");
    folder.add_socket("root/list/socket");
    folder.add_folder("root/empty");
    folder.add_file("root/htm/index.htm", "htm");
    folder.add_file("root/both/index.html", "html");
    folder.add_file("root/both/index.htm", "htm");
    folder.add_file("root/odd/index.html/x", "an index that is a folder");
    folder.add_file("root/odd/index.htm", "htm");
    folder.add_file("root/a b\n\x01\xff/\tc?#%", "strange");
    folder.add_file("root/evil.example/x");
  }

  void add_links() const {
    folder.add_link("root/links/file", "../file.txt");
    folder.add_link("root/links/folder", "../list");
    folder.add_link("root/links/index", "../both");
    folder.add_link("root/links/out", "../../outside/secret");
    folder.add_link("root/links/out_folder", "../../outside");
    folder.add_link("root/links/absolute", folder.path("root/file.txt"));
    folder.add_link("root/links/loop", "loop");
    folder.add_link("root/links/dangling", "nothing");
    folder.add_link("root/links/script", "../cgi-bin/test.sh");
    folder.add_link("root/links/data", "../cgi-bin/data.txt");
    folder.add_link("root/links/nested", "../cgi-bin/nested");
    folder.add_link("root/links/twice", "nested");
    folder.add_link("root/linked_index/index.html", "../cgi-bin/data.txt");
    folder.add_link("root/dangling_index/index.html", "nothing");
    folder.add_link("root/out_index/index.html", "../../outside/secret");
  }

  void add_scripts() const {
    folder.add_file("root/cgi-bin/test.sh", "#!/bin/sh\n", 0755);
    folder.add_file("root/cgi-bin/data.txt", "data", 0644);
    folder.add_file("root/cgi-bin/.hidden", "#!/bin/sh\n", 0755);
    folder.add_file("root/cgi-bin/.git/hook", "#!/bin/sh\n", 0755);
    folder.add_file("root/cgi-bin/nested/deep/test.sh", "#!/bin/sh\n", 0755);
    folder.add_file("root/cgi-bin/index.html", "data", 0644);
    folder.add_file("root/cgi-bin/a b%\n.sh", "#!/bin/sh\n", 0755);
    folder.add_fifo("root/cgi-bin/fifo");
    folder.add_link("root/cgi-bin/link", "test.sh");
    folder.add_link("root/cgi-bin/tool", "../x.sh");
    folder.add_link("root/cgi-bin/out", "../../outside/secret");
    folder.add_link("root/cgi-bin/dangling", "nothing");
    folder.add_link("root/cgi-bin/loop", "loop");
    folder.add_link("root/cgi-bin/folder", "nested/deep");
    folder.add_file("root/htbin/test.sh", "#!/bin/sh\n", 0755);
    folder.add_file("root/CGI-BIN/test.sh", "#!/bin/sh\n", 0755);
    folder.add_file("root/cgi-bin.old/test.sh", "old", 0644);
    folder.add_file("root/sub/cgi-bin/test.sh", "no CGI folder", 0755);
  }
};

struct Row {
  const char* why;
  std::string url;
  std::string expected;
};

template <typename Rows>
void check_rows(const Rows& rows, const Options& options) {
  const Site site{options};
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.why << ": " << row.url) {
      BOOST_TEST(in_words(find(site, "GET", row.url)) == row.expected);
    }
  }
}

const std::string long_name(256, 'n');

// What holds on a kernel without openat2, too.
const std::array rows_without_links{
    Row{"the index of the root", "/", "file index.html: welcome"},
    Row{"a file", "/file.txt", "file file.txt: text"},
    Row{"a file that can be executed", "/x.sh",
        "file x.sh: a tool to download"},
    Row{"a name with escapes", "/%66ile.txt", "file file.txt: text"},
    Row{"dots stay below the root", "/../../list/../file.txt",
        "file file.txt: text"},
    Row{"nothing", "/nothing", "404"},
    Row{"below nothing", "/nothing/x", "404"},
    Row{"case matters", "/FILE.TXT", "404"},
    Row{"control characters in a name", "/a%20b%0A%01%FF/%09c%3F%23%25",
        "file \tc?#%: strange"},
    Row{"a name that is too long", '/' + long_name, "404"},
    Row{"a folder's name that is too long", '/' + long_name + '/', "404"},
    Row{"below a name that is too long", '/' + long_name + "/x", "404"},

    Row{"hidden", "/.hidden", "404"},
    Row{"a hidden folder", "/.git/config", "404"},
    Row{"a hidden folder itself", "/.git", "404"},
    Row{"... with a slash", "/.git/", "404"},
    Row{"hidden, escaped", "/%2Ehidden", "404"},
    Row{"hidden and not there", "/.nothing", "404"},
    Row{"hidden deeper", "/list/.hidden", "404"},
    Row{".well-known", "/.well-known/security.txt",
        "file security.txt: contact"},
    Row{".well-known itself", "/.well-known", "to /.well-known/"},
    Row{"the list of .well-known", "/.well-known/", "folder: security.txt"},
    Row{"hidden in .well-known", "/.well-known/.hidden", "404"},
    Row{"no .well-known", "/.well-known2/x", "404"},
    Row{".well-known elsewhere", "/list/.well-known/x", "404"},

    Row{"a folder without slash", "/list", "to /list/"},
    Row{"its query stays", "/list?a=b%20c", "to /list/?a=b%20c"},
    Row{"an empty query, too", "/list?", "to /list/?"},
    Row{"a redirect stays here", "//evil.example", "to /evil.example/"},
    Row{"a redirect is escaped", "/a%20b%0A%01%FF", "to /a%20b%0A%01%FF/"},
    Row{"an index that is a folder", "/odd/index.html", "to /odd/index.html/"},
    Row{"a list", "/list/", "folder: a.txt b.txt sub/"},
    Row{"an empty list", "/empty/", "folder:"},
    Row{"a second index", "/htm/", "file index.htm: htm"},
    Row{"two indexes", "/both/", "file index.html: html"},
    Row{"an index that is no file", "/odd/", "file index.htm: htm"},
    Row{"no folder", "/nothing/", "404"},

    Row{"a file with a slash", "/file.txt/", "404"},
    Row{"below a file", "/file.txt/x", "404"},
    Row{"a FIFO", "/list/fifo", "403"},
    Row{"a FIFO with a slash", "/list/fifo/", "404"},
    Row{"a socket", "/list/socket", "403"},

    Row{"a script", "/cgi-bin/test.sh", "script /cgi-bin/test.sh, info "},
    Row{"a script of the other folder", "/htbin/test.sh",
        "script /htbin/test.sh, info "},
    Row{"with a slash", "/cgi-bin/test.sh/", "script /cgi-bin/test.sh, info /"},
    Row{"with a path", "/cgi-bin/test.sh/a%2Fb%20c/d?e",
        "script /cgi-bin/test.sh, info /a/b c/d"},
    Row{"a path with hidden names", "/cgi-bin/test.sh/.git/x",
        "script /cgi-bin/test.sh, info /.git/x"},
    Row{"nested", "/cgi-bin/nested/deep/test.sh/info",
        "script /cgi-bin/nested/deep/test.sh, info /info"},
    Row{"the script's spelling is found out", "/x/../cgi-bin//t%65st.sh",
        "script /cgi-bin/test.sh, info "},
    Row{"a strange name", "/cgi-bin/a%20b%25%0A.sh/x",
        "script /cgi-bin/a b%\n.sh, info /x"},
    Row{"no script", "/cgi-bin/nothing", "404"},
    Row{"no script, with a path", "/cgi-bin/nothing/x", "404"},
    Row{"a script's name too long", "/cgi-bin/" + long_name, "404"},
    Row{"hidden script", "/cgi-bin/.hidden", "404"},
    Row{"script in a hidden folder", "/cgi-bin/.git/hook", "404"},
    Row{"not executable", "/cgi-bin/data.txt", "403"},
    Row{"an index is a script there, too", "/cgi-bin/index.html", "403"},
    Row{"a folder of scripts", "/cgi-bin/nested", "403"},
    Row{"a folder of scripts with a slash", "/cgi-bin/nested/", "403"},
    Row{"the folder of all scripts", "/cgi-bin/", "403"},
    Row{"... without a slash", "/cgi-bin", "to /cgi-bin/"},
    Row{"a FIFO among scripts", "/cgi-bin/fifo", "403"},
    Row{"a path below a FIFO", "/cgi-bin/fifo/x", "403"},
    Row{"another case", "/CGI-BIN/test.sh", "404"},
    Row{"mixed case", "/Cgi-Bin/data.txt", "404"},
    Row{"a name that only begins so", "/cgi-bin.old/test.sh",
        "file test.sh: old"},
    Row{"no CGI folder, but one of its name", "/sub/cgi-bin/test.sh",
        "file test.sh: no CGI folder"},
};

const std::array rows_with_links{
    Row{"to a file", "/links/file", "file file: text"},
    Row{"to a folder", "/links/folder", "to /links/folder/"},
    Row{"to a folder, with a slash", "/links/folder/",
        "folder: a.txt b.txt sub/"},
    Row{"through a folder", "/links/folder/a.txt", "file a.txt: aa"},
    Row{"to a folder with an index", "/links/index/", "file index.html: html"},
    Row{"out of the root", "/links/out", "404"},
    Row{"out of the root, a folder", "/links/out_folder", "404"},
    Row{"... with a slash", "/links/out_folder/", "404"},
    Row{"... through it", "/links/out_folder/secret", "404"},
    Row{"absolute, though below the root", "/links/absolute", "404"},
    Row{"a loop", "/links/loop", "404"},
    Row{"a loop with a slash", "/links/loop/", "404"},
    Row{"through a loop", "/links/loop/x", "404"},
    Row{"to nothing", "/links/dangling", "404"},
    Row{"to a script", "/links/script", "404"},
    Row{"to a file beside scripts", "/links/data", "404"},
    Row{"through a folder of scripts", "/links/nested/deep/test.sh", "404"},
    Row{"through two links", "/links/twice/deep/test.sh", "404"},
    Row{"to a folder of scripts, which is not listed", "/links/nested/", "404"},
    Row{"an index that is beside scripts", "/linked_index/", "404"},
    Row{"an index that leads to nothing", "/dangling_index/", "folder:"},
    Row{"an index that leads out", "/out_index/", "404"},
    Row{"the list of links", "/links/",
        "folder: data@ file@ folder/@ index/@ nested/@ script@ twice/@"},

    Row{"a script by a link", "/cgi-bin/link/x",
        "script /cgi-bin/link, info /x"},
    Row{"a script that lies elsewhere", "/cgi-bin/tool",
        "script /cgi-bin/tool, info "},
    Row{"a script through a folder", "/cgi-bin/folder/test.sh/x",
        "script /cgi-bin/folder/test.sh, info /x"},
    Row{"a script out of the root", "/cgi-bin/out", "404"},
    Row{"no script at a link's end", "/cgi-bin/dangling", "404"},
    Row{"a script that is a loop", "/cgi-bin/loop", "404"},
};

Refusal refusal_of(const Site& site, std::string_view method,
                   std::string_view url) {
  const Resource found = find(site, method, url);
  const auto* refusal = std::get_if<Refusal>(&found);
  BOOST_REQUIRE(refusal != nullptr);
  return *refusal;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(site)

BOOST_AUTO_TEST_CASE(a_url_names_what_is_there) {
  const Tree tree;
  check_rows(rows_without_links, tree.options);
}

BOOST_AUTO_TEST_CASE(links_lead_neither_out_nor_to_the_source_of_scripts) {
  const Tree tree;
  check_rows(rows_with_links, tree.options);
}

BOOST_AUTO_TEST_CASE(a_url_names_the_same_without_openat2) {
  const Tree tree;
  check_in_child([&] {
    forbid_openat2();
    check_rows(rows_without_links, tree.options);
  });
}

BOOST_AUTO_TEST_CASE(without_openat2_no_link_is_followed) {
  const Tree tree;
  check_in_child([&] {
    forbid_openat2();
    const Site site{tree.options};
    for (const char* url :
         {"/links/file", "/links/folder/", "/links/folder/a.txt", "/links/out",
          "/links/absolute", "/links/script", "/cgi-bin/link"})
      BOOST_TEST(in_words(find(site, "GET", url)) == "404", url);
    BOOST_TEST(in_words(find(site, "GET", "/links/")) == "folder:");
  });
}

BOOST_AUTO_TEST_CASE(a_link_to_the_cgi_folder_lists_no_scripts) {
  const Tree tree;
  tree.folder.add_link("root/links/scripts", "../htbin");
  const Site site{tree.options};
  BOOST_TEST(in_words(find(site, "GET", "/links/scripts/")) == "404");
  BOOST_TEST(in_words(find(site, "GET", "/links/scripts/test.sh")) == "404");
}

BOOST_AUTO_TEST_CASE(a_device_is_forbidden,
                     *unit_test::precondition(needs_root)) {
  const Tree tree;
  tree.folder.add_device("root/device");
  tree.folder.add_device("root/device_index/index.html");
  tree.folder.add_device("root/cgi-bin/device");
  const std::array rows{
      Row{"a device", "/device", "403"},
      Row{"a device as script", "/cgi-bin/device", "403"},
      Row{"a device as index", "/device_index/", "folder:"},
  };
  check_rows(rows, tree.options);
}

BOOST_AUTO_TEST_CASE(what_may_not_be_read_is_forbidden) {
  const Tree tree;
  const TemporaryFolder& folder = tree.folder;
  folder.add_file("root/unreadable", "x", 0);
  folder.add_file("root/no_list/index.html", "index");
  folder.add_file("root/no_list_no_index/file.txt", "text");
  folder.add_file("root/no_entry/file.txt", "text");
  folder.add_file("root/no_index/index.html", "x", 0);
  folder.add_file("root/cgi-bin/unreadable.sh", "#!/bin/sh\n", 0111);
  folder.add_file("root/cgi-bin/no_entry/test.sh", "#!/bin/sh\n", 0755);
  folder.add_link("root/links/unreadable", "../unreadable");
  const std::array rows{
      Row{"a file", "/unreadable", "403"},
      Row{"a link to it", "/links/unreadable", "403"},
      Row{"an index", "/no_index/", "403"},
      Row{"a folder that only cannot be listed", "/no_list/",
          "file index.html: index"},
      Row{"... without a slash", "/no_list", "to /no_list/"},
      Row{"... without an index", "/no_list_no_index/", "403"},
      Row{"... a file in it", "/no_list_no_index/file.txt",
          "file file.txt: text"},
      Row{"a folder that cannot be entered", "/no_entry/", "403"},
      Row{"a file in it", "/no_entry/file.txt", "403"},
      Row{"nothing in it", "/no_entry/nothing", "403"},
      Row{"a script that can be executed only", "/cgi-bin/unreadable.sh",
          "script /cgi-bin/unreadable.sh, info "},
      Row{"a script in a folder that cannot be entered",
          "/cgi-bin/no_entry/test.sh", "403"},
  };
  for (const char* name : {"no_list", "no_list_no_index"})
    folder.add_folder(std::string{"root/"} + name, 0311);
  for (const char* name : {"no_entry", "cgi-bin/no_entry"})
    folder.add_folder(std::string{"root/"} + name, 0600);
  check_in_child([&] {
    become_nobody();
    check_rows(rows, tree.options);
  });
  for (const char* name :
       {"no_list", "no_list_no_index", "no_entry", "cgi-bin/no_entry"})
    folder.add_folder(std::string{"root/"} + name);
}

BOOST_AUTO_TEST_CASE(only_what_we_may_execute_is_a_script) {
  const Tree tree;
  tree.folder.add_file("root/cgi-bin/not_ours.sh", "#!/bin/sh\n", 0600);
  tree.folder.add_file("root/cgi-bin/all_but_x.sh", "#!/bin/sh\n", 0666);
  const Site site{tree.options};
  for (const char* url : {"/cgi-bin/not_ours.sh", "/cgi-bin/all_but_x.sh"}) {
    const Refusal refusal = refusal_of(site, "GET", url);
    BOOST_TEST((refusal.status == Status::forbidden));
    BOOST_TEST(refusal.message ==
               "CGI script is not executable ('" + std::string{url} + "')");
  }
}

BOOST_AUTO_TEST_CASE(methods_are_for_scripts) {
  struct MethodRow {
    const char* method;
    const char* url;
    const char* expected;
    const char* message;
    const char* allow;
  };
  static constexpr std::array rows{
      MethodRow{"GET", "/file.txt", "file file.txt: text", "", ""},
      MethodRow{"HEAD", "/file.txt", "file file.txt: text", "", ""},
      MethodRow{"HEAD", "/list", "to /list/", "", ""},
      MethodRow{"HEAD", "/nothing", "404", "File not found", ""},
      MethodRow{"POST", "/file.txt", "501", "Can only POST to CGI scripts", ""},
      MethodRow{"POST", "/nothing", "501", "Can only POST to CGI scripts", ""},
      MethodRow{"POST", "/cgi-bin", "501", "Can only POST to CGI scripts", ""},
      MethodRow{"PUT", "/file.txt", "405", "", "GET, HEAD, OPTIONS"},
      MethodRow{"DELETE", "/list/", "405", "", "GET, HEAD, OPTIONS"},
      MethodRow{"OPTIONS", "/", "methods GET, HEAD, OPTIONS", "", ""},
      MethodRow{"TRACE", "/", "405", "", "GET, HEAD, OPTIONS"},
      MethodRow{"PATCH", "/", "405", "", "GET, HEAD, OPTIONS"},
      MethodRow{"BREW", "/", "501", "Unsupported method ('BREW')", ""},
      MethodRow{"get", "/", "501", "Unsupported method ('get')", ""},
      MethodRow{"POST", "/cgi-bin/test.sh", "script /cgi-bin/test.sh, info ",
                "", ""},
      MethodRow{"PUT", "/cgi-bin/test.sh/x", "script /cgi-bin/test.sh, info /x",
                "", ""},
      MethodRow{"BREW", "/cgi-bin/test.sh", "script /cgi-bin/test.sh, info ",
                "", ""},
      MethodRow{"POST", "/cgi-bin/nothing", "404",
                "No such CGI script ('/cgi-bin/nothing')", ""},
      MethodRow{"POST", "/CGI-BIN/test.sh", "501",
                "Can only POST to CGI scripts", ""},
  };
  const Tree tree;
  const Site site{tree.options};
  for (const MethodRow& row : rows) {
    BOOST_TEST_CONTEXT(row.method << ' ' << row.url) {
      const Resource found = find(site, row.method, row.url);
      BOOST_TEST(in_words(found) == row.expected);
      if (const auto* refusal = std::get_if<Refusal>(&found)) {
        BOOST_TEST(refusal->message == row.message);
        BOOST_TEST(refusal->field_value == row.allow);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_administrator_learns_what_the_client_does_not) {
  struct DetailRow {
    const char* url;
    const char* message;
    const char* detail;
  };
  static constexpr std::array rows{
      DetailRow{"/nothing", "File not found", ""},
      DetailRow{"/links/out", "File not found",
                "a symbolic link leads out of the root, as each absolute one "
                "does, and --symlinks=follow is not given"},
      DetailRow{"/links/loop", "File not found",
                "a symbolic link cannot be followed"},
      DetailRow{"/list/fifo", "", "it is no regular file"},
      DetailRow{"/cgi-bin/out", "No such CGI script ('/cgi-bin/out')",
                "a symbolic link leads out of the root, as each absolute one "
                "does, and --symlinks=follow is not given"},
      DetailRow{"/cgi-bin/nested/",
                "CGI script is not a plain file "
                "('/cgi-bin/nested/')",
                ""},
      DetailRow{"/cgi-bin/data.txt/x",
                "CGI script is not executable ('/cgi-bin/data.txt')",
                "the user that cgihttpd runs as may not execute it: chmod +x "
                "it, or mend its owner"},
  };
  const Tree tree;
  const Site site{tree.options};
  for (const DetailRow& row : rows) {
    BOOST_TEST_CONTEXT(row.url) {
      const Refusal refusal = refusal_of(site, "GET", row.url);
      BOOST_TEST(refusal.message == row.message);
      BOOST_TEST(refusal.detail == row.detail);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_index_is_the_administrators_choice) {
  Tree tree;
  tree.options.index_names = {"a.txt", "index.htm"};
  const std::array rows{
      Row{"the first name", "/list/", "file a.txt: aa"},
      Row{"another name", "/both/", "file index.htm: htm"},
      Row{"a default that is none", "/evil.example/", "folder: x"},
  };
  check_rows(rows, tree.options);
}

BOOST_AUTO_TEST_CASE(a_folder_is_not_listed_where_that_is_wanted) {
  Tree tree;
  tree.options.listing = false;
  const std::array rows{
      Row{"an index is sent", "/both/", "file index.html: html"},
      Row{"no index", "/list/", "403"},
      Row{"the slash is still told", "/list", "to /list/"},
      Row{"nothing", "/nothing/", "404"},
      Row{"hidden", "/.git/", "404"},
  };
  check_rows(rows, tree.options);
}

BOOST_AUTO_TEST_CASE(links_lead_out_where_that_is_wanted) {
  Tree tree;
  tree.options.follow_symlinks = true;
  tree.folder.add_file("outside/tool.sh", "#!/bin/sh\n", 0755);
  tree.folder.add_link("root/cgi-bin/tool_out", "../../outside/tool.sh");
  const std::array rows{
      Row{"a file", "/links/out", "file out: secret"},
      Row{"a folder", "/links/out_folder/secret", "file secret: secret"},
      Row{"a folder's list", "/links/out_folder/", "folder: secret tool.sh"},
      Row{"an absolute link", "/links/absolute", "file absolute: text"},
      Row{"an index", "/out_index/", "file index.html: secret"},
      Row{"a script", "/cgi-bin/tool_out/x",
          "script /cgi-bin/tool_out, info /x"},
      Row{"a script's source by a link", "/links/script", "404"},
      Row{"a CGI folder's file by a link", "/links/data", "404"},
      Row{"a loop", "/links/loop", "404"},
      Row{"no dots", "/../outside/secret", "404"},
  };
  check_rows(rows, tree.options);
}

BOOST_AUTO_TEST_CASE(dotfiles_are_served_where_that_is_wanted) {
  Tree tree;
  tree.options.dotfiles = true;
  const std::array rows{
      Row{"a file", "/.hidden", "file .hidden: hidden"},
      Row{"in a folder", "/.git/config", "file config: hidden"},
      Row{"a list", "/.git/", "folder: config"},
      Row{"in a list", "/list/",
          "folder: .hidden .well-known/ a.txt b.txt sub/"},
      Row{"no script", "/cgi-bin/.hidden", "404"},
  };
  check_rows(rows, tree.options);
}

BOOST_AUTO_TEST_CASE(a_fallback_is_sent_for_what_is_not_there) {
  Tree tree;
  tree.options.fallback = "/both/index.html";
  const std::array rows{
      Row{"a file", "/file.txt", "file file.txt: text"},
      Row{"nothing", "/nothing", "file index.html: html"},
      Row{"deep in nothing", "/nothing/x/", "file index.html: html"},
      Row{"hidden", "/.hidden", "file index.html: html"},
      Row{"no file", "/list/fifo", "403"},
      Row{"no script", "/cgi-bin/nothing", "404"},
      Row{"a script's source by a link", "/links/script",
          "file index.html: html"},
  };
  check_rows(rows, tree.options);
  const Site site{tree.options};
  BOOST_TEST(in_words(find(site, "POST", "/nothing")) == "501");

  tree.options.fallback = "/nothing";
  check_rows(std::array{Row{"no fallback", "/x", "404"}}, tree.options);
}

BOOST_AUTO_TEST_CASE(a_page_is_a_file_of_the_site) {
  const Tree tree;
  const Site site{tree.options};
  const auto page = site.find_page("/.hidden");
  BOOST_TEST_REQUIRE(page.has_value());
  BOOST_TEST(in_words(*page) == "file .hidden: hidden");
  for (const char* path : {"/nothing", "/list", "/list/fifo", "/links/out",
                           "/links/script", "/cgi-bin/test.sh",
                           "/cgi-bin/data.txt", "/cgi-bin/nested/deep/test.sh"})
    BOOST_TEST(!site.find_page(path).has_value(), path);
}

BOOST_AUTO_TEST_CASE(a_host_has_its_own_site) {
  TemporaryFolder folder;
  folder.add_file("root/a.example/index.html", "a");
  folder.add_file("root/a.example/cgi-bin/a.sh", "#!/bin/sh\n", 0755);
  folder.add_file("root/default/index.html", "default");
  folder.add_file("root/index.html", "nobody's");
  folder.add_file("root/plain", "no folder");
  folder.add_link("root/www.a.example", "a.example");
  folder.add_link("root/out.example", "../outside");
  folder.add_link("root/a.example/other", "../default");
  folder.add_file("outside/index.html", "secret");
  Options options;
  options.root = folder.path("root");
  options.vhosts = true;
  const auto answer = [&](std::string_view host, std::string_view url) {
    Site site{options};
    site.select_host(parse_authority(host).value());
    return in_words(find(site, "GET", url));
  };
  BOOST_TEST(answer("a.example", "/") == "file index.html: a");
  BOOST_TEST(answer("A.EXAMPLE.:80", "/") == "file index.html: a");
  BOOST_TEST(answer("www.a.example", "/") == "file index.html: a");
  BOOST_TEST(answer("a.example", "/cgi-bin/a.sh") ==
             "script /cgi-bin/a.sh, info ");
  BOOST_TEST(answer("b.example", "/") == "file index.html: default");
  BOOST_TEST(answer("b.example", "/cgi-bin/a.sh") == "404");
  BOOST_TEST(answer("a.example", "/../default/") == "404");
  BOOST_TEST(answer("a.example", "/other/") == "404");
  for (const char* host : {"", "..", ".", "plain", "out.example", "%2e%2e"})
    BOOST_TEST(answer(host, "/") == "file index.html: default", host);
}

BOOST_AUTO_TEST_CASE(without_a_folder_for_it_a_host_has_nothing) {
  TemporaryFolder folder;
  folder.add_file("root/a.example/index.html", "a");
  folder.add_file("root/index.html", "nobody's");
  Options options;
  options.root = folder.path("root");
  options.vhosts = true;
  options.fallback = "/index.html";
  Site site{options};
  BOOST_TEST(in_words(find(site, "GET", "/")) == "404");
  site.select_host(parse_authority("b.example").value());
  BOOST_TEST(in_words(find(site, "GET", "/")) == "404");
  BOOST_TEST(in_words(find(site, "GET", "/index.html")) == "404");
  BOOST_TEST(!site.find_page("/index.html").has_value());
}

BOOST_AUTO_TEST_CASE(the_root_of_a_host_is_its_folder) {
  TemporaryFolder folder;
  folder.add_folder("root/a.example");
  Options options;
  options.vhosts = true;
  for (const char* slash : {"", "/"}) {
    options.root = folder.path("root") + slash;
    Site site{options};
    site.select_host(parse_authority("a.example").value());
    BOOST_TEST(site.root_path() == folder.path("root") + "/a.example");
  }
}

BOOST_AUTO_TEST_CASE(a_folder_of_scripts_has_an_index) {
  const Tree tree;
  tree.folder.add_file("root/cgi-bin/app/index.cgi", "#!/bin/sh\n", 0755);
  tree.folder.add_file("root/cgi-bin/text/index.cgi", "#!/bin/sh\n", 0644);
  const std::array rows{
      Row{"the index", "/cgi-bin/app/", "script /cgi-bin/app/index.cgi, info "},
      Row{"the index by its name", "/cgi-bin/app/index.cgi/x",
          "script /cgi-bin/app/index.cgi, info /x"},
      Row{"no slash", "/cgi-bin/app", "403"},
      Row{"one that is not executable", "/cgi-bin/text/", "403"},
      Row{"none", "/cgi-bin/nested/", "403"},
      Row{"an index.html is none", "/cgi-bin/", "403"},
  };
  check_rows(rows, tree.options);
}

BOOST_AUTO_TEST_CASE(a_program_answers_for_a_path) {
  Tree tree;
  tree.folder.add_file("outside/app", "#!/bin/sh\n", 0755);
  tree.folder.add_file("outside/data", "data", 0644);
  tree.folder.add_file("outside/open", "#!/bin/sh\n", 0757);
  const std::string app = tree.folder.path("outside/app");
  tree.options.script_programs = {
      {"/app", app},
      {"/app/deep", "/bin/sh"},
      {"/data", tree.folder.path("outside/data")},
      {"/open", tree.folder.path("outside/open")},
      {"/missing", tree.folder.path("outside/missing")},
      {"/list", app}};
  const std::array rows{
      Row{"the path", "/app", "script /app, info , is " + app},
      Row{"below it", "/app/a/b", "script /app, info /a/b, is " + app},
      Row{"a hidden name below it", "/app/.git",
          "script /app, info /.git, is " + app},
      Row{"the longest counts", "/app/deep/x",
          "script /app/deep, info /x, is /bin/sh"},
      Row{"it goes before a folder", "/list/a.txt",
          "script /list, info /a.txt, is " + app},
      Row{"a longer name", "/apple", "404"},
      Row{"not executable", "/data", "500"},
      Row{"everybody may write to it", "/open", "403"},
      Row{"not there", "/missing/x", "500"},
  };
  check_rows(rows, tree.options);
  BOOST_TEST(refusal_of(Site{tree.options}, "GET", "/missing").detail ==
             tree.folder.path("outside/missing") +
                 ": no program that may be executed");

  tree.options.script_programs = {{"", app}};
  const std::array rows_of_all{
      Row{"the root", "/", "script , info /, is " + app},
      Row{"a file", "/file.txt", "script , info /file.txt, is " + app},
      Row{"a script", "/cgi-bin/test.sh",
          "script , info /cgi-bin/test.sh, is " + app},
  };
  check_rows(rows_of_all, tree.options);
}

BOOST_AUTO_TEST_CASE(a_handler_executes_scripts_of_an_extension) {
  Tree tree;
  tree.folder.add_file("root/cgi-bin/a.php", "<?php", 0644);
  tree.folder.add_file("root/cgi-bin/b.cgi", "#!/bin/sh\n", 0755);
  tree.folder.add_file("root/cgi-bin/php/index.php", "<?php", 0644);
  tree.folder.add_file("root/c.php", "<?php", 0644);
  tree.options.handlers = {{".php", "/bin/php"}};
  tree.options.index_names = {"index.php", "index.html"};
  const std::array rows{
      Row{"it need not be executable", "/cgi-bin/a.php/x",
          "script /cgi-bin/a.php, info /x, by /bin/php"},
      Row{"others are executed themselves", "/cgi-bin/b.cgi",
          "script /cgi-bin/b.cgi, info "},
      Row{"the index of a folder", "/cgi-bin/php/",
          "script /cgi-bin/php/index.php, info , by /bin/php"},
      Row{"elsewhere it is a file", "/c.php", "file c.php: <?php"},
  };
  check_rows(rows, tree.options);
}

BOOST_AUTO_TEST_CASE(handlers_execute_scripts_anywhere_where_that_is_wanted) {
  Tree tree;
  for (const char* name : {"a.php", "sub/index.php", "both/index.php",
                           ".secret/a.php", "d.php/x", "list/E.PHP"})
    tree.folder.add_file(std::string{"root/"} + name, "<?php", 0644);
  tree.folder.add_file("root/open.php", "<?php", 0646);
  tree.options.handlers = {{".php", "/bin/php"}};
  tree.options.index_names = {"index.php", "index.html"};
  tree.options.handlers_anywhere = true;
  const std::array rows{
      Row{"in the root", "/a.php", "script /a.php, info , by /bin/php"},
      Row{"with a path", "/a.php/x/y", "script /a.php, info /x/y, by /bin/php"},
      Row{"with a slash", "/a.php/", "script /a.php, info /, by /bin/php"},
      Row{"an index", "/sub/", "script /sub/index.php, info , by /bin/php"},
      Row{"the first index", "/both/",
          "script /both/index.php, info , by /bin/php"},
      Row{"the other index", "/", "file index.html: welcome"},
      Row{"hidden", "/.secret/a.php", "404"},
      Row{"with a path that begins with a dot", "/a.php/.x/.y",
          "script /a.php, info /.x/.y, by /bin/php"},
      Row{"a folder of that extension", "/d.php/x", "file x: <?php"},
      Row{"another case of the extension", "/list/E.PHP",
          "script /list/E.PHP, info , by /bin/php"},
      Row{"everybody may write to it", "/open.php", "403"},
      Row{"nothing", "/nothing.php", "404"},
      Row{"a file", "/file.txt", "file file.txt: text"},
  };
  check_rows(rows, tree.options);
  const Site site{tree.options};
  BOOST_TEST(in_words(find(site, "POST", "/sub/")) ==
             "script /sub/index.php, info , by /bin/php");
  BOOST_TEST(in_words(find(site, "POST", "/both/index.html")) == "501");
  BOOST_TEST(!site.find_page("/a.php").has_value());

  tree.options.fallback = "/a.php";
  check_rows(std::array{Row{"a fallback", "/nothing/x",
                            "script /a.php, info , by /bin/php"}},
             tree.options);
  tree.options.allow_writable_scripts = true;
  check_rows(std::array{Row{"all may write to it", "/open.php",
                            "script /open.php, info , by /bin/php"}},
             tree.options);
}

BOOST_AUTO_TEST_CASE(cgi_folders_are_the_administrators_choice) {
  Tree tree;
  tree.options.cgi_folders.clear();
  const std::array rows_without_cgi{
      Row{"a script is a file", "/cgi-bin/test.sh",
          "file test.sh: #!/bin/sh\n"},
      Row{"a folder is listed", "/htbin/", "folder: test.sh"},
  };
  check_rows(rows_without_cgi, tree.options);

  tree.options.cgi_folders = {"/sub/cgi-bin"};
  const std::array rows_elsewhere{
      Row{"a deeper folder", "/sub/cgi-bin/test.sh/x",
          "script /sub/cgi-bin/test.sh, info /x"},
      Row{"in another case", "/SUB/cgi-bin/test.sh", "404"},
      Row{"the default no more", "/cgi-bin/test.sh",
          "file test.sh: #!/bin/sh\n"},
      Row{"its parent", "/sub/", "folder: cgi-bin/"},
  };
  check_rows(rows_elsewhere, tree.options);
}

BOOST_AUTO_TEST_CASE(a_file_comes_with_its_facts) {
  const Tree tree;
  const std::string path = tree.folder.path("root/file.txt");
  constexpr std::time_t modified = 784111777;
  const std::array<timespec, 2> times{{{modified, 0}, {modified, 999'999'999}}};
  BOOST_REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
  const Site site{tree.options};
  const Resource found = find(site, "GET", "/file.txt");
  const auto& file = std::get<File>(found);
  const struct stat facts = facts_of(file.fd.get());
  BOOST_TEST(file.version.size == 4);
  BOOST_TEST(file.version.inode == facts.st_ino);
  BOOST_TEST(file.version.modified.tv_sec == modified);
  BOOST_TEST(file.version.modified.tv_nsec == 999'999'999);
  BOOST_TEST(file.version.changed.tv_sec == facts.st_ctim.tv_sec);
  BOOST_TEST(file.version.changed.tv_nsec == facts.st_ctim.tv_nsec);
  BOOST_TEST((file.coding == Coding::identity));
  BOOST_TEST(!file.is_negotiated);
  BOOST_TEST((::fcntl(file.fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

BOOST_AUTO_TEST_CASE(entries_come_with_their_facts) {
  const Tree tree;
  tree.folder.add_link("root/list/link", "a.txt");
  const Site site{tree.options};
  const Resource found = find(site, "GET", "/list/");
  const auto& entries = std::get<Directory>(found).entries;
  for (const char* name : {"a.txt", "link"}) {
    const auto entry = std::ranges::find(entries, name, &Entry::name);
    BOOST_TEST_CONTEXT(name) {
      BOOST_REQUIRE((entry != entries.end()));
      BOOST_TEST(entry->size == 2, "of the file, also for a link to it");
      BOOST_TEST(entry->modified.time_since_epoch().count() > 784111777);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_script_comes_with_its_folder) {
  const Tree tree;
  const Site site{tree.options};
  const Resource found = find(site, "GET", "/cgi-bin/nested/deep/test.sh/x");
  const auto& script = std::get<Script>(found);
  BOOST_TEST(script.file_name == "test.sh");
  BOOST_TEST(
      path_of(script.folder.get()) ==
      path_of(open_or_fail(tree.folder.path("root/cgi-bin/nested/deep"), O_PATH)
                  .get()));
}

BOOST_AUTO_TEST_CASE(the_path_of_the_root_is_absolute) {
  const TemporaryFolder folder;
  folder.add_folder("root");
  folder.add_link("link", "root");
  const auto path_for = [](const std::string& root) {
    Options options;
    options.root = root;
    return Site{options}.root_path();
  };
  const std::string root = folder.path("root");
  BOOST_TEST(path_for(root) == root);
  BOOST_TEST(path_for(root + "//") == root);
  BOOST_TEST(path_for(folder.path("link")) == folder.path("link"));
  BOOST_TEST(path_for("/").empty());
  const std::string real = path_of(open_or_fail(root, O_PATH).get());
  check_in_child([&] {
    BOOST_REQUIRE(::chdir(folder.path().c_str()) == 0);
    BOOST_TEST(path_for("root") == real);
    BOOST_TEST(path_for("./root/") == real);
    BOOST_TEST(path_for("link") == real);
  });
}

BOOST_AUTO_TEST_CASE(a_root_that_is_none_is_an_error_of_the_setup) {
  const TemporaryFolder folder;
  folder.add_file("file");
  for (const char* name : {"file", "nothing"}) {
    Options options;
    options.root = folder.path(name);
    BOOST_CHECK_EXCEPTION(
        Site{options}, SetupError, [&](const SetupError& error) {
          return error.exit_status() == SetupError::configuration &&
                 std::string_view{error.what()}.find(options.root) !=
                     std::string_view::npos;
        });
  }
}

BOOST_AUTO_TEST_CASE(a_folder_that_changes_while_it_is_served_harms_nobody) {
  const TemporaryFolder folder;
  folder.add_file("outside/file", "outside");
  folder.add_file("outside/secret");
  folder.add_file("root/x_inside/file", "inside");
  folder.add_link("root/x_outside", "../outside");
  const Child swapper{[&] {
    const std::string place = folder.path("root/x");
    const std::string inside = folder.path("root/x_inside");
    const std::string outside = folder.path("root/x_outside");
    for (;;) {
      std::rename(inside.c_str(), place.c_str());
      std::rename(place.c_str(), inside.c_str());
      std::rename(outside.c_str(), place.c_str());
      std::rename(place.c_str(), outside.c_str());
    }
  }};
  Options options;
  options.root = folder.path("root");
  const Site site{options};
  constexpr int requests = 2000;
  for (int i = 0; i < requests; ++i) {
    const std::string file = in_words(find(site, "GET", "/x/file"));
    BOOST_REQUIRE((file == "file file: inside" || file == "404"));
    const std::string list = in_words(find(site, "GET", "/x/"));
    BOOST_REQUIRE(
        (list == "folder: file" || list == "404" || list == "folder:"));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cgihttpd::test

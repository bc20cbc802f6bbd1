#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

#include "options.h"
#include "refusal.h"
#include "tables.h"
#include "text.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

namespace {

using Folders = std::vector<std::string>;

// Parses a command line whose words are separated by single blanks.
Options parse(std::string_view command_line) {
  std::vector<std::string> words;
  for (const std::string_view word : split(command_line, ' '))
    words.emplace_back(word);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  return parse_options(std::span{arguments}.first(words.size()));
}

// Prefix and file of each.
Folders protections_of(const Options& options) {
  Folders parts;
  for (const auto& [prefix, file] : options.protections) {
    parts.push_back(prefix);
    parts.push_back(file);
  }
  return parts;
}

struct OptionRow {
  const char* why;
  std::string_view input;
  bool (*expected)(const Options& options);
};

void check_options(const auto& rows) {
  check_rows(rows, [](const OptionRow& row) {
    BOOST_TEST(row.expected(parse(row.input)), row.input);
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(options)

BOOST_AUTO_TEST_CASE(defaults_are_those_of_the_manual) {
  const Options options = parse("cgihttpd /srv");
  BOOST_TEST((options.action == Options::Action::serve));
  BOOST_TEST(options.root == "/srv");
  BOOST_TEST(!options.vhosts);
  BOOST_TEST((options.index_names == Folders{"index.html", "index.htm"}));
  BOOST_TEST(options.listing);
  BOOST_TEST(!options.follow_symlinks);
  BOOST_TEST(!options.dotfiles);
  BOOST_TEST(options.fallback.empty());
  BOOST_TEST(options.error_pages.empty());
  BOOST_TEST(options.header_fields.empty());
  BOOST_TEST(!options.max_age.has_value());
  BOOST_TEST((options.cgi_folders == Folders{"/cgi-bin", "/htbin"}));
  BOOST_TEST(options.script_programs.empty());
  BOOST_TEST(options.handlers.empty());
  BOOST_TEST(!options.handlers_anywhere);
  BOOST_TEST(!options.allow_writable_scripts);
  BOOST_TEST((options.cgi_output == CgiOutput::parsed));
  BOOST_TEST(!options.cgi_timeout.has_value());
  BOOST_TEST(!options.connection_timeout.has_value());
  BOOST_TEST(!options.keep_running);
  BOOST_TEST(options.script_limits.empty());
  BOOST_TEST(!options.isindex);
  BOOST_TEST(!options.pass_authorization);
  BOOST_TEST(options.set_environment.empty());
  BOOST_TEST(options.pass_environment.empty());
  BOOST_TEST(!options.proxy_protocol);
  BOOST_TEST(options.trusted_proxies.empty());
  BOOST_TEST((options.forwarded_field == ForwardedField::either));
  BOOST_TEST(options.protections.empty());
  BOOST_TEST(options.user == "65534");
  BOOST_TEST(options.head_timeout.count() == 20);
  BOOST_TEST(options.send_timeout.count() == 60);
  BOOST_TEST(options.max_body == 1'073'741'824U);
  BOOST_TEST((options.log == LogTarget::automatic));
  BOOST_TEST(options.log_file.empty());
  BOOST_TEST((options.log_format == LogFormat::combined));
  BOOST_TEST(!options.server_version);
}

static bool has_field(const Options& options, std::string_view name,
                      std::string_view value) {
  return std::ranges::any_of(
      options.header_fields, [&](const HeaderField& field) {
        return field.name == name && field.value == value;
      });
}

constexpr OptionRow site_rows[] = {
    {"hosts", "cgihttpd --vhosts /srv",
     [](const Options& o) { return o.vhosts; }},
    {"the first index replaces the defaults", "cgihttpd --index=a.html /srv",
     [](const Options& o) { return o.index_names == Folders{"a.html"}; }},
    {"each other index is added", "cgihttpd --index=b --index=a /srv",
     [](const Options& o) {
       return o.index_names == Folders{"b", "a"};
     }},
    {"no listing", "cgihttpd --no-listing /srv",
     [](const Options& o) { return !o.listing; }},
    {"all links", "cgihttpd --symlinks=follow /srv",
     [](const Options& o) { return o.follow_symlinks; }},
    {"the last word on links counts",
     "cgihttpd --symlinks=follow --symlinks=below /srv",
     [](const Options& o) { return !o.follow_symlinks; }},
    {"dotfiles", "cgihttpd --dotfiles /srv",
     [](const Options& o) { return o.dotfiles; }},
    {"a fallback", "cgihttpd --fallback=/a/index.html /srv",
     [](const Options& o) { return o.fallback == "/a/index.html"; }},
    {"error pages",
     "cgihttpd --error-page=404=/a.html --error-page=500=/b= /srv",
     [](const Options& o) {
       return o.error_pages.size() == 2 &&
              o.error_pages[0].status == Status::not_found &&
              o.error_pages[0].path == "/a.html" &&
              o.error_pages[1].status == Status::internal_server_error &&
              o.error_pages[1].path == "/b=";
     }},
    {"a field", "cgihttpd --header=X-A:b /srv",
     [](const Options& o) { return has_field(o, "X-A", "b"); }},
    {"a field without value", "cgihttpd --header=X-A: /srv",
     [](const Options& o) { return has_field(o, "X-A", ""); }},
    {"two fields, and colons",
     "cgihttpd --header=a:b --header=a:c:\td:e\t /srv",
     [](const Options& o) {
       return has_field(o, "a", "b") && has_field(o, "a", "c:\td:e");
     }},
    {"an age", "cgihttpd --max-age=0 /srv",
     [](const Options& o) { return o.max_age == std::chrono::seconds{0}; }},
    {"the longest age", "cgihttpd --max-age=2147483647 /srv",
     [](const Options& o) {
       return o.max_age == std::chrono::seconds{2147483647};
     }},
};

BOOST_AUTO_TEST_CASE(options_tell_what_a_site_is) {
  check_options(site_rows);
}

using Resource = ScriptLimit::Resource;

static bool has_limit(const Options& options, Resource resource,
                      std::uint64_t maximum) {
  return std::ranges::any_of(
      options.script_limits, [&](const ScriptLimit& limit) {
        return limit.resource == resource && limit.maximum == maximum;
      });
}

constexpr OptionRow option_rows[] = {
    {"a mode", "cgihttpd --cgi-output=direct /srv",
     [](const Options& o) { return o.cgi_output == CgiOutput::direct; }},
    {"the default mode", "cgihttpd --cgi-output=parsed /srv",
     [](const Options& o) { return o.cgi_output == CgiOutput::parsed; }},
    {"the last mode counts",
     "cgihttpd --cgi-output=direct --cgi-output=parsed /srv",
     [](const Options& o) { return o.cgi_output == CgiOutput::parsed; }},
    {"a switch", "cgihttpd --isindex /srv",
     [](const Options& o) { return o.isindex; }},
    {"a switch", "cgihttpd --pass-authorization /srv",
     [](const Options& o) { return o.pass_authorization; }},
    {"a switch", "cgihttpd --server-version /srv",
     [](const Options& o) { return o.server_version; }},
    {"a variable", "cgihttpd --set-env=A=b /srv",
     [](const Options& o) { return o.set_environment == Folders{"A=b"}; }},
    {"variables, in their order", "cgihttpd --set-env=B=c --set-env=A= /srv",
     [](const Options& o) {
       return o.set_environment == Folders{"B=c", "A="};
     }},
    {"a value with =", "cgihttpd --set-env=A=b=c= /srv",
     [](const Options& o) { return o.set_environment == Folders{"A=b=c="}; }},
    {"names", "cgihttpd --pass-env=A --pass-env=B /srv",
     [](const Options& o) {
       return o.pass_environment == Folders{"A", "B"};
     }},
    {"a switch", "cgihttpd --proxy-protocol /srv",
     [](const Options& o) { return o.proxy_protocol; }},
    {"a network", "cgihttpd --trusted-proxy=10.0.0.0/8 /srv",
     [](const Options& o) {
       return o.trusted_proxies.size() == 1 &&
              contains(o.trusted_proxies, "10.1.2.3") &&
              !contains(o.trusted_proxies, "11.1.2.3");
     }},
    {"an address and local sockets",
     "cgihttpd --trusted-proxy=::1 --trusted-proxy=unix: /srv",
     [](const Options& o) {
       return o.trusted_proxies.size() == 2 &&
              contains(o.trusted_proxies, "::1") &&
              contains(o.trusted_proxies, "unix:") &&
              !contains(o.trusted_proxies, "127.0.0.1");
     }},
    {"a field", "cgihttpd --forwarded-field=Forwarded /srv",
     [](const Options& o) {
       return o.forwarded_field == ForwardedField::forwarded;
     }},
    {"a field of any case", "cgihttpd --forwarded-field=x-forwarded-for /srv",
     [](const Options& o) {
       return o.forwarded_field == ForwardedField::x_forwarded_for;
     }},
    {"a protected folder", "cgihttpd --auth=/a=/etc/b /srv",
     [](const Options& o) {
       return protections_of(o) == Folders{"/a", "/etc/b"};
     }},
    {"with a slash", "cgihttpd --auth=/a/b/=c /srv",
     [](const Options& o) {
       return protections_of(o) == Folders{"/a/b", "c"};
     }},
    {"all", "cgihttpd --auth=/=c /srv",
     [](const Options& o) {
       return protections_of(o) == Folders{"/", "c"};
     }},
    {"a file with =", "cgihttpd --auth=/a=b=c /srv",
     [](const Options& o) {
       return protections_of(o) == Folders{"/a", "b=c"};
     }},
    {"one in another", "cgihttpd --auth=/a=b --auth=/=c --auth=/a/b=b /srv",
     [](const Options& o) {
       return protections_of(o) == Folders{"/a", "b", "/", "c", "/a/b", "b"};
     }},
    {"a user", "cgihttpd --user=www-data /srv",
     [](const Options& o) { return o.user == "www-data"; }},
    {"a user and a group", "cgihttpd --user=1000:1000 /srv",
     [](const Options& o) { return o.user == "1000:1000"; }},
    {"a timeout", "cgihttpd --head-timeout=1 /srv",
     [](const Options& o) { return o.head_timeout.count() == 1; }},
    {"the longest timeout", "cgihttpd --head-timeout=604800 /srv",
     [](const Options& o) { return o.head_timeout.count() == 604800; }},
    {"the other timeout", "cgihttpd --send-timeout=5 /srv",
     [](const Options& o) {
       return o.send_timeout.count() == 5 && o.head_timeout.count() == 20;
     }},
    {"the time of all", "cgihttpd --connection-timeout=9 /srv",
     [](const Options& o) {
       return o.connection_timeout == std::chrono::seconds{9};
     }},
    {"a script's time", "cgihttpd --cgi-timeout=30 /srv",
     [](const Options& o) {
       return o.cgi_timeout == std::chrono::seconds{30};
     }},
    {"a switch", "cgihttpd --keep-running /srv",
     [](const Options& o) { return o.keep_running; }},
    {"CPU time", "cgihttpd --cgi-limit=cpu=60 /srv",
     [](const Options& o) { return has_limit(o, Resource::cpu, 60); }},
    {"memory", "cgihttpd --cgi-limit=memory=2G /srv",
     [](const Options& o) {
       return has_limit(o, Resource::memory, 2'147'483'648);
     }},
    {"memory in octets", "cgihttpd --cgi-limit=memory=5000000 /srv",
     [](const Options& o) { return has_limit(o, Resource::memory, 5000000); }},
    {"several limits",
     "cgihttpd --cgi-limit=files=20 --cgi-limit=processes=50 /srv",
     [](const Options& o) {
       return o.script_limits.size() == 2 &&
              has_limit(o, Resource::files, 20) &&
              has_limit(o, Resource::processes, 50);
     }},
    {"the last one counts",
     "cgihttpd --cgi-limit=files=20 --cgi-limit=files=30 /srv",
     [](const Options& o) {
       return o.script_limits.size() == 1 && has_limit(o, Resource::files, 30);
     }},
    {"a size in octets", "cgihttpd --max-body=8193 /srv",
     [](const Options& o) { return o.max_body == 8193; }},
    {"a size in KiB", "cgihttpd --max-body=3K /srv",
     [](const Options& o) { return o.max_body == 3072; }},
    {"a size in MiB", "cgihttpd --max-body=16M /srv",
     [](const Options& o) { return o.max_body == 16'777'216; }},
    {"a size in GiB", "cgihttpd --max-body=5G /srv",
     [](const Options& o) { return o.max_body == 5'368'709'120; }},
    {"no body at all", "cgihttpd --max-body=0 /srv",
     [](const Options& o) { return o.max_body == 0; }},
    {"the largest size", "cgihttpd --max-body=18446744073709551615 /srv",
     [](const Options& o) { return o.max_body == 18446744073709551615U; }},
    {"the largest size in GiB", "cgihttpd --max-body=17179869183G /srv",
     [](const Options& o) { return o.max_body == 18446744072635809792U; }},
};

BOOST_AUTO_TEST_CASE(each_option_says_one_thing) {
  check_options(option_rows);
}

constexpr OptionRow log_rows[] = {
    {"standard error", "cgihttpd --log=stderr /srv",
     [](const Options& o) { return o.log == LogTarget::standard_error; }},
    {"syslog", "cgihttpd --log=syslog /srv",
     [](const Options& o) { return o.log == LogTarget::syslog; }},
    {"the journal", "cgihttpd --log=journal /srv",
     [](const Options& o) { return o.log == LogTarget::journal; }},
    {"nothing", "cgihttpd --log=none /srv",
     [](const Options& o) { return o.log == LogTarget::none; }},
    {"a file", "cgihttpd --log=/var/log/a /srv",
     [](const Options& o) {
       return o.log == LogTarget::file && o.log_file == "/var/log/a";
     }},
    {"the last one counts", "cgihttpd --log=/var/log/a --log=syslog /srv",
     [](const Options& o) {
       return o.log == LogTarget::syslog && o.log_file.empty();
     }},
    {"objects", "cgihttpd --log-format=json /srv",
     [](const Options& o) { return o.log_format == LogFormat::json; }},
    {"lines", "cgihttpd --log-format=json --log-format=combined /srv",
     [](const Options& o) { return o.log_format == LogFormat::combined; }},
};

BOOST_AUTO_TEST_CASE(a_log_has_a_target_and_a_format) {
  check_options(log_rows);
}

constexpr OptionRow line_rows[] = {
    {"a value in the next word", "cgihttpd --user www-data /srv",
     [](const Options& o) { return o.user == "www-data"; }},
    {"a value that looks like an option", "cgihttpd --user --isindex /srv",
     [](const Options& o) { return o.user == "--isindex" && !o.isindex; }},
    {"options after the root", "cgihttpd /srv --isindex --user=a",
     [](const Options& o) {
       return o.root == "/srv" && o.isindex && o.user == "a";
     }},
    {"-- ends the options", "cgihttpd -- --isindex",
     [](const Options& o) { return o.root == "--isindex" && !o.isindex; }},
    {"a dash is a root", "cgihttpd -",
     [](const Options& o) { return o.root == "-"; }},
    {"a relative root", "cgihttpd .",
     [](const Options& o) { return o.root == "."; }},
    {"a check", "cgihttpd --check /srv --isindex",
     [](const Options& o) {
       return o.action == Options::Action::check && o.root == "/srv" &&
              o.isindex;
     }},
    {"help", "cgihttpd --help",
     [](const Options& o) { return o.action == Options::Action::show_help; }},
    {"help, in short", "cgihttpd -h",
     [](const Options& o) { return o.action == Options::Action::show_help; }},
    {"help needs no root", "cgihttpd --isindex -h",
     [](const Options& o) { return o.action == Options::Action::show_help; }},
    {"help cares for no root", "cgihttpd -h /srv /srv",
     [](const Options& o) { return o.action == Options::Action::show_help; }},
    {"version", "cgihttpd --version",
     [](const Options& o) {
       return o.action == Options::Action::show_version;
     }},
    {"version, in short", "cgihttpd -V",
     [](const Options& o) {
       return o.action == Options::Action::show_version;
     }},
};

BOOST_AUTO_TEST_CASE(a_command_line_is_read_as_getopt_long_does) {
  check_options(line_rows);
}

constexpr OptionRow folder_rows[] = {
    {"the first replaces the defaults", "cgihttpd --cgi-dir=/a /srv",
     [](const Options& o) { return o.cgi_folders == Folders{"/a"}; }},
    {"each other is added", "cgihttpd --cgi-dir=/b --cgi-dir=/a /srv",
     [](const Options& o) {
       return o.cgi_folders == Folders{"/b", "/a"};
     }},
    {"several parts", "cgihttpd --cgi-dir=/a/b.c/d /srv",
     [](const Options& o) { return o.cgi_folders == Folders{"/a/b.c/d"}; }},
    {"a slash at the end", "cgihttpd --cgi-dir=/a/ /srv",
     [](const Options& o) { return o.cgi_folders == Folders{"/a"}; }},
    {"a default that is given", "cgihttpd --cgi-dir=/cgi-bin /srv",
     [](const Options& o) { return o.cgi_folders == Folders{"/cgi-bin"}; }},
    {"both defaults that are given, and another",
     "cgihttpd --cgi-dir=/cgi-bin --cgi-dir=/htbin --cgi-dir=/a /srv",
     [](const Options& o) {
       return o.cgi_folders == Folders{"/cgi-bin", "/htbin", "/a"};
     }},
    {"dots in a name", "cgihttpd --cgi-dir=/..a/.b /srv",
     [](const Options& o) { return o.cgi_folders == Folders{"/..a/.b"}; }},
    {"it is decoded already", "cgihttpd --cgi-dir=/%41 /srv",
     [](const Options& o) { return o.cgi_folders == Folders{"/%41"}; }},
    {"no scripts", "cgihttpd --no-cgi /srv",
     [](const Options& o) { return o.cgi_folders.empty(); }},
    {"no scripts after all", "cgihttpd --cgi-dir=/a --no-cgi /srv",
     [](const Options& o) { return o.cgi_folders.empty(); }},
};

BOOST_AUTO_TEST_CASE(script_folders_replace_the_defaults) {
  check_options(folder_rows);
}

constexpr OptionRow program_rows[] = {
    {"programs, in their order",
     "cgihttpd --script=/git=/usr/bin/git --script=/a/b/=/x=y /srv",
     [](const Options& o) {
       return o.script_programs.size() == 2 &&
              o.script_programs[0].path == "/git" &&
              o.script_programs[0].program == "/usr/bin/git" &&
              o.script_programs[1].path == "/a/b" &&
              o.script_programs[1].program == "/x=y";
     }},
    {"a program for everything", "cgihttpd --script=/=/x /srv",
     [](const Options& o) { return o.script_programs.at(0).path.empty(); }},
    {"handlers", "cgihttpd --handler=.php=/usr/bin/php-cgi /srv",
     [](const Options& o) {
       return o.handlers.size() == 1 && o.handlers[0].extension == ".php" &&
              o.handlers[0].program == "/usr/bin/php-cgi";
     }},
    {"a switch", "cgihttpd --handlers-anywhere /srv",
     [](const Options& o) { return o.handlers_anywhere; }},
    {"a switch", "cgihttpd --allow-writable-scripts /srv",
     [](const Options& o) { return o.allow_writable_scripts; }},
};

BOOST_AUTO_TEST_CASE(programs_answer_for_paths_and_extensions) {
  check_options(program_rows);
}

struct ErrorRow {
  const char* why;
  std::string_view input;
  std::string_view expected;  // the beginning of the message
};

// Checks that a command line is refused, on one line, with an exit status.
void check_errors(const auto& rows, int exit_status) {
  check_rows(rows, [&](const ErrorRow& row) {
    const auto error = error_of<SetupError>([&] { return parse(row.input); });
    const std::string what = error ? error->what() : "no error";
    BOOST_TEST(what.starts_with(row.expected), what);
    BOOST_TEST(what.find('\n') == std::string::npos);
    BOOST_TEST((error && error->exit_status() == exit_status));
  });
}

constexpr OptionRow sandbox_rows[] = {
    {"the default", "cgihttpd /srv",
     [](const Options& o) {
       return o.sandbox == SandboxMode::automatic && !o.confine && !o.chroot &&
              o.readable.empty() && o.writable.empty() && !o.allow_network;
     }},
    {"the same", "cgihttpd --sandbox=off --sandbox=auto /srv",
     [](const Options& o) { return o.sandbox == SandboxMode::automatic; }},
    {"all", "cgihttpd --sandbox=require /srv",
     [](const Options& o) { return o.sandbox == SandboxMode::require; }},
    {"none", "cgihttpd --sandbox=off /srv",
     [](const Options& o) { return o.sandbox == SandboxMode::off; }},
    {"scripts", "cgihttpd --confine /srv",
     [](const Options& o) { return o.confine; }},
    {"folders, in any order",
     "cgihttpd --writable=/a --readable=/b --writable=/c/ --confine /srv",
     [](const Options& o) {
       return o.writable == Folders{"/a", "/c/"} && o.readable == Folders{"/b"};
     }},
    {"the network", "cgihttpd --allow-network --confine /srv",
     [](const Options& o) { return o.allow_network; }},
    {"a root", "cgihttpd --chroot --no-cgi /srv",
     [](const Options& o) { return o.chroot; }},
};

BOOST_AUTO_TEST_CASE(options_tell_what_is_left_to_whom) {
  check_options(sandbox_rows);
}

constexpr ErrorRow sandbox_error_rows[] = {
    {"no mode", "cgihttpd --sandbox=on /srv", "--sandbox=on: is auto"},
    {"no absolute path", "cgihttpd --confine --writable=a /srv",
     "--writable=a: needs"},
    {"no absolute path", "cgihttpd --confine --readable=a /srv",
     "--readable=a: needs"},
    {"nothing to confine with", "cgihttpd --confine --sandbox=off /srv",
     "--confine: "},
    {"nothing confined", "cgihttpd --writable=/a /srv", "--writable: "},
    {"nothing confined", "cgihttpd --readable=/a /srv", "--readable: "},
    {"nothing confined", "cgihttpd --allow-network /srv", "--allow-network: "},
    {"scripts", "cgihttpd --chroot /srv", "--chroot: no script"},
};

BOOST_AUTO_TEST_CASE(options_that_contradict_each_other_are_usage_errors) {
  check_errors(sandbox_error_rows, SetupError::usage);
}

constexpr ErrorRow usage_rows[] = {
    {"no program", "cgihttpd --script=/git /srv", "--script=/git: "},
    {"a relative program", "cgihttpd --script=/git=git /srv",
     "--script=/git=git: needs the absolute"},
    {"a folder", "cgihttpd --script=/git=/usr/ /srv", "--script=/git=/usr/: "},
    {"no path", "cgihttpd --script=git=/x /srv", "--script=git=/x: "},
    {"an empty path", "cgihttpd --script==/x /srv", "--script==/x: "},
    {"dots in a path", "cgihttpd --script=/a/../b=/x /srv",
     "--script=/a/../b=/x: "},
    {"no dot", "cgihttpd --handler=php=/x /srv", "--handler=php=/x: "},
    {"a dot alone", "cgihttpd --handler=.=/x /srv", "--handler=.=/x: "},
    {"no handler", "cgihttpd --handler=.php /srv", "--handler=.php: "},
    {"a handler in PATH", "cgihttpd --handler=.php=php-cgi /srv",
     "--handler=.php=php-cgi: "},
    {"an index in a folder", "cgihttpd --index=a/b /srv", "--index=a/b: "},
    {"an index that is a folder", "cgihttpd --index=.. /srv", "--index=..: "},
    {"no index", "cgihttpd --index= /srv", "--index: "},
    {"no mode of links", "cgihttpd --symlinks=none /srv",
     "--symlinks=none: is either"},
    {"a fallback without slash", "cgihttpd --fallback=a /srv",
     "--fallback=a: "},
    {"a fallback with dots", "cgihttpd --fallback=/../a /srv",
     "--fallback=/../a: "},
    {"a folder as fallback", "cgihttpd --fallback=/ /srv", "--fallback=/: "},
    {"no code", "cgihttpd --error-page=/a /srv", "--error-page=/a: "},
    {"no page", "cgihttpd --error-page=404 /srv", "--error-page=404: "},
    {"a code of no error", "cgihttpd --error-page=304=/a /srv",
     "--error-page=304=/a: "},
    {"no code at all", "cgihttpd --error-page=4o4=/a /srv",
     "--error-page=4o4=/a: "},
    {"dots in a page", "cgihttpd --error-page=404=/../a /srv",
     "--error-page=404=/../a: "},
    {"a field without colon", "cgihttpd --header=a /srv", "--header=a: "},
    {"no name of a field", "cgihttpd --header=:a /srv", "--header=:a: "},
    {"a second field", "cgihttpd --header=a:b\r\nc:d /srv", "--header=a:b"},
    {"a second line", "cgihttpd --header=a:b\nc /srv", "--header=a:b"},
    {"a name with a parenthesis", "cgihttpd --header=a(:b /srv", "--header=a("},
    {"what frames", "cgihttpd --header=content-length:1 /srv",
     "--header=content-length:1: is a field that"},
    {"what frames, too", "cgihttpd --header=Transfer-Encoding:a /srv",
     "--header=Transfer-Encoding:a: is a field that"},
    {"a negative age", "cgihttpd --max-age=-1 /srv", "--max-age=-1: "},
    {"no number", "cgihttpd --max-age=1d /srv", "--max-age=1d: "},
    {"an age above RFC 9111 1.2.2", "cgihttpd --max-age=2147483648 /srv",
     "--max-age=2147483648: "},
    {"no such option", "cgihttpd --bogus /srv", "--bogus: no such option"},
    {"no such option, with a value", "cgihttpd --bogus=a /srv", "--bogus=a: "},
    {"no such option, after the root", "cgihttpd /srv --bogus", "--bogus: "},
    {"no such letter", "cgihttpd -x /srv", "-x: no such option"},
    {"no letter at all", "cgihttpd -\n /srv", "-\\x0A: no such option"},
    {"no name of an option", "cgihttpd --a\nb /srv", "--a\\x0Ab: no such"},
    {"no such letter, after one that is", "cgihttpd -hx /srv", "-x: "},
    {"no such letter, before one that is", "cgihttpd -xh /srv", "-x: "},
    {"no such letter, after a long option", "cgihttpd --isindex -xh /srv",
     "-x: "},
    {"no such letter, with a value", "cgihttpd -x=a /srv", "-x: "},
    {"an option of several letters", "cgihttpd -isindex /srv", "-i: "},
    {"help excuses nothing", "cgihttpd --help --bogus", "--bogus: "},
    {"short for several options", "cgihttpd --se=a /srv", "--se=a: "},
    {"a switch with a value", "cgihttpd --isindex=1 /srv",
     "--isindex: takes no value"},
    {"two roots", "cgihttpd /srv /var", "/var: only one root"},
    {"an option after --", "cgihttpd /srv -- --isindex",
     "--isindex: only one root"},
};

BOOST_AUTO_TEST_CASE(what_is_no_option_is_a_usage_error) {
  check_errors(usage_rows, SetupError::usage);
}

constexpr ErrorRow value_rows[] = {
    {"no mode", "cgihttpd --cgi-output= /srv", "--cgi-output: "},
    {"no such mode", "cgihttpd --cgi-output=x /srv", "--cgi-output=x: "},
    {"a mode has a case", "cgihttpd --cgi-output=Direct /srv",
     "--cgi-output=Direct: "},
    {"no variable", "cgihttpd --set-env= /srv", "--set-env: "},
    {"a name without value", "cgihttpd --set-env=A /srv", "--set-env=A: "},
    {"a value without name", "cgihttpd --set-env==b /srv", "--set-env==b: "},
    {"nothing but =", "cgihttpd --set-env== /srv", "--set-env==: "},
    {"no name", "cgihttpd --pass-env= /srv", "--pass-env: "},
    {"a name with a value", "cgihttpd --pass-env=A=b /srv", "--pass-env=A=b: "},
    {"no network", "cgihttpd --trusted-proxy= /srv", "--trusted-proxy: "},
    {"a host's name", "cgihttpd --trusted-proxy=localhost /srv",
     "--trusted-proxy=localhost: "},
    {"a host in a network", "cgihttpd --trusted-proxy=10.0.0.1/8 /srv",
     "--trusted-proxy=10.0.0.1/8: "},
    {"no field", "cgihttpd --forwarded-field= /srv", "--forwarded-field: "},
    {"another field", "cgihttpd --forwarded-field=X-Real-IP /srv",
     "--forwarded-field=X-Real-IP: "},
    {"nothing to protect", "cgihttpd --auth= /srv", "--auth: "},
    {"no password file", "cgihttpd --auth=/a /srv", "--auth=/a: "},
    {"an empty name of one", "cgihttpd --auth=/a= /srv", "--auth=/a=: "},
    {"no prefix", "cgihttpd --auth==b /srv", "--auth==b: "},
    {"no slash first", "cgihttpd --auth=a=b /srv", "--auth=a=b: "},
    {"two slashes", "cgihttpd --auth=//=b /srv", "--auth=//=b: "},
    {"two slashes in it", "cgihttpd --auth=/a//c=b /srv", "--auth=/a//c=b: "},
    {"dots", "cgihttpd --auth=/a/../c=b /srv", "--auth=/a/../c=b: "},
    {"twice the same", "cgihttpd --auth=/a=b --auth=/a/=c /srv",
     "--auth=/a/=c: its PREFIX has"},
    {"the same for some file systems", "cgihttpd --auth=/a=b --auth=/A=b /srv",
     "--auth=/A=b: its PREFIX has"},
    {"twice all", "cgihttpd --auth=/=b --auth=/=b /srv", "--auth=/=b: its"},
    {"no user", "cgihttpd --user= /srv", "--user: "},
    {"no time", "cgihttpd --head-timeout= /srv", "--head-timeout: "},
    {"no time at all", "cgihttpd --head-timeout=0 /srv", "--head-timeout=0: "},
    {"a negative time", "cgihttpd --head-timeout=-1 /srv",
     "--head-timeout=-1: "},
    {"a sign", "cgihttpd --head-timeout=+1 /srv", "--head-timeout=+1: "},
    {"a fraction", "cgihttpd --head-timeout=1.5 /srv", "--head-timeout=1.5: "},
    {"a unit", "cgihttpd --head-timeout=1s /srv", "--head-timeout=1s: "},
    {"an exponent", "cgihttpd --head-timeout=1e3 /srv", "--head-timeout=1e3: "},
    {"no number", "cgihttpd --head-timeout=x /srv", "--head-timeout=x: "},
    {"more than a week", "cgihttpd --head-timeout=604801 /srv",
     "--head-timeout=604801: "},
    {"2^32 + 1", "cgihttpd --head-timeout=4294967297 /srv",
     "--head-timeout=4294967297: "},
    {"2^64 + 1", "cgihttpd --send-timeout=18446744073709551617 /srv",
     "--send-timeout=18446744073709551617: "},
    {"no log", "cgihttpd --log= /srv", "--log: "},
    {"no such log", "cgihttpd --log=x /srv", "--log=x: is stderr, "},
    {"a log has a case", "cgihttpd --log=Syslog /srv", "--log=Syslog: "},
    {"a file of the working folder", "cgihttpd --log=./a /srv", "--log=./a: "},
    {"no format", "cgihttpd --log-format= /srv", "--log-format: "},
    {"no such format", "cgihttpd --log-format=common /srv",
     "--log-format=common: "},
    {"the other timeout", "cgihttpd --send-timeout=0 /srv",
     "--send-timeout=0: "},
    {"the time of all", "cgihttpd --connection-timeout=0 /srv",
     "--connection-timeout=0: "},
    {"the time of a script", "cgihttpd --cgi-timeout=0 /srv",
     "--cgi-timeout=0: "},
    {"more than a week of it", "cgihttpd --cgi-timeout=604801 /srv",
     "--cgi-timeout=604801: "},
    {"no limit", "cgihttpd --cgi-limit= /srv", "--cgi-limit: needs cpu="},
    {"no such limit", "cgihttpd --cgi-limit=stack=1 /srv",
     "--cgi-limit=stack=1: needs cpu="},
    {"a limit has a case", "cgihttpd --cgi-limit=CPU=1 /srv",
     "--cgi-limit=CPU=1: "},
    {"a limit of nothing", "cgihttpd --cgi-limit=cpu /srv",
     "--cgi-limit=cpu: "},
    {"an empty limit", "cgihttpd --cgi-limit=cpu= /srv", "--cgi-limit=cpu=: "},
    {"nothing at all", "cgihttpd --cgi-limit=files=0 /srv",
     "--cgi-limit=files=0: "},
    {"no memory at all", "cgihttpd --cgi-limit=memory=0M /srv",
     "--cgi-limit=memory=0M: "},
    {"a suffix of what is counted", "cgihttpd --cgi-limit=files=1K /srv",
     "--cgi-limit=files=1K: "},
    {"a negative limit", "cgihttpd --cgi-limit=cpu=-1 /srv",
     "--cgi-limit=cpu=-1: "},
    {"2^64 of them", "cgihttpd --cgi-limit=cpu=18446744073709551616 /srv",
     "--cgi-limit=cpu=18446744073709551616: "},
    {"2^64 octets of memory", "cgihttpd --cgi-limit=memory=17179869184G /srv",
     "--cgi-limit=memory=17179869184G: "},
    {"no size", "cgihttpd --max-body= /srv", "--max-body: "},
    {"a suffix alone", "cgihttpd --max-body=M /srv", "--max-body=M: "},
    {"a small suffix", "cgihttpd --max-body=1m /srv", "--max-body=1m: "},
    {"an unknown suffix", "cgihttpd --max-body=1T /srv", "--max-body=1T: "},
    {"two suffixes", "cgihttpd --max-body=1KK /srv", "--max-body=1KK: "},
    {"a suffix of two letters", "cgihttpd --max-body=1MB /srv",
     "--max-body=1MB: "},
    {"a negative size", "cgihttpd --max-body=-1 /srv", "--max-body=-1: "},
    {"a fraction of a size", "cgihttpd --max-body=1.5G /srv",
     "--max-body=1.5G: "},
    {"2^64 octets", "cgihttpd --max-body=18446744073709551616 /srv",
     "--max-body=18446744073709551616: "},
    {"2^64 octets in GiB", "cgihttpd --max-body=17179869184G /srv",
     "--max-body=17179869184G: "},
};

BOOST_AUTO_TEST_CASE(a_value_that_cannot_be_understood_is_a_usage_error) {
  check_errors(value_rows, SetupError::usage);
}

constexpr ErrorRow bad_folder_rows[] = {
    {"no path", "cgihttpd --cgi-dir= /srv", "--cgi-dir: "},
    {"the root", "cgihttpd --cgi-dir=/ /srv", "--cgi-dir"},
    {"two slashes", "cgihttpd --cgi-dir=// /srv", "--cgi-dir"},
    {"no slash first", "cgihttpd --cgi-dir=cgi-bin /srv",
     "--cgi-dir=cgi-bin: "},
    {"two slashes first", "cgihttpd --cgi-dir=//a /srv", "--cgi-dir=//a: "},
    {"two slashes in it", "cgihttpd --cgi-dir=/a//b /srv", "--cgi-dir=/a//b: "},
    {"two slashes at its end", "cgihttpd --cgi-dir=/a// /srv", "--cgi-dir=/a"},
    {"a dot", "cgihttpd --cgi-dir=/. /srv", "--cgi-dir=/.: "},
    {"a dot in it", "cgihttpd --cgi-dir=/a/./b /srv", "--cgi-dir=/a/./b: "},
    {"a dot without slash", "cgihttpd --cgi-dir=. /srv", "--cgi-dir=.: "},
    {"two dots", "cgihttpd --cgi-dir=/.. /srv", "--cgi-dir=/..: "},
    {"two dots in it", "cgihttpd --cgi-dir=/a/../b /srv",
     "--cgi-dir=/a/../b: "},
    {"two dots at its end", "cgihttpd --cgi-dir=/a/.. /srv",
     "--cgi-dir=/a/..: "},
    {"a URL", "cgihttpd --cgi-dir=http://a/b /srv", "--cgi-dir=http://a/b: "},
};

BOOST_AUTO_TEST_CASE(a_script_folder_is_a_normal_path) {
  check_errors(bad_folder_rows, SetupError::usage);
}

constexpr ErrorRow missing_value_rows[] = {
    {"a path", "cgihttpd /srv --cgi-dir", "--cgi-dir: needs a value"},
    {"a mode", "cgihttpd /srv --cgi-output", "--cgi-output: needs a value"},
    {"a variable", "cgihttpd /srv --set-env", "--set-env: needs a value"},
    {"a name", "cgihttpd /srv --pass-env", "--pass-env: needs a value"},
    {"a user", "cgihttpd /srv --user", "--user: needs a value"},
    {"a pair", "cgihttpd /srv --auth", "--auth: needs a value"},
    {"a time", "cgihttpd /srv --head-timeout", "--head-timeout: needs a value"},
    {"a time", "cgihttpd /srv --send-timeout", "--send-timeout: needs a value"},
    {"a time", "cgihttpd /srv --connection-timeout",
     "--connection-timeout: needs a value"},
    {"a time", "cgihttpd /srv --cgi-timeout", "--cgi-timeout: needs a value"},
    {"a limit", "cgihttpd /srv --cgi-limit", "--cgi-limit: needs a value"},
    {"a size", "cgihttpd /srv --max-body", "--max-body: needs a value"},
    {"a log", "cgihttpd /srv --log", "--log: needs a value"},
    {"a format", "cgihttpd /srv --log-format", "--log-format: needs a value"},
    {"without a root, too", "cgihttpd --user", "--user: needs a value"},
};

BOOST_AUTO_TEST_CASE(an_option_without_its_value_is_a_usage_error) {
  check_errors(missing_value_rows, SetupError::usage);
}

constexpr ErrorRow root_rows[] = {
    {"no root", "cgihttpd", "no root folder"},
    {"no root behind options", "cgihttpd --isindex", "no root folder"},
    {"no root to check", "cgihttpd --check", "no root folder"},
    {"no root behind --", "cgihttpd --", "no root folder"},
    {"the root was taken for a value", "cgihttpd --user /srv",
     "no root folder"},
    {"an empty root", "cgihttpd ", "the root folder is empty"},
};

BOOST_AUTO_TEST_CASE(a_missing_root_is_a_configuration_error) {
  check_errors(root_rows, SetupError::configuration);
}

BOOST_AUTO_TEST_CASE(exit_statuses_are_those_of_sysexits) {
  BOOST_TEST(SetupError::usage == 64);
  BOOST_TEST(SetupError::configuration == 78);
  BOOST_TEST(SetupError{"a"}.exit_status() == 78);
}

constexpr std::string_view helped_options[] = {
    "      --vhosts",
    "      --index=NAME",
    "      --no-listing",
    "      --symlinks=below|follow",
    "      --dotfiles",
    "      --fallback=PATH",
    "      --error-page=CODE=PATH",
    "      --header=FIELD",
    "      --max-age=SECONDS",
    "      --cgi-dir=PATH",
    "      --script=PATH=PROGRAM",
    "      --handler=EXT=PROGRAM",
    "      --handlers-anywhere",
    "      --allow-writable-scripts",
    "      --no-cgi",
    "      --cgi-output=parsed|direct",
    "      --cgi-timeout=SECONDS",
    "      --keep-running",
    "      --cgi-limit=NAME=NUMBER",
    "      --isindex",
    "      --pass-authorization",
    "      --set-env=NAME=VALUE",
    "      --pass-env=NAME",
    "      --proxy-protocol",
    "      --trusted-proxy=NETWORK",
    "      --forwarded-field=Forwarded|X-Forwarded-For",
    "      --auth=PREFIX=FILE",
    "      --user=USER[:GROUP]",
    "      --chroot",
    "      --sandbox=auto|require|off",
    "      --confine",
    "      --readable=DIR",
    "      --writable=DIR",
    "      --allow-network",
    "      --head-timeout=SECONDS",
    "      --send-timeout=SECONDS",
    "      --connection-timeout=SECONDS",
    "      --max-body=SIZE",
    "      --log=stderr|syslog|journal|none|FILE",
    "      --log-format=combined|json",
    "      --server-version",
    "      --check",
    "  -h, --help",
    "  -V, --version",
};

BOOST_AUTO_TEST_CASE(help_lists_each_option_and_no_other) {
  const std::string text = help_text();
  std::vector<std::string> listed;
  for (const std::string_view line : split(text, '\n')) {
    if (line.find("--") == 6) {
      const std::size_t end = line.find(' ', 6);
      listed.emplace_back(line.substr(0, end));
    }
  }
  BOOST_TEST(std::ranges::equal(listed, helped_options), text);
}

BOOST_AUTO_TEST_CASE(help_fits_a_terminal) {
  const std::string text = help_text();
  BOOST_TEST(text.starts_with("Usage: cgihttpd [OPTION]... ROOT\n"));
  BOOST_TEST(text.ends_with("\n"));
  for (const std::string_view line : split(text, '\n')) {
    BOOST_TEST_CONTEXT(line) {
      BOOST_TEST(line.size() <= 80U);
      BOOST_TEST(line.find('\t') == std::string_view::npos);
      BOOST_TEST(!line.ends_with(' '));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

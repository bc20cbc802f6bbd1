#include "options.h"

#include <getopt.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "escape.h"
#include "refusal.h"
#include "text.h"

namespace cgihttpd {

namespace {

struct Row {
  TableText<24> name;
  char letter;             // 0: none
  TableText<32> argument;  // as --help shows it; empty: none
  TableText<192> help;
  void (*apply)(Options& options, std::string_view value);
};

constexpr std::size_t max_quoted_value = 256;

[[noreturn]] void refuse(std::string_view option, std::string_view value,
                         std::string_view reason) {
  std::string what = log_escape(option, max_quoted_value);
  if (!value.empty())
    what.append("=").append(log_escape(value, max_quoted_value));
  throw SetupError{what.append(": ").append(reason), SetupError::usage};
}

std::chrono::seconds parse_timeout(std::string_view option,
                                   std::string_view value) {
  constexpr std::uint32_t max_seconds = 7 * 24 * 3600;
  const auto seconds = parse_number<std::uint32_t>(value);
  if (!seconds || *seconds == 0 || *seconds > max_seconds)
    refuse(option, value, "needs a number of seconds from 1 to 604800");
  return std::chrono::seconds{*seconds};
}

// Whether `path` is `/` and names, with a slash between them: a URL path,
// decoded, that names what it says.
bool is_normal_path(std::string_view path) {
  const auto parts = split(path, '/');
  return parts.size() > 1 && parts.front().empty() &&
         std::all_of(parts.begin() + 1, parts.end(), [](std::string_view part) {
           return !part.empty() && part != "." && part != "..";
         });
}

// The factor that a suffix is short for; 0: none that we know.
std::uint64_t factor_for(char suffix) {
  switch (suffix) {
    case 'K': return std::uint64_t{1} << 10U;
    case 'M': return std::uint64_t{1} << 20U;
    case 'G': return std::uint64_t{1} << 30U;
    default: return 0;
  }
}

// A number of octets, or one with a suffix.
std::optional<std::uint64_t> parse_size(std::string_view value) {
  std::string_view digits = value;
  std::uint64_t factor = value.empty() ? 0 : factor_for(value.back());
  if (factor == 0) {
    factor = 1;
  } else {
    digits.remove_suffix(1);
  }
  const auto number = parse_number<std::uint64_t>(digits);
  if (!number || *number > std::numeric_limits<std::uint64_t>::max() / factor)
    return std::nullopt;
  return *number * factor;
}

void set_max_body(Options& options, std::string_view value) {
  const auto size = parse_size(value);
  if (!size) {
    refuse("--max-body", value,
           "needs a number of octets, or one with K, M or G");
  }
  options.max_body = *size;
}

void clear_cgi_folders(Options& options, std::string_view /*value*/) {
  options.cgi_folders.clear();
  options.has_default_cgi_folders = false;
}

void set_user(Options& options, std::string_view value) {
  if (value.empty()) refuse("--user", value, "needs USER or USER:GROUP");
  options.user = value;
}

void add_cgi_folder(Options& options, std::string_view value) {
  if (options.has_default_cgi_folders) clear_cgi_folders(options, {});
  if (value.ends_with('/')) value.remove_suffix(1);
  if (!is_normal_path(value))
    refuse("--cgi-dir", value, "needs a URL path such as /cgi-bin");
  options.cgi_folders.emplace_back(value);
}

// Splits KEY=PROGRAM.
std::pair<std::string_view, std::string_view> parse_program(
    std::string_view option, std::string_view value) {
  const std::size_t equals = std::min(value.find('='), value.size());
  const std::string_view program =
      value.substr(std::min(equals + 1, value.size()));
  if (!program.starts_with('/') || program.ends_with('/'))
    refuse(option, value, "needs the absolute path of a program after the `='");
  return {value.substr(0, equals), program};
}

void add_script_program(Options& options, std::string_view value) {
  auto [path, program] = parse_program("--script", value);
  const bool is_root = path == "/";
  if (path.ends_with('/')) path.remove_suffix(1);
  if (!is_root && !is_normal_path(path))
    refuse("--script", value, "needs a URL path such as /git, or /");
  options.script_programs.push_back({std::string{path}, std::string{program}});
}

void add_handler(Options& options, std::string_view value) {
  const auto [extension, program] = parse_program("--handler", value);
  if (extension.size() < 2 || !extension.starts_with('.') ||
      extension.find('/') != std::string_view::npos) {
    refuse("--handler", value, "needs an extension such as .php");
  }
  options.handlers.push_back({std::string{extension}, std::string{program}});
}

void add_index_name(Options& options, std::string_view value) {
  if (value.empty() || value.find('/') != std::string_view::npos ||
      value == "." || value == "..") {
    refuse("--index", value, "needs a file name such as index.html");
  }
  if (options.has_default_index_names) options.index_names.clear();
  options.has_default_index_names = false;
  options.index_names.emplace_back(value);
}

void set_symlinks(Options& options, std::string_view value) {
  if (value != "below" && value != "follow")
    refuse("--symlinks", value, "is either below or follow");
  options.follow_symlinks = value == "follow";
}

void set_fallback(Options& options, std::string_view value) {
  if (!is_normal_path(value))
    refuse("--fallback", value, "needs a path such as /index.html");
  options.fallback = value;
}

void add_error_page(Options& options, std::string_view value) {
  constexpr std::uint16_t first_error = 400;
  constexpr std::uint16_t last_error = 599;
  const std::size_t equals = std::min(value.find('='), value.size());
  const auto code = parse_number<std::uint16_t>(value.substr(0, equals));
  const std::string_view path =
      value.substr(std::min(equals + 1, value.size()));
  if (!code || *code < first_error || *code > last_error ||
      !is_normal_path(path)) {
    refuse("--error-page", value,
           "needs CODE=PATH such as 404=/404.html, with a code from 400 to "
           "599");
  }
  options.error_pages.push_back({Status{*code}, std::string{path}});
}

// What says how an answer is framed or what it is, and what the handler says
// itself: a second one would contradict it.
constexpr std::array<std::string_view, 19> own_fields{"accept-ranges",
                                                      "allow",
                                                      "connection",
                                                      "content-encoding",
                                                      "content-length",
                                                      "content-range",
                                                      "content-type",
                                                      "date",
                                                      "etag",
                                                      "keep-alive",
                                                      "last-modified",
                                                      "location",
                                                      "server",
                                                      "status",
                                                      "te",
                                                      "trailer",
                                                      "transfer-encoding",
                                                      "upgrade",
                                                      "www-authenticate"};

void add_header_field(Options& options, std::string_view value) {
  const std::size_t colon = std::min(value.find(':'), value.size());
  const std::string_view name = value.substr(0, colon);
  const std::string_view field_value =
      trim(value.substr(std::min(colon + 1, value.size())));
  if (colon == value.size() || !is_token(name) || !is_field_value(field_value))
    refuse("--header", value, "needs 'NAME: VALUE' on one line");
  if (std::ranges::find(own_fields, lower(name)) != own_fields.end())
    refuse("--header", value, "is a field that cgihttpd sets itself");
  options.header_fields.push_back(
      {std::string{name}, std::string{field_value}});
}

void set_max_age(Options& options, std::string_view value) {
  constexpr std::uint32_t max_seconds = 0x7fff'ffff;  // RFC 9111 1.2.2
  const auto seconds = parse_number<std::uint32_t>(value);
  if (!seconds || *seconds > max_seconds)
    refuse("--max-age", value, "needs a number of seconds up to 2147483647");
  options.max_age = std::chrono::seconds{*seconds};
}

void set_cgi_output(Options& options, std::string_view value) {
  if (value == "parsed") {
    options.cgi_output = CgiOutput::parsed;
  } else if (value == "direct") {
    options.cgi_output = CgiOutput::direct;
  } else {
    refuse("--cgi-output", value, "is either parsed or direct");
  }
}

// What a limit is of.
std::optional<ScriptLimit::Resource> find_resource(std::string_view name) {
  using Resource = ScriptLimit::Resource;
  if (name == "cpu") return Resource::cpu;
  if (name == "memory") return Resource::memory;
  if (name == "files") return Resource::files;
  if (name == "processes") return Resource::processes;
  return std::nullopt;
}

void set_script_limit(Options& options, std::string_view value) {
  const std::size_t equals = std::min(value.find('='), value.size());
  const std::string_view number =
      value.substr(std::min(equals + 1, value.size()));
  const auto resource = find_resource(value.substr(0, equals));
  const auto maximum = resource == ScriptLimit::Resource::memory
                           ? parse_size(number)
                           : parse_number<std::uint64_t>(number);
  if (!resource || maximum.value_or(0) == 0) {
    refuse("--cgi-limit", value,
           "needs cpu=SECONDS, memory=SIZE such as 512M, files=NUMBER or "
           "processes=NUMBER, and not 0");
  }
  std::erase_if(options.script_limits, [&](const ScriptLimit& other) {
    return other.resource == *resource;
  });
  options.script_limits.push_back({*resource, *maximum});
}

void add_set_environment(Options& options, std::string_view value) {
  if (value.find('=') == 0 || value.find('=') == std::string_view::npos)
    refuse("--set-env", value, "needs NAME=VALUE");
  options.set_environment.emplace_back(value);
}

void add_pass_environment(Options& options, std::string_view value) {
  if (value.empty() || value.find('=') != std::string_view::npos)
    refuse("--pass-env", value, "needs the name of a variable");
  options.pass_environment.emplace_back(value);
}

void add_trusted_proxy(Options& options, std::string_view value) {
  const auto network = parse_network(value);
  if (!network) {
    refuse("--trusted-proxy", value,
           "needs an address, a network such as 10.0.0.0/8 or fd00::/8 without "
           "bits behind its prefix, or unix:");
  }
  options.trusted_proxies.push_back(*network);
}

void set_forwarded_field(Options& options, std::string_view value) {
  if (equals_ignoring_case(value, "Forwarded")) {
    options.forwarded_field = ForwardedField::forwarded;
  } else if (equals_ignoring_case(value, "X-Forwarded-For")) {
    options.forwarded_field = ForwardedField::x_forwarded_for;
  } else {
    refuse("--forwarded-field", value,
           "is either Forwarded or X-Forwarded-For");
  }
}

void add_protection(Options& options, std::string_view value) {
  const std::size_t equals = std::min(value.find('='), value.size());
  std::string_view prefix = value.substr(0, equals);
  const bool is_all = prefix == "/";
  if (!is_all && prefix.ends_with('/')) prefix.remove_suffix(1);
  const bool has_file = value.size() - equals > 1;
  if (!has_file || !(is_all || is_normal_path(prefix)))
    refuse("--auth", value, "needs PREFIX=FILE such as /a=/etc/passwords");
  for (const Protection& other : options.protections) {
    if (equals_ignoring_case(other.prefix, prefix))
      refuse("--auth", value, "its PREFIX has a password file already");
  }
  options.protections.push_back(
      {std::string{prefix}, std::string{value.substr(equals + 1)}});
}

void set_sandbox(Options& options, std::string_view value) {
  if (value == "auto") {
    options.sandbox = SandboxMode::automatic;
  } else if (value == "require") {
    options.sandbox = SandboxMode::require;
  } else if (value == "off") {
    options.sandbox = SandboxMode::off;
  } else {
    refuse("--sandbox", value, "is auto, require or off");
  }
}

std::string parse_folder(std::string_view option, std::string_view value) {
  if (!value.starts_with('/'))
    refuse(option, value, "needs the absolute path of a folder");
  return std::string{value};
}

void add_readable(Options& options, std::string_view value) {
  options.readable.push_back(parse_folder("--readable", value));
}

void add_writable(Options& options, std::string_view value) {
  options.writable.push_back(parse_folder("--writable", value));
}

void set_log(Options& options, std::string_view value) {
  struct Name {
    std::string_view name;
    LogTarget target;
  };
  constexpr auto names = std::to_array(
      {Name{"stderr", LogTarget::standard_error},
       Name{"syslog", LogTarget::syslog}, Name{"journal", LogTarget::journal},
       Name{"none", LogTarget::none}});
  options.log_file.clear();
  if (value.starts_with('/')) {
    options.log = LogTarget::file;
    options.log_file = value;
  } else if (const auto* found = std::ranges::find(names, value, &Name::name);
             found != names.end()) {
    options.log = found->target;
  } else {
    refuse("--log", value,
           "is stderr, syslog, journal, none, or the absolute path of a file");
  }
}

void set_log_format(Options& options, std::string_view value) {
  if (value == "combined") {
    options.log_format = LogFormat::combined;
  } else if (value == "json") {
    options.log_format = LogFormat::json;
  } else {
    refuse("--log-format", value, "is either combined or json");
  }
}

constexpr auto rows = std::to_array({
    Row{"vhosts", 0, "",
        "serve the folder of ROOT that is named as the host\n"
        "that the client asks for, or ROOT/default",
        [](Options& options, std::string_view) { options.vhosts = true; }},
    Row{"index", 0, "NAME",
        "the file that is sent for its folder (repeatable);\n"
        "default index.html, then index.htm",
        add_index_name},
    Row{"no-listing", 0, "", "do not list a folder without such a file",
        [](Options& options, std::string_view) { options.listing = false; }},
    Row{"symlinks", 0, "below|follow",
        "below (default): follow symbolic links that stay\n"
        "below ROOT; follow: follow all",
        set_symlinks},
    Row{"dotfiles", 0, "", "serve and list names that begin with a dot",
        [](Options& options, std::string_view) { options.dotfiles = true; }},
    Row{"fallback", 0, "PATH",
        "send this file for what is not there: for\n"
        "applications of one page",
        set_fallback},
    Row{"error-page", 0, "CODE=PATH",
        "send this file with the error CODE (repeatable)", add_error_page},
    Row{"header", 0, "FIELD", "add 'NAME: VALUE' to all answers (repeatable)",
        add_header_field},
    Row{"max-age", 0, "SECONDS", "how long caches may keep a file",
        set_max_age},
    Row{"cgi-dir", 0, "PATH",
        "URL folder of scripts (repeatable); the first one\n"
        "given replaces the default, /cgi-bin and /htbin",
        add_cgi_folder},
    Row{"script", 0, "PATH=PROGRAM",
        "let PROGRAM answer for the URL path PATH and all\n"
        "below it (repeatable)",
        add_script_program},
    Row{"handler", 0, "EXT=PROGRAM",
        "execute scripts that end in EXT, such as .php, by\n"
        "PROGRAM (repeatable)",
        add_handler},
    Row{"handlers-anywhere", 0, "", "outside of the folders of scripts, too",
        [](Options& options, std::string_view) {
          options.handlers_anywhere = true;
        }},
    Row{"allow-writable-scripts", 0, "", "execute what everybody may write to",
        [](Options& options, std::string_view) {
          options.allow_writable_scripts = true;
        }},
    Row{"no-cgi", 0, "", "have no folders of scripts", clear_cgi_folders},
    Row{"cgi-output", 0, "parsed|direct",
        "parsed (default): read a script's header and\n"
        "relay its output; direct: answer 200 and become\n"
        "the script",
        set_cgi_output},
    Row{"cgi-timeout", 0, "SECONDS",
        "how long a script may run (default: as it likes)",
        [](Options& options, std::string_view value) {
          options.cgi_timeout = parse_timeout("--cgi-timeout", value);
        }},
    Row{"keep-running", 0, "", "let scripts go on though their client is gone",
        [](Options& options, std::string_view) {
          options.keep_running = true;
        }},
    Row{"cgi-limit", 0, "NAME=NUMBER",
        "what a script may use at most: cpu (seconds),\n"
        "memory (octets, or with K, M or G), files,\n"
        "processes (repeatable)",
        set_script_limit},
    Row{"isindex", 0, "", "give a query without `=' to scripts as arguments",
        [](Options& options, std::string_view) { options.isindex = true; }},
    Row{"pass-authorization", 0, "", "let scripts see the Authorization field",
        [](Options& options, std::string_view) {
          options.pass_authorization = true;
        }},
    Row{"set-env", 0, "NAME=VALUE", "set a variable for scripts (repeatable)",
        add_set_environment},
    Row{"pass-env", 0, "NAME", "let scripts inherit a variable (repeatable)",
        add_pass_environment},
    Row{"proxy-protocol", 0, "",
        "a PROXY header, version 1 or 2, comes before\n"
        "the request, always",
        [](Options& options, std::string_view) {
          options.proxy_protocol = true;
        }},
    Row{"trusted-proxy", 0, "NETWORK",
        "a proxy that is believed who its client is:\n"
        "an address, ADDRESS/BITS, or unix: (repeatable)",
        add_trusted_proxy},
    Row{"forwarded-field", 0, "Forwarded|X-Forwarded-For",
        "the field in which trusted proxies say it\n"
        "(default: the one that there is)",
        set_forwarded_field},
    Row{"auth", 0, "PREFIX=FILE",
        "ask for a name and password of FILE below the URL\n"
        "path PREFIX (repeatable)",
        add_protection},
    Row{"user", 0, "USER[:GROUP]",
        "whom to become when started as root\n(default 65534, nobody)",
        set_user},
    Row{"chroot", 0, "",
        "make ROOT the root of the file system; for root\n"
        "alone, and with --no-cgi",
        [](Options& options, std::string_view) { options.chroot = true; }},
    Row{"sandbox", 0, "auto|require|off",
        "take from cgihttpd and its scripts what no answer\n"
        "needs: as far as the kernel can (default), all,\n"
        "or do not run; or nothing",
        set_sandbox},
    Row{"confine", 0, "",
        "take from scripts the network, and all files but\n"
        "the system's and those below ROOT",
        [](Options& options, std::string_view) { options.confine = true; }},
    Row{"readable", 0, "DIR",
        "let confined scripts read below DIR (repeatable)", add_readable},
    Row{"writable", 0, "DIR",
        "let confined scripts read and write below DIR\n"
        "(repeatable)",
        add_writable},
    Row{"allow-network", 0, "", "let confined scripts use the network",
        [](Options& options, std::string_view) {
          options.allow_network = true;
        }},
    Row{"head-timeout", 0, "SECONDS",
        "for the whole head of the request (default 20)",
        [](Options& options, std::string_view value) {
          options.head_timeout = parse_timeout("--head-timeout", value);
        }},
    Row{"send-timeout", 0, "SECONDS",
        "for a client that takes nothing of an answer, or\n"
        "sends nothing of a body (default 60)",
        [](Options& options, std::string_view value) {
          options.send_timeout = parse_timeout("--send-timeout", value);
        }},
    Row{"connection-timeout", 0, "SECONDS",
        "for the whole connection (default: none)",
        [](Options& options, std::string_view value) {
          options.connection_timeout =
              parse_timeout("--connection-timeout", value);
        }},
    Row{"max-body", 0, "SIZE",
        "largest body for a script, in octets or with\n"
        "K, M or G (default 1G)",
        set_max_body},
    Row{"log", 0, "stderr|syslog|journal|none|FILE",
        "where lines go; none: those of errors only; by\n"
        "default stderr, or syslog where stderr is the\n"
        "connection",
        set_log},
    Row{"log-format", 0, "combined|json",
        "what a line looks like (default combined)", set_log_format},
    Row{"server-version", 0, "", "tell the version in the Server field",
        [](Options& options, std::string_view) {
          options.server_version = true;
        }},
    Row{"check", 0, "",
        "serve nothing, but say what would not work below\n"
        "ROOT, and exit",
        [](Options& options, std::string_view) {
          options.action = Options::Action::check;
        }},
    Row{"help", 'h', "", "show this text and exit",
        [](Options& options, std::string_view) {
          options.action = Options::Action::show_help;
        }},
    Row{"version", 'V', "", "show the version and exit",
        [](Options& options, std::string_view) {
          options.action = Options::Action::show_version;
        }},
});

// A row without its pointer. What has one is relocated, and its page with all
// else on it copied, by each process that starts.
struct RowText {
  decltype(Row::name) name;
  char letter = 0;
  decltype(Row::argument) argument;
  decltype(Row::help) help;
};

constexpr auto row_texts = [] {
  std::array<RowText, rows.size()> texts{};
  std::ranges::transform(rows, texts.begin(), [](const Row& row) {
    return RowText{row.name, row.letter, row.argument, row.help};
  });
  return texts;
}();

constexpr auto apply_functions = [] {
  std::array<decltype(Row::apply), rows.size()> functions{};
  std::ranges::transform(rows, functions.begin(), &Row::apply);
  return functions;
}();

// What getopt_long returns for a long option: its row, above all letters.
constexpr int first_row_code = 256;

std::array<option, rows.size() + 1> long_options() {
  std::array<option, rows.size() + 1> options{};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    options.at(i) = {
        row_texts.at(i).name.c_str(),
        row_texts.at(i).argument.empty() ? no_argument : required_argument,
        nullptr, first_row_code + static_cast<int>(i)};
  }
  return options;
}

std::size_t row_for(int code) {
  if (code >= first_row_code)
    return static_cast<std::size_t>(code - first_row_code);
  const auto* row = std::ranges::find(row_texts, code, &RowText::letter);
  return static_cast<std::size_t>(row - row_texts.begin());
}

// getopt_long(3) has just answered `code`, '?' or ':'.
[[noreturn]] void refuse_option(int code, std::span<char* const> arguments) {
  if (optopt >= first_row_code) {
    refuse(std::string{"--"} + row_texts.at(row_for(optopt)).name.c_str(), {},
           code == ':' ? "needs a value" : "takes no value");
  }
  refuse(optopt != 0 ? std::string{'-', static_cast<char>(optopt)}
                     : arguments[static_cast<std::size_t>(optind) - 1],
         {}, "no such option; see --help");
}

// What a confined script has, and nobody has asked to confine one: a mistake
// that would be noticed too late.
void check_confinement(const Options& options) {
  constexpr const char* reason = "is for scripts that --confine confines";
  if (options.confine) {
    if (options.sandbox == SandboxMode::off) {
      refuse("--confine", {},
             "is a part of the sandbox, which --sandbox=off takes away: leave "
             "one of both out");
    }
    return;
  }
  if (!options.readable.empty()) refuse("--readable", {}, reason);
  if (!options.writable.empty()) refuse("--writable", {}, reason);
  if (options.allow_network) refuse("--allow-network", {}, reason);
}

void check_chroot(const Options& options) {
  if (!options.chroot) return;
  if (has_scripts(options)) {
    refuse("--chroot", {},
           "no script could be executed there: give --no-cgi, and neither "
           "--script nor --handlers-anywhere");
  }
  if (options.log == LogTarget::journal)
    refuse("--chroot", {}, "the journal is out of reach there: log to syslog");
}

void take_operands(Options& options, std::span<char* const> operands) {
  if (operands.empty()) {
    throw SetupError{
        "no root folder: name the folder to serve as the last argument, "
        "e.g. cgihttpd /srv/www"};
  }
  if (operands.size() > 1)
    refuse(operands[1], {}, "only one root folder can be served");
  options.root = operands.front();
  if (options.root.empty())
    throw SetupError{"the root folder is empty text: name the folder to serve"};
}

}  // namespace

Options parse_options(std::span<char* const> arguments) {
  Options options;
  const auto table = long_options();
  ::optind = 0;  // GNU and musl: start anew
  ::opterr = 0;  // descriptor 2 may be the connection
  for (;;) {
    const int code =
        ::getopt_long(static_cast<int>(arguments.size()), arguments.data(),
                      ":hV", table.data(), nullptr);
    if (code == -1) break;
    if (code == '?' || code == ':') refuse_option(code, arguments);
    apply_functions.at(row_for(code))(options, optarg == nullptr ? "" : optarg);
  }
  if (options.action == Options::Action::serve ||
      options.action == Options::Action::check) {
    check_confinement(options);
    check_chroot(options);
    take_operands(options, arguments.subspan(static_cast<std::size_t>(optind)));
  }
  return options;
}

bool has_scripts(const Options& options) {
  return !options.cgi_folders.empty() || !options.script_programs.empty() ||
         options.handlers_anywhere;
}

std::string help_text() {
  constexpr std::size_t column = 30;
  std::string text =
      "Usage: cgihttpd [OPTION]... ROOT\n"
      "Answer one HTTP request on the connection that is standard input and\n"
      "output, or that systemd passed: serve a file below the folder ROOT, "
      "list\n"
      "a folder, or execute a CGI script.\n\n";
  for (const RowText& row : row_texts) {
    std::string line = row.letter == 0 ? "      " : "  -";
    if (row.letter != 0) line.append(1, row.letter).append(", ");
    line.append("--").append(row.name.view());
    if (!row.argument.empty()) line.append("=").append(row.argument.view());
    if (line.size() >= column)
      text.append(std::exchange(line, {})).append("\n");
    for (const std::string_view help : split(row.help.view(), '\n')) {
      line.append(column - line.size(), ' ');
      text.append(std::exchange(line, {})).append(help).append("\n");
    }
  }
  return text.append("\nThe manual is cgihttpd(8).\n");
}

}  // namespace cgihttpd

// fuzz_answers.cc - What a request becomes: a script's environment and
// arguments, a line of the log, a page.

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <string>

#include "access_log.h"
#include "cgi_environment.h"
#include "error_page.h"
#include "escape.h"
#include "fuzz.h"
#include "head.h"
#include "listing.h"
#include "refusal.h"
#include "request.h"
#include "text.h"

namespace {

using namespace cgihttpd;        // NOLINT(google-build-using-namespace)
using namespace cgihttpd::fuzz;  // NOLINT(google-build-using-namespace)

// Each name once, and none that means something to a loader or a shell.
void check_environment(const std::vector<std::string>& environment) {
  std::set<std::string> names;
  for (const std::string& variable : environment) {
    const std::string name = variable.substr(0, variable.find('='));
    require(name.size() < variable.size(), "no variable");
    require(names.insert(name).second, "a name twice");
    require(std::ranges::all_of(name,
                                [](char c) {
                                  return (c >= 'A' && c <= 'Z') ||
                                         is_digit(c) || c == '_';
                                }),
            "no name of a variable");
    require(!name.starts_with("LD_") && name != "HTTP_PROXY", "a bad name");
    require(variable.find('\0') == std::string::npos, "a NUL");
  }
}

void check_script(const Request& request) {
  Options options;
  options.isindex = true;
  options.set_environment = {"SET=a"};
  options.pass_environment = {"PASSED"};
  const Activation activation{.remote = {"127.0.0.1", 1}};
  Script script;
  script.file_name = "x";
  script.script_name = "/cgi-bin/x";
  script.path_info = request.target.path;
  constexpr std::array inherited{"PASSED=a", "LD_PRELOAD=a", "A",
                                 static_cast<const char*>(nullptr)};
  for (const char* address : {"127.0.0.1", "::1", "unix:"}) {
    const CgiContext context{options, activation, {address, 80}, request,
                             script,  "/srv/www", "user"};
    check_environment(cgi_environment(context, inherited.data()));
  }
  for (const std::string& argument : cgi_arguments(options, request))
    require(!argument.starts_with('-'), "an option");
}

void check_line(std::string_view line) {
  constexpr std::size_t pipe_buffer = 4096;
  require(line.size() < pipe_buffer, "a line that may be cut");
  require(
      std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; }),
      "a line that is not printable");
}

void check_log(const Request& request, std::string_view head) {
  const AccessRecord record{
      .remote_address = "127.0.0.1",
      .remote_port = 1,
      .user = std::string{request.find_field("User").value_or("")},
      .request_line = request_line_of(head),
      .host = request.host.host,
      .referer = request.find_field("Referer").value_or(""),
      .user_agent = request.find_field("User-Agent").value_or(""),
      .script_name = request.target.path,
      .script_cpu = std::chrono::microseconds{1},
      .duration = std::chrono::microseconds{1}};
  for (const auto format : {LogFormat::combined, LogFormat::json})
    check_line(format_access_line(record, format));
  for (const std::string& field : access_fields(record))
    check_line(field);
}

// A page has the tags that it has for any other path.
void check_pages(const Request& request) {
  const auto tags = [](std::string_view page) {
    return std::ranges::count(page, '<');
  };
  const std::string_view path = request.target.path;
  const std::string name{path.substr(path.rfind('/') + 1)};
  const ListingOrder order = parse_listing_order(request.target.query);
  const auto listing = [&](const std::string& first) {
    constexpr std::uint64_t large = 5'000'000'000;
    return listing_page("/a/b/",
                        {{first, false, false, 1, Seconds{}},
                         {"b", true, false, 1, Seconds{}},
                         {"B", false, true, large, Seconds{}},
                         {"c", false, false, 1 + path.size(),
                          Seconds{std::chrono::seconds{1}}}},
                        order);
  };
  require(tags(listing(name)) == tags(listing("a")), "a tag in a listing");
  require(tags(error_page({Status::not_found, std::string{path}})) ==
              tags(error_page({Status::not_found, "a"})),
          "a tag in an error");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string octets =
      std::string{text_of(data, size)} + "\r\nHost: h\r\n\r\n";
  HeadScanner scanner;
  const std::string head = octets.substr(0, scanner.feed(octets));
  if (scanner.state() != HeadScanner::State::complete) {
    check_log({}, head);
    return 0;
  }
  try {
    Request request;
    parse_request(head, request);
    check_script(request);
    check_log(request, head);
    check_pages(request);
    if (const auto local = redirect_request(request, request.target.query)) {
      require(local->method == "GET" || local->method == "HEAD", "a method");
      require(!local->has_body(), "a body");
    }
  } catch (const HttpError&) {
    check_log({}, head);
  }
  return 0;
}

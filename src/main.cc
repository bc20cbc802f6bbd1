// main.cc - options -> privileges -> activation -> exchange -> exit status.

#include <sysexits.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <span>
#include <system_error>
#include <utility>

#include "activation.h"
#include "authentication.h"
#include "check_site.h"
#include "exchange.h"
#include "libcrypt.h"
#include "libsystemd.h"
#include "log.h"
#include "options.h"
#include "privileges.h"
#include "refusal.h"
#include "site.h"
#include "sys.h"

namespace {

using namespace cgihttpd;  // NOLINT(google-build-using-namespace)

int print(const std::string& text) {
  try {
    write_file(STDOUT_FILENO, text);
    return EX_OK;
  } catch (const std::system_error&) {
    return EX_IOERR;
  }
}

// Of what is outside of the new root, while it is not yet one.
void open_for_chroot(const Options& options, const Log& log) {
  log.connect();
  if (has_passed_descriptors()) open_libsystemd();
  if (!options.protections.empty()) open_libcrypt();
}

int serve(Options options, const Log& log, const StandardFacts& facts) {
  const Guard guard{options.protections};  // only root may need to read
  if (options.chroot) {
    open_for_chroot(options, log);
    drop_privileges(options.user, std::exchange(options.root, "/"));
  } else {
    drop_privileges(options.user);
  }
  ignore_broken_pipes();
  const auto activation = activate(facts);
  if (!activation) return EX_OK;  // the client has gone already
  Site site{options};
  answer_request(options, log, site, guard, *activation);
  return EX_OK;
}

int check(const Options& options) {
  constexpr int found_something = 1;
  const Guard guard{options.protections};
  drop_privileges(options.user);
  std::string text;
  for (const Finding& finding : check_site(options, guard))
    text.append(line_for(finding)).append("\n");
  const int status = print(text);
  return status == EX_OK && !text.empty() ? found_something : status;
}

}  // namespace

namespace __gnu_cxx {  // NOLINT(*-reserved-identifier, *-dcl37-c, *-dcl51-cpp)

// What libstdc++ does with an exception that nobody catches. Its own writes to
// descriptor 2, which may be the connection, and brings a demangler for that.
void __verbose_terminate_handler() {  // NOLINT(*-reserved-identifier, *-dcl*)
  std::abort();
}

}  // namespace __gnu_cxx

#ifdef _GLIBCXX_VERBOSE_ASSERT
namespace std {  // NOLINT(*-dcl58-cpp)

// The same of an assertion of its own.
void __glibcxx_assert_fail(  // NOLINT(*-reserved-identifier, *-dcl*)
    const char*, int, const char*, const char*) noexcept {
  std::abort();
}

}  // namespace std
#endif

int main(int argc, char* argv[]) {
  const StandardFacts facts = find_standard_facts();
  Log log{find_log_target(facts)};
  try {
    Options options = parse_options({argv, static_cast<std::size_t>(argc)});
    switch (options.action) {
      case Options::Action::show_help: return print(help_text());
      case Options::Action::show_version:
        return print("cgihttpd " CGIHTTPD_VERSION "\n");
      case Options::Action::check:
        log = Log{LogTarget::standard_error};  // nobody is connected
        return check(options);
      default: log.open(options); return serve(std::move(options), log, facts);
    }
  } catch (const SetupError& error) {
    log.report({}, error.what());
    return error.exit_status();
  } catch (const std::exception& error) {
    log.report({}, error.what());
    return EX_OSERR;
  }
}

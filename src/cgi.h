// cgi.h - Execute a script: become it, or run it beside a relay (RFC 3875).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "connection.h"
#include "log.h"
#include "output_pump.h"
#include "refusal.h"
#include "request.h"
#include "response.h"
#include "running_script.h"
#include "script_process.h"
#include "site.h"

namespace cgihttpd {

/// What a script has answered.
struct ScriptAnswer {
  Status status = Status::ok;
  std::uint64_t body_octets = 0;
  /// Something was sent: an error cannot be told any more.
  bool has_begun = false;
  /// The script has left a part of the request's body unread.
  bool has_unread_body = false;
  /// Of this script and of those that left the answer to it; nullopt: not known
  /// yet.
  std::optional<std::chrono::microseconds> cpu_time{};
  /// Set where the script runs still: its answer was given up.
  std::optional<RunningScript> script{};
};

/// A script that is to answer a request. What it refers to must live longer.
struct ScriptRun {
  Connection& connection;
  const Log& log;
  const Request& request;
  const Script& script;
  const ScriptCommand& command;
  CommonFields common;
  /// A file with the body; -1: the body is in the connection.
  int body_file = -1;
  /// How long the script may run.
  std::optional<std::chrono::seconds> timeout{};
};

/// How a relay ends: the answer was sent, or it is for us to answer.
using RelayEnd = std::variant<std::monostate, LocalRedirect, Refusal>;

/// How long a script may be silent while its client, which has said that it
/// sends no more, may be gone: until something is sent, nobody can tell.
inline constexpr std::chrono::seconds max_silence_after_end_of_input{5};

/// Runs the script as a child and relays its output; returns when the script
/// has ended and its output is sent. A Refusal where it could not be started,
/// and where it ran for too long, or its body came too slowly: the answer may
/// have begun then. Throws
/// HttpError 502 for output that is no answer (nothing was sent then),
/// std::system_error where the client is gone. `answer` is kept true all the
/// time; where this ends before the script, it has that, and has asked it to
/// end if it ran for too long.
[[nodiscard]] RelayEnd relay_script(const ScriptRun& run, ScriptAnswer& answer);

/// Waits for the end of a script whose answer was given up, and counts its CPU
/// time. Does nothing where there is none.
void wait_for_script(ScriptAnswer& answer);

/// Whether a script speaks HTTP itself: its name begins with `nph-` (RFC 3875
/// section 5).
[[nodiscard]] bool has_non_parsed_header(const Script& script);

/// The refusal for a script that could not be started.
[[nodiscard]] Refusal refusal_for(const StartFailure& failure,
                                  const Script& script);

/// Sends `100 Continue` where the client waits for it (RFC 9110 10.1.1).
void send_continue(Connection& connection, const Request& request);

/// Becomes the script, with the body's file or else the connection as its
/// standard input, and the connection as its output unless `output` says that
/// nothing of it may be sent. Returns only if that cannot be.
enum class DirectOutput { to_client, nowhere };
[[nodiscard]] StartFailure become_script_on_connection(const ScriptRun& run,
                                                       DirectOutput output);

}  // namespace cgihttpd

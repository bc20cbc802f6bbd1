#include "running_script.h"

#include <poll.h>

#include <array>
#include <utility>

namespace cgihttpd {

RunningScript::RunningScript(ScriptProcess process, UniqueFd error,
                             const Subject& subject,
                             std::optional<std::chrono::seconds> timeout)
    : subject_{subject},
      errors_{std::move(error), subject.log, subject.script_name},
      process_{std::move(process)} {
  if (timeout) timeout_ = Clock::now() + *timeout;
}

std::optional<ScriptEnd> RunningScript::try_wait() {
  const auto end = process_.try_wait();
  if (end) report(*end);
  return end;
}

void RunningScript::report(const ScriptEnd& end) const {
  if (is_unwanted_) return;
  const std::string what = describe_end(end);
  if (!what.empty()) subject_.log.report(subject_.script_name, what);
}

std::optional<Deadline> RunningScript::deadline() const {
  return process_.end_deadline() ? process_.end_deadline() : timeout_;
}

bool RunningScript::terminate_if_overdue() {
  if (process_.end_deadline() || !timeout_ || Clock::now() < *timeout_)
    return false;
  subject_.log.report(subject_.script_name,
                      "it has run for longer than --cgi-timeout or "
                      "--connection-timeout allows");
  process_.terminate();
  return true;
}

void RunningScript::terminate() {
  if (process_.end_deadline()) return;
  is_unwanted_ = true;
  process_.terminate();
}

void RunningScript::drop(UniqueFd output) {
  output_ = std::move(output);
}

// Not all that there is: a script that goes on writing keeps us from nothing.
void RunningScript::drop_output() {
  std::array<char, 16384> chunk;  // NOLINT(*-member-init): read fills it
  if (try_read(output_.get(), chunk) == 0) output_.reset();
}

bool RunningScript::is_to_be_killed() const {
  return process_.end_deadline() && Clock::now() >= *process_.end_deadline();
}

ScriptEnd RunningScript::wait_for_end() {
  for (;;) {
    std::array<pollfd, 3> waiting{{
        {end_event(), POLLIN, 0},
        {error_pipe(), POLLIN, 0},
        {output_.get(), POLLIN, 0},
    }};
    static_cast<void>(wait_for_any(waiting, deadline()));
    if (waiting[1].revents != 0) log_errors();
    if (waiting[2].revents != 0) drop_output();
    if (waiting[0].revents != 0) {
      if (const auto end = try_wait()) return *end;
    }
    if (is_to_be_killed()) break;
    terminate_if_overdue();
  }
  const ScriptEnd end = process_.kill();
  report(end);
  return end;
}

}  // namespace cgihttpd

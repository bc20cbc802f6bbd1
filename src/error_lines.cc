#include "error_lines.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cgihttpd {

namespace {

// More than a pipe holds by itself. Who writes faster than that is read, and
// makes it larger, keeps us from nothing else.
constexpr int max_steps_at_once = 128;

}  // namespace

ErrorLines::ErrorLines(UniqueFd pipe, const Log& log, std::string script_name)
    : pipe_{std::move(pipe)}, log_{log}, script_name_{std::move(script_name)} {
  set_blocking(pipe_.get(), Blocking::no);
}

void ErrorLines::step() {
  std::array<char, max_error_line_octets> chunk;  // NOLINT(*-member-init)
  for (int steps = 0; pipe_ && steps < max_steps_at_once; ++steps) {
    const auto count = try_read(pipe_.get(), chunk);
    if (!count) return;
    if (*count == 0) pipe_.reset();
    pending_.append(chunk.data(), *count);
    report_lines();
  }
}

void ErrorLines::report_lines() {
  for (;;) {
    const std::size_t end = std::min(pending_.find('\n'), pending_.size());
    if (end > max_error_line_octets) {
      report_line(max_error_line_octets);
    } else if (end < pending_.size()) {
      report_line(end + 1);
    } else {
      return;
    }
  }
}

ErrorLines::~ErrorLines() {
  step();
  if (!pending_.empty()) report_line(pending_.size());
}

// Takes `size` octets, a line with or without its LF, from what is pending.
void ErrorLines::report_line(std::size_t size) {
  std::string line = pending_.substr(0, size);
  pending_.erase(0, size);
  if (line.ends_with('\n')) line.pop_back();
  const bool was_silent = reported_octets_ >= max_error_octets;
  reported_octets_ += size;
  if (was_silent) return;
  log_.report(script_name_, reported_octets_ >= max_error_octets
                                ? "(no more of its error output is logged)"
                                : line);
}

}  // namespace cgihttpd

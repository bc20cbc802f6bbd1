#include "head.h"

#include <algorithm>

#include "text.h"

namespace cgihttpd {

std::size_t HeadScanner::feed(std::string_view octets) {
  std::size_t taken = 0;
  while (taken < octets.size() && state_ == State::unfinished) {
    taken += take_text(octets.substr(taken));
    if (taken < octets.size()) take(octets[taken++]);
  }
  return taken;
}

// Most of a head: what is between the ends of lines, and well below a maximum.
// Returns how many octets that were.
std::size_t HeadScanner::take_text(std::string_view octets) {
  if (previous_ == '\r') return 0;
  std::size_t room = max_head_octets - octets_ - 1;
  if (!has_request_line_)
    room = std::min(room, max_request_line_octets - line_octets_ - 1);
  const std::string_view text = octets.substr(0, room);
  const auto count = static_cast<std::size_t>(
      std::ranges::find_if(text, is_control) - text.begin());
  if (count == 0) return 0;
  octets_ += count;
  line_octets_ += count;
  previous_ = text[count - 1];
  return count;
}

void HeadScanner::take(char octet) {
  ++octets_;
  ++line_octets_;
  const bool follows_cr = previous_ == '\r';
  previous_ = octet;
  const bool is_line_end = octet == '\n';
  if (is_line_end != follows_cr ||
      (is_control(octet) && !is_line_end && octet != '\r' && octet != '\t')) {
    state_ = State::malformed;
  } else if (is_line_end) {
    end_line();
  } else if (!has_request_line_ && line_octets_ >= max_request_line_octets) {
    state_ = State::line_too_long;
  }
  if (state_ == State::unfinished && octets_ >= max_head_octets)
    state_ = State::head_too_long;
}

void HeadScanner::end_line() {
  const bool is_empty = line_octets_ == 2;
  line_octets_ = 0;
  if (!is_empty) {
    has_request_line_ = true;
  } else if (has_request_line_) {
    state_ = State::complete;
  } else if (has_blank_line_before_) {
    state_ = State::malformed;
  } else {
    has_blank_line_before_ = true;  // RFC 9112 2.2: one is to be ignored
  }
}

}  // namespace cgihttpd

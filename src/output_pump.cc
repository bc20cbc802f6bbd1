#include "output_pump.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "refusal.h"
#include "response.h"
#include "text.h"

namespace cgihttpd {

namespace {

// What is read at once.
constexpr std::size_t chunk_octets = 16384;

// The same, and the size of the pipe, for a script that has filled the former,
// and has more to say: the script writes while we send. splice(2) would keep
// the pipe from it meanwhile, and takes twice the time.
constexpr std::size_t wide_chunk_octets = 524288;

// The end of the chunk before, the size, the end of its line.
constexpr std::size_t max_chunk_head_octets = 2 + 16 + 2;

// A script and a client that are both fast keep us from nothing else.
constexpr int max_steps_at_once = 32;

// The output of a script that has ended by then gets a Content-Length.
constexpr std::size_t max_gathered_octets = 65536;

// The end of a script's output is seen a moment before the end of the script,
// which tells whether it was killed. A script that only closed its output, and
// works on, keeps the client waiting no longer than this.
constexpr std::chrono::milliseconds max_wait_for_end{100};

// A script may go on after its answer, and say something now and then. One that
// writes without end would never be told that nobody listens.
constexpr std::chrono::seconds max_rest_time{30};

std::string hexadecimal(std::uint64_t number) {
  std::array<char, 16> digits{};
  char* const begin = digits.data();
  char* const end = std::to_chars(begin, begin + digits.size(), number, 16).ptr;
  return {begin, end};
}

// To read into, and for a chunk's head before that.
std::unique_ptr<char[]> make_space(std::size_t size) {  // NOLINT(*-c-arrays)
  // NOLINTNEXTLINE(*-c-arrays)
  return std::make_unique_for_overwrite<char[]>(max_chunk_head_octets + size);
}

}  // namespace

OutputPump::OutputPump(UniqueFd pipe, Connection& connection,
                       const Request& request, CommonFields common,
                       std::chrono::milliseconds max_gathering)
    : pipe_{std::move(pipe)},
      connection_{connection},
      request_{request},
      common_{std::move(common)},
      max_gathering_{max_gathering},
      space_{make_space(chunk_octets)} {
  set_blocking(pipe_.get(), Blocking::no);
}

void OutputPump::step(Writer writer, Deadline now) {
  now_ = now;
  wait(Waiting::for_nothing);
  for (int steps = 0; steps < max_steps_at_once; ++steps)
    if (!advance(writer)) return;
  if (pending_.empty()) {
    wait(Waiting::for_script, now_);
  } else {
    wait(Waiting::for_client);
  }
}

std::uint64_t OutputPump::body_octets() const {
  return announced_ - std::min(pending_.size(), pending_body_);
}

// Goes one step on; false where that has to wait, or where all is done.
bool OutputPump::advance(Writer writer) {
  switch (state_) {
    case State::head: return advance_head(writer);
    case State::body: return advance_body(writer);
    case State::last:
      if (!pending_.empty()) return send_pending();
      connection_.finish_sending();
      drop_rest();
      return true;
    case State::rest:
      switch (read_from_script(writer)) {
        case Read::some: is_overlong_ = now_ >= rest_deadline_; break;
        case Read::nothing_yet: return wait(Waiting::for_script);
        case Read::end: state_ = State::done;
      }
      return state_ == State::rest && !is_overlong_;
    case State::done: return false;
  }
  return false;
}

void OutputPump::drop_rest() {
  state_ = is_at_end_ ? State::done : State::rest;
  rest_deadline_ = now_ + max_rest_time;
}

bool OutputPump::wait(Waiting waiting, std::optional<Deadline> deadline) {
  waiting_ = waiting;
  deadline_ = deadline;
  return false;
}

// Reads what there is. Once the writer has ended, a pipe that is empty is at
// its end, though a child of the script may keep it open.
OutputPump::Read OutputPump::read_from_script(Writer writer) {
  read_ = {};
  if (is_at_end_) return Read::end;
  char* const begin = space_.get() + max_chunk_head_octets;
  const auto count = try_read(
      pipe_.get(), {begin, is_wide_ ? wide_chunk_octets : chunk_octets});
  read_ = {begin, count.value_or(0)};
  if (!read_.empty()) return Read::some;
  if (!count && writer == Writer::running) return Read::nothing_yet;
  is_at_end_ = true;
  end_deadline_ = now_ + max_wait_for_end;
  return Read::end;
}

bool OutputPump::advance_head(Writer writer) {
  const Read read = read_from_script(writer);
  input_.append(read_);
  const auto end = find_cgi_head_end(input_);
  if (end.value_or(input_.size()) > max_cgi_head_octets) {
    throw HttpError{Status::bad_gateway, "the script's header is too large"};
  }
  // How the script ended is a part of what there is to tell.
  if (read == Read::end && writer == Writer::running && now_ < end_deadline_) {
    return wait(Waiting::for_end, end_deadline_);
  }
  if (!end) {
    if (read == Read::some) return true;
    if (read == Read::nothing_yet) return wait(Waiting::for_script);
    throw HttpError{Status::bad_gateway,
                    input_.empty() ? "the script gave no output"
                                   : "the script's header has no end: an "
                                     "empty line goes before the content"};
  }
  if (read != Read::end && input_.size() < max_gathered_octets) {
    if (read == Read::some) return true;
    if (!gathering_deadline_) gathering_deadline_ = now_ + max_gathering_;
    if (now_ < *gathering_deadline_)
      return wait(Waiting::for_script, gathering_deadline_);
  }
  begin_answer(*end, writer);
  return true;
}

void OutputPump::begin_answer(std::size_t head_size, Writer writer) {
  const std::string input = std::exchange(input_, {});
  const CgiHead head =
      parse_cgi_head(std::string_view{input}.substr(0, head_size));
  if (!head.local_redirect.empty()) {
    leave_answer(head);
    return;
  }
  std::string_view first = std::string_view{input}.substr(head_size);
  status_ = head.status;
  choose_framing(head, first.size(), writer);
  if (length_) first = first.substr(0, *length_);
  if (framing_ == Framing::no_body) first = {};

  ResponseHead answer{head.status, head.reason, current_time(), common_};
  for (const Field& field : head.fields)
    answer.add(field.name, field.value);
  answer.add_missing(common_.added);
  if (framing_ == Framing::chunked) {
    answer.add("Transfer-Encoding", "chunked");
  } else if (length_) {
    answer.add("Content-Length", *length_);
  }
  answer_ = answer.text();
  if (!first.empty()) answer_.append(announce(first.size())).append(first);
  pending_ = answer_;
  state_ = framing_ == Framing::no_body ? State::last : State::body;
}

// What the script says besides is dropped.
void OutputPump::leave_answer(const CgiHead& head) {
  local_redirect_.emplace();
  local_redirect_->target = head.local_redirect;
  for (const Field& field : head.fields) {
    if (equals_ignoring_case(field.name, "Set-Cookie"))
      local_redirect_->cookies.emplace_back(field.value);
  }
  drop_rest();
}

// RFC 9112 6.3. `first` is how much of the body is there already.
void OutputPump::choose_framing(const CgiHead& head, std::uint64_t first,
                                Writer writer) {
  length_ = head.content_length;
  // RFC 9110 15.3.6: no content, but it is framed as if there were.
  if (head.status == Status::reset_content) length_ = 0;
  if (request_.method == "HEAD" || has_no_content(head.status)) {
    framing_ = Framing::no_body;
    if (has_no_content(head.status)) length_.reset();
  } else if (length_) {
    framing_ = Framing::length;
  } else if (is_at_end_ && writer != Writer::killed) {
    framing_ = Framing::length;
    length_ = first;
  } else if (request_.minor_version > 0) {
    framing_ = Framing::chunked;
  }
}

bool OutputPump::advance_body(Writer writer) {
  return pending_.empty() ? read_body(writer) : send_pending();
}

// What is pending is in the space that is read into, hence it was sent before.
bool OutputPump::read_body(Writer writer) {
  const std::uint64_t left = length_
                                 ? *length_ - announced_
                                 : std::numeric_limits<std::uint64_t>::max();
  if (left == 0) return end_body(writer);
  if (!is_wide_ && read_.size() == chunk_octets) widen();
  switch (read_from_script(writer)) {
    case Read::nothing_yet: return wait(Waiting::for_script);
    case Read::end: return end_body(writer);
    case Read::some: break;
  }
  const auto size = std::min<std::uint64_t>(read_.size(), left);
  const std::string head = announce(size);
  char* const begin = space_.get() + max_chunk_head_octets - head.size();
  std::ranges::copy(head, begin);
  pending_ = {begin, head.size() + size};
  return true;
}

void OutputPump::widen() {
  is_wide_ = true;
  space_ = make_space(wide_chunk_octets);
  widen_pipe(pipe_.get(), wide_chunk_octets);
}

// What is to be sent before so many octets of the body (RFC 9112 7.1).
std::string OutputPump::announce(std::size_t size) {
  announced_ += size;
  pending_body_ = size;
  if (framing_ != Framing::chunked) return {};
  const std::string head = hexadecimal(size) + "\r\n";
  return std::exchange(has_chunk_, true) ? "\r\n" + head : head;
}

bool OutputPump::end_body(Writer writer) {
  if (framing_ == Framing::chunked) {
    if (writer == Writer::running && now_ < end_deadline_)
      return wait(Waiting::for_end, end_deadline_);
    // Without its last chunk, the client sees that an answer is not whole.
    is_truncated_ = writer == Writer::killed;
    if (!is_truncated_) pending_ = has_chunk_ ? "\r\n0\r\n\r\n" : "0\r\n\r\n";
  } else {
    is_truncated_ = (length_ && announced_ < *length_) ||
                    (!length_ && writer == Writer::killed);
  }
  pending_body_ = 0;
  state_ = State::last;
  return true;
}

bool OutputPump::send_pending() {
  const auto count = connection_.try_send(pending_, More::no);
  if (!count) return wait(Waiting::for_client);
  pending_.remove_prefix(*count);
  return true;
}

}  // namespace cgihttpd

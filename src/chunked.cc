#include "chunked.h"

#include <algorithm>

#include "text.h"

namespace cgihttpd {

namespace {

constexpr std::size_t crlf_octets = 2;
constexpr std::size_t shortest_end_octets = 5;  // 0 CRLF CRLF

// octets_due() need not tell of more: nobody reads as much at once.
constexpr std::uint64_t max_octets_due = 1U << 20U;

// The value of a hexadecimal digit; none: 16.
unsigned value_of(char digit) {
  constexpr std::string_view digits = "0123456789abcdef";
  return static_cast<unsigned>(
      std::min(digits.find(to_lower(digit)), digits.size()));
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

ChunkedDecoder::Piece ChunkedDecoder::feed(std::string_view octets) {
  std::size_t taken = 0;
  while (taken < octets.size() && state_ == State::unfinished) {
    if (at_ != At::data) {
      take(octets[taken++]);
      continue;
    }
    const auto size = static_cast<std::size_t>(
        std::min<std::uint64_t>(left_, octets.size() - taken));
    left_ -= size;
    if (left_ == 0) at_ = At::data_cr;
    return {taken + size, octets.substr(taken, size)};
  }
  return {taken, {}};
}

void ChunkedDecoder::take(char octet) {
  if (left_framing_ == 0) {
    state_ = State::too_large;
    return;
  }
  --left_framing_;
  switch (at_) {
    case At::size: take_size(octet); break;
    case At::size_blanks:
      if (!is_blank(octet)) expect(octet, ';', At::extension);
      break;
    case At::extension: take_text(octet, At::size_lf); break;
    case At::size_lf:
      expect(octet, '\n', At::data);
      if (state_ == State::unfinished) begin_chunk();
      break;
    case At::data: break;
    case At::data_cr: expect(octet, '\r', At::data_lf); break;
    case At::data_lf: expect(octet, '\n', At::size); break;
    case At::trailer: take_trailer(octet); break;
    case At::name: take_name(octet); break;
    case At::value: take_text(octet, At::trailer_lf); break;
    case At::trailer_lf: expect(octet, '\n', At::trailer); break;
    case At::last_lf:
      expect(octet, '\n', At::last_lf);
      if (state_ == State::unfinished) state_ = State::complete;
  }
}

void ChunkedDecoder::take_size(char octet) {
  constexpr unsigned base = 16;
  const unsigned value = value_of(octet);
  if (value < base && digits_ < max_chunk_size_digits) {
    left_ = left_ * base + value;
    ++digits_;
  } else if (digits_ == 0 || value < base) {
    state_ = State::malformed;
  } else if (octet == '\r') {
    at_ = At::size_lf;
  } else if (is_blank(octet)) {
    at_ = At::size_blanks;
  } else {
    expect(octet, ';', At::extension);
  }
}

// An extension, or the value of a field, goes on to the end of its line.
void ChunkedDecoder::take_text(char octet, At after_cr) {
  if (octet == '\r') {
    at_ = after_cr;
  } else if (is_control(octet) && octet != '\t') {
    state_ = State::malformed;
  }
}

void ChunkedDecoder::take_trailer(char octet) {
  if (octet == '\r') {
    at_ = At::last_lf;
  } else if (is_token({&octet, 1})) {
    at_ = At::name;
  } else {
    state_ = State::malformed;
  }
}

void ChunkedDecoder::take_name(char octet) {
  if (!is_token({&octet, 1})) expect(octet, ':', At::value);
}

void ChunkedDecoder::expect(char octet, char expected, At next) {
  if (octet == expected) {
    at_ = next;
  } else {
    state_ = State::malformed;
  }
}

void ChunkedDecoder::begin_chunk() {
  digits_ = 0;
  if (left_ == 0) {
    at_ = At::trailer;
  } else if (left_ > left_max_) {
    state_ = State::too_large;
  } else {
    left_max_ -= left_;
    const std::uint64_t allowed =
        framing_octets_per_chunk + 2 * std::min(left_, max_framing_octets);
    left_framing_ = std::min(left_framing_ + allowed, max_framing_octets);
  }
}

// After a size and what stands behind it on its line.
std::size_t ChunkedDecoder::octets_due_after_size() const {
  if (left_ == 0) return crlf_octets;
  return static_cast<std::size_t>(std::min(left_, max_octets_due)) +
         crlf_octets + shortest_end_octets;
}

std::size_t ChunkedDecoder::octets_due() const {
  if (state_ != State::unfinished) return 0;
  switch (at_) {
    case At::size:
      if (digits_ == 0) return shortest_end_octets;
      return crlf_octets + octets_due_after_size();
    case At::size_blanks:
    case At::extension: return crlf_octets + octets_due_after_size();
    case At::size_lf: return 1 + octets_due_after_size();
    case At::data: return octets_due_after_size();
    case At::data_cr: return crlf_octets + shortest_end_octets;
    case At::data_lf: return 1 + shortest_end_octets;
    case At::trailer: return crlf_octets;
    case At::name:
    case At::value: return 2 * crlf_octets;
    case At::trailer_lf: return 1 + crlf_octets;
    case At::last_lf: return 1;
  }
  return 0;
}

}  // namespace cgihttpd

// chunked.h - The chunked coding of a body, octet by octet (RFC 9112 section
// 7.1, pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cgihttpd {

/// A size of more digits, be they zeros, is malformed.
inline constexpr unsigned max_chunk_size_digits = 16;

/// What frames the chunks may come to this much, besides what each chunk is
/// allowed: all extensions and the trailer section.
inline constexpr std::uint64_t max_framing_octets = 16384;
/// A chunk allows this much, and as much again as twice its data: data that
/// comes octet by octet is no fault, an extension to each octet is.
inline constexpr std::uint64_t framing_octets_per_chunk = 16;

/// Takes the octets of a chunked body as they arrive, and hands its data out.
/// Extensions are ignored; trailer fields must be well formed, and are dropped
/// (RFC 9110 6.5.1: none is known to be safe to merge). A line ends with CRLF
/// and nothing else. A size is hexadecimal digits, and blanks stand behind it
/// only where `;` follows.
class ChunkedDecoder {
 public:
  enum class State {
    unfinished,  ///< feed more
    complete,    ///< the end was seen
    malformed,   ///< this is not the chunked coding
    too_large,   ///< more data than the maximum, or too much that frames it
  };

  /// `max_octets` of data may come.
  explicit ChunkedDecoder(std::uint64_t max_octets) : left_max_{max_octets} {}

  /// How many octets were taken; the last of them are `data`, a view into what
  /// was fed, and maybe empty.
  struct Piece {
    std::size_t taken = 0;
    std::string_view data{};
  };

  /// Takes octets up to the end of the first piece of data, or until the state
  /// is no longer `unfinished`. Feed what is left again.
  [[nodiscard]] Piece feed(std::string_view octets);

  [[nodiscard]] State state() const { return state_; }

  /// How many octets at least the body has still: to read that many takes
  /// nothing from what follows the body. 0 only in the end.
  [[nodiscard]] std::size_t octets_due() const;

 private:
  enum class At {
    size,         ///< the digits of a chunk's size
    size_blanks,  ///< blanks before an extension
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer,  ///< the start of a field line, or of the last line
    name,
    value,
    trailer_lf,
    last_lf,
  };

  void take(char octet);
  void take_size(char octet);
  void take_text(char octet, At after_cr);
  void take_trailer(char octet);
  void take_name(char octet);
  void expect(char octet, char expected, At next);
  void begin_chunk();
  [[nodiscard]] std::size_t octets_due_after_size() const;

  State state_ = State::unfinished;
  At at_ = At::size;
  unsigned digits_ = 0;     // of the size, so far
  std::uint64_t left_ = 0;  // of the chunk; its size, so far
  std::uint64_t left_max_;  // of all data that may come
  std::uint64_t left_framing_ = max_framing_octets;
};

}  // namespace cgihttpd

// fuzz_chunked.cc - A chunked body.

#include <algorithm>
#include <string>

#include "chunked.h"
#include "fuzz.h"

namespace {

using namespace cgihttpd;        // NOLINT(google-build-using-namespace)
using namespace cgihttpd::fuzz;  // NOLINT(google-build-using-namespace)

constexpr std::uint64_t max_octets = 4096;

struct Decoded {
  std::string data;
  std::size_t taken = 0;
  ChunkedDecoder::State state{};
};

// Decodes with pieces of `piece` octets. Never more is due than there is still
// to come of a body that is whole.
Decoded decode(std::string_view octets, std::size_t piece) {
  ChunkedDecoder decoder{max_octets};
  Decoded decoded;
  while (decoded.taken < octets.size() &&
         decoder.state() == ChunkedDecoder::State::unfinished) {
    const auto [taken, data] =
        decoder.feed(octets.substr(decoded.taken, piece));
    require(taken > 0, "no progress");
    decoded.taken += taken;
    decoded.data += data;
  }
  decoded.state = decoder.state();
  return decoded;
}

// What `octets_due` says is read, and never an octet behind the body; wherever
// the decoder stands.
void check_due(std::string_view octets, std::size_t body_size) {
  ChunkedDecoder by_octet{max_octets};
  for (std::size_t i = 0; i < body_size; ++i) {
    require(by_octet.octets_due() <= body_size - i, "more is due");
    static_cast<void>(by_octet.feed(octets.substr(i, 1)));
  }
  ChunkedDecoder decoder{max_octets};
  std::size_t read = 0;
  while (decoder.state() == ChunkedDecoder::State::unfinished) {
    const std::size_t due = decoder.octets_due();
    require(due > 0 && read + due <= body_size, "more is due than there is");
    std::string_view piece = octets.substr(read, due);
    read += due;
    while (!piece.empty())
      piece.remove_prefix(decoder.feed(piece).taken);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view octets = text_of(data, size);
  const Decoded whole = decode(octets, octets.size());
  require(whole.data.size() <= max_octets, "too much");
  for (const std::size_t piece : {1U, 3U}) {
    const Decoded other = decode(octets, piece);
    require(whole.data == other.data && whole.taken == other.taken &&
                whole.state == other.state,
            "the pieces matter");
  }
  if (whole.state == ChunkedDecoder::State::complete)
    check_due(octets, whole.taken);
  return 0;
}

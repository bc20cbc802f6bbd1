#include "body_spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

#include "chunked.h"
#include "sys.h"

namespace cgihttpd {

namespace {

constexpr std::size_t read_octets = 65536;

UniqueFd make_disk_file() {
  const char* chosen = std::getenv("TMPDIR");
  const std::array<const char*, 3> folders{chosen, "/var/tmp", "/tmp"};
  OpenResult last;
  for (const char* folder : folders) {
    if (folder == nullptr) continue;
    last = make_nameless_file(folder);
    if (last.fd) return std::move(last.fd);
  }
  throw_error(last.error, "open a temporary file in", folders.back());
}

// From its start, and for nothing else: a script could fill the disk by it.
UniqueFd for_reading(UniqueFd file) {
  OpenResult reading =
      open_path("/proc/self/fd/" + std::to_string(file.get()), O_RDONLY);
  if (reading.fd) return std::move(reading.fd);
  rewind_file(file.get());
  return file;
}

// Grows in memory, and goes on on a disk.
class SpoolFile {
 public:
  SpoolFile() : file_{make_memory_file().fd} {
    if (!file_) move_to_disk();
  }

  void append(std::string_view octets) {
    if (octets.size() > max_size_ - size_)
      throw_error(EFBIG, "write the body of the request");
    if (is_in_memory_ && size_ + octets.size() > max_spool_memory_octets)
      move_to_disk();
    write_file(file_.get(), octets);
    size_ += octets.size();
  }

  [[nodiscard]] SpooledBody take() {
    return {for_reading(std::move(file_)), size_};
  }

 private:
  void move_to_disk() {
    UniqueFd disk = make_disk_file();
    std::uint64_t offset = 0;
    while (offset < size_) {
      if (try_send_file(disk.get(), file_.get(), offset, size_ - offset)
              .value_or(0) == 0)
        throw_error(ENOSPC, "sendfile");
    }
    file_ = std::move(disk);
    is_in_memory_ = false;
  }

  UniqueFd file_;
  std::uint64_t size_ = 0;
  std::uint64_t max_size_ = max_file_octets();
  bool is_in_memory_ = true;
};

// Passes the data in `octets` on to the file.
void decode(std::string_view octets, ChunkedDecoder& decoder, SpoolFile& file) {
  using State = ChunkedDecoder::State;
  while (!octets.empty() && decoder.state() == State::unfinished) {
    const auto piece = decoder.feed(octets);
    file.append(piece.data);
    octets.remove_prefix(piece.taken);
  }
}

Refusal refusal_for_body(Status status, const char* reason) {
  return {status, reason, reason, {}};
}

}  // namespace

std::variant<SpooledBody, Refusal> spool_body(Connection& connection,
                                              std::uint64_t max_octets) {
  // An octet that was sent as urgent would not be read, and the next one be
  // taken for it.
  if (connection.kind() == ConnectionKind::socket)
    inline_urgent_octets(STDIN_FILENO);
  SpoolFile file;
  ChunkedDecoder decoder{max_octets};
  std::array<char, read_octets> octets;  // NOLINT(*-member-init)
  while (decoder.state() == ChunkedDecoder::State::unfinished) {
    const auto count = connection.receive(
        std::span{octets}.first(std::min(octets.size(), decoder.octets_due())));
    if (!count) {
      return refusal_for_body(Status::request_timeout, slow_body_text);
    }
    if (*count == 0)
      return refusal_for_body(Status::bad_request, "The body has no end");
    decode({octets.data(), *count}, decoder, file);
  }
  switch (decoder.state()) {
    case ChunkedDecoder::State::malformed:
      return refusal_for_body(Status::bad_request, "Malformed chunks");
    case ChunkedDecoder::State::too_large:
      return Refusal{Status::content_too_large, {}, {}, {}};
    default: return file.take();
  }
}

}  // namespace cgihttpd

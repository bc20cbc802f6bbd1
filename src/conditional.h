// conditional.h - What tells one version of a file from another, and requests
// that depend on it (RFC 9110 sections 8.8 and 13, pure).
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "http_date.h"
#include "request.h"

namespace cgihttpd {

/// What the system says of the version of a file that is open.
struct FileVersion {
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::timespec changed{};   ///< ctime: nobody can set it
  std::timespec modified{};  ///< mtime: rsync, tar and builds set it
};

/// What tells a version of a file from all others (RFC 9110 8.8).
struct Validators {
  /// Strong, with its quotes: the ETag field. Empty: there is none.
  std::string entity_tag;
  /// The Last-Modified field; nullopt: there is none.
  std::optional<Seconds> last_modified;
  /// Whether it tells this version from later ones (RFC 9110 8.8.2.2), if
  /// nobody set it back.
  bool is_last_modified_strong = false;
  /// When the file was modified, also where no Last-Modified may say so.
  std::optional<Seconds> modified;
};

/// The validators of a file at the time `now`. One is left out while the file
/// could still change without it: each is good for one version alone. The
/// entity tag is missing for a moment after a change, the date until its second
/// is over. `encoding` is that of a file that is sent in the place
/// of another, e.g. "gz", else empty: with it the entity tag is another one,
/// and the date weak. Its characters are those of a token.
[[nodiscard]] Validators make_validators(const FileVersion& file, Instant now,
                                         std::string_view encoding = {});

enum class Precondition {
  holds,         ///< answer as if there were none
  not_modified,  ///< 304
  failed,        ///< 412
};

/// Evaluates If-Match, If-Unmodified-Since, If-None-Match and
/// If-Modified-Since for a file that exists, in the order of RFC 9110 13.2.2.
/// To be asked where the answer would otherwise be 200 or 206 (13.2.1). An
/// invalid date is ignored; a list of entity tags that is malformed has none:
/// whoever sent it gets no old version confirmed.
[[nodiscard]] Precondition evaluate_preconditions(const Request& request,
                                                  const Validators& validators,
                                                  Seconds now);

/// The value of the Range field that is to be heeded: of a GET request, if its
/// If-Range names this very version or it has none (RFC 9110 13.1.5 and 14.2).
/// To be asked after evaluate_preconditions.
[[nodiscard]] std::optional<std::string_view> find_wanted_range(
    const Request& request, const Validators& validators, Seconds now);

}  // namespace cgihttpd

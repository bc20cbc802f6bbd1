// fuzz_target.cc - Targets, authorities and their folders.

#include "escape.h"
#include "fuzz.h"
#include "root.h"
#include "uri.h"

using namespace cgihttpd;        // NOLINT(google-build-using-namespace)
using namespace cgihttpd::fuzz;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text = text_of(data, size);
  if (const auto target = parse_target(text)) {
    require(target->path.starts_with('/'), "no slash");
    require(target->path.find("//") == std::string::npos, "an empty segment");
    require(target->path.find("/../") == std::string::npos, "dots");
    require(!target->path.ends_with("/.."), "dots at the end");
    require(normalize_path(target->path) == target->path, "not normal");
    require(!is_below(target->path, target->path), "below itself");
    // A redirect to it leads to it.
    const auto again = parse_target(percent_encode_path(target->path));
    require(again && again->path == target->path, "another path");
  }
  if (const auto authority = parse_authority(text)) {
    const std::string folder = host_folder_for(*authority);
    require(folder.find('/') == std::string::npos, "a slash in a host");
    require(!folder.starts_with('.'), "a folder that is hidden");
  }
  return 0;
}

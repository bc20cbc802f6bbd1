// listing.h - The page that lists a folder (pure).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "site.h"

namespace cgihttpd {

/// An HTML page of `entries`, sorted by name without case, folders marked with
/// a slash and links with an at sign. `path` is the decoded path of the folder,
/// from `/` to `/`.
[[nodiscard]] std::string listing_page(std::string_view path,
                                       std::vector<Entry> entries);

}  // namespace cgihttpd

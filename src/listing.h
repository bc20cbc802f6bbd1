// listing.h - The page that lists a folder (pure).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "site.h"

namespace cgihttpd {

/// How a listing is ordered.
struct ListingOrder {
  enum class Key { name, size, time };
  enum class Direction { ascending, descending };
  Key key = Key::name;
  Direction direction = Direction::ascending;
};

/// What the query of a listing asks for: `sort=name|size|time` and
/// `order=asc|desc`, of which it has both, one or none; by name, ascending,
/// else.
[[nodiscard]] ListingOrder parse_listing_order(std::string_view query);

/// An HTML page of `entries`, in `order`, those that are the same in it by name
/// without case; folders marked with a slash and links with an at sign. `path`
/// is the decoded path of the folder, from `/` to `/`.
[[nodiscard]] std::string listing_page(std::string_view path,
                                       std::vector<Entry> entries,
                                       ListingOrder order = {});

/// A size for people: `512 B`, `1.5 KiB`, `20 MiB`.
[[nodiscard]] std::string format_size(std::uint64_t octets);

}  // namespace cgihttpd

// base64.h - Base64 -> octets (RFC 4648 section 4, pure).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cgihttpd {

/// The octets that `text` encodes. nullopt for what no encoder writes: another
/// character, missing or needless padding, bits behind the last octet.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace cgihttpd

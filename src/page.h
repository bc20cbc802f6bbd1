// page.h - The HTML frame of the pages that we make ourselves (pure).
#pragma once

#include <string>
#include <string_view>

namespace cgihttpd {

/// What our pages may do: nothing but to look as `html_page` lets them. The
/// hash is that of its style sheet.
inline constexpr std::string_view page_security_policy =
    "default-src 'none'; "
    "style-src 'sha256-zNN+Byyspz25iuRWd6ES1JviaJybQ2ioeifEsr0zuY8='; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// A page without script, and without anything from elsewhere, for small and
/// wide screens, light and dark. `title` and `content` are HTML already.
[[nodiscard]] std::string html_page(std::string_view title,
                                    std::string_view content);

}  // namespace cgihttpd

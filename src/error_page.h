// error_page.h - The pages that explain an error or a redirect (pure).
#pragma once

#include <string>
#include <string_view>

#include "refusal.h"

namespace cgihttpd {

/// An HTML page with the status, the message and what the status means.
[[nodiscard]] std::string error_page(const Refusal& refusal);

/// A page that leads on, for those whom a redirect does not take along.
[[nodiscard]] std::string redirect_page(std::string_view location);

}  // namespace cgihttpd

// exchange.h - One request, one answer, one line in the log: the order of all.
#pragma once

#include <string>

#include "activation.h"
#include "authentication.h"
#include "log.h"
#include "options.h"
#include "site.h"

namespace cgihttpd {

/// Answers the request on the connection. Whatever the client does, this
/// returns; where a script takes the handler's place, it does not.
void answer_request(const Options& options, const Log& log, Site& site,
                    const Guard& guard, const Activation& activation);

}  // namespace cgihttpd

// exchange.h - One request, one answer, one line in the log: the order of all.
#pragma once

#include <string>

#include "activation.h"
#include "authentication.h"
#include "log.h"
#include "options.h"
#include "site.h"

namespace cgihttpd {

/// Answers the request on the connection. Whatever the client does, the process
/// then ends with status 0, or this returns; a script that took the handler's
/// place has a status of its own.
void answer_request(const Options& options, const Log& log, Site& site,
                    const Guard& guard, const Activation& activation);

}  // namespace cgihttpd

#include "status.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "text.h"

namespace cgihttpd {

namespace {

struct Row {
  std::uint16_t code;
  TableText<32> phrase;
  TableText<64> explanation;
};

// The phrases of RFC 9110; the explanations are those of the ancestor, whose
// users search for them.
constexpr auto rows = std::to_array({
    Row{200, "OK", ""},
    Row{201, "Created", ""},
    Row{202, "Accepted", ""},
    Row{203, "Non-Authoritative Information", ""},
    Row{204, "No Content", ""},
    Row{205, "Reset Content", ""},
    Row{206, "Partial Content", ""},
    Row{207, "Multi-Status", ""},
    Row{300, "Multiple Choices", ""},
    Row{301, "Moved Permanently", "Object moved permanently"},
    Row{302, "Found", "Object moved temporarily"},
    Row{303, "See Other", ""},
    Row{304, "Not Modified", ""},
    Row{307, "Temporary Redirect", ""},
    Row{308, "Permanent Redirect", ""},
    Row{400, "Bad Request", "Bad request syntax or unsupported method"},
    Row{401, "Unauthorized", "No permission -- see authorization schemes"},
    Row{402, "Payment Required", ""},
    Row{403, "Forbidden", "Request forbidden -- authorization will not help"},
    Row{404, "Not Found", "Nothing matches the given URI"},
    Row{405, "Method Not Allowed",
        "Specified method is invalid for this resource"},
    Row{406, "Not Acceptable", ""},
    Row{408, "Request Timeout", "Request timed out; try again later"},
    Row{409, "Conflict", ""},
    Row{410, "Gone", ""},
    Row{411, "Length Required", ""},
    Row{412, "Precondition Failed", ""},
    Row{413, "Content Too Large",
        "The body of the request is larger than the server takes"},
    Row{414, "URI Too Long", "URI is too long"},
    Row{415, "Unsupported Media Type", ""},
    Row{416, "Range Not Satisfiable", ""},
    Row{417, "Expectation Failed", "Expect condition could not be satisfied"},
    Row{418, "I'm a Teapot", ""},
    Row{421, "Misdirected Request", ""},
    Row{422, "Unprocessable Content", ""},
    Row{423, "Locked", ""},
    Row{424, "Failed Dependency", ""},
    Row{425, "Too Early", ""},
    Row{426, "Upgrade Required", ""},
    Row{428, "Precondition Required", ""},
    Row{429, "Too Many Requests", ""},
    Row{431, "Request Header Fields Too Large",
        "The header fields of the request are too large"},
    Row{451, "Unavailable For Legal Reasons", ""},
    Row{500, "Internal Server Error", "Server got itself in trouble"},
    Row{501, "Not Implemented", "Server does not support this operation"},
    Row{502, "Bad Gateway", "The script gave no valid answer"},
    Row{503, "Service Unavailable",
        "The server cannot process the request now; try again later"},
    Row{504, "Gateway Timeout", "The script did not answer in time"},
    Row{505, "HTTP Version Not Supported", "Cannot fulfill request"},
    Row{507, "Insufficient Storage",
        "The server has no room for the body of the request"},
    Row{511, "Network Authentication Required", ""},
});

const Row* find_row(Status status) {
  const auto code = static_cast<std::uint16_t>(status);
  const auto* row = std::ranges::lower_bound(rows, code, {}, &Row::code);
  return row != rows.end() && row->code == code ? row : nullptr;
}

}  // namespace

std::string_view phrase_of(Status status) {
  const Row* row = find_row(status);
  return row == nullptr ? std::string_view{} : row->phrase.view();
}

std::string_view explanation_of(Status status) {
  const Row* row = find_row(status);
  return row == nullptr ? std::string_view{} : row->explanation.view();
}

Status status_for_open_error(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:   // links in a circle, or where none may be followed
    case EXDEV:   // a link that leads out of the root
    case EILSEQ:  // a name that a file system cannot have,
    case EINVAL:  // as some of them tell
      return Status::not_found;
    case EACCES:
    case EPERM:
    case ENXIO:  // a socket, or a device that is not there
    case ENODEV: return Status::forbidden;
    default: return Status::internal_server_error;
  }
}

}  // namespace cgihttpd

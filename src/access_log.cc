#include "access_log.h"

#include "escape.h"

namespace cgihttpd {

namespace {

constexpr std::size_t max_user_size = 128;
constexpr std::size_t max_request_line_size = 2048;
constexpr std::size_t max_referer_size = 1024;
constexpr std::size_t max_user_agent_size = 512;

std::string quoted(std::string_view text, std::size_t max_size) {
  const std::string escaped = log_escape(text, max_size);
  return " \"" + (escaped.empty() ? "-" : escaped) + '"';
}

// What is followed by a blank has none.
std::string word(std::string_view text, std::size_t max_size) {
  const std::string escaped = log_escape_word(text, max_size);
  return escaped.empty() ? "-" : escaped;
}

}  // namespace

std::string format_access_line(const AccessRecord& record) {
  constexpr std::string_view unknown = "-";
  std::string line{record.remote_address.empty() ? unknown
                                                 : record.remote_address};
  line.append(" - ").append(word(record.user, max_user_size));
  line.append(" [").append(format_log_date(record.time)).append("]");
  line.append(quoted(record.request_line, max_request_line_size));
  line.append(" ").append(std::to_string(static_cast<unsigned>(record.status)));
  line.append(" ").append(record.body_octets
                              ? std::to_string(*record.body_octets)
                              : std::string{unknown});
  line.append(quoted(record.referer, max_referer_size));
  return line.append(quoted(record.user_agent, max_user_agent_size));
}

}  // namespace cgihttpd

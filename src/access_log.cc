#include "access_log.h"

#include <utility>

#include "escape.h"
#include "json.h"
#include "text.h"

namespace cgihttpd {

namespace {

constexpr std::string_view unknown = "-";

// Where values are cut, so that a line is shorter than PIPE_BUF, 4096.
constexpr std::size_t max_word_size = 64;
constexpr std::size_t max_user_size = 128;
constexpr std::size_t max_name_size = 256;
constexpr std::size_t max_request_line_size = 2048;
constexpr std::size_t max_referer_size = 1024;
constexpr std::size_t max_user_agent_size = 512;
// An object has more values than the other line.
constexpr std::size_t max_json_target_size = 1536;
constexpr std::size_t max_json_referer_size = 768;

struct RequestWords {
  std::string_view method;
  std::string_view target;
  std::string_view protocol;
};

// nullopt for what is no `method SP request-target SP HTTP-version` (RFC 9112
// section 3).
std::optional<RequestWords> find_words(std::string_view request_line) {
  const auto words = split(request_line, ' ');
  if (words.size() != 3 || !is_token(words[0]) || words[1].empty() ||
      !words[2].starts_with("HTTP/"))
    return std::nullopt;
  return RequestWords{words[0], words[1], words[2]};
}

std::optional<std::uint64_t> number_of(std::optional<Status> status) {
  if (!status) return std::nullopt;
  return static_cast<unsigned>(*status);
}

std::optional<std::uint64_t> port_of(const AccessRecord& record) {
  if (record.remote_port == 0) return std::nullopt;
  return record.remote_port;
}

std::optional<std::uint64_t> number_of(
    std::optional<std::chrono::microseconds> time) {
  if (!time) return std::nullopt;
  return static_cast<std::uint64_t>(time->count());
}

std::string quoted(std::string_view text, std::size_t max_size) {
  const std::string escaped = log_escape(text, max_size);
  return " \"" + (escaped.empty() ? "-" : escaped) + '"';
}

std::string combined_line(const AccessRecord& record) {
  std::string line{record.remote_address.empty() ? unknown
                                                 : record.remote_address};
  const std::string user = log_escape_word(record.user, max_user_size);
  line.append(" - ").append(user.empty() ? unknown : std::string_view{user});
  const auto second = std::chrono::floor<std::chrono::seconds>(record.time);
  line.append(" [").append(format_log_date(second)).append("]");
  line.append(quoted(record.request_line, max_request_line_size));
  line.append(" ").append(std::to_string(
      static_cast<unsigned>(record.status.value_or(Status::ok))));
  line.append(" ").append(record.body_octets
                              ? std::to_string(*record.body_octets)
                              : std::string{unknown});
  line.append(quoted(record.referer, max_referer_size));
  return line.append(quoted(record.user_agent, max_user_agent_size));
}

std::string json_line(const AccessRecord& record) {
  JsonObject object;
  object.add_text("time", format_rfc3339(record.time), max_word_size)
      .add_text("remote_address", record.remote_address, max_word_size)
      .add_number("remote_port", port_of(record))
      .add_text("user", record.user, max_user_size);
  if (const auto words = find_words(record.request_line)) {
    object.add_text("method", words->method, max_word_size)
        .add_text("target", words->target, max_json_target_size)
        .add_text("protocol", words->protocol, max_word_size);
  } else {
    object.add_text("request_line", record.request_line, max_json_target_size);
  }
  object.add_text("host", record.host, max_name_size)
      .add_number("status", number_of(record.status))
      .add_number("bytes", record.body_octets)
      .add_text("referer", record.referer, max_json_referer_size)
      .add_text("user_agent", record.user_agent, max_user_agent_size)
      .add_text("script", record.script_name, max_name_size)
      .add_number("script_cpu_us", number_of(record.script_cpu))
      .add_number("duration_us", number_of(record.duration));
  return object.text();
}

// The fields of an entry of the journal, of which none is empty.
class Fields {
 public:
  Fields& add_text(std::string_view name, std::string_view text,
                   std::size_t max_size) {
    if (!text.empty()) add(name, log_escape(text, max_size));
    return *this;
  }

  Fields& add_number(std::string_view name,
                     std::optional<std::uint64_t> number) {
    if (number) add(name, std::to_string(*number));
    return *this;
  }

  [[nodiscard]] std::vector<std::string> take() { return std::move(fields_); }

 private:
  void add(std::string_view name, std::string_view value) {
    fields_.emplace_back(name).append("=").append(value);
  }

  std::vector<std::string> fields_;
};

}  // namespace

std::string format_access_line(const AccessRecord& record, LogFormat format) {
  return format == LogFormat::json ? json_line(record) : combined_line(record);
}

// The names are those of CGI (RFC 3875 section 4.1), where it has one.
std::vector<std::string> access_fields(const AccessRecord& record) {
  Fields fields;
  fields.add_text("REMOTE_ADDR", record.remote_address, max_word_size)
      .add_number("REMOTE_PORT", port_of(record))
      .add_text("REMOTE_USER", record.user, max_user_size);
  if (const auto words = find_words(record.request_line)) {
    fields.add_text("REQUEST_METHOD", words->method, max_word_size)
        .add_text("REQUEST_URI", words->target, max_request_line_size)
        .add_text("SERVER_PROTOCOL", words->protocol, max_word_size);
  }
  fields.add_text("SERVER_NAME", record.host, max_name_size)
      .add_text("SCRIPT_NAME", record.script_name, max_name_size)
      .add_number("HTTP_STATUS", number_of(record.status))
      .add_number("HTTP_BYTES", record.body_octets)
      .add_text("HTTP_REFERER", record.referer, max_referer_size)
      .add_text("HTTP_USER_AGENT", record.user_agent, max_user_agent_size)
      .add_number("SCRIPT_CPU_USEC", number_of(record.script_cpu))
      .add_number("HTTP_DURATION_USEC", number_of(record.duration));
  return fields.take();
}

}  // namespace cgihttpd

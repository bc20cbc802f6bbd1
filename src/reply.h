// reply.h - The answers that we make ourselves, on their way to the client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connection.h"
#include "file.h"
#include "options.h"
#include "response.h"

namespace cgihttpd {

class Reply {
 public:
  /// Both must live longer.
  Reply(Connection& connection, const Options& options);

  /// Says what is answered: when it came, and whether to HEAD, an answer to
  /// which has no content (RFC 9110 9.3.2).
  enum class Content { wanted, unwanted };
  void prepare(Seconds time, Content content);

  /// What is in the answers of scripts, too.
  [[nodiscard]] const CommonFields& common() const { return common_; }

  /// Adds values of Set-Cookie to whatever is answered.
  void add_cookies(const std::vector<std::string>& cookies);

  /// A head of ours, to add fields to. `reason`: see ResponseHead.
  [[nodiscard]] ResponseHead head_for(Status status,
                                      std::string_view reason = {});

  // Each of these sends a whole answer, and throws as Connection::send does.

  /// Without content.
  void send(ResponseHead& head);
  /// With an HTML page.
  void send_page(ResponseHead& head, std::string_view page);
  /// With what `content` says of a file, its fields added before.
  void send_file(ResponseHead& head, const File& file,
                 const FileContent& content);

  /// Sends the fields that go before those of a script, which takes our place;
  /// or all that there is to say, where no content is wanted.
  void begin_for_script(ResponseHead& head);

  /// The status of the last head.
  [[nodiscard]] Status status() const { return status_; }
  /// Whether something was sent: an error cannot be told any more.
  [[nodiscard]] bool has_begun() const {
    return begun_at_ && connection_.sent() > *begun_at_;
  }
  [[nodiscard]] bool is_content_wanted() const { return is_content_wanted_; }
  /// Octets of content that were sent.
  [[nodiscard]] std::uint64_t content_octets() const;
  /// Whether a file became shorter while it was sent.
  [[nodiscard]] bool is_truncated() const { return is_truncated_; }

 private:
  void send_head(ResponseHead& head, More more);
  void send_octets(std::string_view octets, More more);
  void send_range(int file, ByteRange range);

  Connection& connection_;
  CommonFields common_;
  Seconds time_{};
  Status status_ = Status::ok;
  std::optional<std::uint64_t> begun_at_;  // what was sent before
  std::uint64_t head_octets_ = 0;          // sent before the content
  bool is_content_wanted_ = true;
  bool is_truncated_ = false;
};

}  // namespace cgihttpd

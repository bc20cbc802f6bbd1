#include "reply.h"

#include <algorithm>
#include <iterator>

#include "page.h"

namespace cgihttpd {

namespace {

constexpr std::string_view html_type = "text/html; charset=utf-8";

// See page_security_policy.
void add_page_policy(ResponseHead& head) {
  constexpr std::string_view name = "Content-Security-Policy";
  if (!head.has(name)) head.add(name, page_security_policy);
}

// The type is what we say, and not what a browser finds in the content.
void add_nosniff(ResponseHead& head) {
  constexpr std::string_view name = "X-Content-Type-Options";
  if (!head.has(name)) head.add(name, "nosniff");
}

}  // namespace

Reply::Reply(Connection& connection, const Options& options)
    : connection_{connection},
      common_{.server = options.server_version ? "cgihttpd/" CGIHTTPD_VERSION
                                               : "cgihttpd",
              .added = options.header_fields} {}

void Reply::prepare(Seconds time, Content content) {
  time_ = time;
  is_content_wanted_ = content == Content::wanted;
}

void Reply::add_cookies(const std::vector<std::string>& cookies) {
  std::ranges::copy(cookies, std::back_inserter(common_.cookies));
}

ResponseHead Reply::head_for(Status status, std::string_view reason) {
  status_ = status;
  return {status, reason, time_, common_};
}

void Reply::send(ResponseHead& head) {
  add_nosniff(head.add_missing(common_.added));
  send_head(head, More::no);
}

void Reply::send_page(ResponseHead& head, std::string_view page) {
  head.add("Content-Type", html_type).add("Content-Length", page.size());
  add_nosniff(head.add_missing(common_.added));
  add_page_policy(head);
  const bool has_content = is_content_wanted_ && !page.empty();
  send_head(head, has_content ? More::yes : More::no);
  if (has_content) send_octets(page, More::no);
}

void Reply::send_file(ResponseHead& head, const File& file,
                      const FileContent& content) {
  add_nosniff(head.add_missing(common_.added));
  const bool has_content = is_content_wanted_ && content.size() > 0;
  send_head(head, has_content ? More::yes : More::no);
  if (!has_content) return;
  if (!content.multipart) {
    send_range(file.fd.get(), content.range);
    return;
  }
  for (const auto& part : content.multipart->parts) {
    send_octets(part.head, More::yes);
    send_range(file.fd.get(), part.range);
    if (is_truncated_) return;
  }
  send_octets(content.multipart->end, More::no);
}

void Reply::begin_for_script(ResponseHead& head) {
  head.add_missing(common_.added);
  if (!is_content_wanted_) {
    send_head(head, More::no);
    return;
  }
  send_octets(head.lines(), More::yes);
}

std::uint64_t Reply::content_octets() const {
  // Before that, a part of the head was sent, or `100 Continue`.
  return head_octets_ == 0 ? 0 : connection_.sent() - head_octets_;
}

void Reply::send_head(ResponseHead& head, More more) {
  send_octets(head.text(), more);
  head_octets_ = connection_.sent();
}

void Reply::send_octets(std::string_view octets, More more) {
  if (!begun_at_) begun_at_ = connection_.sent();
  connection_.send(octets, more);
}

void Reply::send_range(int file, ByteRange range) {
  is_truncated_ =
      connection_.send_file(file, range.first, range.size) < range.size;
}

}  // namespace cgihttpd

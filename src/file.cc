#include "file.h"

#include <fcntl.h>

#include <array>
#include <charconv>
#include <chrono>

#include "media_type.h"
#include "text.h"

namespace cgihttpd {

namespace {

constexpr std::size_t max_mime_types_octets = 1024UL * 1024;

Validators validators_of(const File& file, Instant now) {
  const bool is_coded = file.coding != Coding::identity;
  Validators validators = make_validators(
      file.version, now, is_coded ? name_of(file.coding) : std::string_view{});
  // The codings of a file have one date.
  if (file.is_negotiated) validators.is_last_modified_strong = false;
  return validators;
}

Refusal refuse_range(std::uint64_t size) {
  return {.status = Status::range_not_satisfiable,
          .field_name = "Content-Range",
          .field_value = format_unsatisfied_range(size)};
}

std::string make_boundary() {
  constexpr std::size_t hexadecimal_digits = 16;
  std::string boundary;
  while (boundary.size() < 2 * hexadecimal_digits) {
    std::array<char, hexadecimal_digits> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(),
                                   random_number(), hexadecimal_digits);
    boundary.append(digits.begin(), end.ptr);
  }
  return boundary;
}

void add_content_fields(ResponseHead& head, const File& file,
                        const FileContent& content) {
  const bool is_partial = content.status == Status::partial_content;
  head.add("Content-Type", content.multipart ? content.multipart->media_type
                                             : media_type_of(file.name));
  if (file.coding != Coding::identity)
    head.add("Content-Encoding", name_of(file.coding));
  head.add("Content-Length", content.size());
  if (is_partial && !content.multipart) {
    head.add("Content-Range",
             format_content_range(content.range, file.version.size));
  }
  if (!is_partial) head.add("Accept-Ranges", "bytes");
}

}  // namespace

std::string media_type_of(std::string_view file_name) {
  if (const auto type = find_media_type(file_name)) return std::string{*type};
  if (!extension_of(file_name).empty()) {
    // With --chroot it is a file of the site, which may be anything.
    const OpenResult mime_types =
        open_path(mime_types_path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (mime_types.fd && S_ISREG(facts_of(mime_types.fd.get()).st_mode)) {
      auto type = find_media_type_in(
          read_file(mime_types.fd.get(), max_mime_types_octets), file_name);
      if (type && is_field_value(*type)) return std::move(*type);
    }
  }
  return std::string{default_media_type};
}

FileContent whole_content(const File& file) {
  return {.range = {0, file.version.size}};
}

std::variant<FileContent, Refusal> select_content(const Request& request,
                                                  const File& file,
                                                  Instant now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  FileContent content = whole_content(file);
  content.validators = validators_of(file, now);
  switch (evaluate_preconditions(request, content.validators, second)) {
    case Precondition::failed: return Refusal{Status::precondition_failed};
    case Precondition::not_modified:
      content.status = Status::not_modified;
      content.range = {};
      return content;
    case Precondition::holds: break;
  }
  const auto wanted = find_wanted_range(request, content.validators, second);
  if (!wanted) return content;
  const auto selection = select_ranges(*wanted, file.version.size);
  switch (selection.kind) {
    case RangeSelection::Kind::whole: return content;
    case RangeSelection::Kind::unsatisfiable:
      return refuse_range(file.version.size);
    case RangeSelection::Kind::partial: break;
  }
  content.status = Status::partial_content;
  content.range = selection.ranges.front();
  if (selection.ranges.size() > 1) {
    content.multipart =
        make_multipart(make_boundary(), media_type_of(file.name),
                       selection.ranges, file.version.size);
  }
  return content;
}

void add_file_fields(ResponseHead& head, const File& file,
                     const FileContent& content) {
  const Validators& validators = content.validators;
  // RFC 9110 15.4.5: what the client knows already is not repeated.
  const bool is_known = content.status == Status::not_modified;
  if (!is_known) add_content_fields(head, file, content);
  if (!validators.entity_tag.empty()) head.add("ETag", validators.entity_tag);
  if (validators.last_modified && (!is_known || validators.entity_tag.empty()))
    head.add("Last-Modified", format_http_date(*validators.last_modified));
  if (file.is_negotiated) head.add("Vary", "Accept-Encoding");
}

}  // namespace cgihttpd

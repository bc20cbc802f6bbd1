#include "conditional.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <span>
#include <tuple>
#include <vector>

#include "text.h"

namespace cgihttpd {

namespace {

using namespace std::chrono_literals;

// File times come from a clock that ticks: every 10 ms where HZ is 100. Two
// changes within a tick have one time.
constexpr std::chrono::nanoseconds clock_tick = 20ms;

// The second of a file time, and of an HTTP date.
constexpr std::chrono::nanoseconds one_second = 1s;

// Where file times are whole: FAT counts in twos, and ext3 in ones.
constexpr std::chrono::nanoseconds coarse_second = 2s;

// Nix and OSTree have 1 and 0 for the mtime of all they install, whatever is
// in it: that is no date.
constexpr std::time_t last_mark = 1;

// Whether `time` is at least `age` before `now`. Compared in parts: file times
// reach beyond the years that 64 bits of nanoseconds count.
bool is_past(const std::timespec& time, std::chrono::nanoseconds age,
             Instant now) {
  const Instant limit = now - age;
  const auto second = std::chrono::floor<std::chrono::seconds>(limit);
  const auto nanoseconds = (limit - second).count();
  return std::tuple{time.tv_sec, time.tv_nsec} <=
         std::tuple{second.time_since_epoch().count(), nanoseconds};
}

// Whether any later change to the file will have another time than this.
bool is_settled(const std::timespec& time, Instant now) {
  return is_past(time, clock_tick + (time.tv_nsec == 0 ? coarse_second : 0ns),
                 now);
}

// Whether any later change to the file will be in another second than this.
bool is_second_over(const std::timespec& time, Instant now) {
  const auto second = time.tv_nsec == 0 ? coarse_second : one_second;
  return is_past({time.tv_sec, 0}, clock_tick + second, now);
}

std::string hexadecimal(std::uint64_t number) {
  constexpr std::size_t max_digits = 16;
  constexpr int base = 16;
  std::array<char, max_digits> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), number, base);
  return {digits.data(), end.ptr};
}

// The inode tells two files apart that were made in the same tick, once a
// symbolic link is turned from one to the other.
std::string entity_tag_of(const FileVersion& file, std::string_view encoding) {
  std::string tag = '"' + hexadecimal(file.inode);
  tag.append(".").append(hexadecimal(file.size));
  tag.append(".").append(
      hexadecimal(static_cast<std::uint64_t>(file.changed.tv_sec)));
  tag.append(".").append(
      hexadecimal(static_cast<std::uint64_t>(file.changed.tv_nsec)));
  if (!encoding.empty()) tag.append("-").append(encoding);
  return tag + '"';
}

struct EntityTag {
  bool is_weak = false;
  std::string_view opaque_tag;  // with its quotes
};

// RFC 9110 8.8.3: etagc.
bool is_tag_character(char c) {
  return c != ' ' && c != '"' && !is_control(c);
}

// RFC 9110 8.8.3: [ %s"W/" ] DQUOTE *etagc DQUOTE. Cuts it off the text, which
// stays as it is where it does not start with one.
std::optional<EntityTag> take_entity_tag(std::string_view& text) {
  constexpr std::string_view weak_mark = "W/";
  const bool is_weak = text.starts_with(weak_mark);
  const std::string_view rest = text.substr(is_weak ? weak_mark.size() : 0);
  if (!rest.starts_with('"')) return std::nullopt;
  const std::size_t end = rest.find('"', 1);
  if (end == std::string_view::npos ||
      !std::ranges::all_of(rest.substr(1, end - 1), is_tag_character))
    return std::nullopt;
  text = rest.substr(end + 1);
  return EntityTag{is_weak, rest.substr(0, end + 1)};
}

bool take_comma(std::string_view& text) {
  if (!text.starts_with(',')) return false;
  text.remove_prefix(1);
  return true;
}

// None where the list is malformed.
std::vector<EntityTag> parse_entity_tags(std::string_view list) {
  std::vector<EntityTag> tags;
  do {
    list = trim(list);
    // RFC 9110 5.6.1.2: an element may be empty.
    if (!list.empty() && list.front() != ',') {
      const auto tag = take_entity_tag(list);
      if (!tag) return {};
      tags.push_back(*tag);
      list = trim(list);
    }
  } while (take_comma(list));
  if (!list.empty()) return {};
  return tags;
}

// RFC 9110 5.3: the values of all fields of a name are one list.
std::optional<std::string> find_list(const Request& request,
                                     std::string_view name) {
  const auto values = request.find_all(name);
  if (values.empty()) return std::nullopt;
  std::string list{values.front()};
  for (const std::string_view value : std::span{values}.subspan(1))
    list.append(", ").append(value);
  return list;
}

// RFC 9110 13.1.3, 13.1.4: a field that comes twice is no date.
std::optional<Seconds> find_date(const Request& request, std::string_view name,
                                 Seconds now) {
  const auto values = request.find_all(name);
  if (values.size() != 1) return std::nullopt;
  return parse_http_date(values.front(), now);
}

enum class Comparison { strong, weak };

// RFC 9110 8.8.3.2. Ours is always strong, or there is none.
bool is_match(const EntityTag& tag, const Validators& validators,
              Comparison comparison) {
  if (tag.is_weak && comparison == Comparison::strong) return false;
  return tag.opaque_tag == validators.entity_tag;
}

// Whether "*" or a list of entity tags names this version.
bool has_match(std::string_view list, const Validators& validators,
               Comparison comparison) {
  if (list == "*") return true;
  return std::ranges::any_of(parse_entity_tags(list), [&](const auto& tag) {
    return is_match(tag, validators, comparison);
  });
}

bool is_get_or_head(const Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

// RFC 9110 13.2.2, steps 1 and 2: whether the client may act on this version.
bool is_expected_version(const Request& request, const Validators& validators,
                         Seconds now) {
  if (const auto list = find_list(request, "If-Match"))
    return has_match(*list, validators, Comparison::strong);
  const auto date = find_date(request, "If-Unmodified-Since", now);
  return !date || !validators.modified || *validators.modified <= *date;
}

// RFC 9110 13.2.2, steps 3 and 4: whether the client lacks this version.
bool is_new_version(const Request& request, const Validators& validators,
                    Seconds now) {
  if (const auto list = find_list(request, "If-None-Match"))
    return !has_match(*list, validators, Comparison::weak);
  if (!is_get_or_head(request)) return true;
  const auto date = find_date(request, "If-Modified-Since", now);
  const auto& last_modified = validators.last_modified;
  return !date || !last_modified || *last_modified > *date;
}

// RFC 9110 13.1.5.
bool is_same_version(std::string_view if_range, const Validators& validators,
                     Seconds now) {
  if (const auto tag = take_entity_tag(if_range)) {
    return if_range.empty() && is_match(*tag, validators, Comparison::strong);
  }
  const auto date = parse_http_date(if_range, now);
  return date && validators.is_last_modified_strong &&
         validators.last_modified == *date;
}

}  // namespace

Validators make_validators(const FileVersion& file, Instant now,
                           std::string_view encoding) {
  assert(encoding.empty() || is_token(encoding));
  Validators validators;
  if (is_settled(file.changed, now))
    validators.entity_tag = entity_tag_of(file, encoding);
  const std::time_t second = file.modified.tv_sec;
  if (second <= last_mark) return validators;
  validators.modified = Seconds{std::chrono::seconds{second}};
  // RFC 9110 8.8.2.1: nor may a date in the future be sent.
  if (!is_second_over(file.modified, now)) return validators;
  validators.last_modified = validators.modified;
  validators.is_last_modified_strong = encoding.empty();
  return validators;
}

Precondition evaluate_preconditions(const Request& request,
                                    const Validators& validators, Seconds now) {
  if (!is_expected_version(request, validators, now))
    return Precondition::failed;
  if (is_new_version(request, validators, now)) return Precondition::holds;
  return is_get_or_head(request) ? Precondition::not_modified
                                 : Precondition::failed;
}

std::optional<std::string_view> find_wanted_range(const Request& request,
                                                  const Validators& validators,
                                                  Seconds now) {
  const auto ranges = request.find_all("Range");
  if (request.method != "GET" || ranges.size() != 1) return std::nullopt;
  const auto if_ranges = request.find_all("If-Range");
  const bool is_wanted = std::ranges::all_of(if_ranges, [&](auto if_range) {
    return is_same_version(if_range, validators, now);
  });
  if (!is_wanted) return std::nullopt;
  return ranges.front();
}

}  // namespace cgihttpd

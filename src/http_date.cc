#include "http_date.h"

#include <algorithm>
#include <array>
#include <span>

#include "sys.h"
#include "text.h"

namespace cgihttpd {

namespace {

using namespace std::chrono;  // NOLINT(google-build-using-namespace)

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed",
                                                   "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_weekdays{
    "Sunday",   "Monday", "Tuesday", "Wednesday",
    "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr",
                                                  "May", "Jun", "Jul", "Aug",
                                                  "Sep", "Oct", "Nov", "Dec"};

constexpr Seconds first_second = sys_days{year{0} / January / 1};
constexpr Seconds last_second =
    sys_days{year{10000} / January / 1} - seconds{1};

std::string digits(unsigned number, std::size_t width) {
  std::string text(width, '0');
  for (std::size_t i = width; i-- > 0;) {
    text[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  return text;
}

// A time in the parts that the formats are made of.
struct Parts {
  explicit Parts(Seconds time)
      : day_point{floor<days>(std::clamp(time, first_second, last_second))},
        date{day_point},
        second_of_day{std::clamp(time, first_second, last_second) - day_point} {
  }

  [[nodiscard]] std::string day() const {
    return digits(static_cast<unsigned>(date.day()), 2);
  }
  [[nodiscard]] std::string iso_date() const {
    const auto number = static_cast<unsigned>(date.month());
    return year() + '-' + digits(number, 2) + '-' + day();
  }
  [[nodiscard]] std::string_view month() const {
    return months.at(static_cast<unsigned>(date.month()) - 1);
  }
  [[nodiscard]] std::string year() const {
    return digits(static_cast<unsigned>(static_cast<int>(date.year())), 4);
  }
  [[nodiscard]] std::string hour_and_minute() const {
    const auto minutes = static_cast<unsigned>(second_of_day.count() / 60);
    return digits(minutes / 60, 2) + ':' + digits(minutes % 60, 2);
  }
  [[nodiscard]] std::string time() const {
    const auto second = static_cast<unsigned>(second_of_day.count() % 60);
    return hour_and_minute() + ':' + digits(second, 2);
  }

  sys_days day_point;
  year_month_day date;
  seconds second_of_day;
};

// Takes a date apart from left to right, in the order of the calls. What is
// not as it must be makes the reader a failed one.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : rest_{text} {}

  DateReader& text(std::string_view expected) {
    if (rest_.starts_with(expected)) {
      rest_.remove_prefix(expected.size());
    } else {
      has_failed_ = true;
    }
    return *this;
  }

  // Any of the names will do: a wrong one does not make a date ambiguous.
  DateReader& weekday(Names names) {
    index_of_name(names);
    return *this;
  }

  DateReader& month() {
    month_ = index_of_name(months) + 1;
    return *this;
  }

  DateReader& year(std::size_t width) {
    year_ = number(width);
    return *this;
  }

  DateReader& day() {
    day_ = number(2);
    return *this;
  }

  // RFC 9110 5.6.7, date3: a space stands for the first digit that is 0.
  DateReader& padded_day() {
    if (!rest_.starts_with(' ')) return day();
    rest_.remove_prefix(1);
    day_ = number(1);
    return *this;
  }

  DateReader& time() {
    const unsigned hour = text(" ").number(2);
    const unsigned minute = text(":").number(2);
    const unsigned second = text(":").number(2);
    // 60: a leap second. The system's clock has none, and counts on.
    if (hour > 23 || minute > 59 || second > 60) has_failed_ = true;
    second_of_day_ = hours{hour} + minutes{minute} + seconds{second};
    return *this;
  }

  // The date, where the text was one to its end.
  [[nodiscard]] std::optional<year_month_day> date() const {
    if (has_failed_ || !rest_.empty()) return std::nullopt;
    return year_month_day{std::chrono::year{static_cast<int>(year_)},
                          std::chrono::month{month_}, std::chrono::day{day_}};
  }

  [[nodiscard]] seconds second_of_day() const { return second_of_day_; }

 private:
  unsigned index_of_name(Names names) {
    for (unsigned index = 0; index < names.size(); ++index) {
      if (rest_.starts_with(names[index])) {
        rest_.remove_prefix(names[index].size());
        return index;
      }
    }
    has_failed_ = true;
    return 0;
  }

  // A number of exactly `width` digits.
  unsigned number(std::size_t width) {
    const std::string_view digits = rest_.substr(0, width);
    const auto number = parse_number<unsigned>(digits);
    if (digits.size() != width || !number) has_failed_ = true;
    rest_.remove_prefix(digits.size());
    return number.value_or(0);
  }

  std::string_view rest_;
  bool has_failed_ = false;
  unsigned year_ = 0;
  unsigned month_ = 1;
  unsigned day_ = 1;
  seconds second_of_day_{};
};

// nullopt for the 30th of February.
std::optional<Seconds> time_on(std::optional<year_month_day> date,
                               seconds second_of_day) {
  if (!date || !date->ok()) return std::nullopt;
  return sys_days{*date} + second_of_day;
}

std::optional<Seconds> parse_imf_fixdate(std::string_view text) {
  DateReader reader{text};
  reader.weekday(weekdays).text(", ").day().text(" ").month().text(" ");
  reader.year(4).time().text(" GMT");
  return time_on(reader.date(), reader.second_of_day());
}

std::optional<Seconds> parse_asctime_date(std::string_view text) {
  DateReader reader{text};
  reader.weekday(weekdays).text(" ").month().text(" ").padded_day();
  reader.time().text(" ").year(4);
  return time_on(reader.date(), reader.second_of_day());
}

// `date`, of whose year only the last two digits are known, in the last year
// with these that does not put `second_of_day` of it after `latest`.
year_month_day in_full_year(const year_month_day& date, seconds second_of_day,
                            Seconds latest) {
  const year_month_day last_date{floor<days>(latest)};
  const int age = (static_cast<int>(last_date.year()) - int{date.year()}) % 100;
  const year_month_day candidate =
      (last_date.year() - years{age}) / date.month() / date.day();
  const bool is_late = sys_days{candidate} + second_of_day > latest;
  return is_late ? candidate - years{100} : candidate;
}

std::optional<Seconds> parse_rfc850_date(std::string_view text, Seconds now) {
  DateReader reader{text};
  reader.weekday(long_weekdays).text(", ").day().text("-").month().text("-");
  reader.year(2).time().text(" GMT");
  const auto date = reader.date();
  if (!date) return std::nullopt;
  // RFC 9110 5.6.7: more than 50 years in the future is in the past.
  const year_month_day today{floor<days>(now)};
  const Seconds latest = sys_days{today + years{50}} + (now - floor<days>(now));
  return time_on(in_full_year(*date, reader.second_of_day(), latest),
                 reader.second_of_day());
}

}  // namespace

Seconds current_time() {
  return floor<seconds>(current_instant());
}

Instant current_instant() {
  return Instant{read_clock(CLOCK_REALTIME)};
}

std::optional<Seconds> parse_http_date(std::string_view text, Seconds now) {
  if (const auto time = parse_imf_fixdate(text)) return time;
  if (const auto time = parse_rfc850_date(text, now)) return time;
  return parse_asctime_date(text);
}

std::string format_http_date(Seconds time) {
  const Parts parts{time};
  std::string text{weekdays.at(weekday{parts.day_point}.c_encoding())};
  text.append(", ").append(parts.day()).append(" ").append(parts.month());
  text.append(" ").append(parts.year()).append(" ").append(parts.time());
  return text.append(" GMT");
}

std::string format_log_date(Seconds time) {
  const Parts parts{time};
  std::string text = parts.day();
  text.append("/").append(parts.month()).append("/").append(parts.year());
  return text.append(":").append(parts.time()).append(" +0000");
}

std::string format_rfc3339(Instant time) {
  // In milliseconds, a second that begins before all instants is no overflow.
  const auto instant = floor<milliseconds>(time);
  const auto second = floor<seconds>(instant);
  const Parts parts{second};
  const auto fraction = static_cast<unsigned>((instant - second).count());
  std::string text = parts.iso_date();
  text.append("T").append(parts.time()).append(".");
  return text.append(digits(fraction, 3)).append("Z");
}

std::string format_iso_minute(Seconds time) {
  const Parts parts{time};
  return parts.iso_date() + ' ' + parts.hour_and_minute();
}

}  // namespace cgihttpd

#include "http_date.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace cgihttpd {

namespace {

using namespace std::chrono;  // NOLINT(google-build-using-namespace)

constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed",
                                                   "Thu", "Fri", "Sat"};
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

}  // namespace

Seconds current_time() {
  return floor<seconds>(system_clock::now());
}

Instant current_instant() {
  return floor<milliseconds>(system_clock::now());
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
  const auto second = floor<seconds>(time);
  const Parts parts{second};
  const auto fraction = static_cast<unsigned>((time - second).count());
  std::string text = parts.iso_date();
  text.append("T").append(parts.time()).append(".");
  return text.append(digits(fraction, 3)).append("Z");
}

std::string format_iso_minute(Seconds time) {
  const Parts parts{time};
  return parts.iso_date() + ' ' + parts.hour_and_minute();
}

}  // namespace cgihttpd

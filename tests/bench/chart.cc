#include "chart.h"

#include <algorithm>
#include <vector>

namespace bench {

namespace {

constexpr int width = 720;
constexpr int label_width = 290;
constexpr int row_height = 20;
constexpr int bar_height = 13;

class Chart {
 public:
  void add_panel(const std::string& title, const char* kind,
                 const Times& times) {
    std::vector<const Time*> rows;
    for (const Time& time : times.all())
      if (time.kind == kind) rows.push_back(&time);
    if (rows.empty()) return;
    text(0, "b", title);
    double longest = 0;
    for (const Time* row : rows)
      if (row->sort != Sort::resident)
        longest = std::max(longest, row->microseconds.median());
    for (const Time* row : rows)
      add_row(*row, longest);
    y_ += row_height / 2;
  }

  [[nodiscard]] std::string svg() const {
    if (body_.empty()) return {};
    const std::string size = "width=\"" + std::to_string(width) +
                             "\" height=\"" + std::to_string(y_) + "\"";
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" " + size +
           " font-family=\"sans-serif\" font-size=\"12\">\n"
           "<style>\n"
           "text { fill: #24292f } .b { font-weight: bold }\n"
           ".ours { fill: #1a7f37 } .floor { fill: #8c959f }\n"
           ".handler { fill: #bc4c00 } .resident { fill: #0969da }\n"
           "@media (prefers-color-scheme: dark) { text { fill: #d1d7e0 }\n"
           ".ours { fill: #3fb950 } .handler { fill: #f0883e }\n"
           ".resident { fill: #4493f8 } }\n"
           "</style>\n" +
           body_ + "</svg>\n";
  }

 private:
  static const char* class_for(Sort sort) {
    switch (sort) {
      case Sort::ours: return "ours";
      case Sort::handler: return "handler";
      case Sort::resident: return "resident";
      default: return "floor";
    }
  }

  // A server that takes much longer gets a bar that ends at the border.
  void add_row(const Time& row, double longest) {
    constexpr int value_width = 60;
    const double median = row.microseconds.median();
    const double full = width - label_width - value_width;
    const int length =
        static_cast<int>(full * std::min(1.0, median / longest)) + 1;
    body_ += "<rect class=\"" + std::string{class_for(row.sort)} + "\" x=\"" +
             std::to_string(label_width) + "\" y=\"" + std::to_string(y_ + 3) +
             "\" width=\"" + std::to_string(length) + "\" height=\"" +
             std::to_string(bar_height) + "\"/>\n";
    const int y = y_;
    text(label_width + length + 5, "",
         std::to_string(static_cast<int>(median)) + " µs");
    y_ = y;
    text(0, "", row.name);
  }

  void text(int x, const std::string& style, const std::string& content) {
    body_ += "<text x=\"" + std::to_string(x) + "\" y=\"" +
             std::to_string(y_ + 14) + "\"" +
             (style.empty() ? "" : " class=\"" + style + "\"") + ">" + content +
             "</text>\n";
    y_ += row_height;
  }

  int y_ = 0;
  std::string body_;
};

}  // namespace

std::string make_chart(const Times& times) {
  Chart chart;
  chart.add_panel("A file of 512 bytes, from the start of the process", "file",
                  times);
  chart.add_panel("A CGI script in C", "c", times);
  return chart.svg();
}

}  // namespace bench

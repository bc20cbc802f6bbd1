#include "chart.h"

#include <algorithm>

namespace bench {

namespace {

constexpr int width = 720;
constexpr int label_width = 270;
constexpr int value_width = 70;
constexpr int row_height = 19;
constexpr int bar_height = 12;

constexpr const char* style_sheet = R"(
text { fill: #1f2328 } .title { font-weight: bold } .note { font-size: 11px }
.floor { fill: #818b98 } .ours { fill: #1a7f37 }
.handler { fill: #bc4c00 } .resident { fill: #0969da }
@media (prefers-color-scheme: dark) {
text { fill: #d1d7e0 } .ours { fill: #3fb950 }
.handler { fill: #f0883e } .resident { fill: #4493f8 } }
)";

struct Row {
  std::string name;
  Sort sort = Sort::handler;
  double value = 0;
};

const char* class_for(Sort sort) {
  switch (sort) {
    case Sort::floor: return "floor";
    case Sort::ours: return "ours";
    case Sort::handler: return "handler";
    case Sort::resident: return "resident";
  }
  return "";
}

std::string escape(const std::string& plain) {
  std::string escaped;
  for (const char character : plain) {
    switch (character) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      default: escaped += character;
    }
  }
  return escaped;
}

class Chart {
 public:
  void add_line(const std::string& line, const char* style_class) {
    add_text(0, line, style_class);
    y_ += row_height;
  }

  void add_legend() {
    int x = 0;
    for (const auto& [sort, meaning] :
         {std::pair{Sort::ours, "cgihttpd"},
          std::pair{Sort::handler, "others, started for each connection"},
          std::pair{Sort::resident, "servers, which run all the time"},
          std::pair{Sort::floor, "the least possible"}}) {
      add_bar(x, bar_height, sort);
      add_text(x + bar_height + 5, meaning, "");
      x += 6 * static_cast<int>(std::string_view{meaning}.size()) + 2 * 15;
    }
    y_ += row_height + row_height / 2;
  }

  void add_panel(const std::string& title, const std::string& unit,
                 const std::vector<Row>& rows) {
    if (rows.empty()) return;
    add_line(title, "title");
    const double longest =
        std::ranges::max_element(rows, {}, &Row::value)->value;
    constexpr double full = width - label_width - value_width;
    for (const auto& [name, sort, value] : rows) {
      const int length = static_cast<int>(full * value / longest) + 1;
      add_text(0, name, "");
      add_bar(label_width, length, sort);
      add_text(label_width + length + 5, text("%.0f", value) + unit, "");
      y_ += row_height;
    }
    y_ += row_height / 2;
  }

  [[nodiscard]] std::string svg() const {
    return text(
               "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
               "viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
               "font-family=\"sans-serif\" font-size=\"12\">\n",
               width, y_, width, y_) +
           "<title>What a request costs</title>\n<style>" + style_sheet +
           "</style>\n" + body_ + "</svg>\n";
  }

 private:
  void add_text(int x, const std::string& content, const char* style_class) {
    const std::string style = *style_class == '\0'
                                  ? std::string{}
                                  : text(" class=\"%s\"", style_class);
    body_ += text(R"(<text x="%d" y="%d")", x, y_ + bar_height) + style + ">" +
             escape(content) + "</text>\n";
  }

  void add_bar(int x, int length, Sort sort) {
    body_ += text(
        "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
        class_for(sort), x, y_ + 2, length, bar_height);
  }

  int y_ = 2;
  std::string body_;
};

std::vector<Row> rows_of(const Times& times, const char* kind) {
  std::vector<Row> rows;
  for (const Time& time : times.all()) {
    if (time.kind == kind)
      rows.push_back({time.name, time.sort, time.microseconds.median()});
  }
  return rows;
}

std::vector<Row> rows_of(const std::vector<Rate>& rates, const char* kind) {
  std::vector<Row> rows;
  for (const auto& [of, contestant, per_second] : rates) {
    if (of == kind)
      rows.push_back({contestant.name, contestant.sort, per_second.median()});
  }
  return rows;
}

}  // namespace

std::string make_chart(const Results& results) {
  Chart chart;
  chart.add_legend();
  chart.add_panel("A file of 512 bytes: time from start to last byte", " µs",
                  rows_of(results.times, "file"));
  chart.add_panel("A CGI script in C: time from start to last byte", " µs",
                  rows_of(results.times, "c"));
  chart.add_panel("A CGI script in C: requests a second, of four clients", "",
                  rows_of(results.rates, "c"));
  chart.add_line("Medians. Of a server, the time from the request.", "note");
  chart.add_line(describe_machine(), "note");
  return chart.svg();
}

}  // namespace bench

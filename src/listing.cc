#include "listing.h"

#include <algorithm>

#include "escape.h"
#include "text.h"

namespace cgihttpd {

namespace {

constexpr std::string_view style =
    "<style>\n"
    "body{font-family:sans-serif;margin:1em}\n"
    "td,th{padding:.2em 1em .2em 0;text-align:left}\n"
    "td:nth-child(2),th:nth-child(2){text-align:right}\n"
    "td:nth-child(1){overflow-wrap:anywhere}\n"
    "</style>\n";

void append_row(std::string& page, std::string_view href, std::string_view name,
                std::string_view size, std::string_view time) {
  page.append("<tr><td><a href=\"").append(href).append("\">");
  page.append(name).append("</a></td><td>").append(size);
  page.append("</td><td>").append(time).append("</td></tr>\n");
}

}  // namespace

std::string listing_page(std::string_view path, std::vector<Entry> entries) {
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    if (less_ignoring_case(a.name, b.name)) return true;
    return !less_ignoring_case(b.name, a.name) && a.name < b.name;
  });
  const std::string title = "Directory listing for " + html_escape(path);
  std::string page =
      "<!DOCTYPE HTML>\n"
      "<html lang=\"en\">\n"
      "<head>\n"
      "<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n";
  page.append("<title>").append(title).append("</title>\n").append(style);
  page.append("</head>\n<body>\n<h1>").append(title).append("</h1>\n<table>\n");
  page.append(
      "<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Size</th>"
      "<th scope=\"col\">Modified (UTC)</th></tr></thead>\n<tbody>\n");
  if (path != "/") append_row(page, "../", "../", "", "");
  for (const Entry& entry : entries) {
    const std::string_view slash = entry.is_folder ? "/" : "";
    append_row(page, percent_encode_path(entry.name).append(slash),
               html_escape(entry.name).append(entry.is_link ? "@" : slash),
               entry.is_folder ? "" : std::to_string(entry.size),
               format_iso_minute(entry.modified));
  }
  return page.append("</tbody>\n</table>\n</body>\n</html>\n");
}

}  // namespace cgihttpd

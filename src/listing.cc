#include "listing.h"

#include <algorithm>
#include <array>

#include "escape.h"
#include "page.h"
#include "text.h"

namespace cgihttpd {

namespace {

using Key = ListingOrder::Key;
using Direction = ListingOrder::Direction;

struct Column {
  Key key;
  std::string_view name;  // in the query
  std::string_view title;
};

constexpr auto columns = std::to_array(
    {Column{Key::name, "name", "Name"}, Column{Key::size, "size", "Size"},
     Column{Key::time, "time", "Modified (UTC)"}});

bool is_before_by_name(const Entry& a, const Entry& b) {
  if (less_ignoring_case(a.name, b.name)) return true;
  return !less_ignoring_case(b.name, a.name) && a.name < b.name;
}

// A folder has no size: it is smaller than all files.
std::uint64_t size_of(const Entry& entry) {
  return entry.is_folder ? 0 : entry.size + 1;
}

bool is_before(const Entry& a, const Entry& b, Key key) {
  if (key == Key::size && size_of(a) != size_of(b))
    return size_of(a) < size_of(b);
  if (key == Key::time && a.modified != b.modified)
    return a.modified < b.modified;
  return is_before_by_name(a, b);
}

void sort_entries(std::vector<Entry>& entries, ListingOrder order) {
  std::ranges::sort(entries, [&](const Entry& a, const Entry& b) {
    return order.direction == Direction::ascending ? is_before(a, b, order.key)
                                                   : is_before(b, a, order.key);
  });
}

// One step of the way to a folder: where we are, or a link to a folder above.
void append_step(std::string& page, std::string_view name,
                 std::string_view link) {
  page.append("<li");
  if (link.empty()) {
    page.append(" aria-current=\"page\">").append(name);
  } else {
    page.append("><a href=\"").append(link).append("\">");
    page.append(name).append("</a>");
  }
  page.append("</li>");
}

void append_breadcrumbs(std::string& page, std::string_view path) {
  page.append("<nav aria-label=\"Path\"><ol>");
  append_step(page, "Root", path == "/" ? "" : "/");
  for (std::size_t end = path.find('/', 1); end != std::string_view::npos;
       end = path.find('/', end + 1)) {
    const std::string_view folder = path.substr(0, end + 1);
    const std::size_t start = path.rfind('/', end - 1) + 1;
    append_step(page, html_escape(path.substr(start, end - start)),
                folder == path ? "" : percent_encode_path(folder));
  }
  page.append("</ol></nav>\n");
}

// A column's title is a link that sorts by it, or turns the order round.
void append_head(std::string& page, ListingOrder order) {
  page.append("<thead><tr>");
  for (const Column& column : columns) {
    const bool is_current = column.key == order.key;
    const bool is_ascending = order.direction == Direction::ascending;
    page.append("<th scope=\"col\"");
    if (is_current) {
      page.append(" aria-sort=\"");
      page.append(is_ascending ? "ascending" : "descending").append("\"");
    }
    page.append("><a href=\"?sort=").append(column.name).append("&amp;order=");
    page.append(is_current && is_ascending ? "desc" : "asc").append("\">");
    page.append(column.title).append("</a></th>");
  }
  page.append("</tr></thead>\n");
}

void append_row(std::string& page, const Entry& entry) {
  const std::string_view slash = entry.is_folder ? "/" : "";
  page.append(entry.is_folder ? "<tr class=\"d\"" : "<tr");
  page.append(R"(><th scope="row"><a href=")")
      .append(percent_encode_path(entry.name));
  page.append(slash).append("\">").append(html_escape(entry.name));
  page.append(entry.is_link ? "@" : slash).append("</a></th><td>");
  if (!entry.is_folder) page.append(format_size(entry.size));
  page.append("</td><td>").append(format_iso_minute(entry.modified));
  page.append("</td></tr>\n");
}

}  // namespace

std::string format_size(std::uint64_t octets) {
  constexpr std::array<std::string_view, 6> units{" KiB", " MiB", " GiB",
                                                  " TiB", " PiB", " EiB"};
  constexpr std::uint64_t step = 1024;
  constexpr std::uint64_t ten = 10;
  if (octets < step) return std::to_string(octets) + " B";
  std::size_t unit = 0;
  std::uint64_t rest = octets % step;
  std::uint64_t whole = octets / step;
  for (; whole >= step; ++unit) {
    rest = whole % step;
    whole /= step;
  }
  std::string text = std::to_string(whole);
  if (whole < ten) text.append(".").append(std::to_string(rest * ten / step));
  return text.append(units.at(unit));
}

ListingOrder parse_listing_order(std::string_view query) {
  ListingOrder order;
  for (const std::string_view parameter : split(query, '&')) {
    for (const Column& column : columns) {
      if (parameter == "sort=" + std::string{column.name})
        order.key = column.key;
    }
    if (parameter == "order=desc") order.direction = Direction::descending;
  }
  return order;
}

std::string listing_page(std::string_view path, std::vector<Entry> entries,
                         ListingOrder order) {
  constexpr std::size_t usual_row_octets = 160;
  sort_entries(entries, order);
  const std::string title = "Directory listing for " + html_escape(path);
  std::string content;
  content.reserve(entries.size() * usual_row_octets);
  append_breadcrumbs(content, path);
  content.append("<main>\n<h1>").append(title).append("</h1>\n<table>\n");
  append_head(content, order);
  content.append("<tbody>\n");
  if (path != "/") {
    content.append(
        "<tr class=\"d\"><th scope=\"row\"><a href=\"../\">Parent folder</a>"
        "</th><td></td><td></td></tr>\n");
  }
  for (const Entry& entry : entries)
    append_row(content, entry);
  content.append("</tbody>\n</table>\n");
  if (entries.empty()) content.append("<p>This folder is empty.</p>\n");
  return html_page(title, content.append("</main>\n"));
}

}  // namespace cgihttpd

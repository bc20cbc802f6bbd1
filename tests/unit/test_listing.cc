#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>

#include "listing.h"
#include "tables.h"

using namespace cgihttpd;
using namespace cgihttpd::test;

namespace {

constexpr Seconds modified{std::chrono::seconds{784111777}};
constexpr std::string_view link_start = R"(><th scope="row"><a href=")";
constexpr std::string_view row_end = "</td></tr>\n";

Entry file_named(std::string_view name, std::uint64_t size = 0) {
  return {.name = std::string{name}, .size = size, .modified = modified};
}

Entry folder_named(std::string_view name) {
  return {.name = std::string{name}, .is_folder = true, .modified = modified};
}

Entry linked(Entry entry) {
  entry.is_link = true;
  return entry;
}

// What stands between `start` and the next `end`.
std::string part_between(std::string_view page, std::string_view start,
                         std::string_view end) {
  const std::size_t at = page.find(start);
  if (at == std::string_view::npos) return "nothing";
  page.remove_prefix(at + start.size());
  return std::string{page.substr(0, page.find(end))};
}

// The only row of the page that lists `entry` at the root.
std::string row_of(const Entry& entry) {
  return part_between(listing_page("/", {entry}), "<tbody>\n<tr", row_end);
}

// The links of a page, each followed by a blank.
std::string links_of(std::string_view page) {
  std::string links;
  for (std::size_t at = page.find(link_start); at != std::string_view::npos;
       at = page.find(link_start, at + 1))
    links += part_between(page.substr(at), link_start, "\"") + ' ';
  return links;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(listing)

struct EntryRow {
  const char* why;
  Entry input;
  std::string_view expected;
};

BOOST_AUTO_TEST_CASE(an_entry_is_a_link_a_size_and_a_time) {
  const EntryRow rows[] = {
      {"a file", file_named("a.txt", 42),
       "><th scope=\"row\"><a href=\"a.txt\">a.txt</a></th><td>42 B</td>"
       "<td>1994-11-06 08:49"},
      {"an empty file", file_named("a"),
       "><th scope=\"row\"><a href=\"a\">a</a></th><td>0 B</td><td>1994-11-06 "
       "08:49"},
      {"the largest file",
       file_named("a", std::numeric_limits<std::uint64_t>::max()),
       "><th scope=\"row\"><a href=\"a\">a</a></th><td>15 EiB</td>"
       "<td>1994-11-06 08:49"},
      {"a folder", folder_named("a"),
       " class=\"d\"><th scope=\"row\"><a href=\"a/\">a/</a></th><td></td>"
       "<td>1994-11-06 08:49"},
      {"a link to a file", linked(file_named("a", 1)),
       "><th scope=\"row\"><a href=\"a\">a@</a></th><td>1 B</td><td>1994-11-06 "
       "08:49"},
      {"a link to a folder", linked(folder_named("a")),
       " class=\"d\"><th scope=\"row\"><a href=\"a/\">a@</a></th><td></td>"
       "<td>1994-11-06 08:49"},
  };
  check_rows(rows, [](const EntryRow& row) {
    BOOST_TEST(row_of(row.input) == row.expected);
  });
}

struct NameRow {
  const char* why;
  std::string_view input;
  std::string_view link;
  std::string_view text;
};

constexpr NameRow name_rows[] = {
    {"markup", "<script>", "%3Cscript%3E", "&lt;script&gt;"},
    {"the end of a tag", "</a></td>", "%3C/a%3E%3C/td%3E",
     "&lt;/a&gt;&lt;/td&gt;"},
    {"the end of an attribute", "\" onclick=\"a", "%22%20onclick%3D%22a",
     "&quot; onclick=&quot;a"},
    {"a single quote", "'", "%27", "&#x27;"},
    {"an entity", "&lt;", "%26lt%3B", "&amp;lt;"},
    {"a scheme", "javascript:alert(1)", "javascript%3Aalert%281%29",
     "javascript:alert(1)"},
    {"a query", "a?b=c", "a%3Fb%3Dc", "a?b=c"},
    {"a fragment", "a#b", "a%23b", "a#b"},
    {"an escape", "%2e%2e", "%252e%252e", "%2e%2e"},
    {"a space", "a b", "a%20b", "a b"},
    {"a plus", "a+b", "a%2Bb", "a+b"},
    {"a backslash", "\\\\evil", "%5C%5Cevil", "\\\\evil"},
    {"UTF-8", "\xC3\xBC", "%C3%BC", "\xC3\xBC"},
    {"no UTF-8", "\xFF\xFE", "%FF%FE", "\xFF\xFE"},
    {"a new line", "a\r\nb", "a%0D%0Ab", "a\r\nb"},
    {"an escape sequence", "\x1B[2J", "%1B%5B2J", "\x1B[2J"},
    {"a name that begins like an option", "-rf", "-rf", "-rf"},
    {"three dots", "...", "...", "..."},
};

BOOST_AUTO_TEST_CASE(a_name_is_no_markup_and_its_link_leads_to_it) {
  check_rows(name_rows, [](const NameRow& row) {
    const std::string cell = std::string{R"(><th scope="row"><a href=")"}
                                 .append(row.link)
                                 .append("\">")
                                 .append(row.text)
                                 .append("</a></th><td>0 B</td><td>")
                                 .append("1994-11-06 08:49");
    BOOST_TEST(shown(row_of(file_named(row.input))) == shown(cell));
  });
}

BOOST_AUTO_TEST_CASE(no_octet_of_a_name_adds_a_tag) {
  const auto tags = [](std::string_view page) {
    return std::ranges::count(page, '<');
  };
  const auto expected = tags(listing_page("/a/", {file_named("a")}));
  for (const char c : every_octet()) {
    const std::string name(1, c);
    BOOST_TEST(tags(listing_page("/a/", {file_named(name)})) == expected);
    if (c == '/') continue;  // of a path, it is another name
    BOOST_TEST(tags(listing_page("/" + name + "/", {file_named("a")})) ==
               expected);
  }
}

struct OrderRow {
  const char* why;
  std::vector<Entry> input;
  std::string_view expected;
};

BOOST_AUTO_TEST_CASE(entries_are_sorted_by_name_without_case) {
  const OrderRow rows[] = {
      {"nothing", {}, ""},
      {"by name", {file_named("b"), file_named("a")}, "a b "},
      {"without case",
       {file_named("b"), file_named("C"), file_named("A")},
       "A b C "},
      {"names that are the same but for their case, by octets",
       {file_named("a"), file_named("A"), file_named("b"), file_named("B")},
       "A a B b "},
      {"a name before a longer one",
       {file_named("ab"), file_named("a"), file_named("a.b")},
       "a a.b ab "},
      {"folders among files",
       {file_named("c"), folder_named("b"), file_named("a")},
       "a b/ c "},
      {"a folder without its slash",
       {file_named("a!"), folder_named("a")},
       "a/ a%21 "},
      {"octets above 127 last",
       {file_named("\xC3\xBC"), file_named("z")},
       "z %C3%BC "},
  };
  check_rows(rows, [](const OrderRow& row) {
    BOOST_TEST(links_of(listing_page("/", row.input)) == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(a_folder_below_the_root_links_to_its_parent) {
  BOOST_TEST(links_of(listing_page("/a/", {file_named("b")})) == "../ b ");
  BOOST_TEST(links_of(listing_page("/a/b/", {})) == "../ ");
  BOOST_TEST(links_of(listing_page("/", {})) == "");
}

struct TitleRow {
  const char* why;
  std::string_view input;
  std::string_view expected;
};

constexpr TitleRow title_rows[] = {
    {"the root", "/", "Directory listing for /"},
    {"a folder", "/a b/", "Directory listing for /a b/"},
    {"markup", "/<b>&\"'/",
     "Directory listing for /&lt;b&gt;&amp;&quot;&#x27;/"},
    {"the end of the title", "/</title>/",
     "Directory listing for /&lt;/title&gt;/"},
    {"UTF-8", "/\xC3\xBC/", "Directory listing for /\xC3\xBC/"},
};

BOOST_AUTO_TEST_CASE(a_title_names_the_folder) {
  check_rows(title_rows, [](const TitleRow& row) {
    const std::string page = listing_page(row.input, {});
    BOOST_TEST(part_between(page, "<title>", "</title>") == row.expected);
    BOOST_TEST(part_between(page, "<h1>", "</h1>") == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(a_page_is_html_in_utf_8) {
  const std::string page = listing_page("/", {file_named("a")});
  BOOST_TEST(page.starts_with("<!DOCTYPE HTML>\n<html lang=\"en\">\n"));
  BOOST_TEST(page.ends_with("</tbody>\n</table>\n</main>\n</body>\n</html>\n"));
  BOOST_TEST(page.find("<meta charset=\"utf-8\">") != std::string::npos);
}

struct SizeRow {
  const char* why;
  std::uint64_t input;
  std::string_view expected;
};

constexpr SizeRow size_rows[] = {
    {"nothing", 0, "0 B"},
    {"the last that is exact", 1023, "1023 B"},
    {"a unit", 1024, "1.0 KiB"},
    {"a part of one", 1536, "1.5 KiB"},
    {"a part that is not rounded up", 2047, "1.9 KiB"},
    {"no part from ten on", 10'751, "10 KiB"},
    {"the last of a unit", 1'048'575, "1023 KiB"},
    {"the next unit", 1'048'576, "1.0 MiB"},
    {"a CD", 737'280'000, "703 MiB"},
    {"a large disk", 8'001'563'222'016, "7.2 TiB"},
    {"the largest", std::numeric_limits<std::uint64_t>::max(), "15 EiB"},
};

BOOST_AUTO_TEST_CASE(a_size_is_for_people) {
  check_rows(size_rows, [](const SizeRow& row) {
    BOOST_TEST(format_size(row.input) == row.expected);
  });
}

struct SortRow {
  const char* why;
  std::string_view query;
  std::string_view expected;
};

constexpr SortRow sort_rows[] = {
    {"no query", "", "a B c d/ "},
    {"another query", "x=y&sort=colour&order=up", "a B c d/ "},
    {"by name", "sort=name", "a B c d/ "},
    {"by name, the other way", "sort=name&order=desc", "d/ c B a "},
    {"the other way", "order=desc", "d/ c B a "},
    {"by size, folders first", "sort=size&order=asc", "d/ c a B "},
    {"by size, the largest first", "order=desc&sort=size", "B a c d/ "},
    {"by time", "sort=time&order=asc", "B a c d/ "},
    {"by time, the newest first", "sort=time&order=desc", "d/ c a B "},
};

BOOST_AUTO_TEST_CASE(a_query_tells_the_order) {
  std::vector<Entry> entries{file_named("c", 1), file_named("a", 2),
                             file_named("B", 3), folder_named("d")};
  entries[2].modified -= std::chrono::seconds{1};
  check_rows(sort_rows, [&](const SortRow& row) {
    const auto order = parse_listing_order(row.query);
    BOOST_TEST(links_of(listing_page("/", entries, order)) == row.expected);
  });
}

BOOST_AUTO_TEST_CASE(a_title_of_a_column_sorts_by_it) {
  const auto head_of = [](ListingOrder order) {
    return part_between(listing_page("/", {}, order), "<thead>", "</thead>");
  };
  BOOST_TEST(
      head_of({}) ==
      "<tr><th scope=\"col\" aria-sort=\"ascending\">"
      "<a href=\"?sort=name&amp;order=desc\">Name</a></th>"
      "<th scope=\"col\"><a href=\"?sort=size&amp;order=asc\">Size</a></th>"
      "<th scope=\"col\"><a href=\"?sort=time&amp;order=asc\">"
      "Modified (UTC)</a></th></tr>");
  BOOST_TEST(
      head_of({ListingOrder::Key::size, ListingOrder::Direction::descending}) ==
      "<tr><th scope=\"col\"><a href=\"?sort=name&amp;order=asc\">Name</a></th>"
      "<th scope=\"col\" aria-sort=\"descending\">"
      "<a href=\"?sort=size&amp;order=asc\">Size</a></th>"
      "<th scope=\"col\"><a href=\"?sort=time&amp;order=asc\">"
      "Modified (UTC)</a></th></tr>");
}

BOOST_AUTO_TEST_CASE(the_way_to_a_folder_is_links) {
  const auto way_to = [](std::string_view path) {
    return part_between(listing_page(path, {}), "<nav aria-label=\"Path\"><ol>",
                        "</ol></nav>");
  };
  BOOST_TEST(way_to("/") == "<li aria-current=\"page\">Root</li>");
  BOOST_TEST(way_to("/a b/<c>/d/") ==
             "<li><a href=\"/\">Root</a></li>"
             "<li><a href=\"/a%20b/\">a b</a></li>"
             "<li><a href=\"/a%20b/%3Cc%3E/\">&lt;c&gt;</a></li>"
             "<li aria-current=\"page\">d</li>");
}

BOOST_AUTO_TEST_CASE(an_empty_folder_says_so) {
  constexpr std::string_view note = "<p>This folder is empty.</p>";
  BOOST_TEST(listing_page("/a/", {}).find(note) != std::string::npos);
  BOOST_TEST(listing_page("/a/", {file_named("b")}).find(note) ==
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(twenty_names_are_a_small_page) {
  std::vector<Entry> entries;
  for (int i = 0; i < 20; ++i)
    entries.push_back(file_named("a-file-of-today-" + std::to_string(i), 4711));
  constexpr std::size_t six_kibibytes = 6UL * 1024;
  BOOST_TEST(listing_page("/some/folder/", entries).size() < six_kibibytes);
}

BOOST_AUTO_TEST_SUITE_END()

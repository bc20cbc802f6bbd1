#include "page.h"

namespace cgihttpd {

namespace {

// Colours are the browser's own: they have contrast in light and dark.
constexpr std::string_view style =
    ":root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}"
    "body{max-width:60rem;margin:0 auto;padding:1rem}"
    "h1{font-size:1.4rem;line-height:1.2;overflow-wrap:anywhere}"
    "nav{overflow-wrap:anywhere}"
    "a:focus-visible{outline:2px solid;outline-offset:2px}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{padding:.4rem .5rem;text-align:left;vertical-align:baseline;"
    "border-bottom:1px solid #8884}"
    "td:first-child{overflow-wrap:anywhere;width:100%}"
    "th,td+td{white-space:nowrap}"
    "td+td{font-variant-numeric:tabular-nums}"
    "th:nth-child(2),td:nth-child(2){text-align:right}"
    "tbody tr:hover{background:#8882}"
    "td:first-child a{display:block}"
    "table a{text-decoration:none}"
    "table a:hover{text-decoration:underline}"
    "td a::before{content:'';display:inline-block;width:.6em;height:.8em;"
    "margin-right:.6em;border:1px solid;border-radius:2px;"
    "vertical-align:-.1em}"
    ".d a::before{width:.8em;height:.55em;margin-right:.4em;"
    "background:currentColor;vertical-align:0}"
    "[aria-sort=ascending] a::after{content:'\\A0\\25B2'/''}"
    "[aria-sort=descending] a::after{content:'\\A0\\25BC'/''}"
    "@media(max-width:32rem){body{padding:.5rem}"
    "th:nth-child(3),td:nth-child(3){white-space:normal;min-width:5.5rem;"
    "font-size:.85rem}}";

}  // namespace

std::string html_page(std::string_view title, std::string_view content) {
  constexpr std::size_t frame_octets = 2048;
  std::string page;
  page.reserve(frame_octets + content.size());
  page =
      "<!DOCTYPE HTML>\n"
      "<html lang=\"en\">\n"
      "<head>\n"
      "<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n";
  page.append("<title>").append(title).append("</title>\n");
  page.append("<style>").append(style).append("</style>\n");
  page.append("</head>\n<body>\n").append(content);
  return page.append("</body>\n</html>\n");
}

}  // namespace cgihttpd

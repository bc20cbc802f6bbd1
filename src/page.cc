#include "page.h"

namespace cgihttpd {

namespace {

// The colours have the contrast that WCAG 2 asks for (AA);
// tests/system/pages.py computes it. Icons are shapes, not characters, which
// fonts may not have.
constexpr std::string_view style =
    ":root{color-scheme:light dark;--t:#1d2329;--d:#59636e;--p:#fbfbf9;"
    "--l:#d9dcd8;--a:#0b5cad;--h:#eef1f4;"
    "font:1rem/1.5 system-ui,sans-serif}"
    "@media(prefers-color-scheme:dark){:root{--t:#e3e6e8;--d:#9aa5ae;"
    "--p:#14181c;--l:#333b42;--a:#7fb8f0;--h:#1f262d}}"
    "body{max-width:60rem;margin:0 auto;padding:1rem;color:var(--t);"
    "background:var(--p)}"
    "h1{font-size:1.4rem;line-height:1.3}"
    "h1+p{font-size:1.2rem;font-weight:600}"
    "h1,p,nav{overflow-wrap:anywhere}"
    "a{color:var(--a)}"
    "a:focus-visible{outline:2px solid;outline-offset:2px}"
    "ol{display:flex;flex-wrap:wrap;margin:0;padding:0;list-style:none}"
    "li+li::before{content:'/';content:'/'/'';margin:0 .5em;color:var(--d)}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{padding:.2rem .5rem;text-align:left;vertical-align:baseline;"
    "white-space:nowrap;border-bottom:1px solid var(--l)}"
    "td{color:var(--d);font-variant-numeric:tabular-nums}"
    "tr>:nth-child(2){text-align:right}"
    "table a{display:inline-block;padding:.2rem 0;text-decoration:none}"
    "table a:hover{text-decoration:underline}"
    "[aria-sort] a::after{content:' \\25B2';content:' \\25B2'/''}"
    "[aria-sort=descending] a::after{content:' \\25BC';"
    "content:' \\25BC'/''}"
    "tbody tr:hover{background:var(--h)}"
    "tbody th{width:100%;font-weight:400;white-space:pre-wrap;"
    "overflow-wrap:anywhere}"
    "tbody a{display:block;position:relative;padding-left:1.7em}"
    "tbody a::before{content:'';position:absolute;left:.1em;top:.45em;"
    "width:.8em;height:1em;background:var(--d);"
    "clip-path:polygon(0 0,60% 0,100% 32%,100% 100%,0 100%)}"
    ".d a::before{width:1.1em;height:.9em;top:.5em;background:var(--a);"
    "clip-path:polygon(0 0,40% 0,50% 18%,100% 18%,100% 100%,0 100%)}"
    "@media(max-width:32rem){body{padding:.5rem}th,td{padding:.2rem .3rem}"
    "tr>:nth-child(3){white-space:normal;min-width:5.2rem;"
    "font-size:.85rem}}";

}  // namespace

std::string html_page(std::string_view title, std::string_view content) {
  constexpr std::size_t frame_octets = 3072;
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

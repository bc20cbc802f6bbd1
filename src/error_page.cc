#include "error_page.h"

#include "escape.h"
#include "page.h"

namespace cgihttpd {

namespace {

// What the pages have in common: their title is their heading.
std::string page_of(std::string_view title, std::string_view content) {
  std::string main = "<main>\n<h1>";
  main.append(title).append("</h1>\n").append(content);
  return html_page(title, main.append("</main>\n"));
}

}  // namespace

std::string error_page(const Refusal& refusal) {
  const std::string code =
      std::to_string(static_cast<unsigned>(refusal.status));
  const std::string message = html_escape(
      refusal.message.empty() ? phrase_of(refusal.status) : refusal.message);
  const std::string_view explanation = explanation_of(refusal.status);
  std::string content = "<p>Error code: " + code + "</p>\n";
  content.append("<p>Message: ").append(message).append(".</p>\n");
  if (!explanation.empty()) {
    content.append("<p>Error code explanation: ")
        .append(code)
        .append(" - ")
        .append(html_escape(explanation))
        .append(".</p>\n");
  }
  return page_of("Error response", content);
}

std::string redirect_page(std::string_view location) {
  const std::string link = html_escape(location);
  return page_of("Moved", "<p><a href=\"" + link + "\">" + link + "</a></p>\n");
}

}  // namespace cgihttpd

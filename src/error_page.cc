#include "error_page.h"

#include "escape.h"

namespace cgihttpd {

namespace {

std::string page_of(std::string_view title, std::string_view content) {
  std::string page =
      "<!DOCTYPE html>\n"
      "<html lang=\"en\">\n"
      "<head>\n"
      "<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n";
  page.append("<title>").append(title).append("</title>\n</head>\n<body>\n");
  page.append("<h1>").append(title).append("</h1>\n");
  return page.append(content).append("</body>\n</html>\n");
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

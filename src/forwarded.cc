#include "forwarded.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text.h"

namespace cgihttpd {

namespace {

// What one proxy says of the hop before it.
struct Hop {
  /// nullopt: unknown, obfuscated or malformed.
  std::optional<Endpoint> node;
  ClientScheme scheme = ClientScheme::untold;
};

// In the order in which they were added: the nearest proxy's is the last.
using Hops = std::vector<Hop>;

ClientScheme scheme_of(std::string_view text) {
  if (equals_ignoring_case(text, "https")) return ClientScheme::https;
  if (equals_ignoring_case(text, "http")) return ClientScheme::http;
  return ClientScheme::untold;
}

// --- nodes

constexpr std::string_view no_port = "0";

// RFC 7239 6: a number, or obfuscated. 0: not told; nullopt: malformed.
std::optional<std::uint16_t> parse_node_port(std::string_view text) {
  if (text.starts_with('_')) return std::uint16_t{0};
  return parse_number<std::uint16_t>(text);
}

std::optional<Endpoint> make_node(std::string_view address_part,
                                  std::string_view port_part) {
  const auto address = parse_address(address_part);
  const auto port = parse_node_port(port_part);
  if (!address || !port) return std::nullopt;
  return Endpoint{address_text(*address), *port};
}

// "[IPv6]" or "[IPv6]:PORT".
std::optional<Endpoint> parse_bracketed_node(std::string_view text) {
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view address = text.substr(1, end - 1);
  const std::string_view behind = text.substr(end + 1);
  if (address.find(':') == std::string_view::npos) return std::nullopt;
  if (behind.empty()) return make_node(address, no_port);
  if (behind.front() != ':') return std::nullopt;
  return make_node(address, behind.substr(1));
}

// A node as RFC 7239 section 6 and X-Forwarded-For have it: IPv6 with brackets
// or without, a port behind a colon or none. nginx names the client of a local
// socket "unix:".
std::optional<Endpoint> parse_node(std::string_view text) {
  if (text == local_socket) return Endpoint{std::string{text}, 0};
  if (text.starts_with('[')) return parse_bracketed_node(text);
  if (std::ranges::count(text, ':') != 1) return make_node(text, no_port);
  const std::size_t colon = text.find(':');
  return make_node(text.substr(0, colon), text.substr(colon + 1));
}

// --- Forwarded

// Reads one field value of RFC 7239 section 4, with blanks around `;` allowed
// and values that are no tokens: what proxies write.
class ForwardedParser {
 public:
  explicit ForwardedParser(std::string_view text) : rest_{text} {}

  // Adds the hops to `hops`. False: malformed.
  bool parse(Hops& hops);

 private:
  bool parse_element(Hop& hop);
  bool parse_pair(Hop& hop);
  std::optional<std::string> take_value();
  std::optional<std::string> take_quoted_string();
  bool take(char wanted);  // false: something else is next
  void skip_blanks();

  std::string_view rest_;
  bool has_node_ = false;
  bool has_scheme_ = false;
};

void ForwardedParser::skip_blanks() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
}

bool ForwardedParser::take(char wanted) {
  if (!rest_.starts_with(wanted)) return false;
  rest_.remove_prefix(1);
  return true;
}

// RFC 9110 5.6.4; its first quote is taken already.
std::optional<std::string> ForwardedParser::take_quoted_string() {
  std::string value;
  while (!take('"')) {
    take('\\');  // what follows it stands for itself, even a quote
    if (rest_.empty()) return std::nullopt;
    value += rest_.front();
    rest_.remove_prefix(1);
  }
  return value;
}

std::optional<std::string> ForwardedParser::take_value() {
  if (take('"')) return take_quoted_string();
  const std::string_view value =
      rest_.substr(0, rest_.find_first_of(";,\" \t"));
  if (value.empty()) return std::nullopt;
  rest_.remove_prefix(value.size());
  return std::string{value};
}

bool ForwardedParser::parse_pair(Hop& hop) {
  const std::string_view name =
      rest_.substr(0, rest_.find_first_of("=;,\" \t"));
  rest_.remove_prefix(name.size());
  if (!is_token(name) || !take('=')) return false;
  const auto value = take_value();
  if (!value) return false;
  // RFC 7239 4: none of them twice in an element.
  if (equals_ignoring_case(name, "for")) {
    if (std::exchange(has_node_, true)) return false;
    hop.node = parse_node(*value);
  } else if (equals_ignoring_case(name, "proto")) {
    if (std::exchange(has_scheme_, true)) return false;
    hop.scheme = scheme_of(*value);
  }
  return true;
}

bool ForwardedParser::parse_element(Hop& hop) {
  has_node_ = has_scheme_ = false;
  do {
    skip_blanks();
    const bool has_pair =
        !rest_.empty() && rest_.front() != ';' && rest_.front() != ',';
    if (has_pair && !parse_pair(hop)) return false;
    skip_blanks();
  } while (take(';'));
  return true;
}

bool ForwardedParser::parse(Hops& hops) {
  do {
    skip_blanks();
    const std::size_t size_before = rest_.size();
    Hop hop;
    if (!parse_element(hop)) return false;
    // RFC 9110 5.6.1.2: elements without anything do not count.
    if (rest_.size() != size_before) hops.push_back(std::move(hop));
  } while (take(','));
  return rest_.empty();
}

// --- both fields

// Where the nearest hop leads to, and how far it can be followed.
ForwardedClient follow(Hops hops, const Endpoint& peer,
                       const Options& options) {
  ForwardedClient client{peer};
  while (!hops.empty() &&
         contains(options.trusted_proxies, client.remote.address)) {
    const Hop hop = std::move(hops.back());
    hops.pop_back();
    client.scheme = hop.scheme;
    if (!hop.node) break;
    client.remote = *hop.node;
  }
  return client;
}

// nullopt: malformed.
std::optional<Hops> parse_forwarded(
    const std::vector<std::string_view>& values) {
  Hops hops;
  const bool is_valid =
      std::ranges::all_of(values, [&](std::string_view value) {
        return ForwardedParser{value}.parse(hops);
      });
  if (!is_valid) return std::nullopt;
  return hops;
}

Hops parse_x_forwarded_for(const std::vector<std::string_view>& values) {
  Hops hops;
  for (const std::string_view value : values) {
    for (const std::string_view part : split(value, ',')) {
      const std::string_view node = trim(part);
      if (!node.empty()) hops.push_back({parse_node(node)});
    }
  }
  return hops;
}

// What X-Forwarded-For and X-Forwarded-Proto say; nullopt: neither is there.
// Of several schemes the last counts: the nearest proxy has set it.
std::optional<ForwardedClient> find_x_forwarded(const Request& request,
                                                const Endpoint& peer,
                                                const Options& options) {
  const auto nodes = request.find_all("X-Forwarded-For");
  const auto schemes = request.find_all("X-Forwarded-Proto");
  if (nodes.empty() && schemes.empty()) return std::nullopt;
  ForwardedClient client = follow(parse_x_forwarded_for(nodes), peer, options);
  if (!schemes.empty())
    client.scheme = scheme_of(trim(split(schemes.back(), ',').back()));
  return client;
}

Refusal malformed_forwarded() {
  return {Status::bad_request, "The Forwarded field is malformed",
          "the Forwarded field of a trusted proxy is malformed"};
}

Refusal contradiction() {
  return {Status::bad_request,
          "Forwarded and X-Forwarded-For tell different things",
          "Forwarded and X-Forwarded-For of a trusted proxy tell different "
          "things: name the one that it writes by --forwarded-field"};
}

bool tell_the_same(const ForwardedClient& a, const ForwardedClient& b) {
  return a.remote.address == b.remote.address && a.scheme == b.scheme;
}

}  // namespace

std::variant<ForwardedClient, Refusal> find_forwarded_client(
    const Request& request, const Endpoint& peer, const Options& options) {
  const ForwardedField field = options.forwarded_field;
  if (!contains(options.trusted_proxies, peer.address))
    return ForwardedClient{peer};
  std::optional<ForwardedClient> other;
  if (field != ForwardedField::forwarded)
    other = find_x_forwarded(request, peer, options);
  const auto values = request.find_all("Forwarded");
  if (field == ForwardedField::x_forwarded_for || values.empty())
    return other.value_or(ForwardedClient{peer});
  auto hops = parse_forwarded(values);
  if (!hops) return malformed_forwarded();
  const ForwardedClient client = follow(std::move(*hops), peer, options);
  if (other && !tell_the_same(client, *other)) return contradiction();
  return client;
}

}  // namespace cgihttpd

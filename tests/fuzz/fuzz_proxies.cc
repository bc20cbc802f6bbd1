// fuzz_proxies.cc - What proxies say: PROXY headers, Forwarded, networks.

#include "forwarded.h"
#include "fuzz.h"
#include "network.h"
#include "proxy_header.h"

namespace {

using namespace cgihttpd;        // NOLINT(google-build-using-namespace)
using namespace cgihttpd::fuzz;  // NOLINT(google-build-using-namespace)

void check_header(std::string_view octets) {
  ProxyHeaderScanner at_once;
  const std::size_t taken = at_once.feed(octets);
  ProxyHeaderScanner by_octet;
  std::size_t count = 0;
  while (count < octets.size() &&
         by_octet.state() == ProxyHeaderScanner::State::unfinished) {
    count += by_octet.feed(octets.substr(count, 1));
  }
  require(taken == count && at_once.state() == by_octet.state(),
          "the pieces matter");
  if (at_once.state() == ProxyHeaderScanner::State::complete)
    static_cast<void>(parse_proxy_header(octets.substr(0, taken)));
}

void check_fields(std::string_view text) {
  Options options;
  options.trusted_proxies.push_back(*parse_network("10.0.0.0/8"));
  Request request;
  for (const char* name : {"Forwarded", "X-Forwarded-For", "X-Forwarded-Proto"})
    request.fields.push_back({name, take_part(text)});
  static_cast<void>(find_forwarded_client(request, {"10.0.0.1", 1}, options));
  for (const auto field :
       {ForwardedField::forwarded, ForwardedField::x_forwarded_for}) {
    options.forwarded_field = field;
    static_cast<void>(find_forwarded_client(request, {"10.0.0.1", 1}, options));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text = text_of(data, size);
  check_header(text);
  check_fields(text);
  static_cast<void>(parse_network(text));
  if (const auto address = parse_address(text)) {
    const auto again = parse_address(address_text(*address));
    require(again.has_value(), "an address that is none");
  }
  return 0;
}

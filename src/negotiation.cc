#include "negotiation.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "text.h"

namespace cgihttpd {

namespace {

struct Row {
  std::string_view name;
  std::string_view suffix;
};

// In the order of Coding.
constexpr std::array<Row, all_codings.size()> rows{{
    {"br", ".br"},
    {"zstd", ".zst"},
    {"gzip", ".gz"},
    {"identity", ""},
}};

// A weight in thousandths (RFC 9110 12.4.2).
using Weight = std::uint16_t;
constexpr Weight max_weight = 1000;
constexpr std::size_t max_decimals = 3;

// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
std::optional<Weight> parse_qvalue(std::string_view text) {
  if (text.empty() || text.size() > 2 + max_decimals) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  std::string digits{text.substr(0, 1)};
  if (text.size() > 1) digits += text.substr(2);
  digits.resize(1 + max_decimals, '0');
  const auto weight = parse_number<Weight>(digits);
  if (!weight || *weight > max_weight) return std::nullopt;
  return weight;
}

struct Member {
  std::string_view name;
  Weight weight = max_weight;
};

// ( codings [ OWS ";" OWS "q=" qvalue ] ); nullopt for anything else.
std::optional<Member> parse_member(std::string_view text) {
  const std::size_t semicolon = std::min(text.find(';'), text.size());
  Member member{trim(text.substr(0, semicolon))};
  if (!is_token(member.name)) return std::nullopt;
  if (semicolon == text.size()) return member;
  const std::string_view parameter = trim(text.substr(semicolon + 1));
  if (!equals_ignoring_case(parameter.substr(0, 2), "q=")) return std::nullopt;
  const auto weight = parse_qvalue(parameter.substr(2));
  if (!weight) return std::nullopt;
  member.weight = *weight;
  return member;
}

// What a request says of each coding.
class Weights {
 public:
  void take(const Member& member) {
    if (member.name == "*") {
      lower_to(others_, member.weight);
      return;
    }
    for (const Coding coding : all_codings) {
      if (is_named(coding, member.name))
        lower_to(named_.at(static_cast<std::size_t>(coding)), member.weight);
    }
  }

  // nullopt: nothing names it.
  [[nodiscard]] std::optional<Weight> find(Coding coding) const {
    const auto& named = named_.at(static_cast<std::size_t>(coding));
    return named ? named : others_;
  }

 private:
  static void lower_to(std::optional<Weight>& weight, Weight to) {
    weight = std::min(weight.value_or(max_weight), to);
  }

  // RFC 9110 8.4.1: codings have no case; 8.4.1.3: x-gzip is gzip.
  static bool is_named(Coding coding, std::string_view name) {
    return equals_ignoring_case(name, name_of(coding)) ||
           (coding == Coding::gzip && equals_ignoring_case(name, "x-gzip"));
  }

  std::array<std::optional<Weight>, all_codings.size()> named_;
  std::optional<Weight> others_;
};

Weights parse_weights(std::span<const std::string_view> field_values) {
  Weights weights;
  for (const std::string_view value : field_values) {
    for (const std::string_view text : split(value, ',')) {
      if (const auto member = parse_member(text)) weights.take(*member);
    }
  }
  return weights;
}

}  // namespace

std::string_view name_of(Coding coding) {
  return rows.at(static_cast<std::size_t>(coding)).name;
}

std::string_view suffix_of(Coding coding) {
  return rows.at(static_cast<std::size_t>(coding)).suffix;
}

std::vector<Coding> acceptable_codings(
    std::span<const std::string_view> field_values,
    std::span<const Coding> available) {
  const Weights weights = parse_weights(field_values);
  std::vector<Coding> codings;
  for (const Coding coding : all_codings) {
    const bool is_unnamed_identity =
        coding == Coding::identity && !weights.find(coding);
    if (std::ranges::find(available, coding) != available.end() &&
        (is_unnamed_identity || weights.find(coding).value_or(0) > 0))
      codings.push_back(coding);
  }
  std::ranges::stable_sort(codings, std::ranges::greater{}, [&](Coding coding) {
    return weights.find(coding).value_or(0);
  });
  return codings;
}

}  // namespace cgihttpd

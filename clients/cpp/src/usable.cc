#include "usable.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace otpd {
namespace {

bool is_visible(char c) { return c > ' ' && c <= '~'; }

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// The text after the prefix, if it begins with the prefix and goes on.
std::optional<std::string_view> after(std::string_view prefix, std::string_view text) {
  if (text.size() <= prefix.size() || text.substr(0, prefix.size()) != prefix) return std::nullopt;
  return text.substr(prefix.size());
}

/// The text before its port, 1 to 65535, with which it must end.
std::optional<std::string_view> before_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const char* const last = text.data() + text.size();
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data() + colon + 1, last, port);
  if (error != std::errc() || end != last || port == 0) return std::nullopt;
  return text.substr(0, colon);
}

/// A name, an IPv4 address, or an IPv6 address in brackets.
bool is_host(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  const auto inside = bracketed ? text.substr(1, text.size() - 2) : text;
  return !inside.empty() && inside.find_first_of(bracketed ? "[]" : ":/[]") == std::string_view::npos;
}

bool is_address(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), is_space)) return false;
  if (after("unix:", text) || after("xds:///", text)) return true;
  // A list of addresses, each with its port.
  for (const char* family : {"ipv4:", "ipv6:"}) {
    if (const auto addresses = after(family, text)) return before_port(*addresses).has_value();
  }
  const auto host = before_port(after("dns:///", text).value_or(text));
  return host && is_host(*host);
}

}  // namespace

void check_address(const std::string& address) {
  if (!is_address(address)) throw std::invalid_argument("address must be host:port: no URL, no white space, and with its port");
}

const std::string& usable_api_key(const std::string& api_key) {
  if (!api_key.empty() && std::all_of(api_key.begin(), api_key.end(), is_visible)) return api_key;
  throw std::invalid_argument("api_key must be an API key: check for an unset variable, and for a line break at its end");
}

}  // namespace otpd

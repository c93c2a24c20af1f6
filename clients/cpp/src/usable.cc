#include "usable.h"

#include <algorithm>
#include <stdexcept>

namespace otpd {
namespace {

bool is_visible(char c) { return c > ' ' && c <= '~'; }

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_url(const std::string& address) {
  const auto scheme = address.find("://");
  return scheme != std::string::npos && address.compare(scheme, 4, ":///") != 0;
}

}  // namespace

const std::string& usable_address(const std::string& address) {
  if (!address.empty() && std::none_of(address.begin(), address.end(), is_space) && !is_url(address)) return address;
  throw std::invalid_argument("address must be host:port: no URL, and no white space");
}

const std::string& usable_api_key(const std::string& api_key) {
  if (!api_key.empty() && std::all_of(api_key.begin(), api_key.end(), is_visible)) return api_key;
  throw std::invalid_argument("api_key must be an API key: check for an unset variable, and for a line break at its end");
}

std::chrono::milliseconds usable_deadline(std::chrono::milliseconds deadline) {
  if (deadline > std::chrono::milliseconds::zero() && deadline <= std::chrono::hours(24)) return deadline;
  throw std::invalid_argument("deadline must be above 0 and at most 24 hours");
}

const std::string& usable_pem(const char* option, const char* kind, const std::string& pem) {
  // A key may say what kind it is: BEGIN EC PRIVATE KEY.
  for (auto at = pem.find("-----BEGIN "); at != std::string::npos; at = pem.find("-----BEGIN ", at + 1)) {
    const auto end = pem.find("-----", at + 11);
    if (end != std::string::npos && pem.substr(at + 11, end - at - 11).find(kind) != std::string::npos) return pem;
  }
  if (pem.empty()) return pem;
  throw std::invalid_argument(std::string(option) + " must be in PEM: give what the file holds, not its name");
}

}  // namespace otpd

/// Lets through what the client can use; for anything else a `std::invalid_argument` names it, before anything connects.
#pragma once

#include <chrono>
#include <string>

namespace otpd {

/// `host:port`, or a name for one of gRPC's own resolvers, such as `dns:///host:port`; no URL.
const std::string& usable_address(const std::string& address);

/// Never shown: gRPC would write a key that cannot be sent into its log.
const std::string& usable_api_key(const std::string& api_key);

/// A time above zero, and no more than 24 hours.
std::chrono::milliseconds usable_deadline(std::chrono::milliseconds deadline);

/// A block of PEM of that kind, or nothing. gRPC would call every server unavailable if it cannot read the certificates.
const std::string& usable_pem(const char* option, const char* kind, const std::string& pem);

}  // namespace otpd

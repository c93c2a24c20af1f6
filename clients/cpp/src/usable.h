/// Lets through what the client can use; for anything else a `std::invalid_argument` names it, before anything connects.
#pragma once

#include <string>

namespace otpd {

/// `host:port`, or a name for one of gRPC's own resolvers, such as `dns:///host:port`; no URL. The file of a socket has no port.
void check_address(const std::string& address);

/// Never shown: gRPC would write a key that cannot be sent into its log.
const std::string& usable_api_key(const std::string& api_key);

}  // namespace otpd

/// Request ids.
#pragma once

#include <string>

namespace otpd {

/// A random UUID (RFC 9562 section 5.4).
std::string new_request_id();

}  // namespace otpd

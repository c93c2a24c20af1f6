/// Lets through certificates and keys that can be read; for anything else a `std::invalid_argument` names the option. gRPC would
/// find every server unavailable.
#pragma once

#include <string>

namespace otpd {

/// PEM in which there is a certificate, and no broken one.
void check_certificates(const char* option, const std::string& pem);

/// A certificate chain, and the private key of its first certificate.
void check_key_pair(const std::string& chain, const std::string& key);

}  // namespace otpd

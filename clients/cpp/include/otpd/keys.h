/// Short ways to write the key of a request.
///
///     *request.mutable_key() = otpd::secret("JBSWY3DPEHPK3PXP");
#pragma once

#include <string>

#include "otpd/messages.h"

namespace otpd {

/// A TOTP key with the defaults of authenticator apps (SHA-1, 6 digits, 30 s) and a secret in base32. Set other fields of it for
/// others.
inline v1::Key secret(const std::string& base32) {
  v1::Key key;
  key.set_secret(base32);
  return key;
}

/// The key of an otpauth URI.
inline v1::Key uri(const std::string& otpauth) {
  v1::Key key;
  key.set_uri(otpauth);
  return key;
}

/// A sealed key, with the context that it is bound to: derived from the user at each call, and not stored beside the blob.
inline v1::Key sealed(const std::string& blob, const std::string& context) {
  v1::Key key;
  key.mutable_sealed()->set_blob(blob);
  key.mutable_sealed()->set_context(context);
  return key;
}

}  // namespace otpd

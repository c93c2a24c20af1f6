/// A client of otpd, the one-time-password service: one connection, an API key and a deadline on every call, retries that are
/// safe, and errors with their details taken out.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "otp/v1/otp_service.pb.h"
#include "otpd/error.h"
#include "otpd/token_stream.h"

namespace otpd {

/// How to connect: over TLS with the authorities of the system, unless told otherwise. Certificates and keys are in PEM.
struct Options {
  /// Without TLS: the API key, secrets and codes travel in the clear. Not together with certificates.
  bool plaintext = false;
  /// Authorities to trust instead of those of the system.
  std::string root_certificates;
  /// For mutual TLS: the certificate chain to show.
  std::string client_certificate;
  /// For mutual TLS: the private key of the certificate.
  std::string client_key;
  /// How long a call with one answer may take with all its tries, unless it is given a deadline of its own: above zero, and at
  /// most 24 hours.
  std::chrono::milliseconds deadline = std::chrono::seconds(5);
};

/// Calls one otpd service; may be shared by threads, and a copy shares the connection.
///
/// Calls that find the server unavailable are tried up to four times, with pauses that grow from 0.1 s or as the server asks. A
/// call that fails throws `Error`. `deadline` is the time for a call with all its tries; one that is not above zero, or is longer
/// than 24 hours, is a `std::invalid_argument`. Make the client after a fork, not before.
class Client {
 public:
  /// Makes a client for the service at `address`, `host:port`. The connection is opened by the first call, and again whenever it
  /// is lost.
  ///
  /// `api_key` goes with every call. Throws `std::invalid_argument`, which names the argument or the option, for what cannot be
  /// used, and for options that contradict each other.
  static Client connect(const std::string& address, const std::string& api_key, const Options& options = {});

  /// Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
  ///
  /// The server keeps nothing: store the secret yourself, encrypted.
  v1::GenerateResponse generate(const v1::GenerateRequest& request,
                                std::optional<std::chrono::milliseconds> deadline = std::nullopt) const;

  /// Gives the code of a key at a moment, now by default, and its neighbours on request.
  v1::TokenResponse token(const v1::TokenRequest& request,
                          std::optional<std::chrono::milliseconds> deadline = std::nullopt) const;

  /// Says whether a code is right, now, and for the first time (RFC 6238 section 5.2): look at the status of the response.
  ///
  /// Without a `request_id` of yours one is made, the same for all tries of this call, so that a lost answer does not turn into
  /// REPLAYED.
  v1::VerifyResponse verify(const v1::VerifyRequest& request,
                            std::optional<std::chrono::milliseconds> deadline = std::nullopt) const;

  /// Gives the current code of a TOTP key at once, then each next one as its step begins; not retried, and without a deadline
  /// unless told.
  TokenStream watch_token(v1::WatchTokenRequest request, std::optional<std::chrono::milliseconds> deadline = std::nullopt) const;

 private:
  explicit Client(std::shared_ptr<const Connection> connection);

  std::shared_ptr<const Connection> connection_;
};

}  // namespace otpd

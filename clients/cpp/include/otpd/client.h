/// A client of otpd, the one-time-password service: one connection, an API key and a deadline on every call, retries that are
/// safe, and errors with their details taken out.
#pragma once

#include <memory>
#include <string>

#include "otpd/call.h"
#include "otpd/error.h"
#include "otpd/keys.h"
#include "otpd/messages.h"
#include "otpd/options.h"
#include "otpd/token_stream.h"

namespace otpd {

/// Calls one otpd service; may be shared by threads, and a copy shares the connection.
///
/// Calls that find the server unavailable are tried up to four times, with pauses that grow from 0.1 s or as the server asks. A
/// call that fails throws `Error`. Without a `deadline` it has that of the options; `headers` is filled with those of the answer.
/// Make the client after a fork, not before.
class Client {
 public:
  /// Makes a client for the service at `address`, `host:port`, or `dns:///host:port`: the calls go in turn to all the servers
  /// that the name has. The connection is opened by the first call, and again whenever it is lost.
  ///
  /// `api_key` goes with every call. Throws `std::invalid_argument`, which names the argument or the option, for what cannot be
  /// used, and for options that contradict each other.
  static Client connect(const std::string& address, const std::string& api_key, const Options& options = {});

  /// Ends the connection of this client and of its copies, and every call on it: these and later ones throw an `Error` of the
  /// code CANCELLED. The end of the last copy closes the connection as well.
  void close() noexcept;

  /// Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
  ///
  /// The server keeps nothing: store the secret yourself, encrypted, or ask for a sealed key by the request's delivery. Throws an
  /// `Error` of the code UNIMPLEMENTED if a sealed key was asked for, and the server is too old to make one.
  v1::GenerateResponse generate(const v1::GenerateRequest& request, Deadline deadline = {}, Headers* headers = nullptr) const;

  /// Gives the code of a key at a moment, now by default, and its neighbours on request.
  v1::TokenResponse token(const v1::TokenRequest& request, Deadline deadline = {}, Headers* headers = nullptr) const;

  /// Says whether a code is right, now, and for the first time (RFC 6238 section 5.2): look at the status of the response.
  ///
  /// Without a `request_id` of yours one is made, the same for all tries of this call, so that a lost answer does not turn into
  /// REPLAYED.
  v1::VerifyResponse verify(const v1::VerifyRequest& request, Deadline deadline = {}, Headers* headers = nullptr) const;

  /// Gives the codes of 1 to 100 keys: a result for each request, in their order, with a response or an error.
  v1::BatchTokenResponse batch_token(const v1::BatchTokenRequest& request, Deadline deadline = {},
                                     Headers* headers = nullptr) const;

  /// Checks 1 to 100 codes, each as `verify` does: a result for each request, in their order, with a response or an error.
  v1::BatchVerifyResponse batch_verify(const v1::BatchVerifyRequest& request, Deadline deadline = {},
                                       Headers* headers = nullptr) const;

  /// Finds the counter of a HOTP device again that has run ahead, by two or three codes in a row (RFC 4226 section 7.4). A
  /// request id is made as in `verify`.
  v1::ResyncHotpResponse resync_hotp(const v1::ResyncHotpRequest& request, Deadline deadline = {},
                                     Headers* headers = nullptr) const;

  /// Makes recovery codes, to be shown to the user this once, and the set of them to store.
  v1::GenerateRecoveryCodesResponse generate_recovery_codes(const v1::GenerateRecoveryCodesRequest& request,
                                                            Deadline deadline = {}, Headers* headers = nullptr) const;

  /// Says whether a recovery code is one of a set, and used for the first time. A request id is made as in `verify`.
  v1::VerifyRecoveryCodeResponse verify_recovery_code(const v1::VerifyRecoveryCodeRequest& request, Deadline deadline = {},
                                                      Headers* headers = nullptr) const;

  /// Revokes a set of recovery codes for ever.
  v1::RevokeRecoveryCodesResponse revoke_recovery_codes(const v1::RevokeRecoveryCodesRequest& request, Deadline deadline = {},
                                                        Headers* headers = nullptr) const;

  /// Seals 1 to 100 keys that the caller has as secrets or URIs, or binds sealed keys to another context: an outcome for each.
  v1::SealResponse seal(const v1::SealRequest& request, Deadline deadline = {}, Headers* headers = nullptr) const;

  /// Seals 1 to 100 sealed keys and sets of recovery codes anew, under the current sealing key: an outcome for each.
  v1::RewrapResponse rewrap(const v1::RewrapRequest& request, Deadline deadline = {}, Headers* headers = nullptr) const;

  /// Reads the keys in otpauth and otpauth-migration URIs, up to 100 keys in all: an outcome for each.
  v1::ImportKeysResponse import_keys(const v1::ImportKeysRequest& request, Deadline deadline = {},
                                     Headers* headers = nullptr) const;

  /// Gives the secrets of up to 100 keys, sealed ones too, as URIs: an outcome for each.
  v1::ExportKeysResponse export_keys(const v1::ExportKeysRequest& request, Deadline deadline = {},
                                     Headers* headers = nullptr) const;

  /// Gives how much of its plan the API key has used, for each window. It costs no credits.
  v1::GetUsageResponse get_usage(const v1::GetUsageRequest& request = {}, Deadline deadline = {},
                                 Headers* headers = nullptr) const;

  /// Gives the current code of a TOTP key at once, then each next one as its step begins; not retried, and without a deadline
  /// unless told.
  TokenStream watch_token(v1::WatchTokenRequest request, Deadline deadline = {}) const;

 private:
  explicit Client(std::shared_ptr<Connection<v1::OtpService>> connection);

  std::shared_ptr<Connection<v1::OtpService>> connection_;
};

}  // namespace otpd

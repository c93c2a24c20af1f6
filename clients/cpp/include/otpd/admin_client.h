/// A client of the administration: API keys, plans, sealing keys and locks.
#pragma once

#include <memory>
#include <string>

#include "otp/admin/v1/admin_service.pb.h"
#include "otpd/call.h"
#include "otpd/error.h"
#include "otpd/messages.h"
#include "otpd/options.h"

namespace otp::admin::v1 {

class AdminService;
using ::otp::v1::operator<<;

}  // namespace otp::admin::v1

namespace otpd {

/// The messages of the administration.
namespace admin_v1 = ::otp::admin::v1;

/// Administers API keys and locks of one otpd service, with an API key of the scope `admin`; its calls fail, and are shared, as
/// those of a `Client`.
class AdminClient {
 public:
  /// Makes a client for the service at `address`; everything is as in `Client::connect`.
  static AdminClient connect(const std::string& address, const std::string& api_key, const Options& options = {});

  /// Ends the connection, as `Client::close` does.
  void close() noexcept;

  /// Makes an API key; its secret is in this answer alone. Not retried: list the keys to see whether it was made.
  admin_v1::CreateApiKeyResponse create_api_key(const admin_v1::CreateApiKeyRequest& request, Deadline deadline = {},
                                                Headers* headers = nullptr) const;

  /// Gets an API key.
  admin_v1::GetApiKeyResponse get_api_key(const admin_v1::GetApiKeyRequest& request, Deadline deadline = {},
                                          Headers* headers = nullptr) const;

  /// Lists API keys, oldest first: a page of them.
  admin_v1::ListApiKeysResponse list_api_keys(const admin_v1::ListApiKeysRequest& request, Deadline deadline = {},
                                              Headers* headers = nullptr) const;

  /// Gives an API key a new secret, which is in this answer alone. Not retried: if the answer was lost, rotate again.
  admin_v1::RotateApiKeyResponse rotate_api_key(const admin_v1::RotateApiKeyRequest& request, Deadline deadline = {},
                                                Headers* headers = nullptr) const;

  /// Revokes an API key for ever.
  admin_v1::RevokeApiKeyResponse revoke_api_key(const admin_v1::RevokeApiKeyRequest& request, Deadline deadline = {},
                                                Headers* headers = nullptr) const;

  /// Gets how much of its plan an API key has used.
  admin_v1::GetApiKeyUsageResponse get_api_key_usage(const admin_v1::GetApiKeyUsageRequest& request, Deadline deadline = {},
                                                     Headers* headers = nullptr) const;

  /// Lists the plans of the configuration.
  admin_v1::ListPlansResponse list_plans(const admin_v1::ListPlansRequest& request = {}, Deadline deadline = {},
                                         Headers* headers = nullptr) const;

  /// Lists the sealing keys, without the keys themselves.
  admin_v1::ListSealingKeysResponse list_sealing_keys(const admin_v1::ListSealingKeysRequest& request = {},
                                                      Deadline deadline = {}, Headers* headers = nullptr) const;

  /// Gets how the process that answers is, and how it judged codes in the last hour.
  admin_v1::GetServerStatusResponse get_server_status(const admin_v1::GetServerStatusRequest& request = {},
                                                      Deadline deadline = {}, Headers* headers = nullptr) const;

  /// Gets the wrong codes that are counted against a secret or a set of recovery codes, and its lock.
  admin_v1::GetAttemptsResponse get_attempts(const admin_v1::GetAttemptsRequest& request, Deadline deadline = {},
                                             Headers* headers = nullptr) const;

  /// Lets the codes of a secret or a set of recovery codes be judged again.
  admin_v1::UnlockAttemptsResponse unlock_attempts(const admin_v1::UnlockAttemptsRequest& request, Deadline deadline = {},
                                                   Headers* headers = nullptr) const;

 private:
  explicit AdminClient(std::shared_ptr<Connection<admin_v1::AdminService>> connection);

  std::shared_ptr<Connection<admin_v1::AdminService>> connection_;
};

}  // namespace otpd

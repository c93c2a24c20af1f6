#include "otpd/admin_client.h"

#include <utility>

#include "connection.h"
#include "otp/admin/v1/admin_service.grpc.pb.h"

namespace otpd {
namespace {

using Stub = admin_v1::AdminService::Stub;

}  // namespace

AdminClient::AdminClient(std::shared_ptr<Connection<admin_v1::AdminService>> connection) : connection_(std::move(connection)) {}

AdminClient AdminClient::connect(const std::string& address, const std::string& api_key, const Options& options) {
  return AdminClient(std::make_shared<Connection<admin_v1::AdminService>>(address, api_key, options));
}

void AdminClient::close() noexcept { connection_->close(); }

admin_v1::CreateApiKeyResponse AdminClient::create_api_key(const admin_v1::CreateApiKeyRequest& request, Deadline deadline,
                                                           Headers* headers) const {
  return connection_->call(&Stub::CreateApiKey, request, deadline, headers);
}

admin_v1::GetApiKeyResponse AdminClient::get_api_key(const admin_v1::GetApiKeyRequest& request, Deadline deadline,
                                                     Headers* headers) const {
  return connection_->call(&Stub::GetApiKey, request, deadline, headers);
}

admin_v1::ListApiKeysResponse AdminClient::list_api_keys(const admin_v1::ListApiKeysRequest& request, Deadline deadline,
                                                         Headers* headers) const {
  return connection_->call(&Stub::ListApiKeys, request, deadline, headers);
}

admin_v1::RotateApiKeyResponse AdminClient::rotate_api_key(const admin_v1::RotateApiKeyRequest& request, Deadline deadline,
                                                           Headers* headers) const {
  return connection_->call(&Stub::RotateApiKey, request, deadline, headers);
}

admin_v1::RevokeApiKeyResponse AdminClient::revoke_api_key(const admin_v1::RevokeApiKeyRequest& request, Deadline deadline,
                                                           Headers* headers) const {
  return connection_->call(&Stub::RevokeApiKey, request, deadline, headers);
}

admin_v1::GetApiKeyUsageResponse AdminClient::get_api_key_usage(const admin_v1::GetApiKeyUsageRequest& request, Deadline deadline,
                                                                Headers* headers) const {
  return connection_->call(&Stub::GetApiKeyUsage, request, deadline, headers);
}

admin_v1::ListPlansResponse AdminClient::list_plans(const admin_v1::ListPlansRequest& request, Deadline deadline,
                                                    Headers* headers) const {
  return connection_->call(&Stub::ListPlans, request, deadline, headers);
}

admin_v1::ListSealingKeysResponse AdminClient::list_sealing_keys(const admin_v1::ListSealingKeysRequest& request,
                                                                 Deadline deadline, Headers* headers) const {
  return connection_->call(&Stub::ListSealingKeys, request, deadline, headers);
}

admin_v1::GetServerStatusResponse AdminClient::get_server_status(const admin_v1::GetServerStatusRequest& request,
                                                                 Deadline deadline, Headers* headers) const {
  return connection_->call(&Stub::GetServerStatus, request, deadline, headers);
}

admin_v1::GetAttemptsResponse AdminClient::get_attempts(const admin_v1::GetAttemptsRequest& request, Deadline deadline,
                                                        Headers* headers) const {
  return connection_->call(&Stub::GetAttempts, request, deadline, headers);
}

admin_v1::UnlockAttemptsResponse AdminClient::unlock_attempts(const admin_v1::UnlockAttemptsRequest& request, Deadline deadline,
                                                              Headers* headers) const {
  return connection_->call(&Stub::UnlockAttempts, request, deadline, headers);
}

}  // namespace otpd

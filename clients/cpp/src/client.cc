#include "otpd/client.h"

#include <utility>

#include "connection.h"
#include "otp/v1/otp_service.grpc.pb.h"
#include "request_id.h"
#include "token_call.h"

namespace otpd {
namespace {

using Stub = v1::OtpService::Stub;

/// Without an id, a retry after a lost answer would find the code used.
template <class Request>
Request identified(Request request) {
  if (request.request_id().empty()) request.set_request_id(new_request_id());
  return request;
}

v1::BatchVerifyRequest each_identified(v1::BatchVerifyRequest request) {
  for (v1::VerifyRequest& one : *request.mutable_requests()) one = identified(std::move(one));
  return request;
}

/// A server that does not know `delivery` takes no notice of it, and its answer has a secret in the clear alone.
v1::GenerateResponse sealed_as_asked(v1::SecretDelivery delivery, v1::GenerateResponse answer) {
  const bool wanted = delivery == v1::SECRET_DELIVERY_SEALED || delivery == v1::SECRET_DELIVERY_BOTH;
  if (!wanted || answer.has_sealed()) return answer;
  throw Error(
      {grpc::StatusCode::UNIMPLEMENTED, "the server is too old to seal keys: update it, and store nothing of this answer"});
}

}  // namespace

Client::Client(std::shared_ptr<Connection<v1::OtpService>> connection) : connection_(std::move(connection)) {}

Client Client::connect(const std::string& address, const std::string& api_key, const Options& options) {
  return Client(std::make_shared<Connection<v1::OtpService>>(address, api_key, options));
}

void Client::close() noexcept { connection_->close(); }

v1::GenerateResponse Client::generate(const v1::GenerateRequest& request, Deadline deadline, Headers* headers) const {
  return sealed_as_asked(request.delivery(), connection_->call(&Stub::Generate, request, deadline, headers));
}

v1::TokenResponse Client::token(const v1::TokenRequest& request, Deadline deadline, Headers* headers) const {
  return connection_->call(&Stub::Token, request, deadline, headers);
}

v1::VerifyResponse Client::verify(const v1::VerifyRequest& request, Deadline deadline, Headers* headers) const {
  return connection_->call(&Stub::Verify, identified(request), deadline, headers);
}

v1::BatchTokenResponse Client::batch_token(const v1::BatchTokenRequest& request, Deadline deadline, Headers* headers) const {
  return connection_->call(&Stub::BatchToken, request, deadline, headers);
}

v1::BatchVerifyResponse Client::batch_verify(const v1::BatchVerifyRequest& request, Deadline deadline, Headers* headers) const {
  return connection_->call(&Stub::BatchVerify, each_identified(request), deadline, headers);
}

v1::ResyncHotpResponse Client::resync_hotp(const v1::ResyncHotpRequest& request, Deadline deadline, Headers* headers) const {
  return connection_->call(&Stub::ResyncHotp, identified(request), deadline, headers);
}

v1::GenerateRecoveryCodesResponse Client::generate_recovery_codes(const v1::GenerateRecoveryCodesRequest& request,
                                                                  Deadline deadline, Headers* headers) const {
  return connection_->call(&Stub::GenerateRecoveryCodes, request, deadline, headers);
}

v1::VerifyRecoveryCodeResponse Client::verify_recovery_code(const v1::VerifyRecoveryCodeRequest& request, Deadline deadline,
                                                            Headers* headers) const {
  return connection_->call(&Stub::VerifyRecoveryCode, identified(request), deadline, headers);
}

v1::RevokeRecoveryCodesResponse Client::revoke_recovery_codes(const v1::RevokeRecoveryCodesRequest& request, Deadline deadline,
                                                              Headers* headers) const {
  return connection_->call(&Stub::RevokeRecoveryCodes, request, deadline, headers);
}

v1::SealResponse Client::seal(const v1::SealRequest& request, Deadline deadline, Headers* headers) const {
  return connection_->call(&Stub::Seal, request, deadline, headers);
}

v1::RewrapResponse Client::rewrap(const v1::RewrapRequest& request, Deadline deadline, Headers* headers) const {
  return connection_->call(&Stub::Rewrap, request, deadline, headers);
}

v1::ImportKeysResponse Client::import_keys(const v1::ImportKeysRequest& request, Deadline deadline, Headers* headers) const {
  return connection_->call(&Stub::ImportKeys, request, deadline, headers);
}

v1::ExportKeysResponse Client::export_keys(const v1::ExportKeysRequest& request, Deadline deadline, Headers* headers) const {
  return connection_->call(&Stub::ExportKeys, request, deadline, headers);
}

v1::GetUsageResponse Client::get_usage(const v1::GetUsageRequest& request, Deadline deadline, Headers* headers) const {
  return connection_->call(&Stub::GetUsage, request, deadline, headers);
}

TokenStream Client::watch_token(v1::WatchTokenRequest request, Deadline deadline) const {
  return TokenStream(std::make_unique<TokenStream::Call>(connection_, std::move(request), deadline));
}

}  // namespace otpd

#include "otpd/client.h"

#include <utility>

#include "connection.h"
#include "request_id.h"
#include "token_call.h"

namespace otpd {
namespace {

using Stub = v1::OtpService::Stub;

template <class Request, class Response>
Response call(const Connection& connection, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request, std::optional<std::chrono::milliseconds> deadline) {
  grpc::ClientContext context;
  connection.prepare(context, deadline.value_or(connection.deadline));
  Response response;
  const grpc::Status status = (connection.stub.get()->*method)(&context, request, &response);
  if (!status.ok()) throw Error(status);
  return response;
}

}  // namespace

Client::Client(std::shared_ptr<const Connection> connection) : connection_(std::move(connection)) {}

Client Client::connect(const std::string& address, const std::string& api_key, const Options& options) {
  return Client(std::make_shared<const Connection>(address, api_key, options));
}

v1::GenerateResponse Client::generate(const v1::GenerateRequest& request,
                                      std::optional<std::chrono::milliseconds> deadline) const {
  return call(*connection_, &Stub::Generate, request, deadline);
}

v1::TokenResponse Client::token(const v1::TokenRequest& request, std::optional<std::chrono::milliseconds> deadline) const {
  return call(*connection_, &Stub::Token, request, deadline);
}

v1::VerifyResponse Client::verify(const v1::VerifyRequest& request, std::optional<std::chrono::milliseconds> deadline) const {
  if (!request.request_id().empty()) return call(*connection_, &Stub::Verify, request, deadline);
  v1::VerifyRequest identified = request;
  identified.set_request_id(new_request_id());
  return call(*connection_, &Stub::Verify, identified, deadline);
}

TokenStream Client::watch_token(v1::WatchTokenRequest request, std::optional<std::chrono::milliseconds> deadline) const {
  auto call = std::make_unique<TokenStream::Call>(connection_, std::move(request));
  connection_->prepare(call->context, deadline);
  return TokenStream(std::move(call));
}

}  // namespace otpd

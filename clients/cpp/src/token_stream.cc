#include "otpd/token_stream.h"

#include <utility>

#include "otpd/error.h"
#include "token_call.h"

namespace otpd {

TokenStream::TokenStream(std::unique_ptr<Call> call) noexcept : call_(std::move(call)) {}
TokenStream::TokenStream(TokenStream&&) noexcept = default;
TokenStream& TokenStream::operator=(TokenStream&&) noexcept = default;
TokenStream::~TokenStream() = default;

TokenStream::Call::~Call() {
  if (reader == nullptr || over) return;
  context.TryCancel();
  // Without it gRPC would keep the call.
  reader->Finish();
}

std::optional<v1::WatchTokenResponse> TokenStream::next() {
  if (call_->over) return std::nullopt;
  // Here, and not before: it waits for the connection, and that wait is to end with `cancel` as well.
  if (call_->reader == nullptr) call_->reader = call_->connection->stub->WatchToken(&call_->context, call_->request);
  v1::WatchTokenResponse response;
  if (call_->reader->Read(&response)) return response;
  call_->over = true;
  const grpc::Status status = call_->reader->Finish();
  if (status.ok() || call_->cancelled) return std::nullopt;
  throw Error(status);
}

void TokenStream::cancel() noexcept {
  call_->cancelled = true;
  call_->context.TryCancel();
}

}  // namespace otpd

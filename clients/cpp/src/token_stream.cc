#include "otpd/token_stream.h"

#include <utility>

#include "token_call.h"

namespace otpd {

TokenStream::TokenStream(std::unique_ptr<Call> call) noexcept : call_(std::move(call)) {}
TokenStream::TokenStream(TokenStream&&) noexcept = default;
TokenStream& TokenStream::operator=(TokenStream&&) noexcept = default;
TokenStream::~TokenStream() = default;

TokenStream::Call::~Call() {
  if (reader == nullptr || over) return;
  call.context.TryCancel();
  // Without it gRPC would keep the call.
  reader->Finish();
}

std::optional<v1::WatchTokenResponse> TokenStream::next() {
  if (call_->over) return std::nullopt;
  // Here, and not before: it waits for the connection, and that wait is to end with `cancel` as well.
  if (call_->reader == nullptr) call_->reader = call_->call.stub->WatchToken(&call_->call.context, call_->request);
  v1::WatchTokenResponse response;
  if (call_->reader->Read(&response)) {
    call_->answered = true;
    return response;
  }
  call_->over = true;
  const grpc::Status status = call_->reader->Finish();
  if (status.ok() || call_->cancelled) return std::nullopt;
  throw call_->call.failure(status);
}

void TokenStream::cancel() noexcept {
  call_->cancelled = true;
  call_->call.context.TryCancel();
}

Headers TokenStream::headers() const { return call_->answered ? headers_of(call_->call.context) : Headers(); }

}  // namespace otpd

/// One call of WatchToken.
#pragma once

#include <grpcpp/client_context.h>

#include <atomic>
#include <memory>
#include <utility>

#include "connection.h"
#include "otpd/token_stream.h"

namespace otpd {

/// Owned by the stream, and not moved: gRPC keeps its address.
struct TokenStream::Call {
  Call(std::shared_ptr<const Connection> opened, v1::WatchTokenRequest wanted)
      : connection(std::move(opened)), request(std::move(wanted)) {}
  ~Call();

  const std::shared_ptr<const Connection> connection;
  const v1::WatchTokenRequest request;
  grpc::ClientContext context;
  /// Null until the first code is asked for.
  std::unique_ptr<grpc::ClientReader<v1::WatchTokenResponse>> reader;
  std::atomic<bool> cancelled = false;
  bool over = false;
};

}  // namespace otpd

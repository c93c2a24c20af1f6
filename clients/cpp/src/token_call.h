/// A call of WatchToken.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "connection.h"
#include "otp/v1/otp_service.grpc.pb.h"
#include "otpd/token_stream.h"

namespace otpd {

/// Owned by the stream, and not moved: gRPC keeps its address.
struct TokenStream::Call {
  using Service = Connection<v1::OtpService>;

  /// Throws `Error` if the client is closed.
  Call(std::shared_ptr<Service> opened, v1::WatchTokenRequest wanted, const Deadline& deadline)
      : connection(std::move(opened)), request(std::move(wanted)), call(*connection, deadline.time()) {}
  ~Call();

  const std::shared_ptr<Service> connection;
  const v1::WatchTokenRequest request;
  Service::Call call;
  /// Null until the first code is asked for.
  std::unique_ptr<grpc::ClientReader<v1::WatchTokenResponse>> reader;
  std::atomic<bool> cancelled = false;
  bool answered = false;
  bool over = false;
};

}  // namespace otpd

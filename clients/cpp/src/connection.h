/// How the client connects, as whom, and what goes with every call.
#pragma once

#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "otp/v1/otp_service.grpc.pb.h"
#include "otpd/client.h"

namespace otpd {

/// Shared by the copies of a client, and by its streams.
struct Connection {
  /// Throws `std::invalid_argument` for what `Client::connect` cannot use.
  Connection(const std::string& address, const std::string& api_key, const Options& options);

  /// Attaches the API key, and the deadline if there is one.
  void prepare(grpc::ClientContext& context, std::optional<std::chrono::milliseconds> deadline) const;

  std::string api_key;
  std::chrono::milliseconds deadline;
  std::unique_ptr<v1::OtpService::Stub> stub;
};

}  // namespace otpd

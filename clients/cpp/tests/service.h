/// A server in this process that notes what reaches it, and answers as a test wants.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "otp/v1/otp_service.grpc.pb.h"
#include "otpd/client.h"

namespace otpd::test {

inline constexpr char kApiKey[] = "otpd_key_that_no_error_shows";

/// One call with one answer, as it came.
struct Call {
  std::string request;
  std::string request_id;
  std::string api_key;
  std::chrono::milliseconds remaining;
};

/// Answers Verify and Token as `outcome` says, given how many calls there were before; WatchToken with three codes, and no more.
class Service final : public v1::OtpService::Service {
 public:
  std::function<grpc::Status(std::size_t earlier, grpc::ServerContext& context)> outcome;
  std::atomic<bool> left = false;

  std::vector<Call> calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

  grpc::Status Token(grpc::ServerContext* context, const v1::TokenRequest* request, v1::TokenResponse*) override {
    return outcome(note(*context, request->SerializeAsString(), ""), *context);
  }

  grpc::Status Verify(grpc::ServerContext* context, const v1::VerifyRequest* request, v1::VerifyResponse* response) override {
    response->set_valid(true);
    return outcome(note(*context, request->SerializeAsString(), request->request_id()), *context);
  }

  grpc::Status WatchToken(grpc::ServerContext* context, const v1::WatchTokenRequest*,
                          grpc::ServerWriter<v1::WatchTokenResponse>* writer) override {
    for (int step = 1; step <= 3; ++step) {
      v1::WatchTokenResponse response;
      response.mutable_token()->set_step(static_cast<std::uint64_t>(step));
      writer->Write(response);
    }
    if (outcome) return outcome(0, *context);
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    left = true;
    return grpc::Status::CANCELLED;
  }

 private:
  std::size_t note(const grpc::ServerContext& context, std::string request, std::string request_id) {
    const auto& metadata = context.client_metadata();
    const auto key = metadata.find("x-api-key");
    const auto remaining =
        std::chrono::duration_cast<std::chrono::milliseconds>(context.deadline() - std::chrono::system_clock::now());
    const std::lock_guard lock(mutex_);
    calls_.push_back({std::move(request), std::move(request_id),
                      key == metadata.end() ? "" : std::string(key->second.data(), key->second.size()), remaining});
    return calls_.size() - 1;
  }

  std::mutex mutex_;
  std::vector<Call> calls_;
};

/// The service, listening in plaintext until the end of its life.
class Server {
 public:
  Server() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    server_ = builder.BuildAndStart();
    address = "127.0.0.1:" + std::to_string(port);
  }
  ~Server() { server_->Shutdown(std::chrono::system_clock::now()); }

  /// A client of it, with patience for a machine that is busy.
  Client connect(std::chrono::milliseconds deadline = std::chrono::minutes(1)) const {
    Options options;
    options.plaintext = true;
    options.deadline = deadline;
    return Client::connect(address, kApiKey, options);
  }

  Service service;
  std::string address;

 private:
  std::unique_ptr<grpc::Server> server_;
};

/// The failure of a call; a call that does not fail, or otherwise, ends the test.
inline Error failure_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  throw std::logic_error("the call did not fail");
}

}  // namespace otpd::test

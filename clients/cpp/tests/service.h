/// A server in this process that notes what reaches it, and answers as a test wants.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "otp/admin/v1/admin_service.grpc.pb.h"
#include "otp/v1/otp_service.grpc.pb.h"
#include "otpd/admin_client.h"
#include "otpd/client.h"

namespace otpd::test {

inline constexpr char kApiKey[] = "otpd_key_that_no_error_shows";

/// A call with its answer, as it came.
struct Call {
  std::string request;
  std::string request_id;
  std::string api_key;
  std::chrono::milliseconds remaining;
};

/// Answers all calls with one answer as `outcome` says, given how many there were before; WatchToken with three codes, and no
/// more.
class Service final : public v1::OtpService::Service {
 public:
  std::function<grpc::Status(std::size_t earlier, grpc::ServerContext& context)> outcome = [](auto&&...) {
    return grpc::Status::OK;
  };
  /// Of WatchToken after its codes; without it that waits for the end of the call.
  std::optional<grpc::Status> last;
  std::atomic<bool> left = false;

  std::vector<Call> calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

  /// Seals for the issuer `new` alone, as servers do that are old.
  grpc::Status Generate(grpc::ServerContext* context, const v1::GenerateRequest* request,
                        v1::GenerateResponse* response) override {
    response->set_secret("in the clear");
    if (request->issuer() == "new") response->mutable_sealed();
    return answer(*context, *request, "");
  }

  grpc::Status Token(grpc::ServerContext* context, const v1::TokenRequest* request, v1::TokenResponse*) override {
    return answer(*context, *request, "");
  }

  grpc::Status Verify(grpc::ServerContext* context, const v1::VerifyRequest* request, v1::VerifyResponse* response) override {
    response->set_valid(true);
    return answer(*context, *request, request->request_id());
  }

  grpc::Status BatchVerify(grpc::ServerContext* context, const v1::BatchVerifyRequest* request,
                           v1::BatchVerifyResponse*) override {
    return answer(*context, *request, request->requests(0).request_id());
  }

  grpc::Status ResyncHotp(grpc::ServerContext* context, const v1::ResyncHotpRequest* request, v1::ResyncHotpResponse*) override {
    return answer(*context, *request, request->request_id());
  }

  grpc::Status VerifyRecoveryCode(grpc::ServerContext* context, const v1::VerifyRecoveryCodeRequest* request,
                                  v1::VerifyRecoveryCodeResponse*) override {
    return answer(*context, *request, request->request_id());
  }

  grpc::Status WatchToken(grpc::ServerContext* context, const v1::WatchTokenRequest*,
                          grpc::ServerWriter<v1::WatchTokenResponse>* writer) override {
    context->AddInitialMetadata("x-ratelimit-remaining", "7");
    for (int step = 1; step <= 3; ++step) {
      v1::WatchTokenResponse response;
      response.mutable_token()->set_step(static_cast<std::uint64_t>(step));
      writer->Write(response);
    }
    if (last) return *last;
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    left = true;
    return grpc::Status::CANCELLED;
  }

 private:
  template <class Request>
  grpc::Status answer(grpc::ServerContext& context, const Request& request, std::string request_id) {
    const auto& metadata = context.client_metadata();
    const auto key = metadata.find("x-api-key");
    const auto remaining =
        std::chrono::duration_cast<std::chrono::milliseconds>(context.deadline() - std::chrono::system_clock::now());
    std::size_t earlier = 0;
    {
      const std::lock_guard lock(mutex_);
      earlier = calls_.size();
      calls_.push_back({request.SerializeAsString(), std::move(request_id),
                        key == metadata.end() ? "" : std::string(key->second.data(), key->second.size()), remaining});
    }
    const grpc::Status status = outcome(earlier, context);
    // A call that has an answer with headers is not tried again.
    if (status.ok()) {
      context.AddInitialMetadata("x-ratelimit-remaining", "7");
      context.AddInitialMetadata("x-odd-bin", "\x01");
    }
    return status;
  }

  std::mutex mutex_;
  std::vector<Call> calls_;
};

/// Lists the API key that it is shown as a plan, once it was asked twice.
class AdminService final : public admin_v1::AdminService::Service {
 public:
  std::atomic<int> asked = 0;

  grpc::Status ListPlans(grpc::ServerContext* context, const admin_v1::ListPlansRequest*,
                         admin_v1::ListPlansResponse* response) override {
    const auto key = context->client_metadata().find("x-api-key")->second;
    response->add_plans()->set_name(std::string(key.data(), key.size()));
    return ++asked == 1 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "not there") : grpc::Status::OK;
  }

  grpc::Status CreateApiKey(grpc::ServerContext*, const admin_v1::CreateApiKeyRequest*,
                            admin_v1::CreateApiKeyResponse*) override {
    ++asked;
    return {grpc::StatusCode::UNAVAILABLE, "not there"};
  }
};

inline Options in_plaintext(Deadline deadline = std::chrono::minutes(1)) {
  Options options;
  options.plaintext = true;
  options.deadline = deadline;
  return options;
}

/// The services, listening in plaintext until the end of its life.
class Server {
 public:
  Server() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    builder.RegisterService(&admin);
    server_ = builder.BuildAndStart();
    address = "127.0.0.1:" + std::to_string(port);
  }
  ~Server() { stop(); }

  void stop() { server_->Shutdown(std::chrono::system_clock::now()); }

  /// A client of it, with patience for a machine that is busy.
  Client connect(Deadline deadline = std::chrono::minutes(1)) const {
    return Client::connect(address, kApiKey, in_plaintext(deadline));
  }

  Service service;
  AdminService admin;
  std::string address;

 private:
  std::unique_ptr<grpc::Server> server_;
};

/// Waits for what another thread does.
inline bool soon(const std::atomic<bool>& done) {
  for (int tries = 0; tries < 2000 && !done; ++tries) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return done;
}

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

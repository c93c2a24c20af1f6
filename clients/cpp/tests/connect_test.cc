// The options of a client, and the errors of a connection that cannot be made.
#include <gtest/gtest.h>

#include "service.h"

namespace otpd::test {
namespace {

bool says(const Error& error, const std::string& words) { return error.message().find(words) != std::string::npos; }

TEST(Connect, NothingIsSentInTheClearUnlessTold) {
  Server server;
  Options patient;
  patient.deadline = std::chrono::minutes(1);
  const Client client = Client::connect(server.address, kApiKey, patient);
  const Error error = failure_of([&] { client.verify({}); });
  EXPECT_EQ(error.code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(says(error, "handshake failed")) << error.what();
  EXPECT_TRUE(says(failure_of([&] { client.watch_token({}).next(); }), "handshake failed"));
  EXPECT_TRUE(server.service.calls().empty());
}

TEST(Connect, WhatIsWrongWithAConnectionIsInTheMessage) {
  Server server;
  const Client client = server.connect();
  client.verify({});
  server.stop();
  const Error refused = failure_of([&] { client.verify({}); });
  EXPECT_EQ(refused.code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(says(refused, "refused")) << refused.what();
  // RFC 6761: no such name ever exists.
  const Error unknown = failure_of([] { Client::connect("otpd.invalid:1", kApiKey, in_plaintext()).verify({}); });
  EXPECT_EQ(unknown.code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(says(unknown, "DNS")) << unknown.what();
}

TEST(Connect, CallsGoToAllTheServersOfAName) {
  Server one;
  Server other;
  const auto port = [](const Server& server) { return server.address.substr(server.address.rfind(':')); };
  const Client client = Client::connect("ipv4:127.0.0.1" + port(one) + ",127.0.0.1" + port(other), kApiKey, in_plaintext());
  // The second may take a moment longer to connect.
  for (int calls = 0; calls < 10'000 && (one.service.calls().empty() || other.service.calls().empty()); ++calls) {
    client.verify({});
  }
  EXPECT_FALSE(one.service.calls().empty());
  EXPECT_FALSE(other.service.calls().empty());
}

/// Counts the calls.
class Counting final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit Counting(int& calls) : calls_(calls) {}

  grpc::experimental::Interceptor* CreateClientInterceptor(grpc::experimental::ClientRpcInfo* info) override {
    if (std::string(info->method()) == "/otp.v1.OtpService/Verify") ++calls_;
    return nullptr;
  }

 private:
  int& calls_;
};

TEST(Connect, InterceptorsAndArgumentsOfTheChannel) {
  Server server;
  server.service.outcome = [](std::size_t earlier, grpc::ServerContext&) {
    return grpc::Status(earlier == 0 ? grpc::StatusCode::UNAVAILABLE : grpc::StatusCode::OK, "");
  };
  int calls = 0;
  Options options = in_plaintext();
  options.make_channel = [&](const auto& target, const auto& credentials, auto arguments) {
    arguments.SetMaxSendMessageSize(10);
    std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
    interceptors.push_back(std::make_unique<Counting>(calls));
    return grpc::experimental::CreateCustomChannelWithInterceptors(target, credentials, arguments, std::move(interceptors));
  };
  const Client client = Client::connect(server.address, kApiKey, options);
  v1::VerifyRequest request;
  request.set_request_id("1");
  EXPECT_TRUE(client.verify(request).valid()) << "the retries are as ever";
  request.set_code("12345678");
  EXPECT_EQ(failure_of([&] { client.verify(request); }).code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(server.service.calls().size(), 2U);
}

}  // namespace
}  // namespace otpd::test

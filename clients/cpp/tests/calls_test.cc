// The metadata of a call, and retries.
#include <gtest/gtest.h>

#include <regex>

#include "service.h"

namespace otpd::test {
namespace {

using namespace std::chrono_literals;

const grpc::Status kUnavailable(grpc::StatusCode::UNAVAILABLE, "not there");

/// Fails the first calls, then answers.
auto failing(std::size_t times, grpc::Status status = kUnavailable, std::string pushback = "") {
  return [=](std::size_t earlier, grpc::ServerContext& context) {
    if (earlier >= times) return grpc::Status::OK;
    if (!pushback.empty()) context.AddTrailingMetadata("grpc-retry-pushback-ms", pushback);
    return status;
  };
}

TEST(Calls, VerifyIsRetriedWithOneRequestId) {
  Server server;
  server.service.outcome = failing(2);
  v1::VerifyRequest request;
  request.set_code("123456");
  EXPECT_TRUE(server.connect().verify(request).valid());
  const auto calls = server.service.calls();
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_TRUE(
      std::regex_match(calls[0].request_id, std::regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")));
  for (const Call& call : calls) {
    EXPECT_EQ(call.request, calls[0].request);
    EXPECT_EQ(call.api_key, kApiKey);
  }
  EXPECT_EQ(request.request_id(), "") << "the request of the caller is not touched";
}

TEST(Calls, RequestIdsDiffer) {
  Server server;
  const Client client = server.connect();
  client.verify({});
  client.verify({});
  EXPECT_NE(server.service.calls()[0].request_id, server.service.calls()[1].request_id);
}

TEST(Calls, ARequestIdOfTheCallerIsKept) {
  Server server;
  server.service.outcome = failing(1);
  v1::VerifyRequest request;
  request.set_request_id("mine");
  server.connect().verify(request);
  ASSERT_EQ(server.service.calls().size(), 2U);
  for (const Call& call : server.service.calls()) EXPECT_EQ(call.request_id, "mine");
}

TEST(Calls, WhateverIsUsedUpIsRetriedWithOneRequestId) {
  v1::BatchVerifyRequest batch;
  batch.add_requests()->set_code("1");
  batch.add_requests()->set_request_id("mine");
  const std::vector<std::function<void(const Client&)>> each = {
      [](const Client& client) { client.resync_hotp({}); },
      [](const Client& client) { client.verify_recovery_code({}); },
      [&batch](const Client& client) { client.batch_verify(batch); },
  };
  for (const auto& use : each) {
    Server server;
    server.service.outcome = failing(1);
    use(server.connect());
    const auto calls = server.service.calls();
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[0].request_id.size(), 36U);
    EXPECT_EQ(calls[0].request, calls[1].request);
    if (&use == &each.back()) {
      v1::BatchVerifyRequest sent;
      sent.ParseFromString(calls[0].request);
      EXPECT_EQ(sent.requests(0).code() + sent.requests(1).request_id(), "1mine");
    }
  }
}

TEST(Calls, AServerThatSealsNothingAlthoughItWasAskedTo) {
  Server server;
  const Client client = server.connect();
  v1::GenerateRequest request;
  for (const auto delivery : {v1::SECRET_DELIVERY_SEALED, v1::SECRET_DELIVERY_BOTH}) {
    request.set_delivery(delivery);
    const Error error = failure_of([&] { client.generate(request); });
    EXPECT_EQ(error.code(), grpc::StatusCode::UNIMPLEMENTED);
    EXPECT_NE(error.message().find("store nothing"), std::string::npos);
  }
  request.set_issuer("new");
  EXPECT_TRUE(client.generate(request).has_sealed());
  EXPECT_EQ(client.generate({}).secret(), "in the clear");
}

TEST(Calls, TheHeadersOfAnAnswer) {
  Server server;
  Headers headers = {{"of", "before"}};
  server.connect().verify({}, {}, &headers);
  EXPECT_EQ(headers.at("x-ratelimit-remaining"), "7");
  EXPECT_EQ(headers.count("of") + headers.count("x-odd-bin"), 0U);
}

TEST(Calls, TheAdministrationIsRetriedButForNewKeys) {
  Server server;
  const AdminClient admin = AdminClient::connect(server.address, kApiKey, in_plaintext());
  EXPECT_EQ(admin.list_plans().plans(0).name(), kApiKey);
  EXPECT_EQ(server.admin.asked, 2);
  EXPECT_EQ(failure_of([&] { admin.create_api_key({}); }).code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(server.admin.asked, 3);
}

TEST(Calls, FourTriesAtMost) {
  Server server;
  server.service.outcome = failing(9);
  EXPECT_EQ(failure_of([&] { server.connect().token({}); }).code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(server.service.calls().size(), 4U);
}

TEST(Calls, NothingButUnavailableIsRetried) {
  for (const auto code : {grpc::StatusCode::INTERNAL, grpc::StatusCode::RESOURCE_EXHAUSTED, grpc::StatusCode::ABORTED}) {
    Server server;
    // The server says when a call over its limit makes sense again: it is for the caller to come back.
    server.service.outcome = failing(1, grpc::Status(code, ""), "60000");
    EXPECT_EQ(failure_of([&] { server.connect().token({}); }).code(), code);
    EXPECT_EQ(server.service.calls().size(), 1U);
  }
}

TEST(Calls, APauseThatTheServerAsksForIsKept) {
  Server server;
  server.service.outcome = failing(1, kUnavailable, "700");
  const auto start = std::chrono::steady_clock::now();
  server.connect().token({});
  EXPECT_GE(std::chrono::steady_clock::now() - start, 700ms);
}

TEST(Calls, NoRetryWhereTheServerAsksForNone) {
  Server server;
  server.service.outcome = failing(1, kUnavailable, "-1");
  EXPECT_EQ(failure_of([&] { server.connect().token({}); }).code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(server.service.calls().size(), 1U);
}

TEST(Calls, ADeadlineGoesWithEveryCall) {
  Server server;
  server.connect(Deadline()).verify({});
  server.connect(100s).verify({});
  server.connect(100s).verify({}, 1h);
  server.connect().verify({}, 24h);
  const auto calls = server.service.calls();
  // Between what the one before may have and its own, which gRPC rounds up a little.
  const std::chrono::milliseconds limits[] = {0s, 5s, 100s, 1h, 24h};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_GT(calls[i].remaining, limits[i] + limits[i] / 100);
    EXPECT_LE(calls[i].remaining, limits[i + 1] + limits[i + 1] / 100);
  }
}

TEST(Calls, APauseEndsWithTheDeadline) {
  Server server;
  server.service.outcome = failing(9, kUnavailable, "60000");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(failure_of([&] { server.connect().token({}, 200ms); }).code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 30s);
}

}  // namespace
}  // namespace otpd::test

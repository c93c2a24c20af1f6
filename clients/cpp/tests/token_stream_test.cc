// The codes of a stream, and its ends.
#include <gtest/gtest.h>

#include "service.h"

namespace otpd::test {
namespace {

using namespace std::chrono_literals;

TEST(TokenStream, IsALoopThatEndsTheCallWhenLeft) {
  Server server;
  std::uint64_t steps = 0;
  for (const auto& response : server.connect().watch_token({})) {
    steps = steps * 10 + response.token().step();
    if (steps == 12) break;
  }
  EXPECT_EQ(steps, 12U);
  EXPECT_TRUE(soon(server.service.left));
}

TEST(TokenStream, OutlivesItsClientAndMoves) {
  Server server;
  TokenStream codes = server.connect().watch_token({});
  EXPECT_EQ(codes.next()->token().step(), 1U);
  TokenStream moved = std::move(codes);
  EXPECT_EQ(moved.next()->token().step(), 2U);
  EXPECT_FALSE(server.service.left);
  moved = server.connect().watch_token({});
  EXPECT_TRUE(soon(server.service.left)) << "the call that it held before is over";
}

TEST(TokenStream, IsCancelledWhileAnotherThreadWaits) {
  Server server;
  TokenStream codes = server.connect().watch_token({});
  for (int i = 0; i < 3; ++i) codes.next();
  std::thread other([&] {
    std::this_thread::sleep_for(100ms);
    codes.cancel();
  });
  EXPECT_EQ(codes.next(), std::nullopt);
  EXPECT_EQ(codes.next(), std::nullopt);
  other.join();
  EXPECT_TRUE(soon(server.service.left));
}

TEST(TokenStream, IsNotOpenedOnceCancelled) {
  Server server;
  TokenStream codes = server.connect().watch_token({});
  codes.cancel();
  EXPECT_EQ(codes.next(), std::nullopt);
}

TEST(TokenStream, EndsAsTheServerSays) {
  for (const auto code : {grpc::StatusCode::OK, grpc::StatusCode::UNAVAILABLE}) {
    Server server;
    server.service.last = grpc::Status(code, "the end");
    TokenStream codes = server.connect().watch_token({});
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(codes.next());
    if (code == grpc::StatusCode::OK)
      EXPECT_EQ(codes.next(), std::nullopt);
    else
      EXPECT_STREQ(failure_of([&] { codes.next(); }).what(), "UNAVAILABLE: the end");
  }
}

TEST(TokenStream, HasTheHeadersOfItsAnswer) {
  Server server;
  TokenStream codes = server.connect().watch_token({});
  EXPECT_TRUE(codes.headers().empty());
  codes.next();
  EXPECT_EQ(codes.headers().at("x-ratelimit-remaining"), "7");
}

TEST(TokenStream, EndsAtItsDeadline) {
  Server server;
  TokenStream codes = server.connect().watch_token({}, 300ms);
  EXPECT_EQ(failure_of([&] {
              while (codes.next()) continue;
            }).code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
}

}  // namespace
}  // namespace otpd::test

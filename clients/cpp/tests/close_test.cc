// The end of a client: of the calls under way, of those after it, and of its connection.
#include <gtest/gtest.h>

#include "service.h"

namespace otpd::test {
namespace {

void expect_closed(const std::function<void()>& call) {
  EXPECT_STREQ(failure_of(call).what(), "CANCELLED: the client is closed: make another one");
}

TEST(Close, EndsWhatIsCalledAfterIt) {
  Server server;
  Client client = server.connect();
  const Client copy = client;
  client.close();
  client.close();
  for (const Client& closed : {client, copy}) {
    expect_closed([&] { closed.verify({}); });
    expect_closed([&] { closed.get_usage(); });
    expect_closed([&] { closed.watch_token({}); });
  }
  EXPECT_TRUE(server.service.calls().empty());
  AdminClient admin = AdminClient::connect(server.address, kApiKey, in_plaintext());
  admin.close();
  expect_closed([&] { admin.list_plans(); });
}

TEST(Close, EndsACallUnderWay) {
  Server server;
  std::atomic<bool> arrived = false;
  server.service.outcome = [&](std::size_t, grpc::ServerContext& context) {
    arrived = true;
    while (!context.IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return grpc::Status::OK;
  };
  Client client = server.connect();
  std::thread other([&] { expect_closed([&] { client.token({}); }); });
  EXPECT_TRUE(soon(arrived));
  client.close();
  other.join();
}

TEST(Close, EndsAPauseBetweenTries) {
  Server server;
  std::atomic<bool> arrived = false;
  server.service.outcome = [&](std::size_t, grpc::ServerContext& context) {
    context.AddTrailingMetadata("grpc-retry-pushback-ms", "600000");
    arrived = true;
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "not there");
  };
  Client client = server.connect();
  std::thread other([&] { expect_closed([&] { client.token({}); }); });
  EXPECT_TRUE(soon(arrived));
  client.close();
  other.join();
}

TEST(Close, EndsAStream) {
  Server server;
  Client client = server.connect();
  TokenStream codes = client.watch_token({});
  EXPECT_TRUE(codes.next());
  client.close();
  expect_closed([&] {
    while (codes.next()) continue;
  });
  EXPECT_EQ(codes.next(), std::nullopt);
  EXPECT_TRUE(soon(server.service.left));
}

}  // namespace
}  // namespace otpd::test

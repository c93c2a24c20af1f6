// What a client is made with.
#include <gtest/gtest.h>

#include "service.h"

namespace otpd::test {
namespace {

TEST(Connect, NothingIsSentInTheClearUnlessTold) {
  Server server;
  Options patient;
  patient.deadline = std::chrono::minutes(1);
  const Client client = Client::connect(server.address, kApiKey, patient);
  EXPECT_EQ(failure_of([&] { client.verify({}); }).code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(server.service.calls().empty());
}

}  // namespace
}  // namespace otpd::test

// The status of a connection that could not be made.
#include "answer.h"

#include <gtest/gtest.h>

namespace otpd::test {
namespace {

std::string explained_text(const std::string& message, bool is_tls) {
  return explained({grpc::StatusCode::UNAVAILABLE, message}, is_tls).error_message();
}

TEST(Explained, APeerThatEndsTheConnectionMayNotSpeakTls) {
  for (const std::string end : {"Socket closed", "recvmsg:Connection reset by peer"}) {
    const std::string failed = "connections to all backends failing; last error: UNAVAILABLE: ipv4:127.0.0.1:1: " + end;
    EXPECT_EQ(explained_text(failed, true), failed + " in the TLS handshake: does the server speak TLS?");
    EXPECT_EQ(explained_text(failed, false), failed);
    EXPECT_EQ(explained_text(end, true), end) << "the connection was there";
  }
}

TEST(Explained, WhatIsClearStaysAsItIs) {
  for (const std::string failed : {"last error: UNKNOWN: Failed to connect to remote host: Connection refused",
                                   "last error: UNKNOWN: Ssl handshake failed: wrong version number", ""}) {
    EXPECT_EQ(explained_text(failed, true), failed);
  }
  const grpc::Status details(grpc::StatusCode::INTERNAL, "a fault", "details");
  EXPECT_EQ(explained(details, true).error_details(), "details");
}

}  // namespace
}  // namespace otpd::test

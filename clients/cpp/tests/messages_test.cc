// Short keys, and enums in words.
#include <gtest/gtest.h>

#include <sstream>

#include "otpd/admin_client.h"
#include "otpd/client.h"

namespace otpd::test {
namespace {

template <class Value>
std::string printed(Value value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

TEST(Keys, HaveOneSourceAndTheirDefaults) {
  EXPECT_EQ(secret("ABC").ShortDebugString(), "secret: \"ABC\"");
  EXPECT_EQ(uri("otpauth:").ShortDebugString(), "uri: \"otpauth:\"");
  EXPECT_EQ(sealed("otpk1_", "user").ShortDebugString(), "sealed { blob: \"otpk1_\" context: \"user\" }");
}

TEST(Enums, ArePrintedByName) {
  EXPECT_EQ(printed(v1::VERIFY_STATUS_ACCEPTED), "VERIFY_STATUS_ACCEPTED");
  EXPECT_EQ(printed(v1::Key().type()), "OTP_TYPE_UNSPECIFIED");
  EXPECT_EQ(printed(static_cast<v1::VerifyStatus>(1000)), "1000");
  EXPECT_EQ(printed(admin_v1::SealingKey::STATE_SEALING), "STATE_SEALING");
}

}  // namespace
}  // namespace otpd::test

// The content of an error, from the bytes of the status details.
#include "otpd/error.h"

#include <gtest/gtest.h>

namespace otpd::test {
namespace {

using namespace std::chrono_literals;

/// A field of up to 127 bytes, as protobuf writes it.
std::string field(int number, const std::string& value) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(value.size())} + value;
}

/// A detail in a google.rpc.Status.
std::string detail(const std::string& type, const std::string& value) {
  return field(3, field(1, "type.googleapis.com/google.rpc." + type) + field(2, value));
}

Error error_with(const std::string& details) {
  return Error(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "do this", details));
}

TEST(Error, HasTheDetailsOfTheStatus) {
  const Error error =
      error_with(detail("ErrorInfo",
                        field(1, "ERROR_REASON_INVALID_FIELDS") + field(2, "otp.v1") + field(3, field(1, "k") + field(2, "v"))) +
                 detail("Help", "unknown to this client") + detail("RequestInfo", field(1, "an id")) +
                 detail("BadRequest", field(1, field(1, "digits") + field(2, "must be 6 to 8")) + field(1, field(1, "code"))) +
                 detail("RetryInfo", field(1, "\x08\x02")));
  EXPECT_EQ(error.code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_STREQ(error.code_name(), "INVALID_ARGUMENT");
  EXPECT_EQ(error.message(), "do this");
  EXPECT_EQ(error.reason(), v1::ERROR_REASON_INVALID_FIELDS);
  EXPECT_EQ(error.reason_name(), "ERROR_REASON_INVALID_FIELDS");
  EXPECT_EQ(error.metadata(), (std::map<std::string, std::string>{{"k", "v"}}));
  ASSERT_EQ(error.field_violations().size(), 2U);
  EXPECT_EQ(error.field_violations()[0].field, "digits");
  EXPECT_EQ(error.field_violations()[0].description, "must be 6 to 8");
  EXPECT_EQ(error.retry_delay(), 2s);
  EXPECT_EQ(error.request_id(), "an id");
  EXPECT_STREQ(error.what(), "INVALID_ARGUMENT: do this; digits: must be 6 to 8; code: ; try again in 2 s");
}

TEST(Error, ACopySaysTheSame) {
  const Error error = error_with(detail("RequestInfo", field(1, "an id")));
  const Error copy = error;
  EXPECT_EQ(copy.request_id(), "an id");
  EXPECT_STREQ(copy.what(), error.what());
  static_assert(std::is_nothrow_copy_constructible_v<Error>);
}

TEST(Error, IsOfTheStatusAloneWithoutReadableDetails) {
  for (const std::string& details : {std::string(), std::string("\xff\xff\xff"), detail("ErrorInfo", "\xff")}) {
    const Error error = error_with(details);
    EXPECT_STREQ(error.what(), "INVALID_ARGUMENT: do this");
    EXPECT_EQ(error.reason(), v1::ERROR_REASON_UNSPECIFIED);
    EXPECT_EQ(error.reason_name() + error.request_id(), "");
    EXPECT_TRUE(error.metadata().empty() && error.field_violations().empty());
    EXPECT_EQ(error.retry_delay(), std::nullopt);
  }
}

TEST(Error, AReasonThatIsNewerThanTheClientHasItsName) {
  const Error error = error_with(detail("ErrorInfo", field(1, "ERROR_REASON_OF_TOMORROW")));
  EXPECT_EQ(error.reason(), v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(error.reason_name(), "ERROR_REASON_OF_TOMORROW");
}

TEST(Error, SaysWhenToTryAgain) {
  const auto text = [](const std::string& duration) {
    return std::string(error_with(detail("RetryInfo", field(1, duration))).what());
  };
  EXPECT_EQ(text(""), "INVALID_ARGUMENT: do this");
  EXPECT_EQ(text("\x08\x01\x10\x80\xca\xb5\xee\x01"), "INVALID_ARGUMENT: do this; try again in 1.5 s");
  EXPECT_EQ(text("\x08\x81\x9a\x9e\x01"), "INVALID_ARGUMENT: do this; try again in 2592001 s");
}

TEST(Error, DelaysAreRoundedUpAndPossible) {
  const auto delay = [](const std::string& duration) {
    return error_with(detail("RetryInfo", field(1, duration))).retry_delay();
  };
  EXPECT_EQ(delay("\x10\x01"), 1ms);
  EXPECT_EQ(delay(""), 0ms);
  EXPECT_EQ(delay("\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), std::nullopt);
  EXPECT_EQ(delay("\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), std::nullopt);
}

TEST(Error, EveryCodeHasItsName) {
  EXPECT_STREQ(Error(grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "")).code_name(), "UNAUTHENTICATED");
  EXPECT_STREQ(Error(grpc::Status(grpc::StatusCode::UNAVAILABLE, "")).code_name(), "UNAVAILABLE");
  EXPECT_STREQ(Error(grpc::Status(static_cast<grpc::StatusCode>(17), "")).code_name(), "UNKNOWN");
  EXPECT_STREQ(Error(grpc::Status(static_cast<grpc::StatusCode>(-1), "")).code_name(), "UNKNOWN");
}

}  // namespace
}  // namespace otpd::test

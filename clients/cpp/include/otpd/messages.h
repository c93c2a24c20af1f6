/// The messages of the contract, whose enums are printed by name.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/generated_enum_reflection.h>

#include <ostream>
#include <type_traits>

#include "otp/v1/otp_service.pb.h"

namespace otp::v1 {

class OtpService;

/// Prints the name of an enum's value, such as `VERIFY_STATUS_ACCEPTED`; the number of a value that is newer than this library.
template <class Enum, std::enable_if_t<google::protobuf::is_proto_enum<Enum>::value, int> = 0>
std::ostream& operator<<(std::ostream& out, Enum value) {
  const auto* known = google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(value);
  return known == nullptr ? out << static_cast<int>(value) : out << known->name();
}

}  // namespace otp::v1

namespace otpd {

/// The messages of the contract.
namespace v1 = ::otp::v1;

}  // namespace otpd

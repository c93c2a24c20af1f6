#include "request_id.h"

#include <cstdint>
#include <random>

namespace otpd {

std::string new_request_id() {
  // The system's own source: a generator seeded from it might repeat itself in a fork.
  std::random_device random;
  std::string id;
  for (int digit = 0; digit < 32; ++digit) {
    static constexpr char kHex[] = "0123456789abcdef";
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) id += '-';
    std::uint32_t bits = random() & 0xF;
    if (digit == 12) bits = 4;               // The version,
    if (digit == 16) bits = (bits & 3) | 8;  // and the variant.
    id += kHex[bits];
  }
  return id;
}

}  // namespace otpd

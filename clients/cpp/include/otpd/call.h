/// The options of a call.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

namespace otpd {

/// The headers of an answer by their names in lower case, such as `x-ratelimit-remaining` and `x-request-id`; without binary
/// ones.
using Headers = std::map<std::string, std::string>;

/// How long a call may take with all its tries: a duration of any kind, above zero and up to 24 hours. Without one there is what
/// the place says where it is taken.
///
///     client.verify(request, 2s);
class Deadline {
 public:
  /// Without a time.
  Deadline() noexcept = default;

  /// Counts whole milliseconds, rounded up. Throws `std::invalid_argument` for a time that is not above zero, is longer than 24
  /// hours, or is no number.
  template <class Rep, class Period>
  Deadline(std::chrono::duration<Rep, Period> time) : time_(usable(time)) {}

  /// The time, if there is one.
  const std::optional<std::chrono::milliseconds>& time() const noexcept { return time_; }

 private:
  template <class Time>
  static std::chrono::milliseconds usable(Time time) {
    // In numbers that neither overflow nor let a NaN pass.
    const double seconds = std::chrono::duration<double>(time).count();
    if (seconds > 0 && seconds <= 86'400) return std::chrono::ceil<std::chrono::milliseconds>(time);
    throw std::invalid_argument("deadline must be above 0 and at most 24 hours");
  }

  std::optional<std::chrono::milliseconds> time_;
};

}  // namespace otpd

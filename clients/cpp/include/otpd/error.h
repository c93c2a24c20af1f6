/// Why a call failed.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace otpd {

/// One field of a request that is wrong.
struct FieldViolation {
  /// Its path in snake_case, as in the contract: `key.secret`.
  std::string field;
  /// What is wrong and what to do.
  std::string description;
};

/// A call that failed, with the details of its status taken out.
///
/// `what()` has the code, the message, and every field that is wrong; no part of it is a secret, a code or a key. A failure that
/// is not the server's own, such as a lost connection, has a code and a message only.
class Error : public std::runtime_error {
 public:
  /// Reads the details of a status that is not OK; what is not there, or not readable, is left empty.
  explicit Error(const grpc::Status& status);

  /// The status of the call.
  grpc::StatusCode code() const noexcept;
  /// The name of the code, such as `INVALID_ARGUMENT`.
  const char* code_name() const noexcept;
  /// What to do about it, for a developer to read.
  const std::string& message() const noexcept;
  /// The name of an `ErrorReason`, such as `ERROR_REASON_RATE_LIMITED`: what to decide by.
  const std::string& reason() const noexcept;
  /// What belongs to the reason: `ErrorReason` names the keys.
  const std::map<std::string, std::string>& metadata() const noexcept;
  /// Every field that is wrong, if the reason is `ERROR_REASON_INVALID_FIELDS`.
  const std::vector<FieldViolation>& field_violations() const noexcept;
  /// How long to wait before another try, if the server said so.
  std::optional<std::chrono::milliseconds> retry_delay() const noexcept;
  /// Finds the call in the server's log.
  const std::string& request_id() const noexcept;

 private:
  struct Facts;
  explicit Error(std::shared_ptr<const Facts> facts);

  // Shared, since copying an exception must not throw.
  std::shared_ptr<const Facts> facts_;
};

}  // namespace otpd

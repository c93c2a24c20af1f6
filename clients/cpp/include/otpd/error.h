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

#include "otpd/messages.h"

namespace otpd {

/// A wrong field of a request.
struct FieldViolation {
  /// Its path in snake_case, as in the contract: `key.secret`.
  std::string field;
  /// The mistake and its remedy.
  std::string description;
};

/// A call that failed, with the details of its status taken out.
///
/// `what()` has the code, the message, every field that is wrong, and how long to wait; no part of it is a secret, a code or a
/// key. A failure that is not the server's own, such as a lost connection, has a code and a message only.
class Error : public std::runtime_error {
 public:
  /// Reads the details of a status that is not OK. Details that are missing or not readable stay empty.
  explicit Error(const grpc::Status& status);

  /// The status of the call.
  grpc::StatusCode code() const noexcept;
  /// The name of the code, such as `INVALID_ARGUMENT`.
  const char* code_name() const noexcept;
  /// The remedy, for a developer to read.
  const std::string& message() const noexcept;
  /// The reason to decide by, for example `v1::ERROR_REASON_RATE_LIMITED`. Unspecified if the server gave none, or a reason that
  /// is newer than this library.
  v1::ErrorReason reason() const noexcept;
  /// The name of the reason, also of a reason that is newer than this library; empty if the server gave none.
  const std::string& reason_name() const noexcept;
  /// Facts about the reason: `ErrorReason` names the keys.
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

#include "otpd/error.h"

#include <cstdint>
#include <iomanip>
#include <iterator>
#include <limits>
#include <sstream>
#include <utility>

#include "status_details.pb.h"

namespace otpd {
namespace {

constexpr const char* kCodeNames[] = {
    "OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED",
};

const char* name_of(grpc::StatusCode code) {
  const auto index = static_cast<std::size_t>(code);
  return index < std::size(kCodeNames) ? kCodeNames[index] : "UNKNOWN";
}

/// Whether the detail is a message of that type, and could be read.
template <class Message>
bool unpack(const details::Detail& detail, const std::string& type, Message& message) {
  const std::string& url = detail.type_url();
  return url.substr(url.rfind('/') + 1) == type && message.ParseFromString(detail.value());
}

/// In whole milliseconds, rounded up, so that no caller tries again too early; nothing for an invalid duration.
std::optional<std::chrono::milliseconds> delay_in(const details::RetryInfo::Duration& delay) {
  constexpr std::int64_t kMostSeconds = 315'576'000'000;  // google/protobuf/duration.proto
  if (delay.seconds() < 0 || delay.seconds() > kMostSeconds || delay.nanos() < 0) return std::nullopt;
  return std::chrono::seconds(delay.seconds()) +
         std::chrono::ceil<std::chrono::milliseconds>(std::chrono::nanoseconds(delay.nanos()));
}

/// As `1.5 s`.
std::string seconds_in(std::chrono::milliseconds delay) {
  std::ostringstream text;
  // With as many digits as there can be: a month has more than the six that are usual.
  text << std::setprecision(std::numeric_limits<double>::digits10) << std::chrono::duration<double>(delay).count() << " s";
  return text.str();
}

}  // namespace

struct Error::Facts {
  explicit Facts(const grpc::Status& status) : code(status.error_code()), message(status.error_message()) {
    details::Status all;
    // Details that cannot be read were made up by something in between: the status is what counts.
    if (!all.ParseFromString(status.error_details())) return;
    for (const details::Detail& detail : all.details()) read(detail);
  }

  void read(const details::Detail& detail) {
    details::ErrorInfo info;
    details::BadRequest bad;
    details::RetryInfo retry;
    details::RequestInfo request;
    if (unpack(detail, "google.rpc.ErrorInfo", info)) {
      reason_name = info.reason();
      v1::ErrorReason_Parse(reason_name, &reason);
      metadata = {info.metadata().begin(), info.metadata().end()};
    } else if (unpack(detail, "google.rpc.BadRequest", bad)) {
      for (const auto& violation : bad.field_violations()) violations.push_back({violation.field(), violation.description()});
    } else if (unpack(detail, "google.rpc.RetryInfo", retry)) {
      delay = delay_in(retry.retry_delay());
    } else if (unpack(detail, "google.rpc.RequestInfo", request)) {
      request_id = request.request_id();
    }
  }

  std::string text() const {
    std::string text = std::string(name_of(code)) + ": " + message;
    for (const FieldViolation& violation : violations) {
      const std::string wrong = violation.field + ": " + violation.description;
      // The server's message names the first of them.
      if (message.find(wrong) == std::string::npos) text += "; " + wrong;
    }
    if (delay > std::chrono::milliseconds::zero()) text += "; try again in " + seconds_in(*delay);
    return text;
  }

  grpc::StatusCode code;
  std::string message;
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  std::string reason_name;
  std::map<std::string, std::string> metadata;
  std::vector<FieldViolation> violations;
  std::optional<std::chrono::milliseconds> delay;
  std::string request_id;
};

Error::Error(const grpc::Status& status) : Error(std::make_shared<const Facts>(status)) {}

Error::Error(std::shared_ptr<const Facts> facts) : std::runtime_error(facts->text()), facts_(std::move(facts)) {}

grpc::StatusCode Error::code() const noexcept { return facts_->code; }

const char* Error::code_name() const noexcept { return name_of(facts_->code); }

const std::string& Error::message() const noexcept { return facts_->message; }

v1::ErrorReason Error::reason() const noexcept { return facts_->reason; }

const std::string& Error::reason_name() const noexcept { return facts_->reason_name; }

const std::map<std::string, std::string>& Error::metadata() const noexcept { return facts_->metadata; }

const std::vector<FieldViolation>& Error::field_violations() const noexcept { return facts_->violations; }

std::optional<std::chrono::milliseconds> Error::retry_delay() const noexcept { return facts_->delay; }

const std::string& Error::request_id() const noexcept { return facts_->request_id; }

}  // namespace otpd

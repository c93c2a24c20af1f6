/// A connection to one service: as whom, what goes with every call, and its end.
#pragma once

#include <grpc/support/time.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "answer.h"
#include "channel.h"
#include "otpd/call.h"
#include "otpd/error.h"
#include "otpd/options.h"
#include "usable.h"

namespace otpd {

/// Shared by the copies of a client, and by its streams.
template <class Service>
class Connection {
 public:
  using Stub = typename Service::Stub;
  using Limit = std::optional<std::chrono::milliseconds>;

  /// Throws `std::invalid_argument` for what `Client::connect` cannot use.
  Connection(const std::string& address, const std::string& api_key, const Options& options)
      : api_key_(usable_api_key(api_key)),
        deadline_(options.deadline.time().value_or(std::chrono::seconds(5))),
        is_tls_(!options.plaintext),
        stub_(Service::NewStub(channel_for(address, options))) {}

  /// A call under way, which the end of the connection ends.
  class Call {
   public:
    /// Attaches the API key, and the deadline if there is one. Throws `Error` once the connection is closed.
    Call(Connection& connection, Limit limit) : connection_(connection) {
      context.AddMetadata("x-api-key", connection.api_key_);
      // A span, which a change of the clock leaves as it is.
      if (limit) context.set_deadline(gpr_time_from_millis(limit->count(), GPR_TIMESPAN));
      const std::lock_guard lock(connection.mutex_);
      if (connection.stub_ == nullptr) throw closed();
      connection.under_way_.insert(&context);
      stub = connection.stub_;
    }
    ~Call() {
      const std::lock_guard lock(connection_.mutex_);
      connection_.under_way_.erase(&context);
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    /// Why it failed, given its status.
    Error failure(const grpc::Status& status) const {
      const std::lock_guard lock(connection_.mutex_);
      const bool is_ended = status.error_code() == grpc::StatusCode::CANCELLED && connection_.stub_ == nullptr;
      return is_ended ? closed() : Error(explained(status, connection_.is_tls_));
    }

    grpc::ClientContext context;
    std::shared_ptr<Stub> stub;

   private:
    Connection& connection_;
  };

  /// Makes a call with a single answer, whose headers `headers` gets if it is set.
  template <class Request, class Response>
  Response call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
                const Deadline& deadline, Headers* headers) {
    Call made(*this, deadline.time().value_or(deadline_));
    Response response;
    const grpc::Status status = (made.stub.get()->*method)(&made.context, request, &response);
    if (!status.ok()) throw made.failure(status);
    if (headers != nullptr) *headers = headers_of(made.context);
    return response;
  }

  void close() noexcept {
    const std::lock_guard lock(mutex_);
    for (grpc::ClientContext* context : under_way_) context->TryCancel();
    stub_.reset();
  }

 private:
  static Error closed() { return Error({grpc::StatusCode::CANCELLED, "the client is closed: make another one"}); }

  const std::string api_key_;
  const std::chrono::milliseconds deadline_;
  const bool is_tls_;
  std::mutex mutex_;
  /// Null once the connection is closed.
  std::shared_ptr<Stub> stub_;
  std::set<grpc::ClientContext*> under_way_;
};

}  // namespace otpd

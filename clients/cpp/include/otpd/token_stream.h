/// The codes of a key, one after the other.
#pragma once

#include <memory>
#include <optional>

#include "otpd/call.h"
#include "otpd/messages.h"

namespace otpd {

/// The current code of a key, then each next one as its step begins. The end of its life ends the call. For one thread at a
/// time, but for `cancel`.
///
///     for (const auto& response : client.watch_token(request)) show(response.token().code());
class TokenStream {
 public:
  /// Takes over the call of another stream.
  TokenStream(TokenStream&&) noexcept;
  /// Takes over the call of another stream, and ends its own.
  TokenStream& operator=(TokenStream&&) noexcept;
  /// Ends the call.
  ~TokenStream();

  /// Waits for the next code; nothing once the server has ended the stream, or `cancel` was called. Throws `Error` if the call
  /// failed.
  ///
  /// The first one opens the call.
  std::optional<v1::WatchTokenResponse> next();

  /// Ends the call from any thread, also one that waits in `next`.
  void cancel() noexcept;

  /// The headers of the answer; none before its first code.
  Headers headers() const;

  /// The iterator of a loop over the stream.
  class Iterator;
  /// Where such a loop ends.
  struct End {};
  /// Waits for the next code.
  Iterator begin();
  /// Where the codes end.
  End end() const noexcept { return {}; }

 private:
  friend class Client;
  struct Call;
  explicit TokenStream(std::unique_ptr<Call> call) noexcept;

  std::unique_ptr<Call> call_;
};

/// The iterator of a loop over a stream.
class TokenStream::Iterator {
 public:
  /// At the next code of the stream.
  explicit Iterator(TokenStream& stream) : stream_(&stream), current_(stream.next()) {}
  /// The code.
  const v1::WatchTokenResponse& operator*() const { return *current_; }
  /// Waits for the next code.
  Iterator& operator++() {
    current_ = stream_->next();
    return *this;
  }
  /// Whether there is a code.
  bool operator!=(End) const noexcept { return current_.has_value(); }

 private:
  TokenStream* stream_;
  std::optional<v1::WatchTokenResponse> current_;
};

inline TokenStream::Iterator TokenStream::begin() { return Iterator(*this); }

}  // namespace otpd

/// The channel of a client.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "otpd/options.h"

namespace otpd {

/// Made as the options say, with the retries, and not connected before the first call. Throws `std::invalid_argument` for what
/// `Client::connect` cannot use.
std::shared_ptr<grpc::Channel> channel_for(const std::string& address, const Options& options);

}  // namespace otpd

#include "channel.h"

#include <grpc/grpc.h>
#include <grpcpp/create_channel.h>

#include <stdexcept>

#include "certificates.h"
#include "service_config.h"
#include "usable.h"

namespace otpd {
namespace {

std::shared_ptr<grpc::ChannelCredentials> credentials_for(const Options& options) {
  if (options.plaintext) {
    if (options.root_certificates.empty() && options.client_certificate.empty() && options.client_key.empty()) {
      return grpc::InsecureChannelCredentials();
    }
    throw std::invalid_argument(
        "plaintext goes with no certificates: leave out it, or root_certificates, client_certificate and client_key");
  }
  if (options.client_certificate.empty() != options.client_key.empty()) {
    throw std::invalid_argument("client_certificate and client_key go together: give both or neither");
  }
  if (!options.root_certificates.empty()) check_certificates("root_certificates", options.root_certificates);
  if (!options.client_key.empty()) check_key_pair(options.client_certificate, options.client_key);
  return grpc::SslCredentials({options.root_certificates, options.client_key, options.client_certificate});
}

grpc::ChannelArguments arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(kServiceConfig);
  // The default, 1 s, outlasts all the retries.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  // Notices that the peer of a stream has vanished without a word, however long ago this end has sent anything but pings.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // In later releases a lost ping is noticed by this one alone, which is a minute by default.
  arguments.SetInt("grpc.http2.ping_timeout_ms", 10'000);
  return arguments;
}

}  // namespace

std::shared_ptr<grpc::Channel> channel_for(const std::string& address, const Options& options) {
  check_address(address);
  const auto credentials = credentials_for(options);
  if (!options.make_channel) return grpc::CreateCustomChannel(address, credentials, arguments());
  if (auto channel = options.make_channel(address, credentials, arguments())) return channel;
  throw std::invalid_argument("make_channel must make a channel");
}

}  // namespace otpd

#include "connection.h"

#include <grpc/grpc.h>
#include <grpc/support/time.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <stdexcept>

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
  return grpc::SslCredentials({usable_pem("root_certificates", "CERTIFICATE", options.root_certificates),
                               usable_pem("client_key", "PRIVATE KEY", options.client_key),
                               usable_pem("client_certificate", "CERTIFICATE", options.client_certificate)});
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

Connection::Connection(const std::string& address, const std::string& key, const Options& options)
    : api_key(usable_api_key(key)),
      deadline(usable_deadline(options.deadline)),
      stub(v1::OtpService::NewStub(grpc::CreateCustomChannel(usable_address(address), credentials_for(options), arguments()))) {}

void Connection::prepare(grpc::ClientContext& context, std::optional<std::chrono::milliseconds> limit) const {
  context.AddMetadata("x-api-key", api_key);
  // A span, which a change of the clock leaves as it is.
  if (limit) context.set_deadline(gpr_time_from_millis(usable_deadline(*limit).count(), GPR_TIMESPAN));
}

}  // namespace otpd

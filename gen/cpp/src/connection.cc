#include "connection.h"

#include <grpc/grpc.h>
#include <grpc/support/time.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <stdexcept>

#include "service_config.h"

namespace otpd {
namespace {

/// gRPC would show a key that cannot be sent in its own log.
const std::string& checked_key(const std::string& api_key) {
  const bool printable = std::all_of(api_key.begin(), api_key.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (printable) return api_key;
  throw std::invalid_argument("the API key holds a character that no key has, such as a line break at its end");
}

/// gRPC would call every server unavailable if it cannot read the certificates.
const std::string& checked_pem(const std::string& pem) {
  if (pem.empty() || pem.find("-----BEGIN ") != std::string::npos) return pem;
  throw std::invalid_argument("a certificate or key is not in PEM: give what the file holds, not its name");
}

std::shared_ptr<grpc::ChannelCredentials> credentials_for(const Options& options) {
  if (options.client_certificate.empty() != options.client_key.empty()) {
    throw std::invalid_argument("a client certificate and its key go together: give both or neither");
  }
  if (!options.plaintext) {
    return grpc::SslCredentials(
        {checked_pem(options.root_certificates), checked_pem(options.client_key), checked_pem(options.client_certificate)});
  }
  if (!options.root_certificates.empty() || !options.client_certificate.empty()) {
    throw std::invalid_argument("certificates are for TLS: give either them or plaintext");
  }
  return grpc::InsecureChannelCredentials();
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
    : api_key(checked_key(key)),
      deadline(options.deadline),
      stub(v1::OtpService::NewStub(grpc::CreateCustomChannel(address, credentials_for(options), arguments()))) {}

void Connection::prepare(grpc::ClientContext& context, std::optional<std::chrono::milliseconds> limit) const {
  if (!api_key.empty()) context.AddMetadata("x-api-key", api_key);
  // A span, which a change of the clock leaves as it is.
  if (limit) context.set_deadline(gpr_time_from_millis(limit->count(), GPR_TIMESPAN));
}

}  // namespace otpd

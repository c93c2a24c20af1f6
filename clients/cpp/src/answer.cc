#include "answer.h"

#include <string>

namespace otpd {

Headers headers_of(const grpc::ClientContext& context) {
  Headers headers;
  for (const auto& [name, value] : context.GetServerInitialMetadata()) {
    const bool is_binary = name.ends_with("-bin");
    if (!is_binary) headers.emplace(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }
  return headers;
}

grpc::Status explained(const grpc::Status& status, bool is_tls) {
  if (!is_tls || status.error_message().find("last error: ") == std::string::npos) return status;
  // gRPC (seen with 1.51) does not say that it was about to speak TLS when the other side ends the connection.
  for (const char* const end : {"Socket closed", "recvmsg:Connection reset by peer"}) {
    if (grpc::string_ref(status.error_message()).ends_with(end)) {
      return {status.error_code(), status.error_message() + " in the TLS handshake: does the server speak TLS?"};
    }
  }
  return status;
}

}  // namespace otpd

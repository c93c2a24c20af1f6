/// The parts of an answer beside its response.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include "otpd/call.h"

namespace otpd {

/// The headers of an answer that has come.
Headers headers_of(const grpc::ClientContext& context);

/// The same status; that of a connection which could not be made says why.
grpc::Status explained(const grpc::Status& status, bool is_tls);

}  // namespace otpd

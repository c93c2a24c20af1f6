/// How a client connects.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <functional>
#include <memory>
#include <string>

#include "otpd/call.h"

namespace otpd {

/// The client's connection to a service.
template <class Service>
class Connection;

/// Makes the channel of a client from what the client would make it of.
using ChannelMaker = std::function<std::shared_ptr<grpc::Channel>(const std::string& target,
                                                                  const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                                                                  const grpc::ChannelArguments& arguments)>;

/// How to connect: by default over TLS with the authorities of the system. Certificates and keys are in PEM.
struct Options {
  /// Without TLS: the API key, secrets and codes travel in the clear. Not together with certificates.
  bool plaintext = false;
  /// Authorities to trust instead of those of the system.
  std::string root_certificates;
  /// For mutual TLS: the certificate chain to show.
  std::string client_certificate;
  /// For mutual TLS: the private key of the certificate.
  std::string client_key;
  /// The deadline of calls with one answer that have no deadline; five seconds if unset.
  Deadline deadline;
  /// In the place of `grpc::CreateCustomChannel`, such as a function that sets further arguments of the channel and calls
  /// `grpc::experimental::CreateCustomChannelWithInterceptors`. The retries are in the arguments.
  ChannelMaker make_channel;
};

}  // namespace otpd

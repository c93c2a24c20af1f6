# frozen_string_literal: true

require 'grpc'
require_relative 'usable'

module Otpd
  # How a client connects, and as whom.
  module Connection
    # Retries, and that calls go to all servers of a name in turn: the same for the clients of every language.
    SERVICE_CONFIG = File.read(File.expand_path('service_config.json', __dir__), encoding: 'UTF-8').freeze
    # The client's own arguments of gRPC's channel.
    OPTIONS = {
      # The default, 1 s, outlasts all the retries.
      'grpc.initial_reconnect_backoff_ms' => 100,
      'grpc.max_reconnect_backoff_ms' => 5_000,
      # Notices that the peer of a stream has vanished without a word.
      'grpc.keepalive_time_ms' => 60_000,
      'grpc.keepalive_timeout_ms' => 10_000,
      # A lost ping is noticed by this one alone in later versions of gRPC, where it is a minute by default.
      'grpc.http2.ping_timeout_ms' => 10_000,
      # A stream only listens: pings must not depend on its sending something now and then.
      'grpc.http2.max_pings_without_data' => 0
    }.freeze

    module_function

    # @return [GRPC::Core::Channel] a channel that connects at its first call
    def channel(address, credentials, own)
      options = { **OPTIONS, **own.transform_keys(&:to_s), 'grpc.service_config' => SERVICE_CONFIG }
      GRPC::ClientStub.setup_channel(nil, address, credentials, options)
    end

    # @return [Hash{String => String}] the metadata of every call
    # @raise [ArgumentError] for what cannot be sent: gRPC would show the key in its own error
    def metadata(api_key)
      { 'x-api-key' => Usable.api_key(api_key) }
    end

    # @return [GRPC::Core::ChannelCredentials, Symbol] how to speak TLS, or that it is plaintext
    # @raise [ArgumentError] for unusable certificates, and for any certificates together with plaintext
    def credentials(root_certificates, client_certificate, plaintext)
      unless plaintext
        Usable.certificates('root_certificates', root_certificates) if root_certificates
        Usable.key_pair(client_certificate) if client_certificate
        chain, key = client_certificate
        return GRPC::Core::ChannelCredentials.new(root_certificates, key, chain)
      end
      return :this_channel_is_insecure unless root_certificates || client_certificate

      raise ArgumentError, 'plaintext goes with no certificates: leave out it, or root_certificates and client_certificate'
    end
  end
  private_constant :Connection
end

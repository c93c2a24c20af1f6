# frozen_string_literal: true

require_relative 'connection'
require_relative 'error'
require_relative 'reader'

module Otpd
  # The base of the clients of both services: the connection, the API key with every call, deadlines, retries, and errors as {Error}.
  class Caller
    # Prepares the connection, by default with TLS.
    #
    # @param address [String] `HOST:PORT`, or `dns:///HOST:PORT`; calls go in turn to all the servers that the name has
    # @param api_key [String] sent with every call
    # @param timeout [Numeric] for a call without a timeout
    # @param root_certificates [String, nil] authorities to trust instead of the defaults of gRPC, in PEM
    # @param client_certificate [Array(String, String), nil] for mutual TLS: the certificate chain and its private key, in PEM
    # @param plaintext [Boolean] without TLS: the API key, secrets and codes travel in the clear
    # @param interceptors [Array<GRPC::ClientInterceptor>]
    # @param channel_options [Hash{String => Object}] arguments of gRPC's channel, over the client's own; the retries are not replaced
    # @raise [ArgumentError] an argument, which it names, cannot be used, or there are certificates together with plaintext
    def initialize(address, api_key, timeout: 5, root_certificates: nil, client_certificate: nil, plaintext: false,
                   interceptors: [], channel_options: {})
      @address = Usable.address(address)
      @timeout = Usable.timeout(timeout)
      @tls = !plaintext
      @metadata = Connection.metadata(api_key).freeze
      credentials = Connection.credentials(root_certificates, client_certificate, plaintext)
      @channel = Connection.channel(address, credentials, channel_options)
      @stub = stub_class.new(address, nil, channel_override: @channel, interceptors: interceptors)
      @calls = {}.compare_by_identity
      @lock = Mutex.new
    end

    # Ends the connection, and every call on it as CANCELLED; calls after it fail so at once.
    #
    # @return [void]
    def close
      @lock.synchronize do
        @closed = true
        # Closing the channel would leave them alone.
        @calls.each_key(&:cancel)
        @channel.close
      end
    end

    # Does not show the API key.
    def inspect
      "#<#{self.class} #{@address}>"
    end

    private

    def message(type, request, fields)
      return type.new(**fields) if request.nil?
      raise ArgumentError, 'give either a request or its fields' unless fields.empty?
      # By its class alone: a message shows its secrets.
      raise TypeError, "a #{type} is needed, not a #{request.class}" unless request.is_a?(type)

      request
    end

    def call(rpc, request, timeout, on_headers)
      operation = open(rpc, request, timeout || @timeout)
      response = operation.execute
      on_headers&.call(operation.metadata)
      response
    rescue GRPC::BadStatus, Google::Protobuf::ParseError => e
      raise Error.from(e, @tls)
    ensure
      forget(operation)
    end

    def stream(rpc, request, timeout, on_headers, &block)
      reader = Reader.new(@tls)
      operation = open(rpc, request, timeout) do |response|
        # They have come with the first message.
        on_headers&.call(operation.metadata)
        on_headers = nil
        reader << response
      end
      reader.each(operation, &block)
    ensure
      forget(operation)
    end

    def open(rpc, request, timeout, &block)
      deadline = Time.now + Usable.timeout(timeout) if timeout
      @lock.synchronize do
        raise Error.new(:CANCELLED, 'the client is closed: make another one') if @closed

        operation = @stub.public_send(rpc, request, deadline: deadline, metadata: @metadata, return_op: true, &block)
        @calls[operation] = true
        operation
      end
    end

    def forget(operation)
      @lock.synchronize { @calls.delete(operation) }
    end
  end
end

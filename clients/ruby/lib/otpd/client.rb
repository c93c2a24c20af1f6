# frozen_string_literal: true

require 'securerandom'
require_relative 'connection'
require_relative 'error'
require_relative 'reader'
require_relative 'stub'
require_relative 'v1'

module Otpd
  # Calls otpd over one connection, which is made at the first call; may be shared by threads.
  #
  #   client = Otpd::Client.new('otp.example.com:443', api_key)
  #   answer = client.verify(key: { secret: secret }, code: code)
  #
  # A request is given by its fields, or as a message. Calls that find the server unavailable are tried up to four times, with pauses that grow
  # from 0.1 s or as the server asks. A method fails with {Error}. `timeout` is the time in seconds for a call with all its tries, above 0 and at
  # most 86,400 (24 hours): another one is an ArgumentError.
  class Client
    # Prepares the connection, with TLS unless told otherwise.
    #
    # @param address [String] `HOST:PORT`
    # @param api_key [String] sent with every call
    # @param timeout [Numeric] for a call that is given none of its own
    # @param root_certificates [String, nil] authorities to trust instead of those that gRPC brings, in PEM
    # @param client_certificate [Array(String, String), nil] for mutual TLS: the certificate chain and its private key, in PEM
    # @param plaintext [Boolean] without TLS: the API key, secrets and codes travel in the clear
    # @raise [ArgumentError] an argument, which it names, cannot be used, or there are certificates together with plaintext
    def initialize(address, api_key, timeout: 5, root_certificates: nil, client_certificate: nil, plaintext: false)
      @address = Usable.address(address)
      @timeout = Usable.timeout(timeout)
      @metadata = Connection.metadata(api_key).freeze
      @channel = Connection.channel(address, Connection.credentials(root_certificates, client_certificate, plaintext))
      @stub = Stub.new(address, nil, channel_override: @channel)
      @calls = {}.compare_by_identity
      @lock = Mutex.new
    end

    # Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
    #
    # @param request [V1::GenerateRequest, nil] in place of its fields
    # @return [V1::GenerateResponse]
    # @raise [Error]
    def generate(request = nil, timeout: nil, **fields)
      call(:generate, message(V1::GenerateRequest, request, fields), timeout)
    end

    # Gives the code of a key at a moment, now by default, and its neighbours on request.
    #
    # @param request [V1::TokenRequest, nil] in place of its fields
    # @return [V1::TokenResponse]
    # @raise [Error]
    def token(request = nil, timeout: nil, **fields)
      call(:token, message(V1::TokenRequest, request, fields), timeout)
    end

    # Says whether a code is right, now, and for the first time (RFC 6238 section 5.2).
    #
    # Without a `request_id` of yours one is made, the same for all tries of this call, so that a lost answer does not turn into REPLAYED.
    #
    # @param request [V1::VerifyRequest, nil] in place of its fields
    # @return [V1::VerifyResponse]
    # @raise [Error]
    def verify(request = nil, timeout: nil, **fields)
      request = message(V1::VerifyRequest, request, fields)
      if request.request_id.empty?
        request = request.dup
        request.request_id = SecureRandom.uuid
      end
      call(:verify, request, timeout)
    end

    # Yields the current code of a TOTP key at once, then each next one as its step begins; without a block, gives an enumerator of them.
    #
    # The call ends with the block (`break`), with {#close}, or after `timeout`, which is unlimited by default. It is not retried.
    #
    # @param request [V1::WatchTokenRequest, nil] in place of its fields
    # @yieldparam response [V1::WatchTokenResponse]
    # @return [Enumerator<V1::WatchTokenResponse>, nil]
    # @raise [Error]
    def watch_token(request = nil, timeout: nil, **fields, &block)
      Usable.timeout(timeout) if timeout
      return enum_for(__method__, request, timeout: timeout, **fields) unless block

      reader = Reader.new
      operation = open(:watch_token, message(V1::WatchTokenRequest, request, fields), timeout) { |response| reader << response }
      reader.each(operation, &block)
    ensure
      forget(operation)
    end

    # Ends the connection, and every call on it as CANCELLED.
    #
    # @return [void]
    def close
      @lock.synchronize do
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

    def call(rpc, request, timeout)
      operation = open(rpc, request, timeout || @timeout)
      operation.execute
    rescue GRPC::BadStatus, Google::Protobuf::ParseError => e
      raise Error.from(e)
    ensure
      forget(operation)
    end

    def open(rpc, request, timeout, &block)
      deadline = Time.now + Usable.timeout(timeout) if timeout
      @lock.synchronize do
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

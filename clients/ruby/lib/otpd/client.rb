# frozen_string_literal: true

require_relative 'caller'
require_relative 'requests'
require_relative 'stubs'

module Otpd
  # Calls otpd over one connection, which is made at the first call; may be shared by threads.
  #
  #   client = Otpd::Client.new('otp.example.com:443', api_key)
  #   answer = client.verify(key: { secret: secret }, code: code)
  #
  # A request is given by its fields, or as a message. Calls that find the server unavailable are tried up to four times, with pauses that grow
  # from 0.1 s or as the server asks. A method fails with {Error}. `timeout` is the time in seconds for a call with all its tries, above 0 and at
  # most 86,400 (24 hours): another one is an ArgumentError. `on_headers` is called with the headers of the answer, a Hash such as
  # `{ 'x-ratelimit-remaining' => '7' }`.
  class Client < Caller
    # Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
    #
    # The server keeps nothing: store the secret yourself, encrypted, or ask for a sealed key by the request's `delivery`. It fails with
    # UNIMPLEMENTED if a sealed key was asked for and the server is too old to make one: then store nothing.
    #
    # @param request [V1::GenerateRequest, nil] instead of its fields
    # @return [V1::GenerateResponse]
    # @raise [Error]
    def generate(request = nil, timeout: nil, on_headers: nil, **fields)
      request = message(V1::GenerateRequest, request, fields)
      Requests.sealed_as_asked(request, call(:generate, request, timeout, on_headers))
    end

    # Gives the code of a key at a moment, now by default, and its neighbours on request.
    #
    # @param request [V1::TokenRequest, nil] instead of its fields
    # @return [V1::TokenResponse]
    # @raise [Error]
    def token(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:token, message(V1::TokenRequest, request, fields), timeout, on_headers)
    end

    # Says whether a code is right, now, and for the first time (RFC 6238 section 5.2).
    #
    # Without a `request_id` of yours one is made, the same for all tries of this call, so that a lost answer does not turn into REPLAYED.
    #
    # @param request [V1::VerifyRequest, nil] instead of its fields
    # @return [V1::VerifyResponse]
    # @raise [Error]
    def verify(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:verify, Requests.with_id(message(V1::VerifyRequest, request, fields)), timeout, on_headers)
    end

    # Gives the codes of 1 to 100 keys: a result for each request, in their order, with a `response` or an `error`.
    #
    # @param request [V1::BatchTokenRequest, nil] instead of its fields
    # @return [V1::BatchTokenResponse]
    # @raise [Error]
    def batch_token(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:batch_token, message(V1::BatchTokenRequest, request, fields), timeout, on_headers)
    end

    # Checks 1 to 100 codes, each as {#verify} does: a result for each request, in their order, with a `response` or an `error`.
    #
    # @param request [V1::BatchVerifyRequest, nil] instead of its fields
    # @return [V1::BatchVerifyResponse]
    # @raise [Error]
    def batch_verify(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:batch_verify, Requests.with_ids(message(V1::BatchVerifyRequest, request, fields)), timeout, on_headers)
    end

    # Finds the counter of a HOTP device that has run ahead, by two or three codes in a row. A `request_id` is made as in {#verify}.
    #
    # @param request [V1::ResyncHotpRequest, nil] instead of its fields
    # @return [V1::ResyncHotpResponse]
    # @raise [Error]
    def resync_hotp(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:resync_hotp, Requests.with_id(message(V1::ResyncHotpRequest, request, fields)), timeout, on_headers)
    end

    # Makes recovery codes, to be shown to the user this once, and the set of them to store.
    #
    # @param request [V1::GenerateRecoveryCodesRequest, nil] instead of its fields
    # @return [V1::GenerateRecoveryCodesResponse]
    # @raise [Error]
    def generate_recovery_codes(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:generate_recovery_codes, message(V1::GenerateRecoveryCodesRequest, request, fields), timeout, on_headers)
    end

    # Says whether a recovery code is one of a set, and used for the first time. A `request_id` is made as in {#verify}.
    #
    # @param request [V1::VerifyRecoveryCodeRequest, nil] instead of its fields
    # @return [V1::VerifyRecoveryCodeResponse]
    # @raise [Error]
    def verify_recovery_code(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:verify_recovery_code, Requests.with_id(message(V1::VerifyRecoveryCodeRequest, request, fields)), timeout, on_headers)
    end

    # Revokes a set of recovery codes for ever.
    #
    # @param request [V1::RevokeRecoveryCodesRequest, nil] instead of its fields
    # @return [V1::RevokeRecoveryCodesResponse]
    # @raise [Error]
    def revoke_recovery_codes(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:revoke_recovery_codes, message(V1::RevokeRecoveryCodesRequest, request, fields), timeout, on_headers)
    end

    # Seals 1 to 100 keys that you have as secrets or URIs, or binds sealed keys to another context: a result for each.
    #
    # @param request [V1::SealRequest, nil] instead of its fields
    # @return [V1::SealResponse]
    # @raise [Error]
    def seal(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:seal, message(V1::SealRequest, request, fields), timeout, on_headers)
    end

    # Seals 1 to 100 sealed keys and sets of recovery codes anew, under the current sealing key: a result for each.
    #
    # @param request [V1::RewrapRequest, nil] instead of its fields
    # @return [V1::RewrapResponse]
    # @raise [Error]
    def rewrap(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:rewrap, message(V1::RewrapRequest, request, fields), timeout, on_headers)
    end

    # Reads the keys in otpauth and otpauth-migration URIs, up to 100 keys in all: a result for each.
    #
    # @param request [V1::ImportKeysRequest, nil] instead of its fields
    # @return [V1::ImportKeysResponse]
    # @raise [Error]
    def import_keys(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:import_keys, message(V1::ImportKeysRequest, request, fields), timeout, on_headers)
    end

    # Gives the secrets of up to 100 keys, sealed ones too, as URIs: a result for each.
    #
    # @param request [V1::ExportKeysRequest, nil] instead of its fields
    # @return [V1::ExportKeysResponse]
    # @raise [Error]
    def export_keys(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:export_keys, message(V1::ExportKeysRequest, request, fields), timeout, on_headers)
    end

    # Gives how much of its plan the API key has used, for each window. It costs no credits.
    #
    # @param request [V1::GetUsageRequest, nil] instead of its fields
    # @return [V1::GetUsageResponse]
    # @raise [Error]
    def get_usage(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:get_usage, message(V1::GetUsageRequest, request, fields), timeout, on_headers)
    end

    # Yields the current code of a TOTP key at once, then each next one as its step begins; without a block, gives an enumerator of them.
    #
    # The call ends with the block (`break`), with {#close}, or after `timeout`, which is unlimited by default. It is not retried.
    #
    # @param request [V1::WatchTokenRequest, nil] instead of its fields
    # @yieldparam response [V1::WatchTokenResponse]
    # @return [Enumerator<V1::WatchTokenResponse>, nil]
    # @raise [Error]
    def watch_token(request = nil, timeout: nil, on_headers: nil, **fields, &block)
      Usable.timeout(timeout) if timeout
      return enum_for(__method__, request, timeout: timeout, on_headers: on_headers, **fields) unless block

      stream(:watch_token, message(V1::WatchTokenRequest, request, fields), timeout, on_headers, &block)
    end

    private

    def stub_class = Stubs::Otp
  end
end

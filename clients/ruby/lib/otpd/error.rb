# frozen_string_literal: true

require 'google/protobuf/well_known_types'
require 'google/rpc/error_details_pb'
require 'google/rpc/status_pb'
require 'grpc'

module Otpd
  # A wrong field of the request: its path in snake_case, as in the contract (`key.secret`), and what to do.
  FieldViolation = Struct.new(:field, :description)

  # A failed call. Its `cause` is the `GRPC::BadStatus`.
  #
  # Its message never holds a secret, a code or a key.
  class Error < StandardError
    CODES = GRPC::Core::StatusCodes.constants.to_h { |name| [GRPC::Core::StatusCodes.const_get(name), name] }.freeze
    private_constant :CODES

    # @return [Symbol] the status of the call, such as `:UNAVAILABLE`
    attr_reader :code
    # @return [Symbol, nil] a value of `V1::ErrorReason`, such as `:ERROR_REASON_RATE_LIMITED`; nil if it was not the server that answered
    attr_reader :reason
    # @return [Hash{String => String}] what belongs to the reason: `V1::ErrorReason` names the keys
    attr_reader :metadata
    # @return [Array<FieldViolation>] every field that is wrong, if the reason is `:ERROR_REASON_INVALID_FIELDS`
    attr_reader :field_violations
    # @return [Float, nil] seconds to wait before another try, if the server said so
    attr_reader :retry_delay
    # @return [String, nil] finds the call in the server's log; nil if it was not the server that answered
    attr_reader :request_id

    # @param failure [GRPC::BadStatus, Google::Protobuf::ParseError] what gRPC raised
    # @param tls [Boolean] whether the connection is one over TLS
    # @return [Error] the same with its error details, without the details that are missing or not readable
    def self.from(failure, tls)
      return new(:INTERNAL, 'the answer is not a message of the contract') unless failure.is_a?(GRPC::BadStatus)

      details = {}
      begin
        read(failure.metadata['grpc-status-details-bin'], details)
      rescue Google::Protobuf::ParseError
        # Something between here and the server made them up; the status is what counts.
      end
      new(CODES.fetch(failure.code, :UNKNOWN), explained(failure.details, tls), **details)
    end

    # gRPC (seen with 1.51) does not say that it was about to speak TLS.
    def self.explained(text, tls)
      tls && text.match?(/last error: .*Socket closed\z/) ? "#{text} in the TLS handshake: does the server speak TLS?" : text
    end
    private_class_method :explained

    def self.read(status, found)
      Google::Rpc::Status.decode(Array(status).last.to_s).details.each do |detail|
        if (info = detail.unpack(Google::Rpc::ErrorInfo))
          found.update(reason: info.reason.to_sym, metadata: info.metadata.to_h)
        elsif (bad = detail.unpack(Google::Rpc::BadRequest))
          found[:field_violations] = bad.field_violations.map { |each| FieldViolation.new(each.field, each.description) }
        elsif (wait = detail.unpack(Google::Rpc::RetryInfo))
          found[:retry_delay] = wait.retry_delay.to_f
        elsif (request = detail.unpack(Google::Rpc::RequestInfo))
          found[:request_id] = request.request_id
        end
      end
    end
    private_class_method :read

    def initialize(code, text, reason: nil, metadata: {}, field_violations: [], retry_delay: nil, request_id: nil)
      wrong = field_violations.map { |each| "#{each.field}: #{each.description}" }
      # The server's message names the first of them.
      wait = "try again in #{format('%g', retry_delay)} s" if retry_delay&.positive?
      super(["#{code}: #{text}", *wrong.reject { |each| text.include?(each) }, *wait].join('; '))
      @code = code
      @reason = reason
      @metadata = metadata
      @field_violations = field_violations
      @retry_delay = retry_delay
      @request_id = request_id
    end
  end
end

# frozen_string_literal: true

require 'google/rpc/error_details_pb'
require 'google/rpc/status_pb'
require 'otpd'

# The service behind the tests: notes each call; Generate fails, Token is never there, Verify is there at the second try.
class Service < Otpd::V1::OtpService::Service
  # Messages in the order in which they came, and beside each its metadata and the seconds it was given.
  attr_reader :requests, :metadata, :seconds, :left
  # A call with the secret SILENCE waits for this before anything is sent.
  attr_reader :silence

  def initialize
    super
    @requests = []
    @metadata = []
    @seconds = []
    @left = Queue.new
    @silence = Queue.new
  end

  def generate(request, call)
    note(request, call)
    return Otpd::V1::GenerateResponse.new(secret: 'in the clear') if request.issuer == 'old'

    status = request.account_name == 'garbled' ? "\xff\xff\xff".b : Google::Rpc::Status.encode(refusal)
    raise GRPC::InvalidArgument.new('do this', 'grpc-status-details-bin' => status)
  end

  def token(request, call)
    note(request, call)
    raise GRPC::Unavailable, 'never there'
  end

  def verify(request, call)
    at_second_try(request, call, Otpd::V1::VerifyResponse.new(valid: true))
  end

  def batch_verify(request, call) = at_second_try(request, call, Otpd::V1::BatchVerifyResponse.new)

  def resync_hotp(request, call) = at_second_try(request, call, Otpd::V1::ResyncHotpResponse.new)

  def verify_recovery_code(request, call) = at_second_try(request, call, Otpd::V1::VerifyRecoveryCodeResponse.new)

  def watch_token(request, call)
    note(request, call)
    call.merge_metadata_to_send('x-ratelimit-remaining' => '7')
    Enumerator.new do |codes|
      3.times { |step| codes << Otpd::V1::WatchTokenResponse.new(token: { step: step }) }
      # Sends until the caller has left, which makes sending fail.
      loop { codes << Otpd::V1::WatchTokenResponse.new.tap { sleep 0.02 } }
    ensure
      @left << true
    end
  end

  private

  def at_second_try(request, call, response)
    note(request, call)
    raise GRPC::Unavailable, 'not yet' if @requests.size == 1

    call.merge_metadata_to_send('x-ratelimit-remaining' => '7')
    response
  end

  def note(request, call)
    @requests << request
    @metadata << call.metadata
    @seconds << (call.deadline - Time.now)
    @silence.pop if request.respond_to?(:key) && request.key&.secret == 'SILENCE'
  end

  def refusal
    violation = { field: 'digits', description: 'must be 6 to 8' }
    details = [
      Google::Rpc::ErrorInfo.new(reason: 'ERROR_REASON_INVALID_FIELDS', domain: 'otp.v1', metadata: { 'k' => 'v' }),
      Google::Rpc::RequestInfo.new(request_id: 'an id'),
      Google::Rpc::BadRequest.new(field_violations: [Google::Rpc::BadRequest::FieldViolation.new(violation)]),
      Google::Rpc::RetryInfo.new(retry_delay: { seconds: 2, nanos: 500_000_000 })
    ]
    Google::Rpc::Status.new(details: details.map { |detail| Google::Protobuf::Any.pack(detail) })
  end
end

# The administration: the one plan is called as the API key.
class Administration < Otpd::AdminV1::AdminService::Service
  def list_plans(_request, call)
    Otpd::AdminV1::ListPlansResponse.new(plans: [{ name: call.metadata['x-api-key'] }])
  end
end

# Sends an error as trailers alone, as other servers do: after the headers that Ruby's sends before them no client may retry.
module TrailersOnly
  def send_status(code, details, assert_finished, metadata:)
    return super if @metadata_sent

    @metadata_sent = true
    status = Struct::Status.new(code, details, metadata)
    @call.run_batch(GRPC::Core::CallOps::SEND_INITIAL_METADATA => {}, GRPC::Core::CallOps::SEND_STATUS_FROM_SERVER => status)
    set_output_stream_done
  end
end
GRPC::ActiveCall.prepend(TrailersOnly)

# Bytes that are no message.
class Noise
  def self.encode(_message) = "\xff\xff\xff".b

  def self.decode(_bytes) = new
end

# A service of the same name that answers a Token with noise.
class NoisyService
  include GRPC::GenericService

  self.marshal_class_method = :encode
  self.unmarshal_class_method = :decode
  self.service_name = 'otp.v1.OtpService'
  rpc :Token, Otpd::V1::TokenRequest, Noise
end

# It answering.
class Garbled < NoisyService
  def token(_request, _call) = Noise.new
end

# frozen_string_literal: true

require_relative 'v1'

module Otpd
  # The generated stub, whose streams say why they failed also where they fail before the server has said anything.
  class Stub < V1::OtpService::Stub
    # gRPC (seen with 1.51) asks for the headers of the answer with the first message, and if that fails, once more with the status: a call may
    # ask for them once only, so that the status is lost to an error about that.
    module HeadersOnce
      def remote_read
        super
      rescue GRPC::Core::CallError
        @metadata_received = true
        raise
      end
    end
    private_constant :HeadersOnce

    private

    def new_active_call(...) = super.extend(HeadersOnce)
  end
  private_constant :Stub
end

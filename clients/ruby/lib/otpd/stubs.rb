# frozen_string_literal: true

require_relative 'admin_v1'
require_relative 'v1'

module Otpd
  # The generated stubs, whose streams say why they failed also where they fail before the server has said anything.
  module Stubs
    # gRPC (seen with 1.51) asks for the headers of the answer with the first message, and if that fails, once more with the status: a call may
    # ask for them once only, so that the status is lost to an error about that.
    module HeadersOnce
      # Notes that the headers were asked for.
      def remote_read
        super
      rescue GRPC::Core::CallError
        @metadata_received = true
        raise
      end
    end

    # Of `otp.v1.OtpService`.
    class Otp < V1::OtpService::Stub
      private

      def new_active_call(...) = super.extend(HeadersOnce)
    end

    # Of `otp.admin.v1.AdminService`.
    class Admin < AdminV1::AdminService::Stub
    end
  end
  private_constant :Stubs
end

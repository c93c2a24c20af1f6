# frozen_string_literal: true

# `to_time` of a timestamp, `to_f` of a duration, and the like.
require 'google/protobuf/well_known_types'
require 'otpd/v1/error_reason_pb'
require 'otpd/v1/otp_service_services_pb'

module Otpd
  # The messages, enums and stubs of the package `otp.v1`, generated from the contract.
  module V1
  end
end

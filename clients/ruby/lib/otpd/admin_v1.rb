# frozen_string_literal: true

require 'google/protobuf/well_known_types'
require 'otpd/v1'
require 'otpd/admin_v1/admin_service_services_pb'

module Otpd
  # The messages, enums and stubs of the package `otp.admin.v1`, generated from the contract.
  module AdminV1
  end
end

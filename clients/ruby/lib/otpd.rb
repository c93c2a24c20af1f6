# frozen_string_literal: true

require_relative 'otpd/client'
require_relative 'otpd/error'
require_relative 'otpd/v1'
require_relative 'otpd/version'

# Client of otpd, a gRPC service that issues and checks one-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238).
#
# {Client} calls the service, {Error} says why a call failed, and {V1} has the messages.
module Otpd
end

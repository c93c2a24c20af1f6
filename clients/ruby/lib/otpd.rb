# frozen_string_literal: true

require_relative 'otpd/admin_client'
require_relative 'otpd/client'
require_relative 'otpd/error'
require_relative 'otpd/v1'
require_relative 'otpd/version'

# Client of otpd, a gRPC service that issues and checks one-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238).
#
# {Client} calls the service, {AdminClient} administers it, {Error} says why a call failed, and {V1} and {AdminV1} have the messages.
module Otpd
end

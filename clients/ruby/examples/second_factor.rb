# frozen_string_literal: true

# A second factor from enrolment to a lost phone: a sealed key that is confirmed, a login, a replay, and a recovery code.

require 'otpd'

def run(client)
  # Derived from the user at each call, and not stored beside the blob.
  user = 'user-1/totp/1'
  # With SEALED the secret would be in the QR code alone, and this program could not play the app.
  enrolment = client.generate(issuer: 'ACME', account_name: 'alice@example.com', delivery: :SECRET_DELIVERY_BOTH, sealed_context: user)
  puts "show as a QR code: #{enrolment.uri}"

  # The user would read it off the app.
  code = client.token(key: { secret: enrolment.secret }).token.code
  confirmed = client.verify(key: { sealed: { blob: enrolment.sealed.blob, context: user } }, code: code, confirm: true)
  puts "enrolled: #{confirmed.status}"

  # The database keeps these from here on.
  stored = confirmed.resealed.blob
  login = client.verify(key: { sealed: { blob: stored, context: user } }, code: code)
  puts "the same code again: #{login.status}"

  recovery = client.generate_recovery_codes(sealed_context: user)
  answer = client.verify_recovery_code(set: { blob: recovery.set.blob, context: user }, code: recovery.codes.first)
  puts "a recovery code: #{answer.status} with #{answer.remaining_count} left"
end

client = Otpd::Client.new(ENV.fetch('OTPD_ADDRESS'), ENV.fetch('OTPD_API_KEY'), plaintext: true)
begin
  run(client)
ensure
  client.close
end

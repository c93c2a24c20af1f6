# frozen_string_literal: true

require_relative 'lib/otpd/version'

Gem::Specification.new do |spec|
  spec.name = 'otpd'
  spec.version = Otpd::VERSION
  spec.summary = 'Client of otpd, a gRPC service that issues and checks one-time passwords (HOTP, TOTP).'
  spec.authors = ['otpd']
  spec.license = 'Apache-2.0'
  spec.required_ruby_version = '>= 3.1'
  spec.files = Dir.chdir(__dir__) { Dir['lib/**/*', 'README.md'] }.sort
  # What is generated runs on google-protobuf from the version on that reads serialised descriptors; grpc is tested with the lower bound.
  spec.add_dependency 'google-protobuf', '>= 3.21.12', '< 5'
  spec.add_dependency 'googleapis-common-protos-types', '~> 1.4'
  spec.add_dependency 'grpc', '~> 1.51'
end

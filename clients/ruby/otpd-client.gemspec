# frozen_string_literal: true

require_relative 'lib/otpd/version'

source = 'https://otpd.dev/source'

Gem::Specification.new do |spec|
  spec.name = 'otpd-client'
  spec.version = Otpd::VERSION
  spec.summary = 'Client of otpd, a gRPC service that issues and checks one-time passwords (HOTP, TOTP).'
  spec.description = "#{spec.summary} One connection, an API key and a deadline on every call, retries that are safe, and readable errors."
  spec.authors = ['The otpd authors']
  spec.license = 'Apache-2.0'
  spec.homepage = 'https://otpd.dev'
  spec.metadata = {
    'source_code_uri' => source,
    'documentation_uri' => "#{source}/blob/main/clients/ruby/README.md",
    'changelog_uri' => "#{source}/blob/main/CHANGELOG.md",
    'bug_tracker_uri' => "#{source}/issues",
    'rubygems_mfa_required' => 'true'
  }
  spec.required_ruby_version = '>= 3.1'
  spec.files = Dir.chdir(__dir__) { Dir['lib/**/*', 'README.md', 'LICENSE', '.yardopts'] }.sort
  # What is generated runs on google-protobuf from the version on that reads serialised descriptors; grpc is tested with the lower bound.
  spec.add_dependency 'google-protobuf', '>= 3.21.12', '< 5'
  spec.add_dependency 'googleapis-common-protos-types', '~> 1.4'
  spec.add_dependency 'grpc', '~> 1.51'
end

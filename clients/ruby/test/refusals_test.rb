# frozen_string_literal: true

require 'minitest/autorun'
require 'openssl'
require 'otpd'
require 'timeout'

# Before it connects or calls, the client refuses invalid options, and names them.
class RefusalsTest < Minitest::Test
  ADDRESS = '127.0.0.1:1'
  API_KEY = 'otpd_key_that_no_error_shows'
  NO_TIMES = [Float::NAN, Float::INFINITY, -Float::INFINITY, 0, -1, 86_401, 1e12, Float::MAX, '5', Complex(1, 1)].freeze

  def test_an_address_that_is_none
    none = ['', ' ', "a:1\n", 'https://a:1', 'grpc://', "\xff ", 'a', 'a:', ':1', 'a:http', '::1', '[::1]', 'dns:///a', 'unix:', nil]
    none.each { |address| refused('address') { connect(address: address) } }
  end

  def test_a_process_that_is_refused_an_empty_address_ends
    program = 'begin; Otpd::Client.new("", "key", plaintext: true); rescue ArgumentError; exit 7; end'
    pid = spawn(RbConfig.ruby, *$LOAD_PATH.map { |path| "-I#{path}" }, '-rotpd', '-e', program)
    _, status = Timeout.timeout(20) { Process.wait2(pid) }
    assert_equal 7, status.exitstatus
  end

  def test_a_key_that_cannot_be_sent
    ['', "#{API_KEY}\n", "#{API_KEY}é", "#{API_KEY} ", "#{API_KEY}\xff", nil].each do |api_key|
      refused('api_key') { connect(api_key: api_key) }
    end
  end

  def test_a_timeout_that_is_no_time
    client = connect
    (NO_TIMES + [nil]).each { |timeout| refused('timeout', '86400') { connect(timeout: timeout) } }
    NO_TIMES.product(%i[generate token verify watch_token]) { |timeout, rpc| refused('timeout') { client.public_send(rpc, timeout: timeout) } }
  end

  def test_certificates_with_plaintext
    [{ root_certificates: '' }, { client_certificate: %w[pem pem] }].each do |certificates|
      refused('plaintext', *certificates.keys.map(&:to_s)) { connect(plaintext: true, **certificates) }
    end
  end

  def test_certificates_that_are_none
    certificate, key = own
    ['', 'nonsense', key, certificate.sub('MII', 'AII'), 5].each do |pem|
      refused('root_certificates') { connect(root_certificates: pem) }
      refused('client_certificate') { connect(client_certificate: [pem, key]) }
    end
    ['', 'nonsense', certificate, nil].each { |pem| refused('client_certificate') { connect(client_certificate: [certificate, pem]) } }
  end

  def test_what_can_be_used_is_taken
    certificate, key = own
    connect(root_certificates: "#{certificate}# those of others é\n#{certificate}", client_certificate: [certificate, key])
    [Float::MIN, Rational(1, 2), 86_400].each { |timeout| connect(timeout: timeout) }
    ['a:1', '[::1]:1', 'dns:///a:1', 'ipv4:127.0.0.1:1', 'unix:/run/otpd'].each { |address| connect(address: address) }
  end

  private

  def connect(address: ADDRESS, api_key: API_KEY, **options) = Otpd::Client.new(address, api_key, **options)

  def refused(*names, &block)
    message = assert_raises(ArgumentError, &block).message
    names.each { |name| assert_includes message, name }
    refute_includes message, API_KEY
  end

  # A new certificate, and its key.
  def own
    key = OpenSSL::PKey::EC.generate('prime256v1')
    certificate = OpenSSL::X509::Certificate.new
    certificate.subject = certificate.issuer = OpenSSL::X509::Name.parse('/CN=own')
    certificate.not_before = Time.now
    certificate.not_after = Time.now + 60
    certificate.public_key = key
    [certificate.sign(key, 'SHA256').to_pem, key.to_pem]
  end
end

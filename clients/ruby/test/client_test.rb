# frozen_string_literal: true

require 'minitest/autorun'
require 'timeout'
require_relative 'service'

# The client against a gRPC server in this process: the requests, the retries, and the failures.
class ClientTest < Minitest::Test
  API_KEY = 'otpd_key_that_no_error_shows'

  def setup
    @clients = []
    serve(@service = Service.new)
  end

  def teardown
    @clients.each(&:close)
    stop
  end

  def test_error_details
    error = failure { client.generate(issuer: 'ACME') }
    assert_equal [:INVALID_ARGUMENT, :ERROR_REASON_INVALID_FIELDS], [error.code, error.reason]
    assert_equal({ 'k' => 'v' }, error.metadata)
    assert_equal [Otpd::FieldViolation.new('digits', 'must be 6 to 8')], error.field_violations
    assert_equal [2.5, 'an id'], [error.retry_delay, error.request_id]
    assert_equal 'INVALID_ARGUMENT: do this; digits: must be 6 to 8; try again in 2.5 s', error.message
    assert_kind_of GRPC::InvalidArgument, error.cause
  end

  def test_garbled_details_leave_the_status
    error = failure { client.generate(account_name: 'garbled') }
    assert_equal :INVALID_ARGUMENT, error.code
    assert_equal [nil, {}, [], nil, nil], [error.reason, error.metadata, error.field_violations, error.retry_delay, error.request_id]
  end

  def test_a_garbled_answer_is_an_error_too
    serve(Garbled.new)
    assert_equal :INTERNAL, failure { client.token }.code
  end

  def test_verify_is_retried_with_one_request_id
    request = Otpd::V1::VerifyRequest.new(code: '123456').freeze
    assert client.verify(request).valid
    first, second = @service.requests
    assert_match(/\A\h{8}-\h{4}-4\h{3}-[89ab]\h{3}-\h{12}\z/, first.request_id)
    assert_equal first, second
    assert_empty request.request_id, 'the request of the caller is not touched'
  end

  def test_whatever_is_used_up_is_retried_with_one_request_id
    %i[resync_hotp verify_recovery_code].each do |rpc|
      @service.requests.clear
      client.public_send(rpc)
      first, second = @service.requests
      assert_equal [36, first], [first.request_id.size, second]
    end
  end

  def test_a_batch_is_retried_with_a_request_id_for_each
    client.batch_verify(requests: [{ code: '1' }, { code: '2', request_id: 'mine' }])
    first, second = @service.requests
    assert_equal first, second
    assert_equal [['1', 36], ['2', 4]], (first.requests.map { |each| [each.code, each.request_id.size] })
  end

  def test_a_server_that_seals_nothing_although_it_was_asked_to
    %i[SECRET_DELIVERY_SEALED SECRET_DELIVERY_BOTH].each do |delivery|
      error = failure { client.generate(issuer: 'old', delivery: delivery) }
      assert_equal :UNIMPLEMENTED, error.code
      assert_includes error.message, 'store nothing'
    end
    assert_equal 'in the clear', client.generate(issuer: 'old').secret
  end

  def test_the_headers_of_an_answer
    headers = {}
    client.verify(on_headers: headers.method(:update))
    assert_equal '7', headers['x-ratelimit-remaining']
    headers = {}
    client.watch_token(on_headers: headers.method(:update)).first(1)
    assert_equal '7', headers['x-ratelimit-remaining']
  end

  def test_after_close_each_call_fails_at_once
    client = self.client.tap(&:close)
    %i[verify generate get_usage watch_token].each { |rpc| assert_equal :CANCELLED, failure { client.public_send(rpc) { nil } }.code }
    assert_empty @service.requests
  end

  def test_the_administration
    admin = Otpd::AdminClient.new(@address, API_KEY, plaintext: true, timeout: 60)
    assert_equal([API_KEY], admin.list_plans.plans.map(&:name))
    admin.close
  end

  def test_interceptors_and_channel_options
    seen = []
    noting = Class.new(GRPC::ClientInterceptor) do
      define_method(:request_response) { |request:, call:, method:, metadata:, &block| seen << method && block.call }
    end
    options = { 'grpc.max_send_message_length' => 10, 'grpc.service_config' => '{}' }
    client = self.client({ timeout: 60, interceptors: [noting.new], channel_options: options })
    assert_equal :RESOURCE_EXHAUSTED, failure { client.verify(code: '1' * 11, request_id: '1') }.code
    assert_empty @service.requests
    assert client.verify(request_id: '1').valid, 'the retries are not replaced'
    assert_equal ['/otp.v1.OtpService/Verify'] * 2, seen
  end

  def test_what_is_wrong_with_a_connection_is_in_the_message
    assert_match(/TLS|handshake/i, failure { client({ plaintext: false, timeout: 60 }).verify }.message)
    assert_match(/TLS|handshake/i, failure { client({ plaintext: false, timeout: 60 }).watch_token { nil } }.message)
    stop
    assert_match(/refused/i, failure { client.verify }.message)
    nowhere = Otpd::Client.new('nowhere.invalid:1', API_KEY, plaintext: true).tap { |client| @clients << client }
    assert_match(/dns|resol|domain name/i, failure { nowhere.verify }.message)
  end

  def test_a_request_id_of_the_caller_is_kept
    client.verify(request_id: 'mine')
    assert_equal %w[mine mine], @service.requests.map(&:request_id)
  end

  def test_four_tries_at_most
    assert_equal :UNAVAILABLE, failure { client.token }.code
    assert_equal 4, @service.requests.size
  end

  def test_the_key_goes_with_every_try
    client.verify
    assert_equal([API_KEY, API_KEY], @service.metadata.map { |metadata| metadata['x-api-key'] })
  end

  def test_a_deadline_goes_with_every_call
    client.verify
    client({}).verify
    client(timeout: 3).verify
    client(timeout: 3).verify(timeout: 2)
    @service.seconds.drop(2).zip([5, 3, 2]) { |left, most| assert_includes (most - 1.0)..(most + 0.1), left }
  end

  def test_fields_are_a_request
    client.verify(key: { secret: 'ABC', type: :OTP_TYPE_HOTP, counter: 0 }, code: '1')
    key = Otpd::V1::Key.new(secret: 'ABC', type: :OTP_TYPE_HOTP, counter: 0)
    assert_equal [key, '1'], [@service.requests.first.key, @service.requests.first.code]
  end

  def test_a_request_that_is_none_is_not_shown
    request = Otpd::V1::TokenRequest.new(key: { secret: 'SECRET' })
    error = assert_raises(TypeError) { client.verify(request) }
    refute_includes error.message, 'SECRET'
    assert_raises(ArgumentError) { client.token(request, past_steps: 1) }
  end

  def test_leaving_a_stream_ends_the_call
    assert_equal([0, 1], client.watch_token.first(2).map { |response| response.token.step })
    assert left?, 'the server heard of it while the client was open'
  end

  def test_closing_ends_the_calls_of_other_threads
    %i[token watch_token].each_with_index do |rpc, before|
      client = self.client
      caller = Thread.new { failure { client.public_send(rpc, key: { secret: 'SILENCE' }, timeout: 60) { nil } } }
      sleep 0.01 until @service.requests.size > before
      client.close
      assert_equal :CANCELLED, caller.value.code
      assert_equal :CANCELLED, failure { client.token }.code
    end
  end

  def test_ctrl_c_ends_a_stream_at_once
    program = 'Otpd::Client.new(ARGV[0], "key", plaintext: true).watch_token(key: { secret: "SILENCE" }) { nil }'
    pid = spawn(RbConfig.ruby, *$LOAD_PATH.map { |path| "-I#{path}" }, '-rotpd', '-e', program, @address, err: File::NULL)
    sleep 0.01 while @service.requests.empty?
    Process.kill(:INT, pid)
    _, status = Timeout.timeout(20) { Process.wait2(pid) }
    assert_equal Signal.list['INT'], status.termsig
  end

  def test_a_stream_without_an_answer_says_why
    assert_equal :DEADLINE_EXCEEDED, failure { client.watch_token(key: { secret: 'SILENCE' }, timeout: 0.2).first }.code
    stop
    assert_equal :UNAVAILABLE, failure { client.watch_token.first }.code
  end

  def test_what_the_block_of_a_stream_raises_stays_what_it_is
    mine = GRPC::Aborted.new
    assert_same(mine, assert_raises(GRPC::Aborted) { client.watch_token { raise mine } })
  end

  def test_the_key_is_not_shown
    refute_includes client.inspect, API_KEY
  end

  def test_nothing_is_sent_in_plaintext_unless_told
    code = failure { client(plaintext: false).verify(timeout: 1) }.code
    assert_includes %i[UNAVAILABLE DEADLINE_EXCEEDED], code
    assert_empty @service.requests
  end

  private

  def serve(service)
    server = GRPC::RpcServer.new(pool_size: 4, poll_period: 1)
    @address = "127.0.0.1:#{server.add_http2_port('127.0.0.1:0', :this_port_is_insecure)}"
    server.handle(service)
    server.handle(Administration.new)
    Thread.new { server.run }
    server.wait_till_running
    (@servers ||= []) << server
  end

  def stop
    @service.silence.close
    @servers.each(&:stop)
  end

  # With a deadline that a slow machine does not reach, unless the test is about deadlines.
  def client(options = { timeout: 60 })
    Otpd::Client.new(@address, API_KEY, plaintext: true, **options).tap { |client| @clients << client }
  end

  def failure(&block) = assert_raises(Otpd::Error, &block)

  def left? = Timeout.timeout(5) { @service.left.pop }
end

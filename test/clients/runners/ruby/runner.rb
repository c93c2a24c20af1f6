# frozen_string_literal: true

require 'json'
require 'otpd'

# Runs the cases of a configuration with the Ruby client, and prints one line of JSON for each step.
class Runner
  def initialize(config)
    @config = config
    @clients = Hash.new do |made, whom|
      type, server, key, timeout = whom
      made[whom] = connect(type, config['servers'][server], config['keys'][key], timeout)
    end
  end

  def run
    @config['cases'].each do |each|
      saved = {}
      each['steps'].each_with_index do |step, index|
        line = { case: each['name'], step: index, **outcome(step, saved) }
        puts JSON.generate(line)
        step.fetch('save', {}).each { |name, path| saved[name] = line[:response].dig(*path.split('.').map { |part| part.match?(/\A\d+\z/) ? part.to_i : part }) }
      end
    end
  end

  private

  def connect(type, server, api_key, timeout)
    ca, *pair = server.values_at('ca', 'cert', 'key').map { |file| file && File.read(file) }
    options = { plaintext: server['plaintext'] || ca.nil?, root_certificates: ca, client_certificate: pair.any? ? pair : nil, **timeout }
    type.new(server['address'], api_key, **options)
  end

  def outcome(step, saved)
    json = JSON.generate(step['request']).gsub(/\$\{(\w+)\}/) { saved.fetch(Regexp.last_match(1)) }
    request = (admin?(step) ? Otpd::AdminV1 : Otpd::V1).const_get("#{name(step)}Request").decode_json(json)
    headers = {}
    responses = Array.new(step.fetch('repeat', 1)) { call(step, request, headers) }
    { code: :OK, response: responses.last, **(step['headers'] ? { headers: headers.slice(*step['headers']) } : {}) }
  rescue Otpd::Error => e
    { code: e.code, error: described(e), **(step['text'] ? { text: e.message } : {}) }
  rescue ArgumentError => e
    { code: :REFUSED, message: e.message }
  end

  def admin?(step) = step['rpc'].start_with?('admin.')

  def name(step) = step['rpc'].delete_prefix('admin.')

  def client(step)
    whom = [step.fetch('server', 'plain'), step.fetch('key', 'full'), timeout(step['client_deadline_ms'])]
    type = admin?(step) ? Otpd::AdminClient : Otpd::Client
    return @clients[[type, *whom]] unless step['closed']

    connect(type, @config['servers'][whom[0]], @config['keys'][whom[1]], whom[2]).tap(&:close)
  end

  def call(step, request, headers)
    options = { **timeout(step['deadline_ms']), **(step['headers'] ? { on_headers: headers.method(:update) } : {}) }
    answer = client(step).public_send(name(step).gsub(/(?<=.)(?=[A-Z])/, '_').downcase, request, **options)
    return plain(answer) unless step['rpc'] == 'WatchToken'

    { 'messages' => answer.first(step['take']).map { |message| plain(message) } }
  end

  # The option for a deadline, if there is one.
  def timeout(milliseconds)
    no_numbers = { 'NaN' => Float::NAN, 'Infinity' => Float::INFINITY, '-Infinity' => -Float::INFINITY }
    milliseconds ? { timeout: no_numbers.fetch(milliseconds, milliseconds) / 1000.0 } : {}
  end

  def plain(message) = JSON.parse(message.to_json)

  def described(error)
    {
      reason: error.reason.to_s,
      violations: error.field_violations.map(&:field).sort,
      retry_delay: !error.retry_delay.nil?,
      request_id: !error.request_id.nil?
    }
  end
end

$stdout.sync = true
Runner.new(JSON.parse(File.read(ARGV.fetch(0)))).run

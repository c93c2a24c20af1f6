# frozen_string_literal: true

require 'openssl'

module Otpd
  # Lets through what a client can use; for anything else an ArgumentError names it, before anything connects.
  module Usable
    MAX_TIMEOUT = 86_400
    # `HOST:PORT`, or a name for one of gRPC's own resolvers, such as `dns:///HOST:PORT`; no URL. A socket's file has no port.
    ADDRESS = %r{\A(?:(?:dns:///)?(?:\[[^\s\[\]]+\]|[^\s:/\[\]]+):\d{1,5}|(?:ipv4|ipv6):\S+:\d{1,5}|(?:unix:|xds:///)\S+)\z}n
    private_constant :MAX_TIMEOUT, :ADDRESS

    module_function

    # gRPC would let no process end that has called an empty address.
    def address(address)
      return address if address.is_a?(String) && address.b.match?(ADDRESS)

      raise ArgumentError, 'address must be host:port: no URL, no white space, and with its port'
    end

    def api_key(api_key)
      return api_key if api_key.is_a?(String) && api_key.b.match?(/\A[!-~]+\z/)

      raise ArgumentError, 'api_key must be an API key: check for an unset variable, and for a line break at its end'
    end

    # A NaN is not positive either.
    def timeout(timeout)
      return timeout if timeout.is_a?(Numeric) && timeout.real? && timeout.positive? && timeout <= MAX_TIMEOUT

      raise ArgumentError, "timeout must be above 0 and at most #{MAX_TIMEOUT} seconds (24 hours)"
    end

    # gRPC would find every server unavailable.
    def certificates(option, pem)
      return if pem.is_a?(String) && certificates?(pem)

      raise ArgumentError, "#{option} must be certificates in PEM: what the file holds, not its name"
    end

    def certificates?(pem)
      OpenSSL::X509::Certificate.load(pem).any?
    rescue OpenSSL::X509::CertificateError
      false
    end

    def key_pair(client_certificate)
      chain, key = client_certificate
      certificates('client_certificate', chain)
      return if key.is_a?(String) && key.b.include?('PRIVATE KEY-----')

      raise ArgumentError, 'client_certificate must be a chain and its private key in PEM'
    end
  end
  private_constant :Usable
end

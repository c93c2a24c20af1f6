# frozen_string_literal: true

require 'securerandom'
require_relative 'error'
require_relative 'v1'

module Otpd
  # Changes that the client makes to requests and answers.
  module Requests
    SEALED = %i[SECRET_DELIVERY_SEALED SECRET_DELIVERY_BOTH].freeze
    private_constant :SEALED

    module_function

    # @return the request, or a copy with a new `request_id` if it has none
    def with_id(request)
      return request unless request.request_id.empty?

      request.dup.tap { |copy| copy.request_id = SecureRandom.uuid }
    end

    # @return [V1::BatchVerifyRequest] a batch in which every request has an id
    def with_ids(batch)
      V1::BatchVerifyRequest.new(requests: batch.requests.map { |request| with_id(request) })
    end

    # A server that does not know `delivery` takes no notice of it, and its answer has a secret in the clear alone.
    #
    # @raise [Error] for such an answer
    def sealed_as_asked(request, response)
      return response unless SEALED.include?(request.delivery) && response.sealed.nil?

      raise Error.new(:UNIMPLEMENTED, 'the server is too old to seal keys: update it, and store nothing of this answer')
    end
  end
  private_constant :Requests
end

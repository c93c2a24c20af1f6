# frozen_string_literal: true

require_relative 'error'

module Otpd
  # Reads the messages of a stream in a separate thread: while gRPC waits in the main thread, signals such as Ctrl-C would wait too.
  class Reader
    # @param tls [Boolean] whether the connection is one over TLS
    def initialize(tls)
      @tls = tls
      # Not further ahead of the program than by one.
      @messages = SizedQueue.new(1)
    end

    # Takes a message, from within the operation.
    def <<(message)
      @messages << message
    end

    # Runs the operation, and yields its messages.
    #
    # @raise [Error]
    def each(operation)
      thread = start(operation)
      while (message = @messages.pop)
        yield message
      end
      error = thread.value
      raise Error.from(error, @tls), cause: error if error
    ensure
      operation.cancel
      # Ends the thread even if it has a message that is no longer needed.
      @messages.close
      thread&.join
    end

    private

    # @return [Thread] its value is what the operation failed with, or nil
    def start(operation)
      Thread.new do
        operation.execute
        nil
      rescue GRPC::BadStatus, Google::Protobuf::ParseError, ClosedQueueError => e
        e
      ensure
        @messages.close
      end
    end
  end
  private_constant :Reader
end

package dev.otpd.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * Issues and checks one-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238).
 * Every call needs an API key in the metadata, as `x-api-key` or as `authorization: Bearer`. Every answer carries `x-request-id`, and
 * `x-ratelimit-limit`, `x-ratelimit-remaining` and `x-ratelimit-reset` (seconds) for the window of the plan that is nearest to exhaustion.
 * Every error carries a `google.rpc.ErrorInfo` whose reason is an `ErrorReason`.
 * Reading methods are IDEMPOTENT, not NO_SIDE_EFFECTS: the latter lets Connect clients use GET, with the secret in the URL.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class OtpServiceGrpc {

  private OtpServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "otp.v1.OtpService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<dev.otpd.v1.GenerateRequest,
      dev.otpd.v1.GenerateResponse> getGenerateMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Generate",
      requestType = dev.otpd.v1.GenerateRequest.class,
      responseType = dev.otpd.v1.GenerateResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.v1.GenerateRequest,
      dev.otpd.v1.GenerateResponse> getGenerateMethod() {
    io.grpc.MethodDescriptor<dev.otpd.v1.GenerateRequest, dev.otpd.v1.GenerateResponse> getGenerateMethod;
    if ((getGenerateMethod = OtpServiceGrpc.getGenerateMethod) == null) {
      synchronized (OtpServiceGrpc.class) {
        if ((getGenerateMethod = OtpServiceGrpc.getGenerateMethod) == null) {
          OtpServiceGrpc.getGenerateMethod = getGenerateMethod =
              io.grpc.MethodDescriptor.<dev.otpd.v1.GenerateRequest, dev.otpd.v1.GenerateResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Generate"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.GenerateRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.GenerateResponse.getDefaultInstance()))
              .setSchemaDescriptor(new OtpServiceMethodDescriptorSupplier("Generate"))
              .build();
        }
      }
    }
    return getGenerateMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.v1.TokenRequest,
      dev.otpd.v1.TokenResponse> getTokenMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Token",
      requestType = dev.otpd.v1.TokenRequest.class,
      responseType = dev.otpd.v1.TokenResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.v1.TokenRequest,
      dev.otpd.v1.TokenResponse> getTokenMethod() {
    io.grpc.MethodDescriptor<dev.otpd.v1.TokenRequest, dev.otpd.v1.TokenResponse> getTokenMethod;
    if ((getTokenMethod = OtpServiceGrpc.getTokenMethod) == null) {
      synchronized (OtpServiceGrpc.class) {
        if ((getTokenMethod = OtpServiceGrpc.getTokenMethod) == null) {
          OtpServiceGrpc.getTokenMethod = getTokenMethod =
              io.grpc.MethodDescriptor.<dev.otpd.v1.TokenRequest, dev.otpd.v1.TokenResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Token"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.TokenRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.TokenResponse.getDefaultInstance()))
              .setSchemaDescriptor(new OtpServiceMethodDescriptorSupplier("Token"))
              .build();
        }
      }
    }
    return getTokenMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.v1.VerifyRequest,
      dev.otpd.v1.VerifyResponse> getVerifyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Verify",
      requestType = dev.otpd.v1.VerifyRequest.class,
      responseType = dev.otpd.v1.VerifyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.v1.VerifyRequest,
      dev.otpd.v1.VerifyResponse> getVerifyMethod() {
    io.grpc.MethodDescriptor<dev.otpd.v1.VerifyRequest, dev.otpd.v1.VerifyResponse> getVerifyMethod;
    if ((getVerifyMethod = OtpServiceGrpc.getVerifyMethod) == null) {
      synchronized (OtpServiceGrpc.class) {
        if ((getVerifyMethod = OtpServiceGrpc.getVerifyMethod) == null) {
          OtpServiceGrpc.getVerifyMethod = getVerifyMethod =
              io.grpc.MethodDescriptor.<dev.otpd.v1.VerifyRequest, dev.otpd.v1.VerifyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Verify"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.VerifyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.VerifyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new OtpServiceMethodDescriptorSupplier("Verify"))
              .build();
        }
      }
    }
    return getVerifyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.v1.WatchTokenRequest,
      dev.otpd.v1.WatchTokenResponse> getWatchTokenMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "WatchToken",
      requestType = dev.otpd.v1.WatchTokenRequest.class,
      responseType = dev.otpd.v1.WatchTokenResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
  public static io.grpc.MethodDescriptor<dev.otpd.v1.WatchTokenRequest,
      dev.otpd.v1.WatchTokenResponse> getWatchTokenMethod() {
    io.grpc.MethodDescriptor<dev.otpd.v1.WatchTokenRequest, dev.otpd.v1.WatchTokenResponse> getWatchTokenMethod;
    if ((getWatchTokenMethod = OtpServiceGrpc.getWatchTokenMethod) == null) {
      synchronized (OtpServiceGrpc.class) {
        if ((getWatchTokenMethod = OtpServiceGrpc.getWatchTokenMethod) == null) {
          OtpServiceGrpc.getWatchTokenMethod = getWatchTokenMethod =
              io.grpc.MethodDescriptor.<dev.otpd.v1.WatchTokenRequest, dev.otpd.v1.WatchTokenResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "WatchToken"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.WatchTokenRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.WatchTokenResponse.getDefaultInstance()))
              .setSchemaDescriptor(new OtpServiceMethodDescriptorSupplier("WatchToken"))
              .build();
        }
      }
    }
    return getWatchTokenMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static OtpServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<OtpServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<OtpServiceStub>() {
        @java.lang.Override
        public OtpServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new OtpServiceStub(channel, callOptions);
        }
      };
    return OtpServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static OtpServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<OtpServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<OtpServiceBlockingV2Stub>() {
        @java.lang.Override
        public OtpServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new OtpServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return OtpServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static OtpServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<OtpServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<OtpServiceBlockingStub>() {
        @java.lang.Override
        public OtpServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new OtpServiceBlockingStub(channel, callOptions);
        }
      };
    return OtpServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static OtpServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<OtpServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<OtpServiceFutureStub>() {
        @java.lang.Override
        public OtpServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new OtpServiceFutureStub(channel, callOptions);
        }
      };
    return OtpServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * Issues and checks one-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238).
   * Every call needs an API key in the metadata, as `x-api-key` or as `authorization: Bearer`. Every answer carries `x-request-id`, and
   * `x-ratelimit-limit`, `x-ratelimit-remaining` and `x-ratelimit-reset` (seconds) for the window of the plan that is nearest to exhaustion.
   * Every error carries a `google.rpc.ErrorInfo` whose reason is an `ErrorReason`.
   * Reading methods are IDEMPOTENT, not NO_SIDE_EFFECTS: the latter lets Connect clients use GET, with the secret in the URL.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
     * Needs the scope `generate`. The server keeps nothing: store the secret yourself, encrypted. May be retried: a repeat makes another key.
     * </pre>
     */
    default void generate(dev.otpd.v1.GenerateRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.GenerateResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGenerateMethod(), responseObserver);
    }

    /**
     * <pre>
     * Gives the code of a key at a moment, now by default, and its neighbours on request.
     * Needs the scope `token`. Has no side effects, and may be retried.
     * </pre>
     */
    default void token(dev.otpd.v1.TokenRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.TokenResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getTokenMethod(), responseObserver);
    }

    /**
     * <pre>
     * Says whether a code is right, now, and for the first time (RFC 6238 section 5.2).
     * Needs the scope `verify`. An accepted code is consumed and a wrong one is counted, in one atomic step, for every caller and instance.
     * Retry only with a `request_id`: the repeat gets the answer of the first.
     * </pre>
     */
    default void verify(dev.otpd.v1.VerifyRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.VerifyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getVerifyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Streams the current code of a TOTP key at once, then each next one as its step begins, until the client leaves.
     * Needs the scope `token`. Counts as one call against the plan, when it opens.
     * </pre>
     */
    default void watchToken(dev.otpd.v1.WatchTokenRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.WatchTokenResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getWatchTokenMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service OtpService.
   * <pre>
   * Issues and checks one-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238).
   * Every call needs an API key in the metadata, as `x-api-key` or as `authorization: Bearer`. Every answer carries `x-request-id`, and
   * `x-ratelimit-limit`, `x-ratelimit-remaining` and `x-ratelimit-reset` (seconds) for the window of the plan that is nearest to exhaustion.
   * Every error carries a `google.rpc.ErrorInfo` whose reason is an `ErrorReason`.
   * Reading methods are IDEMPOTENT, not NO_SIDE_EFFECTS: the latter lets Connect clients use GET, with the secret in the URL.
   * </pre>
   */
  public static abstract class OtpServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return OtpServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service OtpService.
   * <pre>
   * Issues and checks one-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238).
   * Every call needs an API key in the metadata, as `x-api-key` or as `authorization: Bearer`. Every answer carries `x-request-id`, and
   * `x-ratelimit-limit`, `x-ratelimit-remaining` and `x-ratelimit-reset` (seconds) for the window of the plan that is nearest to exhaustion.
   * Every error carries a `google.rpc.ErrorInfo` whose reason is an `ErrorReason`.
   * Reading methods are IDEMPOTENT, not NO_SIDE_EFFECTS: the latter lets Connect clients use GET, with the secret in the URL.
   * </pre>
   */
  public static final class OtpServiceStub
      extends io.grpc.stub.AbstractAsyncStub<OtpServiceStub> {
    private OtpServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected OtpServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new OtpServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
     * Needs the scope `generate`. The server keeps nothing: store the secret yourself, encrypted. May be retried: a repeat makes another key.
     * </pre>
     */
    public void generate(dev.otpd.v1.GenerateRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.GenerateResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGenerateMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Gives the code of a key at a moment, now by default, and its neighbours on request.
     * Needs the scope `token`. Has no side effects, and may be retried.
     * </pre>
     */
    public void token(dev.otpd.v1.TokenRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.TokenResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getTokenMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Says whether a code is right, now, and for the first time (RFC 6238 section 5.2).
     * Needs the scope `verify`. An accepted code is consumed and a wrong one is counted, in one atomic step, for every caller and instance.
     * Retry only with a `request_id`: the repeat gets the answer of the first.
     * </pre>
     */
    public void verify(dev.otpd.v1.VerifyRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.VerifyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getVerifyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Streams the current code of a TOTP key at once, then each next one as its step begins, until the client leaves.
     * Needs the scope `token`. Counts as one call against the plan, when it opens.
     * </pre>
     */
    public void watchToken(dev.otpd.v1.WatchTokenRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.WatchTokenResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(getWatchTokenMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service OtpService.
   * <pre>
   * Issues and checks one-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238).
   * Every call needs an API key in the metadata, as `x-api-key` or as `authorization: Bearer`. Every answer carries `x-request-id`, and
   * `x-ratelimit-limit`, `x-ratelimit-remaining` and `x-ratelimit-reset` (seconds) for the window of the plan that is nearest to exhaustion.
   * Every error carries a `google.rpc.ErrorInfo` whose reason is an `ErrorReason`.
   * Reading methods are IDEMPOTENT, not NO_SIDE_EFFECTS: the latter lets Connect clients use GET, with the secret in the URL.
   * </pre>
   */
  public static final class OtpServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<OtpServiceBlockingV2Stub> {
    private OtpServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected OtpServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new OtpServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
     * Needs the scope `generate`. The server keeps nothing: store the secret yourself, encrypted. May be retried: a repeat makes another key.
     * </pre>
     */
    public dev.otpd.v1.GenerateResponse generate(dev.otpd.v1.GenerateRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGenerateMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Gives the code of a key at a moment, now by default, and its neighbours on request.
     * Needs the scope `token`. Has no side effects, and may be retried.
     * </pre>
     */
    public dev.otpd.v1.TokenResponse token(dev.otpd.v1.TokenRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getTokenMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Says whether a code is right, now, and for the first time (RFC 6238 section 5.2).
     * Needs the scope `verify`. An accepted code is consumed and a wrong one is counted, in one atomic step, for every caller and instance.
     * Retry only with a `request_id`: the repeat gets the answer of the first.
     * </pre>
     */
    public dev.otpd.v1.VerifyResponse verify(dev.otpd.v1.VerifyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getVerifyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Streams the current code of a TOTP key at once, then each next one as its step begins, until the client leaves.
     * Needs the scope `token`. Counts as one call against the plan, when it opens.
     * </pre>
     */
    @io.grpc.ExperimentalApi("https://github.com/grpc/grpc-java/issues/10918")
    public io.grpc.stub.BlockingClientCall<?, dev.otpd.v1.WatchTokenResponse>
        watchToken(dev.otpd.v1.WatchTokenRequest request) {
      return io.grpc.stub.ClientCalls.blockingV2ServerStreamingCall(
          getChannel(), getWatchTokenMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service OtpService.
   * <pre>
   * Issues and checks one-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238).
   * Every call needs an API key in the metadata, as `x-api-key` or as `authorization: Bearer`. Every answer carries `x-request-id`, and
   * `x-ratelimit-limit`, `x-ratelimit-remaining` and `x-ratelimit-reset` (seconds) for the window of the plan that is nearest to exhaustion.
   * Every error carries a `google.rpc.ErrorInfo` whose reason is an `ErrorReason`.
   * Reading methods are IDEMPOTENT, not NO_SIDE_EFFECTS: the latter lets Connect clients use GET, with the secret in the URL.
   * </pre>
   */
  public static final class OtpServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<OtpServiceBlockingStub> {
    private OtpServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected OtpServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new OtpServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
     * Needs the scope `generate`. The server keeps nothing: store the secret yourself, encrypted. May be retried: a repeat makes another key.
     * </pre>
     */
    public dev.otpd.v1.GenerateResponse generate(dev.otpd.v1.GenerateRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGenerateMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Gives the code of a key at a moment, now by default, and its neighbours on request.
     * Needs the scope `token`. Has no side effects, and may be retried.
     * </pre>
     */
    public dev.otpd.v1.TokenResponse token(dev.otpd.v1.TokenRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getTokenMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Says whether a code is right, now, and for the first time (RFC 6238 section 5.2).
     * Needs the scope `verify`. An accepted code is consumed and a wrong one is counted, in one atomic step, for every caller and instance.
     * Retry only with a `request_id`: the repeat gets the answer of the first.
     * </pre>
     */
    public dev.otpd.v1.VerifyResponse verify(dev.otpd.v1.VerifyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getVerifyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Streams the current code of a TOTP key at once, then each next one as its step begins, until the client leaves.
     * Needs the scope `token`. Counts as one call against the plan, when it opens.
     * </pre>
     */
    public java.util.Iterator<dev.otpd.v1.WatchTokenResponse> watchToken(
        dev.otpd.v1.WatchTokenRequest request) {
      return io.grpc.stub.ClientCalls.blockingServerStreamingCall(
          getChannel(), getWatchTokenMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service OtpService.
   * <pre>
   * Issues and checks one-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238).
   * Every call needs an API key in the metadata, as `x-api-key` or as `authorization: Bearer`. Every answer carries `x-request-id`, and
   * `x-ratelimit-limit`, `x-ratelimit-remaining` and `x-ratelimit-reset` (seconds) for the window of the plan that is nearest to exhaustion.
   * Every error carries a `google.rpc.ErrorInfo` whose reason is an `ErrorReason`.
   * Reading methods are IDEMPOTENT, not NO_SIDE_EFFECTS: the latter lets Connect clients use GET, with the secret in the URL.
   * </pre>
   */
  public static final class OtpServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<OtpServiceFutureStub> {
    private OtpServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected OtpServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new OtpServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
     * Needs the scope `generate`. The server keeps nothing: store the secret yourself, encrypted. May be retried: a repeat makes another key.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.GenerateResponse> generate(
        dev.otpd.v1.GenerateRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGenerateMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Gives the code of a key at a moment, now by default, and its neighbours on request.
     * Needs the scope `token`. Has no side effects, and may be retried.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.TokenResponse> token(
        dev.otpd.v1.TokenRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getTokenMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Says whether a code is right, now, and for the first time (RFC 6238 section 5.2).
     * Needs the scope `verify`. An accepted code is consumed and a wrong one is counted, in one atomic step, for every caller and instance.
     * Retry only with a `request_id`: the repeat gets the answer of the first.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.VerifyResponse> verify(
        dev.otpd.v1.VerifyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getVerifyMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_GENERATE = 0;
  private static final int METHODID_TOKEN = 1;
  private static final int METHODID_VERIFY = 2;
  private static final int METHODID_WATCH_TOKEN = 3;

  private static final class MethodHandlers<Req, Resp> implements
      io.grpc.stub.ServerCalls.UnaryMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ServerStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ClientStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.BidiStreamingMethod<Req, Resp> {
    private final AsyncService serviceImpl;
    private final int methodId;

    MethodHandlers(AsyncService serviceImpl, int methodId) {
      this.serviceImpl = serviceImpl;
      this.methodId = methodId;
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public void invoke(Req request, io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        case METHODID_GENERATE:
          serviceImpl.generate((dev.otpd.v1.GenerateRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.v1.GenerateResponse>) responseObserver);
          break;
        case METHODID_TOKEN:
          serviceImpl.token((dev.otpd.v1.TokenRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.v1.TokenResponse>) responseObserver);
          break;
        case METHODID_VERIFY:
          serviceImpl.verify((dev.otpd.v1.VerifyRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.v1.VerifyResponse>) responseObserver);
          break;
        case METHODID_WATCH_TOKEN:
          serviceImpl.watchToken((dev.otpd.v1.WatchTokenRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.v1.WatchTokenResponse>) responseObserver);
          break;
        default:
          throw new AssertionError();
      }
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public io.grpc.stub.StreamObserver<Req> invoke(
        io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        default:
          throw new AssertionError();
      }
    }
  }

  public static final io.grpc.ServerServiceDefinition bindService(AsyncService service) {
    return io.grpc.ServerServiceDefinition.builder(getServiceDescriptor())
        .addMethod(
          getGenerateMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.v1.GenerateRequest,
              dev.otpd.v1.GenerateResponse>(
                service, METHODID_GENERATE)))
        .addMethod(
          getTokenMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.v1.TokenRequest,
              dev.otpd.v1.TokenResponse>(
                service, METHODID_TOKEN)))
        .addMethod(
          getVerifyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.v1.VerifyRequest,
              dev.otpd.v1.VerifyResponse>(
                service, METHODID_VERIFY)))
        .addMethod(
          getWatchTokenMethod(),
          io.grpc.stub.ServerCalls.asyncServerStreamingCall(
            new MethodHandlers<
              dev.otpd.v1.WatchTokenRequest,
              dev.otpd.v1.WatchTokenResponse>(
                service, METHODID_WATCH_TOKEN)))
        .build();
  }

  private static abstract class OtpServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    OtpServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return dev.otpd.v1.OtpServiceProto.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("OtpService");
    }
  }

  private static final class OtpServiceFileDescriptorSupplier
      extends OtpServiceBaseDescriptorSupplier {
    OtpServiceFileDescriptorSupplier() {}
  }

  private static final class OtpServiceMethodDescriptorSupplier
      extends OtpServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    OtpServiceMethodDescriptorSupplier(java.lang.String methodName) {
      this.methodName = methodName;
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.MethodDescriptor getMethodDescriptor() {
      return getServiceDescriptor().findMethodByName(methodName);
    }
  }

  private static volatile io.grpc.ServiceDescriptor serviceDescriptor;

  public static io.grpc.ServiceDescriptor getServiceDescriptor() {
    io.grpc.ServiceDescriptor result = serviceDescriptor;
    if (result == null) {
      synchronized (OtpServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new OtpServiceFileDescriptorSupplier())
              .addMethod(getGenerateMethod())
              .addMethod(getTokenMethod())
              .addMethod(getVerifyMethod())
              .addMethod(getWatchTokenMethod())
              .build();
        }
      }
    }
    return result;
  }
}

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

  private static volatile io.grpc.MethodDescriptor<dev.otpd.v1.BatchTokenRequest,
      dev.otpd.v1.BatchTokenResponse> getBatchTokenMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "BatchToken",
      requestType = dev.otpd.v1.BatchTokenRequest.class,
      responseType = dev.otpd.v1.BatchTokenResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.v1.BatchTokenRequest,
      dev.otpd.v1.BatchTokenResponse> getBatchTokenMethod() {
    io.grpc.MethodDescriptor<dev.otpd.v1.BatchTokenRequest, dev.otpd.v1.BatchTokenResponse> getBatchTokenMethod;
    if ((getBatchTokenMethod = OtpServiceGrpc.getBatchTokenMethod) == null) {
      synchronized (OtpServiceGrpc.class) {
        if ((getBatchTokenMethod = OtpServiceGrpc.getBatchTokenMethod) == null) {
          OtpServiceGrpc.getBatchTokenMethod = getBatchTokenMethod =
              io.grpc.MethodDescriptor.<dev.otpd.v1.BatchTokenRequest, dev.otpd.v1.BatchTokenResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "BatchToken"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.BatchTokenRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.BatchTokenResponse.getDefaultInstance()))
              .setSchemaDescriptor(new OtpServiceMethodDescriptorSupplier("BatchToken"))
              .build();
        }
      }
    }
    return getBatchTokenMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.v1.BatchVerifyRequest,
      dev.otpd.v1.BatchVerifyResponse> getBatchVerifyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "BatchVerify",
      requestType = dev.otpd.v1.BatchVerifyRequest.class,
      responseType = dev.otpd.v1.BatchVerifyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.v1.BatchVerifyRequest,
      dev.otpd.v1.BatchVerifyResponse> getBatchVerifyMethod() {
    io.grpc.MethodDescriptor<dev.otpd.v1.BatchVerifyRequest, dev.otpd.v1.BatchVerifyResponse> getBatchVerifyMethod;
    if ((getBatchVerifyMethod = OtpServiceGrpc.getBatchVerifyMethod) == null) {
      synchronized (OtpServiceGrpc.class) {
        if ((getBatchVerifyMethod = OtpServiceGrpc.getBatchVerifyMethod) == null) {
          OtpServiceGrpc.getBatchVerifyMethod = getBatchVerifyMethod =
              io.grpc.MethodDescriptor.<dev.otpd.v1.BatchVerifyRequest, dev.otpd.v1.BatchVerifyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "BatchVerify"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.BatchVerifyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.BatchVerifyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new OtpServiceMethodDescriptorSupplier("BatchVerify"))
              .build();
        }
      }
    }
    return getBatchVerifyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.v1.SealRequest,
      dev.otpd.v1.SealResponse> getSealMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Seal",
      requestType = dev.otpd.v1.SealRequest.class,
      responseType = dev.otpd.v1.SealResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.v1.SealRequest,
      dev.otpd.v1.SealResponse> getSealMethod() {
    io.grpc.MethodDescriptor<dev.otpd.v1.SealRequest, dev.otpd.v1.SealResponse> getSealMethod;
    if ((getSealMethod = OtpServiceGrpc.getSealMethod) == null) {
      synchronized (OtpServiceGrpc.class) {
        if ((getSealMethod = OtpServiceGrpc.getSealMethod) == null) {
          OtpServiceGrpc.getSealMethod = getSealMethod =
              io.grpc.MethodDescriptor.<dev.otpd.v1.SealRequest, dev.otpd.v1.SealResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Seal"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.SealRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.SealResponse.getDefaultInstance()))
              .setSchemaDescriptor(new OtpServiceMethodDescriptorSupplier("Seal"))
              .build();
        }
      }
    }
    return getSealMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.v1.RewrapRequest,
      dev.otpd.v1.RewrapResponse> getRewrapMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Rewrap",
      requestType = dev.otpd.v1.RewrapRequest.class,
      responseType = dev.otpd.v1.RewrapResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.v1.RewrapRequest,
      dev.otpd.v1.RewrapResponse> getRewrapMethod() {
    io.grpc.MethodDescriptor<dev.otpd.v1.RewrapRequest, dev.otpd.v1.RewrapResponse> getRewrapMethod;
    if ((getRewrapMethod = OtpServiceGrpc.getRewrapMethod) == null) {
      synchronized (OtpServiceGrpc.class) {
        if ((getRewrapMethod = OtpServiceGrpc.getRewrapMethod) == null) {
          OtpServiceGrpc.getRewrapMethod = getRewrapMethod =
              io.grpc.MethodDescriptor.<dev.otpd.v1.RewrapRequest, dev.otpd.v1.RewrapResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Rewrap"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.RewrapRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.RewrapResponse.getDefaultInstance()))
              .setSchemaDescriptor(new OtpServiceMethodDescriptorSupplier("Rewrap"))
              .build();
        }
      }
    }
    return getRewrapMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.v1.ResyncHotpRequest,
      dev.otpd.v1.ResyncHotpResponse> getResyncHotpMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ResyncHotp",
      requestType = dev.otpd.v1.ResyncHotpRequest.class,
      responseType = dev.otpd.v1.ResyncHotpResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.v1.ResyncHotpRequest,
      dev.otpd.v1.ResyncHotpResponse> getResyncHotpMethod() {
    io.grpc.MethodDescriptor<dev.otpd.v1.ResyncHotpRequest, dev.otpd.v1.ResyncHotpResponse> getResyncHotpMethod;
    if ((getResyncHotpMethod = OtpServiceGrpc.getResyncHotpMethod) == null) {
      synchronized (OtpServiceGrpc.class) {
        if ((getResyncHotpMethod = OtpServiceGrpc.getResyncHotpMethod) == null) {
          OtpServiceGrpc.getResyncHotpMethod = getResyncHotpMethod =
              io.grpc.MethodDescriptor.<dev.otpd.v1.ResyncHotpRequest, dev.otpd.v1.ResyncHotpResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ResyncHotp"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.ResyncHotpRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.ResyncHotpResponse.getDefaultInstance()))
              .setSchemaDescriptor(new OtpServiceMethodDescriptorSupplier("ResyncHotp"))
              .build();
        }
      }
    }
    return getResyncHotpMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.v1.GenerateRecoveryCodesRequest,
      dev.otpd.v1.GenerateRecoveryCodesResponse> getGenerateRecoveryCodesMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GenerateRecoveryCodes",
      requestType = dev.otpd.v1.GenerateRecoveryCodesRequest.class,
      responseType = dev.otpd.v1.GenerateRecoveryCodesResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.v1.GenerateRecoveryCodesRequest,
      dev.otpd.v1.GenerateRecoveryCodesResponse> getGenerateRecoveryCodesMethod() {
    io.grpc.MethodDescriptor<dev.otpd.v1.GenerateRecoveryCodesRequest, dev.otpd.v1.GenerateRecoveryCodesResponse> getGenerateRecoveryCodesMethod;
    if ((getGenerateRecoveryCodesMethod = OtpServiceGrpc.getGenerateRecoveryCodesMethod) == null) {
      synchronized (OtpServiceGrpc.class) {
        if ((getGenerateRecoveryCodesMethod = OtpServiceGrpc.getGenerateRecoveryCodesMethod) == null) {
          OtpServiceGrpc.getGenerateRecoveryCodesMethod = getGenerateRecoveryCodesMethod =
              io.grpc.MethodDescriptor.<dev.otpd.v1.GenerateRecoveryCodesRequest, dev.otpd.v1.GenerateRecoveryCodesResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GenerateRecoveryCodes"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.GenerateRecoveryCodesRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.GenerateRecoveryCodesResponse.getDefaultInstance()))
              .setSchemaDescriptor(new OtpServiceMethodDescriptorSupplier("GenerateRecoveryCodes"))
              .build();
        }
      }
    }
    return getGenerateRecoveryCodesMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.v1.VerifyRecoveryCodeRequest,
      dev.otpd.v1.VerifyRecoveryCodeResponse> getVerifyRecoveryCodeMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "VerifyRecoveryCode",
      requestType = dev.otpd.v1.VerifyRecoveryCodeRequest.class,
      responseType = dev.otpd.v1.VerifyRecoveryCodeResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.v1.VerifyRecoveryCodeRequest,
      dev.otpd.v1.VerifyRecoveryCodeResponse> getVerifyRecoveryCodeMethod() {
    io.grpc.MethodDescriptor<dev.otpd.v1.VerifyRecoveryCodeRequest, dev.otpd.v1.VerifyRecoveryCodeResponse> getVerifyRecoveryCodeMethod;
    if ((getVerifyRecoveryCodeMethod = OtpServiceGrpc.getVerifyRecoveryCodeMethod) == null) {
      synchronized (OtpServiceGrpc.class) {
        if ((getVerifyRecoveryCodeMethod = OtpServiceGrpc.getVerifyRecoveryCodeMethod) == null) {
          OtpServiceGrpc.getVerifyRecoveryCodeMethod = getVerifyRecoveryCodeMethod =
              io.grpc.MethodDescriptor.<dev.otpd.v1.VerifyRecoveryCodeRequest, dev.otpd.v1.VerifyRecoveryCodeResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "VerifyRecoveryCode"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.VerifyRecoveryCodeRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.VerifyRecoveryCodeResponse.getDefaultInstance()))
              .setSchemaDescriptor(new OtpServiceMethodDescriptorSupplier("VerifyRecoveryCode"))
              .build();
        }
      }
    }
    return getVerifyRecoveryCodeMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.v1.RevokeRecoveryCodesRequest,
      dev.otpd.v1.RevokeRecoveryCodesResponse> getRevokeRecoveryCodesMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "RevokeRecoveryCodes",
      requestType = dev.otpd.v1.RevokeRecoveryCodesRequest.class,
      responseType = dev.otpd.v1.RevokeRecoveryCodesResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.v1.RevokeRecoveryCodesRequest,
      dev.otpd.v1.RevokeRecoveryCodesResponse> getRevokeRecoveryCodesMethod() {
    io.grpc.MethodDescriptor<dev.otpd.v1.RevokeRecoveryCodesRequest, dev.otpd.v1.RevokeRecoveryCodesResponse> getRevokeRecoveryCodesMethod;
    if ((getRevokeRecoveryCodesMethod = OtpServiceGrpc.getRevokeRecoveryCodesMethod) == null) {
      synchronized (OtpServiceGrpc.class) {
        if ((getRevokeRecoveryCodesMethod = OtpServiceGrpc.getRevokeRecoveryCodesMethod) == null) {
          OtpServiceGrpc.getRevokeRecoveryCodesMethod = getRevokeRecoveryCodesMethod =
              io.grpc.MethodDescriptor.<dev.otpd.v1.RevokeRecoveryCodesRequest, dev.otpd.v1.RevokeRecoveryCodesResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "RevokeRecoveryCodes"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.RevokeRecoveryCodesRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.RevokeRecoveryCodesResponse.getDefaultInstance()))
              .setSchemaDescriptor(new OtpServiceMethodDescriptorSupplier("RevokeRecoveryCodes"))
              .build();
        }
      }
    }
    return getRevokeRecoveryCodesMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.v1.ImportKeysRequest,
      dev.otpd.v1.ImportKeysResponse> getImportKeysMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ImportKeys",
      requestType = dev.otpd.v1.ImportKeysRequest.class,
      responseType = dev.otpd.v1.ImportKeysResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.v1.ImportKeysRequest,
      dev.otpd.v1.ImportKeysResponse> getImportKeysMethod() {
    io.grpc.MethodDescriptor<dev.otpd.v1.ImportKeysRequest, dev.otpd.v1.ImportKeysResponse> getImportKeysMethod;
    if ((getImportKeysMethod = OtpServiceGrpc.getImportKeysMethod) == null) {
      synchronized (OtpServiceGrpc.class) {
        if ((getImportKeysMethod = OtpServiceGrpc.getImportKeysMethod) == null) {
          OtpServiceGrpc.getImportKeysMethod = getImportKeysMethod =
              io.grpc.MethodDescriptor.<dev.otpd.v1.ImportKeysRequest, dev.otpd.v1.ImportKeysResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ImportKeys"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.ImportKeysRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.ImportKeysResponse.getDefaultInstance()))
              .setSchemaDescriptor(new OtpServiceMethodDescriptorSupplier("ImportKeys"))
              .build();
        }
      }
    }
    return getImportKeysMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.v1.ExportKeysRequest,
      dev.otpd.v1.ExportKeysResponse> getExportKeysMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ExportKeys",
      requestType = dev.otpd.v1.ExportKeysRequest.class,
      responseType = dev.otpd.v1.ExportKeysResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.v1.ExportKeysRequest,
      dev.otpd.v1.ExportKeysResponse> getExportKeysMethod() {
    io.grpc.MethodDescriptor<dev.otpd.v1.ExportKeysRequest, dev.otpd.v1.ExportKeysResponse> getExportKeysMethod;
    if ((getExportKeysMethod = OtpServiceGrpc.getExportKeysMethod) == null) {
      synchronized (OtpServiceGrpc.class) {
        if ((getExportKeysMethod = OtpServiceGrpc.getExportKeysMethod) == null) {
          OtpServiceGrpc.getExportKeysMethod = getExportKeysMethod =
              io.grpc.MethodDescriptor.<dev.otpd.v1.ExportKeysRequest, dev.otpd.v1.ExportKeysResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ExportKeys"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.ExportKeysRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.ExportKeysResponse.getDefaultInstance()))
              .setSchemaDescriptor(new OtpServiceMethodDescriptorSupplier("ExportKeys"))
              .build();
        }
      }
    }
    return getExportKeysMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.v1.GetUsageRequest,
      dev.otpd.v1.GetUsageResponse> getGetUsageMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetUsage",
      requestType = dev.otpd.v1.GetUsageRequest.class,
      responseType = dev.otpd.v1.GetUsageResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.v1.GetUsageRequest,
      dev.otpd.v1.GetUsageResponse> getGetUsageMethod() {
    io.grpc.MethodDescriptor<dev.otpd.v1.GetUsageRequest, dev.otpd.v1.GetUsageResponse> getGetUsageMethod;
    if ((getGetUsageMethod = OtpServiceGrpc.getGetUsageMethod) == null) {
      synchronized (OtpServiceGrpc.class) {
        if ((getGetUsageMethod = OtpServiceGrpc.getGetUsageMethod) == null) {
          OtpServiceGrpc.getGetUsageMethod = getGetUsageMethod =
              io.grpc.MethodDescriptor.<dev.otpd.v1.GetUsageRequest, dev.otpd.v1.GetUsageResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetUsage"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.GetUsageRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.v1.GetUsageResponse.getDefaultInstance()))
              .setSchemaDescriptor(new OtpServiceMethodDescriptorSupplier("GetUsage"))
              .build();
        }
      }
    }
    return getGetUsageMethod;
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
     * Makes a new key to enrol in an authenticator app, or shows the QR code of an existing key again.
     * Needs the scope `generate`. The server stores nothing: store the sealed key (`delivery`), or encrypt the secret and store that. Safe to retry: a
     * retry makes another key.
     * </pre>
     */
    default void generate(dev.otpd.v1.GenerateRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.GenerateResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGenerateMethod(), responseObserver);
    }

    /**
     * <pre>
     * Returns the code of a key for the current time or the given time, and on request the codes before and after it.
     * Needs the scope `token`, and for a sealed key also `export`. Has no side effects; safe to retry.
     * </pre>
     */
    default void token(dev.otpd.v1.TokenRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.TokenResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getTokenMethod(), responseObserver);
    }

    /**
     * <pre>
     * Checks a code: it must be correct, current and not used before (RFC 6238 section 5.2).
     * Needs the scope `verify`. In one atomic step, an accepted code is consumed or a wrong code is counted, for all callers and all instances.
     * Retry only with a `request_id`: the retry gets the first answer.
     * </pre>
     */
    default void verify(dev.otpd.v1.VerifyRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.VerifyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getVerifyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Streams the current code of a TOTP key at once, then each next code when its time step begins, until the client cancels.
     * Needs the scope `token`, and for a sealed key also `export`. Counts as one call when the stream opens. The server ends the stream with UNAVAILABLE
     * when it stops (SHUTTING_DOWN) or the connection has reached its maximum age (CONNECTION_AGE_EXCEEDED), and with UNAUTHENTICATED when the API key is
     * revoked or expires. After UNAVAILABLE, open it again and expect the current code again. No message comes between two codes; HTTP/2 pings keep
     * the connection alive.
     * </pre>
     */
    default void watchToken(dev.otpd.v1.WatchTokenRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.WatchTokenResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getWatchTokenMethod(), responseObserver);
    }

    /**
     * <pre>
     * Returns the codes of many keys.
     * Needs the scope `token`, and for sealed keys also `export`. Counts as one call per item. Safe to retry.
     * </pre>
     */
    default void batchToken(dev.otpd.v1.BatchTokenRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.BatchTokenResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getBatchTokenMethod(), responseObserver);
    }

    /**
     * <pre>
     * Checks many codes, each as `Verify` does. Codes of one secret are checked in the order of the request, all others in any order.
     * Needs the scope `verify`. Counts as one call per item; an item that fails costs no credit. Retry only if every item has a `request_id`.
     * </pre>
     */
    default void batchVerify(dev.otpd.v1.BatchVerifyRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.BatchVerifyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getBatchVerifyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Seals keys that the caller has as secrets or URIs, such as keys in its database, or binds sealed keys to another context.
     * Needs the scope `seal`. Counts as one call per item. The server stores nothing. Safe to retry.
     * </pre>
     */
    default void seal(dev.otpd.v1.SealRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.SealResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getSealMethod(), responseObserver);
    }

    /**
     * <pre>
     * Seals sealed keys and sets of recovery codes again under the current sealing key, so that older sealing keys can be retired. A pending key stays
     * pending.
     * Needs the scope `seal`. Counts as one call per item. Safe to retry.
     * </pre>
     */
    default void rewrap(dev.otpd.v1.RewrapRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.RewrapResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getRewrapMethod(), responseObserver);
    }

    /**
     * <pre>
     * Finds the counter of a HOTP device that has run ahead of the server, from two or three consecutive codes (RFC 4226 section 7.4).
     * Needs the scope `verify`. All codes together count as one attempt. Retry only with a `request_id`.
     * </pre>
     */
    default void resyncHotp(dev.otpd.v1.ResyncHotpRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.ResyncHotpResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getResyncHotpMethod(), responseObserver);
    }

    /**
     * <pre>
     * Makes recovery codes for the user to keep. Each code is good for one login without the device (look-up secrets of NIST SP 800-63B).
     * Needs the scope `generate`. To replace a set, show the new codes, store the new set once the user has saved them, then revoke the old set. Safe to
     * retry: a retry makes another set.
     * </pre>
     */
    default void generateRecoveryCodes(dev.otpd.v1.GenerateRecoveryCodesRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.GenerateRecoveryCodesResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGenerateRecoveryCodesMethod(), responseObserver);
    }

    /**
     * <pre>
     * Checks a recovery code: it must belong to the set and not be used before.
     * Needs the scope `verify`. In one atomic step, an accepted code is consumed or a wrong code is counted, for all callers and all instances. Wrong
     * recovery codes count for the set, not for a key. Retry only with a `request_id`.
     * </pre>
     */
    default void verifyRecoveryCode(dev.otpd.v1.VerifyRecoveryCodeRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.VerifyRecoveryCodeResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getVerifyRecoveryCodeMethod(), responseObserver);
    }

    /**
     * <pre>
     * Revokes a set permanently: from then on, its codes return REPLAYED.
     * Needs the scope `generate`. Safe to retry.
     * </pre>
     */
    default void revokeRecoveryCodes(dev.otpd.v1.RevokeRecoveryCodesRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.RevokeRecoveryCodesResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getRevokeRecoveryCodesMethod(), responseObserver);
    }

    /**
     * <pre>
     * Reads the keys in otpauth URIs, and in the otpauth-migration URIs that Google Authenticator exports.
     * Needs the scope `seal`. Counts as one call per key found. The server stores nothing. Safe to retry.
     * </pre>
     */
    default void importKeys(dev.otpd.v1.ImportKeysRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.ImportKeysResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getImportKeysMethod(), responseObserver);
    }

    /**
     * <pre>
     * Returns the secrets of keys, sealed keys included, as otpauth or otpauth-migration URIs.
     * Needs the scope `export`. Counts as one call per item. The audit trail records each key. Safe to retry.
     * </pre>
     */
    default void exportKeys(dev.otpd.v1.ExportKeysRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.ExportKeysResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getExportKeysMethod(), responseObserver);
    }

    /**
     * <pre>
     * Returns how much of its plan the calling API key has used.
     * Needs no scope. Counts as a call in all windows but the month.
     * </pre>
     */
    default void getUsage(dev.otpd.v1.GetUsageRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.GetUsageResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetUsageMethod(), responseObserver);
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
     * Makes a new key to enrol in an authenticator app, or shows the QR code of an existing key again.
     * Needs the scope `generate`. The server stores nothing: store the sealed key (`delivery`), or encrypt the secret and store that. Safe to retry: a
     * retry makes another key.
     * </pre>
     */
    public void generate(dev.otpd.v1.GenerateRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.GenerateResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGenerateMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Returns the code of a key for the current time or the given time, and on request the codes before and after it.
     * Needs the scope `token`, and for a sealed key also `export`. Has no side effects; safe to retry.
     * </pre>
     */
    public void token(dev.otpd.v1.TokenRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.TokenResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getTokenMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Checks a code: it must be correct, current and not used before (RFC 6238 section 5.2).
     * Needs the scope `verify`. In one atomic step, an accepted code is consumed or a wrong code is counted, for all callers and all instances.
     * Retry only with a `request_id`: the retry gets the first answer.
     * </pre>
     */
    public void verify(dev.otpd.v1.VerifyRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.VerifyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getVerifyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Streams the current code of a TOTP key at once, then each next code when its time step begins, until the client cancels.
     * Needs the scope `token`, and for a sealed key also `export`. Counts as one call when the stream opens. The server ends the stream with UNAVAILABLE
     * when it stops (SHUTTING_DOWN) or the connection has reached its maximum age (CONNECTION_AGE_EXCEEDED), and with UNAUTHENTICATED when the API key is
     * revoked or expires. After UNAVAILABLE, open it again and expect the current code again. No message comes between two codes; HTTP/2 pings keep
     * the connection alive.
     * </pre>
     */
    public void watchToken(dev.otpd.v1.WatchTokenRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.WatchTokenResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(getWatchTokenMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Returns the codes of many keys.
     * Needs the scope `token`, and for sealed keys also `export`. Counts as one call per item. Safe to retry.
     * </pre>
     */
    public void batchToken(dev.otpd.v1.BatchTokenRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.BatchTokenResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getBatchTokenMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Checks many codes, each as `Verify` does. Codes of one secret are checked in the order of the request, all others in any order.
     * Needs the scope `verify`. Counts as one call per item; an item that fails costs no credit. Retry only if every item has a `request_id`.
     * </pre>
     */
    public void batchVerify(dev.otpd.v1.BatchVerifyRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.BatchVerifyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getBatchVerifyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Seals keys that the caller has as secrets or URIs, such as keys in its database, or binds sealed keys to another context.
     * Needs the scope `seal`. Counts as one call per item. The server stores nothing. Safe to retry.
     * </pre>
     */
    public void seal(dev.otpd.v1.SealRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.SealResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getSealMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Seals sealed keys and sets of recovery codes again under the current sealing key, so that older sealing keys can be retired. A pending key stays
     * pending.
     * Needs the scope `seal`. Counts as one call per item. Safe to retry.
     * </pre>
     */
    public void rewrap(dev.otpd.v1.RewrapRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.RewrapResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getRewrapMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Finds the counter of a HOTP device that has run ahead of the server, from two or three consecutive codes (RFC 4226 section 7.4).
     * Needs the scope `verify`. All codes together count as one attempt. Retry only with a `request_id`.
     * </pre>
     */
    public void resyncHotp(dev.otpd.v1.ResyncHotpRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.ResyncHotpResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getResyncHotpMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Makes recovery codes for the user to keep. Each code is good for one login without the device (look-up secrets of NIST SP 800-63B).
     * Needs the scope `generate`. To replace a set, show the new codes, store the new set once the user has saved them, then revoke the old set. Safe to
     * retry: a retry makes another set.
     * </pre>
     */
    public void generateRecoveryCodes(dev.otpd.v1.GenerateRecoveryCodesRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.GenerateRecoveryCodesResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGenerateRecoveryCodesMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Checks a recovery code: it must belong to the set and not be used before.
     * Needs the scope `verify`. In one atomic step, an accepted code is consumed or a wrong code is counted, for all callers and all instances. Wrong
     * recovery codes count for the set, not for a key. Retry only with a `request_id`.
     * </pre>
     */
    public void verifyRecoveryCode(dev.otpd.v1.VerifyRecoveryCodeRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.VerifyRecoveryCodeResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getVerifyRecoveryCodeMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Revokes a set permanently: from then on, its codes return REPLAYED.
     * Needs the scope `generate`. Safe to retry.
     * </pre>
     */
    public void revokeRecoveryCodes(dev.otpd.v1.RevokeRecoveryCodesRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.RevokeRecoveryCodesResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getRevokeRecoveryCodesMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Reads the keys in otpauth URIs, and in the otpauth-migration URIs that Google Authenticator exports.
     * Needs the scope `seal`. Counts as one call per key found. The server stores nothing. Safe to retry.
     * </pre>
     */
    public void importKeys(dev.otpd.v1.ImportKeysRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.ImportKeysResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getImportKeysMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Returns the secrets of keys, sealed keys included, as otpauth or otpauth-migration URIs.
     * Needs the scope `export`. Counts as one call per item. The audit trail records each key. Safe to retry.
     * </pre>
     */
    public void exportKeys(dev.otpd.v1.ExportKeysRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.ExportKeysResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getExportKeysMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Returns how much of its plan the calling API key has used.
     * Needs no scope. Counts as a call in all windows but the month.
     * </pre>
     */
    public void getUsage(dev.otpd.v1.GetUsageRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.v1.GetUsageResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetUsageMethod(), getCallOptions()), request, responseObserver);
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
     * Makes a new key to enrol in an authenticator app, or shows the QR code of an existing key again.
     * Needs the scope `generate`. The server stores nothing: store the sealed key (`delivery`), or encrypt the secret and store that. Safe to retry: a
     * retry makes another key.
     * </pre>
     */
    public dev.otpd.v1.GenerateResponse generate(dev.otpd.v1.GenerateRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGenerateMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns the code of a key for the current time or the given time, and on request the codes before and after it.
     * Needs the scope `token`, and for a sealed key also `export`. Has no side effects; safe to retry.
     * </pre>
     */
    public dev.otpd.v1.TokenResponse token(dev.otpd.v1.TokenRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getTokenMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Checks a code: it must be correct, current and not used before (RFC 6238 section 5.2).
     * Needs the scope `verify`. In one atomic step, an accepted code is consumed or a wrong code is counted, for all callers and all instances.
     * Retry only with a `request_id`: the retry gets the first answer.
     * </pre>
     */
    public dev.otpd.v1.VerifyResponse verify(dev.otpd.v1.VerifyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getVerifyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Streams the current code of a TOTP key at once, then each next code when its time step begins, until the client cancels.
     * Needs the scope `token`, and for a sealed key also `export`. Counts as one call when the stream opens. The server ends the stream with UNAVAILABLE
     * when it stops (SHUTTING_DOWN) or the connection has reached its maximum age (CONNECTION_AGE_EXCEEDED), and with UNAUTHENTICATED when the API key is
     * revoked or expires. After UNAVAILABLE, open it again and expect the current code again. No message comes between two codes; HTTP/2 pings keep
     * the connection alive.
     * </pre>
     */
    @io.grpc.ExperimentalApi("https://github.com/grpc/grpc-java/issues/10918")
    public io.grpc.stub.BlockingClientCall<?, dev.otpd.v1.WatchTokenResponse>
        watchToken(dev.otpd.v1.WatchTokenRequest request) {
      return io.grpc.stub.ClientCalls.blockingV2ServerStreamingCall(
          getChannel(), getWatchTokenMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns the codes of many keys.
     * Needs the scope `token`, and for sealed keys also `export`. Counts as one call per item. Safe to retry.
     * </pre>
     */
    public dev.otpd.v1.BatchTokenResponse batchToken(dev.otpd.v1.BatchTokenRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getBatchTokenMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Checks many codes, each as `Verify` does. Codes of one secret are checked in the order of the request, all others in any order.
     * Needs the scope `verify`. Counts as one call per item; an item that fails costs no credit. Retry only if every item has a `request_id`.
     * </pre>
     */
    public dev.otpd.v1.BatchVerifyResponse batchVerify(dev.otpd.v1.BatchVerifyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getBatchVerifyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Seals keys that the caller has as secrets or URIs, such as keys in its database, or binds sealed keys to another context.
     * Needs the scope `seal`. Counts as one call per item. The server stores nothing. Safe to retry.
     * </pre>
     */
    public dev.otpd.v1.SealResponse seal(dev.otpd.v1.SealRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getSealMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Seals sealed keys and sets of recovery codes again under the current sealing key, so that older sealing keys can be retired. A pending key stays
     * pending.
     * Needs the scope `seal`. Counts as one call per item. Safe to retry.
     * </pre>
     */
    public dev.otpd.v1.RewrapResponse rewrap(dev.otpd.v1.RewrapRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getRewrapMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Finds the counter of a HOTP device that has run ahead of the server, from two or three consecutive codes (RFC 4226 section 7.4).
     * Needs the scope `verify`. All codes together count as one attempt. Retry only with a `request_id`.
     * </pre>
     */
    public dev.otpd.v1.ResyncHotpResponse resyncHotp(dev.otpd.v1.ResyncHotpRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getResyncHotpMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Makes recovery codes for the user to keep. Each code is good for one login without the device (look-up secrets of NIST SP 800-63B).
     * Needs the scope `generate`. To replace a set, show the new codes, store the new set once the user has saved them, then revoke the old set. Safe to
     * retry: a retry makes another set.
     * </pre>
     */
    public dev.otpd.v1.GenerateRecoveryCodesResponse generateRecoveryCodes(dev.otpd.v1.GenerateRecoveryCodesRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGenerateRecoveryCodesMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Checks a recovery code: it must belong to the set and not be used before.
     * Needs the scope `verify`. In one atomic step, an accepted code is consumed or a wrong code is counted, for all callers and all instances. Wrong
     * recovery codes count for the set, not for a key. Retry only with a `request_id`.
     * </pre>
     */
    public dev.otpd.v1.VerifyRecoveryCodeResponse verifyRecoveryCode(dev.otpd.v1.VerifyRecoveryCodeRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getVerifyRecoveryCodeMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Revokes a set permanently: from then on, its codes return REPLAYED.
     * Needs the scope `generate`. Safe to retry.
     * </pre>
     */
    public dev.otpd.v1.RevokeRecoveryCodesResponse revokeRecoveryCodes(dev.otpd.v1.RevokeRecoveryCodesRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getRevokeRecoveryCodesMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Reads the keys in otpauth URIs, and in the otpauth-migration URIs that Google Authenticator exports.
     * Needs the scope `seal`. Counts as one call per key found. The server stores nothing. Safe to retry.
     * </pre>
     */
    public dev.otpd.v1.ImportKeysResponse importKeys(dev.otpd.v1.ImportKeysRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getImportKeysMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns the secrets of keys, sealed keys included, as otpauth or otpauth-migration URIs.
     * Needs the scope `export`. Counts as one call per item. The audit trail records each key. Safe to retry.
     * </pre>
     */
    public dev.otpd.v1.ExportKeysResponse exportKeys(dev.otpd.v1.ExportKeysRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getExportKeysMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns how much of its plan the calling API key has used.
     * Needs no scope. Counts as a call in all windows but the month.
     * </pre>
     */
    public dev.otpd.v1.GetUsageResponse getUsage(dev.otpd.v1.GetUsageRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetUsageMethod(), getCallOptions(), request);
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
     * Makes a new key to enrol in an authenticator app, or shows the QR code of an existing key again.
     * Needs the scope `generate`. The server stores nothing: store the sealed key (`delivery`), or encrypt the secret and store that. Safe to retry: a
     * retry makes another key.
     * </pre>
     */
    public dev.otpd.v1.GenerateResponse generate(dev.otpd.v1.GenerateRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGenerateMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns the code of a key for the current time or the given time, and on request the codes before and after it.
     * Needs the scope `token`, and for a sealed key also `export`. Has no side effects; safe to retry.
     * </pre>
     */
    public dev.otpd.v1.TokenResponse token(dev.otpd.v1.TokenRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getTokenMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Checks a code: it must be correct, current and not used before (RFC 6238 section 5.2).
     * Needs the scope `verify`. In one atomic step, an accepted code is consumed or a wrong code is counted, for all callers and all instances.
     * Retry only with a `request_id`: the retry gets the first answer.
     * </pre>
     */
    public dev.otpd.v1.VerifyResponse verify(dev.otpd.v1.VerifyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getVerifyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Streams the current code of a TOTP key at once, then each next code when its time step begins, until the client cancels.
     * Needs the scope `token`, and for a sealed key also `export`. Counts as one call when the stream opens. The server ends the stream with UNAVAILABLE
     * when it stops (SHUTTING_DOWN) or the connection has reached its maximum age (CONNECTION_AGE_EXCEEDED), and with UNAUTHENTICATED when the API key is
     * revoked or expires. After UNAVAILABLE, open it again and expect the current code again. No message comes between two codes; HTTP/2 pings keep
     * the connection alive.
     * </pre>
     */
    public java.util.Iterator<dev.otpd.v1.WatchTokenResponse> watchToken(
        dev.otpd.v1.WatchTokenRequest request) {
      return io.grpc.stub.ClientCalls.blockingServerStreamingCall(
          getChannel(), getWatchTokenMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns the codes of many keys.
     * Needs the scope `token`, and for sealed keys also `export`. Counts as one call per item. Safe to retry.
     * </pre>
     */
    public dev.otpd.v1.BatchTokenResponse batchToken(dev.otpd.v1.BatchTokenRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getBatchTokenMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Checks many codes, each as `Verify` does. Codes of one secret are checked in the order of the request, all others in any order.
     * Needs the scope `verify`. Counts as one call per item; an item that fails costs no credit. Retry only if every item has a `request_id`.
     * </pre>
     */
    public dev.otpd.v1.BatchVerifyResponse batchVerify(dev.otpd.v1.BatchVerifyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getBatchVerifyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Seals keys that the caller has as secrets or URIs, such as keys in its database, or binds sealed keys to another context.
     * Needs the scope `seal`. Counts as one call per item. The server stores nothing. Safe to retry.
     * </pre>
     */
    public dev.otpd.v1.SealResponse seal(dev.otpd.v1.SealRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getSealMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Seals sealed keys and sets of recovery codes again under the current sealing key, so that older sealing keys can be retired. A pending key stays
     * pending.
     * Needs the scope `seal`. Counts as one call per item. Safe to retry.
     * </pre>
     */
    public dev.otpd.v1.RewrapResponse rewrap(dev.otpd.v1.RewrapRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getRewrapMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Finds the counter of a HOTP device that has run ahead of the server, from two or three consecutive codes (RFC 4226 section 7.4).
     * Needs the scope `verify`. All codes together count as one attempt. Retry only with a `request_id`.
     * </pre>
     */
    public dev.otpd.v1.ResyncHotpResponse resyncHotp(dev.otpd.v1.ResyncHotpRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getResyncHotpMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Makes recovery codes for the user to keep. Each code is good for one login without the device (look-up secrets of NIST SP 800-63B).
     * Needs the scope `generate`. To replace a set, show the new codes, store the new set once the user has saved them, then revoke the old set. Safe to
     * retry: a retry makes another set.
     * </pre>
     */
    public dev.otpd.v1.GenerateRecoveryCodesResponse generateRecoveryCodes(dev.otpd.v1.GenerateRecoveryCodesRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGenerateRecoveryCodesMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Checks a recovery code: it must belong to the set and not be used before.
     * Needs the scope `verify`. In one atomic step, an accepted code is consumed or a wrong code is counted, for all callers and all instances. Wrong
     * recovery codes count for the set, not for a key. Retry only with a `request_id`.
     * </pre>
     */
    public dev.otpd.v1.VerifyRecoveryCodeResponse verifyRecoveryCode(dev.otpd.v1.VerifyRecoveryCodeRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getVerifyRecoveryCodeMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Revokes a set permanently: from then on, its codes return REPLAYED.
     * Needs the scope `generate`. Safe to retry.
     * </pre>
     */
    public dev.otpd.v1.RevokeRecoveryCodesResponse revokeRecoveryCodes(dev.otpd.v1.RevokeRecoveryCodesRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getRevokeRecoveryCodesMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Reads the keys in otpauth URIs, and in the otpauth-migration URIs that Google Authenticator exports.
     * Needs the scope `seal`. Counts as one call per key found. The server stores nothing. Safe to retry.
     * </pre>
     */
    public dev.otpd.v1.ImportKeysResponse importKeys(dev.otpd.v1.ImportKeysRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getImportKeysMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns the secrets of keys, sealed keys included, as otpauth or otpauth-migration URIs.
     * Needs the scope `export`. Counts as one call per item. The audit trail records each key. Safe to retry.
     * </pre>
     */
    public dev.otpd.v1.ExportKeysResponse exportKeys(dev.otpd.v1.ExportKeysRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getExportKeysMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns how much of its plan the calling API key has used.
     * Needs no scope. Counts as a call in all windows but the month.
     * </pre>
     */
    public dev.otpd.v1.GetUsageResponse getUsage(dev.otpd.v1.GetUsageRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetUsageMethod(), getCallOptions(), request);
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
     * Makes a new key to enrol in an authenticator app, or shows the QR code of an existing key again.
     * Needs the scope `generate`. The server stores nothing: store the sealed key (`delivery`), or encrypt the secret and store that. Safe to retry: a
     * retry makes another key.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.GenerateResponse> generate(
        dev.otpd.v1.GenerateRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGenerateMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Returns the code of a key for the current time or the given time, and on request the codes before and after it.
     * Needs the scope `token`, and for a sealed key also `export`. Has no side effects; safe to retry.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.TokenResponse> token(
        dev.otpd.v1.TokenRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getTokenMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Checks a code: it must be correct, current and not used before (RFC 6238 section 5.2).
     * Needs the scope `verify`. In one atomic step, an accepted code is consumed or a wrong code is counted, for all callers and all instances.
     * Retry only with a `request_id`: the retry gets the first answer.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.VerifyResponse> verify(
        dev.otpd.v1.VerifyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getVerifyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Returns the codes of many keys.
     * Needs the scope `token`, and for sealed keys also `export`. Counts as one call per item. Safe to retry.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.BatchTokenResponse> batchToken(
        dev.otpd.v1.BatchTokenRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getBatchTokenMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Checks many codes, each as `Verify` does. Codes of one secret are checked in the order of the request, all others in any order.
     * Needs the scope `verify`. Counts as one call per item; an item that fails costs no credit. Retry only if every item has a `request_id`.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.BatchVerifyResponse> batchVerify(
        dev.otpd.v1.BatchVerifyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getBatchVerifyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Seals keys that the caller has as secrets or URIs, such as keys in its database, or binds sealed keys to another context.
     * Needs the scope `seal`. Counts as one call per item. The server stores nothing. Safe to retry.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.SealResponse> seal(
        dev.otpd.v1.SealRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getSealMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Seals sealed keys and sets of recovery codes again under the current sealing key, so that older sealing keys can be retired. A pending key stays
     * pending.
     * Needs the scope `seal`. Counts as one call per item. Safe to retry.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.RewrapResponse> rewrap(
        dev.otpd.v1.RewrapRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getRewrapMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Finds the counter of a HOTP device that has run ahead of the server, from two or three consecutive codes (RFC 4226 section 7.4).
     * Needs the scope `verify`. All codes together count as one attempt. Retry only with a `request_id`.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.ResyncHotpResponse> resyncHotp(
        dev.otpd.v1.ResyncHotpRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getResyncHotpMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Makes recovery codes for the user to keep. Each code is good for one login without the device (look-up secrets of NIST SP 800-63B).
     * Needs the scope `generate`. To replace a set, show the new codes, store the new set once the user has saved them, then revoke the old set. Safe to
     * retry: a retry makes another set.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.GenerateRecoveryCodesResponse> generateRecoveryCodes(
        dev.otpd.v1.GenerateRecoveryCodesRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGenerateRecoveryCodesMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Checks a recovery code: it must belong to the set and not be used before.
     * Needs the scope `verify`. In one atomic step, an accepted code is consumed or a wrong code is counted, for all callers and all instances. Wrong
     * recovery codes count for the set, not for a key. Retry only with a `request_id`.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.VerifyRecoveryCodeResponse> verifyRecoveryCode(
        dev.otpd.v1.VerifyRecoveryCodeRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getVerifyRecoveryCodeMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Revokes a set permanently: from then on, its codes return REPLAYED.
     * Needs the scope `generate`. Safe to retry.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.RevokeRecoveryCodesResponse> revokeRecoveryCodes(
        dev.otpd.v1.RevokeRecoveryCodesRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getRevokeRecoveryCodesMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Reads the keys in otpauth URIs, and in the otpauth-migration URIs that Google Authenticator exports.
     * Needs the scope `seal`. Counts as one call per key found. The server stores nothing. Safe to retry.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.ImportKeysResponse> importKeys(
        dev.otpd.v1.ImportKeysRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getImportKeysMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Returns the secrets of keys, sealed keys included, as otpauth or otpauth-migration URIs.
     * Needs the scope `export`. Counts as one call per item. The audit trail records each key. Safe to retry.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.ExportKeysResponse> exportKeys(
        dev.otpd.v1.ExportKeysRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getExportKeysMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Returns how much of its plan the calling API key has used.
     * Needs no scope. Counts as a call in all windows but the month.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.v1.GetUsageResponse> getUsage(
        dev.otpd.v1.GetUsageRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetUsageMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_GENERATE = 0;
  private static final int METHODID_TOKEN = 1;
  private static final int METHODID_VERIFY = 2;
  private static final int METHODID_WATCH_TOKEN = 3;
  private static final int METHODID_BATCH_TOKEN = 4;
  private static final int METHODID_BATCH_VERIFY = 5;
  private static final int METHODID_SEAL = 6;
  private static final int METHODID_REWRAP = 7;
  private static final int METHODID_RESYNC_HOTP = 8;
  private static final int METHODID_GENERATE_RECOVERY_CODES = 9;
  private static final int METHODID_VERIFY_RECOVERY_CODE = 10;
  private static final int METHODID_REVOKE_RECOVERY_CODES = 11;
  private static final int METHODID_IMPORT_KEYS = 12;
  private static final int METHODID_EXPORT_KEYS = 13;
  private static final int METHODID_GET_USAGE = 14;

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
        case METHODID_BATCH_TOKEN:
          serviceImpl.batchToken((dev.otpd.v1.BatchTokenRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.v1.BatchTokenResponse>) responseObserver);
          break;
        case METHODID_BATCH_VERIFY:
          serviceImpl.batchVerify((dev.otpd.v1.BatchVerifyRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.v1.BatchVerifyResponse>) responseObserver);
          break;
        case METHODID_SEAL:
          serviceImpl.seal((dev.otpd.v1.SealRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.v1.SealResponse>) responseObserver);
          break;
        case METHODID_REWRAP:
          serviceImpl.rewrap((dev.otpd.v1.RewrapRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.v1.RewrapResponse>) responseObserver);
          break;
        case METHODID_RESYNC_HOTP:
          serviceImpl.resyncHotp((dev.otpd.v1.ResyncHotpRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.v1.ResyncHotpResponse>) responseObserver);
          break;
        case METHODID_GENERATE_RECOVERY_CODES:
          serviceImpl.generateRecoveryCodes((dev.otpd.v1.GenerateRecoveryCodesRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.v1.GenerateRecoveryCodesResponse>) responseObserver);
          break;
        case METHODID_VERIFY_RECOVERY_CODE:
          serviceImpl.verifyRecoveryCode((dev.otpd.v1.VerifyRecoveryCodeRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.v1.VerifyRecoveryCodeResponse>) responseObserver);
          break;
        case METHODID_REVOKE_RECOVERY_CODES:
          serviceImpl.revokeRecoveryCodes((dev.otpd.v1.RevokeRecoveryCodesRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.v1.RevokeRecoveryCodesResponse>) responseObserver);
          break;
        case METHODID_IMPORT_KEYS:
          serviceImpl.importKeys((dev.otpd.v1.ImportKeysRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.v1.ImportKeysResponse>) responseObserver);
          break;
        case METHODID_EXPORT_KEYS:
          serviceImpl.exportKeys((dev.otpd.v1.ExportKeysRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.v1.ExportKeysResponse>) responseObserver);
          break;
        case METHODID_GET_USAGE:
          serviceImpl.getUsage((dev.otpd.v1.GetUsageRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.v1.GetUsageResponse>) responseObserver);
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
        .addMethod(
          getBatchTokenMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.v1.BatchTokenRequest,
              dev.otpd.v1.BatchTokenResponse>(
                service, METHODID_BATCH_TOKEN)))
        .addMethod(
          getBatchVerifyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.v1.BatchVerifyRequest,
              dev.otpd.v1.BatchVerifyResponse>(
                service, METHODID_BATCH_VERIFY)))
        .addMethod(
          getSealMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.v1.SealRequest,
              dev.otpd.v1.SealResponse>(
                service, METHODID_SEAL)))
        .addMethod(
          getRewrapMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.v1.RewrapRequest,
              dev.otpd.v1.RewrapResponse>(
                service, METHODID_REWRAP)))
        .addMethod(
          getResyncHotpMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.v1.ResyncHotpRequest,
              dev.otpd.v1.ResyncHotpResponse>(
                service, METHODID_RESYNC_HOTP)))
        .addMethod(
          getGenerateRecoveryCodesMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.v1.GenerateRecoveryCodesRequest,
              dev.otpd.v1.GenerateRecoveryCodesResponse>(
                service, METHODID_GENERATE_RECOVERY_CODES)))
        .addMethod(
          getVerifyRecoveryCodeMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.v1.VerifyRecoveryCodeRequest,
              dev.otpd.v1.VerifyRecoveryCodeResponse>(
                service, METHODID_VERIFY_RECOVERY_CODE)))
        .addMethod(
          getRevokeRecoveryCodesMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.v1.RevokeRecoveryCodesRequest,
              dev.otpd.v1.RevokeRecoveryCodesResponse>(
                service, METHODID_REVOKE_RECOVERY_CODES)))
        .addMethod(
          getImportKeysMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.v1.ImportKeysRequest,
              dev.otpd.v1.ImportKeysResponse>(
                service, METHODID_IMPORT_KEYS)))
        .addMethod(
          getExportKeysMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.v1.ExportKeysRequest,
              dev.otpd.v1.ExportKeysResponse>(
                service, METHODID_EXPORT_KEYS)))
        .addMethod(
          getGetUsageMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.v1.GetUsageRequest,
              dev.otpd.v1.GetUsageResponse>(
                service, METHODID_GET_USAGE)))
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
              .addMethod(getBatchTokenMethod())
              .addMethod(getBatchVerifyMethod())
              .addMethod(getSealMethod())
              .addMethod(getRewrapMethod())
              .addMethod(getResyncHotpMethod())
              .addMethod(getGenerateRecoveryCodesMethod())
              .addMethod(getVerifyRecoveryCodeMethod())
              .addMethod(getRevokeRecoveryCodesMethod())
              .addMethod(getImportKeysMethod())
              .addMethod(getExportKeysMethod())
              .addMethod(getGetUsageMethod())
              .build();
        }
      }
    }
    return result;
  }
}

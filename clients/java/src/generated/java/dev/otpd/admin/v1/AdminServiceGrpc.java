package dev.otpd.admin.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * Administers a server: API keys, plans, sealing keys, and locks of users.
 * Every call needs an API key with the scope `admin`, which is granted only where it is named. Every change is written to the audit trail. Errors carry
 * a `google.rpc.ErrorInfo` whose reason is an `otp.v1.ErrorReason`.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class AdminServiceGrpc {

  private AdminServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "otp.admin.v1.AdminService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<dev.otpd.admin.v1.CreateApiKeyRequest,
      dev.otpd.admin.v1.CreateApiKeyResponse> getCreateApiKeyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CreateApiKey",
      requestType = dev.otpd.admin.v1.CreateApiKeyRequest.class,
      responseType = dev.otpd.admin.v1.CreateApiKeyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.admin.v1.CreateApiKeyRequest,
      dev.otpd.admin.v1.CreateApiKeyResponse> getCreateApiKeyMethod() {
    io.grpc.MethodDescriptor<dev.otpd.admin.v1.CreateApiKeyRequest, dev.otpd.admin.v1.CreateApiKeyResponse> getCreateApiKeyMethod;
    if ((getCreateApiKeyMethod = AdminServiceGrpc.getCreateApiKeyMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getCreateApiKeyMethod = AdminServiceGrpc.getCreateApiKeyMethod) == null) {
          AdminServiceGrpc.getCreateApiKeyMethod = getCreateApiKeyMethod =
              io.grpc.MethodDescriptor.<dev.otpd.admin.v1.CreateApiKeyRequest, dev.otpd.admin.v1.CreateApiKeyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CreateApiKey"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.CreateApiKeyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.CreateApiKeyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("CreateApiKey"))
              .build();
        }
      }
    }
    return getCreateApiKeyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.admin.v1.GetApiKeyRequest,
      dev.otpd.admin.v1.GetApiKeyResponse> getGetApiKeyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetApiKey",
      requestType = dev.otpd.admin.v1.GetApiKeyRequest.class,
      responseType = dev.otpd.admin.v1.GetApiKeyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.admin.v1.GetApiKeyRequest,
      dev.otpd.admin.v1.GetApiKeyResponse> getGetApiKeyMethod() {
    io.grpc.MethodDescriptor<dev.otpd.admin.v1.GetApiKeyRequest, dev.otpd.admin.v1.GetApiKeyResponse> getGetApiKeyMethod;
    if ((getGetApiKeyMethod = AdminServiceGrpc.getGetApiKeyMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getGetApiKeyMethod = AdminServiceGrpc.getGetApiKeyMethod) == null) {
          AdminServiceGrpc.getGetApiKeyMethod = getGetApiKeyMethod =
              io.grpc.MethodDescriptor.<dev.otpd.admin.v1.GetApiKeyRequest, dev.otpd.admin.v1.GetApiKeyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetApiKey"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.GetApiKeyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.GetApiKeyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("GetApiKey"))
              .build();
        }
      }
    }
    return getGetApiKeyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.admin.v1.ListApiKeysRequest,
      dev.otpd.admin.v1.ListApiKeysResponse> getListApiKeysMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListApiKeys",
      requestType = dev.otpd.admin.v1.ListApiKeysRequest.class,
      responseType = dev.otpd.admin.v1.ListApiKeysResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.admin.v1.ListApiKeysRequest,
      dev.otpd.admin.v1.ListApiKeysResponse> getListApiKeysMethod() {
    io.grpc.MethodDescriptor<dev.otpd.admin.v1.ListApiKeysRequest, dev.otpd.admin.v1.ListApiKeysResponse> getListApiKeysMethod;
    if ((getListApiKeysMethod = AdminServiceGrpc.getListApiKeysMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getListApiKeysMethod = AdminServiceGrpc.getListApiKeysMethod) == null) {
          AdminServiceGrpc.getListApiKeysMethod = getListApiKeysMethod =
              io.grpc.MethodDescriptor.<dev.otpd.admin.v1.ListApiKeysRequest, dev.otpd.admin.v1.ListApiKeysResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListApiKeys"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.ListApiKeysRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.ListApiKeysResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("ListApiKeys"))
              .build();
        }
      }
    }
    return getListApiKeysMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.admin.v1.RotateApiKeyRequest,
      dev.otpd.admin.v1.RotateApiKeyResponse> getRotateApiKeyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "RotateApiKey",
      requestType = dev.otpd.admin.v1.RotateApiKeyRequest.class,
      responseType = dev.otpd.admin.v1.RotateApiKeyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.admin.v1.RotateApiKeyRequest,
      dev.otpd.admin.v1.RotateApiKeyResponse> getRotateApiKeyMethod() {
    io.grpc.MethodDescriptor<dev.otpd.admin.v1.RotateApiKeyRequest, dev.otpd.admin.v1.RotateApiKeyResponse> getRotateApiKeyMethod;
    if ((getRotateApiKeyMethod = AdminServiceGrpc.getRotateApiKeyMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getRotateApiKeyMethod = AdminServiceGrpc.getRotateApiKeyMethod) == null) {
          AdminServiceGrpc.getRotateApiKeyMethod = getRotateApiKeyMethod =
              io.grpc.MethodDescriptor.<dev.otpd.admin.v1.RotateApiKeyRequest, dev.otpd.admin.v1.RotateApiKeyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "RotateApiKey"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.RotateApiKeyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.RotateApiKeyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("RotateApiKey"))
              .build();
        }
      }
    }
    return getRotateApiKeyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.admin.v1.RevokeApiKeyRequest,
      dev.otpd.admin.v1.RevokeApiKeyResponse> getRevokeApiKeyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "RevokeApiKey",
      requestType = dev.otpd.admin.v1.RevokeApiKeyRequest.class,
      responseType = dev.otpd.admin.v1.RevokeApiKeyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.admin.v1.RevokeApiKeyRequest,
      dev.otpd.admin.v1.RevokeApiKeyResponse> getRevokeApiKeyMethod() {
    io.grpc.MethodDescriptor<dev.otpd.admin.v1.RevokeApiKeyRequest, dev.otpd.admin.v1.RevokeApiKeyResponse> getRevokeApiKeyMethod;
    if ((getRevokeApiKeyMethod = AdminServiceGrpc.getRevokeApiKeyMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getRevokeApiKeyMethod = AdminServiceGrpc.getRevokeApiKeyMethod) == null) {
          AdminServiceGrpc.getRevokeApiKeyMethod = getRevokeApiKeyMethod =
              io.grpc.MethodDescriptor.<dev.otpd.admin.v1.RevokeApiKeyRequest, dev.otpd.admin.v1.RevokeApiKeyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "RevokeApiKey"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.RevokeApiKeyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.RevokeApiKeyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("RevokeApiKey"))
              .build();
        }
      }
    }
    return getRevokeApiKeyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.admin.v1.GetApiKeyUsageRequest,
      dev.otpd.admin.v1.GetApiKeyUsageResponse> getGetApiKeyUsageMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetApiKeyUsage",
      requestType = dev.otpd.admin.v1.GetApiKeyUsageRequest.class,
      responseType = dev.otpd.admin.v1.GetApiKeyUsageResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.admin.v1.GetApiKeyUsageRequest,
      dev.otpd.admin.v1.GetApiKeyUsageResponse> getGetApiKeyUsageMethod() {
    io.grpc.MethodDescriptor<dev.otpd.admin.v1.GetApiKeyUsageRequest, dev.otpd.admin.v1.GetApiKeyUsageResponse> getGetApiKeyUsageMethod;
    if ((getGetApiKeyUsageMethod = AdminServiceGrpc.getGetApiKeyUsageMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getGetApiKeyUsageMethod = AdminServiceGrpc.getGetApiKeyUsageMethod) == null) {
          AdminServiceGrpc.getGetApiKeyUsageMethod = getGetApiKeyUsageMethod =
              io.grpc.MethodDescriptor.<dev.otpd.admin.v1.GetApiKeyUsageRequest, dev.otpd.admin.v1.GetApiKeyUsageResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetApiKeyUsage"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.GetApiKeyUsageRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.GetApiKeyUsageResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("GetApiKeyUsage"))
              .build();
        }
      }
    }
    return getGetApiKeyUsageMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.admin.v1.ListPlansRequest,
      dev.otpd.admin.v1.ListPlansResponse> getListPlansMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListPlans",
      requestType = dev.otpd.admin.v1.ListPlansRequest.class,
      responseType = dev.otpd.admin.v1.ListPlansResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.admin.v1.ListPlansRequest,
      dev.otpd.admin.v1.ListPlansResponse> getListPlansMethod() {
    io.grpc.MethodDescriptor<dev.otpd.admin.v1.ListPlansRequest, dev.otpd.admin.v1.ListPlansResponse> getListPlansMethod;
    if ((getListPlansMethod = AdminServiceGrpc.getListPlansMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getListPlansMethod = AdminServiceGrpc.getListPlansMethod) == null) {
          AdminServiceGrpc.getListPlansMethod = getListPlansMethod =
              io.grpc.MethodDescriptor.<dev.otpd.admin.v1.ListPlansRequest, dev.otpd.admin.v1.ListPlansResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListPlans"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.ListPlansRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.ListPlansResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("ListPlans"))
              .build();
        }
      }
    }
    return getListPlansMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.admin.v1.ListSealingKeysRequest,
      dev.otpd.admin.v1.ListSealingKeysResponse> getListSealingKeysMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListSealingKeys",
      requestType = dev.otpd.admin.v1.ListSealingKeysRequest.class,
      responseType = dev.otpd.admin.v1.ListSealingKeysResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.admin.v1.ListSealingKeysRequest,
      dev.otpd.admin.v1.ListSealingKeysResponse> getListSealingKeysMethod() {
    io.grpc.MethodDescriptor<dev.otpd.admin.v1.ListSealingKeysRequest, dev.otpd.admin.v1.ListSealingKeysResponse> getListSealingKeysMethod;
    if ((getListSealingKeysMethod = AdminServiceGrpc.getListSealingKeysMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getListSealingKeysMethod = AdminServiceGrpc.getListSealingKeysMethod) == null) {
          AdminServiceGrpc.getListSealingKeysMethod = getListSealingKeysMethod =
              io.grpc.MethodDescriptor.<dev.otpd.admin.v1.ListSealingKeysRequest, dev.otpd.admin.v1.ListSealingKeysResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListSealingKeys"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.ListSealingKeysRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.ListSealingKeysResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("ListSealingKeys"))
              .build();
        }
      }
    }
    return getListSealingKeysMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.admin.v1.GetServerStatusRequest,
      dev.otpd.admin.v1.GetServerStatusResponse> getGetServerStatusMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetServerStatus",
      requestType = dev.otpd.admin.v1.GetServerStatusRequest.class,
      responseType = dev.otpd.admin.v1.GetServerStatusResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.admin.v1.GetServerStatusRequest,
      dev.otpd.admin.v1.GetServerStatusResponse> getGetServerStatusMethod() {
    io.grpc.MethodDescriptor<dev.otpd.admin.v1.GetServerStatusRequest, dev.otpd.admin.v1.GetServerStatusResponse> getGetServerStatusMethod;
    if ((getGetServerStatusMethod = AdminServiceGrpc.getGetServerStatusMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getGetServerStatusMethod = AdminServiceGrpc.getGetServerStatusMethod) == null) {
          AdminServiceGrpc.getGetServerStatusMethod = getGetServerStatusMethod =
              io.grpc.MethodDescriptor.<dev.otpd.admin.v1.GetServerStatusRequest, dev.otpd.admin.v1.GetServerStatusResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetServerStatus"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.GetServerStatusRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.GetServerStatusResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("GetServerStatus"))
              .build();
        }
      }
    }
    return getGetServerStatusMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.admin.v1.GetAttemptsRequest,
      dev.otpd.admin.v1.GetAttemptsResponse> getGetAttemptsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetAttempts",
      requestType = dev.otpd.admin.v1.GetAttemptsRequest.class,
      responseType = dev.otpd.admin.v1.GetAttemptsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.admin.v1.GetAttemptsRequest,
      dev.otpd.admin.v1.GetAttemptsResponse> getGetAttemptsMethod() {
    io.grpc.MethodDescriptor<dev.otpd.admin.v1.GetAttemptsRequest, dev.otpd.admin.v1.GetAttemptsResponse> getGetAttemptsMethod;
    if ((getGetAttemptsMethod = AdminServiceGrpc.getGetAttemptsMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getGetAttemptsMethod = AdminServiceGrpc.getGetAttemptsMethod) == null) {
          AdminServiceGrpc.getGetAttemptsMethod = getGetAttemptsMethod =
              io.grpc.MethodDescriptor.<dev.otpd.admin.v1.GetAttemptsRequest, dev.otpd.admin.v1.GetAttemptsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetAttempts"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.GetAttemptsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.GetAttemptsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("GetAttempts"))
              .build();
        }
      }
    }
    return getGetAttemptsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.otpd.admin.v1.UnlockAttemptsRequest,
      dev.otpd.admin.v1.UnlockAttemptsResponse> getUnlockAttemptsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "UnlockAttempts",
      requestType = dev.otpd.admin.v1.UnlockAttemptsRequest.class,
      responseType = dev.otpd.admin.v1.UnlockAttemptsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.otpd.admin.v1.UnlockAttemptsRequest,
      dev.otpd.admin.v1.UnlockAttemptsResponse> getUnlockAttemptsMethod() {
    io.grpc.MethodDescriptor<dev.otpd.admin.v1.UnlockAttemptsRequest, dev.otpd.admin.v1.UnlockAttemptsResponse> getUnlockAttemptsMethod;
    if ((getUnlockAttemptsMethod = AdminServiceGrpc.getUnlockAttemptsMethod) == null) {
      synchronized (AdminServiceGrpc.class) {
        if ((getUnlockAttemptsMethod = AdminServiceGrpc.getUnlockAttemptsMethod) == null) {
          AdminServiceGrpc.getUnlockAttemptsMethod = getUnlockAttemptsMethod =
              io.grpc.MethodDescriptor.<dev.otpd.admin.v1.UnlockAttemptsRequest, dev.otpd.admin.v1.UnlockAttemptsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "UnlockAttempts"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.UnlockAttemptsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.otpd.admin.v1.UnlockAttemptsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AdminServiceMethodDescriptorSupplier("UnlockAttempts"))
              .build();
        }
      }
    }
    return getUnlockAttemptsMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static AdminServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<AdminServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<AdminServiceStub>() {
        @java.lang.Override
        public AdminServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new AdminServiceStub(channel, callOptions);
        }
      };
    return AdminServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static AdminServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<AdminServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<AdminServiceBlockingV2Stub>() {
        @java.lang.Override
        public AdminServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new AdminServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return AdminServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static AdminServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<AdminServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<AdminServiceBlockingStub>() {
        @java.lang.Override
        public AdminServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new AdminServiceBlockingStub(channel, callOptions);
        }
      };
    return AdminServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static AdminServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<AdminServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<AdminServiceFutureStub>() {
        @java.lang.Override
        public AdminServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new AdminServiceFutureStub(channel, callOptions);
        }
      };
    return AdminServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * Administers a server: API keys, plans, sealing keys, and locks of users.
   * Every call needs an API key with the scope `admin`, which is granted only where it is named. Every change is written to the audit trail. Errors carry
   * a `google.rpc.ErrorInfo` whose reason is an `otp.v1.ErrorReason`.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Makes an API key.
     * If the answer is lost, nobody has the new API key: list the API keys, and revoke it.
     * </pre>
     */
    default void createApiKey(dev.otpd.admin.v1.CreateApiKeyRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.CreateApiKeyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCreateApiKeyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Gets an API key.
     * </pre>
     */
    default void getApiKey(dev.otpd.admin.v1.GetApiKeyRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.GetApiKeyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetApiKeyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists API keys, oldest first. A page may have fewer API keys than requested and still not be the last page.
     * </pre>
     */
    default void listApiKeys(dev.otpd.admin.v1.ListApiKeysRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.ListApiKeysResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListApiKeysMethod(), responseObserver);
    }

    /**
     * <pre>
     * Makes a new secret for an API key. The current secret stays valid for a grace period, in which callers change over.
     * If the answer is lost, rotate again: a new secret that was never used is replaced, and the secret that callers use keeps its grace period. The last
     * active API key with the scope `admin` needs a grace period. Without one the rotation is refused (FAILED_PRECONDITION, LAST_ADMIN_KEY), because a lost
     * answer would leave nobody able to administer the server.
     * </pre>
     */
    default void rotateApiKey(dev.otpd.admin.v1.RotateApiKeyRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.RotateApiKeyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getRotateApiKeyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Revokes an API key permanently, on all instances within a second. Refused for the last active API key with the scope `admin` (FAILED_PRECONDITION,
     * LAST_ADMIN_KEY).
     * </pre>
     */
    default void revokeApiKey(dev.otpd.admin.v1.RevokeApiKeyRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.RevokeApiKeyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getRevokeApiKeyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Gets the usage of an API key.
     * </pre>
     */
    default void getApiKeyUsage(dev.otpd.admin.v1.GetApiKeyUsageRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.GetApiKeyUsageResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetApiKeyUsageMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists the configured plans.
     * </pre>
     */
    default void listPlans(dev.otpd.admin.v1.ListPlansRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.ListPlansResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListPlansMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists the sealing keys, without the keys themselves.
     * </pre>
     */
    default void listSealingKeys(dev.otpd.admin.v1.ListSealingKeysRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.ListSealingKeysResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListSealingKeysMethod(), responseObserver);
    }

    /**
     * <pre>
     * Gets the status of the server, and how many codes it accepted and refused in the last hour.
     * </pre>
     */
    default void getServerStatus(dev.otpd.admin.v1.GetServerStatusRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.GetServerStatusResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetServerStatusMethod(), responseObserver);
    }

    /**
     * <pre>
     * Gets the counted wrong codes of a secret, and its lock.
     * </pre>
     */
    default void getAttempts(dev.otpd.admin.v1.GetAttemptsRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.GetAttemptsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetAttemptsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Unlocks a secret: its codes are checked again.
     * </pre>
     */
    default void unlockAttempts(dev.otpd.admin.v1.UnlockAttemptsRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.UnlockAttemptsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getUnlockAttemptsMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service AdminService.
   * <pre>
   * Administers a server: API keys, plans, sealing keys, and locks of users.
   * Every call needs an API key with the scope `admin`, which is granted only where it is named. Every change is written to the audit trail. Errors carry
   * a `google.rpc.ErrorInfo` whose reason is an `otp.v1.ErrorReason`.
   * </pre>
   */
  public static abstract class AdminServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return AdminServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service AdminService.
   * <pre>
   * Administers a server: API keys, plans, sealing keys, and locks of users.
   * Every call needs an API key with the scope `admin`, which is granted only where it is named. Every change is written to the audit trail. Errors carry
   * a `google.rpc.ErrorInfo` whose reason is an `otp.v1.ErrorReason`.
   * </pre>
   */
  public static final class AdminServiceStub
      extends io.grpc.stub.AbstractAsyncStub<AdminServiceStub> {
    private AdminServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected AdminServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new AdminServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes an API key.
     * If the answer is lost, nobody has the new API key: list the API keys, and revoke it.
     * </pre>
     */
    public void createApiKey(dev.otpd.admin.v1.CreateApiKeyRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.CreateApiKeyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCreateApiKeyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Gets an API key.
     * </pre>
     */
    public void getApiKey(dev.otpd.admin.v1.GetApiKeyRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.GetApiKeyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetApiKeyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists API keys, oldest first. A page may have fewer API keys than requested and still not be the last page.
     * </pre>
     */
    public void listApiKeys(dev.otpd.admin.v1.ListApiKeysRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.ListApiKeysResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListApiKeysMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Makes a new secret for an API key. The current secret stays valid for a grace period, in which callers change over.
     * If the answer is lost, rotate again: a new secret that was never used is replaced, and the secret that callers use keeps its grace period. The last
     * active API key with the scope `admin` needs a grace period. Without one the rotation is refused (FAILED_PRECONDITION, LAST_ADMIN_KEY), because a lost
     * answer would leave nobody able to administer the server.
     * </pre>
     */
    public void rotateApiKey(dev.otpd.admin.v1.RotateApiKeyRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.RotateApiKeyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getRotateApiKeyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Revokes an API key permanently, on all instances within a second. Refused for the last active API key with the scope `admin` (FAILED_PRECONDITION,
     * LAST_ADMIN_KEY).
     * </pre>
     */
    public void revokeApiKey(dev.otpd.admin.v1.RevokeApiKeyRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.RevokeApiKeyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getRevokeApiKeyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Gets the usage of an API key.
     * </pre>
     */
    public void getApiKeyUsage(dev.otpd.admin.v1.GetApiKeyUsageRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.GetApiKeyUsageResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetApiKeyUsageMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists the configured plans.
     * </pre>
     */
    public void listPlans(dev.otpd.admin.v1.ListPlansRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.ListPlansResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListPlansMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists the sealing keys, without the keys themselves.
     * </pre>
     */
    public void listSealingKeys(dev.otpd.admin.v1.ListSealingKeysRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.ListSealingKeysResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListSealingKeysMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Gets the status of the server, and how many codes it accepted and refused in the last hour.
     * </pre>
     */
    public void getServerStatus(dev.otpd.admin.v1.GetServerStatusRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.GetServerStatusResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetServerStatusMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Gets the counted wrong codes of a secret, and its lock.
     * </pre>
     */
    public void getAttempts(dev.otpd.admin.v1.GetAttemptsRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.GetAttemptsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetAttemptsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Unlocks a secret: its codes are checked again.
     * </pre>
     */
    public void unlockAttempts(dev.otpd.admin.v1.UnlockAttemptsRequest request,
        io.grpc.stub.StreamObserver<dev.otpd.admin.v1.UnlockAttemptsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getUnlockAttemptsMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service AdminService.
   * <pre>
   * Administers a server: API keys, plans, sealing keys, and locks of users.
   * Every call needs an API key with the scope `admin`, which is granted only where it is named. Every change is written to the audit trail. Errors carry
   * a `google.rpc.ErrorInfo` whose reason is an `otp.v1.ErrorReason`.
   * </pre>
   */
  public static final class AdminServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<AdminServiceBlockingV2Stub> {
    private AdminServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected AdminServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new AdminServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes an API key.
     * If the answer is lost, nobody has the new API key: list the API keys, and revoke it.
     * </pre>
     */
    public dev.otpd.admin.v1.CreateApiKeyResponse createApiKey(dev.otpd.admin.v1.CreateApiKeyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getCreateApiKeyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Gets an API key.
     * </pre>
     */
    public dev.otpd.admin.v1.GetApiKeyResponse getApiKey(dev.otpd.admin.v1.GetApiKeyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetApiKeyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists API keys, oldest first. A page may have fewer API keys than requested and still not be the last page.
     * </pre>
     */
    public dev.otpd.admin.v1.ListApiKeysResponse listApiKeys(dev.otpd.admin.v1.ListApiKeysRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListApiKeysMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Makes a new secret for an API key. The current secret stays valid for a grace period, in which callers change over.
     * If the answer is lost, rotate again: a new secret that was never used is replaced, and the secret that callers use keeps its grace period. The last
     * active API key with the scope `admin` needs a grace period. Without one the rotation is refused (FAILED_PRECONDITION, LAST_ADMIN_KEY), because a lost
     * answer would leave nobody able to administer the server.
     * </pre>
     */
    public dev.otpd.admin.v1.RotateApiKeyResponse rotateApiKey(dev.otpd.admin.v1.RotateApiKeyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getRotateApiKeyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Revokes an API key permanently, on all instances within a second. Refused for the last active API key with the scope `admin` (FAILED_PRECONDITION,
     * LAST_ADMIN_KEY).
     * </pre>
     */
    public dev.otpd.admin.v1.RevokeApiKeyResponse revokeApiKey(dev.otpd.admin.v1.RevokeApiKeyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getRevokeApiKeyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Gets the usage of an API key.
     * </pre>
     */
    public dev.otpd.admin.v1.GetApiKeyUsageResponse getApiKeyUsage(dev.otpd.admin.v1.GetApiKeyUsageRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetApiKeyUsageMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists the configured plans.
     * </pre>
     */
    public dev.otpd.admin.v1.ListPlansResponse listPlans(dev.otpd.admin.v1.ListPlansRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListPlansMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists the sealing keys, without the keys themselves.
     * </pre>
     */
    public dev.otpd.admin.v1.ListSealingKeysResponse listSealingKeys(dev.otpd.admin.v1.ListSealingKeysRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListSealingKeysMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Gets the status of the server, and how many codes it accepted and refused in the last hour.
     * </pre>
     */
    public dev.otpd.admin.v1.GetServerStatusResponse getServerStatus(dev.otpd.admin.v1.GetServerStatusRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetServerStatusMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Gets the counted wrong codes of a secret, and its lock.
     * </pre>
     */
    public dev.otpd.admin.v1.GetAttemptsResponse getAttempts(dev.otpd.admin.v1.GetAttemptsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetAttemptsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Unlocks a secret: its codes are checked again.
     * </pre>
     */
    public dev.otpd.admin.v1.UnlockAttemptsResponse unlockAttempts(dev.otpd.admin.v1.UnlockAttemptsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getUnlockAttemptsMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service AdminService.
   * <pre>
   * Administers a server: API keys, plans, sealing keys, and locks of users.
   * Every call needs an API key with the scope `admin`, which is granted only where it is named. Every change is written to the audit trail. Errors carry
   * a `google.rpc.ErrorInfo` whose reason is an `otp.v1.ErrorReason`.
   * </pre>
   */
  public static final class AdminServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<AdminServiceBlockingStub> {
    private AdminServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected AdminServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new AdminServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes an API key.
     * If the answer is lost, nobody has the new API key: list the API keys, and revoke it.
     * </pre>
     */
    public dev.otpd.admin.v1.CreateApiKeyResponse createApiKey(dev.otpd.admin.v1.CreateApiKeyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCreateApiKeyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Gets an API key.
     * </pre>
     */
    public dev.otpd.admin.v1.GetApiKeyResponse getApiKey(dev.otpd.admin.v1.GetApiKeyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetApiKeyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists API keys, oldest first. A page may have fewer API keys than requested and still not be the last page.
     * </pre>
     */
    public dev.otpd.admin.v1.ListApiKeysResponse listApiKeys(dev.otpd.admin.v1.ListApiKeysRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListApiKeysMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Makes a new secret for an API key. The current secret stays valid for a grace period, in which callers change over.
     * If the answer is lost, rotate again: a new secret that was never used is replaced, and the secret that callers use keeps its grace period. The last
     * active API key with the scope `admin` needs a grace period. Without one the rotation is refused (FAILED_PRECONDITION, LAST_ADMIN_KEY), because a lost
     * answer would leave nobody able to administer the server.
     * </pre>
     */
    public dev.otpd.admin.v1.RotateApiKeyResponse rotateApiKey(dev.otpd.admin.v1.RotateApiKeyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getRotateApiKeyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Revokes an API key permanently, on all instances within a second. Refused for the last active API key with the scope `admin` (FAILED_PRECONDITION,
     * LAST_ADMIN_KEY).
     * </pre>
     */
    public dev.otpd.admin.v1.RevokeApiKeyResponse revokeApiKey(dev.otpd.admin.v1.RevokeApiKeyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getRevokeApiKeyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Gets the usage of an API key.
     * </pre>
     */
    public dev.otpd.admin.v1.GetApiKeyUsageResponse getApiKeyUsage(dev.otpd.admin.v1.GetApiKeyUsageRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetApiKeyUsageMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists the configured plans.
     * </pre>
     */
    public dev.otpd.admin.v1.ListPlansResponse listPlans(dev.otpd.admin.v1.ListPlansRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListPlansMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists the sealing keys, without the keys themselves.
     * </pre>
     */
    public dev.otpd.admin.v1.ListSealingKeysResponse listSealingKeys(dev.otpd.admin.v1.ListSealingKeysRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListSealingKeysMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Gets the status of the server, and how many codes it accepted and refused in the last hour.
     * </pre>
     */
    public dev.otpd.admin.v1.GetServerStatusResponse getServerStatus(dev.otpd.admin.v1.GetServerStatusRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetServerStatusMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Gets the counted wrong codes of a secret, and its lock.
     * </pre>
     */
    public dev.otpd.admin.v1.GetAttemptsResponse getAttempts(dev.otpd.admin.v1.GetAttemptsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetAttemptsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Unlocks a secret: its codes are checked again.
     * </pre>
     */
    public dev.otpd.admin.v1.UnlockAttemptsResponse unlockAttempts(dev.otpd.admin.v1.UnlockAttemptsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getUnlockAttemptsMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service AdminService.
   * <pre>
   * Administers a server: API keys, plans, sealing keys, and locks of users.
   * Every call needs an API key with the scope `admin`, which is granted only where it is named. Every change is written to the audit trail. Errors carry
   * a `google.rpc.ErrorInfo` whose reason is an `otp.v1.ErrorReason`.
   * </pre>
   */
  public static final class AdminServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<AdminServiceFutureStub> {
    private AdminServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected AdminServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new AdminServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes an API key.
     * If the answer is lost, nobody has the new API key: list the API keys, and revoke it.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.admin.v1.CreateApiKeyResponse> createApiKey(
        dev.otpd.admin.v1.CreateApiKeyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCreateApiKeyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Gets an API key.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.admin.v1.GetApiKeyResponse> getApiKey(
        dev.otpd.admin.v1.GetApiKeyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetApiKeyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists API keys, oldest first. A page may have fewer API keys than requested and still not be the last page.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.admin.v1.ListApiKeysResponse> listApiKeys(
        dev.otpd.admin.v1.ListApiKeysRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListApiKeysMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Makes a new secret for an API key. The current secret stays valid for a grace period, in which callers change over.
     * If the answer is lost, rotate again: a new secret that was never used is replaced, and the secret that callers use keeps its grace period. The last
     * active API key with the scope `admin` needs a grace period. Without one the rotation is refused (FAILED_PRECONDITION, LAST_ADMIN_KEY), because a lost
     * answer would leave nobody able to administer the server.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.admin.v1.RotateApiKeyResponse> rotateApiKey(
        dev.otpd.admin.v1.RotateApiKeyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getRotateApiKeyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Revokes an API key permanently, on all instances within a second. Refused for the last active API key with the scope `admin` (FAILED_PRECONDITION,
     * LAST_ADMIN_KEY).
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.admin.v1.RevokeApiKeyResponse> revokeApiKey(
        dev.otpd.admin.v1.RevokeApiKeyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getRevokeApiKeyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Gets the usage of an API key.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.admin.v1.GetApiKeyUsageResponse> getApiKeyUsage(
        dev.otpd.admin.v1.GetApiKeyUsageRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetApiKeyUsageMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists the configured plans.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.admin.v1.ListPlansResponse> listPlans(
        dev.otpd.admin.v1.ListPlansRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListPlansMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists the sealing keys, without the keys themselves.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.admin.v1.ListSealingKeysResponse> listSealingKeys(
        dev.otpd.admin.v1.ListSealingKeysRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListSealingKeysMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Gets the status of the server, and how many codes it accepted and refused in the last hour.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.admin.v1.GetServerStatusResponse> getServerStatus(
        dev.otpd.admin.v1.GetServerStatusRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetServerStatusMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Gets the counted wrong codes of a secret, and its lock.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.admin.v1.GetAttemptsResponse> getAttempts(
        dev.otpd.admin.v1.GetAttemptsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetAttemptsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Unlocks a secret: its codes are checked again.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.otpd.admin.v1.UnlockAttemptsResponse> unlockAttempts(
        dev.otpd.admin.v1.UnlockAttemptsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getUnlockAttemptsMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_CREATE_API_KEY = 0;
  private static final int METHODID_GET_API_KEY = 1;
  private static final int METHODID_LIST_API_KEYS = 2;
  private static final int METHODID_ROTATE_API_KEY = 3;
  private static final int METHODID_REVOKE_API_KEY = 4;
  private static final int METHODID_GET_API_KEY_USAGE = 5;
  private static final int METHODID_LIST_PLANS = 6;
  private static final int METHODID_LIST_SEALING_KEYS = 7;
  private static final int METHODID_GET_SERVER_STATUS = 8;
  private static final int METHODID_GET_ATTEMPTS = 9;
  private static final int METHODID_UNLOCK_ATTEMPTS = 10;

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
        case METHODID_CREATE_API_KEY:
          serviceImpl.createApiKey((dev.otpd.admin.v1.CreateApiKeyRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.admin.v1.CreateApiKeyResponse>) responseObserver);
          break;
        case METHODID_GET_API_KEY:
          serviceImpl.getApiKey((dev.otpd.admin.v1.GetApiKeyRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.admin.v1.GetApiKeyResponse>) responseObserver);
          break;
        case METHODID_LIST_API_KEYS:
          serviceImpl.listApiKeys((dev.otpd.admin.v1.ListApiKeysRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.admin.v1.ListApiKeysResponse>) responseObserver);
          break;
        case METHODID_ROTATE_API_KEY:
          serviceImpl.rotateApiKey((dev.otpd.admin.v1.RotateApiKeyRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.admin.v1.RotateApiKeyResponse>) responseObserver);
          break;
        case METHODID_REVOKE_API_KEY:
          serviceImpl.revokeApiKey((dev.otpd.admin.v1.RevokeApiKeyRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.admin.v1.RevokeApiKeyResponse>) responseObserver);
          break;
        case METHODID_GET_API_KEY_USAGE:
          serviceImpl.getApiKeyUsage((dev.otpd.admin.v1.GetApiKeyUsageRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.admin.v1.GetApiKeyUsageResponse>) responseObserver);
          break;
        case METHODID_LIST_PLANS:
          serviceImpl.listPlans((dev.otpd.admin.v1.ListPlansRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.admin.v1.ListPlansResponse>) responseObserver);
          break;
        case METHODID_LIST_SEALING_KEYS:
          serviceImpl.listSealingKeys((dev.otpd.admin.v1.ListSealingKeysRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.admin.v1.ListSealingKeysResponse>) responseObserver);
          break;
        case METHODID_GET_SERVER_STATUS:
          serviceImpl.getServerStatus((dev.otpd.admin.v1.GetServerStatusRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.admin.v1.GetServerStatusResponse>) responseObserver);
          break;
        case METHODID_GET_ATTEMPTS:
          serviceImpl.getAttempts((dev.otpd.admin.v1.GetAttemptsRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.admin.v1.GetAttemptsResponse>) responseObserver);
          break;
        case METHODID_UNLOCK_ATTEMPTS:
          serviceImpl.unlockAttempts((dev.otpd.admin.v1.UnlockAttemptsRequest) request,
              (io.grpc.stub.StreamObserver<dev.otpd.admin.v1.UnlockAttemptsResponse>) responseObserver);
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
          getCreateApiKeyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.admin.v1.CreateApiKeyRequest,
              dev.otpd.admin.v1.CreateApiKeyResponse>(
                service, METHODID_CREATE_API_KEY)))
        .addMethod(
          getGetApiKeyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.admin.v1.GetApiKeyRequest,
              dev.otpd.admin.v1.GetApiKeyResponse>(
                service, METHODID_GET_API_KEY)))
        .addMethod(
          getListApiKeysMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.admin.v1.ListApiKeysRequest,
              dev.otpd.admin.v1.ListApiKeysResponse>(
                service, METHODID_LIST_API_KEYS)))
        .addMethod(
          getRotateApiKeyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.admin.v1.RotateApiKeyRequest,
              dev.otpd.admin.v1.RotateApiKeyResponse>(
                service, METHODID_ROTATE_API_KEY)))
        .addMethod(
          getRevokeApiKeyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.admin.v1.RevokeApiKeyRequest,
              dev.otpd.admin.v1.RevokeApiKeyResponse>(
                service, METHODID_REVOKE_API_KEY)))
        .addMethod(
          getGetApiKeyUsageMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.admin.v1.GetApiKeyUsageRequest,
              dev.otpd.admin.v1.GetApiKeyUsageResponse>(
                service, METHODID_GET_API_KEY_USAGE)))
        .addMethod(
          getListPlansMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.admin.v1.ListPlansRequest,
              dev.otpd.admin.v1.ListPlansResponse>(
                service, METHODID_LIST_PLANS)))
        .addMethod(
          getListSealingKeysMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.admin.v1.ListSealingKeysRequest,
              dev.otpd.admin.v1.ListSealingKeysResponse>(
                service, METHODID_LIST_SEALING_KEYS)))
        .addMethod(
          getGetServerStatusMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.admin.v1.GetServerStatusRequest,
              dev.otpd.admin.v1.GetServerStatusResponse>(
                service, METHODID_GET_SERVER_STATUS)))
        .addMethod(
          getGetAttemptsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.admin.v1.GetAttemptsRequest,
              dev.otpd.admin.v1.GetAttemptsResponse>(
                service, METHODID_GET_ATTEMPTS)))
        .addMethod(
          getUnlockAttemptsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.otpd.admin.v1.UnlockAttemptsRequest,
              dev.otpd.admin.v1.UnlockAttemptsResponse>(
                service, METHODID_UNLOCK_ATTEMPTS)))
        .build();
  }

  private static abstract class AdminServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    AdminServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return dev.otpd.admin.v1.AdminServiceProto.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("AdminService");
    }
  }

  private static final class AdminServiceFileDescriptorSupplier
      extends AdminServiceBaseDescriptorSupplier {
    AdminServiceFileDescriptorSupplier() {}
  }

  private static final class AdminServiceMethodDescriptorSupplier
      extends AdminServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    AdminServiceMethodDescriptorSupplier(java.lang.String methodName) {
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
      synchronized (AdminServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new AdminServiceFileDescriptorSupplier())
              .addMethod(getCreateApiKeyMethod())
              .addMethod(getGetApiKeyMethod())
              .addMethod(getListApiKeysMethod())
              .addMethod(getRotateApiKeyMethod())
              .addMethod(getRevokeApiKeyMethod())
              .addMethod(getGetApiKeyUsageMethod())
              .addMethod(getListPlansMethod())
              .addMethod(getListSealingKeysMethod())
              .addMethod(getGetServerStatusMethod())
              .addMethod(getGetAttemptsMethod())
              .addMethod(getUnlockAttemptsMethod())
              .build();
        }
      }
    }
    return result;
  }
}

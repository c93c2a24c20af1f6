package dev.otpd.admin.v1

import dev.otpd.admin.v1.AdminServiceGrpc.getServiceDescriptor
import io.grpc.CallOptions
import io.grpc.CallOptions.DEFAULT
import io.grpc.Channel
import io.grpc.Metadata
import io.grpc.MethodDescriptor
import io.grpc.ServerServiceDefinition
import io.grpc.ServerServiceDefinition.builder
import io.grpc.ServiceDescriptor
import io.grpc.Status.UNIMPLEMENTED
import io.grpc.StatusException
import io.grpc.kotlin.AbstractCoroutineServerImpl
import io.grpc.kotlin.AbstractCoroutineStub
import io.grpc.kotlin.ClientCalls.unaryRpc
import io.grpc.kotlin.ServerCalls.unaryServerMethodDefinition
import io.grpc.kotlin.StubFor
import kotlin.String
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.jvm.JvmOverloads
import kotlin.jvm.JvmStatic

/**
 * Holder for Kotlin coroutine-based client and server APIs for otp.admin.v1.AdminService.
 */
public object AdminServiceGrpcKt {
  public const val SERVICE_NAME: String = AdminServiceGrpc.SERVICE_NAME

  @JvmStatic
  public val serviceDescriptor: ServiceDescriptor
    get() = getServiceDescriptor()

  public val createApiKeyMethod: MethodDescriptor<CreateApiKeyRequest, CreateApiKeyResponse>
    @JvmStatic
    get() = AdminServiceGrpc.getCreateApiKeyMethod()

  public val getApiKeyMethod: MethodDescriptor<GetApiKeyRequest, GetApiKeyResponse>
    @JvmStatic
    get() = AdminServiceGrpc.getGetApiKeyMethod()

  public val listApiKeysMethod: MethodDescriptor<ListApiKeysRequest, ListApiKeysResponse>
    @JvmStatic
    get() = AdminServiceGrpc.getListApiKeysMethod()

  public val rotateApiKeyMethod: MethodDescriptor<RotateApiKeyRequest, RotateApiKeyResponse>
    @JvmStatic
    get() = AdminServiceGrpc.getRotateApiKeyMethod()

  public val revokeApiKeyMethod: MethodDescriptor<RevokeApiKeyRequest, RevokeApiKeyResponse>
    @JvmStatic
    get() = AdminServiceGrpc.getRevokeApiKeyMethod()

  public val getApiKeyUsageMethod: MethodDescriptor<GetApiKeyUsageRequest, GetApiKeyUsageResponse>
    @JvmStatic
    get() = AdminServiceGrpc.getGetApiKeyUsageMethod()

  public val listPlansMethod: MethodDescriptor<ListPlansRequest, ListPlansResponse>
    @JvmStatic
    get() = AdminServiceGrpc.getListPlansMethod()

  public val listSealingKeysMethod:
      MethodDescriptor<ListSealingKeysRequest, ListSealingKeysResponse>
    @JvmStatic
    get() = AdminServiceGrpc.getListSealingKeysMethod()

  public val getServerStatusMethod:
      MethodDescriptor<GetServerStatusRequest, GetServerStatusResponse>
    @JvmStatic
    get() = AdminServiceGrpc.getGetServerStatusMethod()

  public val getAttemptsMethod: MethodDescriptor<GetAttemptsRequest, GetAttemptsResponse>
    @JvmStatic
    get() = AdminServiceGrpc.getGetAttemptsMethod()

  public val unlockAttemptsMethod: MethodDescriptor<UnlockAttemptsRequest, UnlockAttemptsResponse>
    @JvmStatic
    get() = AdminServiceGrpc.getUnlockAttemptsMethod()

  /**
   * A stub for issuing RPCs to a(n) otp.admin.v1.AdminService service as suspending coroutines.
   */
  @StubFor(AdminServiceGrpc::class)
  public class AdminServiceCoroutineStub @JvmOverloads constructor(
    channel: Channel,
    callOptions: CallOptions = DEFAULT,
  ) : AbstractCoroutineStub<AdminServiceCoroutineStub>(channel, callOptions) {
    override fun build(channel: Channel, callOptions: CallOptions): AdminServiceCoroutineStub = AdminServiceCoroutineStub(channel, callOptions)

    /**
     * Executes this RPC and returns the response message, suspending until the RPC completes
     * with [`Status.OK`][io.grpc.Status].  If the RPC completes with another status, a corresponding
     * [StatusException] is thrown.  If this coroutine is cancelled, the RPC is also cancelled
     * with the corresponding exception as a cause.
     *
     * @param request The request message to send to the server.
     *
     * @param headers Metadata to attach to the request.  Most users will not need this.
     *
     * @return The single response from the server.
     */
    public suspend fun createApiKey(request: CreateApiKeyRequest, headers: Metadata = Metadata()): CreateApiKeyResponse = unaryRpc(
      channel,
      AdminServiceGrpc.getCreateApiKeyMethod(),
      request,
      callOptions,
      headers
    )

    /**
     * Executes this RPC and returns the response message, suspending until the RPC completes
     * with [`Status.OK`][io.grpc.Status].  If the RPC completes with another status, a corresponding
     * [StatusException] is thrown.  If this coroutine is cancelled, the RPC is also cancelled
     * with the corresponding exception as a cause.
     *
     * @param request The request message to send to the server.
     *
     * @param headers Metadata to attach to the request.  Most users will not need this.
     *
     * @return The single response from the server.
     */
    public suspend fun getApiKey(request: GetApiKeyRequest, headers: Metadata = Metadata()): GetApiKeyResponse = unaryRpc(
      channel,
      AdminServiceGrpc.getGetApiKeyMethod(),
      request,
      callOptions,
      headers
    )

    /**
     * Executes this RPC and returns the response message, suspending until the RPC completes
     * with [`Status.OK`][io.grpc.Status].  If the RPC completes with another status, a corresponding
     * [StatusException] is thrown.  If this coroutine is cancelled, the RPC is also cancelled
     * with the corresponding exception as a cause.
     *
     * @param request The request message to send to the server.
     *
     * @param headers Metadata to attach to the request.  Most users will not need this.
     *
     * @return The single response from the server.
     */
    public suspend fun listApiKeys(request: ListApiKeysRequest, headers: Metadata = Metadata()): ListApiKeysResponse = unaryRpc(
      channel,
      AdminServiceGrpc.getListApiKeysMethod(),
      request,
      callOptions,
      headers
    )

    /**
     * Executes this RPC and returns the response message, suspending until the RPC completes
     * with [`Status.OK`][io.grpc.Status].  If the RPC completes with another status, a corresponding
     * [StatusException] is thrown.  If this coroutine is cancelled, the RPC is also cancelled
     * with the corresponding exception as a cause.
     *
     * @param request The request message to send to the server.
     *
     * @param headers Metadata to attach to the request.  Most users will not need this.
     *
     * @return The single response from the server.
     */
    public suspend fun rotateApiKey(request: RotateApiKeyRequest, headers: Metadata = Metadata()): RotateApiKeyResponse = unaryRpc(
      channel,
      AdminServiceGrpc.getRotateApiKeyMethod(),
      request,
      callOptions,
      headers
    )

    /**
     * Executes this RPC and returns the response message, suspending until the RPC completes
     * with [`Status.OK`][io.grpc.Status].  If the RPC completes with another status, a corresponding
     * [StatusException] is thrown.  If this coroutine is cancelled, the RPC is also cancelled
     * with the corresponding exception as a cause.
     *
     * @param request The request message to send to the server.
     *
     * @param headers Metadata to attach to the request.  Most users will not need this.
     *
     * @return The single response from the server.
     */
    public suspend fun revokeApiKey(request: RevokeApiKeyRequest, headers: Metadata = Metadata()): RevokeApiKeyResponse = unaryRpc(
      channel,
      AdminServiceGrpc.getRevokeApiKeyMethod(),
      request,
      callOptions,
      headers
    )

    /**
     * Executes this RPC and returns the response message, suspending until the RPC completes
     * with [`Status.OK`][io.grpc.Status].  If the RPC completes with another status, a corresponding
     * [StatusException] is thrown.  If this coroutine is cancelled, the RPC is also cancelled
     * with the corresponding exception as a cause.
     *
     * @param request The request message to send to the server.
     *
     * @param headers Metadata to attach to the request.  Most users will not need this.
     *
     * @return The single response from the server.
     */
    public suspend fun getApiKeyUsage(request: GetApiKeyUsageRequest, headers: Metadata = Metadata()): GetApiKeyUsageResponse = unaryRpc(
      channel,
      AdminServiceGrpc.getGetApiKeyUsageMethod(),
      request,
      callOptions,
      headers
    )

    /**
     * Executes this RPC and returns the response message, suspending until the RPC completes
     * with [`Status.OK`][io.grpc.Status].  If the RPC completes with another status, a corresponding
     * [StatusException] is thrown.  If this coroutine is cancelled, the RPC is also cancelled
     * with the corresponding exception as a cause.
     *
     * @param request The request message to send to the server.
     *
     * @param headers Metadata to attach to the request.  Most users will not need this.
     *
     * @return The single response from the server.
     */
    public suspend fun listPlans(request: ListPlansRequest, headers: Metadata = Metadata()): ListPlansResponse = unaryRpc(
      channel,
      AdminServiceGrpc.getListPlansMethod(),
      request,
      callOptions,
      headers
    )

    /**
     * Executes this RPC and returns the response message, suspending until the RPC completes
     * with [`Status.OK`][io.grpc.Status].  If the RPC completes with another status, a corresponding
     * [StatusException] is thrown.  If this coroutine is cancelled, the RPC is also cancelled
     * with the corresponding exception as a cause.
     *
     * @param request The request message to send to the server.
     *
     * @param headers Metadata to attach to the request.  Most users will not need this.
     *
     * @return The single response from the server.
     */
    public suspend fun listSealingKeys(request: ListSealingKeysRequest, headers: Metadata = Metadata()): ListSealingKeysResponse = unaryRpc(
      channel,
      AdminServiceGrpc.getListSealingKeysMethod(),
      request,
      callOptions,
      headers
    )

    /**
     * Executes this RPC and returns the response message, suspending until the RPC completes
     * with [`Status.OK`][io.grpc.Status].  If the RPC completes with another status, a corresponding
     * [StatusException] is thrown.  If this coroutine is cancelled, the RPC is also cancelled
     * with the corresponding exception as a cause.
     *
     * @param request The request message to send to the server.
     *
     * @param headers Metadata to attach to the request.  Most users will not need this.
     *
     * @return The single response from the server.
     */
    public suspend fun getServerStatus(request: GetServerStatusRequest, headers: Metadata = Metadata()): GetServerStatusResponse = unaryRpc(
      channel,
      AdminServiceGrpc.getGetServerStatusMethod(),
      request,
      callOptions,
      headers
    )

    /**
     * Executes this RPC and returns the response message, suspending until the RPC completes
     * with [`Status.OK`][io.grpc.Status].  If the RPC completes with another status, a corresponding
     * [StatusException] is thrown.  If this coroutine is cancelled, the RPC is also cancelled
     * with the corresponding exception as a cause.
     *
     * @param request The request message to send to the server.
     *
     * @param headers Metadata to attach to the request.  Most users will not need this.
     *
     * @return The single response from the server.
     */
    public suspend fun getAttempts(request: GetAttemptsRequest, headers: Metadata = Metadata()): GetAttemptsResponse = unaryRpc(
      channel,
      AdminServiceGrpc.getGetAttemptsMethod(),
      request,
      callOptions,
      headers
    )

    /**
     * Executes this RPC and returns the response message, suspending until the RPC completes
     * with [`Status.OK`][io.grpc.Status].  If the RPC completes with another status, a corresponding
     * [StatusException] is thrown.  If this coroutine is cancelled, the RPC is also cancelled
     * with the corresponding exception as a cause.
     *
     * @param request The request message to send to the server.
     *
     * @param headers Metadata to attach to the request.  Most users will not need this.
     *
     * @return The single response from the server.
     */
    public suspend fun unlockAttempts(request: UnlockAttemptsRequest, headers: Metadata = Metadata()): UnlockAttemptsResponse = unaryRpc(
      channel,
      AdminServiceGrpc.getUnlockAttemptsMethod(),
      request,
      callOptions,
      headers
    )
  }

  /**
   * Skeletal implementation of the otp.admin.v1.AdminService service based on Kotlin coroutines.
   */
  public abstract class AdminServiceCoroutineImplBase(
    coroutineContext: CoroutineContext = EmptyCoroutineContext,
  ) : AbstractCoroutineServerImpl(coroutineContext) {
    /**
     * Returns the response to an RPC for otp.admin.v1.AdminService.CreateApiKey.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun createApiKey(request: CreateApiKeyRequest): CreateApiKeyResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.admin.v1.AdminService.CreateApiKey is unimplemented"))

    /**
     * Returns the response to an RPC for otp.admin.v1.AdminService.GetApiKey.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun getApiKey(request: GetApiKeyRequest): GetApiKeyResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.admin.v1.AdminService.GetApiKey is unimplemented"))

    /**
     * Returns the response to an RPC for otp.admin.v1.AdminService.ListApiKeys.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun listApiKeys(request: ListApiKeysRequest): ListApiKeysResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.admin.v1.AdminService.ListApiKeys is unimplemented"))

    /**
     * Returns the response to an RPC for otp.admin.v1.AdminService.RotateApiKey.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun rotateApiKey(request: RotateApiKeyRequest): RotateApiKeyResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.admin.v1.AdminService.RotateApiKey is unimplemented"))

    /**
     * Returns the response to an RPC for otp.admin.v1.AdminService.RevokeApiKey.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun revokeApiKey(request: RevokeApiKeyRequest): RevokeApiKeyResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.admin.v1.AdminService.RevokeApiKey is unimplemented"))

    /**
     * Returns the response to an RPC for otp.admin.v1.AdminService.GetApiKeyUsage.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun getApiKeyUsage(request: GetApiKeyUsageRequest): GetApiKeyUsageResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.admin.v1.AdminService.GetApiKeyUsage is unimplemented"))

    /**
     * Returns the response to an RPC for otp.admin.v1.AdminService.ListPlans.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun listPlans(request: ListPlansRequest): ListPlansResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.admin.v1.AdminService.ListPlans is unimplemented"))

    /**
     * Returns the response to an RPC for otp.admin.v1.AdminService.ListSealingKeys.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun listSealingKeys(request: ListSealingKeysRequest): ListSealingKeysResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.admin.v1.AdminService.ListSealingKeys is unimplemented"))

    /**
     * Returns the response to an RPC for otp.admin.v1.AdminService.GetServerStatus.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun getServerStatus(request: GetServerStatusRequest): GetServerStatusResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.admin.v1.AdminService.GetServerStatus is unimplemented"))

    /**
     * Returns the response to an RPC for otp.admin.v1.AdminService.GetAttempts.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun getAttempts(request: GetAttemptsRequest): GetAttemptsResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.admin.v1.AdminService.GetAttempts is unimplemented"))

    /**
     * Returns the response to an RPC for otp.admin.v1.AdminService.UnlockAttempts.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun unlockAttempts(request: UnlockAttemptsRequest): UnlockAttemptsResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.admin.v1.AdminService.UnlockAttempts is unimplemented"))

    final override fun bindService(): ServerServiceDefinition = builder(getServiceDescriptor())
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = AdminServiceGrpc.getCreateApiKeyMethod(),
      implementation = ::createApiKey
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = AdminServiceGrpc.getGetApiKeyMethod(),
      implementation = ::getApiKey
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = AdminServiceGrpc.getListApiKeysMethod(),
      implementation = ::listApiKeys
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = AdminServiceGrpc.getRotateApiKeyMethod(),
      implementation = ::rotateApiKey
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = AdminServiceGrpc.getRevokeApiKeyMethod(),
      implementation = ::revokeApiKey
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = AdminServiceGrpc.getGetApiKeyUsageMethod(),
      implementation = ::getApiKeyUsage
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = AdminServiceGrpc.getListPlansMethod(),
      implementation = ::listPlans
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = AdminServiceGrpc.getListSealingKeysMethod(),
      implementation = ::listSealingKeys
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = AdminServiceGrpc.getGetServerStatusMethod(),
      implementation = ::getServerStatus
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = AdminServiceGrpc.getGetAttemptsMethod(),
      implementation = ::getAttempts
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = AdminServiceGrpc.getUnlockAttemptsMethod(),
      implementation = ::unlockAttempts
    )).build()
  }
}

package dev.otpd.v1

import dev.otpd.v1.OtpServiceGrpc.getServiceDescriptor
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
import io.grpc.kotlin.ClientCalls.serverStreamingRpc
import io.grpc.kotlin.ClientCalls.unaryRpc
import io.grpc.kotlin.ServerCalls.serverStreamingServerMethodDefinition
import io.grpc.kotlin.ServerCalls.unaryServerMethodDefinition
import io.grpc.kotlin.StubFor
import kotlin.String
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.jvm.JvmOverloads
import kotlin.jvm.JvmStatic
import kotlinx.coroutines.flow.Flow

/**
 * Holder for Kotlin coroutine-based client and server APIs for otp.v1.OtpService.
 */
public object OtpServiceGrpcKt {
  public const val SERVICE_NAME: String = OtpServiceGrpc.SERVICE_NAME

  @JvmStatic
  public val serviceDescriptor: ServiceDescriptor
    get() = getServiceDescriptor()

  public val generateMethod: MethodDescriptor<GenerateRequest, GenerateResponse>
    @JvmStatic
    get() = OtpServiceGrpc.getGenerateMethod()

  public val tokenMethod: MethodDescriptor<TokenRequest, TokenResponse>
    @JvmStatic
    get() = OtpServiceGrpc.getTokenMethod()

  public val verifyMethod: MethodDescriptor<VerifyRequest, VerifyResponse>
    @JvmStatic
    get() = OtpServiceGrpc.getVerifyMethod()

  public val watchTokenMethod: MethodDescriptor<WatchTokenRequest, WatchTokenResponse>
    @JvmStatic
    get() = OtpServiceGrpc.getWatchTokenMethod()

  public val batchTokenMethod: MethodDescriptor<BatchTokenRequest, BatchTokenResponse>
    @JvmStatic
    get() = OtpServiceGrpc.getBatchTokenMethod()

  public val batchVerifyMethod: MethodDescriptor<BatchVerifyRequest, BatchVerifyResponse>
    @JvmStatic
    get() = OtpServiceGrpc.getBatchVerifyMethod()

  public val sealMethod: MethodDescriptor<SealRequest, SealResponse>
    @JvmStatic
    get() = OtpServiceGrpc.getSealMethod()

  public val rewrapMethod: MethodDescriptor<RewrapRequest, RewrapResponse>
    @JvmStatic
    get() = OtpServiceGrpc.getRewrapMethod()

  public val resyncHotpMethod: MethodDescriptor<ResyncHotpRequest, ResyncHotpResponse>
    @JvmStatic
    get() = OtpServiceGrpc.getResyncHotpMethod()

  public val generateRecoveryCodesMethod:
      MethodDescriptor<GenerateRecoveryCodesRequest, GenerateRecoveryCodesResponse>
    @JvmStatic
    get() = OtpServiceGrpc.getGenerateRecoveryCodesMethod()

  public val verifyRecoveryCodeMethod:
      MethodDescriptor<VerifyRecoveryCodeRequest, VerifyRecoveryCodeResponse>
    @JvmStatic
    get() = OtpServiceGrpc.getVerifyRecoveryCodeMethod()

  public val revokeRecoveryCodesMethod:
      MethodDescriptor<RevokeRecoveryCodesRequest, RevokeRecoveryCodesResponse>
    @JvmStatic
    get() = OtpServiceGrpc.getRevokeRecoveryCodesMethod()

  public val importKeysMethod: MethodDescriptor<ImportKeysRequest, ImportKeysResponse>
    @JvmStatic
    get() = OtpServiceGrpc.getImportKeysMethod()

  public val exportKeysMethod: MethodDescriptor<ExportKeysRequest, ExportKeysResponse>
    @JvmStatic
    get() = OtpServiceGrpc.getExportKeysMethod()

  public val getUsageMethod: MethodDescriptor<GetUsageRequest, GetUsageResponse>
    @JvmStatic
    get() = OtpServiceGrpc.getGetUsageMethod()

  /**
   * A stub for issuing RPCs to a(n) otp.v1.OtpService service as suspending coroutines.
   */
  @StubFor(OtpServiceGrpc::class)
  public class OtpServiceCoroutineStub @JvmOverloads constructor(
    channel: Channel,
    callOptions: CallOptions = DEFAULT,
  ) : AbstractCoroutineStub<OtpServiceCoroutineStub>(channel, callOptions) {
    override fun build(channel: Channel, callOptions: CallOptions): OtpServiceCoroutineStub = OtpServiceCoroutineStub(channel, callOptions)

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
    public suspend fun generate(request: GenerateRequest, headers: Metadata = Metadata()): GenerateResponse = unaryRpc(
      channel,
      OtpServiceGrpc.getGenerateMethod(),
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
    public suspend fun token(request: TokenRequest, headers: Metadata = Metadata()): TokenResponse = unaryRpc(
      channel,
      OtpServiceGrpc.getTokenMethod(),
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
    public suspend fun verify(request: VerifyRequest, headers: Metadata = Metadata()): VerifyResponse = unaryRpc(
      channel,
      OtpServiceGrpc.getVerifyMethod(),
      request,
      callOptions,
      headers
    )

    /**
     * Returns a [Flow] that, when collected, executes this RPC and emits responses from the
     * server as they arrive.  That flow finishes normally if the server closes its response with
     * [`Status.OK`][io.grpc.Status], and fails by throwing a [StatusException] otherwise.  If
     * collecting the flow downstream fails exceptionally (including via cancellation), the RPC
     * is cancelled with that exception as a cause.
     *
     * @param request The request message to send to the server.
     *
     * @param headers Metadata to attach to the request.  Most users will not need this.
     *
     * @return A flow that, when collected, emits the responses from the server.
     */
    public fun watchToken(request: WatchTokenRequest, headers: Metadata = Metadata()): Flow<WatchTokenResponse> = serverStreamingRpc(
      channel,
      OtpServiceGrpc.getWatchTokenMethod(),
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
    public suspend fun batchToken(request: BatchTokenRequest, headers: Metadata = Metadata()): BatchTokenResponse = unaryRpc(
      channel,
      OtpServiceGrpc.getBatchTokenMethod(),
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
    public suspend fun batchVerify(request: BatchVerifyRequest, headers: Metadata = Metadata()): BatchVerifyResponse = unaryRpc(
      channel,
      OtpServiceGrpc.getBatchVerifyMethod(),
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
    public suspend fun seal(request: SealRequest, headers: Metadata = Metadata()): SealResponse = unaryRpc(
      channel,
      OtpServiceGrpc.getSealMethod(),
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
    public suspend fun rewrap(request: RewrapRequest, headers: Metadata = Metadata()): RewrapResponse = unaryRpc(
      channel,
      OtpServiceGrpc.getRewrapMethod(),
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
    public suspend fun resyncHotp(request: ResyncHotpRequest, headers: Metadata = Metadata()): ResyncHotpResponse = unaryRpc(
      channel,
      OtpServiceGrpc.getResyncHotpMethod(),
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
    public suspend fun generateRecoveryCodes(request: GenerateRecoveryCodesRequest, headers: Metadata = Metadata()): GenerateRecoveryCodesResponse = unaryRpc(
      channel,
      OtpServiceGrpc.getGenerateRecoveryCodesMethod(),
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
    public suspend fun verifyRecoveryCode(request: VerifyRecoveryCodeRequest, headers: Metadata = Metadata()): VerifyRecoveryCodeResponse = unaryRpc(
      channel,
      OtpServiceGrpc.getVerifyRecoveryCodeMethod(),
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
    public suspend fun revokeRecoveryCodes(request: RevokeRecoveryCodesRequest, headers: Metadata = Metadata()): RevokeRecoveryCodesResponse = unaryRpc(
      channel,
      OtpServiceGrpc.getRevokeRecoveryCodesMethod(),
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
    public suspend fun importKeys(request: ImportKeysRequest, headers: Metadata = Metadata()): ImportKeysResponse = unaryRpc(
      channel,
      OtpServiceGrpc.getImportKeysMethod(),
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
    public suspend fun exportKeys(request: ExportKeysRequest, headers: Metadata = Metadata()): ExportKeysResponse = unaryRpc(
      channel,
      OtpServiceGrpc.getExportKeysMethod(),
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
    public suspend fun getUsage(request: GetUsageRequest, headers: Metadata = Metadata()): GetUsageResponse = unaryRpc(
      channel,
      OtpServiceGrpc.getGetUsageMethod(),
      request,
      callOptions,
      headers
    )
  }

  /**
   * Skeletal implementation of the otp.v1.OtpService service based on Kotlin coroutines.
   */
  public abstract class OtpServiceCoroutineImplBase(
    coroutineContext: CoroutineContext = EmptyCoroutineContext,
  ) : AbstractCoroutineServerImpl(coroutineContext) {
    /**
     * Returns the response to an RPC for otp.v1.OtpService.Generate.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun generate(request: GenerateRequest): GenerateResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.v1.OtpService.Generate is unimplemented"))

    /**
     * Returns the response to an RPC for otp.v1.OtpService.Token.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun token(request: TokenRequest): TokenResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.v1.OtpService.Token is unimplemented"))

    /**
     * Returns the response to an RPC for otp.v1.OtpService.Verify.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun verify(request: VerifyRequest): VerifyResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.v1.OtpService.Verify is unimplemented"))

    /**
     * Returns a [Flow] of responses to an RPC for otp.v1.OtpService.WatchToken.
     *
     * If creating or collecting the returned flow fails with a [StatusException], the RPC
     * will fail with the corresponding [io.grpc.Status].  If it fails with a
     * [java.util.concurrent.CancellationException], the RPC will fail with status `Status.CANCELLED`.  If creating
     * or collecting the returned flow fails for any other reason, the RPC will fail with
     * `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open fun watchToken(request: WatchTokenRequest): Flow<WatchTokenResponse> = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.v1.OtpService.WatchToken is unimplemented"))

    /**
     * Returns the response to an RPC for otp.v1.OtpService.BatchToken.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun batchToken(request: BatchTokenRequest): BatchTokenResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.v1.OtpService.BatchToken is unimplemented"))

    /**
     * Returns the response to an RPC for otp.v1.OtpService.BatchVerify.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun batchVerify(request: BatchVerifyRequest): BatchVerifyResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.v1.OtpService.BatchVerify is unimplemented"))

    /**
     * Returns the response to an RPC for otp.v1.OtpService.Seal.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun seal(request: SealRequest): SealResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.v1.OtpService.Seal is unimplemented"))

    /**
     * Returns the response to an RPC for otp.v1.OtpService.Rewrap.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun rewrap(request: RewrapRequest): RewrapResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.v1.OtpService.Rewrap is unimplemented"))

    /**
     * Returns the response to an RPC for otp.v1.OtpService.ResyncHotp.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun resyncHotp(request: ResyncHotpRequest): ResyncHotpResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.v1.OtpService.ResyncHotp is unimplemented"))

    /**
     * Returns the response to an RPC for otp.v1.OtpService.GenerateRecoveryCodes.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun generateRecoveryCodes(request: GenerateRecoveryCodesRequest): GenerateRecoveryCodesResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.v1.OtpService.GenerateRecoveryCodes is unimplemented"))

    /**
     * Returns the response to an RPC for otp.v1.OtpService.VerifyRecoveryCode.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun verifyRecoveryCode(request: VerifyRecoveryCodeRequest): VerifyRecoveryCodeResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.v1.OtpService.VerifyRecoveryCode is unimplemented"))

    /**
     * Returns the response to an RPC for otp.v1.OtpService.RevokeRecoveryCodes.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun revokeRecoveryCodes(request: RevokeRecoveryCodesRequest): RevokeRecoveryCodesResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.v1.OtpService.RevokeRecoveryCodes is unimplemented"))

    /**
     * Returns the response to an RPC for otp.v1.OtpService.ImportKeys.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun importKeys(request: ImportKeysRequest): ImportKeysResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.v1.OtpService.ImportKeys is unimplemented"))

    /**
     * Returns the response to an RPC for otp.v1.OtpService.ExportKeys.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun exportKeys(request: ExportKeysRequest): ExportKeysResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.v1.OtpService.ExportKeys is unimplemented"))

    /**
     * Returns the response to an RPC for otp.v1.OtpService.GetUsage.
     *
     * If this method fails with a [StatusException], the RPC will fail with the corresponding
     * [io.grpc.Status].  If this method fails with a [java.util.concurrent.CancellationException], the RPC will fail
     * with status `Status.CANCELLED`.  If this method fails for any other reason, the RPC will
     * fail with `Status.UNKNOWN` with the exception as a cause.
     *
     * @param request The request from the client.
     */
    public open suspend fun getUsage(request: GetUsageRequest): GetUsageResponse = throw StatusException(UNIMPLEMENTED.withDescription("Method otp.v1.OtpService.GetUsage is unimplemented"))

    final override fun bindService(): ServerServiceDefinition = builder(getServiceDescriptor())
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = OtpServiceGrpc.getGenerateMethod(),
      implementation = ::generate
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = OtpServiceGrpc.getTokenMethod(),
      implementation = ::token
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = OtpServiceGrpc.getVerifyMethod(),
      implementation = ::verify
    ))
      .addMethod(serverStreamingServerMethodDefinition(
      context = this.context,
      descriptor = OtpServiceGrpc.getWatchTokenMethod(),
      implementation = ::watchToken
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = OtpServiceGrpc.getBatchTokenMethod(),
      implementation = ::batchToken
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = OtpServiceGrpc.getBatchVerifyMethod(),
      implementation = ::batchVerify
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = OtpServiceGrpc.getSealMethod(),
      implementation = ::seal
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = OtpServiceGrpc.getRewrapMethod(),
      implementation = ::rewrap
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = OtpServiceGrpc.getResyncHotpMethod(),
      implementation = ::resyncHotp
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = OtpServiceGrpc.getGenerateRecoveryCodesMethod(),
      implementation = ::generateRecoveryCodes
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = OtpServiceGrpc.getVerifyRecoveryCodeMethod(),
      implementation = ::verifyRecoveryCode
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = OtpServiceGrpc.getRevokeRecoveryCodesMethod(),
      implementation = ::revokeRecoveryCodes
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = OtpServiceGrpc.getImportKeysMethod(),
      implementation = ::importKeys
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = OtpServiceGrpc.getExportKeysMethod(),
      implementation = ::exportKeys
    ))
      .addMethod(unaryServerMethodDefinition(
      context = this.context,
      descriptor = OtpServiceGrpc.getGetUsageMethod(),
      implementation = ::getUsage
    )).build()
  }
}

package dev.otpd.kotlin

import dev.otpd.AsyncAdminClient
import dev.otpd.admin.v1.CreateApiKeyRequest
import dev.otpd.admin.v1.CreateApiKeyResponse
import dev.otpd.admin.v1.GetApiKeyRequest
import dev.otpd.admin.v1.GetApiKeyResponse
import dev.otpd.admin.v1.GetApiKeyUsageRequest
import dev.otpd.admin.v1.GetApiKeyUsageResponse
import dev.otpd.admin.v1.GetAttemptsRequest
import dev.otpd.admin.v1.GetAttemptsResponse
import dev.otpd.admin.v1.GetServerStatusResponse
import dev.otpd.admin.v1.ListApiKeysRequest
import dev.otpd.admin.v1.ListApiKeysResponse
import dev.otpd.admin.v1.ListPlansResponse
import dev.otpd.admin.v1.ListSealingKeysResponse
import dev.otpd.admin.v1.RevokeApiKeyRequest
import dev.otpd.admin.v1.RevokeApiKeyResponse
import dev.otpd.admin.v1.RotateApiKeyRequest
import dev.otpd.admin.v1.RotateApiKeyResponse
import dev.otpd.admin.v1.UnlockAttemptsRequest
import dev.otpd.admin.v1.UnlockAttemptsResponse
import io.grpc.ManagedChannelBuilder
import java.io.IOException
import java.nio.file.Path
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.future.await

/**
 * Administers API keys and locks, with an API key of the scope `admin`. Deadlines, retries and failures are those of [OtpClient]; an API key is
 * made or rotated in one attempt.
 *
 * @param address `HOST:PORT`
 * @param apiKey sent with every call
 * @param rootCertificates the authorities to trust instead of those of Java, as a PEM file
 * @param clientCertificate what to show to the server, for mutual TLS
 * @param plaintext without TLS: the API key, secrets and codes travel in the clear
 * @param deadline the deadline of calls without a deadline
 * @param channelOptions sets options of gRPC, such as interceptors; what the client itself sets cannot be replaced by them
 * @throws IllegalArgumentException a parameter, which the error names, cannot be used
 * @throws IllegalStateException there are certificates for plaintext
 * @throws IOException a certificate cannot be read
 */
public class AdminClient(
    address: String,
    apiKey: String,
    rootCertificates: Path? = null,
    clientCertificate: ClientCertificate? = null,
    plaintext: Boolean = false,
    private val deadline: Duration = 5.seconds,
    channelOptions: (ManagedChannelBuilder<*>) -> Unit = {},
) : AutoCloseable {
    private val async: AsyncAdminClient =
        builder(address, apiKey, rootCertificates, clientCertificate, plaintext, deadline, channelOptions).connectAdmin().async()

    /** Makes an API key; its secret is in this answer alone. */
    public suspend fun createApiKey(request: CreateApiKeyRequest, deadline: Duration = this.deadline): CreateApiKeyResponse =
        async.createApiKey(request, usable(deadline)).await()

    /** Gets an API key. */
    public suspend fun getApiKey(request: GetApiKeyRequest, deadline: Duration = this.deadline): GetApiKeyResponse =
        async.getApiKey(request, usable(deadline)).await()

    /** Lists API keys, oldest first: a page of them. */
    public suspend fun listApiKeys(request: ListApiKeysRequest, deadline: Duration = this.deadline): ListApiKeysResponse =
        async.listApiKeys(request, usable(deadline)).await()

    /** Gives an API key a new secret. If the answer is lost, rotate again. */
    public suspend fun rotateApiKey(request: RotateApiKeyRequest, deadline: Duration = this.deadline): RotateApiKeyResponse =
        async.rotateApiKey(request, usable(deadline)).await()

    /** Revokes an API key for ever. */
    public suspend fun revokeApiKey(request: RevokeApiKeyRequest, deadline: Duration = this.deadline): RevokeApiKeyResponse =
        async.revokeApiKey(request, usable(deadline)).await()

    /** Gets how much of its plan an API key has used. */
    public suspend fun getApiKeyUsage(request: GetApiKeyUsageRequest, deadline: Duration = this.deadline): GetApiKeyUsageResponse =
        async.getApiKeyUsage(request, usable(deadline)).await()

    /** Lists the plans of the configuration. */
    public suspend fun listPlans(deadline: Duration = this.deadline): ListPlansResponse = async.listPlans(usable(deadline)).await()

    /** Lists the sealing keys, without the keys themselves. */
    public suspend fun listSealingKeys(deadline: Duration = this.deadline): ListSealingKeysResponse = async.listSealingKeys(usable(deadline)).await()

    /** Gets how the process that answers is, and how it judged codes in the last hour. */
    public suspend fun getServerStatus(deadline: Duration = this.deadline): GetServerStatusResponse = async.getServerStatus(usable(deadline)).await()

    /** Gets the wrong codes that are counted against a secret or a set of recovery codes, and its lock. */
    public suspend fun getAttempts(request: GetAttemptsRequest, deadline: Duration = this.deadline): GetAttemptsResponse =
        async.getAttempts(request, usable(deadline)).await()

    /** Lets the codes of a secret or a set of recovery codes be judged again. */
    public suspend fun unlockAttempts(request: UnlockAttemptsRequest, deadline: Duration = this.deadline): UnlockAttemptsResponse =
        async.unlockAttempts(request, usable(deadline)).await()

    /** Ends the connection and every call on it, at once; those fail with the code CANCELLED, and so do all later ones. */
    override fun close() {
        async.close()
    }
}

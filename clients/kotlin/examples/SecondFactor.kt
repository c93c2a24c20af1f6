import com.google.protobuf.ByteString
import com.google.protobuf.kotlin.toByteStringUtf8
import dev.otpd.Keys
import dev.otpd.kotlin.OtpClient
import dev.otpd.v1.SecretDelivery
import dev.otpd.v1.generateRecoveryCodesRequest
import dev.otpd.v1.generateRequest
import dev.otpd.v1.recoveryCodeSet
import dev.otpd.v1.tokenRequest
import dev.otpd.v1.verifyRecoveryCodeRequest
import dev.otpd.v1.verifyRequest

/** Derived from the user at each call, and not stored beside the blob. */
private val USER: ByteString = "user-1/totp/1".toByteStringUtf8()

/** A second factor from enrolment to a lost phone: a sealed key that is confirmed, a login, a replay, and a recovery code. */
suspend fun main() {
    OtpClient(System.getenv("OTPD_ADDRESS"), System.getenv("OTPD_API_KEY"), plaintext = true).use { client ->
        val enrolment = client.generate(generateRequest {
            issuer = "ACME"
            accountName = "alice@example.com"
            delivery = SecretDelivery.SECRET_DELIVERY_SEALED
            sealedContext = USER
        })
        println("show as a QR code: ${enrolment.uri}")

        // The app does this with the QR code, and the user reads it there.
        val typed = client.token(tokenRequest { key = Keys.uri(enrolment.uri) }).token.code
        val confirmed = client.verify(verifyRequest {
            key = Keys.sealed(enrolment.sealed.blob, USER.toByteArray())
            code = typed
            confirm = true
        })
        println("enrolled: ${confirmed.status}")

        val stored = confirmed.resealed.blob // The database keeps these from here on.
        val login = client.verify(verifyRequest {
            key = Keys.sealed(stored, USER.toByteArray())
            code = typed
        })
        println("the same code again: ${login.status}")

        val recovery = client.generateRecoveryCodes(generateRecoveryCodesRequest { sealedContext = USER })
        val answer = client.verifyRecoveryCode(verifyRecoveryCodeRequest {
            set = recoveryCodeSet {
                blob = recovery.set.blob
                context = USER
            }
            code = recovery.codesList.first()
        })
        println("a recovery code: ${answer.status} with ${answer.remainingCount} left")
    }
}

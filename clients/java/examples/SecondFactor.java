import com.google.protobuf.ByteString;
import dev.otpd.Keys;
import dev.otpd.OtpClient;
import dev.otpd.v1.GenerateRecoveryCodesRequest;
import dev.otpd.v1.GenerateRequest;
import dev.otpd.v1.RecoveryCodeSet;
import dev.otpd.v1.SecretDelivery;
import dev.otpd.v1.TokenRequest;
import dev.otpd.v1.VerifyRecoveryCodeRequest;
import dev.otpd.v1.VerifyRequest;
import java.nio.charset.StandardCharsets;

/** A second factor from enrolment to a lost phone: a sealed key that is confirmed, a login, a replay, and a recovery code. */
public class SecondFactor {
  /** Derived from the user at each call, and not stored beside the blob. */
  private static final byte[] USER = "user-1/totp/1".getBytes(StandardCharsets.UTF_8);

  public static void main(String[] args) {
    try (OtpClient client = OtpClient.builder(System.getenv("OTPD_ADDRESS"), System.getenv("OTPD_API_KEY")).plaintext().connect()) {
      var enrolment = client.generate(GenerateRequest.newBuilder()
          .setIssuer("ACME")
          .setAccountName("alice@example.com")
          .setDelivery(SecretDelivery.SECRET_DELIVERY_SEALED)
          .setSealedContext(ByteString.copyFrom(USER))
          .build());
      System.out.println("show as a QR code: " + enrolment.getUri());

      // The app does this with the QR code, and the user reads it there.
      var shown = client.token(TokenRequest.newBuilder().setKey(Keys.uri(enrolment.getUri())).build());
      String code = shown.getToken().getCode();
      var confirmed = client.verify(VerifyRequest.newBuilder()
          .setKey(Keys.sealed(enrolment.getSealed().getBlob(), USER))
          .setCode(code)
          .setConfirm(true)
          .build());
      System.out.println("enrolled: " + confirmed.getStatus());

      // The database keeps these from here on.
      String stored = confirmed.getResealed().getBlob();
      var login = client.verify(VerifyRequest.newBuilder().setKey(Keys.sealed(stored, USER)).setCode(code).build());
      System.out.println("the same code again: " + login.getStatus());

      var recovery = client.generateRecoveryCodes(
          GenerateRecoveryCodesRequest.newBuilder().setSealedContext(ByteString.copyFrom(USER)).build());
      var answer = client.verifyRecoveryCode(VerifyRecoveryCodeRequest.newBuilder()
          .setSet(RecoveryCodeSet.newBuilder().setBlob(recovery.getSet().getBlob()).setContext(ByteString.copyFrom(USER)))
          .setCode(recovery.getCodes(0))
          .build());
      System.out.println("a recovery code: " + answer.getStatus() + " with " + answer.getRemainingCount() + " left");
    }
  }
}

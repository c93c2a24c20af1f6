package dev.otpd;

import com.google.protobuf.ByteString;
import dev.otpd.v1.Key;
import dev.otpd.v1.SealedKey;

/** Short ways to write a {@link Key}; with {@code toBuilder()} for other fields of it. */
public final class Keys {
  private Keys() {}

  /** A TOTP key with the defaults of authenticator apps (SHA-1, 6 digits, 30 s) and a secret in base32. */
  public static Key secret(String secret) {
    return Key.newBuilder().setSecret(secret).build();
  }

  /** The key of an otpauth URI. */
  public static Key uri(String uri) {
    return Key.newBuilder().setUri(uri).build();
  }

  /**
   * A sealed key.
   *
   * @param blob the sealed key as it is stored
   * @param context the context to which the key is bound: derive it from the user at each call, and do not store it beside the blob
   */
  public static Key sealed(String blob, byte[] context) {
    return Key.newBuilder().setSealed(SealedKey.newBuilder().setBlob(blob).setContext(ByteString.copyFrom(context))).build();
  }
}
